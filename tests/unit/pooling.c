/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Poolings and their gradients against a naive reference, in both layouts. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

typedef struct {
  gint64 kernel[2], stride[2], dilation[2], pads[4];
  gboolean ceiling, includes_padding;
} Case;

static const Case cases[] = {
  { { 2, 2 }, { 2, 2 }, { 1, 1 }, { 0, 0, 0, 0 } },
  { { 3, 3 }, { 2, 2 }, { 1, 1 }, { 1, 1, 1, 1 } },
  { { 3, 2 }, { 1, 3 }, { 1, 1 }, { 1, 0, 2, 1 }, FALSE, TRUE },
  { { 3, 3 }, { 2, 2 }, { 1, 1 }, { 0, 0, 0, 0 }, TRUE },
  { { 3, 3 }, { 2, 2 }, { 1, 1 }, { 1, 1, 1, 1 }, TRUE, TRUE },
  { { 2, 3 }, { 1, 2 }, { 3, 2 }, { 1, 2, 1, 2 } },
};

#define BATCH 2
#define CHANNELS 5
#define ROWS 9
#define COLUMNS 10

static float
at (const float *plane, gint64 y, gint64 x)
{
  return y < 0 || y >= ROWS || x < 0 || x >= COLUMNS ? -INFINITY : plane[y * COLUMNS + x];
}

/* The identity, in the other layout. */
static GenTensor *
channels_last (GenGraph *graph, GenTensor *x, GError **error)
{
  float identity[CHANNELS * CHANNELS] = { 0 };

  for (int i = 0; i < CHANNELS; i++)
    identity[i * CHANNELS + i] = 1;
  return gen_binary (graph, "Conv", x,
      gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (CHANNELS, CHANNELS, 1, 1),
          g_bytes_new (identity, sizeof identity)),
      error);
}

/* y and, for given dy, dx of one plane. */
static void
reference (const Case *c, gboolean max, const GenShape *out, const float *x, const float *dy,
    double *y, double *dx)
{
  memset (dx, 0, ROWS * COLUMNS * sizeof *dx);
  for (gint64 oy = 0; oy < out->dims[2]; oy++)
    for (gint64 ox = 0; ox < out->dims[3]; ox++) {
      gint64 o = oy * out->dims[3] + ox, best = -1, count = 0;
      double sum = 0;

      for (int pass = 0; pass < 2; pass++)
        for (gint64 ky = 0; ky < c->kernel[0]; ky++)
          for (gint64 kx = 0; kx < c->kernel[1]; kx++) {
            gint64 iy = oy * c->stride[0] - c->pads[0] + ky * c->dilation[0];
            gint64 ix = ox * c->stride[1] - c->pads[1] + kx * c->dilation[1];
            gboolean inside = !isinf (at (x, iy, ix));

            if (pass == 0)
              count += c->includes_padding && !max
                           ? iy < ROWS + c->pads[2] && ix < COLUMNS + c->pads[3]
                           : inside;
            else if (inside) {
              sum += at (x, iy, ix) / count;
              if (!max)
                dx[iy * COLUMNS + ix] += dy[o] / count;
              if (best < 0 || at (x, iy, ix) > x[best])
                best = iy * COLUMNS + ix;
            }
          }
      y[o] = max ? x[best] : sum;
      if (max)
        dx[best] += dy[o];
    }
}

static void
check (const Case *c, gboolean max, gboolean last)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("pool");
  GenTensor *x = gen_graph_add_input (
      graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, CHANNELS, ROWS, COLUMNS));
  GenTensor *from = last ? channels_last (graph, x, &error) : x;
  GenTensor *y = gen_graph_op (graph, max ? "MaxPool" : "AveragePool", &from, 1, 1, &error,
      "kernel_shape", GEN_INTS, 2, c->kernel, "strides", GEN_INTS, 2, c->stride, "dilations",
      GEN_INTS, 2, c->dilation, "pads", GEN_INTS, 4, c->pads, "ceil_mode", GEN_INT, c->ceiling,
      "count_include_pad", GEN_INT, c->includes_padding, NULL);
  GenTensor *dy, *loss, *dx;
  g_autoptr (GenPlan) plan = NULL;
  GenRandom random = gen_random_new (9, "test", 0);
  g_autofree double *planes = NULL;
  float *in, *dyin;
  gint64 pixels;

  g_assert_no_error (error);
  pixels = y->shape.dims[2] * y->shape.dims[3];
  dy = gen_graph_add_input (graph, "dy", GEN_TYPE_FLOAT32, &y->shape);
  loss = gen_binary (graph, "Mul", y, dy, &error);
  g_assert_true (gen_graph_gradients (graph, loss, &x, 1, &dx, &error));
  gen_graph_add_output (graph, y);
  gen_graph_add_output (graph, dx);
  plan = gen_plan_new (graph, &(GenPlanOptions){ .threads = 3 }, &error);
  g_assert_no_error (error);
  in = gen_plan_input (plan, 0)->data;
  dyin = gen_plan_input (plan, 1)->data;
  gen_random_normal (&random, 0, 0, in, gen_plan_input (plan, 0)->size / 4);
  gen_random_normal (&random, 1, 0, dyin, gen_plan_input (plan, 1)->size / 4);
  g_assert_true (gen_plan_run (plan, NULL));
  planes = g_new (double, pixels + ROWS * COLUMNS);
  for (int p = 0; p < BATCH * CHANNELS; p++) {
    reference (
        c, max, &y->shape, in + p * ROWS * COLUMNS, dyin + p * pixels, planes, planes + pixels);
    for (gint64 i = 0; i < pixels; i++)
      g_assert_cmpfloat_with_epsilon (
          ((float *)gen_plan_output (plan, 0)->data)[p * pixels + i], planes[i], 1e-5);
    for (gint64 i = 0; i < ROWS * COLUMNS; i++)
      g_assert_cmpfloat_with_epsilon (
          ((float *)gen_plan_output (plan, 1)->data)[p * ROWS * COLUMNS + i], planes[pixels + i],
          1e-5);
  }
}

