/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Distance of radial power spectra: what generators that enlarge by transposed convolutions get
 * wrong (R. Durall, M. Keuper and J. Keuper, "Watch your up-convolution: CNN based generative deep
 * neural networks are failing to reproduce spectral distributions", CVPR 2020). Of each sample the
 * square in the middle is taken whose side is a power of two, 256 at most, its mean taken off,
 * under a periodic Hann window either way; powers are averaged in rings about frequency 0 and over
 * all samples, and told in decibels. */
#include "metrics.h"

#include <math.h>

#include "../ops/signal/fourier.h"

#define LARGEST 256
#define SMALLEST 8
#define RINGS 32
/* Power below which nothing is told apart, of levels from 0 to 1. */
#define FLOOR 1e-12

typedef struct {
  double power[RINGS]; /* sums over samples */
  guint64 count;
} Spectrum;

/* Squares of a side are transformed with it, one at a time. */
typedef struct {
  int side; /* 0: none has come */
  GenFourier *fourier;
  double *re, *im, *scratch, *window;
  int *rings; /* of each place; -1: none */
  int places[RINGS];
} Square;

typedef struct {
  Spectrum samples, reference;
  Square *square; /* own, or that of the whole */
  Square own;
} PowerSpectrum;

static gpointer
spectrum_open (const GenMetricSettings *settings)
{
  PowerSpectrum *spectrum = g_new0 (PowerSpectrum, 1);

  spectrum->square = &spectrum->own;
  return spectrum;
}

static gpointer
spectrum_open_part (gpointer metric)
{
  PowerSpectrum *part = spectrum_open (NULL);

  part->square = ((PowerSpectrum *)metric)->square;
  return part;
}

static void
spectrum_close (gpointer metric)
{
  PowerSpectrum *spectrum = metric;
  Square *square = &spectrum->own;

  if (square->fourier != NULL)
    gen_fourier_free (square->fourier);
  g_free (square->re);
  g_free (square->im);
  g_free (square->scratch);
  g_free (square->window);
  g_free (square->rings);
  g_free (spectrum);
}

/* The ring of a place: its distance from 0, of half the rate along an axis. */
static int
ring_of (int y, int x, int side)
{
  const int v = y <= side / 2 ? y : y - side, u = x <= side / 2 ? x : x - side;
  const double distance = sqrt ((double)u * u + (double)v * v) / (side / 2.0);

  return u == 0 && v == 0 ? -1 : distance < 1 ? (int)(distance * RINGS) : -1;
}

static void
prepare (Square *square, int side)
{
  const gsize n = (gsize)side * (gsize)side;

  square->side = side;
  square->fourier = gen_fourier_new ((gsize)side);
  square->scratch = g_new (double, gen_fourier_scratch_size (square->fourier));
  /* Behind the square, one column. */
  square->re = g_new (double, n + (gsize)side);
  square->im = g_new (double, n + (gsize)side);
  square->window = g_new (double, side);
  square->rings = g_new (int, n);
  for (int i = 0; i < side; i++)
    square->window[i] = 0.5 - 0.5 * cos (2 * G_PI * i / side);
  for (int y = 0; y < side; y++)
    for (int x = 0; x < side; x++) {
      const int ring = ring_of (y, x, side);

      square->rings[y * side + x] = ring;
      if (ring >= 0)
        square->places[ring]++;
    }
}

static int
choose_side (const GenPicture *picture)
{
  int side = LARGEST;

  while (side > MIN (picture->width, picture->height))
    side /= 2;
  return side;
}

/* Brightness, by the weights of ITU-R BT.601. */
static double
level_at (const GenPicture *picture, int y, int x)
{
  const guint8 *pixel =
      picture->data + (gssize)y * picture->stride + (gsize)x * (gsize)picture->channels;

  if (picture->channels == 1)
    return pixel[0] / 255.0;
  return (0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2]) / 255;
}

