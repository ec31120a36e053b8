/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mul: a * b, broadcast, element by element. */
#include "arithmetic.h"

GEN_ARITHMETIC_ROWS (gen_mul_rows, x *y)

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_binary_rows_cpu (kernel, &gen_mul_rows, 0.3, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  for (int i = 0; i < 2; i++)
    if (g->needed[i]) {
      GenTensor *dy =
          gen_binary (g->graph, "Mul", g->outputs[0], gen_node_input (g->node, 1 - i), error);

      g->inputs[i] = gen_gradient_unbroadcast (g->graph, dy, gen_node_input (g->node, i), error);
      if (g->inputs[i] == NULL)
        return FALSE;
    }
  return TRUE;
}

GEN_BINARY_OPERATOR (mul, "Mul", "Product of two tensors", 7, .weights = 0x3, .gradient = gradient)
