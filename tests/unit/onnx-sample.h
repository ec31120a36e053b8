/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A model of ONNX's own messages, made with protobuf-c itself, so that it can be wrong in ways that
 * gen_onnx_save never is. */
#pragma once

#include <string.h>
#include <generative/onnx.h>
#include <generative/operator.h>

#include "onnx.pb-c.h"

/* A model to start from: y = Relu (x w + b), x [batch, 3], w [3, 2]. */
typedef struct {
  Onnx__ModelProto model;
  Onnx__OperatorSetIdProto opset, *opsets[1];
  Onnx__GraphProto graph;
  Onnx__ValueInfoProto input, output, *inputs[2], *outputs[2];
  Onnx__TypeProto types[2];
  Onnx__TypeProto__Tensor tensor_types[2];
  Onnx__TensorShapeProto shapes[2];
  Onnx__TensorShapeProto__Dimension dims[2][2], *dim_list[2][2];
  Onnx__TensorProto weight, bias, *initializers[2];
  gint64 weight_dims[2], bias_dims[1];
  float weight_values[6], bias_values[2];
  Onnx__NodeProto gemm, relu, *nodes[2];
  char *gemm_inputs[3], *gemm_outputs[1], *relu_inputs[1], *relu_outputs[1];
  Onnx__AttributeProto attribute, *attributes[1];
} Sample;

static inline void
declare (Sample *s, int i, Onnx__ValueInfoProto *info, const char *name, gint64 columns)
{
  onnx__value_info_proto__init (info);
  onnx__type_proto__init (&s->types[i]);
  onnx__type_proto__tensor__init (&s->tensor_types[i]);
  onnx__tensor_shape_proto__init (&s->shapes[i]);
  info->name = (char *)name;
  info->type = &s->types[i];
  s->types[i].value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
  s->types[i].tensor_type = &s->tensor_types[i];
  s->tensor_types[i].has_elem_type = TRUE;
  s->tensor_types[i].elem_type = GEN_TYPE_FLOAT32;
  s->tensor_types[i].shape = &s->shapes[i];
  s->shapes[i].n_dim = 2;
  s->shapes[i].dim = s->dim_list[i];
  for (int d = 0; d < 2; d++) {
    onnx__tensor_shape_proto__dimension__init (&s->dims[i][d]);
    s->dim_list[i][d] = &s->dims[i][d];
  }
  s->dims[i][0].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_PARAM;
  s->dims[i][0].dim_param = (char *)"batch";
  s->dims[i][1].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
  s->dims[i][1].dim_value = columns;
}

static inline void
initialize (Onnx__TensorProto *tensor, const char *name, gint64 *dims, gsize n_dims)
{
  onnx__tensor_proto__init (tensor);
  tensor->name = (char *)name;
  tensor->has_data_type = TRUE;
  tensor->data_type = GEN_TYPE_FLOAT32;
  tensor->dims = dims;
  tensor->n_dims = n_dims;
}

static inline void
node (Onnx__NodeProto *proto, const char *op, char **inputs, gsize n_inputs, char **outputs)
{
  onnx__node_proto__init (proto);
  proto->name = (char *)op;
  proto->op_type = (char *)op;
  proto->input = inputs;
  proto->n_input = n_inputs;
  proto->output = outputs;
  proto->n_output = 1;
}

static inline void
sample_init (Sample *s)
{
  onnx__model_proto__init (&s->model);
  s->model.has_ir_version = TRUE;
  s->model.ir_version = 8;
  s->model.graph = &s->graph;
  s->model.n_opset_import = 1;
  s->model.opset_import = s->opsets;
  s->opsets[0] = &s->opset;
  onnx__operator_set_id_proto__init (&s->opset);
  s->opset.has_version = TRUE;
  s->opset.version = 17;

  onnx__graph_proto__init (&s->graph);
  s->graph.name = (char *)"sample";
  declare (s, 0, &s->input, "x", 3);
  declare (s, 1, &s->output, "y", 2);
  s->graph.n_input = s->graph.n_output = 1;
  s->graph.input = s->inputs;
  s->inputs[0] = &s->input;
  s->graph.output = s->outputs;
  s->outputs[0] = &s->output;

  for (int i = 0; i < 6; i++)
    s->weight_values[i] = i - 2.5f;
  s->bias_values[0] = 0.25f;
  s->bias_values[1] = -8;
  s->weight_dims[0] = 3;
  s->weight_dims[1] = s->bias_dims[0] = 2;
  initialize (&s->weight, "w", s->weight_dims, 2);
  s->weight.has_raw_data = TRUE;
  s->weight.raw_data = (ProtobufCBinaryData){ sizeof s->weight_values, (guint8 *)s->weight_values };
  initialize (&s->bias, "b", s->bias_dims, 1);
  s->bias.float_data = s->bias_values;
  s->bias.n_float_data = 2;
  s->graph.n_initializer = 2;
  s->graph.initializer = s->initializers;
  s->initializers[0] = &s->weight;
  s->initializers[1] = &s->bias;

  s->gemm_inputs[0] = (char *)"x";
  s->gemm_inputs[1] = (char *)"w";
  s->gemm_inputs[2] = (char *)"b";
  s->gemm_outputs[0] = s->relu_inputs[0] = (char *)"hidden";
  s->relu_outputs[0] = (char *)"y";
  node (&s->gemm, "Gemm", s->gemm_inputs, 3, s->gemm_outputs);
  node (&s->relu, "Relu", s->relu_inputs, 1, s->relu_outputs);
  onnx__attribute_proto__init (&s->attribute);
  s->attribute.name = (char *)"alpha";
  s->attribute.has_type = s->attribute.has_f = TRUE;
  s->attribute.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT;
  s->attribute.f = 2;
  s->attributes[0] = &s->attribute;
  s->gemm.attribute = s->attributes;
  s->gemm.n_attribute = 1;
  s->graph.n_node = 2;
  s->graph.node = s->nodes;
  s->nodes[0] = &s->gemm;
  s->nodes[1] = &s->relu;
}

static inline GBytes *
pack (const Sample *s)
{
  gsize size = onnx__model_proto__get_packed_size (&s->model);
  guint8 *data = g_malloc (size);

  onnx__model_proto__pack (&s->model, data);
  return g_bytes_new_take (data, size);
}

static inline GenGraph *
parse (const Sample *s, const char *folder, GError **error)
{
  g_autoptr (GBytes) bytes = pack (s);

  return gen_onnx_parse (bytes, "sample.onnx", folder, error);
}

/* The sample must be refused, with a message that names the file and has `text` in it. */
static inline void
assert_refused (const Sample *s, GQuark domain, int code, const char *text)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (parse (s, NULL, &error));
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  g_assert_error (error, domain, code);
  g_assert_true (g_str_has_prefix (error->message, "sample.onnx: "));
  g_assert_nonnull (strstr (error->message, text));
}

#define assert_invalid(S, TEXT) assert_refused (S, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID, TEXT)
#define assert_unsupported(S, TEXT)                                                                \
  assert_refused (S, GEN_ONNX_ERROR, GEN_ONNX_ERROR_UNSUPPORTED, TEXT)
