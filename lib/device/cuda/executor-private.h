/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the executor's files share: executor.cu (laying out, capturing, running), prepare.cu
 * (kernels and constants) and ports.cu (what goes in and out). */
#pragma once

#include "device.h"
#include "fallback.h"
#include "rows.h"
#include "sums.h"

#include "../../graph/executor.h"

struct GenCudaPort {
  gsize size = 0;
  GenCudaRows rows = {};
  void *device = NULL; /* what the graph reads and writes */
  void *host = NULL;   /* pinned, for the CPU */
  void *bound = NULL;  /* the user's; NULL: `host` */
  gboolean bound_on_device = FALSE;
  cudaEvent_t arrival = NULL; /* what a run waits for; NULL: it is there */
  void **place = NULL;        /* where the table of frames has its address; NULL: it is in none */

  /* The frame's own memory is worked on. Kernels may write whole words. */
  gboolean is_direct () const
  {
    return place != NULL && bound_on_device && GPOINTER_TO_SIZE (bound) % sizeof (guint32) == 0;
  }
};

struct _GenExecutor {
  GenGraph *graph;
  GenStorages *storages;
  GenPlanOptions options;
  GenCudaDevice device;
  std::unique_ptr<GenCudaSums> sums; /* NULL: it is alone */
  std::vector<GenCudaKernel> kernels;
  std::vector<std::shared_ptr<GenFallback> > fallbacks; /* by node; NULL: on the device */
  std::vector<GenCudaPort> ports[3];                    /* by GenBindingKind */
  std::vector<std::shared_ptr<void> > constants;        /* on the device, by tensor->index */
  std::vector<void *> device_memory, host_memory;       /* all that is to be freed */
  char *arena;
  guint64 *draw, *draw_on_device;
  void **frames, **frames_on_device; /* the kernels' tables, one behind the other */
  guint n_frames;
  cudaGraphExec_t work;
  cudaEvent_t others; /* where another stream is; NULL until one is waited for */
};

/* --- executor.cu: memory that is freed with the executor --- */

void *gen_cuda_executor_take (GenExecutor *executor, gsize size, const char *what, GError **error);
/* Pinned, and zero. */
void *gen_cuda_executor_take_host (GenExecutor *executor, gsize size, GError **error);

/* --- prepare.cu --- */

gboolean gen_cuda_executor_prepare (GenExecutor *executor, GError **error);
/* The constant that a kernel reads; uploaded when it is first asked for. */
void *gen_cuda_executor_constant (GenExecutor *executor, const GenTensor *tensor, GError **error);

/* --- ports.cu --- */

gboolean gen_cuda_ports_take (GenExecutor *executor, GError **error);
/* Tables of addresses for kernels that follow what is bound; and let them find what is bound now.
 */
gboolean gen_cuda_ports_lay_out_frames (GenExecutor *executor, GError **error);
void gen_cuda_ports_set_frames (GenExecutor *executor);
/* Bring in what the run reads, and out what it has made, by the executor's stream. */
gboolean gen_cuda_ports_give (GenExecutor *executor, GError **error);
gboolean gen_cuda_ports_fetch (GenExecutor *executor, GError **error);
/* For GenExecutorClass. */
void *gen_cuda_port_host (GenExecutor *executor, GenBindingKind kind, guint number);
void gen_cuda_port_bind (
    GenExecutor *executor, GenBindingKind kind, guint number, void *data, gboolean on_device);
GenExecutorFeed *gen_cuda_port_create_feed (GenExecutor *executor, guint number, GError **error);
void gen_cuda_port_bind_feed (GenExecutor *executor, guint number, GenExecutorFeed *feed);
gboolean gen_cuda_port_upload (GenExecutor *executor, guint state, GError **error);
gboolean gen_cuda_port_download (GenExecutor *executor, guint state, GError **error);
