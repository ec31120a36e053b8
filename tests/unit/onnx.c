/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ONNX files: what is written is read back the same, every part that a model may have is
 * understood or refused by name, and no damaged file does harm. The messages of the tests
 * are made with protobuf-c itself, so that they can be wrong in ways that gen_onnx_save never
 * is. */
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <generative/file-bytes.h>
#include <generative/onnx.h>
#include <generative/operator.h>

#include "onnx.pb-c.h"

/* --- a model to start from: y = Relu (x w + b), x [batch, 3], w [3, 2] --- */

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

static void
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

static void
initialize (Onnx__TensorProto *tensor, const char *name, gint64 *dims, gsize n_dims)
{
  onnx__tensor_proto__init (tensor);
  tensor->name = (char *)name;
  tensor->has_data_type = TRUE;
  tensor->data_type = GEN_TYPE_FLOAT32;
  tensor->dims = dims;
  tensor->n_dims = n_dims;
}

static void
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

static void
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

static GBytes *
pack (const Sample *s)
{
  gsize size = onnx__model_proto__get_packed_size (&s->model);
  guint8 *data = g_malloc (size);

  onnx__model_proto__pack (&s->model, data);
  return g_bytes_new_take (data, size);
}

static GenGraph *
parse (const Sample *s, const char *folder, GError **error)
{
  g_autoptr (GBytes) bytes = pack (s);

  return gen_onnx_parse (bytes, "sample.onnx", folder, error);
}

/* The sample must be refused, with a message that names the file and has `text` in it. */
static void
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

/* --- reading --- */

