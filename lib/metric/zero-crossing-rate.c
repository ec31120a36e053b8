/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Zero-crossing rate: the share of samples before which the sign changes, over all channels: high
 * of noise and sibilants, low of tones. 0 counts as positive, as in librosa's zero_crossings. */
#include "metrics.h"

static void
crossing_measure (gpointer metric, const GenSample *window, double *values)
{
  const GenSound *sound = &window->sound;
  const gsize channels = (gsize)sound->channels, n = sound->frames * channels;
  gsize crossings = 0;

  for (gsize i = channels; i < n; i++)
    crossings += (sound->data[i] < 0) != (sound->data[i - channels] < 0);
  values[0] = (double)crossings / (double)n;
}

const GenMetric gen_metric_zero_crossing_rate = {
  .name = "zero-crossing-rate",
  .medium = &gen_medium_sound,
  .summary = "Share of samples before which the sign changes",
  .unit = "share, 0 to 1",
  .fields = { { "zero-crossing-rate", GEN_FIELD_NUMBER, NULL, GEN_METRIC_NO_NUMBERS } },
  .n_fields = 1,
  .measure = crossing_measure,
};
