/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Channel swap: two channels, any of them, change places. */
#include "sound.h"

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  const gsize a = (gsize)step->values[0], b = (gsize)step->values[1];

  for (gsize i = 0; i < part->frames; i++) {
    float *samples = part->data + i * (gsize)part->channels;
    const float kept = samples[a];

    samples[a] = samples[b];
    samples[b] = kept;
  }
}

static void
channel_swap (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  const int n = draw->channels, one = MIN ((int)(uniform[1] * (float)n), n - 1);
  GenAugmentSoundStep *step;

  if (uniform[0] >= amount || n < 2)
    return;
  step = gen_augment_sound_add (draw, run);
  step->values[0] = one;
  step->values[1] = (one + 1 + MIN ((int)(uniform[2] * (float)(n - 1)), n - 2)) % n;
}

const GenAugmentation gen_augmentation_sound_channel_swap = {
  .medium = &gen_medium_sound,
  .name = "channel-swap",
  .stream = "sound-channel-swap",
  .description = "In how many of the windows two channels change places, as a "
                 "fraction",
  .maximum = 1,
  .apply_sound = channel_swap,
};
