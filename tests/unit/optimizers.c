/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Optimisers against the numbers of torch.optim. */
#include <math.h>
#include <string.h>

#include "../trainers.h"

static void
check_optimizer (
    const GenOptimizer *optimizer, const GenOptimizerSettings *settings, const float expected[4])
{
  static const float start[4] = { 0.5, -1, 2, 0 };
  g_autoptr (GenGraph) graph = gen_graph_new ("update");
  g_autoptr (GenPlan) plan = NULL;
  g_autoptr (GError) error = NULL;
  gint64 zero = 0;
  GenTensor *weights = gen_graph_add_state (
      graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (4), g_bytes_new (start, sizeof start));
  GenTensor *gradient = gen_graph_add_input (graph, "g", GEN_TYPE_FLOAT32, &GEN_SHAPE (4));
  GenTensor *step = gen_graph_add_state (
      graph, "t", GEN_TYPE_INT64, &GEN_SHAPE_SCALAR, g_bytes_new (&zero, sizeof zero));

  g_assert_nonnull (gen_optimizer_update (optimizer, graph, weights, gradient,
      gen_graph_float (graph, 0.01), step, NULL, settings, &error));
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  for (int s = 0; s < 3; s++) {
    float *g = gen_plan_input (plan, 0)->data;

    g[0] = 0.1f * (s + 1);
    g[1] = -0.2f * (s + 1) - 0.5f * s;
    g[2] = 0.3f * (s + 1);
    g[3] = 1.5f * (s + 1) - 1.0f * s;
    *(gint64 *)gen_plan_find (plan, "t")->data = s;
    g_assert_true (gen_plan_run (plan, NULL));
  }
  for (int i = 0; i < 4; i++)
    g_assert_cmpfloat_with_epsilon (
        ((const float *)gen_plan_find (plan, "w")->data)[i], expected[i], 2e-7);
}

static void
test_optimizers (void)
{
  check_optimizer (&gen_optimizer_adam, &(GenOptimizerSettings){ GEN_OPTIMIZER_DEFAULTS },
      (float[]){ 0.46822178, -0.96852481, 1.96822178, -0.03121618 });
  check_optimizer (&gen_optimizer_adamw,
      &(GenOptimizerSettings){ .beta1 = 0.5, .beta2 = 0.999, .epsilon = 1e-8, .weight_decay = 0.1 },
      (float[]){ 0.46675378, -0.96555811, 1.96225846, -0.03118582 });
  check_optimizer (&gen_optimizer_rmsprop, &(GenOptimizerSettings){ .beta2 = 0.9, .epsilon = 1e-8 },
      (float[]){ 0.41389942, -0.90967208, 1.9138993, -0.08052875 });
  check_optimizer (&gen_optimizer_sgd, &(GenOptimizerSettings){ .beta1 = 0.5, .weight_decay = 0.1 },
      (float[]){ 0.49013197, -0.96276897, 1.96827304, -0.08118501 });
  check_optimizer (&gen_optimizer_nesterov,
      &(GenOptimizerSettings){ .beta1 = 0.5, .weight_decay = 0.1 },
      (float[]){ 0.48757601, -0.95141327, 1.96016920, -0.10050130 });
  check_optimizer (&gen_optimizer_lion,
      &(GenOptimizerSettings){ .beta1 = 0.9, .beta2 = 0.99, .weight_decay = 0.1 },
      (float[]){ 0.46853149, -0.96703299, 1.96403599, -0.02997001 });
  check_optimizer (&gen_optimizer_schedule_free,
      &(GenOptimizerSettings){ .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .weight_decay = 0.1 },
      (float[]){ 0.47455806, -0.97225307, 1.97141004, -0.02280375 });
  for (int i = 0; gen_optimizer_list ()[i] != NULL; i++)
    g_assert_true (
        gen_optimizer_find (gen_optimizer_list ()[i]->name, NULL) == gen_optimizer_list ()[i]);
}

