/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ends of deep filtering (Schröter et al., "DeepFilterNet", 2022): a net sees the power in
 * bands of equal width for the ear, and the first bins as complex numbers, both against what they
 * have been so far; and makes gains of the bands, and for each of the first bins a filter over a
 * few frames around it. What it makes is of the frame `lookahead` runs ago. */
#include <math.h>

#include "../ops/build.h"
#include "spectra.h"

/* Of each frame, in what has been so far: frames of 10 ms then remember a second. */
#define NEW_SHARE 0.01
/* What bands and bins are taken for at first, from the lowest to the highest. */
#define FIRST_POWER -60.0
#define LAST_POWER -90.0
#define FIRST_MAGNITUDE 0.001
#define LAST_MAGNITUDE 0.0001
/* Decibels that count as 1. */
#define POWER_SCALE 40.0
#define LEAST_POWER 1e-10
/* Bins of a band, at least. */
#define LEAST_BINS 2

/* --- bands --- */

/* The scale of equivalent rectangular bandwidths (Glasberg and Moore, 1990), and back. */
static double
to_ear (double hertz)
{
  return 9.265 * log1p (hertz / (24.7 * 9.265));
}

static double
to_hertz (double ear)
{
  return 24.7 * 9.265 * expm1 (ear / 9.265);
}

/* How many bins each of `n` bands has. */
static int *
find_bands (const GenSpectra *spectra, int n)
{
  const double rate = gen_spectra_usual_rate (spectra), step = to_ear (rate / 2) / n;
  int *bands = g_new (int, n);
  int before = 0, lent = 0, sum = 0;

  for (int i = 0; i < n; i++) {
    const int end = (int)lround (to_hertz ((i + 1) * step) / (rate / spectra->fft));
    const int bins = end - before - lent;

    lent = MAX (LEAST_BINS - bins, 0);
    bands[i] = MAX (bins, LEAST_BINS);
    before = end;
    sum += bands[i];
  }
  bands[n - 1] += spectra->fft / 2 + 1 - sum;
  return bands;
}

/* --- nodes --- */

/* What `x` has been so far: a state of its shape, [n], that begins between two numbers. */
static GenTensor *
follow (GenGraph *graph, const char *name, GenTensor *x, double first, double last, GError **error)
{
  const gint64 n = x != NULL ? x->shape.dims[0] : 0;
  float *numbers;
  GenTensor *state, *next;

  if (x == NULL)
    return NULL;
  numbers = g_new (float, n);
  for (gint64 i = 0; i < n; i++)
    numbers[i] = (float)(first + (last - first) * i / MAX (n - 1, 1));
  state = gen_graph_add_state (graph, name, GEN_TYPE_FLOAT32, &x->shape,
      g_bytes_new_take (numbers, (gsize)n * sizeof (float)));
  next = gen_binary (graph, "Add", gen_build_times (graph, x, NEW_SHARE, error),
      gen_build_times (graph, state, 1 - NEW_SHARE, error), error);
  if (next != NULL)
    gen_graph_assign (graph, state, next);
  return next;
}

/* --- what goes in --- */

/* The mean power of the bins of each band: [bands]. */
static GenTensor *
give_bands (GenSpectralSound *sound, int n, GError **error)
{
  const int bins = sound->spectra->fft / 2 + 1;
  g_autofree int *bands = find_bands (sound->spectra, n);
  float *weights = g_new0 (float, bins *n);
  GenGraph *graph = sound->graph;
  const gint64 parts = 3;
  GenTensor *power;

  for (int band = 0, bin = 0; band < n; band++)
    for (int k = 0; k < bands[band] && bin < bins; k++, bin++)
      weights[bin * n + band] = 1.0f / (float)bands[band];
  power = gen_build_reshape (graph,
      gen_build_reduce (
          graph, "ReduceSumSquare", gen_spectral_spectrum (sound, error), &parts, 1, error),
      &GEN_SHAPE (1, bins), error);
  power = gen_binary (graph, "MatMul", power,
      gen_graph_add_constant (graph, "bands", GEN_TYPE_FLOAT32, &GEN_SHAPE (bins, n),
          g_bytes_new_take (weights, sizeof (float) * (gsize)bins * (gsize)n)),
      error);
  power = gen_unary (graph, "Log", gen_build_plus (graph, power, LEAST_POWER, error), error);
  power = gen_build_reshape (
      graph, gen_build_times (graph, power, 10 / G_LN10, error), &GEN_SHAPE (n), error);
  power = gen_binary (graph, "Sub", power,
      follow (graph, "power so far", power, FIRST_POWER, LAST_POWER, error), error);
  return gen_build_times (graph, power, 1 / POWER_SCALE, error);
}

