/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EyeLike: ones on the diagonal number k of a matrix as large as the operand, zeros elsewhere. */
#include <string.h>

#include "../number.h"

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0);
  GenDataType type = gen_node_int (node, "dtype", x->type);

  if (x->shape.rank != 2 || !gen_number_has (type))
    return gen_node_error (node, error, "it takes a matrix, and makes one of numbers, not of %s",
        gen_data_type_name (type));
  gen_node_set_output (node, 0, type, &x->shape);
  return TRUE;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenTensor *y = gen_node_output (kernel->node, 0);
  gint64 k = gen_node_int (kernel->node, "k", 0), rows = y->shape.dims[0];
  gint64 columns = y->shape.dims[1];

  memset (kernel->outputs[0], 0, gen_tensor_size (y));
  if (k <= -rows || k >= columns)
    return;
  for (gint64 row = MAX (0, -k); row < rows && row + k < columns; row++)
    gen_number_set (y->type, kernel->outputs[0], row * columns + row + k, 1);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  gen_kernel_add_step (kernel, run, 1);
  return TRUE;
}

const GenOperator gen_operator_eye_like = {
  .name = "EyeLike",
  .summary = "Ones on a diagonal",
  .since = 9,
  .min_inputs = 1,
  .max_inputs = 1,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
};
