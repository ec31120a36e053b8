/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A compiled graph on the device. All values lie in one arena, all work (with the copies to nodes
 * that run on the CPU) is captured once as a CUDA graph, and a run is: upload what the CPU gave,
 * launch the graph, download what the CPU wants, wait. */
#include <string.h>

#include "choose.h"
#include "device.h"
#include "fallback.h"
#include "feed.h"
#include "operators.h"
#include "rows.h"
#include "shared.h"

#include "../../graph/executor.h"

G_BEGIN_DECLS
#include "../../graph/constants.h"
G_END_DECLS

/* Of all that lies in the arena: what the widest accesses and the libraries' engines want. */
#define ALIGNMENT 256

struct Port {
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
  std::vector<GenCudaKernel> kernels;
  std::vector<std::shared_ptr<GenCudaFallback> > fallbacks; /* by node; NULL: on the device */
  std::vector<Port> ports[3];                               /* by GenPortKind */
  std::vector<std::shared_ptr<void> > constants;            /* on the device, by tensor->index */
  std::vector<void *> device_memory, host_memory;           /* all that is to be freed */
  char *arena;
  guint64 *draw, *draw_on_device;
  void **frames, **frames_on_device; /* the kernels' tables, one behind the other */
  guint n_frames;
  cudaGraphExec_t work;
  cudaEvent_t others; /* where another stream is; NULL until one is waited for */
};

/* --- memory --- */

static void *
take (GenExecutor *executor, gsize size, const char *what, GError **error)
{
  void *memory = gen_cuda_take (size, what, error);

  if (memory != NULL)
    executor->device_memory.push_back (memory);
  return memory;
}

static void *
take_host (GenExecutor *executor, gsize size, GError **error)
{
  void *memory = NULL;

  if (!gen_cuda_check (
          cudaHostAlloc (&memory, MAX (size, 1), cudaHostAllocDefault), "pinned memory", error))
    return NULL;
  executor->host_memory.push_back (memory);
  memset (memory, 0, size);
  return memory;
}

static gboolean
take_port (GenExecutor *executor, GenPortKind kind, const GenTensor *tensor, GError **error)
{
  Port port;

  port.size = gen_tensor_size (tensor);
  port.rows = gen_cuda_rows_of (executor->graph, tensor);
  port.device = take (executor, port.size, "memory for an input, output or state", error);
  port.host = port.device != NULL ? take_host (executor, port.size, error) : NULL;
  if (port.host == NULL)
    return FALSE;
  if (tensor->data != NULL && port.size > 0)
    memcpy (port.host, g_bytes_get_data (tensor->data, NULL), port.size);
  executor->ports[kind].push_back (port);
  return gen_cuda_check (
      cudaMemcpy (port.device, port.host, port.size, cudaMemcpyHostToDevice), "uploading", error);
}

static gboolean
take_ports (GenExecutor *executor, GError **error)
{
  const GenGraph *graph = executor->graph;

  for (guint i = 0; i < graph->inputs->len; i++)
    if (!take_port (
            executor, GEN_PORT_INPUT, (GenTensor *)g_ptr_array_index (graph->inputs, i), error))
      return FALSE;
  for (guint i = 0; i < graph->outputs->len; i++)
    if (!take_port (
            executor, GEN_PORT_OUTPUT, (GenTensor *)g_ptr_array_index (graph->outputs, i), error))
      return FALSE;
  for (guint i = 0; i < executor->storages->states->len; i++) {
    const GenStorage *storage =
        (const GenStorage *)g_ptr_array_index (executor->storages->states, i);

    if (!take_port (executor, GEN_PORT_STATE, storage->tensor, error))
      return FALSE;
  }
  return TRUE;
}

/* The constant that a kernel reads; uploaded when it is first asked for. */
static void *
take_constant (GenExecutor *executor, const GenTensor *tensor, GError **error)
{
  std::shared_ptr<void> *place = &executor->constants[tensor->index];

  if (*place == nullptr)
    *place = gen_cuda_share (&executor->device, gen_tensor_constant (tensor),
        gen_tensor_size (tensor), "memory for constants", error);
  return place->get ();
}

static void *
address_of (GenExecutor *executor, const GenStorage *storage, GError **error)
{
  switch (storage->kind) {
  case GEN_STORAGE_INPUT:
    return executor->ports[GEN_PORT_INPUT][storage->number].device;
  case GEN_STORAGE_OUTPUT:
    return executor->ports[GEN_PORT_OUTPUT][storage->number].device;
  case GEN_STORAGE_STATE:
    return executor->ports[GEN_PORT_STATE][storage->number].device;
  case GEN_STORAGE_CONSTANT:
    return take_constant (executor, storage->tensor, error);
  default:
    return executor->arena + storage->offset;
  }
}

