/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SNR: how much louder what a sound should be is than what differs from it. */
#include "sound-sums.h"

static gpointer
snr_open (const GenMetricSettings *settings)
{
  return g_new0 (GenSoundSums, 1);
}

static double
find_ratio (const GenSoundSums *sums)
{
  return gen_sound_sums_ratio (sums->reference, sums->sound + sums->reference - 2 * sums->product,
      sums->sound + sums->reference);
}

static void
snr_judge (gpointer metric, const GenSample *frame, const GenSample *reference, double *values)
{
  const GenSoundSums sums = gen_sound_sums_note (metric, frame, reference);

  values[0] = find_ratio (&sums);
}

static gboolean
snr_figure (gpointer metric, double *values, GError **error)
{
  values[0] = find_ratio (metric);
  return TRUE;
}

const GenMetric gen_metric_snr = {
  .name = "snr",
  .medium = &gen_medium_sound,
  .summary = "Signal-to-noise ratio of a window, and of all: noise is what differs from what it "
             "should be",
  .unit = "decibels",
  .fields = { { "snr", GEN_FIELD_NUMBER, NULL, GEN_SOUND_SUMS_NO_RATIO,
                  .better = GEN_BETTER_HIGHER },
      { "snr-overall", GEN_FIELD_NUMBER, NULL, GEN_SOUND_SUMS_NO_RATIO,
          .better = GEN_BETTER_HIGHER } },
  .n_fields = 2,
  .n_measured = 1,
  .open = snr_open,
  .close = g_free,
  .judge = snr_judge,
  .figure = snr_figure,
};
