/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* IsInf: whether elements are infinite; attributes may leave out one of the signs. */
#include "unary.h"
#include <math.h>

#define INFINITE (x == INFINITY && positive) || (x == -INFINITY && negative)
#define SIGNS                                                                                      \
  const gboolean positive = gen_node_int (node, "detect_positive", 1) != 0;                        \
  const gboolean negative = gen_node_int (node, "detect_negative", 1) != 0

GEN_UNARY_TEST_ROW (float32_row, float, INFINITE, SIGNS)
GEN_UNARY_TEST_ROW (float64_row, double, INFINITE, SIGNS)
GEN_UNARY_CPU (.cost = 0.2, .float32 = float32_row, .float64 = float64_row)

static gboolean
infer (GenNode *node, GError **error)
{
  gen_node_set_output (node, 0, GEN_TYPE_BOOL, &gen_node_input (node, 0)->shape);
  return TRUE;
}

const GenOperator gen_operator_is_inf = {
  .name = "IsInf",
  .summary = "Whether elements are infinite",
  .since = 10,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_SAME,
  .infer = infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
};
