/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Softplus: ln (1 + e^x), as max(x, 0) + ln (1 + e^-|x|), which cannot overflow. */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

/* ln (1 + e), exact also where 1 + e rounds to 1: the error of the sum is divided out. */
static inline float
log_plus_one (float e)
{
  const float sum = 1.0f + e, rounded = sum - 1.0f;

  return rounded == 0.0f ? e : gen_log (sum) * (e / rounded);
}

GEN_UNARY_FLOATS (1.0, (x > 0 ? x : 0) + log_plus_one (gen_exp (x > 0 ? -x : x)),
    (x > 0 ? x : 0) + log1p (exp (-fabs (x))))

static gboolean
gradient (GenGradient *g, GError **error)
{
  return gen_gradient_times (
      g, gen_unary (g->graph, "Sigmoid", gen_node_input (g->node, 0), error), error);
}

GEN_UNARY_OPERATOR (softplus, "Softplus", "A smooth Relu: ln (1 + e^x)", 1, .gradient = gradient)
