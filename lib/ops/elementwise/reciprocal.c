/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reciprocal: 1 / x, whose slope is the opposite of its square. */
#include "unary.h"

GEN_UNARY_FLOATS (0.3, 1 / x, 1 / x)

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *y = gen_node_output (g->node, 0), *square = gen_binary (g->graph, "Mul", y, y, error);

  return gen_gradient_times (g, gen_unary (g->graph, "Neg", square, error), error);
}

GEN_UNARY_OPERATOR (reciprocal, "Reciprocal", "The inverse: 1 / x", 6, .gradient = gradient)
