/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ReduceMin: the smallest element over axes. */
#include <math.h>
#include "reduce-extreme.h"

/* Of two numbers, or of what is none. Without a branch, so that it vectorises. */
#define TAKE(x) ((x < a) | (x != x) ? x : a)

GEN_REDUCER_BESIDE (float32, float, INFINITY, TAKE (x), TAKE (b))
GEN_REDUCER_EXTREME (across_float32, <, INFINITY)
static const GenReducer reduce_min_float32 = { sizeof (float), float32_start, across_float32,
  float32_along, float32_merge, NULL };
GEN_REDUCER (reduce_min_float64, double, INFINITY, TAKE (x), TAKE (b))
GEN_REDUCER (reduce_min_int32, gint32, G_MAXINT32, TAKE (x), TAKE (b))
GEN_REDUCER (reduce_min_int64, gint64, G_MAXINT64, TAKE (x), TAKE (b))
GEN_REDUCER (reduce_min_uint32, guint32, G_MAXUINT32, TAKE (x), TAKE (b))
GEN_REDUCER (reduce_min_uint64, guint64, G_MAXUINT64, TAKE (x), TAKE (b))
GEN_REDUCER (reduce_min_int8, gint8, G_MAXINT8, TAKE (x), TAKE (b))
GEN_REDUCER (reduce_min_uint8, guint8, G_MAXUINT8, TAKE (x), TAKE (b))

GEN_REDUCE_CPU (.float32 = &reduce_min_float32, .float64 = &reduce_min_float64,
    .int32 = &reduce_min_int32, .int64 = &reduce_min_int64, .uint32 = &reduce_min_uint32,
    .uint64 = &reduce_min_uint64, .int8 = &reduce_min_int8, .uint8 = &reduce_min_uint8)

GEN_REDUCE_OPERATOR (reduce_min, "ReduceMin", "Smallest element over axes",
    .gradient = gen_reduce_extreme_gradient, .results = GEN_RESULTS_MOVED)
