/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* PackPicture and UnpackPicture of Y'CbCr 4:2:0: the bytes of pure colours as the standards have
 * them, and any pictures against loops in double precision, over walls, sitings and strides. */
#include <generative/operator.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

#include "through-conv.h"

static const float bt601[] = { 0.299f, 0.114f }, bt709[] = { 0.2126f, 0.0722f },
                   bt2020[] = { 0.2627f, 0.0593f };

typedef struct {
  int channels, height, width, count, columns;
  gboolean planar;
  const float *luma;
  gboolean full_range, sited_x, sited_y;
  gsize gap, chroma_gap; /* bytes after each row */
  gboolean upward;       /* the last row comes first */
} Case;

static const Case cases[] = {
  { 3, 16, 32, 1, 1, FALSE, bt601, FALSE, FALSE, FALSE, 0, 0 },
  { 3, 16, 32, 1, 1, TRUE, bt709, FALSE, TRUE, FALSE, 0, 0 },
  { 3, 17, 33, 1, 1, FALSE, bt709, TRUE, TRUE, TRUE, 3, 2 },
  { 3, 17, 33, 1, 1, TRUE, bt2020, FALSE, FALSE, TRUE, 1, 5 },
  { 3, 6, 1201, 1, 1, FALSE, bt601, TRUE, FALSE, FALSE, 0, 0 },
  { 3, 5, 515, 1, 1, TRUE, bt709, FALSE, TRUE, FALSE, 0, 3 },
  { 3, 1, 1, 1, 1, FALSE, bt709, FALSE, TRUE, TRUE, 0, 0 },
  { 3, 8, 12, 4, 2, FALSE, bt709, FALSE, TRUE, FALSE, 0, 0 },
  { 3, 7, 9, 8, 3, FALSE, bt601, FALSE, FALSE, FALSE, 2, 0 },
  { 3, 7, 9, 8, 3, TRUE, bt601, TRUE, TRUE, TRUE, 0, 0 },
  { 3, 3, 171, 6, 3, FALSE, bt601, FALSE, TRUE, FALSE, 0, 0 },
  { 1, 28, 28, 7, 3, FALSE, bt601, FALSE, FALSE, FALSE, 0, 0 },
  { 1, 5, 7, 1, 1, TRUE, bt709, TRUE, TRUE, FALSE, 0, 0 },
  { 3, 16, 32, 1, 1, FALSE, bt601, FALSE, FALSE, FALSE, 0, 0, TRUE },
  { 3, 17, 33, 1, 1, FALSE, bt709, TRUE, TRUE, TRUE, 3, 2, TRUE },
  { 3, 7, 9, 8, 3, TRUE, bt601, TRUE, TRUE, TRUE, 0, 4, TRUE },
};

static const float mean[] = { 0.5f, 0.4f, 0.3f }, std[] = { 0.5f, 0.25f, 0.3f };

/* Bytes that nothing may be written to. */
#define GUARD 0xA5

static int
rows_of (const Case *c)
{
  return (c->count + c->columns - 1) / c->columns;
}

static int
wall_width (const Case *c)
{
  return c->columns * c->width;
}

static int
wall_height (const Case *c)
{
  return rows_of (c) * c->height;
}

static int
planes_of (const Case *c)
{
  return c->planar ? 3 : 2;
}

static gsize
row_of (const Case *c, int plane)
{
  if (plane == 0)
    return (gsize)wall_width (c);
  return (gsize)((wall_width (c) + 1) / 2 * (c->planar ? 1 : 2));
}

static gsize
stride_of (const Case *c, int plane)
{
  return row_of (c, plane) + (plane == 0 ? c->gap : c->chroma_gap);
}

static gsize
plane_of (const Case *c, int plane)
{
  return stride_of (c, plane) * (plane == 0 ? wall_height (c) : (wall_height (c) + 1) / 2);
}

