/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ReduceSumSquare: the sum of squares over axes. */
#include "reduce.h"

GEN_REDUCER (square_float32, float, 0, a + x * x, a + b)
GEN_REDUCER (square_float64, double, 0, a + x * x, a + b)
GEN_REDUCER (square_int32, gint32, 0, a + x * x, a + b)
GEN_REDUCER (square_int64, gint64, 0, a + x * x, a + b)
GEN_REDUCER (square_uint32, guint32, 0, a + x * x, a + b)
GEN_REDUCER (square_uint64, guint64, 0, a + x * x, a + b)

GEN_REDUCE_CPU (.float32 = &square_float32, .float64 = &square_float64, .int32 = &square_int32,
    .int64 = &square_int64, .uint32 = &square_uint32, .uint64 = &square_uint64)

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *dy = gen_reduce_keep (g, g->outputs[0], error);
  GenTensor *twice = gen_binary (g->graph, "Mul", dy, gen_graph_float (g->graph, 2), error);

  g->inputs[0] = gen_binary (g->graph, "Mul", gen_node_input (g->node, 0), twice, error);
  return g->inputs[0] != NULL;
}

GEN_REDUCE_OPERATOR (
    reduce_sum_square, "ReduceSumSquare", "Sum of squares over axes", .gradient = gradient)
