/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Element-wise operators: gradients, 16-bit floats bit by bit, and types against each other. */
#include "cases.h"

#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

/* x within (-0.8, 0.8), where inverse functions have tame slopes. */
static GenTensor *
small (GenGraph *graph, GenTensor *x, GError **error)
{
  return gen_binary (
      graph, "Mul", gen_unary (graph, "Tanh", x, error), gen_graph_float (graph, 0.8f), error);
}

#define BUILD_SMALL(id, name)                                                                      \
  static GenTensor *build_##id (GenGraph *graph, GenTensor *const *x, GError **error)              \
  {                                                                                                \
    return gen_unary (graph, name, small (graph, x[0], error), error);                             \
  }

BUILD_SMALL (acos, "Acos")
BUILD_SMALL (asin, "Asin")
BUILD_SMALL (atanh, "Atanh")
BUILD_SMALL (tan, "Tan")

static GenTensor *
build_acosh (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_unary (graph, "Acosh",
      gen_binary (graph, "Add", gen_unary (graph, "Exp", x[0], error),
          gen_graph_float (graph, 1.5f), error),
      error);
}

/* An operator that came after the opset of graphs built here. */
static GenTensor *
build_mish (GenGraph *graph, GenTensor *const *x, GError **error)
{
  GenTensor *y = gen_graph_add_value (graph, NULL);

  return gen_graph_add_node (graph, NULL, NULL, "Mish", 18, x, 1, &y, 1, error) != NULL ? y : NULL;
}

static GenTensor *
build_mod (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "Mod", (GenTensor *[]){ x[0], gen_graph_float (graph, 100) }, 2, 1,
      error, "fmod", GEN_INT, 1, NULL);
}

static GenTensor *
build_log_sum_exp (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "ReduceLogSumExp", x, 1, 1, error, "axes", GEN_INTS, 2,
      (gint64[]){ 0, -1 }, "keepdims", GEN_INT, 0, NULL);
}

static const Case cases[] = {
  { "Acos", { { 2, { 3, 4 } } }, .build = build_acos },
  { "Acosh", { { 2, { 3, 4 } } }, .build = build_acosh },
  { "Asin", { { 2, { 3, 4 } } }, .build = build_asin },
  { "Asinh", { { 2, { 3, 4 } } } },
  { "Atan", { { 2, { 3, 4 } } } },
  { "Atanh", { { 2, { 3, 4 } } }, .build = build_atanh },
  { "Tan", { { 2, { 3, 4 } } }, .build = build_tan },
  { "Sinh", { { 2, { 3, 4 } } } },
  { "Cosh", { { 2, { 3, 4 } } } },
  { "Celu", { { 2, { 3, 4 } } }, "alpha", 0.7 },
  { "Mish", { { 2, { 3, 4 } } }, .build = build_mish, .once = TRUE },
  { "Mod", { { 2, { 3, 4 } } }, .build = build_mod },
  { "ReduceLogSumExp", { { 3, { 2, 3, 4 } } }, .build = build_log_sum_exp },
  { "ReduceLogSumExp", { { 2, { 3, 4 } } } },
};

/* One node of `op` at `opset`, with operands of `type`, run. (transfer full) the result's plan. */
static GenPlan *
run_node (const char *op, int opset, GenDataType type, gint64 n, const void *a, const void *b)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new (op);
  int count = b != NULL ? 2 : 1;
  GenTensor *x[2], *y = gen_graph_add_value (graph, NULL);
  GenPlan *plan;

  for (int i = 0; i < count; i++)
    x[i] = gen_graph_add_input (graph, NULL, type, &GEN_SHAPE (n));
  gen_graph_add_node (graph, NULL, NULL, op, opset, x, count, &y, 1, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, a, gen_plan_input (plan, 0)->size);
  if (b != NULL)
    memcpy (gen_plan_input (plan, 1)->data, b, gen_plan_input (plan, 1)->size);
  g_assert_true (gen_plan_run (plan, NULL));
  return plan;
}

