/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A graph's plans on the CPU and on a device, run on the same numbers and compared. */
#pragma once

#include <generative/operator.h>
#include <generative/plan.h>
#include <generative/random.h>

#include <math.h>
#include <string.h>

#include "through-conv.h"

/* Numbers that 16 bits hold: what is equal in them is so everywhere. */
static inline void
fill_evenly (const GenPlan *plan)
{
  for (guint i = 0; i < gen_plan_n_inputs (plan); i++) {
    const GenBinding *input = gen_plan_input (plan, i);
    GenRandom random = gen_random_new (5, "test", i);
    gsize n = input->size / sizeof (float);
    float *values = input->data;

    gen_random_uniform (&random, 0, 0, values, n);
    for (gsize k = 0; k < n; k++)
      values[k] = floorf (values[k] * 128) / 128;
  }
}

/* Compiled, its inputs filled, and run. */
static inline GenPlan *
plan_run (GenGraph *graph, const GenPlanOptions *options, void (*fill) (const GenPlan *plan))
{
  g_autoptr (GError) error = NULL;
  GenPlan *plan = gen_plan_new (graph, options, &error);

  g_assert_no_error (error);
  fill (plan);
  g_assert_true (gen_plan_run (plan, &error));
  g_assert_no_error (error);
  return plan;
}

static inline double
number (const GenBinding *binding, gsize i)
{
  return binding->type == GEN_TYPE_INT64   ? (double)((const gint64 *)binding->data)[i]
         : binding->type == GEN_TYPE_UINT8 ? ((const guint8 *)binding->data)[i]
                                           : ((const float *)binding->data)[i];
}

/* The largest difference of an output, against the largest number in it. */
static inline void
assert_near (const char *name, const GenPlan *cpu, const GenPlan *device, double bound)
{
  for (guint i = 0; i < gen_plan_n_outputs (cpu); i++) {
    const GenBinding *a = gen_plan_output (cpu, i), *b = gen_plan_output (device, i);
    double worst = 0, largest = 1e-6;

    for (gsize k = 0; k < a->size / gen_data_type_size (a->type); k++) {
      double difference = fabs (number (a, k) - number (b, k));

      worst = difference > worst || isnan (difference) ? difference : worst;
      largest = fmax (largest, fabs (number (a, k)));
    }
    if (!(worst <= bound * largest))
      g_error ("%s: output %u is %g of %g off", name, i, worst, largest);
  }
}

/* Nothing has gone to the CPU for want of a kernel. */
static inline void
assert_on_device (const char *name, GenPlan *plan)
{
  g_autoptr (GArray) steps = gen_plan_steps (plan);

  for (guint i = 0; i < steps->len; i++) {
    const GenStepInfo *step = &g_array_index (steps, GenStepInfo, i);

    if (g_strcmp0 (step->way, "cpu") == 0)
      g_error ("%s: %s runs on the CPU", name, step->node->op->name);
  }
}

/* Whether there is a device; else the program says that it is skipped. */
static inline gboolean
has_device (void)
{
  g_autoptr (GError) error = NULL;

  if (gen_device_cuda.available (&error))
    return TRUE;
  g_print ("1..0 # SKIP %s\n", error->message);
  return FALSE;
}
