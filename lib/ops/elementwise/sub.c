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

const GenOperator gen_operator_sub = {
  .name = "Sub",
  .summary = "Difference of two tensors",
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