static GenPlan *
run_cast (GenDataType from, GenDataType to, gint64 n, const void *x)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("cast");
  GenTensor *input = gen_graph_add_input (graph, NULL, from, &GEN_SHAPE (n));
  GenPlan *plan;

  gen_graph_add_output (
      graph, gen_graph_op (graph, "Cast", &input, 1, 1, &error, "to", GEN_INT, (int)to, NULL));
  g_assert_no_error (error);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, x, gen_plan_input (plan, 0)->size);
  g_assert_true (gen_plan_run (plan, NULL));
  return plan;
}

/* What the bits of a 16-bit float mean, by definition. */
static double
value_of (guint16 bits, int fraction_bits)
{
  int exponent_bits = 15 - fraction_bits, bias = (1 << (exponent_bits - 1)) - 1;
  int exponent = (bits & 0x7fff) >> fraction_bits, fraction = bits & ((1 << fraction_bits) - 1);
  double magnitude;

  if (exponent == (1 << exponent_bits) - 1)
    return fraction != 0 ? NAN : bits & 0x8000 ? -INFINITY : INFINITY;
  magnitude = exponent == 0
                  ? ldexp (fraction, 1 - bias - fraction_bits)
                  : ldexp (fraction + (1 << fraction_bits), exponent - bias - fraction_bits);
  return bits & 0x8000 ? -magnitude : magnitude;
}

/* Every value there is, widened exactly and narrowed back; and between any two neighbours, what is
 * nearer to one goes to it, and the middle to the even one. */
static void
test_half (gconstpointer data)
{
  GenDataType type = GPOINTER_TO_INT (data);
  int fraction_bits = type == GEN_TYPE_FLOAT16 ? 10 : 7;
  int infinity = type == GEN_TYPE_FLOAT16 ? 0x7c00 : 0x7f80;
  g_autofree guint16 *all = g_new (guint16, 65536);
  g_autofree float *between = g_new (float, 3 * infinity);
  g_autoptr (GenPlan) wide = NULL, back = NULL, rounded = NULL;
  const float *widened;
  const guint16 *narrowed;

  for (int i = 0; i < 65536; i++)
    all[i] = (guint16)i;
  wide = run_cast (type, GEN_TYPE_FLOAT32, 65536, all);
  widened = gen_plan_output (wide, 0)->data;
  back = run_cast (GEN_TYPE_FLOAT32, type, 65536, widened);
  narrowed = gen_plan_output (back, 0)->data;
  for (int i = 0; i < 65536; i++) {
    double expected = value_of (all[i], fraction_bits);

    if (isnan (expected)) {
      g_assert_true (isnan (widened[i]) && isnan (value_of (narrowed[i], fraction_bits)));
      continue;
    }
    g_assert_true (widened[i] == expected && (signbit (widened[i]) != 0) == (i >= 0x8000));
    g_assert_cmpint (narrowed[i], ==, i);
  }
  for (int i = 0; i < infinity - 1; i++) {
    double low = value_of ((guint16)i, fraction_bits),
           high = value_of ((guint16)(i + 1), fraction_bits);

    between[3 * i] = nextafterf ((float)((low + high) / 2), 0);
    between[3 * i + 1] = (float)((low + high) / 2);
    between[3 * i + 2] = nextafterf ((float)((low + high) / 2), INFINITY);
  }
  rounded = run_cast (GEN_TYPE_FLOAT32, type, 3 * (infinity - 1), between);
  narrowed = gen_plan_output (rounded, 0)->data;
  for (int i = 0; i < infinity - 1; i++) {
    g_assert_cmpint (narrowed[3 * i], ==, i);
    g_assert_cmpint (narrowed[3 * i + 1], ==, i + (i & 1));
    g_assert_cmpint (narrowed[3 * i + 2], ==, i + 1);
  }
}

