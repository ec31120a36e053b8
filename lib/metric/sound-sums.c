/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sound-sums.h"

#include <math.h>

GenSoundSums
gen_sound_sums_note (GenSoundSums *all, const GenSample *frame, const GenSample *reference)
{
  const GenSound *sound = &frame->sound, *other = &reference->sound;
  GenSoundSums sums = { 0 };

  for (gsize i = 0; i < sound->frames * (gsize)sound->channels; i++) {
    sums.sound += (double)sound->data[i] * sound->data[i];
    sums.reference += (double)other->data[i] * other->data[i];
    sums.product += (double)sound->data[i] * other->data[i];
  }
  all->sound += sums.sound;
  all->reference += sums.reference;
  all->product += sums.product;
  return sums;
}

double
gen_sound_sums_ratio (double wanted, double rest, double loudest)
{
  if (wanted <= 0 || rest <= 1e-15 * loudest)
    return GEN_MISSING;
  return 10 * log10 (wanted / rest);
}
