/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What goes from bytes to bytes element by element, against the operators one by one in plain C:
 * rounding by inverses, sums and products, alone and behind layers, tables, and poolings of pixels
 * of bytes. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

#include "../../lib/ops/quantized/quantized-sum.h"

/* --- plain C; volatile, so that nothing is contracted --- */

static guint8
rounded (float x, float scale, int zero, gboolean is_signed)
{
  volatile float quotient = x / scale, v = rintf (quotient);
  const float low = is_signed ? -128 : 0;

  v = v + zero;
  v = v > low ? v : low;
  v = v < low + 255 ? v : low + 255;
  return (guint8)(int)v;
}

static float
number (guint8 x, float scale, int zero, gboolean is_signed)
{
  volatile float v = (float)((is_signed ? (gint8)x : x) - zero) * scale;

  return v;
}

static void
fill (guint8 *data, gsize n, guint64 seed)
{
  GenRandom random = gen_random_new (seed, "test", 0);

  for (gsize i = 0; i < n; i++) {
    const guint32 r = gen_random_below (&random, 0, i, 300);

    data[i] = r < 256 ? r : r % 2 == 0 ? 0 : 255;
  }
}

/* --- rounding --- */

/* Numbers at and beside those half-way between two bytes, and far ones. */
static void
test_round (void)
{
  static const float scales[] = { 1, 0.1f, 1.0f / 3, 0.00392157f, 0.0235f, 7.7e-3f, 1.9999999f,
    1.0000001f, 3e-30f, 3e30f, 0x1p-101f, 1e-38f, 0x1p101f, 2e-42f };
  enum { N = 512 * 5 + 7 };
  static float x[N];
  static guint8 y[N];

  for (guint s = 0; s < G_N_ELEMENTS (scales) + 200; s++) {
    const float scale = s < G_N_ELEMENTS (scales) ? scales[s] : 0.001f + 0.00137f * s;
    const gboolean is_signed = s % 2;
    const int zero = s % 3 == 0 ? 0 : is_signed ? (int)(s * 37 % 256) - 128 : (int)(s * 37 % 256);
    int n = 0;

    for (int k = -256; k < 256; k++) {
      const float half = (k + 0.5f) * scale;

      x[n++] = half;
      x[n++] = nextafterf (half, INFINITY);
      x[n++] = nextafterf (half, -INFINITY);
      x[n++] = k * scale;
      x[n++] = (k + 0.37f) * scale;
    }
    x[n++] = INFINITY;
    x[n++] = -INFINITY;
    x[n++] = NAN;
    x[n++] = 3e38f;
    x[n++] = -3e38f;
    x[n++] = 0;
    x[n++] = -0.0f;
    g_assert_cmpint (n, ==, N);
    gen_quantized_round (x, scale, zero, is_signed, y, n);
    for (int i = 0; i < n; i++)
      if (y[i] != rounded (x[i], scale, zero, is_signed))
        g_error (
            "%a / %a became %d, not %d", x[i], scale, y[i], rounded (x[i], scale, zero, is_signed));
  }
}

/* --- sums --- */

static guint8
sum_of (const GenQuantizedSum *s, guint8 a, const void *b, gsize i)
{
  const float x = number (a, s->a_scale, s->a_zero, s->a_signed);
  const float y = s->numbers ? ((const float *)b)[i]
                             : number (((const guint8 *)b)[i], s->b_scale, s->b_zero, s->b_signed);
  volatile float v = s->multiplies ? x * y : x + y;

  if (s->relu)
    v = v > 0 ? v : 0;
  return rounded (v, s->z_scale, s->z_zero, s->z_signed);
}