static void
test_read (void)
{
  Sample s;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = NULL;
  const GenTensor *x, *w, *y;
  const GenNode *gemm;

  sample_init (&s);
  graph = parse (&s, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (graph->name, ==, "sample");
  g_assert_cmpint (graph->opset, ==, 17);
  g_assert_cmpuint (graph->nodes->len, ==, 2);
  g_assert_cmpuint (graph->inputs->len, ==, 1);
  x = g_ptr_array_index (graph->inputs, 0);
  g_assert_cmpstr (x->name, ==, "x");
  g_assert_true (gen_shape_equal (&x->shape, &GEN_SHAPE (-1, 3)));
  g_assert_cmpstr (x->dim_names[0], ==, "batch");
  g_assert_null (x->dim_names[1]);
  w = gen_graph_find (graph, "w");
  g_assert_cmpint (w->role, ==, GEN_ROLE_CONSTANT);
  g_assert_true (gen_shape_equal (&w->shape, &GEN_SHAPE (3, 2)));
  g_assert_cmpmem (gen_tensor_constant (w), gen_tensor_size (w), s.weight_values, 24);
  g_assert_cmpmem (gen_tensor_constant (gen_graph_find (graph, "b")), 8, s.bias_values, 8);
  gemm = g_ptr_array_index (graph->nodes, 0);
  g_assert_cmpstr (gemm->op->name, ==, "Gemm");
  g_assert_cmpfloat (gen_node_float (gemm, "alpha", 1), ==, 2);
  g_assert_true (gen_node_input (gemm, 1) == w);
  y = g_ptr_array_index (graph->outputs, 0);
  g_assert_cmpstr (y->name, ==, "y");
  g_assert_cmpint (y->type, ==, GEN_TYPE_FLOAT32);
  g_assert_true (gen_shape_equal (&y->shape, &GEN_SHAPE (-1, 2)));
  g_assert_true (y->producer == g_ptr_array_index (graph->nodes, 1));
}

static void
test_optional_input (void)
{
  Sample s;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = NULL;

  sample_init (&s);
  s.gemm_inputs[2] = (char *)"";
  graph = parse (&s, NULL, &error);
  g_assert_no_error (error);
  g_assert_null (gen_node_input (g_ptr_array_index (graph->nodes, 0), 2));
}

/* An input that also is an initializer is a constant: a default that nobody overrides. */
static void
test_initialized_input (void)
{
  Sample s;
  Onnx__ValueInfoProto info = ONNX__VALUE_INFO_PROTO__INIT;
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = NULL;

  sample_init (&s);
  info.name = (char *)"w";
  info.type = s.input.type;
  s.inputs[1] = &info;
  s.graph.n_input = 2;
  graph = parse (&s, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (graph->inputs->len, ==, 1);
}

static void
test_metadata (void)
{
  Sample s;
  Onnx__StringStringEntryProto entry = ONNX__STRING_STRING_ENTRY_PROTO__INIT,
                               *entries[] = { &entry };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = NULL;

  sample_init (&s);
  entry.key = (char *)"generative.input-range";
  entry.value = (char *)"-1 1";
  s.model.metadata_props = entries;
  s.model.n_metadata_props = 1;
  graph = parse (&s, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_hash_table_lookup (graph->metadata, "generative.input-range"), ==, "-1 1");
}

/* Each element type, raw and typed, through a third initializer. */
static void
test_types (void)
{
  static const GenDataType types[] = { GEN_TYPE_FLOAT32, GEN_TYPE_UINT8, GEN_TYPE_INT8,
    GEN_TYPE_UINT16, GEN_TYPE_INT16, GEN_TYPE_INT32, GEN_TYPE_INT64, GEN_TYPE_BOOL,
    GEN_TYPE_FLOAT16, GEN_TYPE_FLOAT64, GEN_TYPE_UINT32, GEN_TYPE_UINT64, GEN_TYPE_BFLOAT16 };
  float floats[] = { 1, 0, -1.5f };
  double doubles[] = { 1, 0, -1.5 };
  gint32 ints[] = { 1, 0, 0x7e };
  gint64 longs[] = { 1, 0, -3 };
  guint64 unsigned_longs[] = { 1, 0, 0xfffffffe };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    gsize unit = gen_data_type_size (types[i]);
    guint8 expected[3 * 8] = { 0 };

    for (int raw = 0; raw < 2; raw++) {
      Sample s;
      Onnx__TensorProto tensor, *initializers[3];
      gint64 dims[] = { 3 };
      g_autoptr (GError) error = NULL;
      g_autoptr (GenGraph) graph = NULL;
      const GenTensor *t;

      sample_init (&s);
      initialize (&tensor, "t", dims, 1);
      tensor.data_type = types[i];
      memcpy (initializers, s.initializers, sizeof s.initializers);
      initializers[2] = &tensor;
      s.graph.initializer = initializers;
      s.graph.n_initializer = 3;
      for (int k = 0; k < 3; k++) {
        const void *from = types[i] == GEN_TYPE_FLOAT32   ? (void *)&floats[k]
                           : types[i] == GEN_TYPE_FLOAT64 ? (void *)&doubles[k]
                           : types[i] == GEN_TYPE_INT64   ? (void *)&longs[k]
                           : types[i] == GEN_TYPE_UINT32 || types[i] == GEN_TYPE_UINT64
                               ? (void *)&unsigned_longs[k]
                               : (void *)&ints[k];
        memcpy (expected + k * unit, from, unit);
      }
      if (raw) {
        tensor.has_raw_data = TRUE;
        tensor.raw_data = (ProtobufCBinaryData){ 3 * unit, expected };
      } else {
        tensor.float_data = floats;
        tensor.n_float_data = types[i] == GEN_TYPE_FLOAT32 ? 3 : 0;
        tensor.double_data = doubles;
        tensor.n_double_data = types[i] == GEN_TYPE_FLOAT64 ? 3 : 0;
        tensor.int64_data = longs;
        tensor.n_int64_data = types[i] == GEN_TYPE_INT64 ? 3 : 0;
        tensor.uint64_data = unsigned_longs;
        tensor.n_uint64_data = types[i] == GEN_TYPE_UINT32 || types[i] == GEN_TYPE_UINT64 ? 3 : 0;
        tensor.int32_data = ints;
        tensor.n_int32_data = tensor.n_float_data + tensor.n_double_data + tensor.n_int64_data +
                                          tensor.n_uint64_data ==
                                      0
                                  ? 3
                                  : 0;
      }
      graph = parse (&s, NULL, &error);
      g_assert_no_error (error);
      t = gen_graph_find (graph, "t");
      g_assert_cmpint (t->type, ==, types[i]);
      g_assert_cmpmem (gen_tensor_constant (t), gen_tensor_size (t), expected, 3 * unit);
      g_assert_cmpuint ((guintptr)gen_tensor_constant (t) % unit, ==, 0);
    }
  }
}

/* The Gemm becomes a Constant of each kind, which Relu then takes. */
static void
test_constants (void)
{
  static const char *const kinds[] = { "value", "value_float", "value_floats", "value_int",
    "value_ints" };
  static const int types[] = { ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR,
    ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOATS,
    ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS };
  static const guint8 sizes[] = { 24, 4, 8, 8, 24 };
  static const gint8 ranks[] = { 2, 0, 1, 0, 1 };
  gint64 ints[] = { 5, -6, 7 };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    Sample s;
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = NULL;
    const GenTensor *hidden;

    sample_init (&s);
    s.gemm.op_type = (char *)"Constant";
    s.gemm.n_input = 0;
    s.attribute.name = (char *)kinds[i];
    s.attribute.type = types[i];
    s.attribute.t = &s.weight;
    s.attribute.i = 5;
    s.attribute.has_i = TRUE;
    s.attribute.floats = s.bias_values;
    s.attribute.n_floats = 2;
    s.attribute.ints = ints;
    s.attribute.n_ints = 3;
    graph = parse (&s, NULL, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (graph->nodes->len, ==, 1);
    hidden = gen_graph_find (graph, "hidden");
    g_assert_cmpint (hidden->role, ==, GEN_ROLE_CONSTANT);
    g_assert_cmpint (hidden->shape.rank, ==, ranks[i]);
    g_assert_cmpuint (gen_tensor_size (hidden), ==, sizes[i]);
    s.attribute.type = types[(i + 1) % G_N_ELEMENTS (types)];
    assert_invalid (&s, "but should be");
  }
}

/* --- refusals --- */

static void
test_opsets (void)
{
  Sample s;

  sample_init (&s);
  s.opset.version = 24;
  assert_unsupported (&s, "opset 24; opsets 1 to 23");
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
  assert_unsupported (&s, "ONNX type 8");
  s.weight.data_type = 17;
  assert_unsupported (&s, "ONNX type 17");
  s.weight.data_type = -1;
  assert_unsupported (&s, "ONNX type -1");
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
  Onnx__TypeProto__Sequence sequence = ONNX__TYPE_PROTO__SEQUENCE__INIT;

  sample_init (&s);
  s.tensor_types[0].elem_type = GEN_TYPE_STRING;
  assert_unsupported (&s, "'x' has elements of ONNX type 8");
  sample_init (&s);
  s.types[0].value_case = ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE;
  s.types[0].sequence_type = &sequence;
  assert_unsupported (&s, "'x' is not a tensor");
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

/* --- external data --- */

typedef struct {
  Onnx__StringStringEntryProto entries[3], *list[3];
} External;

static void
make_external (External *e, Onnx__TensorProto *tensor, const char *location, const char *offset,
    const char *length)
{
  const char *const keys[] = { "location", "offset", "length" };
  const char *const values[] = { location, offset, length };

  for (int i = 0; i < 3; i++) {
    onnx__string_string_entry_proto__init (&e->entries[i]);
    e->entries[i].key = (char *)keys[i];
    e->entries[i].value = (char *)values[i];
    e->list[i] = &e->entries[i];
  }
  tensor->has_raw_data = FALSE;
  tensor->has_data_location = TRUE;
  tensor->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
  tensor->external_data = e->list;
  tensor->n_external_data = length != NULL ? 3 : offset != NULL ? 2 : 1;
}

static void
assert_external_refused (const char *folder, const char *location, const char *offset,
    const char *length, int code, const char *text)
{
  Sample s;
  External e;
  g_autoptr (GError) error = NULL;

  sample_init (&s);
  make_external (&e, &s.weight, location, offset, length);
  g_assert_null (parse (&s, folder, &error));
  g_assert_error (error, GEN_ONNX_ERROR, code);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, "tensor 'w'"));
  g_assert_nonnull (strstr (error->message, text));
}

