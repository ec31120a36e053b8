/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Spectral centroid: the mean frequency of the spectrum, weighted by magnitude, over the pieces of
 * a window that are not silent: how bright it sounds. (Grey and Gordon 1978; librosa's
 * spectral_centroid.) */
#include "metrics.h"

#include "spectrum.h"

static gpointer
centroid_open (const GenMetricSettings *settings)
{
  return gen_spectrum_new ();
}

static void
centroid_close (gpointer metric)
{
  gen_spectrum_free (metric);
}

static double
centroid_of (const double *power)
{
  double sum = 0, weighted = 0;

  for (int k = 0; k < GEN_SPECTRUM_BINS; k++) {
    const double magnitude = sqrt (power[k]);

    sum += magnitude;
    weighted += magnitude * k;
  }
  return weighted / sum;
}

static void
centroid_measure (gpointer metric, const GenSample *window, double *values)
{
  const gsize n = gen_spectrum_count (&window->sound);
  double sum = 0;
  gsize heard = 0;

  for (gsize i = 0; i < n; i++) {
    const double *power = gen_spectrum_power (metric, &window->sound, i);

    if (power == NULL)
      continue;
    sum += centroid_of (power);
    heard++;
  }
  if (heard > 0)
    values[0] = sum / (double)heard * window->sound.rate / GEN_SPECTRUM_SIZE;
}

const GenMetric gen_metric_spectral_centroid = {
  .name = "spectral-centroid",
  .medium = &gen_medium_sound,
  .summary = "Mean frequency of the spectrum, weighted by magnitude (Grey and Gordon 1978)",
  .unit = "Hertz, from 0",
  .fields = { { "spectral-centroid", GEN_FIELD_NUMBER, NULL, GEN_METRIC_SILENT } },
  .n_fields = 1,
  .open = centroid_open,
  .close = centroid_close,
  .measure = centroid_measure,
};
