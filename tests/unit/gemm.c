/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gemm and MatMul against sums in double, in each precision, over extents that fill the machine's
 * tiles and that do not, with each operand as it is and transposed, variable and constant; and a
 * sweep over what can be drawn of all that. */
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

#include "../reference.h"

typedef struct {
  int m, n, k;
} Extents;

static const Extents extents[] = { { 1, 64, 100 }, { 5, 7, 3 }, { 16, 512, 64 }, { 32, 32, 513 },
  { 128, 784, 128 }, { 97, 65, 131 }, { 200, 33, 77 }, { 33, 300, 200 }, { 300, 48, 96 },
  { 128, 1, 256 }, { 1, 70, 257 }, { 4, 130, 45 }, { 66, 3, 31 }, { 266, 40, 400 } };

static GBytes *
draw (gsize n, guint32 stream, float offset)
{
  GenRandom random = gen_random_new (1, "test", stream);
  float *numbers = g_new (float, n);

  gen_random_normal (&random, 0, 0, numbers, n);
  for (gsize i = 0; i < n; i++)
    numbers[i] += offset;
  return g_bytes_new_take (numbers, n * sizeof (float));
}

static const float *
numbers_of (GBytes *bytes)
{
  return g_bytes_get_data (bytes, NULL);
}

static GenTensor *
add_operand (GenGraph *graph, const char *name, const GenShape *shape, GBytes *data, gboolean fixed)
{
  return fixed ? gen_graph_add_constant (graph, name, GEN_TYPE_FLOAT32, shape, g_bytes_ref (data))
               : gen_graph_add_input (graph, name, GEN_TYPE_FLOAT32, shape);
}

/* Row `i` times column `j`, halved, and the magnitudes of all terms. */
static REFERENCE double
product (const Extents *e, const float *x, const float *y, gboolean ta, gboolean tb, int i, int j,
    double *magnitude)
{
  double sum = 0;

  *magnitude = 0;
  for (int k = 0; k < e->k; k++) {
    double term =
        (double)x[ta ? k * e->m + i : i * e->k + k] * y[tb ? j * e->k + k : k * e->n + j] * 0.5;

    sum += term;
    *magnitude += fabs (term);
  }
  return sum;
}

static void
compare (const Extents *e, GBytes *a, GBytes *b, gboolean ta, gboolean tb, double allowed,
    const float *is)
{
  const float *x = numbers_of (a), *y = numbers_of (b);
  double worst = 0;

  for (int i = 0; i < e->m; i++)
    for (int j = 0; j < e->n; j++) {
      double magnitude, sum = product (e, x, y, ta, tb, i, j, &magnitude);

      if (!isfinite (is[i * e->n + j]))
        g_error ("%d x %d x %d: row %d, column %d is not finite", e->m, e->n, e->k, i, j);
      worst = MAX (worst, fabs (is[i * e->n + j] - sum) / magnitude);
    }
  if (worst > allowed)
    g_error ("%d x %d x %d, transposed %d %d: off by %g of the terms' magnitudes", e->m, e->n, e->k,
        ta, tb, worst);
}

/* Of the terms' magnitudes: what plan.h states. Only constants are kept in 16 bits. */
static double
allowed_error (GenPrecision precision, gboolean constant)
{
  switch (precision) {
  case GEN_PRECISION_FLOAT32:
    return 1e-6;
  case GEN_PRECISION_BFLOAT16:
    return constant ? 0x1p-7 : 1e-5;
  case GEN_PRECISION_FLOAT16:
    return constant ? 0x1p-11 : 1e-5;
  default:
    return 1e-5;
  }
}

static void
check (const Extents *e, gboolean ta, gboolean tb, gboolean constant, const GenPlanOptions *options)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("product");
  g_autoptr (GBytes) a = draw ((gsize)e->m * e->k, 1, 0.1f), b = draw ((gsize)e->k * e->n, 2, 0);
  g_autoptr (GenPlan) plan = NULL;
  g_autoptr (GError) error = NULL;
  GenTensor *x =
      add_operand (graph, "a", ta ? &GEN_SHAPE (e->k, e->m) : &GEN_SHAPE (e->m, e->k), a, FALSE);
  GenTensor *y =
      add_operand (graph, "b", tb ? &GEN_SHAPE (e->n, e->k) : &GEN_SHAPE (e->k, e->n), b, constant);

  gen_graph_add_output (
      graph, gen_graph_op (graph, "Gemm", (GenTensor *[]){ x, y }, 2, 1, &error, "transA", GEN_INT,
                 ta, "transB", GEN_INT, tb, "alpha", GEN_FLOAT, 0.5, NULL));
  g_assert_no_error (error);
  plan = gen_plan_new (graph, options, &error);
  g_assert_no_error (error);
  gen_plan_bind_input (plan, 0, numbers_of (a));
  if (!constant)
    gen_plan_bind_input (plan, 1, numbers_of (b));
  /* What the first run leaves in scratch memory must not matter to the second. */
  for (int i = 0; i < 2; i++) {
    g_assert_true (gen_plan_run (plan, NULL));
    compare (e, a, b, ta, tb, allowed_error (options->precision, constant),
        gen_plan_output (plan, 0)->data);
  }
}

