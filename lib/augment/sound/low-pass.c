/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Low pass: dull, as through a wall. Cut-offs are as many in each octave, from the amount up to
 * half of the rate. */
#include <math.h>

#include "sound.h"

static void
low_pass (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  const double highest = 0.5 * draw->rate;

  if (amount < highest)
    gen_augment_sound_filter (
        draw, GEN_AUGMENT_LOW_PASS, amount * pow (highest / amount, uniform[0]));
}

const GenAugmentation gen_augmentation_sound_low_pass = {
  .medium = &gen_medium_sound,
  .name = "low-pass",
  .stream = "sound-low-pass",
  .description = "Lowest cut-off of a low pass (12 dB an octave), in Hz (0: none)",
  .maximum = 100000,
  .apply_sound = low_pass,
};
