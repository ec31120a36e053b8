/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sub: a - b, broadcast. */
#include "arithmetic.h"

GEN_ARITHMETIC_ROWS (gen_sub_rows, x - y)

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_binary_rows_cpu (kernel, &gen_sub_rows, 0.3, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  for (int i = 0; i < 2; i++)
    if (g->needed[i]) {
      GenTensor *dy = i == 0 ? g->outputs[0] : gen_unary (g->graph, "Neg", g->outputs[0], error);

      g->inputs[i] = gen_gradient_unbroadcast (g->graph, dy, gen_node_input (g->node, i), error);
      if (g->inputs[i] == NULL)
        return FALSE;
    }
  return TRUE;
}

GEN_BINARY_OPERATOR (sub, "Sub", "Difference of two tensors", 7, .gradient = gradient)
