/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sigmoid: 1 / (1 + e^-x). Its gradient is taken from its result. */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

GEN_UNARY_FLOATS (0.6, gen_sigmoid (x), 1 / (1 + exp (-x)))

static gboolean
gradient (GenGradient *g, GError **error)
{
  g->inputs[0] =
      gen_binary (g->graph, "SigmoidGradient", gen_node_output (g->node, 0), g->outputs[0], error);
  return g->inputs[0] != NULL;
}

GEN_UNARY_OPERATOR (sigmoid, "Sigmoid", "Logistic function: 1 / (1 + e^-x)", 6,
    .activation = GEN_ACTIVATION_SIGMOID, .gradient = gradient)
