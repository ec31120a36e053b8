/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tan: the tangent, whose slope is 1 plus its square. */
#include "unary.h"
#include <math.h>

GEN_UNARY_FLOATS (5, tanf (x), tan (x))

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *slope = gen_gradient_quadratic (g->graph, gen_node_output (g->node, 0), 1, 1, error);

  return gen_gradient_times (g, slope, error);
}

GEN_UNARY_OPERATOR (tan, "Tan", "Tangent", 7, .gradient = gradient)
