/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Squeeze: leave out dimensions of extent 1. The axes are an attribute up to opset 12, an input
 * from 13 on. */
#include "view.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *input = gen_node_input (node, 1);
  gboolean gone[GEN_MAX_RANK] = { FALSE };
  GenShape shape = GEN_SHAPE_SCALAR;
  gint64 values[GEN_MAX_RANK];
  const gint64 *axes = values;
  int n = 0;

  if (input == NULL)
    axes = gen_node_ints (node, "axes", &n);
  else if (!gen_tensor_ints (input, values, GEN_MAX_RANK, &n))
    return gen_node_error (node, error, "its axes must be constant, and at most %d", GEN_MAX_RANK);
  for (int i = 0; i < n; i++) {
    int axis = gen_axis (axes[i], x->shape.rank);

    if (axis < 0 || x->shape.dims[axis] != 1)
      return gen_node_error (
          node, error, "axis %" G_GINT64_FORMAT " is not a dimension of extent 1", axes[i]);
    gone[axis] = TRUE;
  }
  for (int i = 0; i < x->shape.rank; i++)
    if (n == 0 ? x->shape.dims[i] != 1 : !gone[i])
      shape.dims[shape.rank++] = x->shape.dims[i];
  gen_node_set_output (node, 0, x->type, &shape);
  return TRUE;
}

const GenOperator gen_operator_squeeze = {
  .name = "Squeeze",
  .summary = "Leave out dimensions of extent 1",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_MOVED,
  .layouts = GEN_LAYOUTS_PLAIN,
  .view = TRUE,
  .infer = infer,
  .cpu = gen_view_cpu,
  .gradient = gen_view_gradient,
};
