/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "likeness.h"

#include <string.h>

#include <generative/operator.h>

#include "../losses/scores.h"
#include "../perceptual.h"
#include "../reconstructions/means.h"
#include "../reconstructions/spectra.h"

/* The least mean square error of the figures, below which differences mean nothing. */
#define LEAST 1e-10
/* Below it powers of spectra are alike: less than what rounding to 16 bits leaves. */
#define LEAST_POWER 1e-8f

G_STATIC_ASSERT (G_STRUCT_OFFSET (GenReconstruction, name) == 0);

gconstpointer
gen_likeness_find (const char *name, GError **error)
{
  return gen_reconstruction_find (name, error);
}

static const char *
name_of (const GenStep *step, guint net)
{
  return gen_step_settings (step)->recipe->nets[net].role->name;
}

/* What Sigmoid makes `made` of, where samples are from 0 to 1; else NULL. */
static GenTensor *
find_logits (const GenStep *step, GenTensor *made)
{
  float low, high;

  gen_step_range (step, &low, &high);
  if (low != 0 || high != 1 || made->producer == NULL || made->producer->op->domain != NULL ||
      strcmp (made->producer->op->name, "Sigmoid") != 0)
    return NULL;
  return gen_node_input (made->producer, 0);
}

static gboolean
check_made (
    GenStep *step, guint net, const GenTensor *made, const GenTensor *wanted, GError **error)
{
  if (gen_shape_equal (&made->shape, &wanted->shape))
    return TRUE;
  g_autofree char *has = gen_shape_to_string (&made->shape);
  g_autofree char *wants = gen_shape_to_string (&wanted->shape);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
      "the %s makes %s of samples of %s", name_of (step, net), has, wants);
  return FALSE;
}

/* By the reconstruction. */
static GenTensor *
compare_numbers (GenStep *step, guint net, GenTensor *made, GenTensor *wanted, GError **error)
{
  const GenReconstruction *kind = gen_step_settings (step)->reconstruction;
  GenTensor *logits = find_logits (step, made);
  float low, high;

  if (kind == &gen_reconstruction_auto && gen_step_settings (step)->recipe->reconstruction != NULL)
    kind = gen_step_settings (step)->recipe->reconstruction;
  else if (kind == &gen_reconstruction_auto)
    kind = logits != NULL ? &gen_reconstruction_cross_entropy : &gen_reconstruction_l2;
  if (kind->of_logits && logits == NULL) {
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_MODEL,
        "reconstruction=%s wants a %s that ends in Sigmoid, and samples from 0 to 1 "
        "(generative.input-range)",
        kind->name, name_of (step, net));
    return NULL;
  }
  made = gen_step_precise (step, kind->of_logits ? logits : made, error);
  gen_step_range (step, &low, &high);
  return made == NULL ? NULL : kind->loss (gen_step_graph (step), made, wanted, high - low, error);
}

/* And by what another net sees in them. */
static GenTensor *
add_perceptual (
    GenStep *step, GenTensor *distances, GenTensor *made, GenTensor *wanted, GError **error)
{
  const GenTrainerSettings *settings = gen_step_settings (step);
  GenGraph *graph = gen_step_graph (step);
  GenTensor *apart;
  float low, high;

  if (distances == NULL || settings->perceptual_model == NULL || settings->perceptual_weight <= 0)
    return distances;
  gen_step_range (step, &low, &high);
  apart = gen_perceptual_compare (
      graph, "perceptual-model", settings->perceptual_model, made, wanted, low, high, error);
  apart = gen_binary (graph, "Mul", gen_step_precise (step, apart, error),
      gen_graph_float (graph, (float)settings->perceptual_weight), error);
  return gen_binary (graph, "Add", distances, apart, error);
}

GenTensor *
gen_step_compare (GenStep *step, guint net, GenTensor *made, GenTensor *wanted, GError **error)
{
  if (made == NULL || wanted == NULL || !check_made (step, net, made, wanted, error))
    return NULL;
  return add_perceptual (
      step, compare_numbers (step, net, made, wanted, error), made, wanted, error);
}

gboolean
gen_step_minimise_distances (
    GenStep *step, const guint *nets, guint n, GenTensor *distances, GError **error)
{
  return gen_step_minimise (
      step, nets, n, gen_loss_mean (gen_step_graph (step), distances, 1, error), 1, error);
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

static const GenResolution spectra_of_lsd = { 2048, 512, 2048 };

/* Of the common logarithm of the powers, [batch, channels, windows, bins]. */
static GenTensor *
log_powers (GenGraph *graph, const GenSpectra *spectra, GenTensor *x, GError **error)
{
  x = gen_spectra_powers (spectra, graph, x, LEAST_POWER, error);
  x = x == NULL ? NULL : gen_unary (graph, "Log", x, error);
  return gen_binary (graph, "Mul", x, gen_graph_float (graph, (float)(1 / G_LN10)), error);
}

/* The log-spectral distance as papers on the extension of bandwidth have it (Kuleshov et al.,
 * "Audio super-resolution using neural nets", 2017): the root of the mean square over the
 * frequencies of a window, in the mean over the windows. */
static GenTensor *
measure_lsd (GenGraph *graph, GenTensor *made, GenTensor *wanted, GError **error)
{
  const GenSpectra spectra = gen_spectra_new (graph, &spectra_of_lsd, wanted->shape.dims[2]);
  GenTensor *apart = gen_binary (graph, "Sub", log_powers (graph, &spectra, made, error),
      log_powers (graph, &spectra, wanted, error), error);

  apart = gen_binary (graph, "Mul", apart, apart, error);
  if (apart == NULL)
    return NULL;
  apart = gen_graph_op (
      graph, "ReduceMean", &apart, 1, 1, error, "axes", GEN_INTS, 1, (gint64[]){ 3 }, NULL);
  apart = apart == NULL ? NULL : gen_unary (graph, "Sqrt", apart, error);
  return gen_reconstruction_mean (graph, apart, error);
}

static gboolean
report_sounds (GenStep *step, GenTensor *made, GenTensor *wanted, GError **error)
{
  if (!gen_step_report (
          step, "si-sdr", measure_si_sdr (step, made, wanted, error), GEN_REPORT_MEAN))
    return FALSE;
  return !gen_spectra_possible (&spectra_of_lsd, wanted->shape.dims[2]) ||
         gen_step_report (step, "lsd", measure_lsd (gen_step_graph (step), made, wanted, error),
             GEN_REPORT_MEAN);
}

gboolean
gen_step_report_likeness (
    GenStep *step, GenTensor *distances, GenTensor *made, GenTensor *wanted, GError **error)
{
  if (!gen_step_report (step, "loss", distances, GEN_REPORT_MEAN))
    return FALSE;
  made = gen_step_precise (step, made, error);
  if (made == NULL)
    return FALSE;
  if (wanted->shape.rank == 4)
    return gen_step_report (
        step, "psnr", measure_psnr (step, made, wanted, error), GEN_REPORT_MEAN);
  return report_sounds (step, made, wanted, error);
}
