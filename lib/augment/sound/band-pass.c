/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Band pass: what is left of a sound in a pipe or a horn. The band's middle lies anywhere, evenly
 * in octaves; it is as loud as before, and what is beyond the band falls by 6 dB an octave. */
#include <math.h>

#include "sound.h"

#define LOWEST 100.0 /* Hz */
#define WIDEST 4.0   /* octaves */

static void
band_pass (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  const double middle = gen_augment_evenly (LOWEST, MAX (draw->rate / 4.0, LOWEST), uniform[0]);

  gen_augment_sound_band (draw, middle, gen_augment_evenly (amount, WIDEST, uniform[1]));
}

const GenAugmentation gen_augmentation_sound_band_pass = {
  .medium = &gen_medium_sound,
  .name = "band-pass",
  .stream = "sound-band-pass",
  .description = "Narrowest band of a band pass, in octaves between its -3 dB "
                 "points; the widest has 4 (0: none)",
  .maximum = 4,
  .apply_sound = band_pass,
};
