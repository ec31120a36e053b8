/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sin: the sine of x. */
#include "unary.h"
#include <math.h>

GEN_UNARY_FLOATS (4, sinf (x), sin (x))

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_gradient_times (
      g, gen_unary (g->graph, "Cos", gen_node_input (g->node, 0), error), error);
}

GEN_UNARY_OPERATOR (sin, "Sin", "Sine", 7, .gradient = gradient)
