/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elements of types other than float32: double and integers are multiplied as they are, other
 * operators get casts around them, and 16-bit floats stay float32 between nodes. Expected numbers
 * are numpy's and ONNX Runtime's. */
#include <generative/operator.h>
#include <generative/plan.h>

#include <math.h>
#include <string.h>

/* A run of `graph`, whose inputs' bytes are `data`. */
static GenPlan *
run (GenGraph *graph, const void *const *data, gboolean no_fusion)
{
  g_autoptr (GError) error = NULL;
  const GenPlanOptions options = { .threads = 2, .no_fusion = no_fusion };
  GenPlan *plan = gen_plan_new (graph, &options, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++)
    memcpy (gen_plan_input (plan, i)->data, data[i], gen_plan_input (plan, i)->size);
  g_assert_true (gen_plan_run (plan, &error));
  g_assert_no_error (error);
  return plan;
}

static GenPlan *
run_op (GenGraph *graph, GenTensor *y, const void *const *data)
{
  g_assert_nonnull (y);
  gen_graph_add_output (graph, y);
  return run (graph, data, FALSE);
}

static const void *
result_of (const GenPlan *plan, GenDataType type, const GenShape *shape)
{
  const GenBinding *y = gen_plan_output (plan, 0);

  g_assert_cmpint (y->type, ==, type);
  g_assert_true (gen_shape_equal (&y->shape, shape));
  return y->data;
}

static GenTensor *
product (GenGraph *graph, GenDataType type, const GenShape *a, const GenShape *b)
{
  GenTensor *x = gen_graph_add_input (graph, "a", type, a);

  return gen_binary (graph, "MatMul", x, gen_graph_add_input (graph, "b", type, b), NULL);
}

/* Digits that float32 does not have are not lost. */
static void
test_double_product (void)
{
  static const double a[] = { 1, 1e-12, 3, 4, 1e10, 1, 7, -8 }, b[] = { 1, 2, 3, 1e-3 };
  static const double expected[] = { 1 + 3e-12, 2 + 1e-15, 15, 6.004, 1e10 + 3, 2e10 + 1e-3, -17,
    13.992 };
  g_autoptr (GenGraph) graph = gen_graph_new ("product");
  g_autoptr (GenPlan) plan =
      run_op (graph, product (graph, GEN_TYPE_FLOAT64, &GEN_SHAPE (2, 2, 2), &GEN_SHAPE (2, 2)),
          (const void *[]){ a, b });
  const double *y = result_of (plan, GEN_TYPE_FLOAT64, &GEN_SHAPE (2, 2, 2));

  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpfloat_with_epsilon (y[i], expected[i], 1e-15 * fabs (expected[i]));
}

/* By a vector; the first sum wraps around. */
static void
test_int64_product (void)
{
  static const gint64 a[] = { 3037000500, 1, -5, 7 }, b[] = { 3037000500, 9 };
  g_autoptr (GenGraph) graph = gen_graph_new ("product");
  g_autoptr (GenPlan) plan = run_op (graph,
      product (graph, GEN_TYPE_INT64, &GEN_SHAPE (2, 2), &GEN_SHAPE (2)), (const void *[]){ a, b });
  const gint64 *y = result_of (plan, GEN_TYPE_INT64, &GEN_SHAPE (2));

  g_assert_cmpint (y[0], ==, G_GINT64_CONSTANT (-9223372036709301607));
  g_assert_cmpint (y[1], ==, G_GINT64_CONSTANT (-15185002437));
}

/* Batch by batch, with and without signs. */
static void
test_int32_product (gconstpointer data)
{
  static const gint32 a[] = { 65536, 2, 3, 4, 5, 6, 7, 8 }, b[] = { 65536, 1, 1, -1, 2, 0, -3, 1 };
  static const gint32 expected[] = { 2, 65534, 196612, -1, -8, 6, -10, 8 };
  GenDataType type = GPOINTER_TO_INT (data);
  g_autoptr (GenGraph) graph = gen_graph_new ("product");
  g_autoptr (GenPlan) plan = run_op (graph,
      product (graph, type, &GEN_SHAPE (2, 2, 2), &GEN_SHAPE (2, 2, 2)), (const void *[]){ a, b });
  const gint32 *y = result_of (plan, type, &GEN_SHAPE (2, 2, 2));

  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpint (y[i], ==, expected[i]);
}

