/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/sound.h>

/* Hertz: of less, half the rate is below the 1682 Hz from which on K-weighting (ITU-R BS.1770-4)
 * raises what is heard, and its filter is not stable. */
#define GEN_LOUDNESS_LEAST_RATE 3364

/* The integrated loudness by EBU R 128, of what is shorter than its 400 ms that of the whole, in
 * LUFS; -HUGE_VAL of what nobody can measure. */
double gen_sound_loudness (const GenSound *sound);

/* All samples times `gain`. */
void gen_sound_amplify (GenSound *sound, double gain);
