/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tanh: the hyperbolic tangent. Its gradient is taken from its result. */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

GEN_UNARY_FLOATS (0.6, gen_tanh (x), tanh (x))

static gboolean
gradient (GenGradient *g, GError **error)
{
  g->inputs[0] =
      gen_binary (g->graph, "TanhGradient", gen_node_output (g->node, 0), g->outputs[0], error);
  return g->inputs[0] != NULL;
}

GEN_UNARY_OPERATOR (
    tanh, "Tanh", "Hyperbolic tangent", 6, .activation = GEN_ACTIVATION_TANH, .gradient = gradient)
