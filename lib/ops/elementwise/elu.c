/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elu: x, or alpha (e^x - 1) below 0, where its slope is its result plus alpha. */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

GEN_UNARY_FLOATS (0.6, x < 0 ? alpha * (gen_exp (x) - 1) : x, x < 0 ? alpha * expm1 (x) : x,
    const float alpha = gen_node_float (node, "alpha", 1))

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *x = gen_node_input (g->node, 0);
  GenTensor *positive = gen_binary (g->graph, "Greater", x, gen_graph_float (g->graph, 0), error);
  GenTensor *slope = gen_binary (g->graph, "Add", gen_node_output (g->node, 0),
      gen_graph_float (g->graph, gen_node_float (g->node, "alpha", 1)), error);

  if (positive == NULL || slope == NULL)
    return FALSE;
  slope = gen_graph_op (g->graph, "Where",
      (GenTensor *[]){ positive, gen_graph_float (g->graph, 1), slope }, 3, 1, error, NULL);
  return gen_gradient_times (g, slope, error);
}

GEN_UNARY_OPERATOR (elu, "Elu", "x above 0, alpha (e^x - 1) below", 6, .gradient = gradient)
