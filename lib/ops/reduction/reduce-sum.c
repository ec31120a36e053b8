/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ReduceSum: the sum over axes. */
#include "reduce.h"

GEN_REDUCER (sum_float32, float, 0, a + x, a + b)
GEN_REDUCER (sum_float64, double, 0, a + x, a + b)
GEN_REDUCER (sum_int32, guint32, 0, a + x, a + b)
GEN_REDUCER (sum_int64, guint64, 0, a + x, a + b)
GEN_REDUCER (sum_uint32, guint32, 0, a + x, a + b)
GEN_REDUCER (sum_uint64, guint64, 0, a + x, a + b)
GEN_REDUCE_CPU (.float32 = &sum_float32, .float64 = &sum_float64, .int32 = &sum_int32,
    .int64 = &sum_int64, .uint32 = &sum_uint32, .uint64 = &sum_uint64)

static gboolean
gradient (GenGradient *g, GError **error)
{
  g->inputs[0] = gen_reduce_spread (g, g->outputs[0], error);
  return g->inputs[0] != NULL;
}

GEN_REDUCE_OPERATOR (reduce_sum, "ReduceSum", "Sum over axes", .gradient = gradient)
