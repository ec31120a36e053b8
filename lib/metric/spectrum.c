/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spectrum.h"

#include <math.h>

#include "../ops/signal/fourier.h"

struct _GenSpectrum {
  GenFourier *fourier;
  double *scratch;
  double window[GEN_SPECTRUM_SIZE];
  double re[GEN_SPECTRUM_SIZE], im[GEN_SPECTRUM_SIZE];
};

GenSpectrum *
gen_spectrum_new (void)
{
  GenSpectrum *spectrum = g_new0 (GenSpectrum, 1);

  spectrum->fourier = gen_fourier_new (GEN_SPECTRUM_SIZE);
  spectrum->scratch = g_new (double, gen_fourier_scratch_size (spectrum->fourier));
  for (int i = 0; i < GEN_SPECTRUM_SIZE; i++)
    spectrum->window[i] = 0.5 - 0.5 * cos (2 * G_PI * i / GEN_SPECTRUM_SIZE);
  return spectrum;
}

void
gen_spectrum_free (GenSpectrum *spectrum)
{
  gen_fourier_free (spectrum->fourier);
  g_free (spectrum->scratch);
  g_free (spectrum);
}

gsize
gen_spectrum_count (const GenSound *sound)
{
  return sound->frames > GEN_SPECTRUM_SIZE
             ? (sound->frames - GEN_SPECTRUM_SIZE) / GEN_SPECTRUM_HOP + 1
             : 1;
}

static double
mean_of (const GenSound *sound, gsize frame)
{
  const gsize channels = (gsize)sound->channels;
  double sum = 0;

  for (gsize c = 0; c < channels; c++)
    sum += sound->data[frame * channels + c];
  return sum / (double)channels;
}

const double *
gen_spectrum_power (GenSpectrum *spectrum, const GenSound *sound, gsize i)
{
  const gsize first = i * GEN_SPECTRUM_HOP;
  gboolean heard = FALSE;

  for (gsize k = 0; k < GEN_SPECTRUM_SIZE; k++) {
    spectrum->re[k] =
        first + k < sound->frames ? mean_of (sound, first + k) * spectrum->window[k] : 0;
    spectrum->im[k] = 0;
  }
  gen_fourier_run (spectrum->fourier, spectrum->re, spectrum->im, spectrum->scratch);
  for (gsize k = 0; k < GEN_SPECTRUM_BINS; k++) {
    spectrum->re[k] = spectrum->re[k] * spectrum->re[k] + spectrum->im[k] * spectrum->im[k];
    heard |= spectrum->re[k] > GEN_SPECTRUM_FLOOR;
  }
  return heard ? spectrum->re : NULL;
}

gpointer
gen_spectrum_open (const GenMetricSettings *settings)
{
  return gen_spectrum_new ();
}

void
gen_spectrum_close (gpointer spectrum)
{
  gen_spectrum_free (spectrum);
}

double
gen_spectrum_mean (
    GenSpectrum *spectrum, const GenSound *sound, double (*figure) (const double *power))
{
  const gsize n = gen_spectrum_count (sound);
  double sum = 0;
  gsize heard = 0;

  for (gsize i = 0; i < n; i++) {
    const double *power = gen_spectrum_power (spectrum, sound, i);

    if (power == NULL)
      continue;
    sum += figure (power);
    heard++;
  }
  return heard > 0 ? sum / (double)heard : GEN_MISSING;
}
