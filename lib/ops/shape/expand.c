/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Expand: broadcast to a shape, which may itself be broadcast to the operand. */
#include "strided.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  GenShape wanted, shape;

  if (!gen_tensor_ints (gen_node_input (node, 1), wanted.dims, GEN_MAX_RANK, &wanted.rank))
    return gen_node_error (node, error,
        "its shape is not known before it runs, or has more than %d extents", GEN_MAX_RANK);
  if (!gen_shape_broadcast (&x->shape, &wanted, &shape) || !gen_shape_is_known (&shape)) {
    g_autofree char *from = gen_shape_to_string (&x->shape);
    g_autofree char *to = gen_shape_to_string (&wanted);

    return gen_node_error (node, error, "%s cannot be broadcast to %s", from, to);
  }
  gen_node_set_output (node, 0, x->type, &shape);
  return TRUE;
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *x = gen_node_input (kernel->node, 0), *y = gen_node_output (kernel->node, 0);
  gint64 from[GEN_MAX_RANK], to[GEN_MAX_RANK];
  GenStrided *strided = g_new (GenStrided, 1);

  gen_tensor_broadcast_strides (x, &y->shape, from);
  gen_shape_strides (&y->shape, to);
  gen_strided_init (strided, y->shape.rank, y->shape.dims, from, to, x->type);
  return gen_strided_cpu (kernel, strided, error);
}

static gboolean
gradient (GenGradient *g, GError **error)
{
  g->inputs[0] =
      gen_gradient_unbroadcast (g->graph, g->outputs[0], gen_node_input (g->node, 0), error);
  return g->inputs[0] != NULL;
}

const GenOperator gen_operator_expand = {
  .name = "Expand",
  .summary = "Broadcast to a shape",
  .since = 8,
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