/* Where component `k` of pixel or pair (y, x) lies: its plane, and the byte there. */
static gsize
place (const Case *c, int y, int x, int k, int *plane)
{
  *plane = k == 0 ? 0 : c->planar ? k : 1;
  if (c->upward)
    y = (k == 0 ? wall_height (c) : (wall_height (c) + 1) / 2) - 1 - y;
  return y * stride_of (c, *plane) + (gsize)(k > 0 && !c->planar ? 2 * x + k - 1 : x);
}

static GenNode *
add_node (GenGraph *graph, const Case *c, const char *op, GenTensor **inputs, int n_inputs,
    GenTensor **outputs, int n_outputs)
{
  const gint64 siting[] = { c->sited_x, c->sited_y };
  g_autoptr (GError) error = NULL;
  GenNode *node;

  for (int i = 0; i < n_outputs; i++)
    outputs[i] = gen_graph_add_value (graph, NULL);
  node = gen_graph_add_node (
      graph, NULL, "generative", op, GEN_OPSET, inputs, n_inputs, outputs, n_outputs, &error);
  g_assert_no_error (error);
  gen_node_set_int (node, "columns", c->columns);
  gen_node_set_int (node, "planar", c->planar);
  gen_node_set_int (node, "stride", (gint64)stride_of (c, 0));
  gen_node_set_int (node, "chroma_stride", (gint64)stride_of (c, 1));
  gen_node_set_int (node, "upward", c->upward);
  gen_node_set_int (node, "full_range", c->full_range);
  gen_node_set_ints (node, "siting", siting, 2);
  gen_node_set_floats (node, "luma", c->luma, 2);
  gen_node_set_floats (node, "mean", mean, c->channels);
  gen_node_set_floats (node, "std", std, c->channels);
  return node;
}

/* --- what it should be --- */

/* Level of channel `k` at pixel (y, x) of the wall, whose border goes on beyond it. */
static double
level_at (const Case *c, const float *x, int k, int row, int column)
{
  int y = CLAMP (row, 0, wall_height (c) - 1), i, at = CLAMP (column, 0, wall_width (c) - 1);
  double v;

  i = y / c->height * c->columns + at / c->width;
  if (i >= c->count)
    return 0;
  k = MIN (k, c->channels - 1);
  v = x[(((gsize)i * c->channels + k) * c->height + y % c->height) * c->width + at % c->width];
  v = (v * std[k] + mean[k]) * 255;
  return isnan (v) ? 0 : CLAMP (v, 0, 255);
}

/* R'G'B' to component `k` as a byte would have it, unrounded. */
static double
component (const Case *c, const double *rgb, int k)
{
  double red = c->luma[0], blue = c->luma[1];
  double y = red * rgb[0] + (1 - red - blue) * rgb[1] + blue * rgb[2];
  double chroma = k == 1 ? (rgb[2] - y) / (2 - 2 * blue) : (rgb[0] - y) / (2 - 2 * red);

  if (k == 0)
    return c->full_range ? y : 16 + y * 219 / 255;
  return 128 + (c->full_range ? chroma : chroma * 224 / 255);
}

/* How much the pixel `distance` after the first one of a pair weighs in it. */
static double
weight (gboolean sited, int distance)
{
  if (sited)
    return distance == 0 ? 0.5 : 0.25;
  return distance < 0 ? 0 : 0.5;
}

static double
expected_byte (const Case *c, const float *x, int y, int column, int k)
{
  double rgb[3] = { 0 };

  for (int n = 0; n < 3; n++) {
    if (k == 0)
      rgb[n] = level_at (c, x, n, y, column);
    for (int v = -1; v <= 1 && k > 0; v++)
      for (int h = -1; h <= 1; h++)
        rgb[n] += weight (c->sited_y, v) * weight (c->sited_x, h) *
                  level_at (c, x, n, 2 * y + v, 2 * column + h);
  }
  return MIN (component (c, rgb, k), 255);
}

