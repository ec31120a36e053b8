/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clipping: the share of samples in runs of three and more at full scale of one sign, as the
 * indicators of recorders count overs. One or two such samples are the crest of a wave that is as
 * loud as can be. */
#include "metrics.h"

/* The greatest number of 16 bits, and what reaches it. */
#define FULL_SCALE (32767.0f / 32768)
#define RUN 3

/* The sign of a sample at full scale, else 0. */
static int
side_of (float sample)
{
  return sample >= FULL_SCALE ? 1 : sample <= -FULL_SCALE ? -1 : 0;
}

static gsize
count_channel (const GenSound *sound, int channel)
{
  gsize clipped = 0, run = 0;
  int before = 0;

  for (gsize i = 0; i < sound->frames; i++) {
    const int side = side_of (sound->data[i * (gsize)sound->channels + (gsize)channel]);

    run = side == 0 ? 0 : side == before ? run + 1 : 1;
    clipped += run == RUN ? RUN : run > RUN;
    before = side;
  }
  return clipped;
}

static void
clipping_measure (gpointer metric, const GenSample *window, double *values)
{
  const GenSound *sound = &window->sound;
  gsize clipped = 0;

  for (int c = 0; c < sound->channels; c++)
    clipped += count_channel (sound, c);
  values[0] = (double)clipped / (double)(sound->frames * (gsize)sound->channels);
}

const GenMetric gen_metric_clipping = {
  .name = "clipping",
  .medium = &gen_medium_sound,
  .summary = "Share of samples in runs of three and more at full scale of one sign",
  .unit = "share, 0 to 1",
  .fields = { { "clipping", GEN_FIELD_NUMBER, NULL, GEN_METRIC_NO_NUMBERS,
      .better = GEN_BETTER_LOWER } },
  .n_fields = 1,
  .measure = clipping_measure,
};
