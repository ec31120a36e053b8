/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The multi-resolution loss of Yamamoto et al., "Parallel WaveGAN: a fast waveform generation model
 * based on generative adversarial networks with multi-resolution spectrogram", 2020: of the
 * magnitudes m of what is made and w of what is wanted, in windows of three lengths,
 *
 *   |w - m| / |w| + mean |log w - log m|,
 *
 * the first with the norm over all of a sample's spectra, in the mean over the resolutions. Phases
 * do not count: sounds that nobody hears apart are alike. */
#include "means.h"

#include <math.h>

#include <generative/trainer.h>

/* Below this power, magnitudes are alike. */
#define LEAST 1e-7f

/* Frames: of a transform, from one to the next, and under the window. */
static const struct {
  gint64 transform, hop, window;
} resolutions[] = { { 512, 50, 240 }, { 1024, 120, 600 }, { 2048, 240, 1200 } };

/* [windows, transform]: places in the sound, which is mirrored at its ends. */
static GenTensor *
places (GenGraph *graph, gint64 length, gint64 transform, gint64 hop)
{
  const gint64 windows = length / hop + 1;
  gint64 *values = g_new (gint64, windows * transform);

  for (gint64 i = 0; i < windows * transform; i++) {
    const gint64 place = ABS (i / transform * hop + i % transform - transform / 2);

    values[i] = place < length ? place : 2 * (length - 1) - place;
  }
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE (windows, transform),
      g_bytes_new_take (values, (gsize)(windows * transform) * sizeof *values));
}

/* Hann's, in the middle of the transform. */
static GenTensor *
window_of (GenGraph *graph, gint64 transform, gint64 window)
{
  float *values = g_new0 (float, transform);

  for (gint64 i = 0; i < window; i++)
    values[(transform - window) / 2 + i] =
        (float)(0.5 - 0.5 * cos (2 * G_PI * (double)i / (double)window));
  return gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (transform),
      g_bytes_new_take (values, (gsize)transform * sizeof *values));
}

/* [batch, channels, windows, bins] of sounds [batch, channels, length]. */
static GenTensor *
magnitudes (GenGraph *graph, GenTensor *x, GenTensor *at, GenTensor *window, GError **error)
{
  GenTensor *axis = gen_graph_ints (graph, (gint64[]){ 4 }, 1);

  x = gen_graph_op (
      graph, "Gather", (GenTensor *[]){ x, at }, 2, 1, error, "axis", GEN_INT, 2, NULL);
  x = gen_binary (graph, "Mul", x, window, error);
  x = gen_binary (graph, "Unsqueeze", x, axis, error);
  if (x == NULL)
    return NULL;
  x = gen_graph_op (
      graph, "DFT", &x, 1, 1, error, "axis", GEN_INT, 3, "onesided", GEN_INT, 1, NULL);
  x = gen_binary (graph, "Mul", x, x, error);
  if (x == NULL)
    return NULL;
  x = gen_graph_op (
      graph, "ReduceSum", (GenTensor *[]){ x, axis }, 2, 1, error, "keepdims", GEN_INT, 0, NULL);
  x = gen_binary (graph, "Max", x, gen_graph_float (graph, LEAST), error);
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

/* At one resolution. */
static GenTensor *
compare (GenGraph *graph, GenTensor *made, GenTensor *wanted, gsize resolution, GError **error)
{
  const gint64 transform = resolutions[resolution].transform, length = made->shape.dims[2];
  GenTensor *at = places (graph, length, transform, resolutions[resolution].hop);
  GenTensor *window = window_of (graph, transform, resolutions[resolution].window);
  GenTensor *m = magnitudes (graph, made, at, window, error);
  GenTensor *w = magnitudes (graph, wanted, at, window, error);
  GenTensor *converged = norm (graph, gen_binary (graph, "Sub", w, m, error), error);
  GenTensor *apart =
      gen_binary (graph, "Sub", logarithm (graph, w, error), logarithm (graph, m, error), error);

  converged = gen_binary (graph, "Div", converged, norm (graph, w, error), error);
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
  /* Sounds that are shorter than a transform's half cannot be mirrored. */
  for (gsize i = 0; i < G_N_ELEMENTS (resolutions); i++) {
    GenTensor *part;

    if (made->shape.dims[2] <= resolutions[i].transform / 2)
      continue;
    part = compare (graph, made, wanted, i, error);
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
