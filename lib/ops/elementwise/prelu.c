/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PRelu: x, or slope x below 0; the slope is a parameter, broadcast to x. Up to opset 6 a vector of
 * slopes is one for each channel. */
#include "arithmetic.h"

GEN_ARITHMETIC_ROW (row_float32, float, x < 0 ? x * y : x)
GEN_ARITHMETIC_ROW (row_float64, double, x < 0 ? x * y : x)
/* As products of integers wrap around. */
GEN_ARITHMETIC_ROW (row_int32, gint32, x < 0 ? (gint32)((guint32)x * (guint32)y) : x)
GEN_ARITHMETIC_ROW (row_int64, gint64, x < 0 ? (gint64)((guint64)x * (guint64)y) : x)
GEN_ARITHMETIC_ROW (row_uint32, guint32, x + 0 * y)
GEN_ARITHMETIC_ROW (row_uint64, guint64, x + 0 * y)

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  static const GenBinaryRows rows = { .float32 = row_float32,
    .float64 = row_float64,
    .int32 = row_int32,
    .int64 = row_int64,
    .uint32 = row_uint32,
    .uint64 = row_uint64 };

  return gen_binary_rows_cpu (kernel, &rows, 0.3, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenGraph *graph = g->graph;
  GenTensor *x = gen_node_input (g->node, 0), *slope = gen_node_input (g->node, 1), *part;
  GenTensor *dy = g->outputs[0], *zero = gen_graph_float (graph, 0);
  GenTensor *below = gen_binary (graph, "Less", x, zero, error);

  if (below == NULL)
    return FALSE;
  if (g->needed[0]) {
    part = gen_binary (graph, "Mul", dy, slope, error);
    if (part == NULL)
      return FALSE;
    g->inputs[0] =
        gen_graph_op (graph, "Where", (GenTensor *[]){ below, part, dy }, 3, 1, error, NULL);
    if (g->inputs[0] == NULL)
      return FALSE;
  }
  if (g->needed[1]) {
    part = gen_binary (graph, "Mul", dy, x, error);
    if (part == NULL)
      return FALSE;
    part = gen_graph_op (graph, "Where", (GenTensor *[]){ below, part, zero }, 3, 1, error, NULL);
    g->inputs[1] = gen_gradient_unbroadcast (graph, part, slope, error);
    if (g->inputs[1] == NULL)
      return FALSE;
  }
  return TRUE;
}

GEN_BINARY_OPERATOR (
    prelu, "PRelu", "Relu with a trained slope below 0", 7, .weights = 0x2, .gradient = gradient)

static GenTensor *
expand (GenNode *node, GError **error)
{
  GenTensor *x = gen_node_input (node, 0), *slope = gen_node_input (node, 1);
  gint64 dims[GEN_MAX_RANK];

  if (x->shape.rank > 2 && slope->shape.rank == 1) {
    for (int i = 1; i < x->shape.rank; i++)
      dims[i - 1] = i == 1 ? slope->shape.dims[0] : 1;
    slope = gen_binary (node->graph, "Reshape", slope,
        gen_graph_ints (node->graph, dims, x->shape.rank - 1), error);
  }
  return gen_binary (node->graph, "PRelu", x, slope, error);
}

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = expand (node, error);
  return results[0] != NULL;
}

const GenOperator gen_operator_prelu_1 = {
  .name = "PRelu",
  .summary = "PRelu as it was up to opset 6",
  .since = 1,
  .until = 6,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .weights = 0x2,
  .lower = lower,
};
