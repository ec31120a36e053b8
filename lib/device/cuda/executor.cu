/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A compiled graph on the device. All values lie in one arena, all work (with the copies to nodes
 * that run on the CPU) is captured once as a CUDA graph, and a run is: upload what the CPU gave,
 * launch the graph, download what the CPU wants, wait. */
#include <string.h>

#include "executor-private.h"
#include "feed.h"
#include "operators.h"

/* Of all that lies in the arena: what the widest accesses and the libraries' engines want. */
#define ALIGNMENT 256

/* --- memory --- */

void *
gen_cuda_executor_take (GenExecutor *executor, gsize size, const char *what, GError **error)
{
  void *memory = gen_cuda_take (size, what, error);

  if (memory != NULL)
    executor->device_memory.push_back (memory);
  return memory;
}

void *
gen_cuda_executor_take_host (GenExecutor *executor, gsize size, GError **error)
{
  void *memory = NULL;

  if (!gen_cuda_check (
          cudaHostAlloc (&memory, MAX (size, 1), cudaHostAllocDefault), "pinned memory", error))
    return NULL;
  executor->host_memory.push_back (memory);
  memset (memory, 0, size);
  return memory;
}

static void *
address_of (GenExecutor *executor, const GenStorage *storage, GError **error)
{
  switch (storage->kind) {
  case GEN_STORAGE_INPUT:
    return executor->ports[GEN_BINDING_INPUT][storage->number].device;
  case GEN_STORAGE_OUTPUT:
    return executor->ports[GEN_BINDING_OUTPUT][storage->number].device;
  case GEN_STORAGE_STATE:
    return executor->ports[GEN_BINDING_STATE][storage->number].device;
  case GEN_STORAGE_CONSTANT:
    return gen_cuda_executor_constant (executor, storage->tensor, error);
  default:
    return executor->arena + storage->offset;
  }
}

/* --- laying out --- */

/* Whether the input is a constant that the kernel has in a form of its own. */
static gboolean
is_with_kernel (const GenExecutor *executor, guint i, guint k)
{
  return gen_node_input (executor->kernels[i].node, k)->role == GEN_ROLE_CONSTANT &&
         (executor->fallbacks[i] != nullptr || (executor->kernels[i].packed_inputs >> k & 1) != 0);
}

static gboolean
fill_addresses (GenExecutor *executor, const gsize *scratch_offsets, GError **error)
{
  for (guint i = 0; i < executor->kernels.size (); i++) {
    GenCudaKernel *kernel = &executor->kernels[i];
    const GenNode *node = kernel->node;

    kernel->scratch = executor->arena + scratch_offsets[i];
    kernel->inputs.assign (node->inputs->len, NULL);
    kernel->outputs.assign (node->outputs->len, NULL);
    if (executor->storages->is_view[i])
      continue;
    for (guint k = 0; k < node->inputs->len; k++) {
      const GenTensor *tensor = gen_node_input (node, k);

      if (tensor == NULL || is_with_kernel (executor, i, k))
        continue;
      kernel->inputs[k] =
          address_of (executor, executor->storages->by_tensor[tensor->index], error);
      if (kernel->inputs[k] == NULL)
        return FALSE;
    }
    for (guint k = 0; k < node->outputs->len; k++)
      if (gen_node_output (node, k) != NULL)
        kernel->outputs[k] = address_of (
            executor, executor->storages->by_tensor[gen_node_output (node, k)->index], error);
  }
  return TRUE;
}

static gboolean
lay_out (GenExecutor *executor, GError **error)
{
  guint n = executor->graph->nodes->len;
  g_autofree gsize *scratch = g_new0 (gsize, n);
  g_autofree gsize *offsets = g_new0 (gsize, n);

  for (guint i = 0; i < n; i++)
    scratch[i] = executor->kernels[i].scratch_size;
  gen_storages_plan_arena (executor->storages, executor->graph, scratch, offsets, ALIGNMENT);
  executor->arena = (char *)gen_cuda_executor_take (
      executor, executor->storages->arena_size, "memory for values", error);
  return executor->arena != NULL && gen_cuda_ports_take (executor, error) &&
         fill_addresses (executor, offsets, error) &&
         gen_cuda_ports_lay_out_frames (executor, error);
}

/* --- the work --- */

