/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fingerprints of sounds: a spectrogram, small, is a picture. Bands and slices do not depend on the
 * rate, the level or the coding of a sound. */
#include "inspect-private.h"

#include <math.h>

#include "../../metric/spectrum.h"

#define SIZE GEN_FINGERPRINT_SIZE
#define LOWEST 60.0 /* Hertz */
#define HIGHEST 3600.0
/* How far below the loudest cell others are told apart, in powers of ten. */
#define DEPTH 6

/* Where band `i` begins, in the bins of a spectrum. */
static int
bin_of (int i, int rate)
{
  const double frequency = LOWEST * pow (HIGHEST / LOWEST, (double)i / SIZE);
  const int bin = (int)ceil (frequency * GEN_SPECTRUM_SIZE / rate);

  return MIN (bin, GEN_SPECTRUM_BINS);
}

/* The power of a band; one that is narrower than a bin has the power of that which it lies in. */
static double
band_power (const double *power, int i, int rate)
{
  const int begin = bin_of (i, rate), end = MAX (bin_of (i + 1, rate), begin + 1);
  double sum = 0;

  for (int k = begin; k < end && k < GEN_SPECTRUM_BINS; k++)
    sum += power[k];
  return sum / (end - begin);
}

void
gen_fingerprint_draw_sound (const GenSound *sound, float *picture)
{
  g_autofree double *cells = g_new0 (double, SIZE *SIZE);
  GenSpectrum *spectrum = gen_spectrum_new ();
  const gsize n = gen_spectrum_count (sound);
  double most = 0;

  for (gsize i = 0; i < n; i++) {
    const double *power = gen_spectrum_power (spectrum, sound, i);
    const gsize slice = i * SIZE / n;

    for (int band = 0; power != NULL && band < SIZE; band++)
      cells[(gsize)band * SIZE + slice] += band_power (power, band, sound->rate);
  }
  gen_spectrum_free (spectrum);
  /* Of a short sound a piece stands for several slices. */
  for (gsize slice = 1; n < SIZE && slice < SIZE; slice++)
    if (slice * n / SIZE == (slice - 1) * n / SIZE)
      for (gsize band = 0; band < SIZE; band++)
        cells[band * SIZE + slice] = cells[band * SIZE + slice - 1];
  for (int i = 0; i < SIZE * SIZE; i++)
    most = fmax (most, cells[i]);
  for (int i = 0; i < SIZE * SIZE; i++)
    picture[i] = (float)fmax (log10 (cells[i] / most), -DEPTH);
}
