/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tan: the tangent, whose slope is 1 plus its square. */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

GEN_UNARY_ROW_WITHIN (float32_row, GEN_TURN_MOST, gen_tan_within (x), tanf (x))
GEN_UNARY_ROW (float64_row, double, tan (x))
GEN_UNARY_CPU (.cost = 0.6, .float32 = float32_row, .float64 = float64_row)

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *slope = gen_gradient_quadratic (g->graph, gen_node_output (g->node, 0), 1, 1, error);

  return gen_gradient_times (g, slope, error);
}

GEN_UNARY_OPERATOR (tan, "Tan", "Tangent", 7, .gradient = gradient)
