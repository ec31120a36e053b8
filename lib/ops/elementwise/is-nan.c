/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsNaN: whether elements are no numbers. */
#include "unary.h"

GEN_UNARY_TEST_ROW (float32_row, float, x != x)
GEN_UNARY_TEST_ROW (float64_row, double, x != x)
GEN_UNARY_CPU (.cost = 0.2, .float32 = float32_row, .float64 = float64_row)

static gboolean
infer (GenNode *node, GError **error)
{
  gen_node_set_output (node, 0, GEN_TYPE_BOOL, &gen_node_input (node, 0)->shape);
  return TRUE;
}

const GenOperator gen_operator_is_nan = {
  .name = "IsNaN",
  .summary = "Whether elements are no numbers",
  .since = 9,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_SAME,
  .infer = infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
};
