/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ReduceMax: the largest element over axes. */
#include <math.h>
#include "reduce-extreme.h"

/* Of two numbers, or of what is none. Without a branch, so that it vectorises. */
#define TAKE(x) ((x > a) | (x != x) ? x : a)

GEN_REDUCER_BESIDE (float32, float, -INFINITY, TAKE (x), TAKE (b))
GEN_REDUCER_EXTREME (across_float32, >, -INFINITY)
static const GenReducer reduce_max_float32 = { sizeof (float), float32_start, across_float32,
  float32_along, float32_merge, NULL };
GEN_REDUCER (reduce_max_float64, double, -INFINITY, TAKE (x), TAKE (b))
GEN_REDUCER (reduce_max_int32, gint32, G_MININT32, TAKE (x), TAKE (b))
GEN_REDUCER (reduce_max_int64, gint64, G_MININT64, TAKE (x), TAKE (b))
GEN_REDUCER (reduce_max_uint32, guint32, 0, TAKE (x), TAKE (b))
GEN_REDUCER (reduce_max_uint64, guint64, 0, TAKE (x), TAKE (b))
GEN_REDUCER (reduce_max_int8, gint8, G_MININT8, TAKE (x), TAKE (b))
GEN_REDUCER (reduce_max_uint8, guint8, 0, TAKE (x), TAKE (b))

const GenReducers gen_max_reducers = { .float32 = &reduce_max_float32,
  .float64 = &reduce_max_float64,
  .int32 = &reduce_max_int32,
  .int64 = &reduce_max_int64,
  .uint32 = &reduce_max_uint32,
  .uint64 = &reduce_max_uint64,
  .int8 = &reduce_max_int8,
  .uint8 = &reduce_max_uint8 };

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_reduce_cpu (kernel, &gen_max_reducers, error);
}

GEN_REDUCE_OPERATOR (reduce_max, "ReduceMax", "Largest element over axes",
    .gradient = gen_reduce_extreme_gradient, .results = GEN_RESULTS_MOVED)
