/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HardSigmoid: a straight line from 0 to 1. */
#include "unary.h"

GEN_UNARY_FLOATS (0.3, MAX (0, MIN (1, alpha *x + beta)), MAX (0, MIN (1, alpha *x + beta)),
                  const float alpha = gen_node_float (node, "alpha", 0.2f);
                  const float beta = gen_node_float (node, "beta", 0.5f))

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *y = gen_node_output (g->node, 0);
  GenTensor *above = gen_binary (g->graph, "Greater", y, gen_graph_float (g->graph, 0), error);
  GenTensor *below = gen_binary (g->graph, "Less", y, gen_graph_float (g->graph, 1), error);
  GenTensor *inside = gen_binary (g->graph, "And", above, below, error), *slope;
  float alpha = gen_node_float (g->node, "alpha", 0.2f);

  if (inside == NULL)
    return FALSE;
  slope = gen_graph_op (g->graph, "Where",
      (GenTensor *[]){ inside, gen_graph_float (g->graph, alpha), gen_graph_float (g->graph, 0) },
      3, 1, error, NULL);
  return gen_gradient_times (g, slope, error);
}

GEN_UNARY_OPERATOR (
    hard_sigmoid, "HardSigmoid", "max (0, min (1, alpha x + beta))", 6, .gradient = gradient)
