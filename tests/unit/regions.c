/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators that pool regions of a picture, against the definition written out: each point of each
 * cell, and each pixel. Regions are whole, tiny, and reach beyond the picture, but no
 * point lies just where that ends to count. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

#define HEIGHT 19
#define WIDTH 37
#define CHANNELS 3
#define ITEMS 2
#define REGIONS 6

static const float regions[REGIONS][4] = { { 0, 0, WIDTH, HEIGHT }, { 3.3f, 2.1f, 20.7f, 17.9f },
  { -9.2f, -4.3f, 11, 40 }, { 8.5f, 8.5f, 8.75f, 9 }, { 60, 50, 70, 66 }, { 30, 15, 2, 1 } };
static const gint64 items[REGIONS] = { 0, 1, 1, 0, 1, 0 };

static float *
draw_picture (void)
{
  const gsize n = ITEMS * CHANNELS * HEIGHT * WIDTH;
  const GenRandom random = gen_random_new (3, "test", 0);
  float *x = g_new (float, n);

  gen_random_uniform (&random, 0, 0, x, n);
  for (gsize i = 0; i < n; i++)
    x[i] -= 0.5f;
  return x;
}

/* The only output of the graph, made of the picture `x` and what is constant; for g_free. */
static float *
play (GenGraph *graph, GenTensor *y, const float *x, GError *error)
{
  g_autoptr (GenPlan) plan = NULL;

  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  memcpy (gen_plan_input (plan, 0)->data, x, gen_plan_input (plan, 0)->size);
  g_assert_true (gen_plan_run (plan, NULL));
  return g_memdup2 (gen_plan_output (plan, 0)->data, gen_plan_output (plan, 0)->size);
}

static GenTensor *
add_picture (GenGraph *graph)
{
  return gen_graph_add_input (
      graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (ITEMS, CHANNELS, HEIGHT, WIDTH));
}

static double
share (double at, int extent, int pixel)
{
  if (!(at >= -1 && at <= extent))
    return 0;
  at = CLAMP (at, 0, extent - 1);
  return MAX (0, 1 - fabs (at - pixel));
}

/* The sum of all pixels by what they have of a point, or the largest of these. */
static double
point (const float *x, double y_at, double x_at, gboolean largest)
{
  const int top = (int)CLAMP (floor (y_at), 0, HEIGHT - 1), bottom = MIN (top + 1, HEIGHT - 1);
  const int left = (int)CLAMP (floor (x_at), 0, WIDTH - 1), right = MIN (left + 1, WIDTH - 1);
  double sum = 0, most = -INFINITY;

  for (int row = top; row <= bottom; row++)
    for (int column = left; column <= right; column++) {
      const double one =
          share (y_at, HEIGHT, row) * share (x_at, WIDTH, column) * x[row * WIDTH + column];

      sum += one;
      most = MAX (most, one);
    }
  /* A neighbour that lies on the border stands for the one beyond, with nothing. */
  return largest ? (top == bottom || left == right ? MAX (most, 0) : most) : sum;
}

static double
cell (const float *x, const float *region, const int at[2], const int cells[2], int ratio,
    gboolean largest)
{
  const double start[2] = { region[1] - 0.5, region[0] - 0.5 };
  const double size[2] = { (region[3] - region[1]) / (double)cells[0],
    (region[2] - region[0]) / (double)cells[1] };
  double sum = 0, most = -INFINITY;
  int points[2];

  for (int i = 0; i < 2; i++)
    points[i] = ratio > 0 ? ratio : (int)MAX (ceil (size[i]), 0);
  for (int i = 0; i < points[0]; i++)
    for (int k = 0; k < points[1]; k++) {
      const double one = point (x, start[0] + size[0] * (at[0] + (i + 0.5) / points[0]),
          start[1] + size[1] * (at[1] + (k + 0.5) / points[1]), largest);

      sum += one;
      most = MAX (most, one);
    }
  if (points[0] * points[1] == 0)
    return 0;
  return largest ? most : sum / (points[0] * points[1]);
}

