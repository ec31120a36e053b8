/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Spectral roll-off: the frequency below which 85% of the magnitude lies, over the pieces of a
 * window that are not silent (Scheirer and Slaney 1997, of 95%; librosa's spectral_rolloff). */
#include "metrics.h"

#include <math.h>

#include "spectrum.h"

#define SHARE 0.85

static double
roll_off_of (const double *power)
{
  double sum = 0, below = 0;
  int k = 0;

  for (int i = 0; i < GEN_SPECTRUM_BINS; i++)
    sum += sqrt (power[i]);
  for (below = sqrt (power[0]); below < SHARE * sum && k < GEN_SPECTRUM_BINS - 1;)
    below += sqrt (power[++k]);
  return k;
}

static void
roll_off_measure (gpointer metric, const GenSample *window, double *values)
{
  /* In bins, and in Hertz. */
  values[0] = gen_spectrum_mean (metric, &window->sound, roll_off_of) * window->sound.rate /
              GEN_SPECTRUM_SIZE;
}

const GenMetric gen_metric_spectral_roll_off = {
  .name = "spectral-roll-off",
  .medium = &gen_medium_sound,
  .summary = "Frequency below which 85% of the spectrum's magnitude lies",
  .unit = "Hertz, from 0",
  .fields = { { "spectral-roll-off", GEN_FIELD_NUMBER, NULL, GEN_METRIC_SILENT } },
  .n_fields = 1,
  .open = gen_spectrum_open,
  .close = gen_spectrum_close,
  .measure = roll_off_measure,
};
