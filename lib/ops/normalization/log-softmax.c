/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LogSoftmax: logarithm of Softmax. */
#include "softmax.h"

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  return gen_softmax_lower (node, TRUE, results, error);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_softmax_cpu (kernel, TRUE, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  /* dx = dy - softmax (x) sum (dy). */
  GenTensor *y = gen_node_output (g->node, 0), *dy = g->outputs[0];
  GenTensor *sum = gen_softmax_sum (g, dy, error);

  g->inputs[0] = gen_binary (g->graph, "Sub", dy,
      gen_binary (g->graph, "Mul", gen_unary (g->graph, "Exp", y, error), sum, error), error);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_log_softmax = {
  .name = "LogSoftmax",
  .summary = "Logarithm of Softmax",
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
