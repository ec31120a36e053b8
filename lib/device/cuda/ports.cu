/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plan's inputs, outputs and states: their memory on both sides, what the user has bound in its
 * place, and how bytes get from one to the other. */
#include <string.h>

#include "executor-private.h"
#include "feed.h"

static gboolean
take_port (GenExecutor *executor, GenBindingKind kind, const GenTensor *tensor, GError **error)
{
  GenCudaPort port;

  port.size = gen_tensor_size (tensor);
  port.rows = gen_cuda_rows_of (executor->graph, tensor);
  port.device =
      gen_cuda_executor_take (executor, port.size, "memory for an input, output or state", error);
  port.host = port.device != NULL ? gen_cuda_executor_take_host (executor, port.size, error) : NULL;
  if (port.host == NULL)
    return FALSE;
  if (tensor->data != NULL && port.size > 0)
    memcpy (port.host, g_bytes_get_data (tensor->data, NULL), port.size);
  executor->ports[kind].push_back (port);
  return gen_cuda_check (
      cudaMemcpy (port.device, port.host, port.size, cudaMemcpyHostToDevice), "uploading", error);
}

gboolean
gen_cuda_ports_take (GenExecutor *executor, GError **error)
{
  const GenGraph *graph = executor->graph;

  for (guint i = 0; i < graph->inputs->len; i++)
    if (!take_port (
            executor, GEN_BINDING_INPUT, (GenTensor *)g_ptr_array_index (graph->inputs, i), error))
      return FALSE;
  for (guint i = 0; i < graph->outputs->len; i++)
    if (!take_port (executor, GEN_BINDING_OUTPUT,
            (GenTensor *)g_ptr_array_index (graph->outputs, i), error))
      return FALSE;
  for (guint i = 0; i < executor->storages->states->len; i++) {
    const GenStorage *storage =
        (const GenStorage *)g_ptr_array_index (executor->storages->states, i);

    if (!take_port (executor, GEN_BINDING_STATE, storage->tensor, error))
      return FALSE;
  }
  return TRUE;
}

/* The port whose bytes are the tensor's, or NULL. */
static GenCudaPort *
port_of (GenExecutor *executor, const GenTensor *tensor)
{
  const GenStorage *storage = executor->storages->by_tensor[tensor->index];

  if (storage->kind == GEN_STORAGE_INPUT)
    return &executor->ports[GEN_BINDING_INPUT][storage->number];
  return storage->kind == GEN_STORAGE_OUTPUT ? &executor->ports[GEN_BINDING_OUTPUT][storage->number]
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
    GenCudaPort *port = tensor != NULL ? port_of (executor, tensor) : NULL;

    *place = reads ? (void *)kernel->inputs[k] : kernel->outputs[k];
    if (port != NULL && port->rows.is_frame && !is_copied (executor, tensor))
      port->place = place;
  }
}

gboolean
gen_cuda_ports_lay_out_frames (GenExecutor *executor, GError **error)
{
  guint first = 0;

  for (const auto &kernel : executor->kernels)
    executor->n_frames += (guint)(kernel.follows == GEN_CUDA_INPUTS    ? kernel.inputs.size ()
                                  : kernel.follows == GEN_CUDA_OUTPUTS ? kernel.outputs.size ()
                                                                       : 0);
  if (executor->n_frames == 0)
    return TRUE;
  executor->frames =
      (void **)gen_cuda_executor_take_host (executor, executor->n_frames * sizeof (void *), error);
  executor->frames_on_device = (void **)gen_cuda_executor_take (
      executor, executor->n_frames * sizeof (void *), "memory for addresses", error);
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

void
gen_cuda_ports_set_frames (GenExecutor *executor)
{
  for (const auto &ports : executor->ports)
    for (const GenCudaPort &port : ports)
      if (port.place != NULL)
        *port.place = port.is_direct () ? port.bound : port.device;
}

void *
gen_cuda_port_host (GenExecutor *executor, GenBindingKind kind, guint number)
{
  return executor->ports[kind][number].host;
}

void
gen_cuda_port_bind (
    GenExecutor *executor, GenBindingKind kind, guint number, void *data, gboolean on_device)
{
  GenCudaPort *port = &executor->ports[kind][number];

  port->bound = data;
  port->bound_on_device = data != NULL && on_device;
  port->arrival = NULL;
}

GenExecutorFeed *
gen_cuda_port_create_feed (GenExecutor *executor, guint number, GError **error)
{
  return gen_cuda_feed_new (
      &executor->device, executor->ports[GEN_BINDING_INPUT][number].size, error);
}

void
gen_cuda_port_bind_feed (GenExecutor *executor, guint number, GenExecutorFeed *feed)
{
  gen_cuda_port_bind (executor, GEN_BINDING_INPUT, number, feed->place, TRUE);
  executor->ports[GEN_BINDING_INPUT][number].arrival = feed->arrived;
}

gboolean
gen_cuda_port_upload (GenExecutor *executor, guint state, GError **error)
{
  GenCudaCurrent current (&executor->device);
  GenCudaPort *port = &executor->ports[GEN_BINDING_STATE][state];

  return gen_cuda_check (cudaMemcpy (port->device, port->host, port->size, cudaMemcpyHostToDevice),
      "uploading", error);
}

gboolean
gen_cuda_port_download (GenExecutor *executor, guint state, GError **error)
{
  GenCudaCurrent current (&executor->device);
  GenCudaPort *port = &executor->ports[GEN_BINDING_STATE][state];

  return gen_cuda_check (cudaMemcpy (port->host, port->device, port->size, cudaMemcpyDeviceToHost),
      "downloading", error);
}

gboolean
gen_cuda_ports_give (GenExecutor *executor, GError **error)
{
  for (const GenCudaPort &port : executor->ports[GEN_BINDING_INPUT])
    if (port.arrival != NULL &&
        !gen_cuda_check (cudaStreamWaitEvent (executor->device.stream, port.arrival, 0),
            "waiting for an input", error))
      return FALSE;
  for (const GenCudaPort &port : executor->ports[GEN_BINDING_INPUT])
    if (!port.is_direct () &&
        !gen_cuda_copy_rows (&port.rows, port.device, port.bound != NULL ? port.bound : port.host,
            port.bound_on_device ? cudaMemcpyDeviceToDevice : cudaMemcpyHostToDevice,
            executor->device.stream, "uploading an input", error))
      return FALSE;
  return TRUE;
}

/* What of an output is to be copied: of a frame perhaps a part, as the CPU has said. */
static GenCudaRows
rows_to_fetch (GenExecutor *executor, const GenCudaPort *port)
{
  const GenCudaPort *kept = port->rows.kept != NULL ? port_of (executor, port->rows.kept) : NULL;

  if (kept == NULL || kept->bound_on_device)
    return port->rows;
  return gen_cuda_rows_kept (
      &port->rows, (const gint32 *)(kept->bound != NULL ? kept->bound : kept->host));
}

gboolean
gen_cuda_ports_fetch (GenExecutor *executor, GError **error)
{
  for (const GenCudaPort &port : executor->ports[GEN_BINDING_OUTPUT]) {
    const GenCudaRows rows = rows_to_fetch (executor, &port);

    if (!port.is_direct () &&
        !gen_cuda_copy_rows (&rows, port.bound != NULL ? port.bound : port.host, port.device,
            port.bound_on_device ? cudaMemcpyDeviceToDevice : cudaMemcpyDeviceToHost,
            executor->device.stream, "downloading an output", error))
      return FALSE;
  }
  return TRUE;
}
