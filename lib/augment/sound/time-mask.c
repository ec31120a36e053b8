/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time mask: a stretch of the window is silent (SpecAugment's, of the waveform). */
#include <math.h>
#include <string.h>

#include "sound.h"

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  const gsize from = CLAMP ((gsize)step->values[0], first, first + part->frames);
  const gsize to = CLAMP ((gsize)step->values[1], first, first + part->frames);
  const gsize frame = (gsize)part->channels;

  memset (part->data + (from - first) * frame, 0, (to - from) * frame * sizeof (float));
}

static void
time_mask (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  const double length = rint (amount * uniform[0] * (double)draw->length);
  GenAugmentSoundStep *step;

  if (length == 0)
    return;
  step = gen_augment_sound_add (draw, run);
  step->values[0] = rint (((double)draw->length - length) * uniform[1]);
  step->values[1] = step->values[0] + length;
}

const GenAugmentation gen_augmentation_sound_time_mask = {
  .medium = &gen_medium_sound,
  .name = "time-mask",
  .stream = "sound-time-mask",
  .description = "Largest share of the window that is silenced in one stretch, "
                 "anywhere in it",
  .maximum = 1,
  .apply_sound = time_mask,
};
