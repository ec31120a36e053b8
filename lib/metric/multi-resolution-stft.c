/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Multi-resolution STFT distance: how far magnitudes of spectra are from what they should be, at
 * three resolutions (Yamamoto, Song and Kim, "Parallel WaveGAN", ICASSP 2020, whose loss it is):
 * the spectral convergence, the norm of the difference over that of the reference, and the mean
 * difference of logarithms; each the mean of the resolutions. */
#include "metrics.h"

#include <math.h>

#include "../ops/signal/fourier.h"

/* Of squared magnitudes, as the loss is commonly written. */
#define FLOOR 1e-8

typedef struct {
  int size, hop, window; /* frames: of the transform, from one to the next, and of Hann's window */
} Resolution;

static const Resolution resolutions[] = { { 1024, 120, 600 }, { 2048, 240, 1200 },
  { 512, 50, 240 } };
#define RESOLUTIONS G_N_ELEMENTS (resolutions)
#define GREATEST 2048

typedef struct {
  GenFourier *fourier[RESOLUTIONS];
  double *scratch[RESOLUTIONS];
  double *mixed[2]; /* the sound and the reference, of one channel */
  gsize room;
} Distance;

static gpointer
distance_open (const GenMetricSettings *settings)
{
  Distance *distance = g_new0 (Distance, 1);

  for (gsize r = 0; r < RESOLUTIONS; r++) {
    distance->fourier[r] = gen_fourier_new ((gsize)resolutions[r].size);
    distance->scratch[r] = g_new (double, gen_fourier_scratch_size (distance->fourier[r]));
  }
  return distance;
}

static void
distance_close (gpointer metric)
{
  Distance *distance = metric;

  for (gsize r = 0; r < RESOLUTIONS; r++) {
    gen_fourier_free (distance->fourier[r]);
    g_free (distance->scratch[r]);
  }
  for (int s = 0; s < 2; s++)
    g_free (distance->mixed[s]);
  g_free (distance);
}

static void
mix (const GenSound *sound, double *mixed)
{
  for (gsize i = 0; i < sound->frames; i++) {
    mixed[i] = 0;
    for (int c = 0; c < sound->channels; c++)
      mixed[i] += sound->data[i * (gsize)sound->channels + (gsize)c] / (double)sound->channels;
  }
}

typedef struct {
  double difference, reference, logarithms; /* squares, squares, magnitudes */
  guint64 count;
} Sums;

static void
add_bins (Sums *sums, const double *re, const double *im, int size)
{
  for (int k = 0; k <= size / 2; k++) {
    const int l = (size - k) % size;
    const double a = ((re[k] + re[l]) * (re[k] + re[l]) + (im[k] - im[l]) * (im[k] - im[l])) / 4;
    const double b = ((im[k] + im[l]) * (im[k] + im[l]) + (re[l] - re[k]) * (re[l] - re[k])) / 4;
    const double sound = sqrt (MAX (a, FLOOR)), reference = sqrt (MAX (b, FLOOR));

    sums->difference += (reference - sound) * (reference - sound);
    sums->reference += reference * reference;
    sums->logarithms += fabs (log (reference) - log (sound));
    sums->count++;
  }
}

/* Both are transformed at once, as real and imaginary part. Windows lie about each place, and
 * beyond its ends a sound goes on as its mirror image. */
static Sums
compare (Distance *distance, gsize r, gsize n)
{
  const Resolution *resolution = &resolutions[r];
  const int size = resolution->size, from = (size - resolution->window) / 2;
  double re[GREATEST], im[GREATEST];
  Sums sums = { 0 };

  for (gint64 place = 0; place <= (gint64)n; place += resolution->hop) {
    for (int i = 0; i < size; i++)
      re[i] = im[i] = 0;
    for (int i = 0; i < resolution->window; i++) {
      const double weight = 0.5 - 0.5 * cos (2 * G_PI * i / resolution->window);
      const int at = gen_metric_mirror ((int)(place + from + i - size / 2), (int)n);

      re[from + i] = weight * distance->mixed[0][at];
      im[from + i] = weight * distance->mixed[1][at];
    }
    gen_fourier_run (distance->fourier[r], re, im, distance->scratch[r]);
    add_bins (&sums, re, im, size);
  }
  return sums;
}

static void
distance_judge (gpointer metric, const GenSample *frame, const GenSample *reference, double *values)
{
  const gsize n = frame->sound.frames;
  Distance *distance = metric;

  /* A mirror shows no more than there is. */
  if (n <= GREATEST / 2)
    return;
  if (distance->room < n) {
    for (int s = 0; s < 2; s++) {
      g_free (distance->mixed[s]);
      distance->mixed[s] = g_new (double, n);
    }
    distance->room = n;
  }
  mix (&frame->sound, distance->mixed[0]);
  mix (&reference->sound, distance->mixed[1]);
  values[1] = values[2] = 0;
  for (gsize r = 0; r < RESOLUTIONS; r++) {
    const Sums sums = compare (distance, r, n);

    values[1] += sqrt (sums.difference / sums.reference) / (double)RESOLUTIONS;
    values[2] += sums.logarithms / (double)sums.count / (double)RESOLUTIONS;
  }
  values[0] = values[1] + values[2];
}

#define TOO_SHORT "it takes 1025 frames of finite numbers"

const GenMetric gen_metric_multi_resolution_stft = {
  .name = "multi-resolution-stft",
  .medium = &gen_medium_sound,
  .summary = "Distance of magnitudes of spectra at three resolutions: the sum of spectral "
             "convergence and of the mean difference of logarithms (Yamamoto et al. 2020)",
  .unit = "from 0, for equal sounds",
  .takes_long = TRUE,
  .fields = { { "multi-resolution-stft", GEN_FIELD_NUMBER, NULL, TOO_SHORT,
                  .better = GEN_BETTER_LOWER },
      { "multi-resolution-stft-convergence", GEN_FIELD_NUMBER, NULL, TOO_SHORT,
          .better = GEN_BETTER_LOWER },
      { "multi-resolution-stft-magnitude", GEN_FIELD_NUMBER, NULL, TOO_SHORT,
          .better = GEN_BETTER_LOWER } },
  .n_fields = 3,
  .open = distance_open,
  .close = distance_close,
  .judge = distance_judge,
};