/* Rows of all lengths, in all forms, to a place of their own and in place. */
static void
test_sums (void)
{
  enum { MOST = 83, ROWS = 3 };
  guint8 a[ROWS][MOST], b[ROWS][MOST], z[ROWS][MOST + 1];
  float numbers[ROWS][MOST];

  for (int i = 0; i < 64; i++) {
    const GenQuantizedSum s = { .a_scale = 0.01f + 0.0007f * i,
      .b_scale = 0.02f - 0.0002f * i,
      .z_scale = 0.003f + 0.0011f * i,
      .a_zero = i % 5 == 0 ? (i & 1 ? 127 : 255) : 3 * (i % 40),
      .b_zero = i % 7 == 0 ? (i & 2 ? -128 : 0) : i,
      .z_zero = i & 4 ? -128 + i : 3 * i,
      .a_signed = i & 1,
      .b_signed = i >> 1 & 1,
      .z_signed = i >> 2 & 1,
      .numbers = i >> 3 & 1,
      .multiplies = i >> 4 & 1,
      .relu = i >> 5 & 1 };

    for (int n = 1; n <= MOST; n++) {
      const void *from[ROWS], *other[ROWS];
      void *to[ROWS];

      fill (a[0], sizeof a, n + i);
      fill (b[0], sizeof b, 2 * n + i);
      for (int r = 0; r < ROWS; r++) {
        for (int k = 0; k < n; k++)
          numbers[r][k] = k % 29 == 7 ? (k % 2 ? INFINITY : NAN) : 0.01f * (b[r][k] - 100);
        from[r] = n % 2 == 0 ? (void *)z[r] : a[r];
        other[r] = s.numbers ? (void *)numbers[r] : b[r];
        to[r] = z[r];
        memcpy (z[r], a[r], n);
        z[r][n] = 77;
      }
      gen_quantized_sum_rows (&s, from, other, to, ROWS, n);
      for (int r = 0; r < ROWS; r++) {
        for (int k = 0; k < n; k++)
          g_assert_cmpint (z[r][k], ==, sum_of (&s, a[r][k], other[r], k));
        g_assert_cmpint (z[r][n], ==, 77);
      }
    }
  }
}

/* --- as graphs --- */

static GenTensor *
scalar (GenGraph *graph, GenDataType type, const void *value)
{
  return gen_graph_add_constant (
      graph, NULL, type, &GEN_SHAPE_SCALAR, g_bytes_new (value, gen_data_type_size (type)));
}

static GenTensor *
linear (GenGraph *graph, const char *op, GenTensor *x, float scale, int zero, gboolean is_signed)
{
  g_autoptr (GError) error = NULL;
  const guint8 value = (guint8)zero;
  GenTensor *y = gen_graph_op (graph, op,
      (GenTensor *[]){ x, scalar (graph, GEN_TYPE_FLOAT32, &scale),
          scalar (graph, is_signed ? GEN_TYPE_INT8 : GEN_TYPE_UINT8, &value) },
      3, 1, &error, NULL);

  g_assert_no_error (error);
  return y;
}

static GenTensor *
weights (GenGraph *graph, GenShape shape)
{
  const gsize n = gen_shape_elements (&shape);
  guint8 *data = g_malloc (n);

  fill (data, n, 5);
  return linear (graph, "DequantizeLinear",
      gen_graph_add_constant (graph, NULL, GEN_TYPE_INT8, &shape, g_bytes_new_take (data, n)),
      0.004f, 0, TRUE);
}

static GenPlan *
compile (GenGraph *graph, GenTensor *y, gboolean no_fusion)
{
  g_autoptr (GError) error = NULL;
  GenPlan *plan;

  gen_graph_add_output (graph, y);
  plan = gen_plan_new (graph, &(GenPlanOptions){ .threads = 2, .no_fusion = no_fusion }, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < graph->inputs->len; i++)
    fill (gen_plan_input (plan, i)->data, gen_plan_input (plan, i)->size, 40 + i);
  g_assert_true (gen_plan_run (plan, &error));
  return plan;
}

static guint
count_nodes (GenPlan *plan, const char *name)
{
  g_autoptr (GArray) steps = gen_plan_steps (plan);
  guint n = 0;

  for (guint i = 0; i < steps->len; i++)
    n += strcmp (g_array_index (steps, GenStepInfo, i).node->op->name, name) == 0;
  return n;
}

/* A layer whose result is bytes: a product, or convolutions of pixels of `channels` channels. */
typedef enum { PRODUCT, CONV, WINOGRAD, DEPTHWISE, GROUPS } Kind;

