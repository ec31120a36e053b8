/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Graphs that run on the CPU and on a device, in float32 and in 16 bits, to be compared. */
#pragma once

#include "device-compare.h"

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

  g_autoptr (GenPlan) cpu = plan_run (graph, &(GenPlanOptions){ .threads = 2 }, fill_evenly);
  g_autoptr (GenPlan) device = plan_run (graph,
      &(GenPlanOptions){ .threads = 2, .device = &gen_device_cuda, .precision = precision },
      fill_evenly);
  assert_near (test->name, cpu, device, bound);
  assert_on_device (test->name, device);
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

  g_test_init (&argc, &argv, NULL);
  if (!has_device ())
    return 0;
  for (gsize p = 0; p < G_N_ELEMENTS (precisions); p++)
    for (gsize i = 0; i < n; i++) {
      g_autofree char *path =
          g_strdup_printf ("/device/%s/%s/%s", of, precisions[p].name, cases[i].name);

      g_test_add_data_func (path, &cases[i], precisions[p].test);
    }
  return g_test_run ();
}
