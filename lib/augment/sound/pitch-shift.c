/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pitch shift: higher or lower at the same tempo. The sound is stretched by the ratio, and played
 * so much faster: between its samples is a windowed sine over x, from a table of 512 places between
 * two of them, of which what lies between is linear. What would be above half of the rate is left
 * out. */
#include <math.h>

#include "../../simd.h"
#include "sound.h"
#include "stretch.h"

#define PLACES 512
#define STRANDS 16
#define CROSSINGS 16 /* zeros of the sine to either side */

typedef struct {
  double ratio;
  gsize half; /* samples to either side */
  float *table;
} Resampler;

static void
resampler_init (Resampler *self, double ratio)
{
  const double cut = MIN (1, 1 / ratio) * 0.97;

  self->ratio = ratio;
  /* Whole strands. */
  self->half = ((gsize)ceil (CROSSINGS / cut) + STRANDS / 2 - 1) / (STRANDS / 2) * (STRANDS / 2);
  self->table = g_new (float, (PLACES + 1) * 2 * self->half);
  for (gsize p = 0; p <= PLACES; p++)
    for (gsize k = 0; k < 2 * self->half; k++) {
      /* From the place to the sample. */
      const double x = (double)k - (double)(self->half - 1) - (double)p / PLACES;
      const double angle = G_PI * cut * x, share = x / (double)self->half;
      const double window = fabs (share) < 1 ? 0.5 + 0.5 * cos (G_PI * share) : 0;

      self->table[p * 2 * self->half + k] =
          (float)(window * (x == 0 ? cut : sin (angle) / (G_PI * x)));
    }
}

/* A sum of products with the row of weights that lies `between` two. */
GEN_CLONES (float, weigh,
    (const float *near, const float *next, float between, const float *in, gsize n),
    (near, next, between, in, n))
{
  float strands[STRANDS] = { 0 }, sum = 0;

  for (gsize k = 0; k < n; k += STRANDS)
    for (int s = 0; s < STRANDS; s++)
      strands[s] += (near[k + s] + between * (next[k + s] - near[k + s])) * in[k + s];
  for (int s = 0; s < STRANDS; s++)
    sum += strands[s];
  return sum;
}

/* A channel of what is `ratio` times as fast, of samples with `half` before the first. */
static void
resample (const Resampler *self, const float *in, float *out, gsize stride, gsize frames)
{
  const gsize taps = 2 * self->half;

  for (gsize t = 0; t < frames; t++) {
    const double at = (double)t * self->ratio, whole = floor (at), place = (at - whole) * PLACES;
    const gsize p = MIN ((gsize)place, PLACES - 1);

    out[t * stride] = weigh (self->table + p * taps, self->table + (p + 1) * taps,
        (float)(place - (double)p), in + (gsize)whole + 1, taps);
  }
}

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  const double ratio = step->values[0];
  g_auto (GenSound) from = { 0 };
  g_autofree float *channel = NULL;
  GenSound stretched;
  Resampler resampler;

  resampler_init (&resampler, ratio);
  gen_sound_init (&from, part->rate, part->channels,
      (gsize)ceil ((double)part->frames * ratio) + 2 * resampler.half + 1);
  stretched = from;
  stretched.data += resampler.half * (gsize)part->channels;
  stretched.frames -= resampler.half;
  gen_augment_stretch (part, 1 / ratio, &stretched);
  channel = g_new (float, from.frames);
  for (gsize c = 0; c < (gsize)part->channels; c++) {
    for (gsize t = 0; t < from.frames; t++)
      channel[t] = from.data[t * (gsize)part->channels + c];
    resample (&resampler, channel, part->data + c, (gsize)part->channels, part->frames);
  }
  g_free (resampler.table);
}

static void
pitch_shift (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  gen_augment_sound_add (draw, run)->values[0] =
      exp2 (amount * gen_augment_signed (uniform[0]) / 12);
}

const GenAugmentation gen_augmentation_sound_pitch_shift = {
  .medium = &gen_medium_sound,
  .name = "pitch-shift",
  .stream = "sound-pitch-shift",
  .description = "Largest change of pitch at the same tempo, up or down, in semitones",
  .maximum = 24,
  .apply_sound = pitch_shift,
};
