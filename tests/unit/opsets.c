/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What operators have learned since opset 24, in small numbers that can be followed by hand. All
 * comes from constants, so that inference alone computes it. */
#include "cases.h"

#include <math.h>
#include <string.h>

static GenTensor *
floats (GenGraph *graph, const GenShape *shape, const float *values)
{
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, shape,
      g_bytes_new (values, gen_shape_elements (shape) * sizeof *values));
}

static GenTensor *
bytes (GenGraph *graph, GenDataType type, gint64 n, const void *values)
{
  return gen_graph_add_constant (
      graph, NULL, type, &GEN_SHAPE (n), g_bytes_new (values, n * gen_data_type_size (type)));
}

/* The bytes of `y`, whose graph may be built of constants only. */
static const void *
value_of (GenGraph *graph, GenTensor *y, GError **error)
{
  g_assert_no_error (*error);
  g_assert_nonnull (y);
  gen_graph_add_output (graph, y);
  gen_graph_infer (graph, error);
  g_assert_no_error (*error);
  g_assert_cmpint (y->role, ==, GEN_ROLE_CONSTANT);
  return gen_tensor_constant (y);
}

static void
assert_floats (GenGraph *graph, GenTensor *y, const float *expected, int n, GError **error)
{
  const float *values = value_of (graph, y, error);

  g_assert_cmpint (gen_shape_elements (&y->shape), ==, n);
  for (int i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (values[i], expected[i], 1e-5);
}

static void
test_products (void)
{
  static const float forth[] = { 2, 3, -8, -3 }, before[] = { 1, 1, 2, 3 },
                     back[] = { -8, -3, -4, -1 };
  const struct {
    gboolean exclusive, reverse;
    const float *expected;
  } cases[] = { { FALSE, FALSE, forth }, { TRUE, FALSE, before }, { FALSE, TRUE, back } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new (NULL);
    g_autoptr (GError) error = NULL;
    gint64 axis = 0;
    GenTensor *inputs[] = { floats (graph, &GEN_SHAPE (2, 2), (const float[]){ 2, 3, -4, -1 }),
      gen_graph_ints (graph, &axis, 1) };

    assert_floats (graph,
        gen_graph_op (graph, "CumProd", inputs, 2, 1, &error, "exclusive", GEN_INT,
            cases[i].exclusive, "reverse", GEN_INT, cases[i].reverse, NULL),
        cases[i].expected, 4, &error);
  }
}

/* Two sequences of three places each get two rows of one number. */
static void
scatter (const char *mode, const gint64 *places, const float *expected)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  g_autoptr (GError) error = NULL;
  GenTensor *inputs[] = { floats (graph, &GEN_SHAPE (2, 3, 1), (const float[]){ 1, 2, 3, 4, 5, 6 }),
    floats (graph, &GEN_SHAPE (2, 2, 1), (const float[]){ -1, -2, -3, -4 }),
    places != NULL ? gen_graph_ints (graph, places, 2) : NULL };

  assert_floats (graph,
      gen_graph_op (graph, "TensorScatter", inputs, 3, 1, &error, "mode", GEN_STRING, mode, NULL),
      expected, 6, &error);
}

static void
test_scatter (void)
{
  scatter ("linear", NULL, (const float[]){ -1, -2, 3, -3, -4, 6 });
  scatter ("linear", (const gint64[]){ 1, 0 }, (const float[]){ 1, -1, -2, -3, -4, 6 });
  scatter ("circular", (const gint64[]){ 2, 4 }, (const float[]){ -2, 2, -1, 4, -3, -4 });
  /* Hostile: nothing is written where nothing is. */
  scatter ("linear", (const gint64[]){ 2, G_MAXINT64 }, (const float[]){ 1, 2, -1, 4, 5, 6 });
  scatter ("linear", (const gint64[]){ -1, G_MININT64 }, (const float[]){ -2, 2, 3, 4, 5, 6 });
  scatter ("circular", (const gint64[]){ -1, G_MAXINT64 }, (const float[]){ -2, 2, -1, 4, -3, 6 });
}

static void
test_swish (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  g_autoptr (GError) error = NULL;
  const float x[] = { -1, 2 }, b[] = { 3, 0.5f };
  GenTensor *inputs[] = { floats (graph, &GEN_SHAPE (2), x), floats (graph, &GEN_SHAPE (2), b) };
  float expected[2], gated[2];

  for (int i = 0; i < 2; i++) {
    expected[i] = x[i] / (1 + expf (-1.5f * x[i]));
    gated[i] = expected[i] * b[i];
  }
  assert_floats (graph,
      gen_graph_op (graph, "Swish", inputs, 1, 1, &error, "alpha", GEN_FLOAT, 1.5, NULL), expected,
      2, &error);
  assert_floats (graph,
      gen_graph_op (graph, "SwiGLU", inputs, 2, 1, &error, "alpha", GEN_FLOAT, 1.5, NULL), gated, 2,
      &error);
}

