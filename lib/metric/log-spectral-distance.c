/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Log-spectral distance: the root mean square difference of spectra in decibels, of each piece of a
 * window, and their mean (Gray and Markel, "Distance measures for speech processing", 1976). */
#include "metrics.h"

#include <math.h>
#include <string.h>

#include "spectrum.h"

typedef struct {
  GenSpectrum *spectrum;
  double power[GEN_SPECTRUM_BINS];
} Distance;

static gpointer
distance_open (const GenMetricSettings *settings)
{
  Distance *distance = g_new0 (Distance, 1);

  distance->spectrum = gen_spectrum_new ();
  return distance;
}

static void
distance_close (gpointer metric)
{
  gen_spectrum_free (((Distance *)metric)->spectrum);
  g_free (metric);
}

static double
decibels (const double *power, int k)
{
  return 10 * log10 (MAX (power != NULL ? power[k] : 0, GEN_SPECTRUM_FLOOR));
}

static double
compare (const double *a, const double *b)
{
  double sum = 0;

  for (int k = 0; k < GEN_SPECTRUM_BINS; k++) {
    const double difference = decibels (a, k) - decibels (b, k);

    sum += difference * difference;
  }
  return sqrt (sum / GEN_SPECTRUM_BINS);
}

static void
distance_judge (gpointer metric, const GenSample *frame, const GenSample *reference, double *values)
{
  Distance *distance = metric;
  const gsize n = gen_spectrum_count (&frame->sound);
  double sum = 0;

  for (gsize i = 0; i < n; i++) {
    const double *power = gen_spectrum_power (distance->spectrum, &reference->sound, i);
    const gboolean heard = power != NULL;

    if (heard)
      memcpy (distance->power, power, sizeof distance->power);
    power = gen_spectrum_power (distance->spectrum, &frame->sound, i);
    sum += compare (power, heard ? distance->power : NULL);
  }
  values[0] = sum / (double)n;
}

const GenMetric gen_metric_log_spectral_distance = {
  .name = "log-spectral-distance",
  .known_as = (const char *const[]){ "lsd", NULL },
  .medium = &gen_medium_sound,
  .summary = "Root mean square difference of spectra in decibels, the mean of pieces of 2048 "
             "frames (Gray and Markel 1976)",
  .unit = "decibels, from 0",
  .fields = { { "log-spectral-distance", GEN_FIELD_NUMBER, NULL,
      "the window has samples that are no finite numbers", .better = GEN_BETTER_LOWER } },
  .n_fields = 1,
  .open = distance_open,
  .close = distance_close,
  .judge = distance_judge,
};