/* --- preparing --- */

static gboolean
prepare (GenExecutor *executor, guint i, GError **error)
{
  GenCudaKernel *kernel = &executor->kernels[i];
  GenCudaPrepare own = gen_cuda_operator_find (kernel->node);
  GError *reason = NULL;
  std::shared_ptr<GenCudaFallback> fallback;

  if (own != NULL && own (kernel, &reason))
    return TRUE;
  if (reason != NULL) {
    g_propagate_error (error, reason);
    return FALSE;
  }
  kernel->launches.clear ();
  kernel->owned.clear ();
  kernel->scratch_size = 0;
  kernel->packed_inputs = 0;
  kernel->follows = GEN_CUDA_NEITHER;
  fallback = gen_cuda_fallback_new (kernel, executor->options.threads, error);
  if (fallback == nullptr)
    return FALSE;
  if (gen_cuda_prepare_strided (kernel, gen_cuda_fallback_kernel (fallback.get ())))
    return TRUE;
  executor->fallbacks[i] = fallback;
  g_debug ("%s %s runs on the CPU", kernel->node->op->name, kernel->node->name);
  return gen_cuda_fallback_add (kernel, fallback, error);
}

/* The node's constants go to the device, or are in what was packed for it: the CPU's copies may be
 * given up. What runs on the CPU keeps what its kernel reads. */
static gboolean
take_constants (GenExecutor *executor, guint i, GenConstants *constants, GError **error)
{
  const GenCudaKernel *kernel = &executor->kernels[i];
  const GenNode *node = kernel->node;
  guint done = 0;

  if (executor->fallbacks[i] != nullptr) {
    gen_constants_packed (
        constants, node, gen_cuda_fallback_kernel (executor->fallbacks[i].get ())->packed_inputs);
    return TRUE;
  }
  for (guint k = 0; k < node->inputs->len && k < 32; k++) {
    const GenTensor *tensor = gen_node_input (node, k);

    if (tensor == NULL || tensor->role != GEN_ROLE_CONSTANT)
      continue;
    if ((kernel->packed_inputs >> k & 1) == 0 && take_constant (executor, tensor, error) == NULL)
      return FALSE;
    done |= 1u << k;
  }
  gen_constants_packed (constants, node, done);
  return TRUE;
}

static gboolean
prepare_nodes (GenExecutor *executor, GenConstants *constants, GError **error)
{
  GPtrArray *nodes = executor->graph->nodes;

  executor->kernels.resize (nodes->len);
  executor->fallbacks.resize (nodes->len);
  executor->constants.resize (executor->graph->tensors->len);
  for (guint i = 0; i < nodes->len; i++) {
    GenCudaKernel *kernel = &executor->kernels[i];

    kernel->node = (const GenNode *)g_ptr_array_index (nodes, i);
    kernel->device = &executor->device;
    kernel->precision = executor->options.precision;
    kernel->draw = executor->draw_on_device;
    kernel->seed = executor->options.seed;
    if (!executor->storages->is_view[i] &&
        (!prepare (executor, i, error) || !take_constants (executor, i, constants, error)))
      return FALSE;
  }
  return TRUE;
}

static gboolean
prepare_all (GenExecutor *executor, GError **error)
{
  GenConstants constants;
  gboolean prepared;

  gen_constants_init (&constants, executor->graph);
  gen_cuda_choices_open (&executor->device, &executor->options);
  prepared = prepare_nodes (executor, &constants, error);
  gen_cuda_choices_close (&executor->device);
  gen_constants_finish (&constants);
  for (const auto &fallback : executor->fallbacks)
    if (prepared && fallback != nullptr)
      gen_cuda_fallback_find_constants (fallback.get ());
  return prepared;
}

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

/* --- frames --- */

/* The port whose bytes are the tensor's, or NULL. */
static Port *
port_of (GenExecutor *executor, const GenTensor *tensor)
{
  const GenStorage *storage = executor->storages->by_tensor[tensor->index];

  if (storage->kind == GEN_STORAGE_INPUT)
    return &executor->ports[GEN_PORT_INPUT][storage->number];
  return storage->kind == GEN_STORAGE_OUTPUT ? &executor->ports[GEN_PORT_OUTPUT][storage->number]
                                             : NULL;
}

