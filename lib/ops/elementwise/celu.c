/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Celu: x, or alpha (e^(x / alpha) - 1) below 0 (Barron, 2017), where its slope is its result over
 * alpha, plus 1. */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

GEN_UNARY_FLOATS (0.6, x < 0 ? alpha * (gen_exp (x / alpha) - 1) : x,
    x < 0 ? alpha * expm1 (x / alpha) : x, const float alpha = gen_node_float (node, "alpha", 1))

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenGraph *graph = g->graph;
  GenTensor *x = gen_node_input (g->node, 0), *one = gen_graph_float (graph, 1);
  GenTensor *positive = gen_binary (graph, "Greater", x, gen_graph_float (graph, 0), error);
  GenTensor *slope = gen_binary (graph, "Div", gen_node_output (g->node, 0),
      gen_graph_float (graph, gen_node_float (g->node, "alpha", 1)), error);

  slope = gen_binary (graph, "Add", slope, one, error);
  return gen_gradient_times (g, gen_gradient_choose (graph, positive, one, slope, error), error);
}

GEN_UNARY_OPERATOR (
    celu, "Celu", "x above 0, alpha (e^(x / alpha) - 1) below", 12, .gradient = gradient)
