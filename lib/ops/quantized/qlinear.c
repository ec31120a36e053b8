/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Quantised operators as nodes: to numbers and back, and exact sums with their scales. */
#include "qlinear.h"

GenTensor *
gen_qlinear_dequantize (GenNode *node, guint first, GError **error)
{
  return gen_graph_op (node->graph, "DequantizeLinear",
      (GenTensor *[]){ gen_node_input (node, first), gen_node_input (node, first + 1),
          gen_node_input (node, first + 2) },
      3, 1, error, NULL);
}

GenTensor *
gen_qlinear_quantize (GenNode *node, GenTensor *x, guint first, GError **error)
{
  if (x == NULL)
    return NULL;
  return gen_graph_op (node->graph, "QuantizeLinear",
      (GenTensor *[]){ x, gen_node_input (node, first), gen_node_input (node, first + 1) }, 3, 1,
      error, NULL);
}

static GenTensor *
spread (GenGraph *graph, GenTensor *scale, const GenShape *shape, GError **error)
{
  return gen_build_reshape (graph, gen_build_cast (graph, scale, GEN_TYPE_FLOAT32, error),
      gen_shape_elements (&scale->shape) == 1 ? &GEN_SHAPE_SCALAR : shape, error);
}

GenTensor *
gen_qlinear_scale (GenGraph *graph, GenTensor *sums, GenTensor *a, const GenShape *a_shape,
    GenTensor *b, const GenShape *b_shape, GError **error)
{
  GenTensor *both = gen_binary (
      graph, "Mul", spread (graph, a, a_shape, error), spread (graph, b, b_shape, error), error);

  return gen_binary (
      graph, "Mul", gen_build_cast (graph, sums, GEN_TYPE_FLOAT32, error), both, error);
}
