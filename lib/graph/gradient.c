/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gradients as a transform of the graph: walk the nodes from the result back, ask each
 * operator for the gradients of its inputs, and add up where a tensor is read more than once.
 * What is appended are ordinary nodes, so a gradient can be differentiated again. */
#include <generative/operator.h>

#include "graph-private.h"

static gboolean
accumulate (GenGraph *graph, GHashTable *sums, GenTensor *tensor, GenTensor *part, GError **error)
{
  GenTensor *sum = g_hash_table_lookup (sums, tensor);

  if (sum != NULL)
    part = gen_binary (graph, "Add", sum, part, error);
  if (part == NULL)
    return FALSE;
  g_hash_table_insert (sums, tensor, part);
  return TRUE;
}

/* The gradients of one node's inputs, added to `sums`. `wanted` holds the tensors on a path
 * from the variables. */
static gboolean
node_gradient (GenGraph *graph, GenNode *node, GHashTable *wanted, GHashTable *sums, GError **error)
{
  guint n_inputs = node->inputs->len, n_outputs = node->outputs->len;
  g_autofree GenTensor **outputs = g_new0 (GenTensor *, n_outputs);
  g_autofree GenTensor **inputs = g_new0 (GenTensor *, n_inputs);
  g_autofree gboolean *needed = g_new0 (gboolean, n_inputs);
  gboolean flows = FALSE, asked = FALSE;
  GenGradient gradient = { graph, node, outputs, inputs, needed };

  for (guint i = 0; i < n_outputs; i++) {
    GenTensor *output = g_ptr_array_index (node->outputs, i);

    outputs[i] = output != NULL ? g_hash_table_lookup (sums, output) : NULL;
    flows |= outputs[i] != NULL;
  }
  for (guint i = 0; i < n_inputs; i++) {
    GenTensor *input = g_ptr_array_index (node->inputs, i);

    needed[i] = input != NULL && g_hash_table_contains (wanted, input);
    asked |= needed[i];
  }
  if (!flows || !asked || node->op->gradient_is_zero)
    return TRUE;
  if (node->op->gradient == NULL) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_NO_GRADIENT,
        "node '%s': %s has no gradient, so nothing before it can be trained", node->name,
        node->op->name);
    return FALSE;
  }
  if (!node->op->gradient (&gradient, error))
    return FALSE;
  for (guint i = 0; i < n_inputs; i++)
    if (needed[i] && inputs[i] != NULL &&
        !accumulate (graph, sums, g_ptr_array_index (node->inputs, i), inputs[i], error))
      return FALSE;
  return TRUE;
}

gboolean
gen_graph_gradients (GenGraph *graph, GenTensor *y, GenTensor *const *wrt, int n,
    GenTensor **gradients, GError **error)
{
  g_autoptr (GHashTable) wanted = g_hash_table_new (NULL, NULL);
  g_autoptr (GHashTable) sums = g_hash_table_new (NULL, NULL);
  guint n_nodes = graph->nodes->len;

  for (int i = 0; i < n; i++)
    g_hash_table_add (wanted, wrt[i]);
  for (guint i = 0; i < n_nodes; i++) {
    const GenNode *node = g_ptr_array_index (graph->nodes, i);
    gboolean depends = FALSE;

    for (guint k = 0; k < node->inputs->len; k++)
      depends |= g_hash_table_contains (wanted, g_ptr_array_index (node->inputs, k));
    for (guint k = 0; depends && k < node->outputs->len; k++)
      if (g_ptr_array_index (node->outputs, k) != NULL)
        g_hash_table_add (wanted, g_ptr_array_index (node->outputs, k));
  }

  g_hash_table_insert (sums, y, gen_graph_full (graph, &y->shape, 1));
  for (guint i = n_nodes; i > 0; i--)
    if (!node_gradient (graph, g_ptr_array_index (graph->nodes, i - 1), wanted, sums, error))
      return FALSE;
  for (int i = 0; i < n; i++)
    gradients[i] = g_hash_table_lookup (sums, wrt[i]);
  return TRUE;
}

GenTensor *
gen_gradient_unbroadcast (GenGraph *graph, GenTensor *gradient, GenTensor *like, GError **error)
{
  gint64 axes[GEN_MAX_RANK], shape[GEN_MAX_RANK];
  int n = 0, skip;

  if (gradient == NULL || gen_shape_equal (&gradient->shape, &like->shape))
    return gradient;
  skip = gradient->shape.rank - like->shape.rank;
  for (int i = 0; i < gradient->shape.rank; i++)
    if (i < skip || (like->shape.dims[i - skip] == 1 && gradient->shape.dims[i] != 1))
      axes[n++] = i;
  if (n > 0)
    gradient = gen_graph_op (graph, "ReduceSum",
        (GenTensor *[]){ gradient, gen_graph_ints (graph, axes, n) }, 2, 1, error, "keepdims",
        GEN_INT, 1, NULL);
  if (gradient == NULL || skip == 0)
    return gradient;
  for (int i = 0; i < like->shape.rank; i++)
    shape[i] = like->shape.dims[i];
  return gen_binary (
      graph, "Reshape", gradient, gen_graph_ints (graph, shape, like->shape.rank), error);
}

GenTensor *
gen_gradient_weigh (GenGradient *g, GenGraph *written, GenTensor *const *outputs, GError **error)
{
  GenTensor *total = NULL;

  for (guint i = 0; i < g->node->outputs->len; i++) {
    GenTensor *dy = g->outputs[i], *sum;

    if (dy == NULL)
      continue;
    dy = gen_graph_add_input (written, NULL, dy->type, &dy->shape);
    sum = gen_binary (written, "Mul", outputs[i], dy, error);
    if (sum == NULL)
      return NULL;
    sum = gen_graph_op (written, "ReduceSum", &sum, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
    total = total == NULL ? sum : gen_binary (written, "Add", total, sum, error);
    if (total == NULL)
      return NULL;
  }
  return total;
}

gboolean
gen_gradient_through (GenGradient *g, GenGraph *written, GenTensor *const *inputs,
    GenTensor *const *outputs, GError **error)
{
  guint n = g->node->inputs->len, n_wrt = 0;
  g_autofree GenTensor **wrt = g_new0 (GenTensor *, n);
  g_autofree GenTensor **gradients = g_new0 (GenTensor *, n);
  g_autoptr (GPtrArray) values = g_ptr_array_new ();
  GenTensor *total = gen_gradient_weigh (g, written, outputs, error);
  guint filled = 0;

  if (total == NULL)
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (g->needed[i])
      wrt[n_wrt++] = inputs[i];
  if (!gen_graph_gradients (written, total, wrt, n_wrt, gradients, error))
    return FALSE;
  g_ptr_array_set_size (written->outputs, 0);
  for (guint i = 0; i < n_wrt; i++)
    if (gradients[i] != NULL)
      gen_graph_add_output (written, gradients[i]);
  gen_graph_remove_dead (written);
  for (guint i = 0; i < n; i++)
    if (inputs[i] != NULL)
      g_ptr_array_add (values, gen_node_input (g->node, i));
  for (guint i = 0; i < g->node->outputs->len; i++)
    if (g->outputs[i] != NULL)
      g_ptr_array_add (values, g->outputs[i]);
  if (!gen_graph_append (g->graph, written, NULL, (GenTensor **)values->pdata, wrt, NULL, error))
    return FALSE;
  n_wrt = 0;
  for (guint i = 0; i < n; i++)
    if (g->needed[i] && gradients[n_wrt++] != NULL)
      g->inputs[i] = wrt[filled++];
  return TRUE;
}
