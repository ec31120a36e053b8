/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators whose kernels go by vectors against plain loops: extents that are no multiples of a
 * vector, numbers at the borders of what fast ways are good for, and what is no number. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

/* What `y` is for `x`, whose bytes are `data`; for g_free. */
static void *
play (GenGraph *graph, GenTensor *y, const void *data, GError *error)
{
  g_autoptr (GenPlan) plan = NULL;

  g_assert_no_error (error);
  g_assert_nonnull (y);
  gen_graph_add_output (graph, y);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, data, gen_plan_input (plan, 0)->size);
  g_assert_true (gen_plan_run (plan, NULL));
  return g_memdup2 (gen_plan_output (plan, 0)->data, gen_plan_output (plan, 0)->size);
}

static float *
draw (gsize n, float low, float high)
{
  const GenRandom random = gen_random_new (1, "test", 0);
  float *values = g_new (float, n);

  gen_random_uniform (&random, 0, 0, values, n);
  for (gsize i = 0; i < n; i++)
    values[i] = low + (high - low) * values[i];
  return values;
}

static void
assert_near (const char *what, double got, double want, double tolerance)
{
  if (isnan (want) ? isnan (got)
                   : got == want || fabs (got - want) <= tolerance * fabs (want) + 1e-38)
    return;
  g_error ("%s is %.9g, and should be %.9g", what, got, want);
}

/* --- functions of one number --- */

static double
sigmoid (double x)
{
  return 1 / (1 + exp (-x));
}

static const struct {
  const char *name;
  double (*function) (double x);
  float low, high;
} functions[] = {
  { "Exp", exp, -80, 88 },
  { "Log", log, 0, 10 },
  { "Tanh", tanh, -12, 12 },
  { "Tanh", tanh, -0.1f, 0.1f },
  { "Sigmoid", sigmoid, -80, 20 },
  { "Erf", erf, -5, 5 },
  { "Erf", erf, -0.1f, 0.1f },
  { "Sin", sin, -10, 10 },
  { "Sin", sin, -1.6e6f, 1.6e6f },
  { "Sin", sin, -9e7f, 9e7f },
  { "Cos", cos, -10, 10 },
  { "Cos", cos, -1.6e6f, 1.6e6f },
  { "Cos", cos, -9e7f, 9e7f },
  { "Tan", tan, -10, 10 },
  { "Tan", tan, -1.6e6f, 1.6e6f },
  { "Asin", asin, -1, 1 },
  { "Acos", acos, -1, 1 },
  { "Atan", atan, -5, 5 },
  { "Atan", atan, -1e20f, 1e20f },
  { "Sinh", sinh, -88, 88 },
  { "Sinh", sinh, -1.5f, 1.5f },
  { "Cosh", cosh, -88, 88 },
  { "Asinh", asinh, -3, 3 },
  { "Asinh", asinh, -1e20f, 1e20f },
  { "Acosh", acosh, 1, 3 },
  { "Acosh", acosh, 1, 1e20f },
  { "Atanh", atanh, -1, 1 },
};

#define N 2500

static void
test_functions (void)
{
  static const float special[] = { 0, -0.0f, INFINITY, -INFINITY, NAN, 1, -1, 1e30f, -1e30f };

  for (guint f = 0; f < G_N_ELEMENTS (functions); f++)
    for (int with = 0; with < 2; with++) {
      g_autofree float *x = draw (N, functions[f].low, functions[f].high), *y = NULL;
      g_autoptr (GenGraph) graph = gen_graph_new (functions[f].name);
      GError *error = NULL;

      x[7] = functions[f].low < 0 ? -0.0f : 1;
      for (guint i = 0; with && i < G_N_ELEMENTS (special); i++)
        x[N / 2 + i] = special[i];
      y = play (graph,
          gen_unary (graph, functions[f].name,
              gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (N)), &error),
          x, error);
      for (int i = 0; i < N; i++) {
        g_autofree char *what = g_strdup_printf ("%s of %.9g", functions[f].name, x[i]);

        assert_near (what, y[i], (float)functions[f].function (x[i]), 4e-7);
        if (x[i] == 0 && !isnan (y[i]))
          g_assert_cmpint (!signbit (y[i]), ==, !signbit (functions[f].function (x[i])));
      }
    }
}

static void
test_remainders (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("remainders");
  g_autofree float *x = draw (N, -1e4f, 1e4f), *y = NULL;
  GError *error = NULL;
  const float by = 0.7f;
  GenTensor *in = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (N));

  x[3] = 1e30f;
  x[N - 1] = INFINITY;
  y = play (graph,
      gen_graph_op (graph, "Mod", (GenTensor *[]){ in, gen_graph_float (graph, by) }, 2, 1, &error,
          "fmod", GEN_INT, 1, NULL),
      x, error);
  for (int i = 0; i < N; i++)
    assert_near ("a remainder", y[i], fmodf (x[i], by), 0);
}

