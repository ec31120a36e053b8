/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Neg: -x. */
#include "unary.h"

GEN_UNARY_SIGNED (0.2, -x)

static gboolean
gradient (GenGradient *g, GError **error)
{
  g->inputs[0] = gen_unary (g->graph, "Neg", g->outputs[0], error);
  return g->inputs[0] != NULL;
}

GEN_UNARY_OPERATOR (neg, "Neg", "The opposite: -x", 6, .gradient = gradient)