/* Whether the value is needed where it would lie by itself. */
static gboolean
is_copied (const GenExecutor *executor, const GenTensor *tensor)
{
  const GArray *copies = executor->storages->copies;

  for (guint i = 0; i < copies->len; i++)
    if (g_array_index (copies, GenCopy, i).from == tensor)
      return TRUE;
  return FALSE;
}

static void
fill_table (GenExecutor *executor, GenCudaKernel *kernel, guint first)
{
  const gboolean reads = kernel->follows == GEN_CUDA_INPUTS;
  const guint n = (guint)(reads ? kernel->inputs.size () : kernel->outputs.size ());

  kernel->frames = executor->frames_on_device + first;
  for (guint k = 0; k < n; k++) {
    const GenTensor *tensor = reads ? kernel->input (k) : kernel->output (k);
    void **place = &executor->frames[first + k];
    Port *port = tensor != NULL ? port_of (executor, tensor) : NULL;

    *place = reads ? (void *)kernel->inputs[k] : kernel->outputs[k];
    if (port != NULL && port->rows.is_frame && !is_copied (executor, tensor))
      port->place = place;
  }
}

/* The tables of addresses of kernels that follow what is bound. */
static gboolean
lay_out_frames (GenExecutor *executor, GError **error)
{
  guint first = 0;

  for (const auto &kernel : executor->kernels)
    executor->n_frames += (guint)(kernel.follows == GEN_CUDA_INPUTS    ? kernel.inputs.size ()
                                  : kernel.follows == GEN_CUDA_OUTPUTS ? kernel.outputs.size ()
                                                                       : 0);
  if (executor->n_frames == 0)
    return TRUE;
  executor->frames = (void **)take_host (executor, executor->n_frames * sizeof (void *), error);
  executor->frames_on_device =
      (void **)take (executor, executor->n_frames * sizeof (void *), "memory for addresses", error);
  if (executor->frames == NULL || executor->frames_on_device == NULL)
    return FALSE;
  for (auto &kernel : executor->kernels)
    if (kernel.follows != GEN_CUDA_NEITHER) {
      fill_table (executor, &kernel, first);
      first += (guint)(kernel.follows == GEN_CUDA_INPUTS ? kernel.inputs.size ()
                                                         : kernel.outputs.size ());
    }
  return TRUE;
}

/* Let kernels find what is bound now. */
static void
set_frames (GenExecutor *executor)
{
  for (const auto &ports : executor->ports)
    for (const Port &port : ports)
      if (port.place != NULL)
        *port.place = port.is_direct () ? port.bound : port.device;
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
  executor->arena =
      (char *)take (executor, executor->storages->arena_size, "memory for values", error);
  return executor->arena != NULL && take_ports (executor, error) &&
         fill_addresses (executor, offsets, error) && lay_out_frames (executor, error);
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
      (executor->draw = (guint64 *)take_host (executor, sizeof (guint64), error)) != NULL &&
      (executor->draw_on_device = (guint64 *)take (executor, sizeof (guint64), "memory", error)) !=
          NULL &&
      prepare_all (executor, error) && lay_out (executor, error) && capture (executor, error))
    return executor;
  destroy (executor);
  return NULL;
}

/* --- running --- */

static void *
host (GenExecutor *executor, GenPortKind kind, guint number)
{
  return executor->ports[kind][number].host;
}

static void
bind (GenExecutor *executor, GenPortKind kind, guint number, void *data, gboolean on_device)
{
  Port *port = &executor->ports[kind][number];

  port->bound = data;
  port->bound_on_device = data != NULL && on_device;
  port->arrival = NULL;
}

static GenExecutorFeed *
create_feed (GenExecutor *executor, guint number, GError **error)
{
  return gen_cuda_feed_new (&executor->device, executor->ports[GEN_PORT_INPUT][number].size, error);
}

static void *
feed_host (GenExecutorFeed *feed)
{
  return feed->host;
}

static void
bind_feed (GenExecutor *executor, guint number, GenExecutorFeed *feed)
{
  bind (executor, GEN_PORT_INPUT, number, feed->place, TRUE);
  executor->ports[GEN_PORT_INPUT][number].arrival = feed->arrived;
}

static gboolean
upload (GenExecutor *executor, guint state, GError **error)
{
  GenCudaCurrent current (&executor->device);
  Port *port = &executor->ports[GEN_PORT_STATE][state];

  return gen_cuda_check (cudaMemcpy (port->device, port->host, port->size, cudaMemcpyHostToDevice),
      "uploading", error);
}

