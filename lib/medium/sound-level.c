/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How loud sounds are, and how loud they are to be. */
#include <generative/sound.h>

#include <ebur128.h>
#include <float.h>
#include <math.h>

#include "../simd.h"
#include "sound-level.h"

#define TARGET -23.0  /* LUFS, as EBU R 128 asks for */
#define SILENCE -70.0 /* LUFS: below it R 128 hears nothing */
#define BLOCK 0.4     /* seconds that a loudness is measured over, at least */

GEN_CLONES (float, find_peak, (const float *x, gsize n), (x, n))
{
  float peak = 0;

  for (gsize i = 0; i < n; i++)
    peak = MAX (peak, fabsf (x[i]));
  return peak;
}

GEN_CLONES (void, amplify, (float *x, gsize n, float gain), (x, n, gain))
{
  for (gsize i = 0; i < n; i++)
    x[i] *= gain;
}

double
gen_sound_loudness (const GenSound *sound)
{
  gboolean whole = (double)sound->frames < BLOCK * sound->rate;
  double loudness = -HUGE_VAL;
  ebur128_state *state;
  int code;

  if (sound->rate < GEN_LOUDNESS_LEAST_RATE)
    return loudness;
  state = ebur128_init ((unsigned)sound->channels, (unsigned long)sound->rate,
      whole ? EBUR128_MODE_S : EBUR128_MODE_I);
  if (state == NULL)
    return loudness;
  code = ebur128_add_frames_float (state, sound->data, sound->frames);
  if (code == EBUR128_SUCCESS && whole)
    code = ebur128_loudness_window (
        state, 1 + (unsigned long)(sound->frames * 1000 / (gsize)sound->rate), &loudness);
  else if (code == EBUR128_SUCCESS)
    code = ebur128_loudness_global (state, &loudness);
  ebur128_destroy (&state);
  return code == EBUR128_SUCCESS ? loudness : -HUGE_VAL;
}

void
gen_sound_amplify (GenSound *sound, double gain)
{
  amplify (sound->data, sound->frames * (gsize)sound->channels, (float)gain);
}

void
gen_sound_normalize (GenSound *sound, GenNormalize normalize)
{
  gsize n = sound->frames * (gsize)sound->channels;
  float peak = find_peak (sound->data, n);
  double gain = 1 / (double)peak;

  if (normalize == GEN_NORMALIZE_NONE || !(peak >= FLT_MIN && peak <= FLT_MAX))
    return;
  if (normalize == GEN_NORMALIZE_LOUDNESS) {
    double loudness = gen_sound_loudness (sound);

    if (!(loudness >= SILENCE))
      return;
    gain = MIN (gain, pow (10, (TARGET - loudness) / 20));
  }
  amplify (sound->data, n, (float)gain);
}
