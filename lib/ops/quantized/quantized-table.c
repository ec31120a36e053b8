/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* QuantizedTable (x, table [256]): each byte, as an unsigned one, is replaced by that of the table.
 */
#include <generative/operator.h>

#include "../../device/byte-lookup.h"
#include "../number.h"

#define ENTRIES 256

static void
run (const GenKernel *kernel, int part, int parts)
{
  gsize first, end;

  gen_kernel_share (gen_shape_elements (&gen_node_output (kernel->node, 0)->shape), 64, part, parts,
      &first, &end);
  gen_byte_lookup ((const guint8 *)kernel->inputs[0] + first, kernel->inputs[1],
      (guint8 *)kernel->outputs[0] + first, end - first);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const gint64 n = gen_shape_elements (&gen_node_output (kernel->node, 0)->shape);

  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, n, 0.1));
  return TRUE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *table = gen_node_input (node, 1);

  if (!gen_tensor_is_bytes (x) || !gen_tensor_is_bytes (table) ||
      gen_shape_elements (&table->shape) != ENTRIES)
    return gen_node_error (node, error, "it wants bytes, and a table of 256 of them");
  gen_node_set_output (node, 0, table->type, &x->shape);
  return TRUE;
}

const GenOperator gen_operator_quantized_table = {
  .name = "QuantizedTable",
  .domain = "generative",
  .summary = "Each byte replaced by that of a table",
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_SAME,
  .infer = infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
};
