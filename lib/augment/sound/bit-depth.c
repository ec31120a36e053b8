/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Bit depth: samples of few bits, rounded to the nearest, without dither. */
#include <math.h>

#include "../../simd.h"
#include "sound.h"

#define MOST 16

GEN_CLONES (void, quantise, (float *samples, float steps, gsize n), (samples, steps, n))
{
  for (gsize i = 0; i < n; i++) {
    const float value = rintf (samples[i] * steps);
    const float above = value < -steps ? -steps : value;

    samples[i] = (above > steps - 1 ? steps - 1 : above) / steps;
  }
}

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  quantise (part->data, (float)step->values[0], part->frames * (gsize)part->channels);
}

static void
bit_depth (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  const double fewest = MAX (ceil (amount), 2);
  const double bits = MIN (fewest + floor (uniform[0] * (MOST + 1 - fewest)), MOST);

  gen_augment_sound_add (draw, run)->values[0] = exp2 (bits - 1);
}

const GenAugmentation gen_augmentation_sound_bit_depth = {
  .medium = &gen_medium_sound,
  .name = "bit-depth",
  .stream = "sound-bit-depth",
  .description = "Fewest bits of a sample, from 2 on; the most are 16 (0: as they "
                 "are)",
  .maximum = 16,
  .apply_sound = bit_depth,
};
