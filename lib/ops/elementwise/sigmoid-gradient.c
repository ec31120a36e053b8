/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SigmoidGradient (y, dy): dy y (1 - y). */
#include "arithmetic.h"
#include "unary.h"

GEN_ARITHMETIC_ROW (row, float, y *x *(1 - x))

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_binary_rows_cpu (kernel, &(GenBinaryRows){ .float32 = row }, 0.3, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *y = gen_node_input (g->node, 0), *dy = gen_node_input (g->node, 1);

  if (g->needed[1]) {
    g->inputs[1] = gen_binary (g->graph, "SigmoidGradient", y, g->outputs[0], error);
    if (g->inputs[1] == NULL)
      return FALSE;
  }
  if (g->needed[0]) {
    GenTensor *slope = gen_binary (g->graph, "Sub", gen_graph_float (g->graph, 1),
        gen_binary (g->graph, "Add", y, y, error), error);

    g->inputs[0] = gen_binary (
        g->graph, "Mul", gen_binary (g->graph, "Mul", g->outputs[0], dy, error), slope, error);
    if (g->inputs[0] == NULL)
      return FALSE;
  }
  return TRUE;
}

GEN_GRADIENT_OPERATOR (sigmoid_gradient, "SigmoidGradient", "Gradient of Sigmoid, from its result",
    .gradient = gradient)