static void
test_products (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (extents); i++)
    for (int kind = 0; kind < 64; kind++)
      check (&extents[i], kind & 1, kind & 2, kind & 4,
          &(GenPlanOptions){ .threads = kind & 8 ? 2 : 1, .precision = kind / 16 });
}

/* The worst error of a row by a constant matrix one of whose weights is `large`, of the terms'
 * magnitudes. */
static double
error_with (float large, GenPrecision precision)
{
  enum { K = 256, N = 64 };
  g_autoptr (GenGraph) graph = gen_graph_new ("product");
  g_autoptr (GBytes) a = draw (K, 1, 0.1f);
  g_autoptr (GBytes) drawn = draw (K * N, 2, 0);
  float *weights = g_memdup2 (numbers_of (drawn), K * N * sizeof (float));
  g_autoptr (GBytes) b = g_bytes_new_take (weights, K * N * sizeof (float));
  g_autoptr (GenPlan) plan = NULL;
  g_autoptr (GError) error = NULL;
  double worst = 0;

  weights[17 * N + 5] = large;
  gen_graph_add_output (
      graph, gen_binary (graph, "MatMul", add_operand (graph, "a", &GEN_SHAPE (1, K), a, FALSE),
                 add_operand (graph, "b", &GEN_SHAPE (K, N), b, TRUE), &error));
  plan = gen_plan_new (graph, &(GenPlanOptions){ .threads = 1, .precision = precision }, &error);
  g_assert_no_error (error);
  gen_plan_bind_input (plan, 0, numbers_of (a));
  g_assert_true (gen_plan_run (plan, NULL));
  for (int j = 0; j < N; j++) {
    double sum = 0, magnitude = 0;

    for (int k = 0; k < K; k++) {
      double term = (double)numbers_of (a)[k] * weights[k * N + j];

      sum += term;
      magnitude += fabs (term);
    }
    worst =
        MAX (worst, fabs (((const float *)gen_plan_output (plan, 0)->data)[j] - sum) / magnitude);
  }
  return worst;
}

/* Weights that float16 cannot hold stay as they are, those that it can are kept so; bfloat16 holds
 * all. */
static void
test_narrow_weights (void)
{
  g_assert_cmpfloat (error_with (1e5f, GEN_PRECISION_FLOAT16), <, 1e-6);
  g_assert_cmpfloat (error_with (65504, GEN_PRECISION_FLOAT16), <, 0x1p-11);
  g_assert_cmpfloat (error_with (1e30f, GEN_PRECISION_BFLOAT16), >, 1e-6);
  g_assert_cmpfloat (error_with (1e30f, GEN_PRECISION_BFLOAT16), <, 0x1p-8);
}

/* An infinity and a NaN reach the results that they belong to, and no others; an infinity may
 * become a NaN on its way. */
static void
test_not_finite (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("product");
  g_autoptr (GenPlan) plan = NULL;
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "a", GEN_TYPE_FLOAT32, &GEN_SHAPE (64, 128));
  GenTensor *y = gen_graph_add_input (graph, "b", GEN_TYPE_FLOAT32, &GEN_SHAPE (128, 96));
  float *a, *b;
  const float *c;

  gen_graph_add_output (graph, gen_binary (graph, "MatMul", x, y, &error));
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  a = gen_plan_input (plan, 0)->data;
  b = gen_plan_input (plan, 1)->data;
  for (int i = 0; i < 64 * 128; i++)
    a[i] = 1.37f;
  for (int i = 0; i < 128 * 96; i++)
    b[i] = 0.5f;
  a[3 * 128 + 70] = INFINITY;
  a[9 * 128 + 1] = -INFINITY;
  a[20 * 128 + 5] = NAN;
  g_assert_true (gen_plan_run (plan, NULL));
  c = gen_plan_output (plan, 0)->data;
  for (int i = 0; i < 64; i++)
    for (int j = 0; j < 96; j++) {
      float is = c[i * 96 + j];

      if (i == 3 || i == 9 || i == 20)
        g_assert_false (isfinite (is));
      else
        g_assert_cmpfloat_with_epsilon (is, 128 * 1.37 * 0.5, 1e-4);
    }
}

/* Weights too small for a normal float32, which trained nets have, are as good as none, and leave
 * their neighbours alone. */
