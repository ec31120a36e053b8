/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ONNX files: every part that a model may have is understood. */
#include "onnx-sample.h"

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
    GEN_TYPE_FLOAT16, GEN_TYPE_FLOAT64, GEN_TYPE_UINT32, GEN_TYPE_UINT64, GEN_TYPE_BFLOAT16,
    GEN_TYPE_FLOAT8E4M3FN, GEN_TYPE_FLOAT8E4M3FNUZ, GEN_TYPE_FLOAT8E5M2, GEN_TYPE_FLOAT8E5M2FNUZ,
    GEN_TYPE_FLOAT8E8M0 };
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

/* Elements of a few bits share bytes in a file, the first in the lowest bits, and have bytes of
 * their own here. */
static void
test_packed_types (void)
{
  static const struct {
    GenDataType type;
    guint8 packed[2];
    gint8 expected[3];
  } cases[] = {
    { GEN_TYPE_INT4, { 0x7f, 0x08 }, { -1, 7, -8 } },
    { GEN_TYPE_UINT4, { 0x7f, 0x08 }, { 15, 7, 8 } },
    { GEN_TYPE_FLOAT4E2M1, { 0x7f, 0x08 }, { 15, 7, 8 } },
    { GEN_TYPE_INT2, { 0xe4 & 0x3f }, { 0, 1, -2 } },
    { GEN_TYPE_UINT2, { 0xe4 & 0x3f }, { 0, 1, 2 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (int raw = 0; raw < 2; raw++) {
      Sample s;
      Onnx__TensorProto tensor, *initializers[3];
      gint64 dims[] = { 3 };
      gint32 ints[] = { cases[i].packed[0], cases[i].packed[1] };
      gsize size = gen_data_type_bits (cases[i].type) == 4 ? 2 : 1;
      g_autoptr (GError) error = NULL;
      g_autoptr (GenGraph) graph = NULL;
      const GenTensor *t;

      sample_init (&s);
      initialize (&tensor, "t", dims, 1);
      tensor.data_type = cases[i].type;
      memcpy (initializers, s.initializers, sizeof s.initializers);
      initializers[2] = &tensor;
      s.graph.initializer = initializers;
      s.graph.n_initializer = 3;
      tensor.has_raw_data = raw;
      tensor.raw_data = (ProtobufCBinaryData){ size, (guint8 *)cases[i].packed };
      tensor.int32_data = ints;
      tensor.n_int32_data = raw ? 0 : size;
      graph = parse (&s, NULL, &error);
      g_assert_no_error (error);
      t = gen_graph_find (graph, "t");
      g_assert_cmpint (t->type, ==, cases[i].type);
      g_assert_cmpmem (gen_tensor_constant (t), gen_tensor_size (t), cases[i].expected, 3);
      tensor.raw_data.len++;
      tensor.n_int32_data++;
      assert_invalid (&s, raw ? "bytes of data" : "elements, its shape takes");
    }
}

/* What nobody reads need not be of a type that is known. */
static void
test_unread (void)
{
  Sample s;
  Onnx__TensorProto tensor, *initializers[3];
  Onnx__NodeProto constant, *nodes[3];
  Onnx__AttributeProto words = ONNX__ATTRIBUTE_PROTO__INIT, *attributes[] = { &words };
  char *outputs[] = { (char *)"words" };
  ProtobufCBinaryData text = { 3, (guint8 *)"cat" };
  gint64 dims[] = { 1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = NULL;

  sample_init (&s);
  initialize (&tensor, "labels", dims, 1);
  tensor.data_type = GEN_TYPE_STRING;
  tensor.string_data = &text;
  tensor.n_string_data = 1;
  memcpy (initializers, s.initializers, sizeof s.initializers);
  initializers[2] = &tensor;
  s.graph.initializer = initializers;
  s.graph.n_initializer = 3;
  node (&constant, "Constant", NULL, 0, outputs);
  words.name = (char *)"value_strings";
  words.has_type = TRUE;
  words.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS;
  words.strings = &text;
  words.n_strings = 1;
  constant.attribute = attributes;
  constant.n_attribute = 1;
  nodes[0] = &constant;
  nodes[1] = &s.gemm;
  nodes[2] = &s.relu;
  s.graph.node = nodes;
  s.graph.n_node = 3;
  graph = parse (&s, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (graph->nodes->len, ==, 2);
  s.relu_inputs[0] = (char *)"labels";
  assert_unsupported (
      &s, "node 'Relu' (Relu): its input 'labels' is a constant of type STRING, which is not");
  s.relu_inputs[0] = outputs[0];
  assert_unsupported (&s, "its input 'words' is a constant of type STRING");
  tensor.data_type = 15;
  s.relu_inputs[0] = (char *)"labels";
  assert_unsupported (&s, "of type COMPLEX128");
  s.relu_inputs[0] = (char *)"hidden";
  s.output.name = (char *)"labels";
  assert_unsupported (&s, "output 'labels' is a constant of type COMPLEX128");
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/onnx/read/read", test_read);
  g_test_add_func ("/onnx/read/optional-input", test_optional_input);
  g_test_add_func ("/onnx/read/initialized-input", test_initialized_input);
  g_test_add_func ("/onnx/read/metadata", test_metadata);
  g_test_add_func ("/onnx/read/types", test_types);
  g_test_add_func ("/onnx/read/packed-types", test_packed_types);
  g_test_add_func ("/onnx/read/unread", test_unread);
  g_test_add_func ("/onnx/read/constants", test_constants);
  return g_test_run ();
}
