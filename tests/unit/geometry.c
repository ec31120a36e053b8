/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Operators that move pixels: gradients, and values of ONNX's reference and of PyTorch. */
#include "cases.h"

#include <generative/plan.h>

#include <math.h>
#include <string.h>

static GenTensor *
build_depth_to_space (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "DepthToSpace", x, 1, 1, error, "blocksize", GEN_INT, 2, "mode",
      GEN_STRING, "CRD", NULL);
}

static GenTensor *
build_space_to_depth (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "SpaceToDepth", x, 1, 1, error, "blocksize", GEN_INT, 2, NULL);
}

static GenTensor *
grid_sample (GenGraph *graph, GenTensor *x, GenTensor *grid, const char *mode, const char *padding,
    int corners, GError **error)
{
  return gen_graph_op (graph, "GridSample", (GenTensor *[]){ x, grid }, 2, 1, error, "mode",
      GEN_STRING, mode, "padding_mode", GEN_STRING, padding, "align_corners", GEN_INT, corners,
      NULL);
}

/* Steps of the numeric gradient must not cross from pixel to pixel: the grid is held in the middle
 * between some, a little apart from each other. */
static GenTensor *
calm (GenGraph *graph, GenTensor *grid, float middle, GError **error)
{
  return gen_binary (graph, "Add",
      gen_binary (graph, "Mul", gen_unary (graph, "Tanh", grid, error),
          gen_graph_float (graph, 0.1f), error),
      gen_graph_float (graph, middle), error);
}

#define BUILD_SAMPLE(id, mode, padding, corners, middle)                                           \
  static GenTensor *build_sample_##id (GenGraph *graph, GenTensor *const *x, GError **error)       \
  {                                                                                                \
    GenTensor *grid = calm (graph, x[1], middle, error);                                           \
                                                                                                   \
    return grid == NULL ? NULL : grid_sample (graph, x[0], grid, mode, padding, corners, error);   \
  }

BUILD_SAMPLE (linear, "linear", "zeros", 0, 0)
BUILD_SAMPLE (edge, "linear", "zeros", 0, 0.8f)
BUILD_SAMPLE (reflected, "linear", "reflection", 1, -1.5f)
BUILD_SAMPLE (border, "linear", "border", 0, 1.4f)
BUILD_SAMPLE (cubic, "cubic", "zeros", 0, 0)
BUILD_SAMPLE (nearest, "nearest", "border", 0, 0.25f)

static GenTensor *
pad (GenGraph *graph, GenTensor *x, const char *mode, GError **error)
{
  return gen_graph_op (graph, "Pad",
      (GenTensor *[]){ x, gen_graph_ints (graph, (gint64[]){ 1, 4, 2, 0 }, 4) }, 2, 1, error,
      "mode", GEN_STRING, mode, NULL);
}

static GenTensor *
build_pad_wrap (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return pad (graph, x[0], "wrap", error);
}

static GenTensor *
build_pad_edge (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return pad (graph, x[0], "edge", error);
}

static GenTensor *
build_max_unpool (GenGraph *graph, GenTensor *const *x, GError **error)
{
  const gint64 places[] = { 5, 7, 13, 15 };
  GenTensor *at = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE (1, 1, 2, 2), g_bytes_new (places, sizeof places));

  return gen_graph_op (graph, "MaxUnpool", (GenTensor *[]){ x[0], at }, 2, 1, error, "kernel_shape",
      GEN_INTS, 2, (gint64[]){ 2, 2 }, "strides", GEN_INTS, 2, (gint64[]){ 2, 2 }, NULL);
}

static GenTensor *
build_lp_pool (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return gen_graph_op (graph, "LpPool", x, 1, 1, error, "kernel_shape", GEN_INTS, 2,
      (gint64[]){ 2, 2 }, "p", GEN_INT, 2, NULL);
}

/* Operators that came after the opset of graphs built here. */
static GenTensor *
later (GenGraph *graph, const char *op, GenTensor *const *inputs, int n, GError **error)
{
  GenTensor *y = gen_graph_add_value (graph, NULL);

  return gen_graph_add_node (graph, NULL, NULL, op, 20, inputs, n, &y, 1, error) != NULL ? y : NULL;
}

