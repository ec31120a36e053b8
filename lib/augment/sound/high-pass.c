/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* High pass: thin, as from a small loudspeaker. Cut-offs are as many in each octave, from 20 Hz,
 * below which people hear nothing, up to the amount. */
#include <math.h>

#include "sound.h"

#define LOWEST 20.0

static void
high_pass (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  const double lowest = MIN (LOWEST, amount);

  gen_augment_sound_filter (
      draw, GEN_AUGMENT_HIGH_PASS, lowest * pow (amount / lowest, uniform[0]));
}

const GenAugmentation gen_augmentation_sound_high_pass = {
  .medium = &gen_medium_sound,
  .name = "high-pass",
  .stream = "sound-high-pass",
  .description = "Highest cut-off of a high pass (12 dB an octave), in Hz (0: none)",
  .maximum = 100000,
  .apply_sound = high_pass,
};
