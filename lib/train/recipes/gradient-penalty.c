/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "gradient-penalty.h"

#include <generative/random.h>

#include "../losses/scores.h"

/* Under the root, which has no slope at 0. */
#define LEAST_SQUARE 1e-12f

/* The square of the gradient on each sample: [batch]. */
static GenTensor *
square_of_gradient (GenStep *step, guint net, GenTensor *samples, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *sum = gen_step_apply_to (step, net, samples, error), *gradient;

  sum = gen_step_precise (step, sum, error);
  if (sum == NULL)
    return NULL;
  sum = gen_graph_op (graph, "ReduceSum", &sum, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
  if (sum == NULL || !gen_graph_gradients (graph, sum, &samples, 1, &gradient, error))
    return NULL;
  if (gradient == NULL) {
    g_set_error_literal (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
        "no gradient of the scores reaches the samples, so none can be penalised");
    return NULL;
  }
  gradient = gen_step_precise (step, gradient, error);
  gradient = gradient != NULL ? gen_unary (graph, "Flatten", gradient, error) : NULL;
  gradient = gen_binary (graph, "Mul", gradient, gradient, error);
  if (gradient == NULL)
    return NULL;
  return gen_graph_op (graph, "ReduceSum",
      (GenTensor *[]){ gradient, gen_graph_ints (graph, (gint64[]){ 1 }, 1) }, 2, 1, error,
      "keepdims", GEN_INT, 0, NULL);
}

GenTensor *
gen_gradient_penalty_zero (GenStep *step, guint net, GenTensor *samples, GError **error)
{
  return gen_loss_mean (
      gen_step_graph (step), square_of_gradient (step, net, samples, error), 0.5, error);
}

/* real + share * (fake - real), with a share for each sample. */
static GenTensor *
interpolate (GenStep *step, GenTensor *real, GenTensor *fake, guint number, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *between = gen_binary (graph, "Sub", fake, real, error), *share;
  GenShape shape = real->shape;

  for (int i = 1; i < shape.rank; i++)
    shape.dims[i] = 1;
  share = gen_graph_op (
      graph, "RandomUniform", NULL, 0, 1, error, "shape", GEN_INTS, shape.rank, shape.dims, NULL);
  if (share == NULL)
    return NULL;
  share->producer->stream = GEN_STREAM_INTERPOLATION;
  share->producer->id = number;
  between = gen_binary (graph, "Mul", between, share, error);
  return gen_binary (graph, "Add", real, between, error);
}

GenTensor *
gen_gradient_penalty_one (
    GenStep *step, guint net, GenTensor *real, GenTensor *fake, guint number, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *between = interpolate (step, real, fake, number, error), *away;

  if (between == NULL)
    return NULL;
  away = square_of_gradient (step, net, between, error);
  away = gen_binary (graph, "Add", away, gen_graph_float (graph, LEAST_SQUARE), error);
  away = away != NULL ? gen_unary (graph, "Sqrt", away, error) : NULL;
  away = gen_binary (graph, "Sub", away, gen_graph_float (graph, 1), error);
  return gen_loss_mean (graph, gen_binary (graph, "Mul", away, away, error), 1, error);
}
