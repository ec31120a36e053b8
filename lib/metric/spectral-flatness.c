/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Spectral flatness: the geometric over the arithmetic mean of the power spectrum, over the pieces
 * of a window that are not silent: 1 for white noise's expected spectrum, near 0 for tones.
 * (Gray and Markel 1974; Dubnov 2004; librosa's spectral_flatness.) */
#include "metrics.h"

#include "spectrum.h"

static double
flatness_of (const double *power)
{
  double logarithms = 0, sum = 0;

  for (int k = 0; k < GEN_SPECTRUM_BINS; k++) {
    const double value = MAX (power[k], GEN_SPECTRUM_FLOOR);

    logarithms += log (value);
    sum += value;
  }
  return exp (logarithms / GEN_SPECTRUM_BINS) / (sum / GEN_SPECTRUM_BINS);
}

static void
flatness_measure (gpointer metric, const GenSample *window, double *values)
{
  values[0] = gen_spectrum_mean (metric, &window->sound, flatness_of);
}

const GenMetric gen_metric_spectral_flatness = {
  .name = "spectral-flatness",
  .medium = &gen_medium_sound,
  .summary = "Geometric over arithmetic mean of the power spectrum (Gray and Markel 1974)",
  .unit = "0 to 1",
  .fields = { { "spectral-flatness", GEN_FIELD_NUMBER, NULL, GEN_METRIC_SILENT } },
  .n_fields = 1,
  .open = gen_spectrum_open,
  .close = gen_spectrum_close,
  .measure = flatness_measure,
};
