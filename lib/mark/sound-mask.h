/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How strong a mark may be in each band of a slot before it is heard: what its sound masks. */
#pragma once

#include "sound-pattern.h"

#define GEN_SOUND_BARKS 25

typedef struct {
  int bins;        /* that are looked at: up to where the last Bark band ends */
  guint8 *bark_of; /* each bin's Bark band */
  guint8 *band_of; /* each bin's band of the pattern, or GEN_SOUND_BANDS */
  int barks;
  int count[GEN_SOUND_BARKS];                     /* bins */
  float spread[GEN_SOUND_BARKS][GEN_SOUND_BARKS]; /* [masked][masking] */
} GenSoundMask;

/* For spectra of `bins` bins, `width` Hz apart. */
void gen_sound_mask_init (
    GenSoundMask *mask, const GenSoundPattern *pattern, double width, int bins);
void gen_sound_mask_clear (GenSoundMask *mask);
/* Of a slot's powers, bin by bin: the energy of each band, and the largest amplitude, as a share of
 * the sound's own there, that is not heard. */
void gen_sound_mask_look (const GenSoundMask *mask, const float *powers,
    float energies[GEN_SOUND_BANDS], float shares[GEN_SOUND_BANDS]);
