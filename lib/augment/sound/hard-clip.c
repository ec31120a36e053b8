/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hard clip: peaks are cut off, as by a converter that is overdriven. How far follows the window's
 * own peak. */
#include <math.h>

#include "../../simd.h"
#include "sound.h"

GEN_CLONES (void, clip, (float *samples, float limit, gsize n), (samples, limit, n))
{
  for (gsize i = 0; i < n; i++) {
    const float low = samples[i] < -limit ? -limit : samples[i];

    samples[i] = low > limit ? limit : low;
  }
}

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  clip (part->data, (float)(step->values[0] * gen_augment_sound_peak (part)),
      part->frames * (gsize)part->channels);
}

static void
hard_clip (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  gen_augment_sound_add (draw, run)->values[0] = pow (10, -amount * uniform[0] / 20);
}

const GenAugmentation gen_augmentation_sound_hard_clip = {
  .medium = &gen_medium_sound,
  .name = "hard-clip",
  .stream = "sound-hard-clip",
  .description = "Deepest clipping: how far below the window's peak samples are cut "
                 "off, in decibels",
  .maximum = 60,
  .apply_sound = hard_clip,
};
