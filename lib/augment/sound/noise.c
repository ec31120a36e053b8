/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise: normal and white, independent in each sample, at a level relative to that of the window
 * (the root of its mean square over all channels, after all that is done to it before). A silent
 * window stays silent. */
#include <math.h>

#include "../../simd.h"
#include "sound.h"

#define CHUNK 1024

GEN_CLONES (void, add, (float *samples, const float *normal, float deviation, gsize n),
    (samples, normal, deviation, n))
{
  for (gsize i = 0; i < n; i++)
    samples[i] += normal[i] * deviation;
}

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  const gsize n = part->frames * (gsize)part->channels;
  const float deviation = (float)(step->values[0] * gen_augment_sound_level (part));
  float normal[CHUNK];

  if (!isfinite (deviation) || deviation == 0)
    return;
  for (gsize i = 0; i < n; i += CHUNK) {
    const gsize count = MIN (CHUNK, n - i);

    gen_random_normal (
        &draw->random, draw->window, first * (gsize)part->channels + i, normal, count);
    add (part->data + i, normal, deviation, count);
  }
}

static void
noise (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  gen_augment_sound_add (draw, run)->values[0] = amount * uniform[0];
}

const GenAugmentation gen_augmentation_sound_noise = {
  .medium = &gen_medium_sound,
  .name = "noise",
  .stream = "sound-noise",
  .description = "Largest level of Gaussian noise, as a fraction of the window's own: 0.1 is a "
                 "signal-to-noise ratio of 20 dB",
  .maximum = 10,
  .apply_sound = noise,
};
