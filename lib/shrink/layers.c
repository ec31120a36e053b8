/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layers.h"

#include <string.h>

/* Operators mean the same between these opsets. */
#define STABLE_FIRST 13
#define STABLE_LAST 17

G_DEFINE_QUARK (gen - quantize - error - quark, gen_quantize_error)

void
gen_shrunk_layer_free (GenShrunkLayer *layer)
{
  if (layer == NULL)
    return;
  g_free (layer->name);
  g_free (layer->done);
  g_free (layer);
}

gboolean
gen_shrink_is (const GenNode *node, const char *name)
{
  return node != NULL && node->op->domain == NULL && strcmp (node->op->name, name) == 0;
}

const char *
gen_shrink_name (const GenNode *node)
{
  if (node->name != NULL && *node->name != '\0')
    return node->name;
  return gen_node_output (node, 0) != NULL ? gen_node_output (node, 0)->name : node->op->name;
}

gboolean
gen_shrink_keeps (const GenQuantizeSettings *settings, const GenNode *node)
{
  return settings->keep != NULL && g_strv_contains (settings->keep, gen_shrink_name (node));
}

static gboolean
is_float_constant (const GenTensor *tensor)
{
  return tensor != NULL && tensor->role == GEN_ROLE_CONSTANT && tensor->type == GEN_TYPE_FLOAT32;
}

/* Along which axis of its weights the node's results are; -1 where it is no layer. */
static int
find_axis (const GenNode *node, const GenTensor *weights)
{
  const int rank = weights->shape.rank;

  if (gen_shrink_is (node, "Conv"))
    return rank >= 3 ? 0 : -1;
  if (gen_shrink_is (node, "ConvTranspose"))
    return rank >= 3 ? 1 : -1;
  if (gen_shrink_is (node, "MatMul"))
    return rank == 2 ? 1 : -1;
  if (!gen_shrink_is (node, "Gemm") || rank != 2 || gen_node_int (node, "transA", 0) != 0 ||
      gen_node_float (node, "alpha", 1) != 1 || gen_node_float (node, "beta", 1) != 1)
    return -1;
  return gen_node_int (node, "transB", 0) != 0 ? 0 : 1;
}

gboolean
gen_shrink_find_layer (GenNode *node, GenShrinkLayer *layer)
{
  GenTensor *weights = node->inputs->len > 1 ? gen_node_input (node, 1) : NULL;

  if (!is_float_constant (weights) || gen_node_input (node, 0) == NULL ||
      gen_node_input (node, 0)->role == GEN_ROLE_CONSTANT || gen_node_output (node, 0) == NULL)
    return FALSE;
  *layer = (GenShrinkLayer){ .node = node, .weights = weights, .axis = find_axis (node, weights) };
  if (layer->axis < 0)
    return FALSE;
  layer->bias = gen_shrink_is (node, "MatMul") ? NULL : gen_node_input (node, 2);
  layer->channels = weights->shape.dims[layer->axis];
  return gen_shape_elements (&weights->shape) > 0;
}

void
gen_shrink_tell (GPtrArray *layers, const GenShrinkLayer *layer, gboolean quantized, gsize after,
    double sqnr, const char *format, ...)
{
  GenShrunkLayer *told;
  va_list list;

  if (layers == NULL)
    return;
  told = g_new0 (GenShrunkLayer, 1);
  told->name = g_strdup (gen_shrink_name (layer->node));
  told->op = layer->node->op->name;
  told->changed = quantized;
  told->before = gen_tensor_size (layer->weights);
  told->after = quantized ? after : told->before;
  told->sqnr = sqnr;
  va_start (list, format);
  told->done = g_strdup_vprintf (format, list);
  va_end (list);
  g_ptr_array_add (layers, told);
}

void
gen_shrink_clean (GenGraph *graph)
{
  gen_graph_sort (graph);
  gen_graph_remove_dead (graph);
}

int
gen_shrink_find_opset (const GenGraph *graph, int least, const char *what, GError **error)
{
  int lowest = G_MAXINT, highest = 0;

  for (guint i = 0; i < graph->nodes->len; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (node->op->domain != NULL)
      continue;
    lowest = MIN (lowest, node->opset);
    highest = MAX (highest, node->opset);
  }
  if (highest >= least)
    return highest;
  if (lowest >= STABLE_FIRST && least <= STABLE_LAST)
    return least;
  g_set_error (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_MODEL,
      "the model speaks opset %d, and %s takes %d: bring it there by generative-model convert "
      "--opset=%d",
      highest, what, least, least);
  return 0;
}
