/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "fallback.h"

#include <string.h>

#include "../graph/graph-private.h"
#include "half.h"

/* A value on its way: `staged` is copied to or from the device, `computed` is what the CPU's kernel
 * sees, which is the same or its float32. */
typedef struct {
  GenDataType type;
  gsize n;
  void *staged, *computed;
} Value;

struct _GenFallback {
  const GenNode *node; /* the device's */
  GenKernel kernel;
  GenGraph *widened; /* holds the node in float32, where the CPU knows no other */
  Value *inputs, *outputs;
  GDestroyNotify release; /* of what is staged */
};

/* --- the node in float32 --- */

static GenTensor *
widen (GenGraph *graph, const GenTensor *tensor)
{
  const void *constant = gen_tensor_constant (tensor);
  gboolean half = gen_type_is_half (tensor->type);
  GenDataType type = half ? GEN_TYPE_FLOAT32 : tensor->type;
  gsize n = (gsize)gen_shape_elements (&tensor->shape);
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

static void
widen_all (GenGraph *graph, const GPtrArray *tensors, GPtrArray *made)
{
  for (guint i = 0; i < tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (tensors, i);

    g_ptr_array_add (made, tensor != NULL ? widen (graph, tensor) : NULL);
  }
}

static const GenNode *
widen_node (GenGraph *graph, const GenNode *node)
{
  GenNode *made = gen_graph_new_node (graph, node->name, node->op, node->opset);
  g_autoptr (GHashTable) none = g_hash_table_new (NULL, NULL);

  made->id = node->id;
  made->stream = node->stream;
  made->activation = node->activation;
  made->taken = node->taken;
  made->draw = node->draw;
  for (guint i = 0; i < node->attributes->len; i++)
    g_ptr_array_add (
        made->attributes, gen_attribute_copy (g_ptr_array_index (node->attributes, i), none));
  widen_all (graph, node->inputs, made->inputs);
  widen_all (graph, node->outputs, made->outputs);
  g_ptr_array_add (graph->nodes, made);
  return made;
}

/* Whether one of the tensors is of the floats that `is` says. */
static gboolean
has_type (const GPtrArray *tensors, gboolean (*is) (GenDataType type))
{
  for (guint i = 0; i < tensors->len; i++) {
    const GenTensor *tensor = g_ptr_array_index (tensors, i);

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

/* --- the kernel --- */

static gboolean
prepare (GenFallback *fallback, const GenNode *node, int threads, GenPrecision precision,
    guint64 seed, GenExchange *exchange, GError **error)
{
  GenKernel *kernel = &fallback->kernel;

  gen_kernel_init (kernel, node, threads);
  kernel->precision = precision;
  kernel->seed = seed;
  kernel->exchange = exchange;
  if (gen_kernel_prepare (kernel, error))
    return TRUE;
  gen_kernel_clear (kernel);
  memset (kernel, 0, sizeof *kernel);
  return FALSE;
}

GenFallback *
gen_fallback_new (const GenNode *node, int threads, GenPrecision precision, guint64 seed,
    GenExchange *exchange, GError **error)
{
  GenFallback *fallback = g_new0 (GenFallback, 1);
  const gboolean half = has_half (node);

  fallback->node = node;
  if ((!half || is_native (node)) &&
      prepare (fallback, node, threads, precision, seed, exchange, half ? NULL : error))
    return fallback;
  if (half) {
    fallback->widened = gen_graph_new ("widened");
    if (prepare (fallback, widen_node (fallback->widened, node), threads, precision, seed, exchange,
            error))
      return fallback;
  }
  gen_fallback_free (fallback);
  return NULL;
}

static void
free_values (const GenFallback *fallback, Value *values, guint n)
{
  for (guint i = 0; values != NULL && i < n; i++) {
    if (values[i].computed != values[i].staged)
      gen_aligned_free (values[i].computed);
    if (values[i].staged != NULL)
      fallback->release (values[i].staged);
  }
  g_free (values);
}

void
gen_fallback_free (GenFallback *fallback)
{
  free_values (fallback, fallback->inputs, fallback->node->inputs->len);
  free_values (fallback, fallback->outputs, fallback->node->outputs->len);
  g_free (fallback->kernel.inputs);
  g_free (fallback->kernel.outputs);
  gen_aligned_free (fallback->kernel.scratch);
  if (fallback->kernel.node != NULL)
    gen_kernel_clear (&fallback->kernel);
  g_clear_pointer (&fallback->widened, gen_graph_unref);
  g_free (fallback);
}

const GenKernel *
gen_fallback_kernel (const GenFallback *fallback)
{
  return &fallback->kernel;
}

/* --- buffers --- */

/* Room for a tensor of the device's graph, which the kernel sees as `seen`. */
static gboolean
take_value (const GenTensor *tensor, const GenTensor *seen, GenFallbackAllocate allocate,
    Value *value, GError **error)
{
  value->type = tensor->type;
  value->n = (gsize)gen_shape_elements (&tensor->shape);
  value->staged = allocate (MAX (gen_tensor_size (tensor), 1), error);
  if (value->staged == NULL)
    return FALSE;
  value->computed = seen->type == tensor->type
                        ? value->staged
                        : gen_aligned_alloc (MAX (gen_tensor_size (seen), 1));
  return TRUE;
}

gboolean
gen_fallback_take_buffers (
    GenFallback *fallback, GenFallbackAllocate allocate, GDestroyNotify release, GError **error)
{
  const GenNode *node = fallback->node;
  GenKernel *kernel = &fallback->kernel;

  fallback->release = release;
  fallback->inputs = g_new0 (Value, node->inputs->len);
  fallback->outputs = g_new0 (Value, node->outputs->len);
  kernel->inputs = g_new0 (const void *, node->inputs->len);
  kernel->outputs = g_new0 (void *, node->outputs->len);
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *tensor = gen_node_input (node, i);

    if (tensor != NULL && tensor->role != GEN_ROLE_CONSTANT &&
        !take_value (
            tensor, gen_node_input (kernel->node, i), allocate, &fallback->inputs[i], error))
      return FALSE;
    kernel->inputs[i] = fallback->inputs[i].computed;
  }
  for (guint i = 0; i < node->outputs->len; i++) {
    const GenTensor *tensor = gen_node_output (node, i);

    if (tensor != NULL && !take_value (tensor, gen_node_output (kernel->node, i), allocate,
                              &fallback->outputs[i], error))
      return FALSE;
    kernel->outputs[i] = fallback->outputs[i].computed;
  }
  kernel->scratch = gen_aligned_alloc (kernel->scratch_size);
  return TRUE;
}

void *
gen_fallback_input (const GenFallback *fallback, guint i)
{
  return fallback->inputs[i].staged;
}

void *
gen_fallback_output (const GenFallback *fallback, guint i)
{
  return fallback->outputs[i].staged;
}

void
gen_fallback_find_constants (GenFallback *fallback)
{
  GenKernel *kernel = &fallback->kernel;

  for (guint i = 0; i < kernel->node->inputs->len; i++) {
    const GenTensor *tensor = gen_node_input (kernel->node, i);

    if (tensor != NULL && tensor->role == GEN_ROLE_CONSTANT)
      kernel->inputs[i] = gen_tensor_constant (tensor);
  }
}

/* --- runs --- */

void
gen_fallback_set_draw (GenFallback *fallback, guint64 draw)
{
  fallback->kernel.draw = gen_draw_of (&fallback->kernel.node->draw, draw);
}

void
gen_fallback_run (const GenFallback *fallback)
{
  const GenNode *node = fallback->node;

  for (guint i = 0; i < node->inputs->len; i++) {
    const Value *value = &fallback->inputs[i];

    if (value->staged != value->computed)
      gen_half_widen (value->type, value->staged, 1, value->computed, value->n);
  }
  gen_kernel_run (&fallback->kernel);
  for (guint i = 0; i < node->outputs->len; i++) {
    const Value *value = &fallback->outputs[i];

    if (value->staged != value->computed)
      gen_half_narrow (value->type, value->computed, value->staged, value->n);
  }
}
