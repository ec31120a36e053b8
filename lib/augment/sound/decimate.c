/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decimate: samples are taken at a lower rate and held until the next one, without the low pass
 * that would keep what is above half of that rate from being heard as something else. */
#include <math.h>
#include <string.h>

#include "sound.h"

/* Of each channel the sample that was taken last. A part begins with one. */
static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  const double ratio = step->values[0];
  const gsize frame = (gsize)part->channels;
  double taken = -1;

  for (gsize i = 0; i < part->frames; i++) {
    const double here = floor ((double)(first + i) * ratio);
    float *samples = part->data + i * frame;

    if (here == taken)
      memcpy (samples, samples - frame, frame * sizeof *samples);
    taken = here;
  }
}

static void
decimate (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  if (amount < draw->rate)
    gen_augment_sound_add (draw, run)->values[0] =
        gen_augment_evenly (amount / draw->rate, 1, uniform[0]);
}

const GenAugmentation gen_augmentation_sound_decimate = {
  .medium = &gen_medium_sound,
  .name = "decimate",
  .stream = "sound-decimate",
  .description = "Lowest rate at which samples are taken and held, in Hz (0: none)",
  .maximum = 100000,
  .apply_sound = decimate,
};
