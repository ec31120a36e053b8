/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cosh: the hyperbolic cosine. */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

GEN_UNARY_FLOATS (0.5, gen_cosh (x), cosh (x))

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_gradient_times (
      g, gen_unary (g->graph, "Sinh", gen_node_input (g->node, 0), error), error);
}

GEN_UNARY_OPERATOR (cosh, "Cosh", "Hyperbolic cosine", 9, .gradient = gradient)
