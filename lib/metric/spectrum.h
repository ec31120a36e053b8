/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/metric.h>

/**
 * The spectra of a window of sound: the mean of its channels in pieces of GEN_SPECTRUM_SIZE frames,
 * one every GEN_SPECTRUM_HOP, each under a periodic Hann window. A sound shorter than a piece has
 * one, with silence behind it. They are those of librosa.stft (…, n_fft=2048, hop_length=512,
 * center=False).
 */
#define GEN_SPECTRUM_SIZE 2048
#define GEN_SPECTRUM_HOP 512
#define GEN_SPECTRUM_BINS (GEN_SPECTRUM_SIZE / 2 + 1)
/* Power below which nothing is told apart, as librosa's spectral_flatness has it. */
#define GEN_SPECTRUM_FLOOR 1e-10

typedef struct _GenSpectrum GenSpectrum;

GenSpectrum *gen_spectrum_new (void);
void gen_spectrum_free (GenSpectrum *spectrum);

/* How many pieces `sound` has: one at least. */
gsize gen_spectrum_count (const GenSound *sound);
/* The squared magnitudes of piece `i`, GEN_SPECTRUM_BINS numbers, which hold until the next call.
 * NULL where none is above the floor. */
const double *gen_spectrum_power (GenSpectrum *spectrum, const GenSound *sound, gsize i);

/* What metrics of spectra have in common: their state is a GenSpectrum, which these open and close,
 */
gpointer gen_spectrum_open (const GenMetricSettings *settings);
void gen_spectrum_close (gpointer spectrum);
/* and their figure the mean of what `figure` says of each piece that is not silent. GEN_MISSING
 * where all are. */
double gen_spectrum_mean (
    GenSpectrum *spectrum, const GenSound *sound, double (*figure) (const double *power));
