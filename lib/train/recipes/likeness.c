/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "likeness.h"

/* The least mean square error of the figures, below which differences mean nothing. */
#define LEAST 1e-10

G_STATIC_ASSERT (G_STRUCT_OFFSET (GenReconstruction, name) == 0);

gconstpointer
gen_likeness_find (const char *name, GError **error)
{
  return gen_reconstruction_find (name, error);
}

GenTensor *
gen_step_compare (GenStep *step, GenTensor *made, GenTensor *wanted, GError **error)
{
  const GenReconstruction *kind = gen_step_settings (step)->reconstruction;
  GenGraph *graph = gen_step_graph (step);
  GenTensor *losses;
  float low, high;

  gen_step_range (step, &low, &high);
  if (kind == &gen_reconstruction_auto)
    kind = &gen_reconstruction_l2;
  if (kind->of_logits) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
        "reconstruction: %s is for nets that end in Sigmoid; l1, l2 or ssim would do", kind->name);
    return NULL;
  }
  losses = kind->loss (graph, made, wanted, high - low, error);
  if (losses == NULL)
    return NULL;
  return gen_graph_op (graph, "ReduceMean", &losses, 1, 1, error, "keepdims", GEN_INT, 0, NULL);
}

/* --- figures, one a sample --- */

static GenTensor *
mean_of_squares (GenGraph *graph, GenTensor *x, GError **error)
{
  GenTensor *squares = gen_binary (graph, "Mul", x, x, error);
  gint64 axes[] = { 1, 2, 3 };

  if (squares == NULL)
    return NULL;
  return gen_graph_op (graph, "ReduceMean", &squares, 1, 1, error, "axes", GEN_INTS,
      squares->shape.rank - 1, axes, NULL);
}

/* 10 log10 (above / below) */
static GenTensor *
decibels (GenGraph *graph, GenTensor *above, GenTensor *below, GError **error)
{
  below = gen_binary (graph, "Max", below, gen_graph_float (graph, LEAST), error);
  above = gen_binary (graph, "Max", above, gen_graph_float (graph, LEAST), error);
  return gen_binary (graph, "Mul",
      gen_unary (graph, "Log", gen_binary (graph, "Div", above, below, error), error),
      gen_graph_float (graph, (float)(10 / G_LN10)), error);
}

/* The ratio of the squares of white and of the error, of what can be seen. */
static GenTensor *
measure_psnr (GenStep *step, GenTensor *made, GenTensor *wanted, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  float low, high;

  gen_step_range (step, &low, &high);
  made = gen_graph_op (graph, "Clip",
      (GenTensor *[]){ made, gen_graph_float (graph, low), gen_graph_float (graph, high) }, 3, 1,
      error, NULL);
  return decibels (graph, gen_graph_float (graph, (high - low) * (high - low)),
      mean_of_squares (graph, gen_binary (graph, "Sub", made, wanted, error), error), error);
}

/* Le Roux et al., "SDR: half-baked or well done?", 2019. */
static GenTensor *
measure_si_sdr (GenStep *step, GenTensor *made, GenTensor *wanted, GError **error)
{
  GenGraph *graph = gen_step_graph (step);
  GenTensor *product = gen_binary (graph, "Mul", made, wanted, error), *energy, *target;

  if (product == NULL)
    return NULL;
  product = gen_graph_op (
      graph, "ReduceMean", &product, 1, 1, error, "axes", GEN_INTS, 2, (gint64[]){ 1, 2 }, NULL);
  energy = gen_binary (
      graph, "Max", mean_of_squares (graph, wanted, error), gen_graph_float (graph, LEAST), error);
  target =
      gen_binary (graph, "Mul", wanted, gen_binary (graph, "Div", product, energy, error), error);
  return decibels (graph, mean_of_squares (graph, target, error),
      mean_of_squares (graph, gen_binary (graph, "Sub", made, target, error), error), error);
}

gboolean
gen_step_report_likeness (
    GenStep *step, GenTensor *loss, GenTensor *made, GenTensor *wanted, GError **error)
{
  if (!gen_step_report (step, "loss", loss, GEN_REPORT_MEAN))
    return FALSE;
  if (wanted->shape.rank == 4)
    return gen_step_report (
        step, "psnr", measure_psnr (step, made, wanted, error), GEN_REPORT_MEAN);
  return gen_step_report (
      step, "si-sdr", measure_si_sdr (step, made, wanted, error), GEN_REPORT_MEAN);
}