static GenTensor *
add_layer (GenGraph *graph, Kind kind)
{
  static const gint64 pads[] = { 1, 1, 1, 1 };
  g_autoptr (GError) error = NULL;
  const GenShape shape = kind == PRODUCT    ? GEN_SHAPE (2, 7, 20)
                         : kind == WINOGRAD ? GEN_SHAPE (1, 64, 21, 23)
                                            : GEN_SHAPE (2, 36, 5, 9);
  GenTensor *x = linear (graph, "DequantizeLinear",
      gen_graph_add_input (graph, "x", GEN_TYPE_UINT8, &shape), 0.02f, 120, FALSE);
  GenTensor *y;

  if (kind == PRODUCT)
    y = gen_binary (graph, "MatMul", x, weights (graph, GEN_SHAPE (20, 75)), &error);
  else if (kind == CONV)
    y = gen_binary (graph, "Conv", x, weights (graph, GEN_SHAPE (70, 36, 2, 3)), &error);
  else
    y = gen_graph_op (graph, "Conv",
        (GenTensor *[]){ x, weights (graph, GEN_SHAPE (kind == WINOGRAD ? 64 : 36,
                                                kind == WINOGRAD ? 64
                                                : kind == GROUPS ? 12
                                                                 : 1,
                                                3, 3)) },
        2, 1, &error, "pads", GEN_INTS, 4, pads, "group", GEN_INT,
        kind == WINOGRAD ? 1
        : kind == GROUPS ? 3
                         : 36,
        NULL);
  g_assert_no_error (error);
  return linear (graph, "QuantizeLinear", y, kind == DEPTHWISE ? 0.05f : 0.2f, 100, FALSE);
}

/* The layer alone, and with a bias, a residual and a Relu behind, which it takes over. */
static void
test_layer (gconstpointer data)
{
  const Kind kind = GPOINTER_TO_INT (data);
  g_autoptr (GenGraph) alone = gen_graph_new ("alone"), whole = gen_graph_new ("whole");
  g_autoptr (GenPlan) first = compile (alone, add_layer (alone, kind), FALSE), second = NULL;
  const GenBinding *y = gen_plan_output (first, 0), *z;
  GenTensor *x = add_layer (whole, kind), *b;
  const float unit = kind == DEPTHWISE ? 0.05f : 0.2f;
  const gint64 n = kind == PRODUCT ? y->shape.dims[2] : y->shape.dims[1];
  const gint64 inner = kind == PRODUCT ? 1 : y->shape.dims[2] * y->shape.dims[3];
  g_autofree float *bias = g_new (float, n);
  const guint8 *bytes = y->data, *other;
  GenQuantizedSum sums[2] = {
    { unit, 1, 0.13f, 100, 0, 90, FALSE, FALSE, FALSE, TRUE, FALSE, FALSE },
    { 0.13f, 0.11f, 0.21f, 90, 7, -20, FALSE, TRUE, TRUE, FALSE, FALSE, TRUE },
  };

  for (gint64 i = 0; i < n; i++)
    bias[i] = 0.1f * (i % 13) - 0.5f;
  b = gen_graph_add_constant (whole, NULL, GEN_TYPE_FLOAT32,
      kind == PRODUCT ? &GEN_SHAPE (n) : &GEN_SHAPE (n, 1, 1),
      g_bytes_new (bias, n * sizeof *bias));
  x = gen_binary (whole, "Add", linear (whole, "DequantizeLinear", x, unit, 100, FALSE), b, NULL);
  x = linear (whole, "QuantizeLinear", x, sums[0].z_scale, sums[0].z_zero, FALSE);
  b = linear (whole, "DequantizeLinear", gen_graph_add_input (whole, "b", GEN_TYPE_INT8, &y->shape),
      sums[1].b_scale, sums[1].b_zero, TRUE);
  x = linear (whole, "DequantizeLinear", x, sums[0].z_scale, sums[0].z_zero, FALSE);
  x = gen_unary (whole, "Relu", gen_binary (whole, "Add", b, x, NULL), NULL);
  second = compile (
      whole, linear (whole, "QuantizeLinear", x, sums[1].z_scale, sums[1].z_zero, TRUE), FALSE);
  g_assert_cmpint (count_nodes (second, "Add"), ==, 0);
  g_assert_cmpint (count_nodes (second, "QuantizedSum"), ==, 0);
  other = gen_plan_input (second, 1)->data;
  z = gen_plan_output (second, 0);
  g_assert_true (gen_shape_equal (&y->shape, &z->shape));
  for (gsize i = 0; i < y->size; i++)
    g_assert_cmpint (((const guint8 *)z->data)[i], ==,
        sum_of (&sums[1], sum_of (&sums[0], bytes[i], bias, i / inner % n), other, i));
}

