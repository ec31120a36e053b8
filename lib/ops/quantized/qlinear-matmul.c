/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QLinearMatMul (a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero): exact sums, which are
 * scaled and quantised again. */
#include "qlinear.h"

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *a_scale = gen_node_input (node, 1), *b_scale = gen_node_input (node, 4), *sums;
  gint64 rows = gen_shape_elements (&a_scale->shape),
         columns = gen_shape_elements (&b_scale->shape);

  sums = gen_graph_op (graph, "MatMulInteger",
      (GenTensor *[]){ gen_node_input (node, 0), gen_node_input (node, 3), gen_node_input (node, 2),
          gen_node_input (node, 5) },
      4, 1, error, NULL);
  if (sums == NULL)
    return FALSE;
  sums = gen_qlinear_scale (graph, sums, a_scale,
      a_scale->shape.rank > 1 ? &a_scale->shape : &GEN_SHAPE (rows, 1), b_scale,
      b_scale->shape.rank > 1 ? &b_scale->shape : &GEN_SHAPE (columns), error);
  results[0] = gen_qlinear_quantize (node, sums, 6, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_qlinear_matmul = {
  .name = "QLinearMatMul",
  .summary = "Product of quantised matrices, quantised",
  .since = 10,
  .min_inputs = 8,
  .max_inputs = 8,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower,
  .gradient_is_zero = TRUE,
};
