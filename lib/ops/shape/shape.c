/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shape: the extents of the operand, from `start` to `end`, as int64. It is known as soon as the
 * shape is, so that it never runs. */
#include "../../graph/kernel.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenShape *shape = &gen_node_input (node, 0)->shape;
  gint64 start = gen_node_int (node, "start", 0), end = gen_node_int (node, "end", shape->rank), n;

  start = CLAMP (start < 0 ? start + shape->rank : start, 0, shape->rank);
  end = CLAMP (end < 0 ? end + shape->rank : end, 0, shape->rank);
  n = MAX (end - start, 0);
  gen_node_set_output (node, 0, GEN_TYPE_INT64, &GEN_SHAPE (n));
  if (gen_shape_is_known (shape))
    gen_node_set_constant (node, 0, g_bytes_new (&shape->dims[start], n * sizeof (gint64)));
  return TRUE;
}

const GenOperator gen_operator_shape = {
  .name = "Shape",
  .summary = "The extents of a tensor",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_ANY,
  .infer = infer,
  .gradient_is_zero = TRUE,
};