/* Who asks for what there is not is told what there is, the same in all families. */
static void
test_families (void)
{
  g_autoptr (GError) loss = NULL, optimizer = NULL, preset = NULL, medium = NULL, device = NULL;

  g_assert_null (gen_loss_find ("logistic", &loss));
  g_assert_error (loss, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_cmpstr (loss->message, ==,
      "there is no loss \"logistic\"; there are minimax, non-saturating, hinge, least-squares, "
      "relativistic, wasserstein");
  g_assert_null (gen_optimizer_find ("adamax", &optimizer));
  g_assert_error (optimizer, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING);
  g_assert_cmpstr (optimizer->message, ==,
      "there is no optimizer \"adamax\" (did you mean \"adam\"?); there are adam, adamw, rmsprop, "
      "sgd, nesterov, lion, "
      "schedule-free");
  g_assert_null (gen_preset_find ("", &preset));
  g_assert_true (
      g_str_has_prefix (preset->message, "there is no preset \"\"; there are auto, mlp, dcgan"));
  g_assert_null (gen_medium_find ("smell", &medium));
  g_assert_true (
      g_str_has_prefix (medium->message, "there is no medium \"smell\"; there are picture, "));
  g_assert_null (gen_device_find ("abacus", &device));
  g_assert_error (device, GEN_DEVICE_ERROR, GEN_DEVICE_ERROR_UNKNOWN);
  g_assert_true (
      g_str_has_prefix (device->message, "there is no device \"abacus\"; there are auto, "));
  for (int i = 0; gen_preset_list ()[i] != NULL; i++)
    g_assert_true (gen_preset_find (gen_preset_list ()[i]->name, NULL) == gen_preset_list ()[i]);
}

/* Gradients eight times as large with a factor of an eighth are the same; with a factor of 0,
 * nothing changes, whatever the gradient is. The average and a kept value follow the factor. */
static void
check_factor (const GenOptimizer *optimizer)
{
  static const float start[4] = { 0.5, -1, 2, 0 };
  const float factors[] = { 1, 0.125f, 0 };
  const GenOptimizerSettings settings = { GEN_OPTIMIZER_DEFAULTS, .weight_decay = 0.1 };
  float weights[3][4], averages[3][4], kept[3][4];

  for (int k = 0; k < 3; k++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("update");
    g_autoptr (GenPlan) plan = NULL;
    g_autoptr (GError) error = NULL;
    const GenShape *shape = &GEN_SHAPE (4);
    GBytes *bytes = g_bytes_new_static (start, sizeof start);
    GenTensor *w = gen_graph_add_state (graph, "w", GEN_TYPE_FLOAT32, shape, g_bytes_ref (bytes));
    GenTensor *a = gen_graph_add_state (graph, "a", GEN_TYPE_FLOAT32, shape, g_bytes_ref (bytes));
    GenTensor *s = gen_graph_add_state (graph, "s", GEN_TYPE_FLOAT32, shape, bytes);
    GenTensor *g = gen_graph_add_input (graph, "g", GEN_TYPE_FLOAT32, shape);
    GenTensor *factor = gen_graph_add_input (graph, "f", GEN_TYPE_FLOAT32, &GEN_SHAPE_SCALAR);
    GenTensor *updates = gen_graph_add_constant (graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR,
        g_bytes_new (&(gint64){ 2 }, sizeof (gint64)));
    GenTensor *next = gen_optimizer_update (
        optimizer, graph, w, g, gen_graph_float (graph, 0.01), updates, factor, &settings, &error);

    gen_graph_assign (graph, a,
        gen_graph_op (graph, "MovingAverage", (GenTensor *[]){ a, next, updates, factor }, 4, 1,
            &error, "decay", GEN_FLOAT, 0.5, NULL));
    gen_graph_assign (graph, s,
        gen_graph_op (graph, "KeepState", (GenTensor *[]){ s, g, factor }, 3, 1, &error, NULL));
    g_assert_no_error (error);
    plan = gen_plan_new (graph, NULL, &error);
    g_assert_no_error (error);
    for (int i = 0; i < 4; i++)
      ((float *)gen_plan_input (plan, 0)->data)[i] =
          factors[k] == 0 ? NAN : (0.25f + i) / factors[k];
    *(float *)gen_plan_input (plan, 1)->data = factors[k];
    g_assert_true (gen_plan_run (plan, &error));
    memcpy (weights[k], gen_plan_find (plan, "w")->data, sizeof start);
    memcpy (averages[k], gen_plan_find (plan, "a")->data, sizeof start);
    memcpy (kept[k], gen_plan_find (plan, "s")->data, sizeof start);
  }
  for (int i = 0; i < 4; i++) {
    g_assert_cmpfloat (weights[0][i], !=, start[i]);
    g_assert_cmpfloat (averages[0][i], !=, start[i]);
    g_assert_cmpfloat (weights[1][i], ==, weights[0][i]);
    g_assert_cmpfloat (averages[1][i], ==, averages[0][i]);
    g_assert_cmpfloat (kept[1][i], ==, (0.25f + i) * 8);
    g_assert_cmpfloat (weights[2][i], ==, start[i]);
    g_assert_cmpfloat (averages[2][i], ==, start[i]);
    g_assert_cmpfloat (kept[2][i], ==, start[i]);
  }
}

/* The decay rises with the number of updates (as in TensorFlow's ExponentialMovingAverage), so that
 * the first weights, at -7, are soon forgotten; `factor` or not. */
static void
test_average (void)
{
  for (int counted = 0; counted < 2; counted++)
    for (int scaled = 0; scaled < 2; scaled++) {
      g_autoptr (GenGraph) graph = gen_graph_new ("average");
      g_autoptr (GenPlan) plan = NULL;
      g_autoptr (GError) error = NULL;
      GenTensor *a = gen_graph_add_state (graph, "a", GEN_TYPE_FLOAT32, &GEN_SHAPE_SCALAR,
          g_bytes_new (&(float){ -7 }, sizeof (float)));
      GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE_SCALAR);
      GenTensor *n = gen_graph_add_input (graph, "n", GEN_TYPE_INT64, &GEN_SHAPE_SCALAR);
      GenTensor *inputs[] = { a, x, counted ? n : NULL, gen_graph_float (graph, 0.125f) };
      double expected = -7;

      gen_graph_assign (graph, a,
          gen_graph_op (graph, "MovingAverage", inputs, scaled ? 4 : 3, 1, &error, "decay",
              GEN_FLOAT, 0.9, NULL));
      gen_graph_add_output (graph, n);
      g_assert_no_error (error);
      plan = gen_plan_new (graph, NULL, &error);
      g_assert_no_error (error);
      for (gint64 i = 0; i < 120; i++) {
        const double decay = counted ? MIN (0.9, (1.0 + i) / (10.0 + i)) : 0.9;
        const float now = sinf ((float)i);

        *(float *)gen_plan_input (plan, 0)->data = now;
        *(gint64 *)gen_plan_input (plan, 1)->data = i;
        g_assert_true (gen_plan_run (plan, &error));
        expected = decay * expected + (1 - decay) * now;
        g_assert_cmpfloat_with_epsilon (*(float *)gen_plan_find (plan, "a")->data, expected, 1e-5);
      }
    }
}

static void
test_factors (void)
{
  for (const GenOptimizer *const *each = gen_optimizer_list (); *each != NULL; each++)
    check_factor (*each);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/optimizers/families", test_families);
  g_test_add_func ("/optimizers/optimizers", test_optimizers);
  g_test_add_func ("/optimizers/factors", test_factors);
  g_test_add_func ("/optimizers/average", test_average);
  return g_test_run ();
}
