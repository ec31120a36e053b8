/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frequency mask: a band is gone, by a Butterworth filter of order 4 (24 dB an octave at its edges,
 * which are at -3 dB). Its middle lies anywhere, evenly in octaves. */
#include <math.h>

#include "sound.h"

#define LOWEST 100.0 /* Hz */
/* A narrower band is none. */
#define NARROWEST 0.01

static void
frequency_mask (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  const double half = amount * uniform[0] / 2;
  const double middle = gen_augment_evenly (LOWEST, MAX (draw->rate / 4.0, LOWEST), uniform[1]);

  if (half >= NARROWEST / 2)
    gen_augment_sound_butterworth (
        draw, GEN_AUGMENT_STOP, middle * exp2 (-half), middle * exp2 (half));
}

const GenAugmentation gen_augmentation_sound_frequency_mask = {
  .medium = &gen_medium_sound,
  .name = "frequency-mask",
  .stream = "sound-frequency-mask",
  .description = "Widest band that is taken away, in octaves",
  .maximum = 4,
  .apply_sound = frequency_mask,
};