static void
test_denormals (void)
{
  enum { M = 512, K = 256, N = 96 };
  const Extents extents = { M, N, K };
  g_autoptr (GBytes) a = draw (M * K, 1, 0.1f), drawn = draw (K * N, 2, 0);
  float *weights = g_memdup2 (numbers_of (drawn), K * N * sizeof (float));
  g_autoptr (GBytes) b = g_bytes_new_take (weights, K * N * sizeof (float));

  for (int i = 3; i < K * N; i += 5)
    weights[i] = (i & 1 ? -1 : 1) * (float)i * 1e-43f;
  for (int threads = 1; threads <= 2; threads++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("product");
    g_autoptr (GenPlan) plan = NULL;
    g_autoptr (GError) error = NULL;

    gen_graph_add_output (
        graph, gen_graph_op (graph, "Gemm",
                   (GenTensor *[]){ add_operand (graph, "a", &GEN_SHAPE (M, K), a, FALSE),
                       add_operand (graph, "b", &GEN_SHAPE (K, N), b, TRUE) },
                   2, 1, &error, "alpha", GEN_FLOAT, 0.5, NULL));
    plan = gen_plan_new (graph, &(GenPlanOptions){ .threads = threads }, &error);
    g_assert_no_error (error);
    gen_plan_bind_input (plan, 0, numbers_of (a));
    g_assert_true (gen_plan_run (plan, NULL));
    compare (&extents, a, b, FALSE, FALSE, 1e-6, gen_plan_output (plan, 0)->data);
  }
}

/* Uniform from `first` to `last`. */
static int
draw_int (const GenRandom *random, guint64 draw, int first, int last)
{
  float number;

  gen_random_uniform (random, draw, 0, &number, 1);
  return MIN (first + (int)(number * (last - first + 1)), last);
}

/* An extent about a tile's or a panel's edge, mostly. */
static int
draw_extent (const GenRandom *random, guint64 draw)
{
  static const int edges[] = { 1, 2, 3, 4, 6, 8, 12, 14, 16, 24, 28, 32, 48, 56, 64, 96 };
  int edge = edges[draw_int (random, draw, 0, G_N_ELEMENTS (edges) - 1)];

  return draw_int (random, draw + 1, 0, 3) == 0
             ? draw_int (random, draw + 2, 1, 150)
             : MAX (edge + draw_int (random, draw + 2, -1, 1), 1);
}

typedef struct {
  Extents e;
  int batches;            /* of a MatMul; 0: a Gemm */
  gboolean ta, tb, one_b; /* one_b: all batches by the same B */
  gboolean constant;      /* B */
  int bias;               /* 0: none, 1: [n], 2: [m, 1], 3: [m, n] */
  gboolean added;         /* a residual */
  const char *activation; /* NULL: none */
  float alpha;
  GenPlanOptions options;
} Case;

static double
activate (const char *name, double x)
{
  if (name == NULL)
    return x;
  if (strcmp (name, "Relu") == 0)
    return MAX (x, 0);
  if (strcmp (name, "LeakyRelu") == 0)
    return x < 0 ? 0.01 * x : x;
  return 1 / (1 + exp (-x));
}

static void
compare_case (const Case *c, const float *a, const float *b, const float *bias, const float *added,
    const float *is, guint number)
{
  const int m = c->e.m, n = c->e.n, k = c->e.k;
  double allowed = allowed_error (c->options.precision, c->constant);

  for (int batch = 0; batch < MAX (c->batches, 1); batch++) {
    const float *x = a + (gsize)batch * m * k, *y = b + (c->one_b ? 0 : (gsize)batch * k * n);

    for (int i = 0; i < m; i++)
      for (int j = 0; j < n; j++) {
        const gsize at = ((gsize)batch * m + i) * n + j;
        double sum = 0, magnitude = 0;

        for (int l = 0; l < k; l++) {
          double term = (double)x[c->ta ? l * m + i : i * k + l] *
                        y[c->tb ? j * k + l : l * n + j] * c->alpha;

          sum += term;
          magnitude += fabs (term);
        }
        sum += c->bias == 0 ? 0 : bias[c->bias == 1 ? j : c->bias == 2 ? i : i * n + j];
        sum += c->added ? added[at] : 0;
        sum = activate (c->activation, sum);
        if (!(fabs (is[at] - sum) <= allowed * (magnitude + 1)))
          g_error ("case %u: %d products of %d x %d x %d, transposed %d %d, constant %d, bias %d, "
                   "added %d, %s, %d threads, precision %d: row %d, column %d is %g, not %g",
              number, MAX (c->batches, 1), m, n, k, c->ta, c->tb, c->constant, c->bias, c->added,
              c->activation, c->options.threads, c->options.precision, i, j, is[at], sum);
      }
  }
}

