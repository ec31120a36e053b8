/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The multi-resolution loss of Yamamoto et al., "Parallel WaveGAN: a fast waveform generation model
 * based on generative adversarial networks with multi-resolution spectrogram", 2020: of the
 * magnitudes m of what is made and w of what is wanted, in windows of three lengths,
 *
 *   |w - m| / |w| + mean |log w - log m|,
 *
 * the first with the norm over all of a sample's spectra (and |w| not near 0), in the mean over the
 * resolutions. Phases do not count: sounds that nobody hears apart are alike. */
#include "means.h"
#include "spectra.h"

#include <generative/trainer.h>

/* Below this power, magnitudes are alike. */
#define LEAST 1e-7f
/* Root of the mean square of magnitudes, about that of noise 60 dB below full scale. Sounds that
 * are weaker, silence above all, are taken for as strong as that: what is made is many times as
 * strong as they are. */
#define WEAKEST 0.01f

static const GenResolution resolutions[] = { { 512, 50, 240 }, { 1024, 120, 600 },
  { 2048, 240, 1200 } };

static GenTensor *
magnitudes (const GenSpectra *spectra, GenGraph *graph, GenTensor *x, GError **error)
{
  x = gen_spectra_powers (spectra, graph, x, LEAST, error);
  return x == NULL ? NULL : gen_unary (graph, "Sqrt", x, error);
}

/* The norm of each sample. */
static GenTensor *
norm (GenGraph *graph, GenTensor *x, GError **error)
{
  x = gen_reconstruction_mean (graph, gen_binary (graph, "Mul", x, x, error), error);
  return x == NULL ? NULL : gen_unary (graph, "Sqrt", x, error);
}

static GenTensor *
logarithm (GenGraph *graph, GenTensor *x, GError **error)
{
  return x == NULL ? NULL : gen_unary (graph, "Log", x, error);
}

static GenTensor *
compare (GenGraph *graph, GenTensor *made, GenTensor *wanted, const GenResolution *resolution,
    GError **error)
{
  const GenSpectra spectra = gen_spectra_new (graph, resolution, made->shape.dims[2]);
  GenTensor *m = magnitudes (&spectra, graph, made, error);
  GenTensor *w = magnitudes (&spectra, graph, wanted, error);
  GenTensor *converged = norm (graph, gen_binary (graph, "Sub", w, m, error), error);
  GenTensor *apart =
      gen_binary (graph, "Sub", logarithm (graph, w, error), logarithm (graph, m, error), error);
  GenTensor *strength;

  strength =
      gen_binary (graph, "Max", norm (graph, w, error), gen_graph_float (graph, WEAKEST), error);
  converged = gen_binary (graph, "Div", converged, strength, error);
  apart = apart == NULL ? NULL : gen_unary (graph, "Abs", apart, error);
  return gen_binary (graph, "Add", converged, gen_reconstruction_mean (graph, apart, error), error);
}

static gboolean
check (const GenShape *shape, GError **error)
{
  const gint64 least = resolutions[0].transform / 2 + 1;
  g_autofree char *text = NULL;

  if (shape->rank == 3 && shape->dims[2] >= least)
    return TRUE;
  text = gen_shape_to_string (shape);
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_SETTING,
      "reconstruction=stft is for sounds of at least %" G_GINT64_FORMAT " frames, not for %s",
      least, text);
  return FALSE;
}

static GenTensor *
loss (GenGraph *graph, GenTensor *made, GenTensor *wanted, double span, GError **error)
{
  GenTensor *sum = NULL;
  float n = 0;

  if (!check (&made->shape, error))
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (resolutions); i++) {
    GenTensor *part;

    if (!gen_spectra_possible (&resolutions[i], made->shape.dims[2]))
      continue;
    part = compare (graph, made, wanted, &resolutions[i], error);
    sum = sum == NULL ? part : gen_binary (graph, "Add", sum, part, error);
    if (sum == NULL)
      return NULL;
    n++;
  }
  return gen_binary (graph, "Mul", sum, gen_graph_float (graph, 1 / n), error);
}

const GenReconstruction gen_reconstruction_stft = {
  .name = "stft",
  .description = "Distance of the magnitudes of spectra of sounds, in windows of three lengths, "
                 "whatever their phases",
  .loss = loss,
};