/* An operator on 16-bit floats is the one on float32, rounded. */
static void
test_half_operators (void)
{
  static const char *const ops[] = { "Add", "Sub", "Mul", "Div", "Max", "Min", "Sum", "Mean", "Pow",
    "PRelu", "MatMul", "Sin", "Exp", "Abs", "Relu", "Sign", "Softplus", "ReduceSum", "ReduceMax",
    "Softmax" };
  enum { N = 700 };
  guint16 halves[2][N];

  for (int i = 0; i < N; i++) {
    halves[0][i] = (guint16)(0x3000 + 7 * i);
    halves[1][i] = (guint16)(0x3800 + (11 * i) % 0x400);
  }
  for (guint k = 0; k < G_N_ELEMENTS (ops); k++) {
    g_autoptr (GenPlan) narrow = NULL, wide = NULL, rounded = NULL;
    g_autoptr (GenPlan) a = run_cast (GEN_TYPE_FLOAT16, GEN_TYPE_FLOAT32, N, halves[0]);
    g_autoptr (GenPlan) b = run_cast (GEN_TYPE_FLOAT16, GEN_TYPE_FLOAT32, N, halves[1]);
    gboolean two = k < 11;
    const GenBinding *result;

    narrow = run_node (ops[k], 13, GEN_TYPE_FLOAT16, N, halves[0], two ? halves[1] : NULL);
    wide = run_node (ops[k], 13, GEN_TYPE_FLOAT32, N, gen_plan_output (a, 0)->data,
        two ? gen_plan_output (b, 0)->data : NULL);
    result = gen_plan_output (wide, 0);
    rounded = run_cast (
        GEN_TYPE_FLOAT32, GEN_TYPE_FLOAT16, gen_shape_elements (&result->shape), result->data);
    g_assert_cmpmem (gen_plan_output (narrow, 0)->data, gen_plan_output (narrow, 0)->size,
        gen_plan_output (rounded, 0)->data, gen_plan_output (rounded, 0)->size);
  }
}

static void
test_bits (void)
{
  const guint16 a[] = { 0x0ff0, 0xffff, 1, 0 }, b[] = { 0x00ff, 0x8001, 3, 0 };
  static const struct {
    const char *op;
    guint16 expected[4];
  } tests[] = {
    { "BitwiseAnd", { 0x00f0, 0x8001, 1, 0 } },
    { "BitwiseOr", { 0x0fff, 0xffff, 3, 0 } },
    { "BitwiseXor", { 0x0f0f, 0x7ffe, 2, 0 } },
  };
  g_autoptr (GenPlan) not = run_node ("BitwiseNot", 18, GEN_TYPE_UINT16, 4, a, NULL);

  g_assert_cmpmem (
      gen_plan_output (not, 0)->data, 8, ((guint16[]){ 0xf00f, 0, 0xfffe, 0xffff }), 8);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autoptr (GenPlan) plan = run_node (tests[i].op, 18, GEN_TYPE_UINT16, 4, a, b);

    g_assert_cmpmem (gen_plan_output (plan, 0)->data, 8, tests[i].expected, 8);
  }
}

/* Integers divided by zero, and the one quotient that does not fit. */
static void
test_integer_division (void)
{
  const gint32 a[] = { 7, -7, G_MININT32, 5 }, b[] = { -2, 2, -1, 0 };
  g_autoptr (GenPlan) quotient = run_node ("Div", 14, GEN_TYPE_INT32, 4, a, b);
  g_autoptr (GenPlan) remainder = run_node ("Mod", 13, GEN_TYPE_INT32, 4, a, b);

  g_assert_cmpmem (
      gen_plan_output (quotient, 0)->data, 16, ((gint32[]){ -3, -3, G_MININT32, 0 }), 16);
  g_assert_cmpmem (gen_plan_output (remainder, 0)->data, 16, ((gint32[]){ -1, 1, 0, 0 }), 16);
}