static void
test_external (void)
{
  g_autofree char *folder = g_dir_make_tmp ("generative-onnx-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "weights.bin", NULL);
  g_autofree char *outside = g_build_filename (g_get_tmp_dir (), "outside.bin", NULL);
  char content[40];
  g_autoptr (GError) error = NULL;

  memset (content, 'x', sizeof content);
  for (int offset = 0; offset <= 16; offset += 8) {
    Sample s;
    External e;
    g_autoptr (GenGraph) graph = NULL;
    g_autofree char *text = g_strdup_printf ("%d", offset);

    sample_init (&s);
    memcpy (content + offset, s.weight_values, sizeof s.weight_values);
    g_assert_true (g_file_set_contents (path, content, sizeof content, NULL));
    make_external (
        &e, &s.weight, "weights.bin", offset > 0 ? text : NULL, offset > 8 ? "24" : NULL);
    graph = parse (&s, folder, &error);
    g_assert_no_error (error);
    g_assert_cmpmem (gen_tensor_constant (gen_graph_find (graph, "w")), 24, s.weight_values, 24);
  }
  assert_external_refused (folder, "none.bin", NULL, NULL, GEN_ONNX_ERROR_FILE, "none.bin");
  assert_external_refused (folder, "weights.bin", "17", NULL, GEN_ONNX_ERROR_INVALID, "not there");
  assert_external_refused (
      folder, "weights.bin", "9223372036854775800", NULL, GEN_ONNX_ERROR_INVALID, "not there");
  assert_external_refused (folder, "weights.bin", "-1", NULL, GEN_ONNX_ERROR_INVALID, "'-1'");
  assert_external_refused (folder, "weights.bin", "0x1", NULL, GEN_ONNX_ERROR_INVALID, "'0x1'");
  assert_external_refused (folder, "weights.bin", "0", "23", GEN_ONNX_ERROR_INVALID, "23 bytes");
  assert_external_refused (folder, "", NULL, NULL, GEN_ONNX_ERROR_INVALID, "model's folder");
  assert_external_refused (folder, outside, NULL, NULL, GEN_ONNX_ERROR_INVALID, "model's folder");
  assert_external_refused (
      folder, "../weights.bin", NULL, NULL, GEN_ONNX_ERROR_INVALID, "model's folder");
  assert_external_refused (
      folder, "a/../../b", NULL, NULL, GEN_ONNX_ERROR_INVALID, "model's folder");
  assert_external_refused (
      NULL, "weights.bin", NULL, NULL, GEN_ONNX_ERROR_UNSUPPORTED, "no folder");
  assert_external_refused (folder, ".", NULL, NULL, GEN_ONNX_ERROR_FILE, "folder");
  g_unlink (path);
  g_rmdir (folder);
}

/* --- where weights lie --- */

/* Weights that lie aligned in the file's bytes are used there, others are copied. */
static void
test_in_place (void)
{
  guint shared = 0;

  for (int n = 0; n < 16; n++) {
    g_autofree char *producer = g_strnfill (n, 'x');
    Sample s;
    g_autoptr (GBytes) bytes = NULL;
    g_autoptr (GenGraph) graph = NULL;
    g_autoptr (GError) error = NULL;
    const guint8 *start, *weight;
    gsize size;

    sample_init (&s);
    s.model.producer_name = producer;
    bytes = pack (&s);
    start = g_bytes_get_data (bytes, &size);
    graph = gen_onnx_parse (bytes, "sample.onnx", NULL, &error);
    g_assert_no_error (error);
    weight = gen_tensor_constant (gen_graph_find (graph, "w"));
    g_assert_cmpmem (weight, 24, s.weight_values, 24);
    g_assert_cmpuint ((guintptr)weight % sizeof (float), ==, 0);
    shared += weight >= start && weight < start + size;
  }
  g_assert_cmpuint (shared, ==, 4);
}

static gboolean
is_mapped (const char *path)
{
  g_autofree char *maps = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/maps", &maps, NULL, NULL));
  return strstr (maps, path) != NULL;
}

/* A large external file is mapped for as long as a graph has weights in it, and no longer. */
static void
test_mapped (void)
{
  g_autofree char *folder = g_dir_make_tmp ("generative-onnx-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "weights.bin", NULL);
  g_autofree char *content = g_malloc0 (8192);
  g_autoptr (GError) error = NULL;
  GenGraph *graph;
  External e;
  Sample s;

  sample_init (&s);
  memcpy (content + 4096, s.weight_values, sizeof s.weight_values);
  g_assert_true (g_file_set_contents (path, content, 8192, NULL));
  g_assert_cmpint (truncate (path, GEN_FILE_MAP_SIZE), ==, 0);
  make_external (&e, &s.weight, "weights.bin", "4096", NULL);
  graph = parse (&s, folder, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (gen_tensor_constant (gen_graph_find (graph, "w")), 24, s.weight_values, 24);
  g_assert_true (is_mapped (path));
  gen_graph_unref (graph);
  g_assert_false (is_mapped (path));
  g_unlink (path);
  g_rmdir (folder);
}

/* --- damage --- */

/* Whatever the bytes: an error, or a graph that inference accepts or refuses. */
static void
try_bytes (const guint8 *data, gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) reason = NULL;
  g_autoptr (GenGraph) graph = gen_onnx_parse (bytes, "damaged.onnx", NULL, &error);

  if (graph == NULL) {
    g_assert_nonnull (error);
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    g_assert_true (g_str_has_prefix (error->message, "damaged.onnx: "));
    return;
  }
  gen_graph_set_free_dimensions (graph, NULL, 1);
  if (!gen_graph_infer (graph, &reason))
    g_assert_nonnull (reason);
}

static void
test_truncated (void)
{
  Sample s;
  g_autoptr (GBytes) bytes = NULL;
  gsize size;
  const guint8 *data;

  sample_init (&s);
  bytes = pack (&s);
  data = g_bytes_get_data (bytes, &size);
  for (gsize n = 0; n <= size; n++)
    try_bytes (data, n);
}

static void
test_flipped (void)
{
  Sample s;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree guint8 *copy = NULL;
  gsize size;
  const guint8 *data;

  sample_init (&s);
  bytes = pack (&s);
  data = g_bytes_get_data (bytes, &size);
  copy = g_memdup2 (data, size);
  for (gsize i = 0; i < size; i++)
    for (int bit = 0; bit < 10; bit++) {
      copy[i] = bit < 8 ? data[i] ^ 1 << bit : bit == 8 ? 0 : 0xff;
      try_bytes (copy, size);
      copy[i] = data[i];
    }
}

/* Bytes shuffled, repeated and cut out, with a seed. */
static void
test_spliced (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  Sample s;
  g_autoptr (GBytes) bytes = NULL;
  gsize size;
  const guint8 *data;

  sample_init (&s);
  bytes = pack (&s);
  data = g_bytes_get_data (bytes, &size);
  for (int i = 0; i < 3000; i++) {
    g_autoptr (GByteArray) mix = g_byte_array_new ();
    int parts = g_rand_int_range (rand, 1, 5);

    for (int k = 0; k < parts; k++) {
      gsize first = g_rand_int_range (rand, 0, size),
            end = g_rand_int_range (rand, first, size + 1);

      g_byte_array_append (mix, data + first, end - first);
      if (mix->len > 0 && g_rand_boolean (rand))
        mix->data[g_rand_int_range (rand, 0, mix->len)] = g_rand_int (rand);
    }
    try_bytes (mix->data, mix->len);
  }
}

static void
assert_encoding_refused (const GByteArray *message, const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (message->data, message->len);
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_onnx_parse (bytes, "bomb.onnx", NULL, &error));
  g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, text));
}

