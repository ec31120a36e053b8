/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ReduceLogSumExp: the logarithm of the sum of exponentials over axes, each less the largest
 * element, so that none overflows. */
#include "reduce.h"
#include "../elementwise/unary.h"

static GenTensor *
expand (GenNode *node, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *x = gen_node_input (node, 0), *most, *zero, *sum;
  gboolean reduced[GEN_MAX_RANK];
  gint64 axes[GEN_MAX_RANK], dims[GEN_MAX_RANK];
  int n = 0, kept = 0;

  if (!gen_reduce_axes (node, reduced, error))
    return NULL;
  for (int i = 0; i < x->shape.rank; i++)
    if (reduced[i])
      axes[n++] = i;
    else
      dims[kept++] = x->shape.dims[i];
  if (n == 0)
    return x;
  most = gen_graph_op (
      graph, "ReduceMax", &x, 1, 1, error, "axes", GEN_INTS, n, axes, "keepdims", GEN_INT, 1, NULL);
  if (most == NULL)
    return NULL;
  /* Nothing is taken off where the largest is infinite: infinity less itself is no number. */
  zero = gen_graph_float (graph, 0);
  zero = gen_graph_op (graph, "Cast", &zero, 1, 1, error, "to", GEN_INT, (int)x->type, NULL);
  most = gen_gradient_choose (graph, gen_unary (graph, "IsInf", most, error), zero, most, error);
  sum = gen_unary (graph, "Exp", gen_binary (graph, "Sub", x, most, error), error);
  if (sum == NULL)
    return NULL;
  sum = gen_graph_op (graph, "ReduceSum", (GenTensor *[]){ sum, gen_graph_ints (graph, axes, n) },
      2, 1, error, "keepdims", GEN_INT, 1, NULL);
  sum = gen_binary (graph, "Add", gen_unary (graph, "Log", sum, error), most, error);
  if (sum == NULL || gen_node_int (node, "keepdims", 1) != 0)
    return sum;
  return gen_binary (graph, "Reshape", sum, gen_graph_ints (graph, dims, kept), error);
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = expand (node, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_reduce_log_sum_exp = {
  .name = "ReduceLogSumExp",
  .summary = "Logarithm of the sum of exponentials over axes",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower,
};
