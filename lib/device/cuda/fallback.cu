/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fallback.h"

#include <string.h>

G_BEGIN_DECLS
#include "../../graph/graph-private.h"
#include "../../graph/kernel.h"
#include "../half.h"
G_END_DECLS

/* A value on its way: `pinned` is copied to or from the device, `computed` is what the CPU's kernel
 * sees, which is the same or its float32. */
struct Value {
  GenDataType type;
  gsize n;
  void *pinned, *computed;
};

struct GenCudaFallback {
  GenKernel kernel = {};
  GenGraph *widened = NULL; /* holds the node in float32, where the CPU knows no other */
  std::vector<Value> inputs, outputs;
  std::vector<const void *> input_addresses;
  std::vector<void *> output_addresses;
  std::vector<std::shared_ptr<void> > memory;

  ~GenCudaFallback ()
  {
    gen_kernel_clear (&kernel);
    gen_aligned_free (kernel.scratch);
    if (widened != NULL)
      gen_graph_unref (widened);
  }
};

/* --- the node in float32 --- */

static GenTensor *
widen (GenGraph *graph, const GenTensor *tensor)
{
  const void *constant = gen_tensor_constant (tensor);
  gboolean half = gen_type_is_half (tensor->type);
  GenDataType type = half ? GEN_TYPE_FLOAT32 : tensor->type;
  gsize n = gen_cuda_elements (tensor);
  GenTensor *made;

  if (constant != NULL && half) {
    float *values = g_new (float, n);

    gen_half_widen (tensor->type, constant, 1, values, n);
    made = gen_graph_add_constant (
        graph, NULL, type, &tensor->shape, g_bytes_new_take (values, n * sizeof (float)));
  } else if (constant != NULL) {
    made = gen_graph_add_constant (graph, NULL, type, &tensor->shape, g_bytes_ref (tensor->data));
  } else {
    made = gen_graph_add_value (graph, NULL);
    made->type = type;
    made->shape = tensor->shape;
  }
  made->layout = tensor->layout;
  return made;
}

static const GenNode *
widen_node (GenCudaFallback *fallback, const GenNode *node)
{
  GenGraph *graph = fallback->widened = gen_graph_new ("widened");
  GenNode *made = gen_graph_new_node (graph, node->name, node->op, node->opset);
  g_autoptr (GHashTable) none = g_hash_table_new (NULL, NULL);

  made->id = node->id;
  made->stream = node->stream;
  made->activation = node->activation;
  made->taken = node->taken;
  made->draw = node->draw;
  for (guint i = 0; i < node->attributes->len; i++)
    g_ptr_array_add (made->attributes,
        gen_attribute_copy ((const GenAttribute *)g_ptr_array_index (node->attributes, i), none));
  for (guint i = 0; i < node->inputs->len; i++)
    g_ptr_array_add (made->inputs,
        gen_node_input (node, i) != NULL ? widen (graph, gen_node_input (node, i)) : NULL);
  for (guint i = 0; i < node->outputs->len; i++)
    g_ptr_array_add (made->outputs,
        gen_node_output (node, i) != NULL ? widen (graph, gen_node_output (node, i)) : NULL);
  g_ptr_array_add (graph->nodes, made);
  return made;
}

