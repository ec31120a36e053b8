/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Atanh: the inverse hyperbolic tangent, whose slope is 1 / (1 - x^2). */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

GEN_UNARY_FLOATS (1.5, gen_atanh (x), atanh (x))

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *slope = gen_gradient_quadratic (g->graph, gen_node_input (g->node, 0), -1, 1, error);

  return gen_gradient_times (g, gen_unary (g->graph, "Reciprocal", slope, error), error);
}

GEN_UNARY_OPERATOR (atanh, "Atanh", "Inverse hyperbolic tangent", 9, .gradient = gradient)
