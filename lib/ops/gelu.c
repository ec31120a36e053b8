/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gelu: x times the normal distribution function of x, exact or by tanh (Hendrycks, 2016). */
#include "unary.h"
#include <math.h>
#include <string.h>
#include "mathematics.h"

#define ROOT_HALF 0.70710678118654752
#define ROOT_TWO_OVER_PI 0.79788456080286536

static inline float
exact (float x)
{
  return 0.5f * x * (1 + gen_erf (x * (float)ROOT_HALF));
}

static inline float
approximate (float x)
{
  return 0.5f * x * (1 + gen_tanh ((float)ROOT_TWO_OVER_PI * (x + 0.044715f * x * x * x)));
}

GEN_UNARY_FLOATS (0.7, by_tanh ? approximate (x) : exact (x),
    0.5 * x *
        (1 +
            (by_tanh ? tanh (ROOT_TWO_OVER_PI * (x + 0.044715 * x * x * x)) : erf (x * ROOT_HALF))),
    const gboolean by_tanh = strcmp (gen_node_string (node, "approximate", "none"), "tanh") == 0)

/* Phi (x) + x phi (x): also for the approximation, whose slope is within 5e-4 of it. */

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenGraph *graph = g->graph;
  GenTensor *x = gen_node_input (g->node, 0), *density, *distribution;

  distribution = gen_unary (
      graph, "Erf", gen_binary (graph, "Mul", x, gen_graph_float (graph, ROOT_HALF), error), error);
  distribution = gen_binary (graph, "Mul",
      gen_binary (graph, "Add", distribution, gen_graph_float (graph, 1), error),
      gen_graph_float (graph, 0.5f), error);
  density = gen_binary (
      graph, "Mul", gen_binary (graph, "Mul", x, x, error), gen_graph_float (graph, -0.5f), error);
  density = gen_binary (graph, "Mul", gen_unary (graph, "Exp", density, error),
      gen_graph_float (graph, 0.39894228f), error);
  return gen_gradient_times (g,
      gen_binary (graph, "Add", distribution, gen_binary (graph, "Mul", x, density, error), error),
      error);
}

GEN_UNARY_OPERATOR (
    gelu, "Gelu", "x times the normal distribution function of x", 20, .gradient = gradient)
