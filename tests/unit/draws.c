/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gradients of control flow that draws random numbers see the numbers that were drawn; and the
 * gradient of Scan. */
#include <generative/plan.h>

#include <math.h>

#include "flow.h"

#define N 4

/* `x` times random numbers: drawn at once, or by an operator that is made of others. */
static GenTensor *
times_random (GenGraph *graph, GenTensor *x, gboolean composed)
{
  GenTensor *random = flow_op (graph, composed ? "Bernoulli" : "RandomNormalLike", x, NULL);

  if (composed)
    random = flow_op (graph, "Add", random, gen_graph_float (graph, 0.5f));
  return flow_op (graph, "Mul", x, random);
}

/* y = x * r, by a branch of an If whose condition is an input. */
static GenTensor *
build_if (GenGraph *graph, GenTensor *x, gboolean composed)
{
  GenTensor *condition = gen_graph_add_input (graph, "c", GEN_TYPE_BOOL, &GEN_SHAPE_SCALAR);
  GenGraph *yes = gen_graph_new ("yes"), *no = gen_graph_new ("no");
  GenNode *node = flow_node (graph, "If", &condition, 1, 1);

  gen_graph_add_output (yes, times_random (yes, flow_input (yes, "x", GEN_TYPE_FLOAT32), composed));
  gen_graph_add_output (no, flow_op (no, "Neg", flow_input (no, "x", GEN_TYPE_FLOAT32), NULL));
  flow_give (node, "then_branch", yes, (GenTensor *[]){ x, NULL });
  flow_give (node, "else_branch", no, (GenTensor *[]){ x, NULL });
  return gen_node_output (node, 0);
}

/* y = x * r1 * r2 * r3 */
static GenTensor *
build_loop (GenGraph *graph, GenTensor *x, gboolean composed)
{
  GenGraph *body = gen_graph_new ("body");
  GenTensor *condition, *v;
  GenNode *node = flow_node (
      graph, "Loop", (GenTensor *[]){ flow_whole (graph, 3), flow_flag (graph, TRUE), x }, 3, 1);

  flow_input (body, "i", GEN_TYPE_INT64);
  condition = flow_input (body, "c", GEN_TYPE_BOOL);
  v = flow_input (body, "v", GEN_TYPE_FLOAT32);
  gen_graph_add_output (body, condition);
  gen_graph_add_output (body, times_random (body, v, composed));
  flow_give (node, "body", body, NULL);
  return gen_node_output (node, 0);
}

/* Each element of x times a number of its own. */
static GenTensor *
build_scan (GenGraph *graph, GenTensor *x, gboolean composed)
{
  GenGraph *body = gen_graph_new ("body");
  GenNode *node = flow_node (graph, "Scan", &x, 1, 1);

  gen_node_set_int (node, "num_scan_inputs", 1);
  gen_graph_add_output (
      body, times_random (body, flow_input (body, "v", GEN_TYPE_FLOAT32), composed));
  flow_give (node, "body", body, NULL);
  return gen_node_output (node, 0);
}

/* In a Loop around a Loop. */
static GenTensor *
build_nested (GenGraph *graph, GenTensor *x, gboolean composed)
{
  GenGraph *body = gen_graph_new ("outer");
  GenTensor *condition, *v;
  GenNode *node = flow_node (
      graph, "Loop", (GenTensor *[]){ flow_whole (graph, 2), flow_flag (graph, TRUE), x }, 3, 1);

  flow_input (body, "i", GEN_TYPE_INT64);
  condition = flow_input (body, "c", GEN_TYPE_BOOL);
  v = flow_input (body, "v", GEN_TYPE_FLOAT32);
  gen_graph_add_output (body, condition);
  gen_graph_add_output (body, build_loop (body, v, composed));
  flow_give (node, "body", body, NULL);
  return gen_node_output (node, 0);
}

/* dy / dx is what x was multiplied by, in each run anew. */
static void
test_same (gconstpointer data)
{
  GenTensor *(*build) (GenGraph *, GenTensor *, gboolean) = data;

  for (int composed = 0; composed < 2; composed++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("draws");
    GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (N)), *y, *dx;
    g_autoptr (GError) error = NULL;
    g_autoptr (GenPlan) plan = NULL;
    const GenBinding *condition;
    float first[N] = { 0 };

    y = build (graph, x, composed);
    g_assert_true (gen_graph_infer (graph, &error));
    g_assert_no_error (error);
    gen_graph_gradients (graph, y, &x, 1, &dx, &error);
    g_assert_no_error (error);
    gen_graph_add_output (graph, y);
    gen_graph_add_output (graph, dx);
    plan = gen_plan_new (graph, NULL, &error);
    g_assert_no_error (error);
    condition = gen_plan_find (plan, "c");
    if (condition != NULL)
      *(guint8 *)condition->data = TRUE;
    for (int run = 0; run < 6; run++) {
      float *in = gen_plan_input (plan, 0)->data;
      const float *out = gen_plan_output (plan, 0)->data, *slope = gen_plan_output (plan, 1)->data;

      for (int i = 0; i < N; i++)
        in[i] = (float)(i + 1) / 4;
      g_assert_true (gen_plan_run (plan, NULL));
      for (int i = 0; i < N; i++) {
        g_assert_cmpfloat_with_epsilon (out[i], in[i] * slope[i], 1e-5 * fabsf (out[i]));
        if (run > 0 && !composed)
          g_assert_cmpfloat (slope[i], !=, first[i]);
        first[i] = slope[i];
      }
    }
  }
}

/* A running product from the back, and each slice times a captured weight. */
static void
test_scan_gradient (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("scan");
  g_autoptr (GError) error = NULL;
  GenGraph *body = gen_graph_new ("body");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 5));
  GenTensor *start = gen_graph_add_input (graph, "s", GEN_TYPE_FLOAT32, &GEN_SHAPE (2));
  GenTensor *weight = gen_graph_add_input (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (2));
  GenNode *node = flow_node (graph, "Scan", (GenTensor *[]){ start, x }, 2, 2);
  GenTensor *state, *slice, *product;
  double worst;

  gen_node_set_int (node, "num_scan_inputs", 1);
  gen_node_set_ints (node, "scan_input_axes", (gint64[]){ 1 }, 1);
  gen_node_set_ints (node, "scan_input_directions", (gint64[]){ 1 }, 1);
  gen_node_set_ints (node, "scan_output_axes", (gint64[]){ -1 }, 1);
  gen_node_set_ints (node, "scan_output_directions", (gint64[]){ 1 }, 1);
  state = flow_input (body, "state", GEN_TYPE_FLOAT32);
  slice = flow_input (body, "slice", GEN_TYPE_FLOAT32);
  product = flow_op (body, "Mul", state, flow_op (body, "Sin", slice, NULL));
  gen_graph_add_output (body, product);
  gen_graph_add_output (
      body, flow_op (body, "Mul", product, flow_input (body, "w", GEN_TYPE_FLOAT32)));
  flow_give (node, "body", body, (GenTensor *[]){ weight, NULL });
  g_assert_true (gen_graph_infer (graph, &error));
  for (guint i = 0; i < 2; i++)
    gen_graph_add_output (graph, gen_node_output (node, i));
  worst = gen_graph_check_gradients (graph, 3, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (worst, <, 1e-2);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/draws/if", build_if, test_same);
  g_test_add_data_func ("/draws/loop", build_loop, test_same);
  g_test_add_data_func ("/draws/scan", build_scan, test_same);
  g_test_add_data_func ("/draws/nested", build_nested, test_same);
  g_test_add_func ("/scan/gradient", test_scan_gradient);
  return g_test_run ();
}
