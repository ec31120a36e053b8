/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ReduceProd: the product over axes. */
#include "reduce.h"

GEN_REDUCER (prod_float32, float, 1, a *x, a *b)
GEN_REDUCER (prod_float64, double, 1, a *x, a *b)
GEN_REDUCER (prod_int32, gint32, 1, a *x, a *b)
GEN_REDUCER (prod_int64, gint64, 1, a *x, a *b)
GEN_REDUCER (prod_uint32, guint32, 1, a *x, a *b)
GEN_REDUCER (prod_uint64, guint64, 1, a *x, a *b)

GEN_REDUCE_CPU (.float32 = &prod_float32, .float64 = &prod_float64, .int32 = &prod_int32,
    .int64 = &prod_int64, .uint32 = &prod_uint32, .uint64 = &prod_uint64)

static gboolean
gradient (GenGradient *g, GError **error)
{
  GenTensor *y = gen_reduce_keep (g, gen_node_output (g->node, 0), error);
  GenTensor *dy = gen_reduce_keep (g, g->outputs[0], error);

  g->inputs[0] = gen_binary (g->graph, "Div", gen_binary (g->graph, "Mul", dy, y, error),
      gen_node_input (g->node, 0), error);
  return g->inputs[0] != NULL;
}

GEN_REDUCE_OPERATOR (reduce_prod, "ReduceProd", "Product over axes", .gradient = gradient)
