/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sound-spectrum.h"

#include <math.h>
#include <string.h>

#include "../simd.h"
#include "sound-pattern.h"

#define SECONDS 0.0427
/* 12 dB above full scale: what is louder is a fault, whose energy would be all that a mean of the
 * loudness knows for a while. */
#define LOUDEST 4.0f

/* The power of two, or three times one, that comes nearest to SECONDS. */
static int
size_for (int rate)
{
  const double wanted = SECONDS * rate;
  int best = 64;

  for (int power = 32; power <= 1 << 20; power *= 2)
    for (int factor = 2; factor <= 3; factor++)
      if (fabs (log (factor * power / wanted)) < fabs (log (best / wanted)))
        best = factor * power;
  return best;
}

void
gen_sound_spectrum_init (GenSoundSpectrum *spectrum, int rate, int channels)
{
  const int n = size_for (rate);
  const gsize size = (gsize)n;

  *spectrum = (GenSoundSpectrum){ .rate = rate,
    .channels = channels,
    .pairs = (channels + 1) / 2,
    .n = n,
    .bins = n / 2 + 1,
    .window = g_new (float, size),
    .fourier = gen_fourier_new (size) };
  spectrum->scratch = g_new (double, gen_fourier_scratch_size (spectrum->fourier));
  spectrum->re = g_new (double, size *(gsize)spectrum->pairs);
  spectrum->im = g_new (double, size *(gsize)spectrum->pairs);
  spectrum->line = g_new (float, size *(gsize)channels);
  for (int i = 0; i < n; i++)
    spectrum->window[i] = (float)(0.5 - 0.5 * cos (2 * G_PI * i / n));
  gen_sound_spectrum_restart (spectrum);
}

void
gen_sound_spectrum_clear (GenSoundSpectrum *spectrum)
{
  gen_fourier_free (spectrum->fourier);
  g_free (spectrum->window);
  g_free (spectrum->scratch);
  g_free (spectrum->re);
  g_free (spectrum->im);
  g_free (spectrum->line);
  *spectrum = (GenSoundSpectrum){ 0 };
}

void
gen_sound_spectrum_restart (GenSoundSpectrum *spectrum)
{
  spectrum->heard = 0;
  spectrum->number = 0;
  memset (
      spectrum->line, 0, (gsize)spectrum->n * (gsize)spectrum->channels * sizeof *spectrum->line);
}

guint64
gen_sound_spectrum_middle (const GenSoundSpectrum *spectrum, guint64 number)
{
  return (2 * number + 1) * (guint64)spectrum->rate / (2 * GEN_SOUND_HOPS);
}

/* A sample as it is looked at; what goes on stays as it is. */
static float
bounded (float sample)
{
  return isfinite (sample) ? CLAMP (sample, -LOUDEST, LOUDEST) : 0;
}

/* The line's frames shift by `n`, and the last ones come from `samples`. */
static void
append (GenSoundSpectrum *spectrum, const float *samples, gsize n)
{
  const gsize channels = (gsize)spectrum->channels, kept = ((gsize)spectrum->n - n) * channels;
  float *line = spectrum->line;

  memmove (line, line + n * channels, kept * sizeof *line);
  for (gsize i = 0; i < n * channels; i++)
    line[kept + i] = samples != NULL ? bounded (samples[i]) : 0;
  spectrum->heard += n;
}

GEN_CLONES (void, lift,
    (const float *restrict line, const float *restrict window, gsize n, gsize step,
        double *restrict out),
    (line, window, n, step, out))
{
  for (gsize i = 0; i < n; i++)
    out[i] = (double)(line[i * step] * window[i]);
}

static void
transform (GenSoundSpectrum *spectrum)
{
  const gsize n = (gsize)spectrum->n, channels = (gsize)spectrum->channels;

  for (gsize pair = 0; pair < (gsize)spectrum->pairs; pair++) {
    double *re = spectrum->re + pair * n, *im = spectrum->im + pair * n;

    lift (spectrum->line + 2 * pair, spectrum->window, n, channels, re);
    if (2 * pair + 1 < channels)
      lift (spectrum->line + 2 * pair + 1, spectrum->window, n, channels, im);
    else
      memset (im, 0, n * sizeof *im);
    gen_fourier_run (spectrum->fourier, re, im, spectrum->scratch);
  }
}

gboolean
gen_sound_spectrum_hear (GenSoundSpectrum *spectrum, const float *samples, gsize n, gsize *taken)
{
  const guint64 due =
      gen_sound_spectrum_middle (spectrum, spectrum->number) + (guint64)(spectrum->n / 2);
  gsize left = (gsize)(due - spectrum->heard);

  *taken = MIN (left, n);
  for (gsize done = 0; done < *taken;) {
    const gsize some = MIN (*taken - done, (gsize)spectrum->n);

    append (spectrum, samples != NULL ? samples + done * (gsize)spectrum->channels : NULL, some);
    done += some;
  }
  if (n < left)
    return FALSE;
  spectrum->number++;
  transform (spectrum);
  return TRUE;
}

void
gen_sound_spectrum_powers (const GenSoundSpectrum *spectrum, float *powers, int count)
{
  const gsize n = (gsize)spectrum->n;
  /* The window's energy is 3/8 of n. */
  const double scale = 1 / (0.375 * (double)n * (double)n);

  memset (powers, 0, (gsize)count * sizeof *powers);
  for (gsize pair = 0; pair < (gsize)spectrum->pairs; pair++) {
    const double *re = spectrum->re + pair * n, *im = spectrum->im + pair * n;

    for (gsize k = 0; k < (gsize)count; k++) {
      const gsize mirrored = (n - k) % n;

      powers[k] += (float)(scale * (re[k] * re[k] + im[k] * im[k] + re[mirrored] * re[mirrored] +
                                       im[mirrored] * im[mirrored]));
    }
  }
}
