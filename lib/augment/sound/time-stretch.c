/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time stretch: slower or faster at the same pitch, by factors that are as many in each octave. The
 * window keeps its length: of a slower sound the end is lost, and behind a faster one is silence.
 */
#include <math.h>
#include <string.h>

#include "sound.h"
#include "stretch.h"

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  g_auto (GenSound) from = { 0 };

  gen_sound_init (&from, part->rate, part->channels, part->frames);
  memcpy (from.data, part->data, part->frames * (gsize)part->channels * sizeof (float));
  gen_augment_stretch (&from, step->values[0], part);
}

static void
time_stretch (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  if (amount > 1)
    gen_augment_sound_add (draw, run)->values[0] = pow (amount, gen_augment_signed (uniform[0]));
}

const GenAugmentation gen_augmentation_sound_time_stretch = {
  .medium = &gen_medium_sound,
  .name = "time-stretch",
  .stream = "sound-time-stretch",
  .description = "Largest change of tempo at the same pitch, as a factor: 1.25 is from 0.8 to 1.25 "
                 "times as fast (0 and 1: none)",
  .maximum = 4,
  .apply_sound = time_stretch,
};