static GenTensor *
build_col2im (GenGraph *graph, GenTensor *const *x, GError **error)
{
  const gint64 image[] = { 3, 4 }, block[] = { 2, 2 };

  return later (graph, "Col2Im",
      (GenTensor *[]){ x[0], gen_graph_ints (graph, image, 2), gen_graph_ints (graph, block, 2) },
      3, error);
}

static GenTensor *
build_center_crop_pad (GenGraph *graph, GenTensor *const *x, GError **error)
{
  const gint64 shape[] = { 2, 7 };

  return later (
      graph, "CenterCropPad", (GenTensor *[]){ x[0], gen_graph_ints (graph, shape, 2) }, 2, error);
}

static GenTensor *
build_affine_grid (GenGraph *graph, GenTensor *const *x, GError **error)
{
  const gint64 size[] = { 2, 1, 2, 3 };

  return later (
      graph, "AffineGrid", (GenTensor *[]){ x[0], gen_graph_ints (graph, size, 4) }, 2, error);
}

static GenTensor *
resize (GenGraph *graph, GenTensor *x, const char *mode, const gint64 *sizes, GError **error)
{
  return gen_graph_op (graph, "Resize",
      (GenTensor *[]){ x, NULL, NULL, gen_graph_ints (graph, sizes, 4) }, 4, 1, error, "mode",
      GEN_STRING, mode, "antialias", GEN_INT, 1, "exclude_outside", GEN_INT, 1, "cubic_coeff_a",
      GEN_FLOAT, -0.5, NULL);
}

static GenTensor *
build_resize_smooth (GenGraph *graph, GenTensor *const *x, GError **error)
{
  return resize (graph, x[0], "cubic", (gint64[]){ 1, 2, 2, 3 }, error);
}

/* Channels, too, and a region of the picture. */
static GenTensor *
build_resize_region (GenGraph *graph, GenTensor *const *x, GError **error)
{
  const float region[] = { 0, 0, 0.1f, 0.2f, 1, 1, 0.8f, 1.2f }, scales[] = { 1, 1.5f, 2, 1 };
  GenTensor *roi = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (8), g_bytes_new (region, sizeof region));
  GenTensor *s = gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (4), g_bytes_new (scales, sizeof scales));

  return gen_graph_op (graph, "Resize", (GenTensor *[]){ x[0], roi, s }, 3, 1, error, "mode",
      GEN_STRING, "linear", "coordinate_transformation_mode", GEN_STRING, "tf_crop_and_resize",
      NULL);
}

static const Case cases[] = {
  { "DepthToSpace", { { 4, { 1, 8, 2, 2 } } }, .build = build_depth_to_space },
  { "SpaceToDepth", { { 4, { 1, 2, 4, 2 } } }, .build = build_space_to_depth },
  { "GridSample", { { 4, { 2, 2, 4, 4 } }, { 4, { 2, 2, 3, 2 } } }, .build = build_sample_linear,
      .once = TRUE },
  { "GridSample (edge)", { { 4, { 1, 2, 4, 4 } }, { 4, { 1, 2, 3, 2 } } },
      .build = build_sample_edge, .once = TRUE },
  { "GridSample (reflected)", { { 4, { 1, 2, 4, 4 } }, { 4, { 1, 2, 3, 2 } } },
      .build = build_sample_reflected, .once = TRUE },
  { "GridSample (border)", { { 4, { 1, 2, 4, 4 } }, { 4, { 1, 2, 3, 2 } } },
      .build = build_sample_border, .once = TRUE },
  { "GridSample (cubic)", { { 4, { 1, 2, 4, 4 } }, { 4, { 1, 2, 3, 2 } } },
      .build = build_sample_cubic, .once = TRUE },
  { "GridSample (nearest)", { { 4, { 1, 2, 4, 4 } }, { 4, { 1, 2, 3, 2 } } },
      .build = build_sample_nearest, .once = TRUE },
  { "GridSample (volume)", { { 5, { 1, 2, 2, 2, 2 } }, { 5, { 1, 1, 2, 2, 3 } } },
      .build = build_sample_linear, .once = TRUE },
  { "Pad (wrap)", { { 2, { 3, 4 } } }, .build = build_pad_wrap },
  { "Pad (edge)", { { 2, { 3, 4 } } }, .build = build_pad_edge },
  { "MaxUnpool", { { 4, { 1, 1, 2, 2 } } }, .build = build_max_unpool },
  { "LpPool", { { 4, { 1, 2, 3, 3 } } }, .build = build_lp_pool, .once = TRUE },
  { "GlobalLpPool", { { 4, { 1, 2, 3, 3 } } } },
  { "Col2Im", { { 3, { 2, 4, 6 } } }, .build = build_col2im, .once = TRUE },
  { "CenterCropPad", { { 2, { 4, 4 } } }, .build = build_center_crop_pad, .once = TRUE },
  { "AffineGrid", { { 3, { 2, 2, 3 } } }, .build = build_affine_grid, .once = TRUE },
  { "Resize (smooth)", { { 4, { 1, 2, 5, 6 } } }, .build = build_resize_smooth, .once = TRUE },
  { "Resize (region)", { { 4, { 1, 2, 3, 4 } } }, .build = build_resize_region, .once = TRUE },
};

