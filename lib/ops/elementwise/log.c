/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Log: ln x. */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

GEN_UNARY_FLOATS (0.5, gen_log (x), log (x))

static gboolean
gradient (GenGradient *g, GError **error)
{
  g->inputs[0] = gen_binary (g->graph, "Div", g->outputs[0], gen_node_input (g->node, 0), error);
  return g->inputs[0] != NULL;
}

GEN_UNARY_OPERATOR (log, "Log", "Natural logarithm", 6, .gradient = gradient)
