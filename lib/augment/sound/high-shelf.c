/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* High shelf: treble turned up or down, from a frequency on that is drawn evenly in octaves. */
#include "sound.h"

#define LOWEST 1000.0   /* Hz */
#define HIGHEST 10000.0 /* Hz */

static void
high_shelf (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  gen_augment_sound_shelf (draw, GEN_AUGMENT_HIGH_PASS,
      gen_augment_evenly (LOWEST, HIGHEST, uniform[1]), amount * gen_augment_signed (uniform[0]));
}

const GenAugmentation gen_augmentation_sound_high_shelf = {
  .medium = &gen_medium_sound,
  .name = "high-shelf",
  .stream = "sound-high-shelf",
  .description = "Largest boost or cut of all that is above a frequency from 1000 "
                 "to 10000 Hz, in decibels",
  .maximum = 40,
  .apply_sound = high_shelf,
};