/* Six samples of a picture of 3x4, by ONNX's reference. */
static const struct {
  const char *mode, *padding;
  int corners;
  float expected[6];
} samples[] = {
  { "linear", "zeros", 0, { 0.000000, 0.710000, 0.000000, 0.345000, 0.000000, 0.000000 } },
  { "linear", "zeros", 1, { 0.235500, 0.776000, 0.280000, 0.597500, 0.000000, 0.027000 } },
  { "linear", "border", 0, { 0.000000, 0.710000, 1.000000, 0.600000, 0.300000, 0.160000 } },
  { "linear", "border", 1, { 0.235500, 0.776000, 1.000000, 0.597500, 0.400000, 0.270000 } },
  { "linear", "reflection", 0, { 0.000000, 0.710000, 0.790000, 0.600000, 0.320000, 0.585000 } },
  { "linear", "reflection", 1, { 0.235500, 0.776000, 0.628000, 0.597500, 0.540000, 0.720000 } },
  { "nearest", "zeros", 0, { 0.000000, 0.900000, 0.000000, 0.400000, 0.000000, 0.000000 } },
  { "nearest", "zeros", 1, { 0.000000, 0.900000, 0.000000, 0.400000, 0.000000, 0.000000 } },
  { "nearest", "border", 0, { 0.000000, 0.900000, 1.000000, 0.400000, 0.100000, 0.000000 } },
  { "nearest", "border", 1, { 0.000000, 0.900000, 1.000000, 0.400000, 0.600000, 0.400000 } },
  { "nearest", "reflection", 0, { 0.000000, 0.900000, 1.000000, 0.400000, 0.000000, 0.500000 } },
  { "nearest", "reflection", 1, { 0.000000, 0.900000, 0.300000, 0.400000, 0.900000, 0.900000 } },
  { "cubic", "zeros", 0, { -0.092886, 0.833417, -0.004432, 0.426877, 0.000000, -0.001813 } },
  { "cubic", "zeros", 1, { 0.261186, 0.872428, 0.346207, 0.720990, 0.000000, 0.014747 } },
  { "cubic", "border", 0, { -0.101585, 0.815154, 1.000000, 0.719262, 0.337200, 0.126400 } },
  { "cubic", "border", 1, { 0.235172, 0.862096, 1.000000, 0.697194, 0.470800, 0.233255 } },
  { "cubic", "reflection", 0, { -0.137797, 0.815154, 0.790827, 0.731190, 0.296706, 0.632131 } },
  { "cubic", "reflection", 1, { 0.148663, 0.851181, 0.643948, 0.702376, 0.529935, 0.798676 } },
};

