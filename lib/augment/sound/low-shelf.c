/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Low shelf: bass turned up or down, from a frequency on that is drawn evenly in octaves. */
#include "sound.h"

#define LOWEST 50.0    /* Hz */
#define HIGHEST 1000.0 /* Hz */

static void
low_shelf (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  gen_augment_sound_shelf (draw, GEN_AUGMENT_LOW_PASS,
      gen_augment_evenly (LOWEST, HIGHEST, uniform[1]), amount * gen_augment_signed (uniform[0]));
}

const GenAugmentation gen_augmentation_sound_low_shelf = {
  .medium = &gen_medium_sound,
  .name = "low-shelf",
  .stream = "sound-low-shelf",
  .description = "Largest boost or cut of all that is below a frequency from 50 to "
                 "1000 Hz, in decibels",
  .maximum = 40,
  .apply_sound = low_shelf,
};
