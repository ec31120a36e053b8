/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* LRN: each element by a power of the squares' sum over neighbouring channels (Krizhevsky et al.,
 * 2012). The sum is an average pooling along the channels. */
#include "../build.h"

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  GenGraph *graph = node->graph;
  GenTensor *x = gen_node_input (node, 0), *sum;
  const GenShape *shape = &x->shape;
  gint64 size = gen_node_int (node, "size", 0), before = (size - 1) / 2;
  GenShape channels;

  if (shape->rank < 2 || size < 1 || size > G_MAXINT32)
    return gen_node_error (node, error,
        "it needs [batch, channels, …] and a size of at least 1, not %" G_GINT64_FORMAT, size);
  channels =
      GEN_SHAPE (shape->dims[0], 1, shape->dims[1], gen_shape_product (shape, 2, shape->rank));
  sum = gen_build_reshape (graph, gen_binary (graph, "Mul", x, x, error), &channels, error);
  if (sum == NULL)
    return FALSE;
  sum = gen_graph_op (graph, "AveragePool", &sum, 1, 1, error, "kernel_shape", GEN_INTS, 2,
      (gint64[]){ size, 1 }, "pads", GEN_INTS, 4, (gint64[]){ before, 0, size - 1 - before, 0 },
      "count_include_pad", GEN_INT, 1, NULL);
  sum = gen_build_times (graph, sum, gen_node_float (node, "alpha", 1e-4f), error);
  sum = gen_build_plus (graph, sum, gen_node_float (node, "bias", 1), error);
  sum = gen_binary (
      graph, "Pow", sum, gen_graph_float (graph, gen_node_float (node, "beta", 0.75f)), error);
  results[0] = gen_binary (graph, "Div", x, gen_build_reshape (graph, sum, shape, error), error);
  return results[0] != NULL;
}

const GenOperator gen_operator_lrn = {
  .name = "LRN",
  .summary = "Elements by the size of their neighbours in other channels",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower,
};
