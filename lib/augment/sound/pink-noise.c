/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pink noise: 3 dB an octave down, as many sounds of nature are, at a level relative to that of the
 * window. */
#include "sound.h"

static void
pink_noise (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  gen_augment_sound_add_noise (draw, GEN_AUGMENT_PINK, amount * uniform[0]);
}

const GenAugmentation gen_augmentation_sound_pink_noise = {
  .medium = &gen_medium_sound,
  .name = "pink-noise",
  .stream = "sound-pink-noise",
  .description = "Largest level of pink noise (from 20 Hz on 3 dB an octave down), "
                 "as a fraction of the window's own: 0.1 is a signal-to-noise ratio "
                 "of 20 dB",
  .maximum = 10,
  .apply_sound = pink_noise,
};
