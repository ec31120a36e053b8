/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Acos: the inverse cosine, whose slope is -1 / sqrt (1 - x^2). */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

GEN_UNARY_FLOATS (0.5, gen_acos (x), acos (x))

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *slope = gen_gradient_quadratic (g->graph, gen_node_input (g->node, 0), -1, 1, error);

  slope = gen_unary (g->graph, "Sqrt", slope, error);
  slope = gen_unary (g->graph, "Reciprocal", slope, error);
  return gen_gradient_times (g, gen_unary (g->graph, "Neg", slope, error), error);
}

GEN_UNARY_OPERATOR (acos, "Acos", "Inverse cosine", 7, .gradient = gradient)