/* Two inputs: no layer is there to take the product or the sum over. */
static void
test_alone (gconstpointer multiplies)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("sum");
  const GenQuantizedSum sum = { 0.03f, 0.02f, 0.025f, 130, -3, 11, FALSE, TRUE, FALSE, FALSE,
    multiplies != NULL, FALSE };
  GenTensor *a = linear (graph, "DequantizeLinear",
      gen_graph_add_input (graph, "a", GEN_TYPE_UINT8, &GEN_SHAPE (3, 5, 67)), sum.a_scale,
      sum.a_zero, FALSE);
  GenTensor *b = linear (graph, "DequantizeLinear",
      gen_graph_add_input (graph, "b", GEN_TYPE_INT8, &GEN_SHAPE (3, 5, 67)), sum.b_scale,
      sum.b_zero, TRUE);
  GenTensor *y = gen_binary (graph, sum.multiplies ? "Mul" : "Add", a, b, NULL);
  g_autoptr (GenPlan) plan =
      compile (graph, linear (graph, "QuantizeLinear", y, sum.z_scale, sum.z_zero, FALSE), FALSE);
  const guint8 *from = gen_plan_input (plan, 0)->data, *z = gen_plan_output (plan, 0)->data;

  g_assert_cmpint (count_nodes (plan, "QuantizedSum"), ==, 1);
  for (gsize i = 0; i < gen_plan_output (plan, 0)->size; i++)
    g_assert_cmpint (z[i], ==, sum_of (&sum, from[i], gen_plan_input (plan, 1)->data, i));
}

/* Functions of bytes as a table, against the same graph without fusion; and what reads numbers
 * between is left alone. */
static GenTensor *
add_functions (GenGraph *graph, gint64 n, gboolean is_signed)
{
  const float factor = -0.75f;
  GenTensor *x = linear (graph, "DequantizeLinear",
      gen_graph_add_input (graph, "x", is_signed ? GEN_TYPE_INT8 : GEN_TYPE_UINT8, &GEN_SHAPE (n)),
      0.03f, is_signed ? -17 : 99, is_signed);

  x = gen_binary (graph, "Mul", scalar (graph, GEN_TYPE_FLOAT32, &factor), x, NULL);
  x = gen_unary (graph, "LeakyRelu", x, NULL);
  return linear (graph, "QuantizeLinear", gen_unary (graph, "Abs", x, NULL), 0.01f, 3, !is_signed);
}

static void
test_table (gconstpointer is_signed)
{
  static const gint64 sizes[] = { 1, 31, 64, 65, 1000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("table"), same = gen_graph_new ("same");
    g_autoptr (GenPlan) plan =
        compile (graph, add_functions (graph, sizes[i], is_signed != NULL), FALSE);
    g_autoptr (GenPlan) plain =
        compile (same, add_functions (same, sizes[i], is_signed != NULL), TRUE);

    g_assert_cmpint (count_nodes (plan, "QuantizedTable"), ==, 1);
    g_assert_cmpint (count_nodes (plan, "Mul"), ==, 0);
    g_assert_cmpmem (
        gen_plan_output (plan, 0)->data, sizes[i], gen_plan_output (plain, 0)->data, sizes[i]);
  }
}

static void
test_kept (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("kept");
  GenTensor *y = add_functions (graph, 100, FALSE);
  g_autoptr (GenPlan) plan = NULL;

  gen_graph_add_output (graph, y->producer->inputs->pdata[0]);
  plan = compile (graph, y, FALSE);
  g_assert_cmpint (count_nodes (plan, "QuantizedTable"), ==, 0);
}

/* --- poolings --- */

