/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* MatMulInteger: numpy's matrix product for quantised operands, to int32. */
#include "batched-product.h"

static gboolean
lower (GenNode *node, GenTensor **results, GError **error)
{
  results[0] = gen_batched_product (
      node, "IntegerProduct", gen_node_input (node, 2), gen_node_input (node, 3), error);
  return results[0] != NULL;
}

const GenOperator gen_operator_matmul_integer = {
  .name = "MatMulInteger",
  .summary = "Exact product of quantised matrices",
  .since = 10,
  .min_inputs = 2,
  .max_inputs = 4,
  .min_outputs = 1,
  .max_outputs = 1,
  .lower = lower,
  .gradient_is_zero = TRUE,
};
