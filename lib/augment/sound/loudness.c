/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Loudness: windows as loud as each other by EBU R 128, that is by its integrated loudness, which
 * pauses do not lower. What is too quiet to have one, below -70 LUFS, stays as it is. */
#include <math.h>

#include "../../medium/sound-level.h"
#include "sound.h"

#define SILENCE -70.0 /* LUFS */

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  const double loudness = part->frames > 0 ? gen_sound_loudness (part) : -HUGE_VAL;

  if (loudness >= SILENCE && isfinite (loudness))
    gen_sound_amplify (part, pow (10, (step->values[0] - loudness) / 20));
}

static void
loudness (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  gen_augment_sound_add (draw, run)->values[0] = -amount;
}

const GenAugmentation gen_augmentation_sound_loudness = {
  .medium = &gen_medium_sound,
  .name = "loudness",
  .stream = "sound-loudness",
  .description = "How far below full scale the loudness of each window is brought "
                 "(EBU R 128): 23 is -23 LUFS (0: as it is)",
  .maximum = 60,
  .apply_sound = loudness,
};
