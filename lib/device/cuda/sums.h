/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums over the members of a training, in a stream of their own beside what the plan computes, and
 * in what is captured of it. By NCCL where each member has a GPU of its own; else through locked
 * memory and the exchange, in whose order they are added up then. */
#pragma once

#include <map>

#include "../../exchange/exchange-private.h"
#include "cuda.h"

/* One that is made in each run. */
struct GenCudaSum {
  GenCudaSums *sums;
  gsize n = 0;
  float factor = 1;
  float *from = NULL, *to = NULL; /* locked memory; NULL: by NCCL */
  cudaEvent_t done = NULL;

  ~GenCudaSum ();
};

struct GenCudaSums {
  GenExchange *exchange = NULL;
  GenNccl *nccl = NULL; /* NULL: through the CPU's memory */
  cudaStream_t stream = NULL;
  cudaEvent_t reached = NULL; /* where the plan is */
  /* Those that are begun and are to be waited for, by what they make. */
  std::map<const GenTensor *, std::shared_ptr<GenCudaSum> > begun;

  ~GenCudaSums ();
};

/* Nothing for one that is alone, and for a graph that sums nothing: such a plan may run beside one
 * that does, and what members exchange is one thread's at a time. */
gboolean gen_cuda_sums_open (const GenGraph *graph, GenExchange *exchange,
    std::unique_ptr<GenCudaSums> *sums, GError **error);
/* One of the output 0 of `kernel`; NULL with `error`. */
std::shared_ptr<GenCudaSum> gen_cuda_sums_add (const GenCudaKernel *kernel, GError **error);

/* Launches: begin to sum what the plan's stream has made by then, and have it wait. */
void gen_cuda_sum_begin (const GenCudaSum *sum, const GenCudaKernel &kernel, const float *from,
    float *to, cudaStream_t stream);
void gen_cuda_sum_end (const GenCudaSum *sum, cudaStream_t stream);

/* Until the plan's stream has done all: sums for which others do not come are ended. NULL: there
 * are none. */
cudaError_t gen_cuda_sums_wait (const GenCudaSums *sums, cudaStream_t stream);
/* Whether they were made. */
gboolean gen_cuda_sums_check (const GenCudaSums *sums, GError **error);
