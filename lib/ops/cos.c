/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cos: the cosine of x. */
#include "unary.h"
#include <math.h>

GEN_UNARY_FLOATS (4, cosf (x), cos (x))

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *sine = gen_unary (g->graph, "Sin", gen_node_input (g->node, 0), error);

  return gen_gradient_times (g, gen_unary (g->graph, "Neg", sine, error), error);
}

GEN_UNARY_OPERATOR (cos, "Cos", "Cosine", 7, .gradient = gradient)
