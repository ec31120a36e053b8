/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What inference does with nodes that do not infer: operators that are made of others, those that
 * know no 16-bit floats, and those whose values decide on shapes. */
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

static gboolean
expand_node (GenGraph *graph, guint number, GError **error)
{
  GenNode *node = g_ptr_array_index (graph->nodes, number);
  guint first = graph->nodes->len;
  GenTensor *output = gen_node_output (node, 0);
  g_autoptr (GError) reason = NULL;
  GenTensor *made = node->op->expand (node, &reason);

  /* First: what went wrong with an attribute's default in its place would mislead. */
  if (!gen_node_check_attributes (node, error))
    return FALSE;
  if (made == NULL) {
    g_propagate_prefixed_error (
        error, g_steal_pointer (&reason), "node '%s' (%s): ", node->name, node->op->name);
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

/* The 16-bit float among the types of a node's inputs; undefined when there is none. */
static GenDataType
half_of (const GenNode *node)
{
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = g_ptr_array_index (node->inputs, i);

    if (input != NULL && (input->type == GEN_TYPE_FLOAT16 || input->type == GEN_TYPE_BFLOAT16))
      return input->type;
  }
  return GEN_TYPE_UNDEFINED;
}

/* Inputs of `type` become casts to float32. */
static gboolean
widen_inputs (GenGraph *graph, GenNode *node, GenDataType type, GError **error)
{
  for (guint i = 0; i < node->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (node->inputs, i);

    if (input == NULL || input->type != type)
      continue;
    input = gen_graph_op (
        graph, "Cast", &input, 1, 1, error, "to", GEN_INT, (int)GEN_TYPE_FLOAT32, NULL);
    if (input == NULL)
      return FALSE;
    node->inputs->pdata[i] = input;
  }
  return TRUE;
}

/* Outputs of float32 become tensors that are cast to `type`. */
static gboolean
narrow_outputs (GenGraph *graph, GenNode *node, GenDataType type, GError **error)
{
  for (guint i = 0; i < node->outputs->len; i++) {
    GenTensor *output = g_ptr_array_index (node->outputs, i), *wide;
    GenNode *cast;

    if (output == NULL || output->type != GEN_TYPE_FLOAT32)
      continue;
    wide = gen_graph_add_value (graph, NULL);
    wide->type = output->type;
    wide->shape = output->shape;
    wide->producer = node;
    node->outputs->pdata[i] = wide;
    cast = gen_graph_add_node (graph, NULL, NULL, "Cast", GEN_OPSET, &wide, 1, &output, 1, error);
    if (cast == NULL)
      return FALSE;
    gen_node_set_int (cast, "to", type);
    if (!gen_node_infer (cast, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
widen_node (GenGraph *graph, guint number, GError **error)
{
  GenNode *node = g_ptr_array_index (graph->nodes, number);
  GenDataType type = half_of (node);
  guint first = graph->nodes->len, middle;

  if (!widen_inputs (graph, node, type, error))
    return FALSE;
  middle = graph->nodes->len;
  if (!gen_node_infer (node, error) || !narrow_outputs (graph, node, type, error))
    return FALSE;
  move_nodes (graph, middle, number + 1);
  move_nodes (graph, graph->nodes->len - (middle - first), number);
  return TRUE;
}

gboolean
gen_node_is_replaced (const GenNode *node)
{
  return node->op->expand != NULL || (node->op->widens && half_of (node) != GEN_TYPE_UNDEFINED);
}

gboolean
gen_graph_replace_node (GenGraph *graph, guint number, GError **error)
{
  const GenNode *node = g_ptr_array_index (graph->nodes, number);

  return node->op->expand != NULL ? expand_node (graph, number, error)
                                  : widen_node (graph, number, error);
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
