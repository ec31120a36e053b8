/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shrink: what is within lambd of 0 becomes 0, what is outside comes nearer to it by bias. */
#include "unary.h"

GEN_UNARY_NUMBERS (0.3, x<-lambd ? x + bias : x> lambd ? x - bias : 0, x > lambd ? x - bias : 0,
                   const float lambd = gen_node_float (node, "lambd", 0.5f);
                   const float bias = gen_node_float (node, "bias", 0))

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *size = gen_unary (g->graph, "Abs", gen_node_input (g->node, 0), error);
  GenTensor *outside = gen_binary (g->graph, "Greater", size,
      gen_graph_float (g->graph, gen_node_float (g->node, "lambd", 0.5f)), error);

  g->inputs[0] =
      gen_gradient_choose (g->graph, outside, g->outputs[0], gen_graph_float (g->graph, 0), error);
  return g->inputs[0] != NULL;
}

GEN_UNARY_OPERATOR (shrink, "Shrink", "0 near 0, elsewhere nearer to it", 9, .gradient = gradient)
