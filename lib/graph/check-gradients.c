/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checking gradients against central differences, for whoever writes an operator. */
#include <math.h>

#include <generative/plan.h>
#include <generative/random.h>

#include "graph-private.h"

/* float32 sums cannot see smaller steps. */
#define STEP 1e-2f

/* sum over outputs of sum (output * weights), a scalar. */
static GenTensor *
weighted_sum (GenGraph *graph, const GenRandom *random, GError **error)
{
  GenTensor *total = NULL;

  for (guint i = 0; i < graph->outputs->len; i++) {
    GenTensor *output = g_ptr_array_index (graph->outputs, i), *weights, *sum;
    gint64 n = gen_shape_elements (&output->shape);
    float *values = g_new (float, n);

    gen_random_normal (random, i, 0, values, n);
    weights = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &output->shape,
        g_bytes_new_take (values, n * sizeof (float)));
    sum = gen_binary (graph, "Mul", output, weights, error);
    if (sum == NULL)
      return NULL;
    sum = gen_graph_op (graph, "ReduceSum", &sum, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
    total = total == NULL ? sum : gen_binary (graph, "Add", total, sum, error);
    if (total == NULL)
      return NULL;
  }
  return total;
}

/* A run whose random operators draw what they drew before. */
static void
run (GenPlan *plan)
{
  gen_plan_set_draw (plan, 0);
  gen_plan_run (plan, NULL);
}

/* How far `gradient` is from the slopes at both sides. At a kink, such as Relu's, any slope
 * between them is right; elsewhere they are nearly one. */
static double
deviation (double gradient, double left, double right)
{
  double low = MIN (left, right), high = MAX (left, right), middle = (left + right) / 2;
  double away = MAX (MAX (low - gradient, gradient - high), 0);

  /* Not a number must not pass for a small difference. */
  return isfinite (gradient) && isfinite (middle) ? away / MAX (1, fabs (middle)) : INFINITY;
}

double
gen_graph_check_gradients (GenGraph *original, guint64 seed, GError **error)
{
  g_autoptr (GenGraph) graph = gen_graph_copy (original);
  g_autoptr (GenPlan) analytic = NULL, numeric = NULL;
  g_autofree GenTensor **wrt = NULL, **gradients = NULL;
  GenRandom inputs = gen_random_new (seed, "gradient-check-input", 0);
  GenRandom weights = gen_random_new (seed, "gradient-check-weight", 0);
  GenPlanOptions options = { .threads = 1, .no_fusion = TRUE };
  double worst = 0;
  guint n = 0;
  GenTensor *y;

  if (!gen_graph_infer (graph, error))
    return -1;
  y = weighted_sum (graph, &weights, error);
  if (y == NULL)
    return -1;
  g_ptr_array_set_size (graph->outputs, 0);
  gen_graph_add_output (graph, y);
  numeric = gen_plan_new (graph, &options, error);
  if (numeric == NULL)
    return -1;

  wrt = g_new0 (GenTensor *, graph->inputs->len);
  gradients = g_new0 (GenTensor *, graph->inputs->len);
  for (guint i = 0; i < graph->inputs->len; i++) {
    GenTensor *input = g_ptr_array_index (graph->inputs, i);

    if (input->type == GEN_TYPE_FLOAT32)
      wrt[n++] = input;
  }
  if (!gen_graph_gradients (graph, y, wrt, n, gradients, error))
    return -1;
  for (guint i = 0; i < n; i++)
    if (gradients[i] != NULL)
      gen_graph_add_output (graph, gradients[i]);
  analytic = gen_plan_new (graph, NULL, error);
  if (analytic == NULL)
    return -1;

  for (guint i = 0; i < n; i++) {
    float *x = gen_plan_find (numeric, wrt[i]->name)->data;
    gint64 count = gen_shape_elements (&wrt[i]->shape);

    gen_random_normal (&inputs, i, 0, x, count);
    gen_random_normal (&inputs, i, 0, gen_plan_find (analytic, wrt[i]->name)->data, count);
  }
  run (analytic);
  for (guint i = 0, output = 1; i < n; i++) {
    float *x = gen_plan_find (numeric, wrt[i]->name)->data;
    const float *gradient =
        gradients[i] != NULL ? gen_plan_output (analytic, output++)->data : NULL;
    gint64 count = gen_shape_elements (&wrt[i]->shape);

    for (gint64 k = 0; k < count; k++) {
      const float *sum = gen_plan_output (numeric, 0)->data;
      float at = x[k];
      double above, below, middle, left, right;

      run (numeric);
      middle = *sum;
      x[k] = at + STEP;
      run (numeric);
      above = *sum;
      x[k] = at - STEP;
      run (numeric);
      below = *sum;
      x[k] = at;
      right = (above - middle) / STEP;
      left = (middle - below) / STEP;
      worst = MAX (worst, deviation (gradient != NULL ? gradient[k] : 0, left, right));
    }
  }
  return worst;
}