static void
check_case (const Case *c, guint number)
{
  const gint64 m = c->e.m, n = c->e.n, k = c->e.k, batches = MAX (c->batches, 1);
  g_autoptr (GenGraph) graph = gen_graph_new ("product");
  g_autoptr (GBytes) a = draw (batches * m * k, 1, 0.1f), b = draw (batches * k * n, 2, 0);
  g_autoptr (GBytes) bias = draw (m * n, 3, 0), added = draw (batches * m * n, 4, 0);
  g_autoptr (GenPlan) plan = NULL;
  g_autoptr (GError) error = NULL;
  GenTensor *x, *y, *z = NULL, *result;
  int inputs = 0;

  if (c->batches > 0) {
    x = add_operand (graph, "a", &GEN_SHAPE (batches, m, k), a, FALSE);
    y = add_operand (
        graph, "b", c->one_b ? &GEN_SHAPE (k, n) : &GEN_SHAPE (batches, k, n), b, c->constant);
    result = gen_binary (graph, "MatMul", x, y, &error);
  } else {
    x = add_operand (graph, "a", c->ta ? &GEN_SHAPE (k, m) : &GEN_SHAPE (m, k), a, FALSE);
    y = add_operand (graph, "b", c->tb ? &GEN_SHAPE (n, k) : &GEN_SHAPE (k, n), b, c->constant);
    if (c->bias > 0)
      z = add_operand (graph, "bias",
          c->bias == 1   ? &GEN_SHAPE (n)
          : c->bias == 2 ? &GEN_SHAPE (m, 1)
                         : &GEN_SHAPE (m, n),
          bias, TRUE);
    result = gen_graph_op (graph, "Gemm", (GenTensor *[]){ x, y, z }, z != NULL ? 3 : 2, 1, &error,
        "transA", GEN_INT, c->ta, "transB", GEN_INT, c->tb, "alpha", GEN_FLOAT, (double)c->alpha,
        NULL);
  }
  g_assert_no_error (error);
  if (c->added)
    result = gen_binary (
        graph, "Add", result, add_operand (graph, "added", &result->shape, added, FALSE), &error);
  if (c->activation != NULL)
    result = gen_graph_op (graph, c->activation, &result, 1, 1, &error, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, result);
  plan = gen_plan_new (graph, &c->options, &error);
  g_assert_no_error (error);
  gen_plan_bind_input (plan, inputs++, numbers_of (a));
  if (!c->constant)
    gen_plan_bind_input (plan, inputs++, numbers_of (b));
  if (c->added)
    gen_plan_bind_input (plan, inputs++, numbers_of (added));
  for (int i = 0; i < 2; i++) {
    g_assert_true (gen_plan_run (plan, NULL));
    compare_case (c, numbers_of (a), numbers_of (b), numbers_of (bias), numbers_of (added),
        gen_plan_output (plan, 0)->data, number);
  }
}

static void
test_sweep (void)
{
  enum { CASES = 240, DRAWS = 32 };
  static const char *const activations[] = { NULL, NULL, "Relu", "LeakyRelu", "Sigmoid" };
  GenRandom random = gen_random_new (g_test_rand_int (), "test", 5);

  for (guint i = 0; i < CASES; i++) {
    const guint64 first = i * DRAWS;
    Case c = { { draw_extent (&random, first), draw_extent (&random, first + 3),
                   draw_extent (&random, first + 6) },
      .alpha = 1 };

    /* Sums that take several passes, of few results. */
    if (draw_int (&random, first + 9, 0, 7) == 0) {
      c.e.k = draw_int (&random, first + 10, 1000, 3000);
      c.e.n = MIN (c.e.n, 40);
    }
    c.constant = draw_int (&random, first + 11, 0, 1);
    if (draw_int (&random, first + 12, 0, 2) == 0) {
      c.batches = draw_int (&random, first + 13, 1, 3);
      c.one_b = c.constant || draw_int (&random, first + 14, 0, 1);
    } else {
      c.ta = draw_int (&random, first + 15, 0, 1);
      c.tb = draw_int (&random, first + 16, 0, 1);
      c.bias = draw_int (&random, first + 17, 0, 3);
      c.alpha = draw_int (&random, first + 18, 0, 1) ? 1 : 0.5f;
    }
    c.added = draw_int (&random, first + 19, 0, 2) == 0;
    c.activation =
        activations[draw_int (&random, first + 20, 0, (int)G_N_ELEMENTS (activations) - 1)];
    c.options.threads = draw_int (&random, first + 21, 1, 3);
    c.options.precision = draw_int (&random, first + 22, 0, 3);
    check_case (&c, i);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gemm/products", test_products);
  g_test_add_func ("/gemm/narrow-weights", test_narrow_weights);
  g_test_add_func ("/gemm/not-finite", test_not_finite);
  g_test_add_func ("/gemm/denormals", test_denormals);
  g_test_add_func ("/gemm/sweep", test_sweep);
  return g_test_run ();
}
