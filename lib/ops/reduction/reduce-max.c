/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ReduceMax: the largest element over axes. Where several are, its gradient is shared among them.
 */
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

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenGraph *graph = g->graph;
  GenTensor *x = gen_node_input (g->node, 0), *equal, *ties;
  GenTensor *y = gen_reduce_keep (g, gen_node_output (g->node, 0), error);
  GenTensor *dy = gen_reduce_keep (g, g->outputs[0], error);
  gboolean reduced[GEN_MAX_RANK];
  gint64 axes[GEN_MAX_RANK];
  int n = 0;

  if (y == NULL || dy == NULL || !gen_reduce_axes (g->node, reduced, error))
    return FALSE;
  for (int i = 0; i < x->shape.rank; i++)
    if (reduced[i])
      axes[n++] = i;
  equal = gen_binary (graph, "Equal", x, y, error);
  if (equal == NULL)
    return FALSE;
  equal =
      gen_graph_op (graph, "Cast", &equal, 1, 1, error, "to", GEN_INT, (int)GEN_TYPE_FLOAT32, NULL);
  ties = n == 0 ? equal
                : gen_binary (graph, "ReduceSum", equal, gen_graph_ints (graph, axes, n), error);
  g->inputs[0] =
      gen_binary (graph, "Mul", equal, gen_binary (graph, "Div", dy, ties, error), error);
  return g->inputs[0] != NULL;
}

GEN_REDUCE_OPERATOR (reduce_max, "ReduceMax", "Largest element over axes", .gradient = gradient,
    .results = GEN_RESULTS_MOVED)
