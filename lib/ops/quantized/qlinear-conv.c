/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QLinearConv (x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero[, bias]): exact sums, which
 * are scaled and quantised again. The bias (int32) is in units of x_scale * w_scale. */
#include "qlinear.h"

GenTensor *
gen_qlinear_conv (GenNode *node, GenTensor *const inputs[9], GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *bias = inputs[8], *sums;
  GenShape channels = GEN_SHAPE_SCALAR;

  sums = gen_build_like (graph, "ConvInteger",
      (GenTensor *[]){ inputs[0], inputs[3], inputs[2], inputs[5] }, 4, node, error);
  if (sums == NULL)
    return NULL;
  channels.rank = sums->shape.rank;
  for (int i = 0; i < channels.rank; i++)
    channels.dims[i] = i == 1 ? sums->shape.dims[1] : 1;
  if (bias != NULL)
    sums =
        gen_binary (graph, "Add", sums, gen_build_reshape (graph, bias, &channels, error), error);
  sums = gen_qlinear_scale (graph, sums, inputs[1], &GEN_SHAPE_SCALAR, inputs[4], &channels, error);
  return gen_qlinear_quantize (node, sums, 6, error);
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenTensor *inputs[9];

  for (guint i = 0; i < G_N_ELEMENTS (inputs); i++)
    inputs[i] = gen_node_input (node, i);
  results[0] = gen_qlinear_conv (node, inputs, error);
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
