/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Telephone: the band from 300 to 3400 Hz in the 8 bits of mu-law (ITU-T G.711), quantised at the
 * stream's own rate. What the quantisation adds above the band is taken away again. */
#include <math.h>

#include "sound.h"

#define LOW 300.0 /* Hz */
#define HIGH 3400.0

/* G.711's segments double in width; within each there are 16 steps. The magnitude, of 14 bits, is
 * counted from the first segment's bias of 33 on, up to 8158. */
static int
mu_law (int magnitude)
{
  const int biased = MIN (magnitude, 8158) + 33;
  const int segment = g_bit_storage ((gulong)biased) - 6;
  const int step = (biased >> (segment + 1)) & 15;

  return (((2 * step + 33) << segment) - 33);
}

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  const gsize n = part->frames * (gsize)part->channels;

  for (gsize i = 0; i < n; i++) {
    const float value = part->data[i];
    const int magnitude = (int)(MIN (fabsf (value), 1) * 8192);

    part->data[i] = copysignf ((float)mu_law (magnitude) / 8192, value);
  }
}

static void
telephone (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  const double high = MIN (HIGH, GEN_AUGMENT_HIGHEST * draw->rate);

  if (uniform[0] >= amount || high < 2 * LOW)
    return;
  gen_augment_sound_butterworth (draw, GEN_AUGMENT_THROUGH, LOW, high);
  gen_augment_sound_add (draw, run);
  if (high == HIGH)
    for (int i = 0; i < 2; i++)
      gen_augment_sound_filter (draw, GEN_AUGMENT_LOW_PASS, HIGH);
}

const GenAugmentation gen_augmentation_sound_telephone = {
  .medium = &gen_medium_sound,
  .name = "telephone",
  .stream = "sound-telephone",
  .description = "How many of the windows are heard through a telephone (300 to "
                 "3400 Hz, mu-law of G.711), as a fraction",
  .maximum = 1,
  .apply_sound = telephone,
};
