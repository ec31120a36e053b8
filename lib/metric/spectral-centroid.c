/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Spectral centroid: the mean frequency of the spectrum, weighted by magnitude, over the pieces of
 * a window that are not silent: how bright it sounds. (Grey and Gordon 1978; librosa's
 * spectral_centroid.) */
#include "metrics.h"

#include "spectrum.h"

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
  /* In bins, and in Hertz. */
  values[0] = gen_spectrum_mean (metric, &window->sound, centroid_of) * window->sound.rate /
              GEN_SPECTRUM_SIZE;
}

const GenMetric gen_metric_spectral_centroid = {
  .name = "spectral-centroid",
  .medium = &gen_medium_sound,
  .summary = "Mean frequency of the spectrum, weighted by magnitude (Grey and Gordon 1978)",
  .unit = "Hertz, from 0",
  .fields = { { "spectral-centroid", GEN_FIELD_NUMBER, NULL, GEN_METRIC_SILENT } },
  .n_fields = 1,
  .open = gen_spectrum_open,
  .close = gen_spectrum_close,
  .measure = centroid_measure,
};
