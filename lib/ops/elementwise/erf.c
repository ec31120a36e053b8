/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Erf: the error function, whose slope is 2 / sqrt(pi) e^-x^2. */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

GEN_UNARY_FLOATS (0.6, gen_erf (x), erf (x))

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *x = gen_node_input (g->node, 0);
  GenTensor *square = gen_unary (g->graph, "Neg", gen_binary (g->graph, "Mul", x, x, error), error);

  return gen_gradient_times (g,
      gen_binary (g->graph, "Mul", gen_unary (g->graph, "Exp", square, error),
          gen_graph_float (g->graph, 1.12837917f), error),
      error);
}

GEN_UNARY_OPERATOR (erf, "Erf", "The error function", 9, .gradient = gradient)