/* Whether one of the tensors is of the floats that `is` says. */
static gboolean
has_type (const GPtrArray *tensors, gboolean (*is) (GenDataType type))
{
  for (guint i = 0; i < tensors->len; i++) {
    const GenTensor *tensor = (const GenTensor *)g_ptr_array_index (tensors, i);

    if (tensor != NULL && is (tensor->type))
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_float32 (GenDataType type)
{
  return type == GEN_TYPE_FLOAT32;
}

static gboolean
has_half (const GenNode *node)
{
  return has_type (node->inputs, gen_type_is_half) || has_type (node->outputs, gen_type_is_half);
}

/* Whether a node with 16-bit floats may be one of a model's, which the CPU's kernel does or
 * refuses. Where some floats are float32, or only results are of 16 bits, the device may have asked
 * for that; and operators of our own know float32, and may not ask. */
static gboolean
is_native (const GenNode *node)
{
  if (strcmp (node->op->name, "Cast") == 0 || strcmp (node->op->name, "CastLike") == 0)
    return TRUE;
  return !node->op->widens && g_strcmp0 (node->op->domain, "generative") != 0 &&
         has_type (node->inputs, gen_type_is_half) && !has_type (node->inputs, is_float32) &&
         !has_type (node->outputs, is_float32);
}

/* --- buffers --- */

/* Buffers for a tensor of the graph, which the kernel sees as `seen`. */
static gboolean
take_value (GenCudaFallback *fallback, const GenTensor *tensor, const GenTensor *seen, Value *value,
    GError **error)
{
  value->type = tensor->type;
  value->n = gen_cuda_elements (tensor);
  if (!gen_cuda_check (
          cudaHostAlloc (&value->pinned, MAX (gen_tensor_size (tensor), 1), cudaHostAllocDefault),
          "memory for a node that runs on the CPU", error))
    return FALSE;
  fallback->memory.emplace_back (value->pinned, [] (void *p) { cudaFreeHost (p); });
  value->computed = value->pinned;
  if (seen->type != tensor->type) {
    value->computed = gen_aligned_alloc (MAX (gen_tensor_size (seen), 1));
    fallback->memory.emplace_back (value->computed, gen_aligned_free);
  }
  return TRUE;
}

/* Constants are read where they are (gen_cuda_fallback_find_constants). */
static gboolean
take_buffers (GenCudaFallback *fallback, const GenNode *node, GError **error)
{
  const GenNode *seen = fallback->kernel.node;

  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *tensor = gen_node_input (node, i);
    Value value = {};

    if (tensor != NULL && tensor->role != GEN_ROLE_CONSTANT &&
        !take_value (fallback, tensor, gen_node_input (seen, i), &value, error))
      return FALSE;
    fallback->inputs.push_back (value);
    fallback->input_addresses.push_back (value.computed);
  }
  for (guint i = 0; i < node->outputs->len; i++) {
    const GenTensor *tensor = gen_node_output (node, i);
    Value value = {};

    if (tensor != NULL && !take_value (fallback, tensor, gen_node_output (seen, i), &value, error))
      return FALSE;
    fallback->outputs.push_back (value);
    fallback->output_addresses.push_back (value.computed);
  }
  fallback->kernel.inputs = fallback->input_addresses.data ();
  fallback->kernel.outputs = fallback->output_addresses.data ();
  return TRUE;
}

static gboolean
prepare (GenCudaFallback *fallback, const GenCudaKernel *kernel, const GenNode *node, int threads,
    GError **error)
{
  GenKernel *cpu = &fallback->kernel;

  gen_kernel_init (cpu, node, threads);
  cpu->precision = kernel->precision;
  cpu->seed = kernel->seed;
  return gen_kernel_prepare (cpu, error);
}

std::shared_ptr<GenCudaFallback>
gen_cuda_fallback_new (const GenCudaKernel *kernel, int threads, GError **error)
{
  const GenNode *node = kernel->node;
  auto fallback = std::make_shared<GenCudaFallback> ();
  GError *reason = NULL;

  if (!has_half (node))
    return prepare (fallback.get (), kernel, node, threads, error) ? fallback : nullptr;
  if (is_native (node) && prepare (fallback.get (), kernel, node, threads, &reason))
    return fallback;
  g_clear_error (&reason);
  fallback = std::make_shared<GenCudaFallback> ();
  node = widen_node (fallback.get (), node);
  return prepare (fallback.get (), kernel, node, threads, error) ? fallback : nullptr;
}

static void
run_on_cpu (void *data)
{
  const GenCudaFallback *fallback = (const GenCudaFallback *)data;

  for (const Value &value : fallback->inputs)
    if (value.pinned != value.computed && value.pinned != NULL)
      gen_half_widen (value.type, value.pinned, 1, (float *)value.computed, value.n);
  gen_kernel_run (&fallback->kernel);
  for (const Value &value : fallback->outputs)
    if (value.pinned != value.computed)
      gen_half_narrow (value.type, (const float *)value.computed, value.pinned, value.n);
}

gboolean
gen_cuda_fallback_add (
    GenCudaKernel *kernel, std::shared_ptr<GenCudaFallback> fallback, GError **error)
{
  if (!take_buffers (fallback.get (), kernel->node, error))
    return FALSE;
  fallback->kernel.scratch = gen_aligned_alloc (fallback->kernel.scratch_size);
  kernel->launches.push_back ([fallback] (const GenCudaKernel &k, cudaStream_t stream) {
    for (guint i = 0; i < k.inputs.size (); i++)
      if (fallback->inputs[i].pinned != NULL)
        cudaMemcpyAsync (fallback->inputs[i].pinned, k.inputs[i], gen_tensor_size (k.input (i)),
            cudaMemcpyDeviceToHost, stream);
    cudaLaunchHostFunc (stream, run_on_cpu, fallback.get ());
    for (guint i = 0; i < k.outputs.size (); i++)
      if (k.outputs[i] != NULL)
        cudaMemcpyAsync (k.outputs[i], fallback->outputs[i].pinned, gen_tensor_size (k.output (i)),
            cudaMemcpyHostToDevice, stream);
  });
  return TRUE;
}

void
gen_cuda_fallback_find_constants (GenCudaFallback *fallback)
{
  const GenNode *seen = fallback->kernel.node;

  for (guint i = 0; i < seen->inputs->len; i++)
    if (gen_node_input (seen, i) != NULL && gen_node_input (seen, i)->role == GEN_ROLE_CONSTANT)
      fallback->input_addresses[i] = gen_tensor_constant (gen_node_input (seen, i));
}

void
gen_cuda_fallback_set_draw (GenCudaFallback *fallback, guint64 draw)
{
  fallback->kernel.draw = gen_draw_of (&fallback->kernel.node->draw, draw);
}

const GenKernel *
gen_cuda_fallback_kernel (const GenCudaFallback *fallback)
{
  return &fallback->kernel;
}
