/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* OneHot: for each index a row along a new axis, of one value, but another at the index's place. An
 * index out of range leaves its row without. */
#include <string.h>

#include "../number.h"
#include "../shape/strided.h"

static gboolean
find_depth (const GenNode *node, gint64 *depth, GError **error)
{
  const GenTensor *tensor = gen_node_input (node, 1);
  const void *data = gen_tensor_constant (tensor);
  double value = data != NULL && gen_shape_elements (&tensor->shape) == 1
                     ? gen_number_get (tensor->type, data, 0)
                     : -1;

  *depth = value >= 0 && value <= G_MAXINT32 ? (gint64)value : -1;
  return *depth >= 0 || gen_node_error (node, error, "its depth must be a constant number");
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenTensor *indices = gen_node_input (node, 0), *values = gen_node_input (node, 2);
  int axis = gen_axis (gen_node_int (node, "axis", -1), indices->shape.rank + 1), k = 0;
  GenShape shape = { .rank = indices->shape.rank + 1 };
  gint64 depth;

  if (axis < 0 || shape.rank > GEN_MAX_RANK)
    return gen_node_error (node, error,
        "its axis is out of range, or its result has more than %d dimensions", GEN_MAX_RANK);
  if (gen_shape_elements (&values->shape) != 2 || !gen_number_has (indices->type))
    return gen_node_error (node, error, "it takes numbers, a depth and two values");
  if (!find_depth (node, &depth, error))
    return FALSE;
  for (int i = 0; i < shape.rank; i++)
    shape.dims[i] = i == axis ? depth : indices->shape.dims[k++];
  gen_node_set_output (node, 0, values->type, &shape);
  return TRUE;
}

static void
run (const GenKernel *kernel, int part, int parts)
{
  const GenTensor *indices = gen_node_input (kernel->node, 0);
  const GenShape *shape = &gen_node_output (kernel->node, 0)->shape;
  int axis = gen_axis (gen_node_int (kernel->node, "axis", -1), shape->rank);
  gint64 depth = shape->dims[axis], inner = gen_shape_product (shape, axis + 1, shape->rank);
  gsize size = gen_data_type_size (gen_node_output (kernel->node, 0)->type), first, end;
  const char *values = kernel->inputs[2];
  char *out = kernel->outputs[0];

  gen_kernel_share (gen_shape_product (shape, 0, axis), 1, part, parts, &first, &end);
  gen_copy_row (values, 0, out + first * depth * inner * size, 1,
      (gint64)(end - first) * depth * inner, size);
  for (gsize i = first * inner; i < end * inner; i++) {
    double index = gen_number_get (indices->type, kernel->inputs[0], i);

    index = index < 0 ? index + (double)depth : index;
    if (index >= 0 && index < (double)depth)
      memcpy (out + ((i / inner * depth + (gsize)index) * inner + i % inner) * size, values + size,
          size);
  }
}

static gboolean
cpu (GenKernel *kernel, GError **error)
{
  const GenTensor *y = gen_node_output (kernel->node, 0);

  if (gen_data_type_size (y->type) == 0)
    return gen_node_error (
        kernel->node, error, "not supported for elements of type %s", gen_data_type_name (y->type));
  gen_kernel_add_step (kernel, run, gen_kernel_parts (kernel, gen_shape_elements (&y->shape), 1));
  return TRUE;
}

const GenOperator gen_operator_one_hot = {
  .name = "OneHot",
  .summary = "Rows of one value, with another at an index",
  .since = 9,
  .min_inputs = 3,
  .max_inputs = 3,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .infer = infer,
  .cpu = cpu,
  .gradient_is_zero = TRUE,
};
