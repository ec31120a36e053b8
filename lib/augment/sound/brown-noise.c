/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Brown noise: 6 dB an octave down, as wind and traffic far away are, at a level relative to that
 * of the window. */
#include "sound.h"

static void
brown_noise (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  gen_augment_sound_add_noise (draw, GEN_AUGMENT_BROWN, amount * uniform[0]);
}

const GenAugmentation gen_augmentation_sound_brown_noise = {
  .medium = &gen_medium_sound,
  .name = "brown-noise",
  .stream = "sound-brown-noise",
  .description = "Largest level of brown noise (from 20 Hz on 6 dB an octave down), "
                 "as a fraction of the window's own: 0.1 is a signal-to-noise ratio "
                 "of 20 dB",
  .maximum = 10,
  .apply_sound = brown_noise,
};
