/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Range: the numbers from `start` to before `limit`, in steps of `delta`. */
#include <math.h>

#include "../number.h"

/* The number that input `i` is. */
static gboolean
number (const GenNode *node, guint i, double *value, GError **error)
{
  const GenTensor *tensor = gen_node_input (node, i);
  const void *data = gen_tensor_constant (tensor);

  if (data == NULL || gen_shape_elements (&tensor->shape) != 1 || !gen_number_has (tensor->type))
    return gen_node_error (node, error, "input %u must be a constant number", i);
  *value = gen_number_get (tensor->type, data, 0);
  return TRUE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  double start = 0, limit = 0, delta = 0, n;

  if (!gen_node_same_type (node, 1, 2, error) || !number (node, 0, &start, error) ||
      !number (node, 1, &limit, error) || !number (node, 2, &delta, error))
    return FALSE;
  n = ceil ((limit - start) / delta);
  if (!(n <= G_MAXINT32))
    return gen_node_error (
        node, error, "from %g to %g in steps of %g has no end", start, limit, delta);
  gen_node_set_output (node, 0, gen_node_input (node, 0)->type, &GEN_SHAPE ((gint64)MAX (n, 0)));
  return TRUE;
}

/* In double, or for int64, which that does not hold, in integers. */
static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenTensor *y = gen_node_output (kernel->node, 0);
  gint64 n = y->shape.dims[0];
  double start = gen_number_get (y->type, kernel->inputs[0], 0);
  double delta = gen_number_get (y->type, kernel->inputs[2], 0);

  if (y->type == GEN_TYPE_INT64) {
    const gint64 from = *(const gint64 *)kernel->inputs[0], by = *(const gint64 *)kernel->inputs[2];

    for (gint64 i = 0; i < n; i++)
      ((gint64 *)kernel->outputs[0])[i] = from + i * by;
  } else if (y->type == GEN_TYPE_FLOAT32) {
    for (gint64 i = 0; i < n; i++)
      ((float *)kernel->outputs[0])[i] = (float)(start + (double)i * delta);
  } else {
    for (gint64 i = 0; i < n; i++)
      gen_number_set (y->type, kernel->outputs[0], i, start + (double)i * delta);
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  gen_kernel_add_step (kernel, run, 1);
  return TRUE;
}

const GenOperator gen_operator_range = {
  .name = "Range",
  .summary = "Numbers in equal steps",
  .since = 11,
  .min_inputs = 3,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
};
