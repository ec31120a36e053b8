/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Normalisations against their definitions in double, and their gradients. */
#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

/* BatchNormalization of x + offset in both layouts (a convolution by the identity brings
 * channels-last), one and three threads. */
static GenGraph *
build (const GenShape *shape, gboolean training, gboolean channels_last)
{
  g_autoptr (GError) error = NULL;
  GenGraph *graph = gen_graph_new ("normalization");
  gint64 channels = shape->dims[1];
  GenTensor *inputs[5] = { gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, shape) };
  static const char *const names[] = { "x", "scale", "bias", "mean", "variance" };
  GenTensor *y;

  for (int i = 1; i < 5; i++)
    inputs[i] = gen_graph_add_input (graph, names[i], GEN_TYPE_FLOAT32, &GEN_SHAPE (channels));
  /* Positive whatever the gradient's checker puts in. */
  inputs[4] = gen_binary (graph, "Add", gen_binary (graph, "Mul", inputs[4], inputs[4], &error),
      gen_graph_float (graph, 0.5), &error);
  if (channels_last) {
    float *identity = g_new0 (float, channels *channels);

    for (gint64 i = 0; i < channels; i++)
      identity[i * channels + i] = 1;
    inputs[0] = gen_binary (graph, "Conv", inputs[0],
        gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32,
            &GEN_SHAPE (channels, channels, 1, 1),
            g_bytes_new_take (identity, channels * channels * 4)),
        &error);
  }
  y = gen_graph_op (graph, "BatchNormalization", inputs, 5, training ? 3 : 1, &error,
      "training_mode", GEN_INT, training, "epsilon", GEN_FLOAT, 1e-2, "momentum", GEN_FLOAT, 0.75,
      NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  if (training) {
    gen_graph_add_output (graph, gen_node_output (y->producer, 1));
    gen_graph_add_output (graph, gen_node_output (y->producer, 2));
  }
  return graph;
}

static void
check_values (const GenShape *shape, gboolean training, gboolean channels_last, int threads)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = build (shape, training, channels_last);
  g_autoptr (GenPlan) plan = gen_plan_new (graph, &(GenPlanOptions){ .threads = threads }, &error);
  gint64 channels = shape->dims[1], pixels = gen_shape_product (shape, 2, shape->rank);
  GenRandom random = gen_random_new (5, "test", 0);
  float *in[5];

  g_assert_no_error (error);
  for (guint i = 0; i < 5; i++) {
    const GenBinding *input = gen_plan_input (plan, i);

    in[i] = input->data;
    gen_random_normal (&random, i, 0, in[i], input->size / 4);
  }
  /* A mean far from zero, which naive sums of squares would lose the variance to. */
  for (gsize i = 0; i < gen_plan_input (plan, 0)->size / 4; i++)
    in[0][i] += 100;
  g_assert_true (gen_plan_run (plan, NULL));
  for (gint64 c = 0; c < channels; c++) {
    double mean = in[3][c], variance = in[4][c] * in[4][c] + 0.5;
    double running_mean = mean, running_variance = variance;
    const float *y = gen_plan_output (plan, 0)->data;

    if (training) {
      double count = shape->dims[0] * pixels;

      mean = variance = 0;
      for (gint64 n = 0; n < shape->dims[0]; n++)
        for (gint64 p = 0; p < pixels; p++)
          mean += in[0][(n * channels + c) * pixels + p] / count;
      for (gint64 n = 0; n < shape->dims[0]; n++)
        for (gint64 p = 0; p < pixels; p++)
          variance += pow (in[0][(n * channels + c) * pixels + p] - mean, 2) / count;
      g_assert_cmpfloat_with_epsilon (
          ((float *)gen_plan_output (plan, 1)->data)[c], 0.75 * running_mean + 0.25 * mean, 1e-4);
      g_assert_cmpfloat_with_epsilon (((float *)gen_plan_output (plan, 2)->data)[c],
          0.75 * running_variance + 0.25 * variance, 1e-4);
    }
    for (gint64 n = 0; n < shape->dims[0]; n++)
      for (gint64 p = 0; p < pixels; p++) {
        gint64 at = (n * channels + c) * pixels + p;
        double expected = (in[0][at] - mean) / sqrt (variance + 1e-2) * in[1][c] + in[2][c];

        g_assert_cmpfloat_with_epsilon (y[at], expected, 1e-5 * 600);
      }
  }
}

