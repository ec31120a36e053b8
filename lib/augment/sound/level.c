/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How loud the samples of a window are, and what is mixed into it at a level of its own. */
#include <math.h>

#include "../../medium/sound-level.h"
#include "../../simd.h"
#include "sound.h"

#define STRANDS 16

/* In double, in strands whose order does not depend on the vector unit. */
GEN_CLONES (double, sum_of_squares, (const float *samples, gsize n), (samples, n))
{
  double strands[STRANDS] = { 0 }, sum = 0;
  gsize i = 0;

  for (; i + STRANDS <= n; i += STRANDS)
    for (int s = 0; s < STRANDS; s++)
      strands[s] += (double)samples[i + s] * samples[i + s];
  for (; i < n; i++)
    strands[i % STRANDS] += (double)samples[i] * samples[i];
  for (int s = 0; s < STRANDS; s++)
    sum += strands[s];
  return sum;
}

double
gen_augment_sound_level (const GenSound *sound)
{
  const gsize n = sound->frames * (gsize)sound->channels;

  return sqrt (sum_of_squares (sound->data, n) / (double)MAX (n, 1));
}

GEN_CLONES (float, greatest, (const float *samples, gsize n), (samples, n))
{
  float peak = 0;

  for (gsize i = 0; i < n; i++)
    peak = MAX (peak, fabsf (samples[i]));
  return peak;
}

double
gen_augment_sound_peak (const GenSound *sound)
{
  return (double)greatest (sound->data, sound->frames * (gsize)sound->channels);
}

GEN_CLONES (void, add, (float *samples, const float *others, float factor, gsize n),
    (samples, others, factor, n))
{
  for (gsize i = 0; i < n; i++)
    samples[i] += others[i] * factor;
}

void
gen_augment_sound_mix (GenSound *part, const GenSound *other, double level)
{
  const double factor = level * gen_augment_sound_level (part) / gen_augment_sound_level (other);

  if (isfinite (factor) && factor != 0)
    add (part->data, other->data, (float)factor, part->frames * (gsize)part->channels);
}

void
gen_augment_sound_bring (GenSound *part, double level)
{
  const double gain = level / gen_augment_sound_level (part);

  if (isfinite (gain))
    gen_sound_amplify (part, gain);
}
