/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Silence: the share of blocks of 10 ms whose root mean square, over all channels, is below -60
 * decibels of full scale. */
#include "metrics.h"

#define BLOCKS_A_SECOND 100
#define THRESHOLD 1e-6 /* of power: -60 dB */

static double
power_of (const GenSound *sound, gsize first, gsize end)
{
  const gsize channels = (gsize)sound->channels;
  double sum = 0;

  for (gsize i = first * channels; i < end * channels; i++)
    sum += (double)sound->data[i] * sound->data[i];
  return sum / (double)((end - first) * channels);
}

/* The last block takes what is left over. */
static void
silence_measure (gpointer metric, const GenSample *window, double *values)
{
  const GenSound *sound = &window->sound;
  const gsize block = (gsize)MAX (sound->rate / BLOCKS_A_SECOND, 1);
  const gsize n = MAX (sound->frames / block, 1);
  gsize silent = 0;

  for (gsize k = 0; k < n; k++)
    silent += power_of (sound, k * block, k == n - 1 ? sound->frames : (k + 1) * block) < THRESHOLD;
  values[0] = (double)silent / (double)n;
}

const GenMetric gen_metric_silence = {
  .name = "silence",
  .medium = &gen_medium_sound,
  .summary = "Share of blocks of 10 ms below -60 decibels of full scale",
  .unit = "share, 0 to 1",
  .fields = { { "silence", GEN_FIELD_NUMBER, NULL, GEN_METRIC_NO_NUMBERS } },
  .n_fields = 1,
  .measure = silence_measure,
};