static gboolean
download (GenExecutor *executor, guint state, GError **error)
{
  GenCudaCurrent current (&executor->device);
  Port *port = &executor->ports[GEN_PORT_STATE][state];

  return gen_cuda_check (cudaMemcpy (port->host, port->device, port->size, cudaMemcpyDeviceToHost),
      "downloading", error);
}

static gboolean
give_inputs (GenExecutor *executor, GError **error)
{
  for (const Port &port : executor->ports[GEN_PORT_INPUT])
    if (port.arrival != NULL &&
        !gen_cuda_check (cudaStreamWaitEvent (executor->device.stream, port.arrival, 0),
            "waiting for an input", error))
      return FALSE;
  for (const Port &port : executor->ports[GEN_PORT_INPUT])
    if (!port.is_direct () &&
        !gen_cuda_copy_rows (&port.rows, port.device, port.bound != NULL ? port.bound : port.host,
            port.bound_on_device ? cudaMemcpyDeviceToDevice : cudaMemcpyHostToDevice,
            executor->device.stream, "uploading an input", error))
      return FALSE;
  return TRUE;
}

static gboolean
fetch_outputs (GenExecutor *executor, GError **error)
{
  for (const Port &port : executor->ports[GEN_PORT_OUTPUT])
    if (!port.is_direct () &&
        !gen_cuda_copy_rows (&port.rows, port.bound != NULL ? port.bound : port.host, port.device,
            port.bound_on_device ? cudaMemcpyDeviceToDevice : cudaMemcpyDeviceToHost,
            executor->device.stream, "downloading an output", error))
      return FALSE;
  return TRUE;
}

static gboolean
wait (GenExecutor *executor, void *stream, GError **error)
{
  GenCudaCurrent current (&executor->device);

  return (executor->others != NULL ||
             gen_cuda_check (cudaEventCreateWithFlags (&executor->others, cudaEventDisableTiming),
                 "an event", error)) &&
         gen_cuda_check (cudaEventRecord (executor->others, (cudaStream_t)stream),
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
      gen_cuda_fallback_set_draw (fallback.get (), draw);
}

static gboolean
run (GenExecutor *executor, guint64 draw, GError **error)
{
  GenCudaCurrent current (&executor->device);
  cudaStream_t stream = executor->device.stream;

  set_draw (executor, draw);
  set_frames (executor);
  return give_inputs (executor, error) &&
         gen_cuda_check (cudaGraphLaunch (executor->work, stream), "running the plan", error) &&
         fetch_outputs (executor, error) &&
         gen_cuda_check (cudaStreamSynchronize (stream), "running the plan", error);
}

static gboolean
profile (GenExecutor *executor, guint64 draw, double *seconds, GError **error)
{
  GenCudaCurrent current (&executor->device);
  cudaStream_t stream = executor->device.stream;
  cudaEvent_t start = NULL, stop = NULL;
  gboolean good;

  set_draw (executor, draw);
  set_frames (executor);
  good = tell (executor, error) &&
         gen_cuda_check (cudaEventCreateWithFlags (&start, cudaEventDefault), "an event", error) &&
         gen_cuda_check (cudaEventCreateWithFlags (&stop, cudaEventDefault), "an event", error) &&
         give_inputs (executor, error);
  for (guint i = 0; good && i < executor->kernels.size (); i++) {
    float milliseconds = 0;

    cudaEventRecord (start, stream);
    good = launch (executor, i, error);
    cudaEventRecord (stop, stream);
    good = good && gen_cuda_check (cudaEventSynchronize (stop), "running a node", error);
    cudaEventElapsedTime (&milliseconds, start, stop);
    seconds[i] = milliseconds * 1e-3;
  }
  good = good && copy_at_end (executor, error) && fetch_outputs (executor, error) &&
         gen_cuda_check (cudaStreamSynchronize (stream), "running the plan", error);
  if (start != NULL)
    cudaEventDestroy (start);
  if (stop != NULL)
    cudaEventDestroy (stop);
  return good;
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
  gen_cuda_operator_narrows,
  create,
  destroy,
  host,
  bind,
  create_feed,
  gen_cuda_feed_free,
  feed_host,
  gen_cuda_feed_send,
  bind_feed,
  upload,
  download,
  wait,
  run,
  profile,
  place,
};
}
