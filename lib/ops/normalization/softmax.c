/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Softmax: exponentials that sum to 1 along an axis. */
#include "softmax.h"

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

GEN_SOFTMAX_OPERATOR (softmax, "Softmax", "Exponentials that sum to 1 along an axis", FALSE)