static void
test_casts (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("casts");
  g_autofree float *x = draw (N, -3e5f, 3e5f);
  g_autofree gint64 *y = NULL;
  GError *error = NULL;
  GenTensor *in = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (N));

  x[1500] = 5e9f;
  x[1501] = -5e9f;
  y = play (graph,
      gen_graph_op (graph, "Cast", &in, 1, 1, &error, "to", GEN_INT, (int)GEN_TYPE_INT64, NULL), x,
      error);
  for (int i = 0; i < N; i++)
    g_assert_cmpint (y[i], ==, (gint64)x[i]);
}

/* --- matrices --- */

static void
transpose (GenDataType type, gint64 a, gint64 b, gint64 c, const gint64 perm[3])
{
  const gsize size = gen_data_type_size (type), n = a * b * c;
  const gint64 dims[] = { a, b, c }, strides[] = { b * c, c, 1 };
  g_autoptr (GenGraph) graph = gen_graph_new ("transpose");
  g_autofree guint8 *x = g_malloc (n * size), *y = NULL;
  GError *error = NULL;
  GenTensor *in = gen_graph_add_input (graph, "x", type, &GEN_SHAPE (a, b, c));
  gsize at = 0;

  for (gsize i = 0; i < n * size; i++)
    x[i] = (guint8)(i * 37 + i / 251);
  y = play (graph,
      gen_graph_op (graph, "Transpose", &in, 1, 1, &error, "perm", GEN_INTS, 3, perm, NULL), x,
      error);
  for (gint64 i = 0; i < dims[perm[0]]; i++)
    for (gint64 k = 0; k < dims[perm[1]]; k++)
      for (gint64 l = 0; l < dims[perm[2]]; l++, at++)
        g_assert_cmpmem (y + at * size, size,
            x + (i * strides[perm[0]] + k * strides[perm[1]] + l * strides[perm[2]]) * size, size);
}

static void
test_transposes (void)
{
  static const GenDataType types[] = { GEN_TYPE_UINT8, GEN_TYPE_INT16, GEN_TYPE_INT32,
    GEN_TYPE_INT64 };
  static const gint64 shapes[][3] = { { 3, 17, 70 }, { 65, 2, 33 }, { 1, 129, 4 }, { 300, 3, 1 },
    { 16, 64, 32 } };
  static const gint64 perms[][3] = { { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 },
    { 2, 1, 0 } };

  for (guint t = 0; t < G_N_ELEMENTS (types); t++)
    for (guint s = 0; s < G_N_ELEMENTS (shapes); s++)
      for (guint p = 0; p < G_N_ELEMENTS (perms); p++)
        transpose (types[t], shapes[s][0], shapes[s][1], shapes[s][2], perms[p]);
}

/* --- windows --- */

static void
pool (gboolean max, gint64 width, gint64 kernel, gint64 stride, gint64 pad)
{
  const gint64 dims[] = { kernel, kernel }, strides[] = { stride, stride },
               pads[] = { pad, pad, pad, pad };
  const gint64 height = 9, rows = (height + 2 * pad - kernel) / stride + 1,
               columns = (width + 2 * pad - kernel) / stride + 1;
  g_autoptr (GenGraph) graph = gen_graph_new ("pool");
  g_autofree float *x = draw (2 * height * width, -1, 1), *y = NULL;
  GError *error = NULL;
  GenTensor *in =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2, height, width));

  y = play (graph,
      gen_graph_op (graph, max ? "MaxPool" : "AveragePool", &in, 1, 1, &error, "kernel_shape",
          GEN_INTS, 2, dims, "strides", GEN_INTS, 2, strides, "pads", GEN_INTS, 4, pads, NULL),
      x, error);
  for (gint64 at = 0; at < 2 * rows * columns; at++) {
    const float *plane = x + at / (rows * columns) * height * width;
    double most = -INFINITY, sum = 0, count = 0;

    for (gint64 i = 0; i < kernel * kernel; i++) {
      gint64 r = at / columns % rows * stride - pad + i / kernel;
      gint64 c = at % columns * stride - pad + i % kernel;

      if (r < 0 || r >= height || c < 0 || c >= width)
        continue;
      most = MAX (most, plane[r * width + c]);
      sum += plane[r * width + c];
      count++;
    }
    g_assert_cmpfloat (fabs (y[at] - (max ? most : sum / count)), <=, 1e-6);
  }
}

static void
test_pools (void)
{
  static const gint64 widths[] = { 5, 31, 37, 64, 70 };

  for (int max = 0; max < 2; max++)
    for (guint w = 0; w < G_N_ELEMENTS (widths); w++)
      for (gint64 kernel = 1; kernel <= 4; kernel++)
        for (gint64 stride = 1; stride <= 4; stride++)
          for (gint64 pad = 0; pad < kernel; pad++)
            pool (max, widths[w], kernel, stride, pad);
}

/* --- along axes --- */