/* `message` as the content of field `number`. */
static void
wrap (GByteArray *message, guint number)
{
  guint8 head[12];
  guint n = 0;

  head[n++] = number << 3 | 2;
  for (guint rest = message->len;; rest >>= 7) {
    head[n++] = (rest & 0x7f) | (rest >= 0x80 ? 0x80 : 0);
    if (rest < 0x80)
      break;
  }
  g_byte_array_prepend (message, head, n);
}

static void
test_bombs (void)
{
  g_autoptr (GByteArray) deep = g_byte_array_new ();
  g_autoptr (GByteArray) wide = g_byte_array_new ();
  g_autoptr (GByteArray) twice = g_byte_array_new ();
  g_autoptr (GByteArray) text = g_byte_array_new ();

  /* Graphs in attributes of nodes of graphs …: 1000 levels. */
  for (int i = 0; i < 1000; i++) {
    wrap (deep, 6); /* attribute.g */
    wrap (deep, 5); /* node.attribute */
    wrap (deep, 1); /* graph.node */
  }
  wrap (deep, 7);
  assert_encoding_refused (deep, "nesting");

  /* Millions of empty attributes: two bytes here, some 300 in memory. */
  for (int i = 0; i < 2000000; i++)
    g_byte_array_append (wide, (const guint8[]){ 5 << 3 | 2, 0 }, 2);
  wrap (wide, 1);
  wrap (wide, 7);
  assert_encoding_refused (wide, "unreasonable");

  g_byte_array_append (twice, (const guint8[]){ 7 << 3 | 2, 0, 7 << 3 | 2, 0 }, 4);
  assert_encoding_refused (twice, "twice");

  g_byte_array_append (text, (const guint8[]){ 2 << 3 | 2, 2, 0xff, 0xfe }, 4);
  assert_encoding_refused (text, "UTF-8");
}

