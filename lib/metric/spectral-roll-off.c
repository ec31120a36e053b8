/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Spectral roll-off: the frequency below which 85% of the magnitude lies, over the pieces of a
 * window that are not silent (Scheirer and Slaney 1997, of 95%; librosa's spectral_rolloff). */
#include "metrics.h"

#include <math.h>

#include "spectrum.h"

static gpointer
roll_off_open (const GenMetricSettings *settings)
{
  return gen_spectrum_new ();
}

static void
roll_off_close (gpointer metric)
{
  gen_spectrum_free (metric);
}

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
  const gsize n = gen_spectrum_count (&window->sound);
  double sum = 0;
  gsize heard = 0;

  for (gsize i = 0; i < n; i++) {
    const double *power = gen_spectrum_power (metric, &window->sound, i);

    if (power == NULL)
      continue;
    sum += roll_off_of (power);
    heard++;
  }
  if (heard > 0)
    values[0] = sum / (double)heard * window->sound.rate / GEN_SPECTRUM_SIZE;
}

const GenMetric gen_metric_spectral_roll_off = {
  .name = "spectral-roll-off",
  .medium = &gen_medium_sound,
  .summary = "Frequency below which 85% of the spectrum's magnitude lies",
  .unit = "Hertz, from 0",
  .fields = { { "spectral-roll-off", GEN_FIELD_NUMBER, NULL, GEN_METRIC_SILENT } },
  .n_fields = 1,
  .open = roll_off_open,
  .close = roll_off_close,
  .measure = roll_off_measure,
};
