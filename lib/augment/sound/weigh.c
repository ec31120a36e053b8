/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A gain for each frame, one for all of its channels. */
#include "../../simd.h"
#include "sound.h"

GEN_CLONES (void, weigh, (float *samples, const float *gains, int channels, int n),
    (samples, gains, channels, n))
{
  if (channels == 1) {
    for (int i = 0; i < n; i++)
      samples[i] *= gains[i];
    return;
  }
  for (int i = 0; i < n; i++)
    for (int c = 0; c < channels; c++)
      samples[i * channels + c] *= gains[i];
}

void
gen_augment_sound_weigh (float *samples, const float *gains, int channels, int n)
{
  weigh (samples, gains, channels, n);
}