/* Over the axes that are bits of `axes`. */
static void
reduce (const char *name, const gint64 dims[3], int axes, gboolean strange)
{
  const gsize n = dims[0] * dims[1] * dims[2];
  g_autoptr (GenGraph) graph = gen_graph_new (name);
  g_autofree float *x = draw (n, -1, 1), *y = NULL;
  g_autofree double *want = g_new (double, n);
  gint64 list[3], count = 1;
  int n_axes = 0;
  GError *error = NULL;
  GenTensor *in =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (dims[0], dims[1], dims[2]));
  const gboolean max = strcmp (name, "ReduceMax") == 0, min = strcmp (name, "ReduceMin") == 0;

  if (strange)
    x[n / 3] = NAN;
  for (int i = 0; i < 3; i++)
    if (axes >> i & 1) {
      list[n_axes++] = i;
      count *= dims[i];
    }
  y = play (
      graph, gen_binary (graph, name, in, gen_graph_ints (graph, list, n_axes), &error), x, error);
  for (gsize i = 0; i < n; i++)
    want[i] = max ? -INFINITY : min ? INFINITY : 0;
  for (gsize i = 0; i < n; i++) {
    const gint64 at[] = { i / (dims[1] * dims[2]), i / dims[2] % dims[1], i % dims[2] };
    gsize to = 0;

    for (int k = 0; k < 3; k++)
      if (!(axes >> k & 1))
        to = to * dims[k] + at[k];
    if (max || min)
      want[to] = isnan (want[to]) || isnan (x[i]) ? NAN
                 : max                            ? MAX (want[to], x[i])
                                                  : MIN (want[to], x[i]);
    else
      want[to] += strcmp (name, "ReduceMean") == 0 ? x[i] / (double)count : x[i];
  }
  for (gsize i = 0; i < n / count; i++)
    if (isnan (want[i]))
      g_assert_true (isnan (y[i]));
    else
      g_assert_cmpfloat (fabs (y[i] - want[i]), <=, max || min ? 0 : 1e-5 * sqrt ((double)count));
}

static void
test_reductions (void)
{
  static const char *const names[] = { "ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin" };
  static const gint64 shapes[][3] = { { 3, 5, 300 }, { 2, 33, 20 }, { 70, 1, 7 },
    { 4, 600, 1030 } };

  for (guint k = 0; k < G_N_ELEMENTS (names); k++)
    for (guint s = 0; s < G_N_ELEMENTS (shapes); s++)
      for (int axes = 1; axes < 8; axes++)
        for (int strange = 0; strange < 2; strange++)
          reduce (names[k], shapes[s], axes, strange);
}

static void
argument (const char *name, gint64 outer, gint64 n, gint64 inner, gboolean last, gboolean strange)
{
  const gboolean largest = strcmp (name, "ArgMax") == 0;
  g_autoptr (GenGraph) graph = gen_graph_new (name);
  g_autofree float *x = draw (outer * n * inner, -1, 1);
  g_autofree gint64 *y = NULL;
  GError *error = NULL;
  GenTensor *in = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (outer, n, inner));

  /* So that many are equal. */
  for (gint64 i = 0; i < outer * n * inner; i++)
    x[i] = roundf (x[i] * 8);
  if (strange)
    x[n * inner / 2] = NAN;
  y = play (graph,
      gen_graph_op (graph, name, &in, 1, 1, &error, "axis", GEN_INT, 1, "select_last_index",
          GEN_INT, last, NULL),
      x, error);
  for (gint64 i = 0; i < outer * inner; i++) {
    const float *row = x + i / inner * n * inner + i % inner;
    gint64 best = 0;

    /* What is no number is the largest, and the least of none. */
    for (gint64 k = 1; k < n; k++) {
      const float a = row[k * inner], b = row[best * inner];
      const double key = isnan (a) ? INFINITY : a, most = isnan (b) ? INFINITY : b;

      if (largest ? key > most : key < most)
        best = k;
      else if (key == most && last)
        best = k;
    }
    g_assert_cmpint (y[i], ==, best);
  }
}

static void
test_arguments (void)
{
  static const gint64 shapes[][3] = { { 3, 70, 1 }, { 2, 9, 300 }, { 2, 600, 3 }, { 5, 4, 1 } };

  for (guint s = 0; s < G_N_ELEMENTS (shapes); s++)
    for (int flags = 0; flags < 8; flags++)
      argument (flags & 1 ? "ArgMax" : "ArgMin", shapes[s][0], shapes[s][1], shapes[s][2],
          flags >> 1 & 1, flags >> 2 & 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vectors/functions", test_functions);
  g_test_add_func ("/vectors/remainders", test_remainders);
  g_test_add_func ("/vectors/casts", test_casts);
  g_test_add_func ("/vectors/transposes", test_transposes);
  g_test_add_func ("/vectors/pools", test_pools);
  g_test_add_func ("/vectors/reductions", test_reductions);
  g_test_add_func ("/vectors/arguments", test_arguments);
  return g_test_run ();
}
