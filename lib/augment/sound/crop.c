/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Crop: a part of the window, anywhere in it, stays where it is, and the rest is silent. It begins
 * and ends at once; with a fade, that is at its ends. */
#include <math.h>
#include <string.h>

#include "sound.h"

/* Silence from frame `from` to frame `to` of the window, as far as there is any of it. */
static void
silence (GenSound *part, gsize first, gsize from, gsize to)
{
  const gsize frame = (gsize)part->channels;

  from = CLAMP (from, first, first + part->frames);
  to = CLAMP (to, from, first + part->frames);
  memset (part->data + (from - first) * frame, 0, (to - from) * frame * sizeof (float));
}

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  silence (part, first, 0, draw->begin);
  silence (part, first, draw->end, draw->length);
}

static void
crop (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  const double cut = rint (amount * uniform[0] * (double)draw->length);

  if (cut == 0)
    return;
  draw->begin = (gsize)rint (cut * uniform[1]);
  draw->end = draw->begin + (draw->length - (gsize)cut);
  gen_augment_sound_add (draw, run);
}

const GenAugmentation gen_augmentation_sound_crop = {
  .medium = &gen_medium_sound,
  .name = "crop",
  .stream = "sound-crop",
  .description = "Largest share of the window that is silenced around a random part of it",
  .maximum = 0.9,
  .apply_sound = crop,
};
