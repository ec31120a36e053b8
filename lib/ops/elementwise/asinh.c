/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asinh: the inverse hyperbolic sine, whose slope is 1 / sqrt (x^2 + 1). */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

GEN_UNARY_FLOATS (2.5, gen_asinh (x), asinh (x))

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *slope = gen_gradient_quadratic (g->graph, gen_node_input (g->node, 0), 1, 1, error);

  slope = gen_unary (g->graph, "Sqrt", slope, error);
  return gen_gradient_times (g, gen_unary (g->graph, "Reciprocal", slope, error), error);
}

GEN_UNARY_OPERATOR (asinh, "Asinh", "Inverse hyperbolic sine", 9, .gradient = gradient)