/* --- writing --- */

static GenGraph *
built (void)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new ("built");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (4, 3));
  GenTensor *w = gen_graph_add_state (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (5, 3),
      g_bytes_new_take (g_new0 (float, 15), 15 * sizeof (float)));
  GenTensor *y = gen_graph_op (graph, "Gemm", (GenTensor *[]){ x, w, gen_graph_float (graph, 0.5) },
      3, 1, &error, "transB", GEN_INT, 1, "alpha", GEN_FLOAT, 0.25, NULL);
  gint64 shape[] = { 2, -1 };

  y = gen_unary (graph, "Relu", y, &error);
  y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, shape, 2), &error);
  g_assert_no_error (error);
  gen_graph_float (graph, 3); /* used by nothing: not to be written */
  gen_graph_add_output (graph, y);
  g_hash_table_insert (graph->metadata, g_strdup ("b"), g_strdup ("2"));
  g_hash_table_insert (graph->metadata, g_strdup ("a"), g_strdup ("1"));
  return graph;
}

static void
test_round_trip (void)
{
  g_autofree char *folder = g_dir_make_tmp ("generative-onnx-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GenGraph) graph = built ();
  g_autoptr (GenGraph) again = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GBytes) file = NULL;
  g_autoptr (GBytes) second = NULL;

  g_assert_true (gen_onnx_save (graph, path, &error));
  g_assert_no_error (error);
  first = gen_onnx_serialize (graph, &error);
  g_assert_no_error (error);
  file = gen_file_bytes (path, &error);
  g_assert_true (g_bytes_equal (first, file));
  again = gen_onnx_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (again->nodes->len, ==, 3);
  g_assert_cmpint (gen_graph_find (again, "w")->role, ==, GEN_ROLE_CONSTANT);
  g_assert_cmpstr (g_hash_table_lookup (again->metadata, "a"), ==, "1");
  g_assert_true (gen_graph_infer (again, &error));
  g_assert_true (gen_shape_equal (
      &((GenTensor *)g_ptr_array_index (again->outputs, 0))->shape, &GEN_SHAPE (2, 10)));
  second = gen_onnx_serialize (again, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (first, second));
  g_unlink (path);
  g_rmdir (folder);
}

