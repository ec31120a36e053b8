/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unsqueeze: put in dimensions of extent 1. The axes, which count in the result, are an attribute
 * up to opset 12, an input from 13 on. */
#include "view.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *input = gen_node_input (node, 1);
  gboolean new[GEN_MAX_RANK] = { FALSE };
  gint64 values[GEN_MAX_RANK];
  const gint64 *axes = values;
  GenShape shape;
  int n = 0, from = 0;

  if (input == NULL)
    axes = gen_node_ints (node, "axes", &n);
  else if (!gen_tensor_ints (input, values, GEN_MAX_RANK, &n))
    return gen_node_error (node, error, "its axes must be constant, and at most %d", GEN_MAX_RANK);
  shape.rank = x->shape.rank + n;
  if (shape.rank > GEN_MAX_RANK)
    return gen_node_error (node, error, "more than %d dimensions", GEN_MAX_RANK);
  for (int i = 0; i < n; i++) {
    int axis = gen_axis (axes[i], shape.rank);

    if (axis < 0 || new[axis])
      return gen_node_error (node, error,
          "axis %" G_GINT64_FORMAT " is given twice or is not one of %d", axes[i], shape.rank);
    new[axis] = TRUE;
  }
  for (int i = 0; i < shape.rank; i++)
    shape.dims[i] = new[i] ? 1 : x->shape.dims[from++];
  gen_node_set_output (node, 0, x->type, &shape);
  return TRUE;
}

const GenOperator gen_operator_unsqueeze = {
  .name = "Unsqueeze",
  .summary = "Put in dimensions of extent 1",
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