/* The first bins: [n, 2]. */
static GenTensor *
give_unit (GenSpectralSound *sound, int n, GError **error)
{
  GenGraph *graph = sound->graph;
  const gint64 parts = 1;
  GenTensor *x = gen_build_reshape (graph,
      gen_build_slice (graph, gen_spectral_spectrum (sound, error), 2, 0, n, error),
      &GEN_SHAPE (n, 2), error);
  GenTensor *magnitude = gen_build_reshape (
      graph, gen_build_reduce (graph, "ReduceL2", x, &parts, 1, error), &GEN_SHAPE (n), error);

  magnitude = follow (graph, "magnitude so far", magnitude, FIRST_MAGNITUDE, LAST_MAGNITUDE, error);
  magnitude = gen_build_reshape (
      graph, gen_unary (graph, "Sqrt", magnitude, error), &GEN_SHAPE (n, 1), error);
  return gen_binary (graph, "Div", x, magnitude, error);
}

static gboolean
check (const GenSpectralSound *sound, GError **error)
{
  if (sound->spectra->frames == 1)
    return TRUE;
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "deep filtering takes a frame after the other: frames=%d should be 1",
      sound->spectra->frames);
  return FALSE;
}

/* Where the last axis of 2 or the largest one lies: [.., 2, .., bins] has parts first. */
static gboolean
has_parts_first (const GenShape *shape)
{
  int largest = 0, pair = 0;

  for (int d = 0; d < shape->rank; d++) {
    if (shape->dims[d] >= shape->dims[largest])
      largest = d;
    if (shape->dims[d] == 2)
      pair = d;
  }
  return pair < largest;
}

GenTensor *
gen_deep_filter_give (
    GenSpectralSound *sound, GenSpectralRole role, const GenShape *shape, GError **error)
{
  static const gint64 swap[] = { 1, 0 };
  const gint64 numbers = gen_shape_elements (shape), bins = sound->spectra->fft / 2 + 1;
  GenTensor *x;

  if (!check (sound, error))
    return NULL;
  if (role == GEN_ROLE_BANDS && 2 * numbers <= bins)
    return gen_build_reshape (sound->graph, give_bands (sound, (int)numbers, error), shape, error);
  if (role == GEN_ROLE_UNIT && numbers % 2 == 0 && numbers / 2 <= bins) {
    x = give_unit (sound, (int)numbers / 2, error);
    if (has_parts_first (shape) && x != NULL)
      x = gen_build_transpose (sound->graph, x, swap, error);
    return gen_build_reshape (sound->graph, x, shape, error);
  }
  g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
      "its %" G_GINT64_FORMAT " numbers are no %s of %" G_GINT64_FORMAT " bins", numbers,
      gen_spectral_role_name (role), bins);
  return NULL;
}

/* --- what comes out --- */

/* Let the sound be what came in `lookahead` runs ago, and remember as many before it. */
static gboolean
look_back (GenSpectralSound *sound, GError **error)
{
  const gint64 bins = sound->spectra->fft / 2 + 1, ahead = sound->spectra->lookahead;
  GenGraph *graph = sound->graph;
  const GenShape shape = GEN_SHAPE (2 * ahead, bins, 2);
  const gsize size = (gsize)gen_shape_elements (&shape) * sizeof (float);
  GenTensor *now, *state, *next;

  if (sound->history != NULL)
    return TRUE;
  now = gen_build_reshape (
      graph, gen_spectral_spectrum (sound, error), &GEN_SHAPE (1, bins, 2), error);
  if (ahead == 0) {
    sound->history = now;
    return now != NULL;
  }
  state = gen_graph_add_state (
      graph, "spectra before", GEN_TYPE_FLOAT32, &shape, g_bytes_new_take (g_malloc0 (size), size));
  sound->history = gen_build_concat (graph, state, now, 0, error);
  next = gen_build_slice (graph, sound->history, 0, 1, 2 * ahead + 1, error);
  sound->spectrum =
      gen_build_reshape (graph, gen_build_slice (graph, sound->history, 0, ahead, ahead + 1, error),
          &GEN_SHAPE (1, 1, bins, 2), error);
  sound->frames = sound->magnitude = NULL;
  if (next != NULL)
    gen_graph_assign (graph, state, next);
  return next != NULL && sound->spectrum != NULL;
}

