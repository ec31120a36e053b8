/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ConstantOfShape: a tensor filled with one value. */
#include <string.h>
#include <generative/operator.h>

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *value = gen_node_tensor (node, "value");
  GenShape shape;

  if (!gen_tensor_ints (gen_node_input (node, 0), shape.dims, GEN_MAX_RANK, &shape.rank))
    return gen_node_error (node, error,
        "its shape is not known before it runs, or has more than %d extents", GEN_MAX_RANK);
  if (!gen_shape_is_known (&shape))
    return gen_node_error (node, error, "its shape has a negative extent");
  if (value != NULL &&
      (gen_tensor_constant (value) == NULL || gen_data_type_size (value->type) == 0 ||
          gen_shape_elements (&value->shape) != 1))
    return gen_node_error (node, error, "its value must be one number");
  gen_node_set_output (node, 0, value != NULL ? value->type : GEN_TYPE_FLOAT32, &shape);
  return TRUE;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenTensor *value = gen_node_tensor (kernel->node, "value"),
                  *y = gen_node_output (kernel->node, 0);
  gsize size = gen_data_type_size (y->type), first, end;
  const char zero[8] = { 0 }, *bytes = value != NULL ? gen_tensor_constant (value) : zero;
  char *out = kernel->outputs[0];

  gen_kernel_share (gen_shape_elements (&y->shape), 64, part, parts, &first, &end);
  for (gsize i = first; i < end; i++)
    memcpy (out + i * size, bytes, size);
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  gint64 n = gen_shape_elements (&gen_node_output (kernel->node, 0)->shape);

  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, n, 0.5));
  return TRUE;
}

const GenOperator gen_operator_constant_of_shape = {
  .name = "ConstantOfShape",
  .summary = "A tensor filled with one value",
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
