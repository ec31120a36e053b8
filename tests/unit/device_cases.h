/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Graphs that run on the CPU and on a device, in float32 and in 16 bits, to be compared. */
#pragma once

#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

#define MAX_INPUTS 5

typedef GenTensor *(*Build) (GenGraph *graph, GenTensor *const *x, GError **error);

typedef struct {
  const char *name;
  GenShape shapes[MAX_INPUTS]; /* ended by an empty one */
  Build build;                 /* its last node's outputs are compared */
} Case;

static GenTensor *
floats (GenGraph *graph, const float *values, gint64 n)
{
  return gen_graph_add_constant (
      graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (n), g_bytes_new (values, n * sizeof *values));
}

/* Inputs are numbers that 16 bits hold: what is equal in them is so everywhere. */
static GenPlan *
plan_new (GenGraph *graph, const GenDevice *device, GenPrecision precision)
{
  const GenPlanOptions options = { .threads = 2, .device = device, .precision = precision };
  g_autoptr (GError) error = NULL;
  GenPlan *plan = gen_plan_new (graph, &options, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const GenBinding *input = gen_plan_input (plan, i);
    GenRandom random = gen_random_new (5, i);

    float *values = input->data;

    gen_random_uniform (&random, 0, 0, values, input->size / sizeof (float));
    for (gsize k = 0; k < input->size / sizeof (float); k++)
      values[k] = floorf (values[k] * 128) / 128;
  }
  g_assert_true (gen_plan_run (plan, &error));
  g_assert_no_error (error);
  return plan;
}

static double
number (const GenBinding *binding, gsize i)
{
  return binding->type == GEN_TYPE_INT64   ? (double)((const gint64 *)binding->data)[i]
         : binding->type == GEN_TYPE_UINT8 ? ((const guint8 *)binding->data)[i]
                                           : ((const float *)binding->data)[i];
}

/* The largest difference of an output, against the largest number in it; and nothing has gone to
 * the CPU for want of a kernel. */
static void
check (const Case *test, GenPrecision precision, double bound)
{
  g_autoptr (GenGraph) graph = gen_graph_new (test->name);
  g_autoptr (GError) error = NULL;
  GenTensor *x[MAX_INPUTS], *y;

  for (int i = 0; i < MAX_INPUTS && test->shapes[i].rank > 0; i++)
    x[i] = gen_graph_add_input (graph, NULL, GEN_TYPE_FLOAT32, &test->shapes[i]);
  y = test->build (graph, x, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < y->producer->outputs->len; i++)
    gen_graph_add_output (graph, gen_node_output (y->producer, i));

  g_autoptr (GenPlan) cpu = plan_new (graph, NULL, GEN_PRECISION_FLOAT32);
  g_autoptr (GenPlan) device = plan_new (graph, &gen_device_cuda, precision);
  for (guint i = 0; i < gen_plan_n_outputs (cpu); i++) {
    const GenBinding *a = gen_plan_output (cpu, i), *b = gen_plan_output (device, i);
    double worst = 0, largest = 1e-6;

    for (gsize k = 0; k < a->size / gen_data_type_size (a->type); k++) {
      double difference = fabs (number (a, k) - number (b, k));

      worst = difference > worst || isnan (difference) ? difference : worst;
      largest = fmax (largest, fabs (number (a, k)));
    }
    if (!(worst <= bound * largest))
      g_error ("%s: output %u is %g of %g off", test->name, i, worst, largest);
  }
  g_autoptr (GArray) steps = gen_plan_steps (device);
  for (guint i = 0; i < steps->len; i++) {
    const GenStepInfo *step = &g_array_index (steps, GenStepInfo, i);

    if (g_strcmp0 (step->way, "cpu") == 0)
      g_error ("%s: %s runs on the CPU", test->name, step->node->op->name);
  }
}

static void
test_float32 (gconstpointer data)
{
  check (data, GEN_PRECISION_FLOAT32, 1e-5);
}

static void
test_float16 (gconstpointer data)
{
  check (data, GEN_PRECISION_FLOAT16, 4e-3);
}

static void
test_bfloat16 (gconstpointer data)
{
  check (data, GEN_PRECISION_BFLOAT16, 3e-2);
}

static int
device_cases_run (int argc, char **argv, const char *of, const Case *cases, gsize n)
{
  static const struct {
    const char *name;
    GTestDataFunc test;
  } precisions[] = { { "float32", test_float32 }, { "float16", test_float16 },
    { "bfloat16", test_bfloat16 } };
  g_autoptr (GError) error = NULL;

  g_test_init (&argc, &argv, NULL);
  if (!gen_device_cuda.available (&error)) {
    g_print ("1..0 # SKIP %s\n", error->message);
    return 0;
  }
  for (gsize p = 0; p < G_N_ELEMENTS (precisions); p++)
    for (gsize i = 0; i < n; i++) {
      g_autofree char *path =
          g_strdup_printf ("/device/%s/%s/%s", of, precisions[p].name, cases[i].name);

      g_test_add_data_func (path, &cases[i], precisions[p].test);
    }
  return g_test_run ();
}
