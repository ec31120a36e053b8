/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Polarity: the waveform upside down, which nobody hears. */
#include "sound.h"

static void
polarity (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  if (uniform[0] < amount)
    gen_augment_sound_scale (draw, -1);
}

const GenAugmentation gen_augmentation_sound_polarity = {
  .medium = &gen_medium_sound,
  .name = "polarity",
  .stream = "sound-polarity",
  .description = "How many of the windows are turned upside down, as a fraction",
  .maximum = 1,
  .apply_sound = polarity,
};
