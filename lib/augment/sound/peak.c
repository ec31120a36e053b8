/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Peak: a resonance, or a hole in the spectrum, one octave wide at half of its decibels; anywhere,
 * evenly in octaves. */
#include "sound.h"

#define LOWEST 50.0 /* Hz */

static void
peak (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  gen_augment_sound_peaking (draw,
      gen_augment_evenly (LOWEST, MAX (0.4 * draw->rate, LOWEST), uniform[1]), 1,
      amount * gen_augment_signed (uniform[0]));
}

const GenAugmentation gen_augmentation_sound_peak = {
  .medium = &gen_medium_sound,
  .name = "peak",
  .stream = "sound-peak",
  .description = "Largest boost or cut of a band of an octave, which lies anywhere, "
                 "in decibels",
  .maximum = 40,
  .apply_sound = peak,
};
