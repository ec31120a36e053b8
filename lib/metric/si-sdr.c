/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* SI-SDR: how much louder what a sound has of what it should be is than all else that it has,
 * however loud it is (the scale-invariant signal-to-distortion ratio of Le Roux, Wisdom, Erdogan
 * and Hershey, "SDR: half-baked or well done?", ICASSP 2019). */
#include "sound-sums.h"

static gpointer
si_sdr_open (const GenMetricSettings *settings)
{
  return g_new0 (GenSoundSums, 1);
}

static double
find_ratio (const GenSoundSums *sums)
{
  const double wanted = sums->reference > 0 ? sums->product * sums->product / sums->reference : 0;

  return gen_sound_sums_ratio (wanted, sums->sound - wanted, sums->sound);
}

static void
si_sdr_judge (gpointer metric, const GenSample *frame, const GenSample *reference, double *values)
{
  const GenSoundSums sums = gen_sound_sums_note (metric, frame, reference);

  values[0] = find_ratio (&sums);
}

static gboolean
si_sdr_figure (gpointer metric, double *values, GError **error)
{
  values[0] = find_ratio (metric);
  return TRUE;
}

const GenMetric gen_metric_si_sdr = {
  .name = "si-sdr",
  .medium = &gen_medium_sound,
  .summary = "Scale-invariant signal-to-distortion ratio of a window, and of all (Le Roux et al. "
             "2019)",
  .unit = "decibels",
  .fields = { { "si-sdr", GEN_FIELD_NUMBER, NULL, GEN_SOUND_SUMS_NO_RATIO,
                  .better = GEN_BETTER_HIGHER },
      { "si-sdr-overall", GEN_FIELD_NUMBER, NULL, GEN_SOUND_SUMS_NO_RATIO,
          .better = GEN_BETTER_HIGHER } },
  .n_fields = 2,
  .n_measured = 1,
  .open = si_sdr_open,
  .close = g_free,
  .judge = si_sdr_judge,
  .figure = si_sdr_figure,
};
