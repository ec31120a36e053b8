/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shift: earlier or later by whole samples. What leaves the window is lost, and silence comes in
 * from its other end. */
#include <math.h>
#include <string.h>

#include "sound.h"

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  const gsize frame = (gsize)part->channels, by = (gsize)fabs (step->values[0]);
  const gsize empty = MIN (by, part->frames), kept = part->frames - empty;
  float *behind = part->data + empty * frame;

  if (step->values[0] > 0) {
    memmove (behind, part->data, kept * frame * sizeof (float));
    memset (part->data, 0, empty * frame * sizeof (float));
  } else {
    memmove (part->data, behind, kept * frame * sizeof (float));
    memset (part->data + kept * frame, 0, empty * frame * sizeof (float));
  }
}

static void
shift (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  double by = rint (amount * gen_augment_signed (uniform[0]) * (double)draw->length);

  if (by != 0)
    gen_augment_sound_add (draw, run)->values[0] = by;
}

const GenAugmentation gen_augmentation_sound_shift = {
  .medium = &gen_medium_sound,
  .name = "shift",
  .stream = "sound-shift",
  .description = "Largest shift in time, to either side, as a fraction of the window",
  .maximum = 1,
  .apply_sound = shift,
};
