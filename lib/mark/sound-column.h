/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How loud each band of a column of the pattern is to be made: squares that say what they are to
 * say by themselves are left alone, others are changed as far as is not heard, and what costs least
 * loudness comes first. */
#pragma once

#include "sound-mask.h"

typedef struct {
  const GenSoundPattern *pattern;
  gint8 symbols[GEN_MARK_SYMBOLS];
  float values[GEN_SOUND_COLUMNS * GEN_SOUND_ROWS]; /* of squares, with their signs, once marked */
  float weights[GEN_SOUND_BANDS]; /* of loudness (ITU-R BS.1770's K), of energies of bands */
  double loudness;                /* mean energy of a slot lately, so weighed */
  double passed;                  /* what share of it has been seen at all: 0 to 1 */
} GenSoundColumn;

void gen_sound_column_init (
    GenSoundColumn *column, const GenSoundPattern *pattern, const gint8 symbols[GEN_MARK_SYMBOLS]);
/* Forget what has come. */
void gen_sound_column_restart (GenSoundColumn *column);
/* Amplitudes of `n` cells, shares of the sound's own, brought down to have the energy `most` at
 * most, weighed; what costs most first. */
void gen_sound_column_fit (const float *energies, float *amplitudes, int n, double most);
/* The energy, so weighed, that a mark may have in a slot of a sound whose mean is `loudness`. */
double gen_sound_column_budget (double loudness);
/* By how much K weighs power at a frequency. */
double gen_sound_column_weight (double frequency);
/* Gains less 1 of each band of both slots. `energies` and `shares` are as gen_sound_mask_look has
 * them, `loudness` the mean energy of the two slots, weighed. */
void gen_sound_column_decide (GenSoundColumn *column, guint number,
    const float energies[2][GEN_SOUND_BANDS], const float shares[2][GEN_SOUND_BANDS],
    double loudness, double strength, float gains[2][GEN_SOUND_BANDS]);
