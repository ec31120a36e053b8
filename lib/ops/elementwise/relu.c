/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Relu: max(x, 0). Its gradient is taken from its result, so that x need not be kept. */
#include "unary.h"

GEN_UNARY_SIGNED (0.2, x < 0 ? 0 : x)

static gboolean
gradient (GenGradient *g, GError **error)
{
  g->inputs[0] =
      gen_binary (g->graph, "ReluGradient", gen_node_output (g->node, 0), g->outputs[0], error);
  return g->inputs[0] != NULL;
}

GEN_UNARY_OPERATOR (relu, "Relu", "Rectified linear unit: max(x, 0)", 1,
    .activation = GEN_ACTIVATION_RELU, .gradient = gradient)
