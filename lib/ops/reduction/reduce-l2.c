/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ReduceL2: the square root of the sum of squares over axes. */
#include <math.h>
#include "reduce.h"

GEN_REDUCER_FINISH (l2_float32, float, 0, a + x * x, a + b, sqrt (a))
GEN_REDUCER_FINISH (l2_float64, double, 0, a + x * x, a + b, sqrt (a))
GEN_REDUCER_FINISH (l2_int32, gint32, 0, a + x * x, a + b, sqrt (a))
GEN_REDUCER_FINISH (l2_int64, gint64, 0, a + x * x, a + b, sqrt (a))
GEN_REDUCER_FINISH (l2_uint32, guint32, 0, a + x * x, a + b, sqrt (a))
GEN_REDUCER_FINISH (l2_uint64, guint64, 0, a + x * x, a + b, sqrt (a))

GEN_REDUCE_CPU (.float32 = &l2_float32, .float64 = &l2_float64, .int32 = &l2_int32,
    .int64 = &l2_int64, .uint32 = &l2_uint32, .uint64 = &l2_uint64)

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *y = gen_reduce_keep (g, gen_node_output (g->node, 0), error);
  GenTensor *dy = gen_reduce_keep (g, g->outputs[0], error);

  g->inputs[0] = gen_binary (g->graph, "Mul", gen_node_input (g->node, 0),
      gen_binary (g->graph, "Div", dy, y, error), error);
  return g->inputs[0] != NULL;
}

GEN_REDUCE_OPERATOR (reduce_l2, "ReduceL2", "Euclidean length over axes", .gradient = gradient)
