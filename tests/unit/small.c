/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Numbers of 8 bits and fewer, by the operators that take them: what the standards' tables say, and
 * that each number is its own nearest. */
#include <math.h>
#include <string.h>
#include <generative/onnx.h>
#include <generative/operator.h>
#include <generative/session.h>

#include "flow.h"

#define FLOAT32 GEN_TYPE_FLOAT32

static GenTensor *
constant (GenGraph *graph, GenDataType type, gint64 n, gconstpointer data)
{
  return gen_graph_add_constant (
      graph, NULL, type, &GEN_SHAPE (n), g_bytes_new (data, n * gen_data_type_size (type)));
}

/* `n` elements of one type as those of another. */
static void
cast (GenDataType from, gconstpointer x, GenDataType to, gboolean saturate, const char *mode,
    gint64 n, void *out)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  g_autoptr (GError) error = NULL;
  GenTensor *input = constant (graph, from, n, x);
  GenTensor *y = gen_graph_op (graph, "Cast", &input, 1, 1, &error, "to", GEN_INT, (int)to,
      "saturate", GEN_INT, saturate, "round_mode", GEN_STRING, mode, NULL);

  g_assert_no_error (error);
  g_assert_true (gen_graph_infer (graph, &error));
  g_assert_cmpint (y->type, ==, to);
  memcpy (out, gen_tensor_constant (y), n * gen_data_type_size (to));
}

/* Every code is a number that becomes the same code again. */
static void
test_codes (void)
{
  static const struct {
    GenDataType type;
    int codes;
    float largest, least; /* numbers above zero */
  } cases[] = {
    { GEN_TYPE_FLOAT8E4M3FN, 256, 448, 0x1p-9f },
    { GEN_TYPE_FLOAT8E4M3FNUZ, 256, 240, 0x1p-10f },
    { GEN_TYPE_FLOAT8E5M2, 256, 57344, 0x1p-16f },
    { GEN_TYPE_FLOAT8E5M2FNUZ, 256, 57344, 0x1p-17f },
    { GEN_TYPE_FLOAT4E2M1, 16, 6, 0.5f },
    { GEN_TYPE_FLOAT8E8M0, 256, 0x1p127f, 0x1p-127f },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint8 codes[256], again[256];
    float values[256], largest = 0, least = INFINITY;
    int n = cases[i].codes;

    for (int k = 0; k < n; k++)
      codes[k] = k;
    cast (cases[i].type, codes, FLOAT32, TRUE, "up", n, values);
    cast (FLOAT32, values, cases[i].type, FALSE, "nearest", n, again);
    for (int k = 0; k < n; k++) {
      if (isfinite (values[k]))
        g_assert_cmpuint (again[k], ==, codes[k]);
      if (isfinite (values[k]) && values[k] > 0) {
        largest = MAX (largest, values[k]);
        least = MIN (least, values[k]);
      }
    }
    g_assert_cmpfloat (largest, ==, cases[i].largest);
    g_assert_cmpfloat (least, ==, cases[i].least);
  }
}

/* The tables of ONNX's Cast. */
static void
test_beyond (void)
{
  const float x[] = { 1e9f, -1e9f, INFINITY, -0.0f, NAN };
  static const struct {
    GenDataType type;
    guint8 saturated[5], unbounded[4];
  } cases[] = {
    { GEN_TYPE_FLOAT8E4M3FN, { 0x7e, 0xfe, 0x7e, 0x80, 0x7f }, { 0x7f, 0xff, 0x7f, 0x80 } },
    { GEN_TYPE_FLOAT8E4M3FNUZ, { 0x7f, 0xff, 0x7f, 0x00, 0x80 }, { 0x80, 0x80, 0x80, 0x00 } },
    { GEN_TYPE_FLOAT8E5M2, { 0x7b, 0xfb, 0x7b, 0x80, 0x7f }, { 0x7c, 0xfc, 0x7c, 0x80 } },
    { GEN_TYPE_FLOAT8E5M2FNUZ, { 0x7f, 0xff, 0x7f, 0x00, 0x80 }, { 0x80, 0x80, 0x80, 0x00 } },
    { GEN_TYPE_FLOAT4E2M1, { 7, 15, 7, 8, 8 }, { 7, 15, 7, 8 } },
  };
  guint8 codes[5];

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    cast (FLOAT32, x, cases[i].type, TRUE, "up", 5, codes);
    g_assert_cmpmem (codes, 5, cases[i].saturated, 5);
    cast (FLOAT32, x, cases[i].type, FALSE, "up", 4, codes);
    g_assert_cmpmem (codes, 4, cases[i].unbounded, 4);
  }
}

