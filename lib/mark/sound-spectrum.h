/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Spectra of a sound, a hundred a second, under a window of about 43 ms (Hann's), which marks are
 * made and read by. Two channels share a complex transform: of such a spectrum Z the powers of both
 * add up to (|Z[k]|^2 + |Z[n - k]|^2) / 2, and gains that are real and the same at k and at n - k
 * apply to both. */
#pragma once

#include <glib.h>

#include "../ops/signal/fourier.h"
#include "../private-api.h"

typedef struct {
  int rate, channels, pairs;
  int n;    /* of a transform */
  int bins; /* n / 2 + 1 */
  float *window;
  GenFourier *fourier;
  double *scratch;
  double *re, *im; /* of each pair: n */

  float *line;    /* the last n frames, interleaved; silence before the first */
  guint64 heard;  /* frames */
  guint64 number; /* of the spectrum that comes next */
} GenSoundSpectrum;

GEN_PRIVATE_API void gen_sound_spectrum_init (GenSoundSpectrum *spectrum, int rate, int channels);
GEN_PRIVATE_API void gen_sound_spectrum_clear (GenSoundSpectrum *spectrum);
/* Begin anew. */
void gen_sound_spectrum_restart (GenSoundSpectrum *spectrum);
/* The sample (frame) in the middle of spectrum `number`. */
guint64 gen_sound_spectrum_middle (const GenSoundSpectrum *spectrum, guint64 number);
/* Take of `n` frames as many as lead to the next spectrum; NULL is silence. TRUE where that is
 * there, in `re` and `im`; `taken` becomes how many. */
GEN_PRIVATE_API gboolean gen_sound_spectrum_hear (
    GenSoundSpectrum *spectrum, const float *samples, gsize n, gsize *taken);
/* The powers of all channels together of bins 0 to `count` - 1; a full sine of one channel has 1/2
 * in all. */
GEN_PRIVATE_API void gen_sound_spectrum_powers (
    const GenSoundSpectrum *spectrum, float *powers, int count);
