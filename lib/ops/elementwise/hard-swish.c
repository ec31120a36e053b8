/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HardSwish: x times a straight line from 0 to 1, between -3 and 3. */
#include "unary.h"

GEN_UNARY_FLOATS (0.3, x *MAX (0, MIN (1, x / 6 + 0.5f)), x *MAX (0, MIN (1, x / 6 + 0.5)))

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenGraph *graph = g->graph;
  GenTensor *x = gen_node_input (g->node, 0), *zero = gen_graph_float (graph, 0);
  GenTensor *third = gen_binary (graph, "Mul", x, gen_graph_float (graph, 1.0f / 3), error);
  GenTensor *slope = gen_binary (graph, "Add", third, gen_graph_float (graph, 0.5f), error);
  GenTensor *high = gen_binary (graph, "Greater", x, gen_graph_float (graph, 3), error);
  GenTensor *low = gen_binary (graph, "Less", x, gen_graph_float (graph, -3), error);

  if (slope == NULL || high == NULL || low == NULL)
    return FALSE;
  slope = gen_graph_op (graph, "Where", (GenTensor *[]){ high, gen_graph_float (graph, 1), slope },
      3, 1, error, NULL);
  if (slope == NULL)
    return FALSE;
  slope = gen_graph_op (graph, "Where", (GenTensor *[]){ low, zero, slope }, 3, 1, error, NULL);
  return gen_gradient_times (g, slope, error);
}

GEN_UNARY_OPERATOR (
    hard_swish, "HardSwish", "x times HardSigmoid (x / 6 + 1 / 2)", 14, .gradient = gradient)
