/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Gain: louder or quieter, evenly in decibels. Integer samples beyond full scale are clipped. */
#include <math.h>

#include "sound.h"

static void
gain (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  gen_augment_sound_scale (draw, pow (10, amount * gen_augment_signed (uniform[0]) / 20));
}

const GenAugmentation gen_augmentation_sound_gain = {
  .medium = &gen_medium_sound,
  .name = "gain",
  .stream = "sound-gain",
  .description = "Largest change of level, up or down, in decibels",
  .maximum = 60,
  .apply_sound = gain,
};
