/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trainable.h"

#include "layers.h"

/* What DequantizeLinear makes of constants, computed in a graph of its own. (transfer full) */
static GBytes *
dequantize (const GenNode *node, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("weights");
  GenTensor *inputs[3] = { NULL }, *made = gen_graph_add_value (graph, NULL);
  GenNode *copy;

  for (guint i = 0; i < node->inputs->len && i < 3; i++) {
    const GenTensor *input = gen_node_input (node, i);

    if (input != NULL)
      inputs[i] = gen_graph_add_constant (
          graph, NULL, input->type, &input->shape, g_bytes_ref (input->data));
  }
  copy = gen_graph_add_node (
      graph, node->name, NULL, "DequantizeLinear", node->opset, inputs, 3, &made, 1, error);
  if (copy == NULL)
    return NULL;
  for (guint i = 0; i < node->attributes->len; i++)
    gen_node_take_attribute (copy, gen_attribute_copy (node->attributes->pdata[i], NULL));
  gen_graph_add_output (graph, made);
  return gen_graph_infer (graph, error) && made->data != NULL ? g_bytes_ref (made->data) : NULL;
}

static gboolean
is_known (const GenNode *node)
{
  for (guint i = 0; i < node->inputs->len; i++) {
    const GenTensor *input = gen_node_input (node, i);

    if (input != NULL && (input->role != GEN_ROLE_CONSTANT || input->data == NULL))
      return FALSE;
  }
  return gen_shrink_is (node, "DequantizeLinear") && gen_node_input (node, 0) != NULL &&
         gen_node_input (node, 1)->type == GEN_TYPE_FLOAT32;
}

/* The zero point by which QuantizeLinear knows the type of its result: zeros where there is none.
 */
static GenTensor *
find_zero (GenGraph *graph, const GenNode *node)
{
  const GenTensor *scale = gen_node_input (node, 1);
  const GenDataType type = gen_node_input (node, 0)->type;
  gsize size;

  if (gen_node_input (node, 2) != NULL)
    return gen_node_input (node, 2);
  size = (gsize)gen_shape_elements (&scale->shape) * gen_data_type_size (type);
  return gen_graph_add_constant (
      graph, NULL, type, &scale->shape, g_bytes_new_take (g_malloc0 (MAX (size, 1)), size));
}

/* `floats` go through a new QuantizeLinear into `node`. */
static gboolean
add_quantize (GenGraph *graph, GenNode *node, GenTensor *floats, GError **error)
{
  GenTensor *integers = gen_graph_add_value (graph, NULL);
  GenNode *quantize = gen_graph_add_node (graph, "", NULL, "QuantizeLinear", node->opset,
      (GenTensor *[]){ floats, gen_node_input (node, 1), find_zero (graph, node) }, 3, &integers, 1,
      error);

  if (quantize == NULL)
    return FALSE;
  for (guint i = 0; i < node->attributes->len; i++) {
    const GenAttribute *attribute = node->attributes->pdata[i];

    if (g_str_equal (attribute->name, "axis") || g_str_equal (attribute->name, "block_size"))
      gen_node_take_attribute (quantize, gen_attribute_copy (attribute, NULL));
  }
  node->inputs->pdata[0] = integers;
  return TRUE;
}

/* Weights of 32 bits are biases, for which there are no steps worth learning. */
static gboolean
free_weights (GenGraph *graph, GenNode *node, int *n, GError **error)
{
  GenTensor *made = gen_node_output (node, 0);
  const GenTensor *integers = gen_node_input (node, 0);
  GBytes *data = dequantize (node, error);
  GenTensor *floats;

  if (data == NULL)
    return FALSE;
  floats = gen_graph_add_constant (graph, integers->name, GEN_TYPE_FLOAT32, &integers->shape, data);
  if (integers->type == GEN_TYPE_INT32) {
    gen_graph_replace (graph, made, floats);
    return TRUE;
  }
  (*n)++;
  return add_quantize (graph, node, floats, error);
}

int
gen_graph_make_trainable (GenGraph *graph, GError **error)
{
  const guint n_nodes = graph->nodes->len;
  int n = 0;

  for (guint i = 0; i < n_nodes; i++) {
    GenNode *node = g_ptr_array_index (graph->nodes, i);

    if (is_known (node) && !free_weights (graph, node, &n, error))
      return -1;
  }
  if (n == 0) {
    g_set_error_literal (error, GEN_QUANTIZE_ERROR, GEN_QUANTIZE_ERROR_MODEL,
        "no weights of integers go through a DequantizeLinear: it is not quantised in QDQ form");
    return -1;
  }
  gen_shrink_clean (graph);
  return n;
}