static void
test_bit_cast (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  g_autoptr (GError) error = NULL;
  const float x[] = { 1, -2 };
  const gint8 few[] = { -1, 7 };
  const guint32 words[] = { 0x3f800000, 0xc0000000 };
  const guint8 nibbles[] = { 15, 7 };
  GenTensor *y, *z, *input = bytes (graph, GEN_TYPE_FLOAT32, 2, x);

  y = gen_graph_op (
      graph, "BitCast", &input, 1, 1, &error, "to", GEN_INT, (int)GEN_TYPE_UINT32, NULL);
  g_assert_no_error (error);
  g_assert_cmpint (y->type, ==, GEN_TYPE_UINT32);
  g_assert_null (gen_graph_op (
      graph, "BitCast", &input, 1, 1, &error, "to", GEN_INT, (int)GEN_TYPE_INT16, NULL));
  g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "the bits of float32"));
  g_clear_error (&error);
  g_ptr_array_remove_index (graph->nodes, graph->nodes->len - 1);
  input = bytes (graph, GEN_TYPE_INT4, 2, few);
  z = gen_graph_op (
      graph, "BitCast", &input, 1, 1, &error, "to", GEN_INT, (int)GEN_TYPE_UINT4, NULL);
  g_assert_cmpmem (value_of (graph, y, &error), sizeof words, words, sizeof words);
  g_assert_cmpmem (value_of (graph, z, &error), 2, nibbles, 2);
}

static void
test_shifts (void)
{
  const gint8 x[] = { 5, -5, -5, 64, -1, 3 }, by[] = { 1, 1, 8, 1, -1, 7 };
  const gint8 left[] = { 10, -10, 0, -128, 0, -128 }, right[] = { 2, -3, -1, 32, -1, 0 };

  for (int k = 0; k < 2; k++) {
    g_autoptr (GenGraph) graph = gen_graph_new (NULL);
    g_autoptr (GError) error = NULL;
    GenTensor *inputs[] = { bytes (graph, GEN_TYPE_INT8, 6, x),
      bytes (graph, GEN_TYPE_INT8, 6, by) };
    GenTensor *y = gen_graph_op (graph, "BitShift", inputs, 2, 1, &error, "direction", GEN_STRING,
        k == 0 ? "LEFT" : "RIGHT", NULL);

    g_assert_cmpmem (value_of (graph, y, &error), 6, k == 0 ? left : right, 6);
  }
}