static void
test_windows (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (int mode = 0; mode < 4; mode++)
      check (&cases[i], mode & 1, mode & 2);
}

static void
test_indices (void)
{
  for (int last = 0; last < 2; last++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = gen_graph_new ("indices");
    GenTensor *x = gen_graph_add_input (
        graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, CHANNELS, ROWS, COLUMNS));
    GenTensor *from = last ? channels_last (graph, x, &error) : x;
    GenTensor *y = gen_graph_op (graph, "MaxPool", &from, 1, 2, &error, "kernel_shape", GEN_INTS, 2,
        (gint64[]){ 3, 3 }, NULL);
    g_autoptr (GenPlan) plan = NULL;
    GenRandom random = gen_random_new (9, "test", 0);
    float *in;

    g_assert_no_error (error);
    gen_graph_add_output (graph, y);

    gen_graph_add_output (graph, gen_node_output (y->producer, 1));
    plan = gen_plan_new (graph, NULL, &error);
    g_assert_no_error (error);
    in = gen_plan_input (plan, 0)->data;
    gen_random_normal (&random, 0, 0, in, gen_plan_input (plan, 0)->size / 4);
    g_assert_true (gen_plan_run (plan, NULL));
    for (gsize i = 0; i < gen_plan_output (plan, 0)->size / 4; i++)
      g_assert_cmpfloat (in[((gint64 *)gen_plan_output (plan, 1)->data)[i]], ==,
          ((float *)gen_plan_output (plan, 0)->data)[i]);
  }
}

/* What is no number is the largest of its window, wherever in it and in memory it lies: an error
 * that made it must not be lost. So are infinities beside it. */
static void
test_no_numbers (void)
{
  for (int mode = 0; mode < 4; mode++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = gen_graph_new ("no-numbers");
    GenTensor *x = gen_graph_add_input (
        graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (BATCH, CHANNELS, ROWS, COLUMNS));
    const float ones[CHANNELS] = { 1, 1, 1, 1, 1 };
    GenTensor *one = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32,
        &GEN_SHAPE (CHANNELS, 1, 1, 1), g_bytes_new (ones, sizeof ones));
    /* In the other layout, without meeting the other channels. */
    GenTensor *from = mode & 1 ? gen_graph_op (graph, "Conv", (GenTensor *[]){ x, one }, 2, 1,
                                     &error, "group", GEN_INT, CHANNELS, NULL)
                               : x;
    GenTensor *y, *dx;
    g_autoptr (GenPlan) plan = NULL;
    float *in;

    g_assert_no_error (error);
    y = gen_graph_op (graph, "MaxPool", &from, 1, mode & 2 ? 2 : 1, &error, "kernel_shape",
        GEN_INTS, 2, (gint64[]){ 2, 3 }, NULL);
    g_assert_no_error (error);
    g_assert_true (gen_graph_gradients (graph, y, &x, 1, &dx, &error));
    gen_graph_add_output (graph, y);
    gen_graph_add_output (graph, dx);
    if (mode & 2)
      gen_graph_add_output (graph, gen_node_output (y->producer, 1));
    plan = gen_plan_new (graph, NULL, &error);
    g_assert_no_error (error);
    in = gen_plan_input (plan, 0)->data;
    for (gsize i = 0; i < BATCH * CHANNELS * ROWS * COLUMNS; i++)
      in[i] = i % 17 == 3 ? INFINITY : i % 5 == 1 ? -INFINITY : (float)(i % 7);
    in[4 * COLUMNS + 5] = NAN;
    g_assert_true (gen_plan_run (plan, NULL));
    for (gint64 i = 0; i < (ROWS - 1) * (COLUMNS - 2); i++) {
      gint64 row = i / (COLUMNS - 2), column = i % (COLUMNS - 2);
      float result = ((float *)gen_plan_output (plan, 0)->data)[i], largest = -INFINITY;
      gboolean is_number = !((row == 3 || row == 4) && column >= 3 && column <= 5);

      for (gint64 k = 0; k < 6; k++)
        largest = MAX (largest, in[(row + k / 3) * COLUMNS + column + k % 3]);
      g_assert_true (is_number ? result == largest : isnan (result));
      if (mode & 2 && !is_number)
        g_assert_cmpint (((gint64 *)gen_plan_output (plan, 2)->data)[i], ==, 4 * COLUMNS + 5);
    }
    g_assert_cmpfloat (((float *)gen_plan_output (plan, 1)->data)[4 * COLUMNS + 5], ==, 6);
  }
}

static void
test_global (void)
{
  static const char *const names[] = { "GlobalAveragePool", "GlobalMaxPool" };

  for (int i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = gen_graph_new ("global");
    GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 3, 2, 3));

    gen_graph_add_output (graph, gen_unary (graph, names[i], x, &error));
    g_assert_no_error (error);
    g_assert_cmpfloat (gen_graph_check_gradients (graph, 4, &error), <, 1e-2);
    g_assert_no_error (error);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pooling/windows", test_windows);
  g_test_add_func ("/pooling/indices", test_indices);
  g_test_add_func ("/pooling/no-numbers", test_no_numbers);
  g_test_add_func ("/pooling/global", test_global);
  return g_test_run ();
}
