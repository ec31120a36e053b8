/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PRelu: x, or slope x below 0; the slope is a parameter, broadcast to x. */
#include "arithmetic.h"

GEN_ARITHMETIC_ROW (row_float32, float, x < 0 ? x * y : x)
GEN_ARITHMETIC_ROW (row_float64, double, x < 0 ? x * y : x)

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  static const GenArithmeticRows rows = { .float32 = row_float32, .float64 = row_float64 };

  return gen_arithmetic_cpu (kernel, &rows, 0.3, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenGraph *graph = g->graph;
  GenTensor *x = gen_node_input (g->node, 0), *slope = gen_node_input (g->node, 1), *part;
  GenTensor *dy = g->outputs[0], *zero = gen_graph_float (graph, 0);
  GenTensor *below = gen_binary (graph, "Less", x, zero, error);

  if (below == NULL)
    return FALSE;
  if (g->needed[0]) {
    part = gen_binary (graph, "Mul", dy, slope, error);
    if (part == NULL)
      return FALSE;
    g->inputs[0] =
        gen_graph_op (graph, "Where", (GenTensor *[]){ below, part, dy }, 3, 1, error, NULL);
    if (g->inputs[0] == NULL)
      return FALSE;
  }
  if (g->needed[1]) {
    part = gen_binary (graph, "Mul", dy, x, error);
    if (part == NULL)
      return FALSE;
    part = gen_graph_op (graph, "Where", (GenTensor *[]){ below, part, zero }, 3, 1, error, NULL);
    g->inputs[1] = gen_gradient_unbroadcast (graph, part, slope, error);
    if (g->inputs[1] == NULL)
      return FALSE;
  }
  return TRUE;
}

const GenOperator gen_operator_prelu = {
  .name = "PRelu",
  .summary = "Relu with a trained slope below 0",
  .since = 7,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_SAME,
  .elementwise = TRUE,
  .infer = gen_infer_broadcast,
  .cpu = cpu,
  .gradient = gradient,
};
