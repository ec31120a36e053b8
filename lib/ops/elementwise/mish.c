/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mish: x tanh (ln (1 + e^x)) (Misra, 2019), where the factor is (e^2x + 2 e^x) / (e^2x + 2 e^x +
 * 2).
 */
#include "unary.h"
#include <math.h>
#include "mathematics.h"

/* Beyond this e^2x may be infinite, and the factor is 1 in float32. */
#define LARGE 20

static inline float
mish (float x)
{
  const float e = gen_exp (x < LARGE ? x : LARGE), s = e * e + 2 * e;

  return x * (s / (s + 2));
}

GEN_UNARY_FLOATS (1.0, mish (x), x *tanh (x > LARGE ? x : log1p (exp (x))))

/* t + x (1 - t^2) sigmoid (x), where t is the factor. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  GenGraph *graph = g->graph;
  GenTensor *x = gen_node_input (g->node, 0);
  GenTensor *t = gen_unary (graph, "Tanh", gen_unary (graph, "Softplus", x, error), error), *slope;

  slope = gen_binary (graph, "Mul", x, gen_unary (graph, "Sigmoid", x, error), error);
  slope = gen_binary (graph, "Mul", slope, gen_gradient_quadratic (graph, t, -1, 1, error), error);
  return gen_gradient_times (g, gen_binary (graph, "Add", t, slope, error), error);
}

GEN_UNARY_OPERATOR (mish, "Mish", "x tanh (ln (1 + e^x))", 18, .gradient = gradient)
