/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators that are made of others, and operators whose values decide on shapes: what inference
 * does with nodes that do not infer. */
#include "graph-private.h"
#include "kernel.h"

/* Whether one of the nodes from number `first` on makes `tensor`. */
static gboolean
is_made_from (const GenGraph *graph, guint first, const GenTensor *tensor)
{
  for (guint i = first; i < graph->nodes->len; i++)
    if (g_ptr_array_index (graph->nodes, i) == tensor->producer)
      return TRUE;
  return FALSE;
}

/* Let the node that makes `from` make `to` instead, which is of the same type and shape. */
static void
take_over (GenTensor *from, GenTensor *to)
{
  GenNode *producer = from->producer;

  for (guint i = 0; i < producer->outputs->len; i++)
    if (g_ptr_array_index (producer->outputs, i) == from)
      producer->outputs->pdata[i] = to;
  to->type = from->type;
  to->shape = from->shape;
  to->producer = producer;
  from->producer = NULL;
}

/* Move the nodes from number `first` on to before number `place`. */
static void
move_nodes (GenGraph *graph, guint first, guint place)
{
  guint n = graph->nodes->len - first;
  g_autofree gpointer *moved = g_memdup2 (graph->nodes->pdata + first, n * sizeof (gpointer));

  for (guint i = first; i > place; i--)
    graph->nodes->pdata[i - 1 + n] = graph->nodes->pdata[i - 1];
  for (guint i = 0; i < n; i++)
    graph->nodes->pdata[place + i] = moved[i];
}

gboolean
gen_graph_expand_node (GenGraph *graph, guint number, GError **error)
{
  GenNode *node = g_ptr_array_index (graph->nodes, number);
  guint first = graph->nodes->len;
  GenTensor *output = gen_node_output (node, 0);
  GenTensor *made = node->op->expand (node, error);

  if (made == NULL) {
    g_prefix_error (error, "node '%s' (%s): ", node->name, node->op->name);
    return FALSE;
  }
  /* What was there before the node has a name of its own. */
  if (!is_made_from (graph, first, made))
    made = gen_unary (graph, "Identity", made, error);
  if (made == NULL)
    return FALSE;
  if (output != NULL)
    take_over (made, output);
  move_nodes (graph, first, number);
  g_ptr_array_remove (graph->nodes, node);
  return TRUE;
}

gboolean
gen_node_compute (GenNode *node, GError **error)
{
  guint n_inputs = node->inputs->len, n_outputs = node->outputs->len;
  g_autofree const void **inputs = g_new0 (const void *, n_inputs);
  g_autofree GenResult *results = g_new0 (GenResult, MAX (n_outputs, (guint)node->op->max_outputs));

  for (guint i = 0; i < n_inputs; i++) {
    const GenTensor *input = gen_node_input (node, i);

    inputs[i] = gen_tensor_constant (input);
    if (input != NULL && input->role != GEN_ROLE_CONSTANT)
      return gen_node_error (node, error,
          "the shape of its result hangs on the values of its input '%s', which are not known "
          "before it runs; they must be constant",
          input->name);
  }
  if (!node->op->compute (node, inputs, results, error))
    return FALSE;
  for (guint i = 0; i < (guint)node->op->max_outputs; i++) {
    GenTensor *output = i < n_outputs ? gen_node_output (node, i) : NULL;

    if (output == NULL) {
      g_free (results[i].data);
      continue;
    }
    gen_node_set_output (node, i, results[i].type, &results[i].shape);
    gen_node_set_constant (node, i, g_bytes_new_take (results[i].data, gen_tensor_size (output)));
  }
  return TRUE;
}
