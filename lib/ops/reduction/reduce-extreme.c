/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How gradients flow through ReduceMax and ReduceMin. */
#include "reduce-extreme.h"

gboolean
gen_reduce_extreme_gradient (GenGradient *g, GError **error)
{
  GenGraph *graph = g->graph;
  GenTensor *x = gen_node_input (g->node, 0), *equal, *ties;
  GenTensor *y = gen_reduce_keep (g, gen_node_output (g->node, 0), error);
  GenTensor *dy = gen_reduce_keep (g, g->outputs[0], error);
  gboolean reduced[GEN_MAX_RANK];
  gint64 axes[GEN_MAX_RANK];
  int n = 0;

  if (y == NULL || dy == NULL || !gen_reduce_axes (g->node, reduced, error))
    return FALSE;
  for (int i = 0; i < x->shape.rank; i++)
    if (reduced[i])
      axes[n++] = i;
  equal = gen_binary (graph, "Equal", x, y, error);
  if (equal == NULL)
    return FALSE;
  equal =
      gen_graph_op (graph, "Cast", &equal, 1, 1, error, "to", GEN_INT, (int)GEN_TYPE_FLOAT32, NULL);
  ties = n == 0 ? equal
                : gen_binary (graph, "ReduceSum", equal, gen_graph_ints (graph, axes, n), error);
  g->inputs[0] =
      gen_binary (graph, "Mul", equal, gen_binary (graph, "Div", dy, ties, error), error);
  return g->inputs[0] != NULL;
}
