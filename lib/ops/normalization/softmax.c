/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Softmax: exponentials that sum to 1 along an axis. */
#include "softmax.h"

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  return gen_softmax_lower (node, FALSE, results, error);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_softmax_cpu (kernel, FALSE, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  /* dx = y (dy - sum (dy y)). */
  GenTensor *y = gen_node_output (g->node, 0), *dy = g->outputs[0];
  GenTensor *sum = gen_softmax_sum (g, gen_binary (g->graph, "Mul", dy, y, error), error);

  g->inputs[0] =
      gen_binary (g->graph, "Mul", y, gen_binary (g->graph, "Sub", dy, sum, error), error);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_softmax = {
  .name = "Softmax",
  .summary = "Exponentials that sum to 1 along an axis",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .widens = 0x1,
  .computes_in = gen_softmax_computes_in,
  .lower = lower,
  .infer = gen_softmax_infer,
  .cpu = cpu,
  .gradient = gradient,
};
