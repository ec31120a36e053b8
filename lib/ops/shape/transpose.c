/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Transpose: the dimensions in another order, by default reversed. */
#include "strided.h"

/* perm[i] is the operand's dimension that becomes the result's dimension i. */
static gboolean
order (const GenNode *node, gint64 perm[GEN_MAX_RANK], GError **error)
{
  int rank = gen_node_input (node, 0)->shape.rank, n;
  const gint64 *given = gen_node_ints (node, "perm", &n);
  guint seen = 0;

  for (int i = 0; i < rank; i++)
    perm[i] = rank - 1 - i;
  if (given == NULL)
    return TRUE;
  for (int i = 0; n == rank && i < rank; i++) {
    perm[i] = gen_axis (given[i], rank);
    if (perm[i] >= 0)
      seen |= 1u << perm[i];
  }
  if (n != rank || seen != (1u << rank) - 1)
    return gen_node_error (node, error, "perm is not an order of %d dimensions", rank);
  return TRUE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  GenShape shape = { .rank = x->shape.rank };
  gint64 perm[GEN_MAX_RANK];

  if (!order (node, perm, error))
    return FALSE;
  for (int i = 0; i < shape.rank; i++)
    shape.dims[i] = x->shape.dims[perm[i]];
  gen_node_set_output (node, 0, x->type, &shape);
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0), *y = gen_node_output (kernel->node, 0);
  gint64 own[GEN_MAX_RANK], from[GEN_MAX_RANK], to[GEN_MAX_RANK], perm[GEN_MAX_RANK];
  GenStrided *strided;

  if (!order (kernel->node, perm, error))
    return FALSE;
  gen_shape_strides (&x->shape, own);
  gen_shape_strides (&y->shape, to);
  for (int i = 0; i < y->shape.rank; i++)
    from[i] = own[perm[i]];
  strided = g_new (GenStrided, 1);
  gen_strided_init (strided, y->shape.rank, y->shape.dims, from, to, x->type);
  return gen_strided_cpu (kernel, strided, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  gint64 perm[GEN_MAX_RANK], back[GEN_MAX_RANK];
  int rank = gen_node_input (g->node, 0)->shape.rank;

  if (!order (g->node, perm, error))
    return FALSE;
  for (int i = 0; i < rank; i++)
    back[perm[i]] = i;
  g->inputs[0] = gen_graph_op (
      g->graph, "Transpose", &g->outputs[0], 1, 1, error, "perm", GEN_INTS, rank, back, NULL);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_transpose = {
  .name = "Transpose",
  .summary = "The dimensions in another order",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_MOVED,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
