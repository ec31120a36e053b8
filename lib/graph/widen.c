/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators that know float32 and no 16-bit floats: casts are put around them while shapes are
 * inferred.
 */
#include <string.h>

#include "graph-private.h"

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

/* Outputs, bit by bit, that are float32 whatever the inputs are: statistics, perhaps. */
static guint
find_float32 (GenNode *node)
{
  guint found = 0;

  if (!gen_node_infer (node, NULL))
    return 0;
  for (guint i = 0; i < node->outputs->len && i < 32; i++)
    if (gen_node_output (node, i) != NULL && gen_node_output (node, i)->type == GEN_TYPE_FLOAT32)
      found |= 1u << i;
  return found;
}

/* Outputs of float32 become tensors that are cast to `type`, but those in `kept`. */
static gboolean
narrow_outputs (GenGraph *graph, GenNode *node, GenDataType type, guint kept, GError **error)
{
  for (guint i = 0; i < node->outputs->len; i++) {
    GenTensor *output = g_ptr_array_index (node->outputs, i), *wide;
    GenNode *cast;

    if (output == NULL || output->type != GEN_TYPE_FLOAT32 || (i < 32 && (kept >> i & 1) != 0))
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

gboolean
gen_node_is_widened (const GenNode *node)
{
  return node->op->widens && half_of (node) != GEN_TYPE_UNDEFINED;
}

gboolean
gen_graph_widen_node (GenGraph *graph, guint number, GError **error)
{
  GenNode *node = g_ptr_array_index (graph->nodes, number);
  GenDataType type = half_of (node);
  guint first = graph->nodes->len, middle, kept = find_float32 (node);
  g_autofree gpointer *inputs = g_memdup2 (node->inputs->pdata, node->inputs->len * sizeof *inputs);

  if (!widen_inputs (graph, node, type, error) || !gen_node_infer (node, error)) {
    memcpy (node->inputs->pdata, inputs, node->inputs->len * sizeof *inputs);
    gen_graph_take_back (graph, first);
    return FALSE;
  }
  middle = graph->nodes->len;
  if (!narrow_outputs (graph, node, type, kept, error))
    return FALSE;
  move_nodes (graph, middle, number + 1);
  move_nodes (graph, graph->nodes->len - (middle - first), number);
  return TRUE;
}
