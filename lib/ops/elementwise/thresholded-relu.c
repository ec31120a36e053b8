/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ThresholdedRelu: x above alpha, else 0. */
#include "unary.h"

GEN_UNARY_FLOATS (0.2, x > alpha ? x : 0, x > alpha ? x : 0,
    const float alpha = gen_node_float (node, "alpha", 1))

static gboolean
gradient (GenGradient *g, GError **error)
{
  float alpha = gen_node_float (g->node, "alpha", 1);
  GenTensor *above = gen_binary (
      g->graph, "Greater", gen_node_input (g->node, 0), gen_graph_float (g->graph, alpha), error);

  g->inputs[0] =
      gen_gradient_choose (g->graph, above, g->outputs[0], gen_graph_float (g->graph, 0), error);
  return g->inputs[0] != NULL;
}

GEN_UNARY_OPERATOR (
    thresholded_relu, "ThresholdedRelu", "x above alpha, else 0", 10, .gradient = gradient)
