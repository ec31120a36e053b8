/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "view.h"

#include "../losses/scores.h"
#include "../step-exchange.h"
#include "differentiable-augmentation.h"

/* Samples in which the probability of augmentations goes from 0 to 1 at the fastest. */
#define SAMPLES_TO_ONE 500000.0

#define PROBABILITY "augment-probability"

/* What is left of the noise after so many steps, a scalar. */
static GenTensor *
find_share (GenStep *step, GError **error)
{
  const guint64 steps = gen_step_settings (step)->instance_noise_steps;
  GenGraph *graph = gen_step_graph (step);
  GenTensor *one = gen_graph_float (graph, 1), *done = gen_step_count (step);

  if (steps == 0)
    return one;
  done =
      gen_graph_op (graph, "Cast", &done, 1, 1, error, "to", GEN_INT, (int)GEN_TYPE_FLOAT32, NULL);
  done = gen_binary (graph, "Div", done, gen_graph_float (graph, (float)steps), error);
  done = gen_binary (graph, "Min", done, one, error);
  return gen_binary (graph, "Sub", one, done, error);
}

static GenTensor *
find_probability (GenStep *step)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  const float first = (float)settings->augment_probability;

  if (settings->augment_target <= 0)
    return gen_graph_float (gen_step_graph (step), first);
  return gen_graph_add_state (gen_step_graph (step), PROBABILITY, GEN_TYPE_FLOAT32,
      &GEN_SHAPE_SCALAR, g_bytes_new (&first, sizeof first));
}

gboolean
gen_view_init (GenView *view, GenStep *step, GError **error)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  const gboolean augments = settings->augment_probability > 0 || settings->augment_target > 0;

  *view = (GenView){ NULL };
  if (!gen_step_trains (step))
    return TRUE;
  if (augments && gen_step_samples (step)->shape.rank != 4) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "%s: only pictures can be augmented so, and the samples are sounds",
        settings->augment_target > 0 ? "augment-target" : PROBABILITY);
    return FALSE;
  }
  if (augments)
    view->probability = find_probability (step);
  if (settings->instance_noise > 0)
    view->share = find_share (step, error);
  return settings->instance_noise <= 0 || view->share != NULL;
}

static GenTensor *
augment (const GenView *view, GenStep *step, GenTensor *x, GError **error)
{
  const gint64 extents[] = { gen_step_batch (step), GEN_AUGMENTATION_DRAWS };
  GenGraph *graph = gen_step_graph (step);
  GenTensor *draws =
      gen_graph_op (graph, "RandomUniform", NULL, 0, 1, error, "shape", GEN_INTS, 2, extents, NULL);
  float low, high;

  gen_step_range (step, &low, &high);
  return draws == NULL
             ? NULL
             : gen_differentiable_augment (graph, x, draws, view->probability, low, high, error);
}

static GenTensor *
add_noise (const GenView *view, GenStep *step, GenTensor *x, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  float low, high;
  GenTensor *noise;

  gen_step_range (step, &low, &high);
  noise = gen_graph_op (graph, "RandomNormalLike", &x, 1, 1, error, "scale", GEN_FLOAT,
      gen_step_settings (step)->instance_noise * ((double)high - low), NULL);
  return gen_binary (graph, "Add", x, gen_binary (graph, "Mul", noise, view->share, error), error);
}

GenTensor *
gen_view_see (const GenView *view, GenStep *step, GenTensor *x, GError **error)
{
  if (x != NULL && view->probability != NULL)
    x = augment (view, step, x, error);
  if (x != NULL && view->share != NULL)
    x = add_noise (view, step, x, error);
  return x;
}

gboolean
gen_view_adapt (const GenView *view, GenStep *step, GenTensor *scores, GError **error)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  const double most = (double)gen_step_batch (step) * gen_step_n_members (step) / SAMPLES_TO_ONE;
  GenGraph *graph = gen_step_graph (step);
  GenTensor *next;

  if (view->probability == NULL || settings->augment_target <= 0)
    return TRUE;
  next = gen_loss_mean (graph, gen_unary (graph, "Sign", scores, error), 1, error);
  if (next == NULL || !gen_step_average_over_members (step, &next, 1, error))
    return FALSE;
  next = gen_binary (
      graph, "Sub", next, gen_graph_float (graph, (float)settings->augment_target), error);
  next = next == NULL ? NULL : gen_unary (graph, "Sign", next, error);
  next = gen_binary (graph, "Mul", next, gen_graph_float (graph, (float)most), error);
  next = gen_binary (graph, "Add", view->probability, next, error);
  if (next == NULL)
    return FALSE;
  next = gen_graph_op (graph, "Clip",
      (GenTensor *[]){ next, gen_graph_float (graph, 0), gen_graph_float (graph, 1) }, 3, 1, error,
      NULL);
  if (next == NULL)
    return FALSE;
  gen_graph_assign (graph, view->probability, next);
  return gen_step_report (step, PROBABILITY, next, GEN_REPORT_MEAN);
}