static void
assert_frame (const Case *c, const float *x, guint8 *const *planes)
{
  for (int k = 0; k < 3; k++)
    for (int y = 0; y < (k == 0 ? wall_height (c) : (wall_height (c) + 1) / 2); y++)
      for (int column = 0; column < (k == 0 ? wall_width (c) : (wall_width (c) + 1) / 2);
           column++) {
        int plane;
        gsize at = place (c, y, column, k, &plane);

        g_assert_cmpfloat_with_epsilon (
            planes[plane][at], expected_byte (c, x, y, column, k), 0.5001);
      }
}

static void
assert_gaps (const Case *c, guint8 *const *planes)
{
  for (int p = 0; p < planes_of (c); p++)
    for (gsize i = 0; i < plane_of (c, p); i++)
      if (i % stride_of (c, p) >= row_of (c, p))
        g_assert_cmpint (planes[p][i], ==, GUARD);
}

static void
pack (const Case *c, int frames, int threads, gboolean behind_conv)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = NULL;
  GenShape shape = GEN_SHAPE (frames * c->count, c->channels, c->height, c->width);
  gsize count = gen_shape_elements (&shape);
  g_autofree float *x = g_new (float, count);
  GenRandom random = gen_random_new (count, "test", 0);
  GenTensor *input = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &shape), *outputs[6];
  int planes = planes_of (c);
  guint8 *bytes[6];
  GenNode *node;

  if (behind_conv)
    input = through_conv (graph, input, 0, &error);
  node = add_node (graph, c, "PackPicture", &input, 1, outputs, frames * planes);
  g_assert_true (node->op->infer (node, &error));
  for (int p = 0; p < frames * planes; p++)
    gen_graph_add_output (graph, outputs[p]);
  plan = gen_plan_new (graph, &(GenPlanOptions){ .threads = threads }, &error);
  g_assert_no_error (error);
  gen_random_normal (&random, 0, 0, x, count);
  x[0] = behind_conv ? 9 : NAN;
  x[count - 1] = -9;
  gen_plan_bind_input (plan, 0, x);
  for (int p = 0; p < frames * planes; p++) {
    g_assert_cmpint (outputs[p]->shape.dims[0], ==, plane_of (c, p % planes));
    bytes[p] = g_malloc (plane_of (c, p % planes));
    memset (bytes[p], GUARD, plane_of (c, p % planes));
    gen_plan_bind_output (plan, (guint)p, bytes[p]);
  }
  g_assert_true (gen_plan_run (plan, NULL));
  for (int f = 0; f < frames; f++) {
    assert_frame (c, x + f * (count / frames), bytes + f * planes);
    assert_gaps (c, bytes + f * planes);
  }
  for (int p = 0; p < frames * planes; p++)
    g_free (bytes[p]);
}

static void
test_pack (void)
{
  for (gsize n = 0; n < G_N_ELEMENTS (cases); n++) {
    pack (&cases[n], 2, 1, FALSE);
    pack (&cases[n], 1, 2, FALSE);
    pack (&cases[n], 2, 2, TRUE);
  }
}