typedef struct {
  double alpha, beta;
  gint32 expected[6];
} Scaled;

/* alpha A' B + beta C; what is no integer is cut once, at the end. */
static void
test_gemm (gconstpointer data)
{
  static const gint32 a[] = { 1, 2, 3, 4, 5, 6 }, b[] = { 1, 0, 2, 0, 1, -1, 3, 1, 1 };
  static const gint32 c[] = { 1, 2, 3 };
  const Scaled *scaled = data;
  g_autoptr (GenGraph) graph = gen_graph_new ("gemm");
  GenTensor *inputs[] = { gen_graph_add_input (graph, "a", GEN_TYPE_INT32, &GEN_SHAPE (3, 2)),
    gen_graph_add_input (graph, "b", GEN_TYPE_INT32, &GEN_SHAPE (3, 3)),
    gen_graph_add_input (graph, "c", GEN_TYPE_INT32, &GEN_SHAPE (3)) };
  g_autoptr (GenPlan) plan = run_op (graph,
      gen_graph_op (graph, "Gemm", inputs, 3, 1, NULL, "transA", GEN_INT, 1, "alpha", GEN_FLOAT,
          scaled->alpha, "beta", GEN_FLOAT, scaled->beta, NULL),
      (const void *[]){ a, b, c });
  const gint32 *y = result_of (plan, GEN_TYPE_INT32, &GEN_SHAPE (2, 3));

  for (gsize i = 0; i < G_N_ELEMENTS (scaled->expected); i++)
    g_assert_cmpint (y[i], ==, scaled->expected[i]);
}

/* --- casts around nodes --- */

static void
test_softmax (gconstpointer op)
{
  static const double x[] = { 1, 2, 3, 1000.5, 1000.25, 1000 };
  static const double softmax[] = { 0.09003057317038046, 0.24472847105479764, 0.6652409557748218,
    0.41922895160969764, 0.32649583579983665, 0.2542752125904656 };
  static const double logarithm[] = { -2.4076059644443806, -1.4076059644443804, -0.4076059644443804,
    -0.8693380844056784, -1.1193380844056784, -1.3693380844056784 };
  const double *expected = strcmp (op, "Softmax") == 0 ? softmax : logarithm;
  g_autoptr (GenGraph) graph = gen_graph_new ("softmax");
  GenTensor *input = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT64, &GEN_SHAPE (2, 3));
  g_autoptr (GenPlan) plan =
      run_op (graph, gen_unary (graph, op, input, NULL), (const void *[]){ x });
  const double *y = result_of (plan, GEN_TYPE_FLOAT64, &GEN_SHAPE (2, 3));

  for (gsize i = 0; i < 6; i++)
    g_assert_cmpfloat_with_epsilon (y[i], expected[i], 1e-14);
}

static void
check_resize (const char *mode, double factor, int antialias, const guint8 *expected, int columns)
{
  static const guint8 x[] = { 0, 255, 0, 255, 255, 255, 0, 3 };
  const float scales[] = { 1, 1, 1, (float)factor };
  g_autoptr (GenGraph) graph = gen_graph_new ("resize");
  GenTensor *inputs[] = { gen_graph_add_input (graph, "x", GEN_TYPE_UINT8, &GEN_SHAPE (1, 1, 2, 4)),
    NULL,
    gen_graph_add_constant (
        graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (4), g_bytes_new (scales, sizeof scales)) };
  g_autoptr (GenPlan) plan = run_op (graph,
      gen_graph_op (graph, "Resize", inputs, 3, 1, NULL, "mode", GEN_STRING, mode, "antialias",
          GEN_INT, antialias, NULL),
      (const void *[]){ x });
  const guint8 *y = result_of (plan, GEN_TYPE_UINT8, &GEN_SHAPE (1, 1, 2, columns));

  for (int i = 0; i < 2 * columns; i++)
    g_assert_cmpint (y[i], ==, expected[i]);
}