static void
align (int height, int width, int ratio, gboolean largest)
{
  const int cells[2] = { height, width };
  g_autoptr (GenGraph) graph = gen_graph_new ("regions");
  g_autofree float *x = draw_picture (), *y = NULL;
  GError *error = NULL;
  GenTensor *inputs[3] = { add_picture (graph),
    gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (REGIONS, 4),
        g_bytes_new (regions, sizeof regions)),
    gen_graph_ints (graph, items, REGIONS) };

  y = play (graph,
      gen_graph_op (graph, "RoiAlign", inputs, 3, 1, &error, "output_height", GEN_INT, height,
          "output_width", GEN_INT, width, "sampling_ratio", GEN_INT, ratio, "mode", GEN_STRING,
          largest ? "max" : "avg", NULL),
      x, error);
  for (int i = 0; i < REGIONS * CHANNELS * height * width; i++) {
    const int plane = i / (height * width), at[2] = { i / width % height, i % width };
    const gint64 from = items[plane / CHANNELS] * CHANNELS + plane % CHANNELS;
    const double want =
        cell (x + from * HEIGHT * WIDTH, regions[plane / CHANNELS], at, cells, ratio, largest);

    if (!(fabs (y[i] - want) < 2e-5))
      g_error ("%s of region %d, cell %d %d, of %d x %d by %d points: %g, and should be %g",
          largest ? "largest" : "mean", plane / CHANNELS, at[0], at[1], height, width, ratio, y[i],
          want);
  }
}

/* Few cells, and more than tables are for: by their number, and by that of their points. */
static void
test_align (void)
{
  for (int largest = 0; largest < 2; largest++) {
    align (3, 5, 0, largest);
    align (7, 7, 2, largest);
    align (1, 1, 0, largest);
    align (2, 300, 1, largest);
    align (24, 2, 100, largest);
  }
}

static gint64
bound (double start, float at, gint64 extent)
{
  return (gint64)CLAMP (start + at, 0, (double)extent);
}

static void
pool (gint64 height, gint64 width, float scale)
{
  const gint64 shape[2] = { height, width };
  g_autoptr (GenGraph) graph = gen_graph_new ("regions");
  g_autofree float *x = draw_picture (), *y = NULL;
  float rois[REGIONS][5];
  GError *error = NULL;
  GenTensor *inputs[2];

  for (int i = 0; i < REGIONS; i++) {
    rois[i][0] = (float)items[i];
    memcpy (rois[i] + 1, regions[i], sizeof regions[i]);
  }
  inputs[0] = add_picture (graph);
  inputs[1] = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (REGIONS, 5), g_bytes_new (rois, sizeof rois));
  y = play (graph,
      gen_graph_op (graph, "MaxRoiPool", inputs, 2, 1, &error, "pooled_shape", GEN_INTS, 2, shape,
          "spatial_scale", GEN_FLOAT, (double)scale, NULL),
      x, error);
  for (gint64 i = 0; i < REGIONS * CHANNELS * height * width; i++) {
    const gint64 plane = i / (height * width), r = i / width % height, c = i % width;
    const float *roi = regions[plane / CHANNELS];
    const float *from =
        x + (items[plane / CHANNELS] * CHANNELS + plane % CHANNELS) * HEIGHT * WIDTH;
    const double top = round (roi[1] * scale), left = round (roi[0] * scale);
    const float rows = (float)MAX (round (roi[3] * scale) - top + 1, 1) / (float)height;
    const float columns = (float)MAX (round (roi[2] * scale) - left + 1, 1) / (float)width;
    float most = -INFINITY;

    for (gint64 v = bound (top, floorf ((float)r * rows), HEIGHT);
         v < bound (top, ceilf ((float)(r + 1) * rows), HEIGHT); v++)
      for (gint64 u = bound (left, floorf ((float)c * columns), WIDTH);
           u < bound (left, ceilf ((float)(c + 1) * columns), WIDTH); u++)
        most = MAX (most, from[v * WIDTH + u]);
    g_assert_cmpfloat (y[i], ==, isinf (most) ? 0 : most);
  }
}

static void
test_pool (void)
{
  pool (7, 7, 1);
  pool (1, 40, 1);
  pool (30, 3, 0.5f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/regions/align", test_align);
  g_test_add_func ("/regions/pool", test_pool);
  return g_test_run ();
}
