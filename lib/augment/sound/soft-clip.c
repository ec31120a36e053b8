/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Soft clip: an overdriven amplifier, y = peak tanh (d x / peak) / tanh d. The peak stays where it
 * is, and what is quiet becomes louder by d / tanh d. */
#include <math.h>

#include "../../ops/elementwise/mathematics.h"
#include "../../simd.h"
#include "sound.h"

GEN_CLONES (void, bend, (float *samples, float in, float out, gsize n), (samples, in, out, n))
{
  for (gsize i = 0; i < n; i++)
    samples[i] = out * gen_tanh (in * samples[i]);
}

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  const double drive = step->values[0], peak = gen_augment_sound_peak (part);

  if (peak > 0 && isfinite (peak))
    bend (part->data, (float)(drive / peak), (float)(peak / tanh (drive)),
        part->frames * (gsize)part->channels);
}

/* The d whose d / tanh d is `gain` > 1, by Newton's method from above, where the curve bends one
 * way. */
static double
drive_of (double gain)
{
  double drive = gain;

  for (int i = 0; i < 40; i++) {
    const double t = tanh (drive);

    drive -= (drive - gain * t) / (1 - gain * (1 - t * t));
  }
  return drive;
}

static void
soft_clip (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  const double drive = drive_of (pow (10, amount * uniform[0] / 20));

  if (drive > 1e-3)
    gen_augment_sound_add (draw, run)->values[0] = drive;
}

const GenAugmentation gen_augmentation_sound_soft_clip = {
  .medium = &gen_medium_sound,
  .name = "soft-clip",
  .stream = "sound-soft-clip",
  .description = "Largest overdrive of a soft clipper, which bends peaks: how much "
                 "louder what is quiet becomes, in decibels",
  .maximum = 60,
  .apply_sound = soft_clip,
};