/* Linear cuts, antialias rounds, and what overshoots stops at the ends. */
static void
test_resize (void)
{
  check_resize ("linear", 1.75, 0,
      (guint8[]){ 0, 91, 236, 127, 18, 163, 255, 255, 255, 255, 127, 0, 1, 3 }, 7);
  check_resize ("linear", 0.7, 1, (guint8[]){ 79, 113, 255, 104 }, 2);
  check_resize ("cubic", 0.7, 1, (guint8[]){ 94, 115, 255, 101 }, 2);
}

/* Scale and bias of a type of their own, and a mean and variance of a third. */
static void
test_mixed (void)
{
  static const float scale[] = { 2, 3 }, bias[] = { 1, -1 };
  static const double mean[] = { 0.5, 1 }, variance[] = { 4 - 1e-5, 1 - 1e-5 };
  static const guint16 x[] = { 0x3c00, 0x4000, 0x3c00, 0x4000 };        /* 1, 2, 1, 2 */
  static const guint16 expected[] = { 0x3e00, 0x4100, 0xbc00, 0x4000 }; /* 1.5, 2.5, -1, 2 */
  g_autoptr (GenGraph) graph = gen_graph_new ("mixed");
  GenTensor *inputs[] = {
    gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT16, &GEN_SHAPE (1, 2, 2)),
    gen_graph_add_input (graph, "scale", GEN_TYPE_FLOAT32, &GEN_SHAPE (2)),
    gen_graph_add_input (graph, "bias", GEN_TYPE_FLOAT32, &GEN_SHAPE (2)),
    gen_graph_add_input (graph, "mean", GEN_TYPE_FLOAT64, &GEN_SHAPE (2)),
    gen_graph_add_input (graph, "variance", GEN_TYPE_FLOAT64, &GEN_SHAPE (2)),
  };
  g_autoptr (GenPlan) plan =
      run_op (graph, gen_graph_op (graph, "BatchNormalization", inputs, 5, 1, NULL, NULL),
          (const void *[]){ x, scale, bias, mean, variance });
  const guint16 *y = result_of (plan, GEN_TYPE_FLOAT16, &GEN_SHAPE (1, 2, 2));

  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmphex (y[i], ==, expected[i]);
}

/* A convolution of double is one of float32, and says double. */
static void
test_double_convolution (void)
{
  static const double x[] = { 1, 2, 3, 4 }, w[] = { 0.5, -1 };
  g_autoptr (GenGraph) graph = gen_graph_new ("convolution");
  GenTensor *inputs[] = { gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT64, &GEN_SHAPE (1, 1, 4)),
    gen_graph_add_constant (
        graph, NULL, GEN_TYPE_FLOAT64, &GEN_SHAPE (1, 1, 2), g_bytes_new (w, sizeof w)) };
  g_autoptr (GenPlan) plan =
      run_op (graph, gen_graph_op (graph, "Conv", inputs, 2, 1, NULL, NULL), (const void *[]){ x });
  const double *y = result_of (plan, GEN_TYPE_FLOAT64, &GEN_SHAPE (1, 1, 3));

  for (int i = 0; i < 3; i++)
    g_assert_cmpfloat_with_epsilon (y[i], 0.5 * x[i] - x[i + 1], 1e-6);
}

/* --- 16-bit floats between nodes --- */

/* (x + x) - x of 60000, whose sum float16 does not hold; where the sum leaves the graph, it is
 * infinite there. */
