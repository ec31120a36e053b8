/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the spectra of a window to symbols: the values of squares wherever they could begin, how
 * fast the pattern goes and when it begins, by its pilots, and what its symbols are. */
#pragma once

#include "sound-pattern.h"

#define GEN_SOUND_WINDOW (2 * GEN_SOUND_PERIOD)  /* hops: what is read together as a rule */
#define GEN_SOUND_LONGEST (7 * GEN_SOUND_PERIOD) /* and at most */

/* How the pattern lies in a window. */
typedef struct {
  double speed; /* how much faster it goes than it was made */
  double begin; /* hops from the window's beginning to that of a pattern, less than a period */
  double peak;  /* how far its pilots stand out there, in deviations of noise */
} GenSoundLie;

typedef struct _GenSoundFold GenSoundFold;

/* For spectra of a sound of `rate` frames a second. */
GEN_PRIVATE_API GenSoundFold *gen_sound_fold_new (
    const GenSoundPattern *pattern, int rate, int size, int bins);
GEN_PRIVATE_API void gen_sound_fold_free (GenSoundFold *fold);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenSoundFold, gen_sound_fold_free)
/* Bins that are looked at, the first ones of a spectrum. */
GEN_PRIVATE_API int gen_sound_fold_bins (const GenSoundFold *fold);

/* The window: `n` hops, of each of which there are the powers of these bins, and its loudness. Both
 * must stay. */
GEN_PRIVATE_API void gen_sound_fold_set (
    GenSoundFold *fold, const float *powers, const float *loudness, int n);
/* Where the pattern may lie: `most` lies at most, the likeliest first. */
GEN_PRIVATE_API int gen_sound_fold_search (GenSoundFold *fold, GenSoundLie *lies, int most);
/* The lie near `lie` at which pilots stand out most. */
GEN_PRIVATE_API void gen_sound_fold_refine (GenSoundFold *fold, GenSoundLie *lie);
/* How far pilots stand out where the pattern lies so. */
GEN_PRIVATE_API double gen_sound_fold_peak (GenSoundFold *fold, const GenSoundLie *lie);
/* Symbols as gen_mark_decode takes them. */
GEN_PRIVATE_API void gen_sound_fold_read (
    GenSoundFold *fold, const GenSoundLie *lie, float symbols[GEN_MARK_SYMBOLS]);
/* From which hop to which what lies so says `symbols`. */
GEN_PRIVATE_API void gen_sound_fold_extent (GenSoundFold *fold, const GenSoundLie *lie,
    const gint8 symbols[GEN_MARK_SYMBOLS], double *begin, double *end);
