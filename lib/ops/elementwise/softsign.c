/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Softsign: x / (1 + |x|). */
#include "unary.h"
#include <math.h>

GEN_UNARY_FLOATS (0.3, x / (1 + fabsf (x)), x / (1 + fabs (x)))

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *below =
      gen_binary (g->graph, "Add", gen_unary (g->graph, "Abs", gen_node_input (g->node, 0), error),
          gen_graph_float (g->graph, 1), error);

  g->inputs[0] = gen_binary (
      g->graph, "Div", g->outputs[0], gen_binary (g->graph, "Mul", below, below, error), error);
  return g->inputs[0] != NULL;
}

GEN_UNARY_OPERATOR (softsign, "Softsign", "x / (1 + |x|)", 1, .gradient = gradient)
