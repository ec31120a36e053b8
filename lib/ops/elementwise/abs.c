/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Abs: |x|. */
#include "unary.h"

GEN_UNARY_NUMBERS (0.2, x < 0 ? -x : x, x)

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_gradient_times (
      g, gen_unary (g->graph, "Sign", gen_node_input (g->node, 0), error), error);
}

GEN_UNARY_OPERATOR (abs, "Abs", "The magnitude", 6, .gradient = gradient)
