/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ReduceL1: the sum of magnitudes over axes. */
#include "reduce.h"

GEN_REDUCER (l1_float32, float, 0, a + (x < 0 ? -x : x), a + b)
GEN_REDUCER (l1_float64, double, 0, a + (x < 0 ? -x : x), a + b)
GEN_REDUCER (l1_int32, gint32, 0, a + (x < 0 ? -x : x), a + b)
GEN_REDUCER (l1_int64, gint64, 0, a + (x < 0 ? -x : x), a + b)
GEN_REDUCER (l1_uint32, guint32, 0, a + x, a + b)
GEN_REDUCER (l1_uint64, guint64, 0, a + x, a + b)

GEN_REDUCE_CPU (.float32 = &l1_float32, .float64 = &l1_float64, .int32 = &l1_int32,
    .int64 = &l1_int64, .uint32 = &l1_uint32, .uint64 = &l1_uint64)

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *sign = gen_unary (g->graph, "Sign", gen_node_input (g->node, 0), error);

  g->inputs[0] =
      gen_binary (g->graph, "Mul", sign, gen_reduce_keep (g, g->outputs[0], error), error);
  return g->inputs[0] != NULL;
}

GEN_REDUCE_OPERATOR (reduce_l1, "ReduceL1", "Sum of magnitudes over axes", .gradient = gradient)
