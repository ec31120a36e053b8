/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ReduceMean: the mean over axes. */
#include "reduce.h"

GEN_REDUCER_FINISH (mean_float32, float, 0, a + x, a + b, (float)(a / count))
GEN_REDUCER_FINISH (mean_float64, double, 0, a + x, a + b, a / count)
GEN_REDUCER_FINISH (mean_int32, gint32, 0, a + x, a + b, (gint32)(a / count))
GEN_REDUCER_FINISH (mean_int64, gint64, 0, a + x, a + b, (gint64)(a / count))
GEN_REDUCER_FINISH (mean_uint32, guint32, 0, a + x, a + b, (guint32)(a / count))
GEN_REDUCER_FINISH (mean_uint64, guint64, 0, a + x, a + b, (guint64)(a / count))
const GenReducers gen_mean_reducers = { .float32 = &mean_float32,
  .float64 = &mean_float64,
  .int32 = &mean_int32,
  .int64 = &mean_int64,
  .uint32 = &mean_uint32,
  .uint64 = &mean_uint64 };

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  return gen_reduce_cpu (kernel, &gen_mean_reducers, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *share = gen_binary (g->graph, "Mul", g->outputs[0],
      gen_graph_float (g->graph, 1.0f / gen_reduce_count (g->node)), error);

  g->inputs[0] = gen_reduce_spread (g, share, error);
  return g->inputs[0] != NULL;
}

GEN_REDUCE_OPERATOR (reduce_mean, "ReduceMean", "Mean over axes", .gradient = gradient,
    .results = GEN_RESULTS_BETWEEN)