static void
test_rounding (void)
{
  /* Ties to even, the first above 1 and below; half of the least, and a bit more. */
  const float x[] = { 1.0625f, 1.1875f, 0x1p-10f, 0x1.000002p-10f, 464, 465 };
  const guint8 e4m3fn[] = { 0x38, 0x3a, 0x00, 0x01, 0x7e, 0x7f };
  const float powers[] = { 2, 2.5f, 3, 3.5f };
  const guint8 up[] = { 128, 129, 129, 129 }, down[] = { 128, 128, 128, 128 },
               nearest[] = { 128, 128, 129, 129 };
  guint8 codes[6];

  cast (FLOAT32, x, GEN_TYPE_FLOAT8E4M3FN, FALSE, "up", 6, codes);
  g_assert_cmpmem (codes, 6, e4m3fn, 6);
  cast (FLOAT32, powers, GEN_TYPE_FLOAT8E8M0, TRUE, "up", 4, codes);
  g_assert_cmpmem (codes, 4, up, 4);
  cast (FLOAT32, powers, GEN_TYPE_FLOAT8E8M0, TRUE, "down", 4, codes);
  g_assert_cmpmem (codes, 4, down, 4);
  cast (FLOAT32, powers, GEN_TYPE_FLOAT8E8M0, TRUE, "nearest", 4, codes);
  g_assert_cmpmem (codes, 4, nearest, 4);
}

/* Integers lose the bits above theirs, whatever they come from. */
static void
test_integers (void)
{
  const gint64 x[] = { 7, 8, -9, 0x1234567f };
  const gint8 int4[] = { 7, -8, 7, -1 }, int2[] = { -1, 0, -1, -1 };
  const guint8 uint4[] = { 7, 8, 7, 15 }, uint2[] = { 3, 0, 3, 3 };
  const float numbers[] = { 7.9f, -8, 0.5f, -1 };
  const gint8 cut[] = { 7, -8, 0, -1 };
  float wide[4];
  gint8 codes[4];

  cast (GEN_TYPE_INT64, x, GEN_TYPE_INT4, TRUE, "up", 4, codes);
  g_assert_cmpmem (codes, 4, int4, 4);
  cast (GEN_TYPE_INT64, x, GEN_TYPE_UINT4, TRUE, "up", 4, codes);
  g_assert_cmpmem (codes, 4, uint4, 4);
  cast (GEN_TYPE_INT64, x, GEN_TYPE_INT2, TRUE, "up", 4, codes);
  g_assert_cmpmem (codes, 4, int2, 4);
  cast (GEN_TYPE_INT64, x, GEN_TYPE_UINT2, TRUE, "up", 4, codes);
  g_assert_cmpmem (codes, 4, uint2, 4);
  cast (FLOAT32, numbers, GEN_TYPE_INT4, TRUE, "up", 4, codes);
  g_assert_cmpmem (codes, 4, cut, 4);
  cast (GEN_TYPE_INT4, int4, FLOAT32, TRUE, "up", 4, wide);
  for (int i = 0; i < 4; i++)
    g_assert_cmpfloat (wide[i], ==, int4[i]);
}

static GenTensor *
quantized (GenGraph *graph, const char *op, GenTensor *const *inputs, gboolean with_zero, int block,
    GError **error)
{
  return gen_graph_op (graph, op, inputs, with_zero ? 3 : 2, 1, error, "axis", GEN_INT, 0,
      "block_size", GEN_INT, block, NULL);
}