/* Where all is minus infinity, so is the logarithm of the sum. */
static void
test_log_sum_exp_limits (void)
{
  const float lowest[] = { -INFINITY, -INFINITY }, large[] = { 1000, 1000 };
  g_autoptr (GenPlan) none = run_node ("ReduceLogSumExp", 13, GEN_TYPE_FLOAT32, 2, lowest, NULL);
  g_autoptr (GenPlan) most = run_node ("ReduceLogSumExp", 13, GEN_TYPE_FLOAT32, 2, large, NULL);

  g_assert_true (*(float *)gen_plan_output (none, 0)->data == -INFINITY);
  g_assert_cmpfloat_with_epsilon (*(float *)gen_plan_output (most, 0)->data, 1000.6931f, 1e-3);
}

/* The broadcasting of opset 6: b lies along a's axis 1. */
static void
test_legacy_broadcast (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("legacy");
  GenTensor *x[2] = { gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2, 2)),
    gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (2)) };
  GenTensor *y = gen_graph_add_value (graph, NULL);
  GenNode *node = gen_graph_add_node (graph, NULL, NULL, "Add", 6, x, 2, &y, 1, &error);
  g_autoptr (GenPlan) plan = NULL;

  g_assert_no_error (error);
  gen_node_set_int (node, "broadcast", 1);
  gen_node_set_int (node, "axis", 1);
  gen_graph_add_output (graph, y);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, ((float[]){ 1, 2, 3, 4 }), 16);
  memcpy (gen_plan_input (plan, 1)->data, ((float[]){ 10, 20 }), 8);
  g_assert_true (gen_plan_run (plan, NULL));
  g_assert_cmpmem (gen_plan_output (plan, 0)->data, 16, ((float[]){ 11, 12, 23, 24 }), 16);
}

/* The mean of many rows, near each other and far: what is lost by rounding does not grow with them.
 */
static void
test_long_means (void)
{
  static const gint64 shapes[][2] = { { 200000, 16 }, { 20000, 600 } };

  for (gsize s = 0; s < G_N_ELEMENTS (shapes); s++) {
    const gint64 rows = shapes[s][0], columns = shapes[s][1];
    const GenRandom random = gen_random_new (3, "test", s);
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = gen_graph_new ("means");
    GenTensor *x = gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (rows, columns));
    g_autoptr (GenPlan) plan = NULL;
    float *numbers;

    gen_graph_add_output (graph, gen_graph_op (graph, "ReduceMean", &x, 1, 1, &error, "axes",
                                     GEN_INTS, 1, (gint64[]){ 0 }, NULL));
    g_assert_no_error (error);
    plan = gen_plan_new (graph, &(GenPlanOptions){ .threads = 1 }, &error);
    g_assert_no_error (error);
    numbers = (float *)gen_plan_input (plan, 0)->data;
    gen_random_uniform (&random, 0, 0, numbers, (gsize)(rows * columns));
    g_assert_true (gen_plan_run (plan, NULL));
    for (gint64 c = 0; c < columns; c++) {
      const double found = (double)((const float *)gen_plan_output (plan, 0)->data)[c];
      double sum = 0;

      for (gint64 r = 0; r < rows; r++)
        sum += (double)numbers[r * columns + c];
      g_assert_cmpfloat_with_epsilon (found, sum / (double)rows, 5e-7);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_cases ("element-wise", cases, G_N_ELEMENTS (cases));
  g_test_add_data_func ("/element-wise/float16", GINT_TO_POINTER (GEN_TYPE_FLOAT16), test_half);
  g_test_add_data_func ("/element-wise/bfloat16", GINT_TO_POINTER (GEN_TYPE_BFLOAT16), test_half);
  g_test_add_func ("/element-wise/half-operators", test_half_operators);
  g_test_add_func ("/element-wise/bits", test_bits);
  g_test_add_func ("/element-wise/integer-division", test_integer_division);
  g_test_add_func ("/element-wise/log-sum-exp-limits", test_log_sum_exp_limits);
  g_test_add_func ("/element-wise/legacy-broadcast", test_legacy_broadcast);
  g_test_add_func ("/element-wise/long-means", test_long_means);
  return g_test_run ();
}