static void
test_values (void)
{
  for (int training = 0; training < 2; training++)
    for (int threads = 1; threads <= 3; threads += 2) {
      check_values (&GEN_SHAPE (3, 5, 7, 6), training, FALSE, threads);
      check_values (&GEN_SHAPE (4, 300, 9, 9), training, TRUE, threads);
      check_values (&GEN_SHAPE (16, 32, 20, 20), training, FALSE, threads);
      check_values (&GEN_SHAPE (50, 7), training, FALSE, threads);
    }
}

static void
test_gradients (void)
{
  for (int mode = 0; mode < 6; mode++) {
    g_autoptr (GError) error = NULL;
    GenShape shape = mode < 4 ? GEN_SHAPE (3, 4, 3, 2) : GEN_SHAPE (9, 4);
    g_autoptr (GenGraph) graph = build (&shape, mode & 1, (mode & 2) && mode < 4);
    double worst;

    /* Running statistics are no path for gradients. */
    g_ptr_array_set_size (graph->outputs, 1);
    if (!(mode & 1)) {
      /* Given statistics count as constants, so their differences are not compared. */
      for (int i = 0; i < 2; i++) {
        GenTensor *input = gen_graph_find (graph, i == 0 ? "mean" : "variance");
        float values[4] = { 0.5, -1, 2, 1 };

        input->role = GEN_ROLE_CONSTANT;
        input->data = g_bytes_new (values, sizeof values);
        g_ptr_array_remove (graph->inputs, input);
      }
    }
    worst = gen_graph_check_gradients (graph, 11, &error);
    g_assert_no_error (error);
    g_assert_cmpfloat (worst, >=, 0);
    g_assert_cmpfloat (worst, <, 2e-2);
  }
}

/* One item of InstanceNormalization is a batch of one. */
static void
test_instance (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GenGraph) graph = gen_graph_new ("instance");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (3, 2, 3, 4));
  GenTensor *scale = gen_graph_add_input (graph, "scale", GEN_TYPE_FLOAT32, &GEN_SHAPE (2));
  GenTensor *bias = gen_graph_add_input (graph, "bias", GEN_TYPE_FLOAT32, &GEN_SHAPE (2));
  g_autoptr (GenPlan) plan = NULL;
  GenRandom random = gen_random_new (5, "test", 0);
  double worst;

  gen_graph_add_output (
      graph, gen_graph_op (graph, "InstanceNormalization", (GenTensor *[]){ x, scale, bias }, 3, 1,
                 &error, "epsilon", GEN_FLOAT, 1e-2, NULL));
  worst = gen_graph_check_gradients (graph, 11, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (worst, >=, 0);
  g_assert_cmpfloat (worst, <, 2e-2);
  plan = gen_plan_new (graph, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 3; i++)
    gen_random_normal (
        &random, i, 0, gen_plan_input (plan, i)->data, gen_plan_input (plan, i)->size / 4);
  g_assert_true (gen_plan_run (plan, NULL));
  for (int p = 0; p < 6; p++) {
    const float *in = (float *)gen_plan_input (plan, 0)->data + p * 12;
    const float *out = (float *)gen_plan_output (plan, 0)->data + p * 12;
    double mean = 0, variance = 0;

    for (int i = 0; i < 12; i++)
      mean += in[i] / 12.0;
    for (int i = 0; i < 12; i++)
      variance += pow (in[i] - mean, 2) / 12;
    for (int i = 0; i < 12; i++)
      g_assert_cmpfloat_with_epsilon (out[i],
          (in[i] - mean) / sqrt (variance + 1e-2) *
                  ((float *)gen_plan_input (plan, 1)->data)[p % 2] +
              ((float *)gen_plan_input (plan, 2)->data)[p % 2],
          1e-5);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/batch-normalization/values", test_values);
  g_test_add_func ("/batch-normalization/gradients", test_gradients);
  g_test_add_func ("/instance-normalization", test_instance);
  return g_test_run ();
}
