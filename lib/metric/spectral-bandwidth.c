/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Spectral bandwidth: the deviation of frequencies from the centroid, weighted by magnitude, over
 * the pieces of a window that are not silent (librosa's spectral_bandwidth). */
#include "metrics.h"

#include <math.h>

#include "spectrum.h"

static double
bandwidth_of (const double *power)
{
  double sum = 0, weighted = 0, squares = 0;

  for (int k = 0; k < GEN_SPECTRUM_BINS; k++) {
    const double magnitude = sqrt (power[k]);

    sum += magnitude;
    weighted += magnitude * k;
    squares += magnitude * k * k;
  }
  return sqrt (MAX (squares / sum - weighted / sum * (weighted / sum), 0));
}

static void
bandwidth_measure (gpointer metric, const GenSample *window, double *values)
{
  /* In bins, and in Hertz. */
  values[0] = gen_spectrum_mean (metric, &window->sound, bandwidth_of) * window->sound.rate /
              GEN_SPECTRUM_SIZE;
}

const GenMetric gen_metric_spectral_bandwidth = {
  .name = "spectral-bandwidth",
  .medium = &gen_medium_sound,
  .summary = "Deviation of frequencies from the spectral centroid, weighted by magnitude",
  .unit = "Hertz, from 0",
  .fields = { { "spectral-bandwidth", GEN_FIELD_NUMBER, NULL, GEN_METRIC_SILENT } },
  .n_fields = 1,
  .open = gen_spectrum_open,
  .close = gen_spectrum_close,
  .measure = bandwidth_measure,
};
