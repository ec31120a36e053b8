/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How strong a mark would be where: what is read where it would be stronger counts for more. */
#pragma once

#include "sound-mask.h"

typedef struct {
  GenSoundMask mask;
  double width;                   /* Hz, of a bin */
  float widths[GEN_SOUND_BANDS];  /* of bands, in bins */
  float weights[GEN_SOUND_BANDS]; /* of loudness */
  float *slot;                    /* powers of bins */
} GenSoundExpect;

/* For `bins` bins, `width` Hz apart. */
void gen_sound_expect_init (
    GenSoundExpect *expect, const GenSoundPattern *pattern, double width, int bins);
void gen_sound_expect_clear (GenSoundExpect *expect);
/* Of `n` hops, `bins` powers each, the amplitudes that a mark would have in slots that begin at
 * each of them, but the last GEN_SOUND_SLOT - 1. */
void gen_sound_expect_fill (GenSoundExpect *expect, const float *powers, const float *loudness,
    int bins, int n, float (*amplitudes)[GEN_SOUND_BANDS]);
