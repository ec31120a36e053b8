/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums over a sound and what it should be, of all channels, that ratios of them are made of. */
#pragma once

#include "metrics.h"

typedef struct {
  double sound, reference, product; /* of squares, and of one by the other */
} GenSoundSums;

/* Of a window; added to `all` as well. */
GenSoundSums gen_sound_sums_note (
    GenSoundSums *all, const GenSample *frame, const GenSample *reference);
/* wanted / rest in decibels; GEN_MISSING where nothing is wanted, or the rest is what rounding
 * leaves of sums as great as `loudest`. */
double gen_sound_sums_ratio (double wanted, double rest, double loudest);

#define GEN_SOUND_SUMS_NO_RATIO "one of both is silent or no number, or they are equal"
