/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators that are made of others. While shapes are inferred, such a node gives way to the
 * nodes that its operator's lower() appends, so that passes, kernels and gradients see only
 * operators that have kernels of their own. */
#include <string.h>

#include <generative/operator.h>

#include "graph-private.h"

/* Loops within loops, written out, grow beyond all bounds. */
#define MAX_NODES (1u << 20)

static gboolean
is_new (const GenGraph *graph, guint first, const GenNode *node)
{
  guint at;

  return node != NULL && g_ptr_array_find (graph->nodes, node, &at) && at >= first;
}

static GenTensor *
same (GenGraph *graph, GenTensor *tensor)
{
  GenTensor *copy = gen_graph_add_value (graph, NULL);

  gen_graph_add_node (graph, NULL, NULL, "Identity", GEN_OPSET, &tensor, 1, &copy, 1, NULL);
  return copy;
}

/* `output` becomes what `result` is: it takes its place in the nodes from number `first` on. */
static gboolean
take_place (GenGraph *graph, guint first, GenTensor *output, GenTensor *result, GError **error)
{
  guint at;

  if (result->items != NULL) {
    gen_tensor_share_items (output, result);
    return TRUE;
  }
  if (result->role != GEN_ROLE_VALUE || !is_new (graph, first, result->producer)) {
    result = gen_unary (graph, "Identity", result, error);
    if (result == NULL)
      return FALSE;
  }
  if (result->kind != GEN_KIND_TENSOR) {
    output->kind = result->kind;
    output->holds = result->holds;
  }
  output->type = result->type;
  output->shape = result->shape;
  output->producer = result->producer;
  g_ptr_array_find (result->producer->outputs, result, &at);
  result->producer->outputs->pdata[at] = output;
  gen_graph_replace (graph, result, output);
  result->producer = NULL;
  return TRUE;
}

gboolean
gen_graph_lower_node (GenGraph *graph, guint index, gboolean *lowered, GError **error)
{
  GenNode *node = g_ptr_array_index (graph->nodes, index);
  guint n_outputs = node->outputs->len, first = graph->nodes->len, n;
  g_autofree GenTensor **results = g_new0 (GenTensor *, n_outputs);
  g_autofree GenNode **added = NULL;

  *lowered = FALSE;
  if (node->op->lower == NULL)
    return TRUE;
  if (!node->op->lower (node, results, error)) {
    gen_graph_take_back (graph, first);
    /* What one of the nodes that it is made of says is said of this one. */
    if (error != NULL && *error != NULL && strstr ((*error)->message, node->name) == NULL)
      g_prefix_error (error, "node '%s' (%s): ", node->name, node->op->name);
    return FALSE;
  }
  if (graph->nodes->len == first && results[0] == NULL)
    return TRUE;
  if (graph->nodes->len > MAX_NODES) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_TOO_LARGE,
        "node '%s' (%s): written out, its graphs have too many nodes", node->name, node->op->name);
    return FALSE;
  }
  *lowered = TRUE;
  for (guint i = first, number = 0; i < graph->nodes->len; i++)
    if (!((GenNode *)g_ptr_array_index (graph->nodes, i))->draw.fixed &&
        gen_node_is_random (g_ptr_array_index (graph->nodes, i)))
      gen_node_draw_as (g_ptr_array_index (graph->nodes, i), node, number++);
  for (guint i = 0; i < n_outputs; i++) {
    GenTensor *output = gen_node_output (node, i);

    if (output == NULL)
      continue;
    if (results[i] == NULL)
      return gen_node_error (node, error, "its output %u is not supported", i);
    if (!take_place (graph, first, output, results[i], error))
      return FALSE;
    /* Both outputs are there afterwards, under their names. */
    for (guint k = i + 1; k < n_outputs; k++)
      if (results[k] == results[i])
        results[k] = output->items != NULL ? output : same (graph, output);
    node->outputs->pdata[i] = NULL;
  }
  n = graph->nodes->len - first;
  if (n == 0) {
    g_ptr_array_remove_index (graph->nodes, index);
    return TRUE;
  }
  added = g_memdup2 (graph->nodes->pdata + first, n * sizeof *added);
  memmove (graph->nodes->pdata + index + n, graph->nodes->pdata + index,
      (first - index) * sizeof *added);
  memcpy (graph->nodes->pdata + index, added, n * sizeof *added);
  g_ptr_array_remove_index (graph->nodes, index + n);
  return TRUE;
}
