/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Size: the number of elements, as int64; known as soon as the shape is. */
#include "../../graph/kernel.h"

static gboolean
infer (GenNode *node, GError **error)
{
  gint64 n = gen_shape_elements (&gen_node_input (node, 0)->shape);

  gen_node_set_output (node, 0, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR);
  if (n >= 0)
    gen_node_set_constant (node, 0, g_bytes_new (&n, sizeof n));
  return TRUE;
}

const GenOperator gen_operator_size = {
  .name = "Size",
  .summary = "The number of elements",
  .since = 1,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_ANY,
  .infer = infer,
  .gradient_is_zero = TRUE,
};
