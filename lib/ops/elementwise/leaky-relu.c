/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LeakyRelu: x, or alpha x below 0. With alpha above 0 the result has the sign of x, so that the
 * gradient is taken from it and x need not be kept. */
#include "unary.h"

GEN_UNARY_FLOATS (0.2, x < 0 ? x * alpha : x, x < 0 ? x * alpha : x,
    const float alpha = gen_node_float (node, "alpha", 0.01f))

static gboolean
gradient (GenGradient *g, GError **error)
{
  float alpha = gen_node_float (g->node, "alpha", 0.01f);
  GenTensor *sign = alpha > 0 ? gen_node_output (g->node, 0) : gen_node_input (g->node, 0);

  g->inputs[0] = gen_graph_op (g->graph, "LeakyReluGradient",
      (GenTensor *[]){ sign, g->outputs[0] }, 2, 1, error, "alpha", GEN_FLOAT, alpha, NULL);
  return g->inputs[0] != NULL;
}

GEN_UNARY_OPERATOR (leaky_relu, "LeakyRelu", "Relu with slope alpha below 0", 6,
    .activation = GEN_ACTIVATION_LEAKY_RELU, .gradient = gradient)