/* There and back: blocks of two weights of four bits that share a scale and a zero point. */
static void
test_blocks (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  g_autoptr (GError) error = NULL;
  const float x[] = { 1, 2.5f, -30, 100, 0 }, scales[] = { 0.5f, 10, 1 };
  const gint8 zeros[] = { -8, 0, 3 }, codes[] = { -6, -3, -3, 7, 3 };
  const float back[] = { 1, 2.5f, -30, 70, 0 };
  GenTensor *inputs[] = { constant (graph, FLOAT32, 5, x), constant (graph, FLOAT32, 3, scales),
    constant (graph, GEN_TYPE_INT4, 3, zeros) };
  GenTensor *q = quantized (graph, "QuantizeLinear", inputs, TRUE, 2, &error), *y;

  g_assert_no_error (error);
  inputs[0] = q;
  y = quantized (graph, "DequantizeLinear", inputs, TRUE, 2, &error);
  g_assert_no_error (error);
  g_assert_true (gen_graph_infer (graph, &error));
  g_assert_cmpint (q->type, ==, GEN_TYPE_INT4);
  g_assert_cmpmem (gen_tensor_constant (q), 5, codes, 5);
  g_assert_cmpmem (gen_tensor_constant (y), sizeof back, back, sizeof back);
}

/* Scales of other floats say what the result is; it can be said otherwise. */
static void
test_scales (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  g_autoptr (GError) error = NULL;
  const guint8 e4m3fn[] = { 0x38, 0xb8, 0x40 }; /* 1, -1, 2 */
  const guint16 half = 0x4200;                  /* 3 */
  const guint16 expected[] = { 0x4200, 0xc200, 0x4600 };
  const guint8 eight = 130;
  const float wide[] = { 8, -8, 16 };
  GenTensor *x = constant (graph, GEN_TYPE_FLOAT8E4M3FN, 3, e4m3fn), *y, *z;

  y = gen_binary (
      graph, "DequantizeLinear", x, constant (graph, GEN_TYPE_FLOAT16, 1, &half), &error);
  g_assert_no_error (error);
  z = gen_binary (
      graph, "DequantizeLinear", x, constant (graph, GEN_TYPE_FLOAT8E8M0, 1, &eight), &error);
  g_assert_no_error (error);
  g_assert_true (gen_graph_infer (graph, &error));
  g_assert_cmpint (y->type, ==, GEN_TYPE_FLOAT16);
  g_assert_cmpmem (gen_tensor_constant (y), sizeof expected, expected, sizeof expected);
  g_assert_cmpint (z->type, ==, FLOAT32);
  g_assert_cmpmem (gen_tensor_constant (z), sizeof wide, wide, sizeof wide);
}

/* Written as they were read, two to a byte, by a version that has the type. */
static void
test_written (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL), again = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = NULL;
  const gint8 codes[] = { -8, 7, -1 };
  GenTensor *x = constant (graph, GEN_TYPE_INT4, 3, codes);
  const GenTensor *read;
  const guint8 *data;

  gen_graph_add_output (graph, x);
  bytes = gen_onnx_serialize (graph, &error);
  g_assert_no_error (error);
  data = g_bytes_get_data (bytes, NULL);
  g_assert_cmpuint (data[0], ==, 1 << 3); /* ir_version, the first field */
  g_assert_cmpuint (data[1], ==, 10);
  again = gen_onnx_parse (bytes, "small.onnx", NULL, &error);
  g_assert_no_error (error);
  read = g_ptr_array_index (again->outputs, 0);
  g_assert_cmpint (read->type, ==, GEN_TYPE_INT4);
  g_assert_cmpmem (gen_tensor_constant (read), 3, codes, 3);
}

