/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sums.h"

#include <string.h>
#include <time.h>

#include "launch.h"

/* Nanoseconds between two looks whether a run has ended. */
#define PAUSE 20000

GenCudaSum::~GenCudaSum ()
{
  if (done != NULL)
    cudaEventDestroy (done);
  if (from != NULL)
    cudaFreeHost (from);
  if (to != NULL)
    cudaFreeHost (to);
}

GenCudaSums::~GenCudaSums ()
{
  if (stream != NULL) {
    cudaStreamSynchronize (stream);
    cudaStreamDestroy (stream);
  }
  if (reached != NULL)
    cudaEventDestroy (reached);
}

/* What others wait for goes before what is computed here. */
static gboolean
open_stream (GenCudaSums *sums, GError **error)
{
  int least = 0, greatest = 0;

  return gen_cuda_check (cudaDeviceGetStreamPriorityRange (&least, &greatest),
             "asking for priorities", error) &&
         gen_cuda_check (
             cudaStreamCreateWithPriority (&sums->stream, cudaStreamNonBlocking, greatest),
             "making a stream", error) &&
         gen_cuda_check (
             cudaEventCreateWithFlags (&sums->reached, cudaEventDisableTiming), "an event", error);
}

/* A driver may have one thread for what streams do on the CPU, where one member would wait for
 * another one for ever. */
static gboolean
check_alone_here (const GenExchange *exchange, GError **error)
{
  const guint here = gen_exchange_members_here (exchange);

  if (here == 1)
    return TRUE;
  g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED,
      "device cuda: %u parts of a training in one process are for device=cpu; on GPUs each is a "
      "process, as mpirun -n %u starts them",
      here, gen_exchange_size (exchange));
  return FALSE;
}

static gboolean
has_sums (const GenGraph *graph)
{
  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenOperator *op = ((const GenNode *)g_ptr_array_index (graph->nodes, i))->op;

    if (g_strcmp0 (op->domain, "generative") == 0 &&
        (strcmp (op->name, "AllReduce") == 0 || strcmp (op->name, "AllReduceBegin") == 0))
      return TRUE;
  }
  return FALSE;
}

gboolean
gen_cuda_sums_open (const GenGraph *graph, GenExchange *exchange,
    std::unique_ptr<GenCudaSums> *sums, GError **error)
{
  if (exchange == NULL || !has_sums (graph))
    return TRUE;
  if (!check_alone_here (exchange, error))
    return FALSE;
  sums->reset (new GenCudaSums ());
  (*sums)->exchange = exchange;
  (*sums)->nccl = gen_exchange_nccl (exchange);
  return open_stream (sums->get (), error);
}

static gboolean
take_locked (gsize n, float **memory, GError **error)
{
  return gen_cuda_check (
      cudaHostAlloc ((void **)memory, MAX (n, 1) * sizeof (float), cudaHostAllocDefault),
      "memory for sums of several processes", error);
}

std::shared_ptr<GenCudaSum>
gen_cuda_sums_add (const GenCudaKernel *kernel, GError **error)
{
  std::shared_ptr<GenCudaSum> sum (new GenCudaSum ());

  sum->sums = kernel->sums;
  sum->n = gen_cuda_elements (kernel->output (0));
  sum->factor = gen_node_float (kernel->node, "factor", 1);
  if (!gen_cuda_check (
          cudaEventCreateWithFlags (&sum->done, cudaEventDisableTiming), "an event", error))
    return nullptr;
  if (sum->sums->nccl == NULL &&
      (!take_locked (sum->n, &sum->from, error) || !take_locked (sum->n, &sum->to, error)))
    return nullptr;
  kernel->sums->begun[kernel->output (0)] = sum;
  return sum;
}

/* --- launches --- */

/* Whether it fails is what the exchange tells when the plan has run. */
static void
exchange (void *data)
{
  const GenCudaSum *sum = (const GenCudaSum *)data;
  GenExchange *members = sum->sums->exchange;

  gen_exchange_begin_sum (members, sum->from, sum->to, sum->n, sum->factor);
  gen_exchange_end_sum (members, sum->to);
}

static void
go_through_memory (const GenCudaSum *sum, const float *from, float *to)
{
  const gsize size = sum->n * sizeof (float);
  cudaStream_t stream = sum->sums->stream;

  cudaMemcpyAsync (sum->from, from, size, cudaMemcpyDeviceToHost, stream);
  cudaLaunchHostFunc (stream, exchange, (void *)sum);
  cudaMemcpyAsync (to, sum->to, size, cudaMemcpyHostToDevice, stream);
}

__global__ void
multiply (float *numbers, float factor, size_t n)
{
  for (GEN_CUDA_EACH (i, n))
    numbers[i] *= factor;
}

void
gen_cuda_sum_begin (const GenCudaSum *sum, const GenCudaKernel &kernel, const float *from,
    float *to, cudaStream_t stream)
{
  const GenCudaSums *sums = sum->sums;

  cudaEventRecord (sums->reached, stream);
  cudaStreamWaitEvent (sums->stream, sums->reached, 0);
  if (sums->nccl == NULL) {
    go_through_memory (sum, from, to);
  } else {
    const char *failed = gen_nccl_sum (sums->nccl, from, to, sum->n, sums->stream);

    if (failed != NULL)
      kernel.failed = failed;
    if (sum->factor != 1 && sum->n > 0)
      gen_cuda_launch (
          multiply, gen_cuda_grid (sum->n), GEN_CUDA_BLOCK, sums->stream, to, sum->factor, sum->n);
  }
  cudaEventRecord (sum->done, sums->stream);
}

void
gen_cuda_sum_end (const GenCudaSum *sum, cudaStream_t stream)
{
  cudaStreamWaitEvent (stream, sum->done, 0);
}

/* --- runs --- */

cudaError_t
gen_cuda_sums_wait (const GenCudaSums *sums, cudaStream_t stream)
{
  const struct timespec pause = { 0, PAUSE };

  if (sums == NULL || sums->nccl == NULL)
    return cudaStreamSynchronize (stream);
  for (;;) {
    const cudaError_t status = cudaStreamQuery (stream);

    if (status != cudaErrorNotReady)
      return status;
    cudaGetLastError ();
    if (!gen_nccl_check (sums->nccl, NULL))
      gen_nccl_abort (sums->nccl);
    nanosleep (&pause, NULL);
  }
}

gboolean
gen_cuda_sums_check (const GenCudaSums *sums, GError **error)
{
  return sums == NULL || sums->nccl == NULL || gen_nccl_check (sums->nccl, error);
}
