/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Constant: a tensor written in the model, as one of six attributes. */
#include "../../graph/kernel.h"

static gboolean
set (GenNode *node, GenDataType type, const GenShape *shape, gconstpointer data)
{
  gen_node_set_output (node, 0, type, shape);
  gen_node_set_constant (
      node, 0, g_bytes_new (data, gen_shape_elements (shape) * gen_data_type_size (type)));
  return TRUE;
}

static gboolean
infer (GenNode *node, GError **error)
{
  const GenAttribute *attribute =
      node->attributes->len > 0 ? g_ptr_array_index (node->attributes, 0) : NULL;

  if (attribute == NULL)
    return gen_node_error (node, error, "it has no value");
  switch (attribute->type) {
  case GEN_ATTRIBUTE_TENSOR:
    if (attribute->tensor == NULL || attribute->tensor->data == NULL)
      break;
    gen_node_set_output (node, 0, attribute->tensor->type, &attribute->tensor->shape);
    gen_node_set_constant (node, 0, g_bytes_ref (attribute->tensor->data));
    return TRUE;
  case GEN_ATTRIBUTE_FLOAT:
    return set (node, GEN_TYPE_FLOAT32, &GEN_SHAPE_SCALAR, &attribute->f);
  case GEN_ATTRIBUTE_INT:
    return set (node, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR, &attribute->i);
  case GEN_ATTRIBUTE_FLOATS:
    return set (
        node, GEN_TYPE_FLOAT32, &GEN_SHAPE (attribute->floats->len), attribute->floats->data);
  case GEN_ATTRIBUTE_INTS:
    return set (node, GEN_TYPE_INT64, &GEN_SHAPE (attribute->ints->len), attribute->ints->data);
  default:
    break;
  }
  return gen_node_error (
      node, error, "its attribute '%s' is not a value that is supported", attribute->name);
}

const GenOperator gen_operator_constant = {
  .name = "Constant",
  .summary = "A tensor written in the model",
  .since = 1,
  .min_inputs = 0,
  .max_inputs = 0,
  .min_outputs = 1,
  .max_outputs = 1,
  .layouts = GEN_LAYOUTS_ANY,
  .infer = infer,
  .gradient_is_zero = TRUE,
};
