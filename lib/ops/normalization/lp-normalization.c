/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LpNormalization: each vector along an axis by its norm; one of zeros stays as it is. */
#include <float.h>

#include "../build.h"

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *x = gen_node_input (node, 0), *norm;
  gint64 axis = gen_node_int (node, "axis", -1), p = gen_node_int (node, "p", 2);
  /* The smallest number of the type that is not 0. */
  double least = x->type == GEN_TYPE_FLOAT16 ? 0x1p-24 : FLT_MIN;

  if (p != 1 && p != 2)
    return gen_node_error (node, error, "p should be 1 or 2, not %" G_GINT64_FORMAT, p);
  norm = gen_build_reduce (graph, p == 1 ? "ReduceL1" : "ReduceL2", x, &axis, 1, error);
  norm = gen_binary (graph, "Max", norm,
      gen_build_cast (graph, gen_graph_float (graph, least), x->type, error), error);
  results[0] = gen_binary (graph, "Div", x, norm, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_lp_normalization = {
  .name = "LpNormalization",
  .summary = "Vectors along an axis by their norm",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower,
};
