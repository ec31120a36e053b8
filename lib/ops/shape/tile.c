/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tile: the operand repeated along each dimension. Each dimension is seen as two, the repeats with
 * a stride of 0 and the extent, so that it is one copy. */
#include "strided.h"

static gboolean
repeats (const GenNode *node, gint64 counts[GEN_MAX_RANK], GError **error)
{
  int rank = gen_node_input (node, 0)->shape.rank, n;

  if (!gen_tensor_ints (gen_node_input (node, 1), counts, GEN_MAX_RANK, &n) || n != rank)
    return gen_node_error (node, error, "its repeats must be constant, one for each dimension");
  for (int i = 0; i < n; i++)
    if (counts[i] < 0 || counts[i] > G_MAXINT32)
      return gen_node_error (node, error, "repeat number %d is out of range", i);
  return TRUE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  gint64 counts[GEN_MAX_RANK];
  GenShape shape = x->shape;

  if (!repeats (node, counts, error))
    return FALSE;
  for (int i = 0; i < shape.rank; i++)
    if (__builtin_mul_overflow (shape.dims[i], counts[i], &shape.dims[i]))
      return gen_node_error (node, error, "repeat number %d is out of range", i);
  gen_node_set_output (node, 0, x->type, &shape);
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0), *y = gen_node_output (kernel->node, 0);
  gint64 counts[GEN_MAX_RANK], own[GEN_MAX_RANK], out[GEN_MAX_RANK];
  gint64 dims[GEN_MAX_RANK], from[GEN_MAX_RANK], to[GEN_MAX_RANK];
  GenStrided *strided;
  int n = 0;

  if (!repeats (kernel->node, counts, error))
    return FALSE;
  gen_shape_strides (&x->shape, own);
  gen_shape_strides (&y->shape, out);
  for (int i = 0; i < x->shape.rank; i++) {
    gint64 extent = x->shape.dims[i];

    if (n + (counts[i] != 1) + (extent != 1) > GEN_MAX_RANK)
      return gen_node_error (kernel->node, error, "too many dimensions are repeated");
    if (counts[i] != 1) {
      dims[n] = counts[i];
      from[n] = 0;
      to[n++] = out[i] * extent;
    }
    if (extent != 1) {
      dims[n] = extent;
      from[n] = own[i];
      to[n++] = out[i];
    }
  }
  strided = g_new (GenStrided, 1);
  gen_strided_init (strided, n, dims, from, to, x->type);
  return gen_strided_cpu (kernel, strided, error);
}

/* The repeats are dimensions of their own, summed over. */
static gboolean
gradient (GenGradient *g, GError **error)
{
  const GenShape *shape = &gen_node_input (g->node, 0)->shape;
  gint64 counts[GEN_MAX_RANK], dims[GEN_MAX_RANK], axes[GEN_MAX_RANK];
  int n = 0, summed = 0;
  GenTensor *dy;

  if (!g->needed[0])
    return TRUE;
  if (!repeats (g->node, counts, error))
    return FALSE;
  for (int i = 0; i < shape->rank; i++) {
    if (n + (counts[i] != 1) + 1 > GEN_MAX_RANK)
      return gen_node_error (g->node, error, "too many dimensions are repeated");
    if (counts[i] != 1) {
      axes[summed++] = n;
      dims[n++] = counts[i];
    }
    dims[n++] = shape->dims[i];
  }
  dy = gen_binary (g->graph, "Reshape", g->outputs[0], gen_graph_ints (g->graph, dims, n), error);
  if (summed > 0 && dy != NULL)
    dy = gen_graph_op (g->graph, "ReduceSum",
        (GenTensor *[]){ dy, gen_graph_ints (g->graph, axes, summed) }, 2, 1, error, "keepdims",
        GEN_INT, 0, NULL);
  g->inputs[0] = dy;
  return dy != NULL;
}

const GenOperator gen_operator_tile = {
  .name = "Tile",
  .summary = "The operand repeated along each dimension",
  .since = 6,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_MOVED,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient = gradient,
};
