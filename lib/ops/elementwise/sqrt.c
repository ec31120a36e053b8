/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sqrt: the square root y, whose slope is 1 / 2y. */
#include "unary.h"
#include <math.h>

GEN_UNARY_FLOATS (0.4, sqrtf (x), sqrt (x))

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *half =
      gen_binary (g->graph, "Mul", g->outputs[0], gen_graph_float (g->graph, 0.5f), error);

  g->inputs[0] = gen_binary (g->graph, "Div", half, gen_node_output (g->node, 0), error);
  return g->inputs[0] != NULL;
}

GEN_UNARY_OPERATOR (sqrt, "Sqrt", "Square root", 6, .gradient = gradient)
