/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Channel drop: one channel of several is silent. */
#include "sound.h"

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  const gsize frame = (gsize)part->channels;

  for (gsize i = (gsize)step->values[0]; i < part->frames * frame; i += frame)
    part->data[i] = 0;
}

static void
channel_drop (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  const int n = draw->channels;

  if (uniform[0] < amount && n > 1)
    gen_augment_sound_add (draw, run)->values[0] = MIN ((int)(uniform[1] * (float)n), n - 1);
}

const GenAugmentation gen_augmentation_sound_channel_drop = {
  .medium = &gen_medium_sound,
  .name = "channel-drop",
  .stream = "sound-channel-drop",
  .description = "In how many of the windows one channel of several is silent, as a "
                 "fraction",
  .maximum = 1,
  .apply_sound = channel_drop,
};
