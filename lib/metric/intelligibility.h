/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What STOI and ESTOI have in common (Taal, Hendriks, Heusdens and Jensen, "An algorithm for
 * intelligibility prediction of time-frequency weighted noisy speech", IEEE TASLP 2011): both
 * sounds at 10 kHz, pieces of 25.6 ms that overlap by half, of which those are left out in which
 * the reference is 40 dB below its loudest one; their spectra in 15 bands of a third of an octave
 * from 150 Hz on; and of these, segments of 30 pieces, one for each piece. */
#pragma once

#include "metrics.h"

#define GEN_INTELLIGIBILITY_BANDS 15
#define GEN_INTELLIGIBILITY_PIECES 30

typedef struct _GenIntelligibility GenIntelligibility;

/* A metric's open and close. */
gpointer gen_intelligibility_open (const GenMetricSettings *settings);
void gen_intelligibility_close (gpointer intelligibility);

/* A segment: a row of pieces each band, of the sound and of the reference. */
typedef double GenIntelligibilitySegment[GEN_INTELLIGIBILITY_BANDS][GEN_INTELLIGIBILITY_PIECES];

/* The mean of what `compare` says of each segment, which it may write over; GEN_MISSING where there
 * is not enough sound for one. */
double gen_intelligibility_mean (GenIntelligibility *intelligibility, const GenSound *sound,
    const GenSound *reference,
    double (*compare) (GenIntelligibilitySegment sound, GenIntelligibilitySegment reference));

#define GEN_INTELLIGIBILITY_TOO_SHORT                                                              \
  "it takes 0.42 seconds of sound in which the reference is not silent"
