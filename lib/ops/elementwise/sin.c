/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sin: the sine of x. */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

GEN_UNARY_ROW_WITHIN (float32_row, GEN_TURN_MOST, gen_sin_within (x), sinf (x))
GEN_UNARY_ROW (float64_row, double, sin (x))
GEN_UNARY_CPU (.cost = 0.6, .float32 = float32_row, .float64 = float64_row)

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_gradient_times (
      g, gen_unary (g->graph, "Cos", gen_node_input (g->node, 0), error), error);
}

GEN_UNARY_OPERATOR (sin, "Sin", "Sine", 7, .gradient = gradient)