/* Two channels of two by two: blocks side by side, or those of each channel. */
static void
test_depth (void)
{
  const float x[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
  const float by_block[] = { 1, 5, 2, 6, 3, 7, 4, 8 };

  for (int k = 0; k < 2; k++) {
    g_autoptr (GenGraph) graph = gen_graph_new (NULL);
    g_autoptr (GError) error = NULL;
    GenTensor *input = floats (graph, &GEN_SHAPE (1, 2, 2, 2), x);

    assert_floats (graph,
        gen_graph_op (graph, "SpaceToDepth", &input, 1, 1, &error, "blocksize", GEN_INT, 2, "mode",
            GEN_STRING, k == 0 ? "DCR" : "CRD", NULL),
        k == 0 ? by_block : x, 8, &error);
  }
}

/* Ten times a number and the one before it, which comes from the run before. */
static void
test_causal (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  g_autoptr (GError) error = NULL;
  GenTensor *inputs[] = { floats (graph, &GEN_SHAPE (1, 1, 3), (const float[]){ 1, 2, 3 }),
    floats (graph, &GEN_SHAPE (1, 1, 2), (const float[]){ 1, 10 }), NULL, NULL };
  GenTensor *first[2], *second[2];

  for (int i = 0; i < 2; i++) {
    first[i] = gen_graph_add_value (graph, NULL);
    second[i] = gen_graph_add_value (graph, NULL);
  }
  gen_graph_add_node (
      graph, NULL, NULL, "CausalConvWithState", GEN_OPSET_MAX, inputs, 2, first, 2, &error);
  g_assert_no_error (error);
  inputs[0] = floats (graph, &GEN_SHAPE (1, 1, 1), (const float[]){ 4 });
  inputs[3] = first[1];
  gen_graph_add_node (
      graph, NULL, NULL, "CausalConvWithState", GEN_OPSET_MAX, inputs, 4, second, 2, &error);
  assert_floats (graph, first[0], (const float[]){ 10, 21, 32 }, 3, &error);
  assert_floats (graph, second[0], (const float[]){ 43 }, 1, &error);
  assert_floats (graph, second[1], (const float[]){ 4 }, 1, &error);
}

/* Queries of zeros weigh all keys that they see alike: results are means of values 1, 2, 4, 8. */
typedef struct {
  int causal, left, right;
  gint64 length;     /* of the keys without padding, 0: not given */
  const float *mask; /* of numbers */
  gint64 mask_keys;
  float expected[3];
} Seen;

static void
attend (const Seen *seen)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  g_autoptr (GError) error = NULL;
  const float zeros[4] = { 0 }, values[] = { 1, 2, 4, 8 };
  GenTensor *inputs[7] = { floats (graph, &GEN_SHAPE (1, 1, 3, 1), zeros),
    floats (graph, &GEN_SHAPE (1, 1, 4, 1), zeros),
    floats (graph, &GEN_SHAPE (1, 1, 4, 1), values) };

  if (seen->mask != NULL)
    inputs[3] = floats (graph, &GEN_SHAPE (1, seen->mask_keys), seen->mask);
  if (seen->length > 0)
    inputs[6] = gen_graph_ints (graph, &seen->length, 1);
  assert_floats (graph,
      gen_graph_op (graph, "Attention", inputs, 7, 1, &error, "is_causal", GEN_INT, seen->causal,
          "left_window_size", GEN_INT, seen->left, "right_window_size", GEN_INT, seen->right, NULL),
      seen->expected, 3, &error);
}

static void
test_attention (void)
{
  static const float hides_first[] = { -INFINITY, 0, 0, 0 }, two[] = { 0, 0 };
  static const Seen cases[] = {
    { 0, -1, -1, 0, NULL, 0, { 3.75f, 3.75f, 3.75f } },
    { 1, -1, -1, 0, NULL, 0, { 1, 1.5f, 7 / 3.f } },
    { 0, -1, -1, 3, NULL, 0, { 7 / 3.f, 7 / 3.f, 7 / 3.f } },
    { 1, -1, -1, 4, NULL, 0, { 1.5f, 7 / 3.f, 3.75f } }, /* the last query at the last key */
    { 1, -1, -1, 2, NULL, 0, { 0, 1, 1.5f } },           /* the first sees nothing */
    { 0, 1, 0, 0, NULL, 0, { 1, 1.5f, 3 } }, { 0, 0, 1, 0, NULL, 0, { 1.5f, 3, 6 } },
    { 1, 1, 5, 0, NULL, 0, { 1, 1.5f, 3 } }, { 0, 1, 0, 4, NULL, 0, { 1.5f, 3, 6 } },
    { 0, 1, -1, 0, hides_first, 4, { 14 / 3.f, 14 / 3.f, 14 / 3.f } },
    { 0, -1, -1, 0, two, 2, { 1.5f, 1.5f, 1.5f } }, /* a mask that is short hides the rest */
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_test_message ("case %u", i);
    attend (&cases[i]);
  }
}

static GenTensor *
build_swish (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "Swish", x, 1, 1, error, "alpha", GEN_FLOAT, 1.5, NULL);
}

static GenTensor *
build_windowed (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "Attention", x, 3, 1, error, "left_window_size", GEN_INT, 1, NULL);
}

static const Case cases[] = {
  { "Swish", { { 2, { 2, 3 } } }, .build = build_swish },
  { "SwiGLU", { { 2, { 2, 3 } }, { 2, { 2, 3 } } } },
  { "Attention", { { 4, { 1, 2, 3, 2 } }, { 4, { 1, 2, 3, 2 } }, { 4, { 1, 2, 3, 2 } } },
      .build = build_windowed, .once = TRUE },
};

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/opsets/products", test_products);
  g_test_add_func ("/opsets/scatter", test_scatter);
  g_test_add_func ("/opsets/swish", test_swish);
  g_test_add_func ("/opsets/bit-cast", test_bit_cast);
  g_test_add_func ("/opsets/shifts", test_shifts);
  g_test_add_func ("/opsets/depth", test_depth);
  g_test_add_func ("/opsets/causal", test_causal);
  g_test_add_func ("/opsets/attention", test_attention);
  add_cases ("opsets", cases, G_N_ELEMENTS (cases));
  return g_test_run ();
}