static void
test_grid_sample (void)
{
  static const float grid[] = { -0.9f, -0.7f, 0.3f, 0.2f, 1.4f, -1.3f, 0, 0.95f, -2.6f, 0.4f, 0.55f,
    1.9f };

  for (guint i = 0; i < G_N_ELEMENTS (samples); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = gen_graph_new ("sample");
    GenTensor *x = gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 3, 4));
    GenTensor *g = gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2, 3, 2));
    g_autoptr (GenPlan) plan = NULL;

    gen_graph_add_output (graph,
        grid_sample (graph, x, g, samples[i].mode, samples[i].padding, samples[i].corners, &error));
    g_assert_no_error (error);
    plan = gen_plan_new (graph, NULL, &error);
    g_assert_no_error (error);
    for (int k = 0; k < 12; k++)
      ((float *)gen_plan_input (plan, 0)->data)[k] = (float)(k * 7 % 11) / 10;
    memcpy (gen_plan_input (plan, 1)->data, grid, sizeof grid);
    g_assert_true (gen_plan_run (plan, NULL));
    for (int k = 0; k < 6; k++)
      g_assert_cmpfloat_with_epsilon (
          ((float *)gen_plan_output (plan, 0)->data)[k], samples[i].expected[k], 2e-6);
  }
}

/* PyTorch's interpolate with antialias=True. */
static void
test_resize_smooth (void)
{
  static const struct {
    const char *mode;
    float expected[6];
  } tests[] = {
    { "linear", { 4.6428571f, 7.8571434f, 5.8714285f, 4.6857142f, 5.8571429f, 7.0285716f } },
    { "cubic", { 4.4433208f, 8.3168783f, 5.6009331f, 4.5320745f, 5.7081881f, 7.2823253f } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = gen_graph_new ("resize");
    GenTensor *x = gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 4, 4));
    g_autoptr (GenPlan) plan = NULL;

    gen_graph_add_output (
        graph, resize (graph, x, tests[i].mode, (gint64[]){ 1, 1, 2, 3 }, &error));
    g_assert_no_error (error);
    plan = gen_plan_new (graph, NULL, &error);
    g_assert_no_error (error);
    for (int k = 0; k < 16; k++)
      ((float *)gen_plan_input (plan, 0)->data)[k] = (float)(k * 5 % 13);
    g_assert_true (gen_plan_run (plan, NULL));
    for (int k = 0; k < 6; k++)
      g_assert_cmpfloat_with_epsilon (
          ((float *)gen_plan_output (plan, 0)->data)[k], tests[i].expected[k], 1e-4);
  }
}

/* Regions and grids are data: no number among them may lead outside the picture. */
static void
test_wild_regions (void)
{
  static const float wild[] = { NAN, INFINITY, -INFINITY, 1e30f, -1e30f };
  static const char *const ops[] = { "GridSample", "MaxRoiPool" };
  static const gint64 pooled[] = { 2, 2 };

  for (guint i = 0; i < G_N_ELEMENTS (ops); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = gen_graph_new ("wild");
    GenTensor *x[2] = { gen_graph_add_input (
                            graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2, 3, 4)),
      gen_graph_add_input (
          graph, NULL, GEN_TYPE_FLOAT32, i == 0 ? &GEN_SHAPE (1, 5, 5, 2) : &GEN_SHAPE (10, 5)) };
    g_autoptr (GenPlan) plan = NULL;
    float *values;

    gen_graph_add_output (graph,
        gen_graph_op (graph, ops[i], x, 2, 1, &error, "pooled_shape", GEN_INTS, 2, pooled, NULL));
    g_assert_no_error (error);
    plan = gen_plan_new (graph, NULL, &error);
    g_assert_no_error (error);
    values = gen_plan_input (plan, 0)->data;
    for (int k = 0; k < 24; k++)
      values[k] = 1;
    values = gen_plan_input (plan, 1)->data;
    for (int k = 0; k < 50; k++)
      values[k] = wild[(k + k / 5) % 5];
    g_assert_true (gen_plan_run (plan, NULL));
    values = gen_plan_output (plan, 0)->data;
    for (gsize k = 0; k < gen_plan_output (plan, 0)->size / sizeof (float); k++)
      g_assert_true (values[k] >= 0 && values[k] <= 1);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_cases ("geometry", cases, G_N_ELEMENTS (cases));
  g_test_add_func ("/geometry/grid-sample", test_grid_sample);
  g_test_add_func ("/geometry/resize-smooth", test_resize_smooth);
  g_test_add_func ("/geometry/wild-regions", test_wild_regions);
  return g_test_run ();
}