/* The largest bytes behind a layer, whose pixels have their channels inside. */
static void
test_pool (gconstpointer data)
{
  const gint64 channels = GPOINTER_TO_INT (data);
  static const gint64 kernel[] = { 3, 2 }, strides[] = { 2, 1 }, pads[] = { 1, 1, 1, 0 };
  g_autoptr (GError) error = NULL;
  GenPlan *plans[2];
  const gint64 rows = 9, columns = 11;
  const GenBinding *x, *y;

  for (int i = 0; i < 2; i++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("pool");
    const gboolean is_signed = channels % 2;
    GenTensor *t = linear (graph, "DequantizeLinear",
        gen_graph_add_input (graph, "x", GEN_TYPE_UINT8, &GEN_SHAPE (2, 3, rows, columns)), 0.02f,
        128, FALSE);

    t = gen_binary (graph, "Conv", t, weights (graph, GEN_SHAPE (channels, 3, 1, 1)), &error);
    t = linear (graph, "QuantizeLinear", t, 0.02f, is_signed ? 0 : 128, is_signed);
    if (i == 1)
      t = gen_graph_op (graph, "MaxPool", &t, 1, 1, &error, "kernel_shape", GEN_INTS, 2, kernel,
          "strides", GEN_INTS, 2, strides, "pads", GEN_INTS, 4, pads, NULL);
    g_assert_no_error (error);
    plans[i] = compile (graph, t, FALSE);
  }
  x = gen_plan_output (plans[0], 0);
  y = gen_plan_output (plans[1], 0);
  for (gint64 i = 0; i < gen_shape_elements (&y->shape); i++) {
    const gint64 at[] = { i / y->shape.dims[3] % y->shape.dims[2], i % y->shape.dims[3] };
    const gint64 plane = i / y->shape.dims[3] / y->shape.dims[2];
    int largest = -128, found;

    for (gint64 v = at[0] * 2 - 1; v < at[0] * 2 + 2; v++)
      for (gint64 h = at[1] - 1; h < at[1] + 1; h++) {
        const guint8 *byte = (const guint8 *)x->data + (plane * rows + v) * columns + h;

        if (v >= 0 && v < rows && h >= 0 && h < columns)
          largest = MAX (largest, x->type == GEN_TYPE_INT8 ? (gint8)*byte : *byte);
      }
    found = ((const guint8 *)y->data)[i];
    g_assert_cmpint (y->type == GEN_TYPE_INT8 ? (gint8)found : found, ==, largest);
  }
  for (int i = 0; i < 2; i++)
    gen_plan_free (plans[i]);
}

int
main (int argc, char **argv)
{
  static const gint64 channels[] = { 5, 16, 17, 31, 32, 33, 64, 70 };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/quantized-bytes/round", test_round);
  g_test_add_func ("/quantized-bytes/sums", test_sums);
  g_test_add_data_func ("/quantized-bytes/behind/product", GINT_TO_POINTER (PRODUCT), test_layer);
  g_test_add_data_func ("/quantized-bytes/behind/conv", GINT_TO_POINTER (CONV), test_layer);
  g_test_add_data_func ("/quantized-bytes/behind/winograd", GINT_TO_POINTER (WINOGRAD), test_layer);
  g_test_add_data_func (
      "/quantized-bytes/behind/depthwise", GINT_TO_POINTER (DEPTHWISE), test_layer);
  g_test_add_data_func ("/quantized-bytes/behind/groups", GINT_TO_POINTER (GROUPS), test_layer);
  g_test_add_data_func ("/quantized-bytes/sum", NULL, test_alone);
  g_test_add_data_func ("/quantized-bytes/product", GINT_TO_POINTER (1), test_alone);
  g_test_add_data_func ("/quantized-bytes/table", NULL, test_table);
  g_test_add_data_func ("/quantized-bytes/table/signed", GINT_TO_POINTER (1), test_table);
  g_test_add_func ("/quantized-bytes/kept", test_kept);
  for (guint i = 0; i < G_N_ELEMENTS (channels); i++) {
    g_autofree char *path =
        g_strdup_printf ("/quantized-bytes/pool/%" G_GINT64_FORMAT, channels[i]);

    g_test_add_data_func (path, GINT_TO_POINTER (channels[i]), test_pool);
  }
  return g_test_run ();
}
