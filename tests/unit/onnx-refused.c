/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ONNX files: what cannot be used is refused by name. */
#include "onnx-sample.h"

static void
test_opsets (void)
{
  Sample s;

  sample_init (&s);
  s.opset.version = GEN_OPSET_MAX + 1;
  assert_unsupported (&s, "opset 29; opsets 1 to 28");
  s.opset.version = -G_MAXINT64;
  assert_unsupported (&s, "opset 0;");
  s.opset.version = 17;
  s.opset.domain = (char *)"com.example";
  assert_invalid (&s, "which opset of domain 'ai.onnx'");
  s.opset.domain = (char *)"ai.onnx";
  s.relu.domain = (char *)"com.example";
  assert_invalid (&s, "opset of domain 'com.example'");
  s.model.graph = NULL;
  assert_invalid (&s, "no graph");
}

static void
test_unknown_operators (void)
{
  Sample s;
  Onnx__OperatorSetIdProto other = ONNX__OPERATOR_SET_ID_PROTO__INIT, *opsets[2];

  sample_init (&s);
  other.domain = (char *)"com.example";
  other.has_version = TRUE;
  other.version = 3;
  opsets[0] = &s.opset;
  opsets[1] = &other;
  s.model.opset_import = opsets;
  s.model.n_opset_import = 2;
  s.gemm.op_type = (char *)"Telepathy";
  s.relu.op_type = (char *)"Levitate";
  s.relu.domain = (char *)"com.example";
  assert_refused (&s, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_UNKNOWN_OPERATOR,
      "Telepathy (opset 17, in node 'Gemm'), com.example.Levitate (opset 3, in node 'Relu')");
  /* Operators that only graphs built here may have. */
  other.domain = (char *)"generative";
  s.gemm.op_type = (char *)"ReluGradient";
  s.gemm.domain = (char *)"generative";
  s.relu.domain = NULL;
  s.relu.op_type = (char *)"Relu";
  assert_refused (&s, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_UNKNOWN_OPERATOR, "generative.ReluGradient");
}

static void
test_structure (void)
{
  Sample s;
  Onnx__ValueInfoProto *twice[2];
  Onnx__TensorProto *tensors[3];

  sample_init (&s);
  s.nodes[0] = &s.relu;
  s.nodes[1] = &s.gemm;
  assert_invalid (&s, "'hidden' is made only by a later node");
  sample_init (&s);
  s.gemm_inputs[0] = (char *)"y"; /* a cycle */
  assert_invalid (&s, "'y' is made only by a later node");
  sample_init (&s);
  s.gemm_inputs[0] = (char *)"nothing";
  assert_invalid (&s, "node 'Gemm' (Gemm): its input 'nothing' is neither");
  sample_init (&s);
  s.relu_outputs[0] = (char *)"hidden";
  assert_invalid (&s, "its output 'hidden' has the name of another");
  s.relu_outputs[0] = (char *)"w";
  assert_invalid (&s, "its output 'w' has the name of another");
  s.relu_outputs[0] = (char *)"z";
  assert_invalid (&s, "output 'y' is made by no node");
  sample_init (&s);
  s.graph.n_output = 0;
  assert_invalid (&s, "no outputs");
  s.graph.n_output = 2;
  s.outputs[1] = &s.output;
  assert_invalid (&s, "two outputs named 'y'");
  sample_init (&s);
  twice[0] = twice[1] = &s.input;
  s.graph.input = twice;
  s.graph.n_input = 2;
  assert_invalid (&s, "two inputs named 'x'");
  sample_init (&s);
  tensors[0] = tensors[2] = &s.weight;
  tensors[1] = &s.bias;
  s.graph.initializer = tensors;
  s.graph.n_initializer = 3;
  assert_invalid (&s, "two initializers named 'w'");
  sample_init (&s);
  s.gemm.n_input = 1;
  assert_refused (&s, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "Gemm");
}

static void
test_tensors (void)
{
  Sample s;
  gint64 many[9] = { 1, 1, 1, 1, 1, 1, 1, 3, 2 };
  Onnx__TensorProto__Segment segment = ONNX__TENSOR_PROTO__SEGMENT__INIT;

  sample_init (&s);
  s.weight.raw_data.len = 23;
  assert_invalid (&s, "tensor 'w': 23 bytes of data, its shape and type take 24");
  s.weight.raw_data.len = 24;
  s.weight_dims[0] = 4;
  assert_invalid (&s, "take 32");
  s.weight_dims[0] = -3;
  assert_invalid (&s, "negative");
  s.weight_dims[0] = s.weight_dims[1] = (gint64)1 << 31;
  assert_invalid (&s, "than can be held");
  s.weight_dims[0] = 0;
  s.weight_dims[1] = (gint64)1 << 62;
  assert_invalid (&s, "than can be held");
  s.weight.dims = many;
  s.weight.n_dims = 9;
  assert_unsupported (&s, "9 dimensions, at most 8");
  sample_init (&s);
  s.weight.data_type = 8;
  assert_unsupported (&s, "node 'Gemm' (Gemm): its input 'w' is a constant of type STRING");
  s.weight.data_type = 99;
  assert_unsupported (&s, "of type undefined");
  s.weight.data_type = -1;
  assert_unsupported (&s, "elements of type undefined (-1)");
  sample_init (&s);
  s.bias.n_float_data = 1;
  assert_invalid (&s, "tensor 'b': 1 elements, its shape takes 2");
  sample_init (&s);
  s.bias.segment = &segment;
  assert_unsupported (&s, "segments");
}

static void
test_values (void)
{
  Sample s;
  Onnx__TypeProto__Map map = ONNX__TYPE_PROTO__MAP__INIT;

  sample_init (&s);
  s.tensor_types[0].elem_type = GEN_TYPE_STRING;
  assert_unsupported (&s, "'x' has elements of type STRING");
  sample_init (&s);
  s.types[0].value_case = ONNX__TYPE_PROTO__VALUE_MAP_TYPE;
  s.types[0].map_type = &map;
  assert_unsupported (&s, "'x' is a map");
  sample_init (&s);
  s.input.type = NULL;
  assert_invalid (&s, "input 'x' has no type");
}

static void
test_attributes (void)
{
  Sample s;
  Onnx__AttributeProto *twice[2];
  Onnx__GraphProto graph = ONNX__GRAPH_PROTO__INIT;

  sample_init (&s);
  s.attribute.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH;
  s.attribute.g = &graph;
  assert_unsupported (&s, "node 'Gemm' (Gemm): its attribute 'alpha' is a graph");
  s.attribute.type = 0;
  assert_unsupported (&s, "'alpha' of type UNDEFINED");
  s.attribute.type = 99;
  assert_unsupported (&s, "'alpha' of type unknown");
  s.attribute.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR;
  assert_unsupported (&s, "'alpha' of type TENSOR");
  sample_init (&s);
  twice[0] = twice[1] = &s.attribute;
  s.gemm.attribute = twice;
  s.gemm.n_attribute = 2;
  assert_invalid (&s, "two attributes 'alpha'");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/onnx/refused/opsets", test_opsets);
  g_test_add_func ("/onnx/refused/unknown-operators", test_unknown_operators);
  g_test_add_func ("/onnx/refused/structure", test_structure);
  g_test_add_func ("/onnx/refused/tensors", test_tensors);
  g_test_add_func ("/onnx/refused/values", test_values);
  g_test_add_func ("/onnx/refused/attributes", test_attributes);
  return g_test_run ();
}