static void
test_half_sum (gconstpointer no_fusion)
{
  static const guint16 x[] = { 0x7b53, 0x3c00 }; /* 60000, 1 */
  g_autoptr (GenGraph) graph = gen_graph_new ("sum");
  GenTensor *input = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT16, &GEN_SHAPE (2));
  GenTensor *sum = gen_binary (graph, "Add", input, input, NULL);
  g_autoptr (GenPlan) plan = NULL;
  const guint16 *y;

  gen_graph_add_output (graph, gen_binary (graph, "Sub", sum, input, NULL));
  gen_graph_add_output (graph, sum);
  plan = run (graph, (const void *[]){ x }, GPOINTER_TO_INT (no_fusion));
  y = result_of (plan, GEN_TYPE_FLOAT16, &GEN_SHAPE (2));
  g_assert_cmphex (y[0], ==, x[0]);
  g_assert_cmphex (y[1], ==, x[1]);
  y = gen_plan_output (plan, 1)->data;
  g_assert_cmphex (y[0], ==, 0x7c00);
  g_assert_cmphex (y[1], ==, 0x4000);
}

static GenTensor *
cast (GenGraph *graph, GenTensor *x, GenDataType type)
{
  return gen_graph_op (graph, "Cast", &x, 1, 1, NULL, "to", GEN_INT, (int)type, NULL);
}

/* A model that casts there and back wants the numbers that float16 has; one that computes in
 * between does not ask for rounding. */
static void
test_half_casts (gconstpointer computes)
{
  static const float x[] = { 1.0f / 3, 0.1f };
  static const float rounded[] = { 0.66650390625f, 0.199951171875f };
  g_autoptr (GenGraph) graph = gen_graph_new ("casts");
  GenTensor *y = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2));
  g_autoptr (GenPlan) plan = NULL;
  const float *result;

  y = cast (graph, gen_binary (graph, "Add", y, y, NULL), GEN_TYPE_FLOAT16);
  if (computes)
    y = gen_unary (graph, "Neg", gen_unary (graph, "Neg", y, NULL), NULL);
  plan = run_op (graph, cast (graph, y, GEN_TYPE_FLOAT32), (const void *[]){ x });
  result = result_of (plan, GEN_TYPE_FLOAT32, &GEN_SHAPE (2));
  for (int i = 0; i < 2; i++)
    g_assert_cmpfloat (result[i], ==, computes ? 2 * x[i] : rounded[i]);
}

int
main (int argc, char **argv)
{
  static const Scaled whole = { 2, 3, { 35, 22, 17, 43, 26, 21 } };
  static const Scaled fractions = { 0.25, 0.35, { 4, 2, 2, 5, 3, 2 } };

  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/types/product/double", test_double_product);
  g_test_add_func ("/types/product/int64", test_int64_product);
  g_test_add_data_func (
      "/types/product/int32", GINT_TO_POINTER (GEN_TYPE_INT32), test_int32_product);
  g_test_add_data_func (
      "/types/product/uint32", GINT_TO_POINTER (GEN_TYPE_UINT32), test_int32_product);
  g_test_add_data_func ("/types/gemm/int32", &whole, test_gemm);
  g_test_add_data_func ("/types/gemm/int32-by-fractions", &fractions, test_gemm);
  g_test_add_data_func ("/types/softmax", "Softmax", test_softmax);
  g_test_add_data_func ("/types/log-softmax", "LogSoftmax", test_softmax);
  g_test_add_func ("/types/resize", test_resize);
  g_test_add_func ("/types/mixed", test_mixed);
  g_test_add_func ("/types/double-convolution", test_double_convolution);
  g_test_add_data_func ("/types/half/sum", GINT_TO_POINTER (FALSE), test_half_sum);
  g_test_add_data_func ("/types/half/sum-unfused", GINT_TO_POINTER (TRUE), test_half_sum);
  g_test_add_data_func ("/types/half/rounded", GINT_TO_POINTER (FALSE), test_half_casts);
  g_test_add_data_func ("/types/half/computed", GINT_TO_POINTER (TRUE), test_half_casts);
  return g_test_run ();
}
