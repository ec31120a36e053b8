/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elements of types that an operator's kernel does not know, 16-bit floats, double or integers:
 * casts to a type that it knows, and back, are put around the node while shapes are inferred. */
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

/* The type that input `i` is to be cast to; undefined where it stays as it is. */
static GenDataType
wanted_type (const GenNode *node, guint i)
{
  const GenOperator *op = node->op;
  const GenTensor *input = gen_node_input (node, i);
  GenDataType type;

  if (i >= 32 || (op->widens >> i & 1) == 0 || input == NULL || input->kind != GEN_KIND_TENSOR ||
      input->type == GEN_TYPE_STRING || input->type == GEN_TYPE_UNDEFINED)
    return GEN_TYPE_UNDEFINED;
  type = op->computes_in != NULL ? op->computes_in (node, input->type) : GEN_TYPE_FLOAT32;
  return type != input->type ? type : GEN_TYPE_UNDEFINED;
}

static gboolean
widen_inputs (GenGraph *graph, GenNode *node, GError **error)
{
  g_autofree GenDataType *wanted = g_new (GenDataType, node->inputs->len);

  /* What one input is cast to may hang on the others. */
  for (guint i = 0; i < node->inputs->len; i++)
    wanted[i] = wanted_type (node, i);
  for (guint i = 0; i < node->inputs->len; i++) {
    GenTensor *input = gen_node_input (node, i);

    if (wanted[i] == GEN_TYPE_UNDEFINED)
      continue;
    input = gen_graph_op (graph, "Cast", &input, 1, 1, error, "to", GEN_INT, (int)wanted[i], NULL);
    if (input == NULL)
      return FALSE;
    input->producer->implied = TRUE;
    node->inputs->pdata[i] = input;
  }
  return TRUE;
}

/* The types that the outputs have by the operator's meaning; those of one that is made of others
 * are of the type of input 0. */
static gboolean
find_types (GenNode *node, GenDataType *types, GError **error)
{
  if (node->op->infer != NULL && !gen_node_infer (node, error))
    return FALSE;
  for (guint i = 0; i < node->outputs->len; i++)
    if (gen_node_output (node, i) != NULL)
      types[i] = node->op->infer != NULL ? gen_node_output (node, i)->type
                                         : gen_node_input (node, 0)->type;
  return TRUE;
}

/* Output `i` becomes a tensor that is cast to what it was. */
static gboolean
narrow_output (GenGraph *graph, GenNode *node, guint i, GenDataType type, GError **error)
{
  GenTensor *output = gen_node_output (node, i), *wide = gen_graph_add_value (graph, NULL);
  GenNode *cast;

  wide->type = output->type;
  wide->shape = output->shape;
  wide->producer = node;
  node->outputs->pdata[i] = wide;
  cast = gen_graph_add_node (graph, NULL, NULL, "Cast", GEN_OPSET, &wide, 1, &output, 1, error);
  if (cast == NULL)
    return FALSE;
  gen_node_set_int (cast, "to", type);
  cast->implied = TRUE;
  /* Of one that is made of others nothing is known yet. */
  return node->op->infer == NULL || gen_node_infer (cast, error);
}

static gboolean
narrow_outputs (GenGraph *graph, GenNode *node, const GenDataType *types, GError **error)
{
  for (guint i = 0; i < node->outputs->len; i++) {
    const GenTensor *output = gen_node_output (node, i);

    if (output != NULL && (node->op->infer == NULL || output->type != types[i]) &&
        !narrow_output (graph, node, i, types[i], error))
      return FALSE;
  }
  return TRUE;
}

gboolean
gen_node_is_widened (const GenNode *node)
{
  for (guint i = 0; i < node->inputs->len; i++)
    if (wanted_type (node, i) != GEN_TYPE_UNDEFINED)
      return TRUE;
  return FALSE;
}

gboolean
gen_graph_widen_node (GenGraph *graph, guint number, GError **error)
{
  GenNode *node = g_ptr_array_index (graph->nodes, number);
  guint first = graph->nodes->len, middle;
  g_autofree gpointer *inputs = g_memdup2 (node->inputs->pdata, node->inputs->len * sizeof *inputs);
  g_autofree GenDataType *types = g_new0 (GenDataType, node->outputs->len);

  if (!find_types (node, types, error) || !widen_inputs (graph, node, error) ||
      (node->op->infer != NULL && !gen_node_infer (node, error))) {
    memcpy (node->inputs->pdata, inputs, node->inputs->len * sizeof *inputs);
    gen_graph_take_back (graph, first);
    return FALSE;
  }
  middle = graph->nodes->len;
  if (!narrow_outputs (graph, node, types, error))
    return FALSE;
  move_nodes (graph, middle, number + 1);
  move_nodes (graph, graph->nodes->len - (middle - first), number);
  return TRUE;
}
