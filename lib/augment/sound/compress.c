/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Compress: what is louder than a threshold is made less loud, by a ratio of decibels. The level
 * follows the greatest of the channels' samples, up within the attack and down within the release
 * (one pole each), so that all channels get one gain. The threshold is 6 to 30 dB below the
 * window's peak, the ratio from 1 up to the amount, the attack 1 to 30 ms, evenly in proportions,
 * and the release 10 times that. */
#include <math.h>

#include "../../ops/elementwise/mathematics.h"
#include "../../simd.h"
#include "sound.h"

#define CHUNK 512
#define LEAST 6.0 /* dB below the peak */
#define MOST 30.0
#define FASTEST 0.001 /* seconds */
#define SLOWEST 0.03
#define RELEASE 10.0 /* attacks */

/* What is left of a level's distance after a frame. */
static double
keeps (double seconds, int rate)
{
  return exp (-1 / (seconds * rate));
}

typedef struct {
  double attack, release, level;
} Follower;

static void
follow (Follower *follower, const float *samples, int channels, float *levels, int n)
{
  double level = follower->level;

  for (int i = 0; i < n; i++, samples += channels) {
    float peak = fabsf (samples[0]);

    for (int c = 1; c < channels; c++)
      peak = MAX (peak, fabsf (samples[c]));
    level = peak + (peak > level ? follower->attack : follower->release) * (level - peak);
    levels[i] = (float)level;
  }
  follower->level = level;
}

/* Of levels the gains, (level / threshold) ^ -slope above the threshold. */
GEN_CLONES (void, find_gains, (float *levels, float threshold, float slope, int n),
    (levels, threshold, slope, n))
{
  for (int i = 0; i < n; i++) {
    const float above = levels[i] > threshold ? levels[i] / threshold : 1;

    levels[i] = gen_exp (-slope * gen_log (above));
  }
}

static void
run (const GenAugmentSoundDraw *draw, const GenAugmentSoundStep *step, GenSound *part, gsize first)
{
  const double threshold = step->values[0] * gen_augment_sound_peak (part);
  const double attack = step->values[2];
  Follower follower = { keeps (attack, part->rate), keeps (attack * RELEASE, part->rate), 0 };
  float levels[CHUNK];

  if (!(threshold > 0) || !isfinite (threshold))
    return;
  for (gsize at = 0; at < part->frames; at += CHUNK) {
    const int n = (int)MIN (CHUNK, part->frames - at);
    float *samples = part->data + at * (gsize)part->channels;

    follow (&follower, samples, part->channels, levels, n);
    find_gains (levels, (float)threshold, (float)step->values[1], n);
    gen_augment_sound_weigh (samples, levels, part->channels, n);
  }
}

static void
compress (GenAugmentSoundDraw *draw, double amount, const float uniform[3])
{
  double *values;

  if (amount <= 1)
    return;
  values = gen_augment_sound_add (draw, run)->values;
  values[0] = pow (10, -(LEAST + (MOST - LEAST) * uniform[1]) / 20);
  values[1] = 1 - pow (amount, -uniform[0]);
  values[2] = gen_augment_evenly (FASTEST, SLOWEST, uniform[2]);
}

const GenAugmentation gen_augmentation_sound_compress = {
  .medium = &gen_medium_sound,
  .name = "compress",
  .stream = "sound-compress",
  .description = "Largest ratio of a compressor: so many decibels above its "
                 "threshold become one (0 and 1: none)",
  .maximum = 100,
  .apply_sound = compress,
};
