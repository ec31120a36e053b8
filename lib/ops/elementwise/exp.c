/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Exp: e^x, whose slope is its result. */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

GEN_UNARY_FLOATS (0.4, gen_exp (x), exp (x))

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_gradient_times (g, gen_node_output (g->node, 0), error);
}

GEN_UNARY_OPERATOR (exp, "Exp", "e to the power x", 6, .gradient = gradient)
