/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Flatten: a matrix whose rows are the dimensions from `axis` on. */
#include "view.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  gint64 axis = gen_node_int (node, "axis", 1);

  if (axis < -x->shape.rank || axis > x->shape.rank)
    return gen_node_error (
        node, error, "axis %" G_GINT64_FORMAT " is not one of %d", axis, x->shape.rank);
  if (axis < 0)
    axis += x->shape.rank;
  gen_node_set_output (node, 0, x->type,
      &GEN_SHAPE (gen_shape_product (&x->shape, 0, axis),
          gen_shape_product (&x->shape, axis, x->shape.rank)));
  return TRUE;
}

const GenOperator gen_operator_flatten = {
  .name = "Flatten",
  .summary = "A matrix of the dimensions before and from an axis",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .results = GEN_RESULTS_MOVED,
  .layouts = GEN_LAYOUTS_PLAIN,
  .view = TRUE,
  .infer = infer,
  .cpu = gen_view_cpu,
  .gradient = gen_view_gradient,
};