/* A gain for each bin of the bands. */
static GenTensor *
take_bands (GenSpectralSound *sound, GenTensor *x, GError **error)
{
  const gint64 bins = sound->spectra->fft / 2 + 1, n = gen_shape_elements (&x->shape);
  g_autofree int *bands = find_bands (sound->spectra, (int)n);
  g_autofree gint64 *band_of = g_new0 (gint64, bins);
  GenTensor *gains;

  for (gint64 band = 0, bin = 0; band < n; band++)
    for (int k = 0; k < bands[band] && bin < bins; k++, bin++)
      band_of[bin] = band;
  x = gen_build_reshape (sound->graph, x, &GEN_SHAPE (n), error);
  if (x == NULL)
    return NULL;
  gains = gen_graph_op (sound->graph, "Gather",
      (GenTensor *[]){ x, gen_graph_ints (sound->graph, band_of, (gsize)bins) }, 2, 1, error, NULL);
  return gen_binary (sound->graph, "Mul", sound->spectrum,
      gen_build_reshape (sound->graph, gains, &GEN_SHAPE (1, 1, bins, 1), error), error);
}

/* The sum over runs of complex products: [runs, n, 2] twice to [1, 1, n, 2]. */
static GenTensor *
filter (GenGraph *graph, GenTensor *x, GenTensor *by, GError **error)
{
  GenTensor *a = gen_build_slice (graph, x, 2, 0, 1, error),
            *b = gen_build_slice (graph, x, 2, 1, 2, error);
  GenTensor *c = gen_build_slice (graph, by, 2, 0, 1, error),
            *d = gen_build_slice (graph, by, 2, 1, 2, error);
  GenTensor *re = gen_binary (graph, "Sub", gen_binary (graph, "Mul", a, c, error),
      gen_binary (graph, "Mul", b, d, error), error);
  GenTensor *im = gen_binary (graph, "Add", gen_binary (graph, "Mul", a, d, error),
      gen_binary (graph, "Mul", b, c, error), error);
  GenTensor *products = gen_build_concat (graph, re, im, 2, error);
  const gint64 first = 0;

  products = gen_build_reduce (graph, "ReduceSum", products, &first, 1, error);
  if (products == NULL)
    return NULL;
  return gen_build_reshape (graph, products, &GEN_SHAPE (1, 1, products->shape.dims[1], 2), error);
}

/* [.., n, 2 runs]: the first n bins filtered over runs, the others as they are. */
static GenTensor *
take_filter (GenSpectralSound *sound, GenTensor *x, GError **error)
{
  static const gint64 runs_first[] = { 1, 0, 2 };
  const gint64 bins = sound->spectra->fft / 2 + 1, runs = 2 * sound->spectra->lookahead + 1;
  const gint64 n = gen_shape_elements (&x->shape) / (2 * runs);
  GenGraph *graph = sound->graph;
  GenTensor *filtered;

  if (x->shape.dims[x->shape.rank - 1] != 2 * runs || n > bins) {
    g_autofree char *shape = gen_shape_to_string (&x->shape);

    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "it is %s, where filters over %" G_GINT64_FORMAT
        " frames (lookahead=%d to both sides) have "
        "a last axis of %" G_GINT64_FORMAT,
        shape, runs, sound->spectra->lookahead, 2 * runs);
    return NULL;
  }
  x = gen_build_reshape (graph, x, &GEN_SHAPE (n, runs, 2), error);
  if (x != NULL)
    x = gen_build_transpose (graph, x, runs_first, error);
  filtered = filter (graph, gen_build_slice (graph, sound->history, 1, 0, n, error), x, error);
  return gen_build_concat (
      graph, filtered, gen_build_slice (graph, sound->spectrum, 2, n, bins, error), 2, error);
}

gboolean
gen_deep_filter_take (GenSpectralSound *sound, GenSpectralRole role, GenTensor *x, GError **error)
{
  if (role != GEN_ROLE_BAND_MASK && role != GEN_ROLE_FILTER) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "no output is %s: those of deep filtering are band-mask and filter",
        gen_spectral_role_name (role));
    return FALSE;
  }
  if (!check (sound, error) || !look_back (sound, error))
    return FALSE;
  sound->spectrum =
      role == GEN_ROLE_BAND_MASK ? take_bands (sound, x, error) : take_filter (sound, x, error);
  sound->frames = sound->magnitude = NULL;
  return sound->spectrum != NULL;
}
