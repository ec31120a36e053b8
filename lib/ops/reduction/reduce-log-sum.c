/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ReduceLogSum: the logarithm of the sum over axes. Where the sum of integers has none, it is the
 * least number of their type. */
#include <math.h>
#include "reduce.h"

GEN_REDUCER_FINISH (log_sum_float32, float, 0, a + x, a + b, log (a))
GEN_REDUCER_FINISH (log_sum_float64, double, 0, a + x, a + b, log (a))
GEN_REDUCER_FINISH (log_sum_int32, gint32, 0, a + x, a + b, a > 0 ? log (a) : G_MININT32)
GEN_REDUCER_FINISH (log_sum_int64, gint64, 0, a + x, a + b, a > 0 ? log (a) : G_MININT64)
GEN_REDUCER_FINISH (log_sum_uint32, guint32, 0, a + x, a + b, a > 0 ? log (a) : 0)
GEN_REDUCER_FINISH (log_sum_uint64, guint64, 0, a + x, a + b, a > 0 ? log (a) : 0)

GEN_REDUCE_CPU (.float32 = &log_sum_float32, .float64 = &log_sum_float64, .int32 = &log_sum_int32,
    .int64 = &log_sum_int64, .uint32 = &log_sum_uint32, .uint64 = &log_sum_uint64)

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *y = gen_reduce_keep (g, gen_node_output (g->node, 0), error);
  GenTensor *dy = gen_reduce_keep (g, g->outputs[0], error);

  g->inputs[0] = gen_reduce_spread (
      g, gen_binary (g->graph, "Div", dy, gen_unary (g->graph, "Exp", y, error), error), error);
  return g->inputs[0] != NULL;
}

GEN_REDUCE_OPERATOR (
    reduce_log_sum, "ReduceLogSum", "Logarithm of the sum over axes", .gradient = gradient)
