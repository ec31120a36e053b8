/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QLinearConv (x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero[, bias]): exact sums, which
 * are scaled and quantised again. The bias (int32) is in units of x_scale * w_scale. */
#include "qlinear.h"

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *bias = gen_node_input (node, 8), *w_scale = gen_node_input (node, 4), *sums;
  GenShape channels = GEN_SHAPE_SCALAR;

  sums = gen_build_like (graph, "ConvInteger",
      (GenTensor *[]){ gen_node_input (node, 0), gen_node_input (node, 3), gen_node_input (node, 2),
          gen_node_input (node, 5) },
      4, node, error);
  if (sums == NULL)
    return FALSE;
  channels.rank = sums->shape.rank;
  for (int i = 0; i < channels.rank; i++)
    channels.dims[i] = i == 1 ? sums->shape.dims[1] : 1;
  if (bias != NULL)
    sums =
        gen_binary (graph, "Add", sums, gen_build_reshape (graph, bias, &channels, error), error);
  sums = gen_qlinear_scale (
      graph, sums, gen_node_input (node, 1), &GEN_SHAPE_SCALAR, w_scale, &channels, error);
  results[0] = gen_qlinear_quantize (node, sums, 6, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_qlinear_conv = {
  .name = "QLinearConv",
  .summary = "Convolution of quantised tensors, quantised",
  .since = 10,
  .min_inputs = 8,
  .max_inputs = 9,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower,
  .gradient_is_zero = TRUE,
};
