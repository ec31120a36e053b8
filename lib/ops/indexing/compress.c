/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compress: the slices along an axis, or the elements, for which a condition holds. */
#include <string.h>

#include "../result.h"

static gboolean
compute (const GenNode *node, const void *const *inputs, GenResult *results, GError **error)
{
  const GenTensor *x = gen_node_input (node, 0), *condition = gen_node_input (node, 1);
  const guint8 *holds = inputs[1];
  gboolean flat = gen_node_attribute (node, "axis") == NULL;
  int axis = flat ? 0 : gen_axis (gen_node_int (node, "axis", 0), x->shape.rank);
  GenShape shape = flat ? GEN_SHAPE (gen_shape_elements (&x->shape)) : x->shape;
  gsize outer, inner, extent, n = 0;
  char *out;

  if (axis < 0 || condition->type != GEN_TYPE_BOOL || condition->shape.rank != 1 ||
      gen_data_type_size (x->type) == 0)
    return gen_node_error (node, error, "it takes a tensor, a list of bool and a valid axis");
  outer = gen_shape_product (&shape, 0, axis);
  inner = gen_shape_product (&shape, axis + 1, shape.rank) * gen_data_type_size (x->type);
  extent = shape.dims[axis];
  for (gsize i = 0; i < MIN (extent, (gsize)condition->shape.dims[0]); i++)
    n += holds[i] != 0;
  shape.dims[axis] = (gint64)n;
  out = gen_result_new (&results[0], x->type, &shape);
  for (gsize o = 0; o < outer; o++)
    for (gsize i = 0; i < MIN (extent, (gsize)condition->shape.dims[0]); i++)
      if (holds[i] != 0) {
        memcpy (out, (const char *)inputs[0] + (o * extent + i) * inner, inner);
        out += inner;
      }
  return TRUE;
}

const GenOperator gen_operator_compress = {
  .name = "Compress",
  .summary = "Slices for which a condition holds",
  .since = 9,
  .min_inputs = 2,
  .max_inputs = 2,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_PLAIN,
  .compute = compute,
};