static void
test_not_writable (void)
{
  g_autoptr (GenGraph) graph = built ();
  g_autoptr (GError) error = NULL;
  GenNode *first = g_ptr_array_index (graph->nodes, 0);

  g_assert_false (gen_onnx_save (graph, "/nonexistent/folder/model.onnx", &error));
  g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "/nonexistent/folder/model.onnx"));
  g_clear_error (&error);
  /* Opsets that agree on all operators can be mixed, others cannot. */
  first->opset = 13;
  g_bytes_unref (gen_onnx_serialize (graph, &error));
  g_assert_no_error (error);
  first->opset = 12;
  g_assert_null (gen_onnx_serialize (graph, &error));
  g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_UNSUPPORTED);
}

static void
test_files (void)
{
  g_autofree char *folder = g_dir_make_tmp ("generative-onnx-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "empty.onnx", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (gen_onnx_load ("/nonexistent.onnx", &error));
  g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "/nonexistent.onnx"));
  g_clear_error (&error);
  g_assert_null (gen_onnx_load (folder, &error));
  g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_FILE);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  g_assert_null (gen_onnx_load (path, &error));
  g_assert_error (error, GEN_ONNX_ERROR, GEN_ONNX_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "empty"));
  g_unlink (path);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/onnx/read", test_read);
  g_test_add_func ("/onnx/optional-input", test_optional_input);
  g_test_add_func ("/onnx/initialized-input", test_initialized_input);
  g_test_add_func ("/onnx/metadata", test_metadata);
  g_test_add_func ("/onnx/types", test_types);
  g_test_add_func ("/onnx/constants", test_constants);
  g_test_add_func ("/onnx/opsets", test_opsets);
  g_test_add_func ("/onnx/unknown-operators", test_unknown_operators);
  g_test_add_func ("/onnx/structure", test_structure);
  g_test_add_func ("/onnx/tensors", test_tensors);
  g_test_add_func ("/onnx/values", test_values);
  g_test_add_func ("/onnx/attributes", test_attributes);
  g_test_add_func ("/onnx/external", test_external);
  g_test_add_func ("/onnx/in-place", test_in_place);
  g_test_add_func ("/onnx/mapped", test_mapped);
  g_test_add_func ("/onnx/truncated", test_truncated);
  g_test_add_func ("/onnx/flipped", test_flipped);
  g_test_add_func ("/onnx/spliced", test_spliced);
  g_test_add_func ("/onnx/bombs", test_bombs);
  g_test_add_func ("/onnx/round-trip", test_round_trip);
  g_test_add_func ("/onnx/not-writable", test_not_writable);
  g_test_add_func ("/onnx/files", test_files);
  return g_test_run ();
}
