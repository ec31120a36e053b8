/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gelu: x times the normal distribution function of x, exact or by tanh (Hendrycks, 2016). */
#include "unary.h"
#include <math.h>
#include <string.h>
#include "mathematics.h"

#define ROOT_HALF 0.70710678118654752
#define ROOT_TWO_OVER_PI 0.79788456080286536

GEN_UNARY_ROW (exact_float32, float, gen_gelu (x))
GEN_UNARY_ROW (exact_float64, double, 0.5 * x * (1 + erf (x * ROOT_HALF)))
GEN_UNARY_ROW (tanh_float32, float, gen_gelu_tanh (x))
GEN_UNARY_ROW (
    tanh_float64, double, 0.5 * x * (1 + tanh (ROOT_TWO_OVER_PI * (x + 0.044715 * x * x * x))))

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  static const GenUnaryRows exact = {
    .cost = 0.7, .float32 = exact_float32, .float64 = exact_float64
  };
  static const GenUnaryRows by_tanh = {
    .cost = 0.7, .float32 = tanh_float32, .float64 = tanh_float64
  };
  const char *approximate = gen_node_string (kernel->node, "approximate", "none");

  return gen_unary_rows_cpu (kernel, strcmp (approximate, "tanh") == 0 ? &by_tanh : &exact, error);
}

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

GEN_UNARY_OPERATOR (gelu, "Gelu", "x times the normal distribution function of x", 20,
    .activation = GEN_ACTIVATION_GELU, .gradient = gradient)
