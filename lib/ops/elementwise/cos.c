/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Cos: the cosine of x. */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

GEN_UNARY_ROW_WITHIN (float32_row, GEN_TURN_MOST, gen_cos_within (x), cosf (x))
GEN_UNARY_ROW (float64_row, double, cos (x))
GEN_UNARY_CPU (.cost = 0.6, .float32 = float32_row, .float64 = float64_row)

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *sine = gen_unary (g->graph, "Sin", gen_node_input (g->node, 0), error);

  return gen_gradient_times (g, gen_unary (g->graph, "Neg", sine, error), error);
}

GEN_UNARY_OPERATOR (cos, "Cos", "Cosine", 7, .gradient = gradient)