/* Red, green, blue, white and black: Y', Cb and Cr as they are printed in tables. */
static void
test_colours (void)
{
  static const struct {
    Case frame;
    guint8 bytes[5][3];
  } tables[] = {
    { { 3, 2, 2, 1, 1, FALSE, bt601, FALSE }, { { 81, 90, 240 }, { 145, 54, 34 }, { 41, 240, 110 },
                                                  { 235, 128, 128 }, { 16, 128, 128 } } },
    { { 3, 2, 2, 1, 1, FALSE, bt709, FALSE }, { { 63, 102, 240 }, { 173, 42, 26 }, { 32, 240, 118 },
                                                  { 235, 128, 128 }, { 16, 128, 128 } } },
    { { 3, 2, 2, 1, 1, TRUE, bt601, TRUE }, { { 76, 85, 255 }, { 150, 44, 21 }, { 29, 255, 107 },
                                                { 255, 128, 128 }, { 0, 128, 128 } } },
  };
  static const int colours[5][3] = { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 }, { 1, 1, 1 } };

  for (gsize t = 0; t < G_N_ELEMENTS (tables); t++)
    for (int n = 0; n < 5; n++) {
      const Case *c = &tables[t].frame;
      g_autoptr (GenGraph) graph = gen_graph_new (NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (GenPlan) plan = NULL;
      GenTensor *outputs[3],
          *input = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 2, 2));
      GenNode *node = add_node (graph, c, "PackPicture", &input, 1, outputs, planes_of (c));
      float x[12];

      g_assert_true (node->op->infer (node, &error));
      for (int p = 0; p < planes_of (c); p++)
        gen_graph_add_output (graph, outputs[p]);
      plan = gen_plan_new (graph, NULL, &error);
      g_assert_no_error (error);
      for (int i = 0; i < 12; i++)
        x[i] = ((float)colours[n][i / 4] - mean[i / 4]) / std[i / 4];
      gen_plan_bind_input (plan, 0, x);
      g_assert_true (gen_plan_run (plan, NULL));
      for (int k = 0; k < 3; k++) {
        int plane;
        gsize at = place (c, 0, 0, k, &plane);

        g_assert_cmpint (
            ((guint8 *)gen_plan_output (plan, (guint)plane)->data)[at], ==, tables[t].bytes[n][k]);
      }
    }
}

/* Component `k` at pixel (y, x), between the pairs around it. */
static double
sample (const Case *c, guint8 *const *planes, int y, int x, int k)
{
  double v = c->sited_y ? y / 2.0 : (y - 0.5) / 2, h = c->sited_x ? x / 2.0 : (x - 0.5) / 2;
  int top = (int)floor (v), left = (int)floor (h), plane;
  double sum = 0;

  if (k == 0)
    return planes[0][place (c, y, x, 0, &plane)];
  for (int i = 0; i < 4; i++) {
    int row = CLAMP (top + i / 2, 0, (wall_height (c) + 1) / 2 - 1);
    int column = CLAMP (left + i % 2, 0, (wall_width (c) + 1) / 2 - 1);
    double share =
        (i / 2 == 1 ? v - top : 1 - (v - top)) * (i % 2 == 1 ? h - left : 1 - (h - left));
    gsize at = place (c, row, column, k, &plane);

    sum += share * planes[plane][at];
  }
  return sum;
}

static double
expected_number (const Case *c, guint8 *const *planes, int y, int x, int channel)
{
  double red = c->luma[0], blue = c->luma[1], green = 1 - red - blue;
  double grey =
      (sample (c, planes, y, x, 0) - (c->full_range ? 0 : 16)) / (c->full_range ? 1 : 219.0 / 255);
  double cb = (sample (c, planes, y, x, 1) - 128) / (c->full_range ? 1 : 224.0 / 255);
  double cr = (sample (c, planes, y, x, 2) - 128) / (c->full_range ? 1 : 224.0 / 255);
  double r = grey + cr * (2 - 2 * red), b = grey + cb * (2 - 2 * blue);
  double level = channel == 0 ? r : channel == 2 ? b : (grey - red * r - blue * b) / green;

  return (CLAMP (level, 0, 255) / 255 - mean[channel]) / std[channel];
}