static void
read_square (const Square *square, const GenPicture *picture)
{
  const int side = square->side, n = side * side;
  const int top = (picture->height - side) / 2, left = (picture->width - side) / 2;
  double mean = 0;

  for (int i = 0; i < n; i++) {
    square->re[i] = level_at (picture, top + i / side, left + i % side);
    mean += square->re[i] / n;
  }
  for (int i = 0; i < n; i++) {
    square->re[i] = (square->re[i] - mean) * square->window[i / side] * square->window[i % side];
    square->im[i] = 0;
  }
}

static void
transform (const Square *square)
{
  const gsize side = (gsize)square->side;
  double *re = square->re + side * side, *im = square->im + side * side;

  for (gsize y = 0; y < side; y++)
    gen_fourier_run (
        square->fourier, square->re + y * side, square->im + y * side, square->scratch);
  for (gsize x = 0; x < side; x++) {
    for (gsize y = 0; y < side; y++) {
      re[y] = square->re[y * side + x];
      im[y] = square->im[y * side + x];
    }
    gen_fourier_run (square->fourier, re, im, square->scratch);
    for (gsize y = 0; y < side; y++) {
      square->re[y * side + x] = re[y];
      square->im[y * side + x] = im[y];
    }
  }
}

/* A picture that is smaller than the first one is left out, as is one that is tiny. */
static void
add (Square *square, const GenPicture *picture, Spectrum *to)
{
  const int side = choose_side (picture);

  if (square->side == 0 && side >= SMALLEST)
    prepare (square, side);
  if (square->side == 0 || side < square->side)
    return;
  read_square (square, picture);
  transform (square);
  for (int i = 0; i < square->side * square->side; i++) {
    const int ring = square->rings[i];

    if (ring >= 0)
      to->power[ring] +=
          (square->re[i] * square->re[i] + square->im[i] * square->im[i]) / square->places[ring];
  }
  to->count++;
}

static void
spectrum_take (gpointer metric, const GenMetricSample *sample)
{
  PowerSpectrum *spectrum = metric;

  add (spectrum->square, &sample->sample->picture, &spectrum->samples);
}

static void
spectrum_refer (gpointer metric, const GenMetricSample *sample)
{
  PowerSpectrum *spectrum = metric;

  add (spectrum->square, &sample->sample->picture, &spectrum->reference);
}

static double
decibels (const Spectrum *spectrum, int ring)
{
  return 10 * log10 (MAX (spectrum->power[ring] / (double)spectrum->count, FLOOR));
}

static gboolean
spectrum_figure (gpointer metric, double *values, GError **error)
{
  const PowerSpectrum *spectrum = metric;
  double sum = 0;
  int n = 0;

  values[0] = GEN_MISSING;
  values[1] = (double)spectrum->samples.count;
  values[2] = (double)spectrum->reference.count;
  if (spectrum->samples.count == 0 || spectrum->reference.count == 0)
    return TRUE;
  for (int ring = 0; ring < RINGS; ring++) {
    const double difference =
        decibels (&spectrum->samples, ring) - decibels (&spectrum->reference, ring);

    /* Small squares have rings that hold no place. */
    if (spectrum->square->places[ring] == 0)
      continue;
    sum += difference * difference;
    n++;
  }
  values[0] = sqrt (sum / n);
  return TRUE;
}

const GenMetric gen_metric_power_spectrum = {
  .name = "power-spectrum",
  .known_as = (const char *const[]){ "spectral-distance", NULL },
  .medium = &gen_medium_picture,
  .summary = "Root mean square difference, in 32 rings of frequencies, of the mean power spectra "
             "of samples and reference (after Durall et al. 2020)",
  .unit = "decibels, from 0",
  .needs_reference = TRUE,
  .takes_long = TRUE,
  .fields = { { "power-spectrum", GEN_FIELD_NUMBER, NULL,
                  "it takes a sample and one of the reference, of 8 pixels each way at least",
                  .better = GEN_BETTER_LOWER },
      { "power-spectrum-samples", GEN_FIELD_COUNT, NULL },
      { "power-spectrum-reference-samples", GEN_FIELD_COUNT, NULL } },
  .n_fields = 3,
  .open = spectrum_open,
  .close = spectrum_close,
  .take = spectrum_take,
  .refer = spectrum_refer,
  .figure = spectrum_figure,
  .open_part = spectrum_open_part,
};
