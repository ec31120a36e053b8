/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What gain and polarity come to: a factor, one for both. */
#include "../../simd.h"
#include "sound.h"

GEN_CLONES (void, multiply, (float *samples, float factor, gsize n), (samples, factor, n))
{
  for (gsize i = 0; i < n; i++)
    samples[i] *= factor;
}

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  multiply (part->data, (float)step->values[0], part->frames * (gsize)part->channels);
}

void
gen_augment_sound_scale (GenAugmentSoundDraw *draw, double factor)
{
  GenAugmentSoundStep *last = draw->n_steps > 0 ? &draw->steps[draw->n_steps - 1] : NULL;

  if (last != NULL && last->run == run)
    last->values[0] *= factor;
  else
    gen_augment_sound_add (draw, run)->values[0] = factor;
}
