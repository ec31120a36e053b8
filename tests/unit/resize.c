/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resize against values known from its definition, and its gradients. */
#include <generative/operator.h>
#include <generative/plan.h>

static GenGraph *
build (const char *mode, const char *where, const GenShape *shape, const float *scales)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new ("resize");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, shape);
  GenTensor *s = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (shape->rank),
      g_bytes_new (scales, shape->rank * sizeof *scales));
  GenTensor *y = gen_graph_op (graph, "Resize", (GenTensor *[]){ x, NULL, s }, 3, 1, &error, "mode",
      GEN_STRING, mode, "coordinate_transformation_mode", GEN_STRING, where, NULL);

  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  return graph;
}

static void
check (const char *mode, const char *where, float factor, const float *expected, int n)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph =
      build (mode, where, &GEN_SHAPE (1, 1, 1, 4), (float[]){ 1, 1, 1, factor });
  g_autoptr (GenPlan) plan = gen_plan_new (graph, NULL, &error);
  float *x;

  g_assert_no_error (error);
  x = gen_plan_input (plan, 0)->data;
  for (int i = 0; i < 4; i++)
    x[i] = i + 1;
  g_assert_true (gen_plan_run (plan, NULL));
  g_assert_cmpint (gen_plan_output (plan, 0)->shape.dims[3], ==, n);
  for (int i = 0; i < n; i++)
    g_assert_cmpfloat_with_epsilon (
        ((float *)gen_plan_output (plan, 0)->data)[i], expected[i], 1e-5);
}

/* One row 1 2 3 4, worked out by hand. */
static void
test_values (void)
{
  check ("nearest", "half_pixel", 2, (float[]){ 1, 1, 2, 2, 3, 3, 4, 4 }, 8);
  check ("linear", "half_pixel", 2, (float[]){ 1, 1.25, 1.75, 2.25, 2.75, 3.25, 3.75, 4 }, 8);
  check ("linear", "half_pixel", 0.5, (float[]){ 1.5, 3.5 }, 2);
  check ("linear", "asymmetric", 2, (float[]){ 1, 1.5, 2, 2.5, 3, 3.5, 4, 4 }, 8);
  check ("linear", "align_corners", 1.75, (float[]){ 1, 1.5, 2, 2.5, 3, 3.5, 4 }, 7);
  /* Weights at distance 1/2 are -a/8 … : (9.5 / 16, 9.5 / 16, -1.5 / 16, -1.5 / 16) for -3/4. */
  check ("cubic", "half_pixel", 0.5, (float[]){ 1.40625, 3.59375 }, 2);
}

static void
test_gradients (void)
{
  static const char *const modes[] = { "nearest", "linear", "cubic" };

  for (int i = 0; i < 6; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GenGraph) graph = build (modes[i % 3], i < 3 ? "half_pixel" : "align_corners",
        &GEN_SHAPE (2, 3, 3, 4), (float[]){ 1, 1, 2, 1.5 });
    double worst = gen_graph_check_gradients (graph, 3, &error);

    g_assert_no_error (error);
    g_assert_cmpfloat (worst, >=, 0);
    g_assert_cmpfloat (worst, <, 1e-2);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/resize/values", test_values);
  g_test_add_func ("/resize/gradients", test_gradients);
  return g_test_run ();
}
