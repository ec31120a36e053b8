/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fade: in from silence and out to it, each of a length of its own, at the ends of what a crop has
 * left. The curve is half a period of a cosine (torchaudio's "half_sine"): of frame i of n it is
 * 1/2 - 1/2 cos (pi i / (n - 1)). */
#include <math.h>

#include "../../simd.h"
#include "sound.h"

#define CHUNK 256

/* The curve for frames from + i of a fade in, by the series of the sine about its middle, which is
 * true to 1e-9. Frames are counted in whole numbers, so that each is the same in any chunk. */
GEN_CLONES (void, curve, (gint32 from, gint32 by, double step, float *gains, int n),
    (from, by, step, gains, n))
{
  for (int i = 0; i < n; i++) {
    double x = ((double)(from + by * i) * step - 0.5) * G_PI, xx = x * x;
    double sine =
        x *
        (1 + xx * (-1 / 6.0 +
                      xx * (1 / 120.0 +
                               xx * (-1 / 5040.0 +
                                        xx * (1 / 362880.0 + xx * (-1 / 39916800.0 +
                                                                      xx * (1 / 6227020800.0)))))));
    double gain = 0.5 + 0.5 * sine;

    gains[i] = gain > 0 ? (float)gain : 0;
  }
}

/* A fade of frames `from` to `to` of the window, in or out, as far as there is any of them. */
static void
fade_frames (GenSound *part, gsize first, gsize from, gsize to, gboolean out)
{
  const gint32 last = (gint32)(to - from) - 1;
  const gsize end = MIN (to, first + part->frames);
  float gains[CHUNK];

  for (gsize at = MAX (from, first); at < end; at += CHUNK) {
    const int n = (int)MIN (CHUNK, end - at);
    const gint32 i = (gint32)(at - from);

    curve (out ? last - i : i, out ? -1 : 1, 1.0 / last, gains, n);
    gen_augment_sound_weigh (
        part->data + (at - first) * (gsize)part->channels, gains, part->channels, n);
  }
}

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  const gsize in = (gsize)step->values[0], out = (gsize)step->values[1];

  fade_frames (part, first, draw->begin, draw->begin + in, FALSE);
  fade_frames (part, first, draw->end - out, draw->end, TRUE);
}

/* Of one frame there is no curve. */
static double
length_of (const GenAugmentSoundDraw *draw, double share)
{
  const double length =
      MIN (rint (share * (double)draw->length), (double)(draw->end - draw->begin));

  return length > 1 ? length : 0;
}

static void
fade (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  const double in = length_of (draw, amount * uniform[0]);
  const double out = length_of (draw, amount * uniform[1]);
  GenAugmentSoundStep *step;

  if (in == 0 && out == 0)
    return;
  step = gen_augment_sound_add (draw, run);
  step->values[0] = in;
  step->values[1] = out;
}

const GenAugmentation gen_augmentation_sound_fade = {
  .medium = &gen_medium_sound,
  .name = "fade",
  .stream = "sound-fade",
  .description = "Largest length of the fade in and of the fade out, as a fraction of the window",
  .maximum = 1,
  .apply_sound = fade,
};
