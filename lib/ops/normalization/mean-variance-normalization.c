/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MeanVarianceNormalization: mean 0 and variance 1 over the axes asked for. */
#include "../build.h"

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  static const gint64 usual[] = { 0, 2, 3 };
  GenGraph *graph = node->graph;
  GenTensor *x = gen_node_input (node, 0), *centred, *deviation;
  int n;
  const gint64 *axes = gen_node_ints (node, "axes", &n);

  if (axes == NULL) {
    axes = usual;
    n = G_N_ELEMENTS (usual);
  }
  centred = gen_binary (
      graph, "Sub", x, gen_build_reduce (graph, "ReduceMean", x, axes, n, error), error);
  deviation = gen_build_reduce (
      graph, "ReduceMean", gen_binary (graph, "Mul", centred, centred, error), axes, n, error);
  /* The specification adds this to the deviation, not to the variance. */
  deviation = gen_build_plus (graph, gen_unary (graph, "Sqrt", deviation, error), 1e-9, error);
  results[0] = gen_binary (graph, "Div", centred, deviation, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_mean_variance_normalization = {
  .name = "MeanVarianceNormalization",
  .summary = "Mean 0 and variance 1 over some axes",
  .since = 9,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower,
};
