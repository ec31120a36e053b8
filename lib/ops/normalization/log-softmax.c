/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LogSoftmax: logarithm of Softmax. */
#include "softmax.h"

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

GEN_SOFTMAX_OPERATOR (log_softmax, "LogSoftmax", "Logarithm of Softmax", TRUE)