/* Of large weights that are unpacked only the last form stays, unless somebody reads another. */
static void
test_given_up (void)
{
  const gint64 n = 1 << 20;
  const float scale = 2;

  for (int wanted = 0; wanted < 2; wanted++) {
    g_autoptr (GenGraph) graph = gen_graph_new (NULL);
    g_autoptr (GError) error = NULL;
    g_autofree gint8 *codes = g_malloc (n);
    GenTensor *x, *wide, *y;
    const guint16 *values;

    memset (codes, -3, n);
    x = constant (graph, GEN_TYPE_INT4, n, codes);
    wide = gen_binary (graph, "DequantizeLinear", x, constant (graph, FLOAT32, 1, &scale), &error);
    y = gen_graph_op (
        graph, "Cast", &wide, 1, 1, &error, "to", GEN_INT, (int)GEN_TYPE_BFLOAT16, NULL);
    g_assert_no_error (error);
    gen_graph_add_output (graph, y);
    if (wanted)
      gen_graph_add_output (graph, wide);
    g_assert_true (gen_graph_infer (graph, &error));
    values = gen_tensor_constant (y);
    g_assert_cmphex (values[n - 1], ==, 0xc0c0); /* -6 */
    g_assert_cmpuint (g_bytes_get_size (x->data), ==, 0);
    g_assert_cmpuint (g_bytes_get_size (wide->data), ==, wanted ? 4 * n : 0);
  }
}

/* A session infers a model before its plans do, as far as it can be known: what it has folded by
 * then, and given up the operands of, is not folded again. */
static void
test_given_up_in_session (void)
{
  const gint64 n = 1 << 20;
  const float scale = 2;
  g_autofree float *numbers = g_new0 (float, n);
  const GenBinding binding = { "x", GEN_TYPE_FLOAT32, GEN_SHAPE (n), 4 * n, numbers };

  numbers[n - 1] = 0.5F;
  for (int parted = 0; parted < 2; parted++) {
    g_autoptr (GenGraph) graph = gen_graph_new (NULL);
    g_autoptr (GenSession) session = NULL;
    g_autoptr (GError) error = NULL;
    g_autofree gint8 *codes = g_malloc (n);
    GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (n));
    GenTensor *wide, *sum;

    memset (codes, -3, n);
    wide = gen_binary (graph, "DequantizeLinear", constant (graph, GEN_TYPE_INT8, n, codes),
        constant (graph, FLOAT32, 1, &scale), &error);
    sum = gen_binary (graph, "Add", x, wide, &error);
    gen_graph_add_output (graph, sum);
    if (parted)
      gen_graph_add_output (graph, flow_op (graph, "NonZero", sum, NULL));
    g_assert_no_error (error);
    session = gen_session_new (graph, NULL);
    g_assert_true (gen_session_run (session, &binding, &error));
    g_assert_no_error (error);
    g_assert_cmpfloat (((const float *)gen_session_output (session, 0)->data)[0], ==, -6);
    g_assert_cmpfloat (((const float *)gen_session_output (session, 0)->data)[n - 1], ==, -5.5);
  }
}

/* Nothing computes in them. */
static void
test_refused (void)
{
  static const GenDataType types[] = { GEN_TYPE_INT4, GEN_TYPE_FLOAT8E4M3FN, GEN_TYPE_UINT2 };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new (NULL);
    g_autoptr (GError) error = NULL;
    GenTensor *x = constant (graph, types[i], 2, "\1\2");

    gen_graph_add_output (graph, gen_binary (graph, "Add", x, x, &error));
    g_assert_no_error (error);
    g_assert_false (gen_graph_infer (graph, &error));
    g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
    g_assert_nonnull (strstr (error->message, gen_data_type_name (types[i])));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/small/codes", test_codes);
  g_test_add_func ("/small/beyond", test_beyond);
  g_test_add_func ("/small/rounding", test_rounding);
  g_test_add_func ("/small/integers", test_integers);
  g_test_add_func ("/small/blocks", test_blocks);
  g_test_add_func ("/small/scales", test_scales);
  g_test_add_func ("/small/written", test_written);
  g_test_add_func ("/small/given-up", test_given_up);
  g_test_add_func ("/small/given-up-in-session", test_given_up_in_session);
  g_test_add_func ("/small/refused", test_refused);
  return g_test_run ();
}