/* `behind_conv`: channels stay last, where a convolution reads them. */
static void
unpack (const Case *c, int threads, gboolean before_conv)
{
  g_autoptr (GenGraph) graph = gen_graph_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GenPlan) plan = NULL;
  int planes = planes_of (c), frames = 2, tiles = c->columns * rows_of (c);
  GenRandom random = gen_random_new (7, "test", 0);
  GenTensor *inputs[6], *output;
  guint8 *bytes[6];
  const float *x;
  GenNode *node;

  for (int p = 0; p < frames * planes; p++) {
    gsize size = plane_of (c, p % planes);

    inputs[p] = gen_graph_add_input (graph, "x", GEN_TYPE_UINT8, &GEN_SHAPE ((gint64)size));
    bytes[p] = g_malloc (size);
    for (gsize i = 0; i < size; i++)
      bytes[p][i] = (guint8)gen_random_below (&random, p, i, 256);
  }
  node = add_node (graph, c, "UnpackPicture", inputs, frames * planes, &output, 1);
  gen_node_set_int (node, "rows", rows_of (c));
  gen_node_set_int (node, "channels", 3);
  gen_node_set_int (node, "height", c->height);
  gen_node_set_int (node, "width", c->width);
  g_assert_true (node->op->infer (node, &error));
  gen_graph_add_output (graph, before_conv ? through_conv (graph, output, 0, &error) : output);
  plan = gen_plan_new (graph, &(GenPlanOptions){ .threads = threads }, &error);
  g_assert_no_error (error);
  for (int p = 0; p < frames * planes; p++)
    gen_plan_bind_input (plan, (guint)p, bytes[p]);
  g_assert_true (gen_plan_run (plan, NULL));
  x = gen_plan_output (plan, 0)->data;
  for (int f = 0; f < frames; f++)
    for (int i = 0; i < tiles; i++)
      for (int k = 0; k < 3; k++)
        for (int y = 0; y < c->height; y++)
          for (int column = 0; column < c->width; column++)
            g_assert_cmpfloat_with_epsilon (
                x[((((gsize)f * tiles + i) * 3 + k) * c->height + y) * c->width + column],
                expected_number (c, bytes + f * planes, i / c->columns * c->height + y,
                    i % c->columns * c->width + column, k),
                1e-5);
  for (int p = 0; p < frames * planes; p++)
    g_free (bytes[p]);
}

static void
test_unpack (void)
{
  for (gsize n = 0; n < G_N_ELEMENTS (cases); n++)
    if (cases[n].channels == 3) {
      unpack (&cases[n], 1, FALSE);
      unpack (&cases[n], 2, TRUE);
    }
}

static void
test_wrong_attributes (void)
{
  static const struct {
    const char *name;
    gint64 value;
    int planes;
    const char *text;
  } wrong[] = {
    { "stride", 27, 2, "stride cannot hold" },
    { "chroma_stride", 27, 2, "chroma_stride cannot hold" },
    { "chroma_stride", G_MAXINT, 2, "plane is too large" },
    { "planar", 1, 2, "3 planes for each frame" },
    { "planar", 0, 3, "2 planes for each frame" },
  };
  static const float luma[] = { 0.7f, 0.4f };

  for (gsize i = 0; i <= G_N_ELEMENTS (wrong); i++) {
    gboolean weights = i == G_N_ELEMENTS (wrong);
    g_autoptr (GenGraph) graph = gen_graph_new (NULL);
    g_autoptr (GError) error = NULL;
    GenTensor *outputs[3];
    GenTensor *input =
        gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 28, 28));
    int planes = weights ? 2 : wrong[i].planes;
    const char *text = weights ? "luma must have" : wrong[i].text;
    GenNode *node;

    for (int p = 0; p < planes; p++)
      outputs[p] = gen_graph_add_value (graph, NULL);
    node = gen_graph_add_node (
        graph, NULL, "generative", "PackPicture", GEN_OPSET, &input, 1, outputs, planes, &error);
    gen_node_set_floats (node, "luma", weights ? luma : bt601, 2);
    if (!weights)
      gen_node_set_int (node, wrong[i].name, wrong[i].value);
    g_assert_false (node->op->infer (node, &error));
    g_assert_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID);
    if (strstr (error->message, text) == NULL)
      g_error ("\"%s\" lacks \"%s\"", error->message, text);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ycbcr/colours", test_colours);
  g_test_add_func ("/ycbcr/pack", test_pack);
  g_test_add_func ("/ycbcr/unpack", test_unpack);
  g_test_add_func ("/ycbcr/wrong-attributes", test_wrong_attributes);
  return g_test_run ();
}
