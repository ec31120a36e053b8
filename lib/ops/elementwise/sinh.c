/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sinh: the hyperbolic sine. */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

GEN_UNARY_FLOATS (0.8, gen_sinh (x), sinh (x))

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_gradient_times (
      g, gen_unary (g->graph, "Cosh", gen_node_input (g->node, 0), error), error);
}

GEN_UNARY_OPERATOR (sinh, "Sinh", "Hyperbolic sine", 9, .gradient = gradient)