static gboolean
copy_at_end (GenExecutor *executor, GError **error)
{
  const GArray *copies = executor->storages->copies;

  for (guint i = 0; i < copies->len; i++) {
    const GenCopy *copy = &g_array_index (copies, GenCopy, i);
    void *to = address_of (executor, copy->to, error);
    void *from = address_of (executor, executor->storages->by_tensor[copy->from->index], error);

    if (from == NULL || to == NULL)
      return FALSE;
    if (copy->to->size > 0 &&
        !gen_cuda_check (cudaMemcpyAsync (to, from, copy->to->size, cudaMemcpyDeviceToDevice,
                             executor->device.stream),
            "copying", error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
launch (GenExecutor *executor, guint i, GError **error)
{
  const GenCudaKernel &kernel = executor->kernels[i];

  for (const auto &each : kernel.launches)
    each (kernel, executor->device.stream);
  if (kernel.failed != NULL) {
    g_set_error (error, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_FAILED, "device cuda: %s %s: %s",
        kernel.node->op->name, kernel.node->name, kernel.failed);
    return FALSE;
  }
  return gen_cuda_check (cudaGetLastError (), kernel.node->name, error);
}

/* What the kernels are told of this run: its number, and where frames are. */
static gboolean
tell (GenExecutor *executor, GError **error)
{
  cudaStream_t stream = executor->device.stream;

  return gen_cuda_check (cudaMemcpyAsync (executor->draw_on_device, executor->draw,
                             sizeof *executor->draw, cudaMemcpyHostToDevice, stream),
             "copying", error) &&
         (executor->n_frames == 0 ||
             gen_cuda_check (
                 cudaMemcpyAsync (executor->frames_on_device, executor->frames,
                     executor->n_frames * sizeof (void *), cudaMemcpyHostToDevice, stream),
                 "copying", error));
}

static gboolean
launch_all (GenExecutor *executor, GError **error)
{
  if (!tell (executor, error))
    return FALSE;
  for (guint i = 0; i < executor->kernels.size (); i++)
    if (!launch (executor, i, error))
      return FALSE;
  return copy_at_end (executor, error);
}

/* Other threads may use the device while this one captures. */
static gboolean
capture (GenExecutor *executor, GError **error)
{
  cudaStream_t stream = executor->device.stream;
  cudaGraph_t graph = NULL;
  gboolean launched;
  cudaError_t status;

  /* What uploads memory must be done before. */
  for (guint i = 0; i < executor->storages->copies->len; i++) {
    const GenCopy *copy = &g_array_index (executor->storages->copies, GenCopy, i);

    if (address_of (executor, executor->storages->by_tensor[copy->from->index], error) == NULL)
      return FALSE;
  }
  if (!gen_cuda_check (cudaStreamBeginCapture (stream, cudaStreamCaptureModeThreadLocal),
          "capturing the plan", error))
    return FALSE;
  launched = launch_all (executor, error);
  status = cudaStreamEndCapture (stream, &graph);
  if (launched && gen_cuda_check (status, "capturing the plan", error))
    launched = gen_cuda_check (
        cudaGraphInstantiate (&executor->work, graph, 0), "instantiating the plan", error);
  else
    launched = FALSE;
  if (graph != NULL)
    cudaGraphDestroy (graph);
  return launched;
}

static void
destroy (GenExecutor *executor)
{
  GenCudaCurrent current (&executor->device);

  if (executor->device.stream != NULL)
    cudaStreamSynchronize (executor->device.stream);
  if (executor->work != NULL)
    cudaGraphExecDestroy (executor->work);
  if (executor->others != NULL)
    cudaEventDestroy (executor->others);
  executor->kernels.clear ();
  executor->fallbacks.clear ();
  executor->constants.clear ();
  executor->sums.reset ();
  for (void *memory : executor->device_memory)
    cudaFree (memory);
  for (void *memory : executor->host_memory)
    cudaFreeHost (memory);
  gen_cuda_device_close (&executor->device);
  delete executor;
}

static GenExecutor *
create (GenGraph *graph, GenStorages *storages, const GenPlanOptions *options, GError **error)
{
  GenExecutor *executor = new GenExecutor ();

  executor->graph = graph;
  executor->storages = storages;
  executor->options = *options;
  if (gen_cuda_device_open (&executor->device, error) &&
      gen_cuda_sums_open (graph, options->exchange, &executor->sums, error) &&
      (executor->draw =
              (guint64 *)gen_cuda_executor_take_host (executor, sizeof (guint64), error)) != NULL &&
      (executor->draw_on_device = (guint64 *)gen_cuda_executor_take (
           executor, sizeof (guint64), "memory", error)) != NULL &&
      gen_cuda_executor_prepare (executor, error) && lay_out (executor, error) &&
      capture (executor, error))
    return executor;
  destroy (executor);
  return NULL;
}

/* --- running --- */

static gboolean
wait (GenExecutor *executor, GenFence *fence, GError **error)
{
  GenCudaCurrent current (&executor->device);

  return (executor->others != NULL ||
             gen_cuda_check (cudaEventCreateWithFlags (&executor->others, cudaEventDisableTiming),
                 "an event", error)) &&
         gen_cuda_check (cudaEventRecord (executor->others, (cudaStream_t)fence),
             "waiting for another stream", error) &&
         gen_cuda_check (cudaStreamWaitEvent (executor->device.stream, executor->others, 0),
             "waiting for another stream", error);
}

static void
set_draw (GenExecutor *executor, guint64 draw)
{
  *executor->draw = draw;
  for (const auto &fallback : executor->fallbacks)
    if (fallback != nullptr)
      gen_fallback_set_draw (fallback.get (), draw);
}

/* Wait, after a failure as well: the user's memory may go then. */
static gboolean
finish (GenExecutor *executor, gboolean good, GError **error)
{
  cudaError_t ended = gen_cuda_sums_wait (executor->sums.get (), executor->device.stream);

  if (good)
    return gen_cuda_sums_check (executor->sums.get (), error) &&
           gen_cuda_check (ended, "running the plan", error);
  cudaGetLastError ();
  return FALSE;
}

static gboolean
run (GenExecutor *executor, guint64 draw, GError **error)
{
  GenCudaCurrent current (&executor->device);
  cudaStream_t stream = executor->device.stream;

  set_draw (executor, draw);
  gen_cuda_ports_set_frames (executor);
  return finish (executor,
      gen_cuda_ports_give (executor, error) &&
          gen_cuda_check (cudaGraphLaunch (executor->work, stream), "running the plan", error) &&
          gen_cuda_ports_fetch (executor, error),
      error);
}

static gboolean
profile (GenExecutor *executor, guint64 draw, double *seconds, GError **error)
{
  GenCudaCurrent current (&executor->device);
  cudaStream_t stream = executor->device.stream;
  cudaEvent_t start = NULL, stop = NULL;
  gboolean good;

  set_draw (executor, draw);
  gen_cuda_ports_set_frames (executor);
  good = tell (executor, error) &&
         gen_cuda_check (cudaEventCreateWithFlags (&start, cudaEventDefault), "an event", error) &&
         gen_cuda_check (cudaEventCreateWithFlags (&stop, cudaEventDefault), "an event", error) &&
         gen_cuda_ports_give (executor, error);
  for (guint i = 0; good && i < executor->kernels.size (); i++) {
    float milliseconds = 0;

    cudaEventRecord (start, stream);
    good = launch (executor, i, error);
    cudaEventRecord (stop, stream);
    good = good && gen_cuda_check (cudaEventSynchronize (stop), "running a node", error);
    cudaEventElapsedTime (&milliseconds, start, stop);
    seconds[i] = milliseconds * 1e-3;
  }
  good = finish (executor,
      good && copy_at_end (executor, error) && gen_cuda_ports_fetch (executor, error), error);
  if (start != NULL)
    cudaEventDestroy (start);
  if (stop != NULL)
    cudaEventDestroy (stop);
  return good;
}

static gboolean
runs (const GenExecutor *executor, guint node)
{
  return !executor->storages->is_view[node];
}

static const char *
place (const GenExecutor *executor, guint node)
{
  return executor->fallbacks[node] != nullptr ? "cpu" : "cuda";
}

extern "C" {
extern const GenExecutorClass gen_executor_class;
const GenExecutorClass gen_executor_class = {
  gen_cuda_available,
  gen_cuda_take_host,
  gen_cuda_free_host,
  gen_cuda_identify,
  gen_cuda_operator_narrows,
  gen_cuda_operator_narrows,
  FALSE,
  TRUE,
  create,
  destroy,
  gen_cuda_port_host,
  gen_cuda_port_bind,
  gen_cuda_port_create_feed,
  gen_cuda_feed_free,
  gen_cuda_feed_host,
  gen_cuda_feed_send,
  gen_cuda_port_bind_feed,
  gen_cuda_port_upload,
  gen_cuda_port_download,
  wait,
  run,
  profile,
  runs,
  place,
  nullptr,
};
}
