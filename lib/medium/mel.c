/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mel spectra. Two windows go through one complex transform, as its real and its imaginary part; a
 * band is a sum over the few bins under its triangle. */
#include <generative/mel.h>

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "../ops/signal/fourier.h"
#include "../simd.h"

#define MAX_WINDOW (1 << 20)
#define MAX_BANDS (1 << 12)

typedef struct {
  int first, count; /* bins of the spectrum */
  gsize weights;    /* where its weights begin */
} Band;

struct _GenMel {
  GenMelSettings settings;
  GenFourier *fourier;
  double *window;
  Band *bands;
  float *weights;
  /* of one run */
  double *re, *im, *scratch;
  float *power[2];
};

static double
to_mel (GenMelScale scale, double hertz)
{
  if (scale == GEN_MEL_HTK)
    return 2595 * log10 (1 + hertz / 700);
  return hertz < 1000 ? hertz * 3 / 200 : 15 + log (hertz / 1000) * 27 / log (6.4);
}

static double
to_hertz (GenMelScale scale, double mel)
{
  if (scale == GEN_MEL_HTK)
    return 700 * (pow (10, mel / 2595) - 1);
  return mel < 15 ? mel * 200 / 3 : 1000 * exp ((mel - 15) * log (6.4) / 27);
}

static gboolean
check (const GenMelSettings *s, GError **error)
{
  const char *what = NULL;

  if (s->rate < 1)
    what = "a rate of less than 1";
  else if (s->window < 2 || s->transform < s->window || s->transform > MAX_WINDOW)
    what = "its window is shorter than 2 frames or longer than its transform or than 2^20";
  else if (s->hop < 1)
    what = "a hop of less than a frame";
  else if (s->bands < 1 || s->bands > MAX_BANDS)
    what = "its bands are not 1 to 4096";
  else if (!(s->lowest >= 0 && s->lowest < s->highest && s->highest <= s->rate / 2.0))
    what = "its frequencies are not from 0 to half the rate, the lowest first";
  else if (!(s->floor > 0 && s->floor < HUGE_VAL))
    what = "a floor that is not above 0, or infinite";
  if (what == NULL)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "mel spectrum: %s", what);
  return FALSE;
}

/* The triangles, each from the peak of the one before it to that of the next. */
static void
make_bands (GenMel *mel)
{
  const GenMelSettings *s = &mel->settings;
  double low = to_mel (s->scale, s->lowest), high = to_mel (s->scale, s->highest);
  int n_bins = s->transform / 2 + 1;
  g_autoptr (GArray) weights = g_array_new (FALSE, FALSE, sizeof (float));

  mel->bands = g_new0 (Band, s->bands);
  for (int b = 0; b < s->bands; b++) {
    Band *band = &mel->bands[b];
    double edges[3];

    for (int e = 0; e < 3; e++)
      edges[e] = to_hertz (s->scale, low + (high - low) * (b + e) / (s->bands + 1));
    band->weights = weights->len;
    for (int bin = 0; bin < n_bins; bin++) {
      double hertz = (double)bin * s->rate / s->transform;
      double weight = MIN (
          (hertz - edges[0]) / (edges[1] - edges[0]), (edges[2] - hertz) / (edges[2] - edges[1]));
      float value = (float)(s->normalize ? weight * 2 / (edges[2] - edges[0]) : weight);

      if (weight <= 0)
        continue;
      if (band->count++ == 0)
        band->first = bin;
      g_array_append_val (weights, value);
    }
  }
  mel->weights = (float *)(void *)g_array_free (g_steal_pointer (&weights), FALSE);
}

GenMel *
gen_mel_new (const GenMelSettings *settings, GError **error)
{
  GenMelSettings s = *settings;
  GenMel *mel;

  s.transform = s.transform > 0 ? s.transform : s.window;
  s.highest = s.highest != 0 ? s.highest : s.rate / 2.0;
  if (!check (&s, error))
    return NULL;
  mel = g_new0 (GenMel, 1);
  mel->settings = s;
  mel->fourier = gen_fourier_new ((gsize)s.transform);
  mel->window = g_new (double, s.window);
  for (int i = 0; i < s.window; i++)
    mel->window[i] = 0.5 - 0.5 * cos (2 * G_PI * i / s.window);
  mel->re = g_new (double, s.transform);
  mel->im = g_new (double, s.transform);
  mel->scratch = g_new (double, gen_fourier_scratch_size (mel->fourier));
  for (int i = 0; i < 2; i++)
    mel->power[i] = g_new (float, s.transform / 2 + 1);
  make_bands (mel);
  return mel;
}

void
gen_mel_free (GenMel *mel)
{
  if (mel == NULL)
    return;
  gen_fourier_free (mel->fourier);
  g_free (mel->window);
  g_free (mel->bands);
  g_free (mel->weights);
  g_free (mel->re);
  g_free (mel->im);
  g_free (mel->scratch);
  for (int i = 0; i < 2; i++)
    g_free (mel->power[i]);
  g_free (mel);
}

gsize
gen_mel_count (const GenMel *mel, gsize frames)
{
  return 1 + frames / (gsize)mel->settings.hop;
}

/* The samples around `center` under the window, in the middle of the transform. */
static void
lay_window (const GenMel *mel, const float *samples, gsize frames, gint64 center, double *out)
{
  const GenMelSettings *s = &mel->settings;
  int left = (s->transform - s->window) / 2;
  gint64 start = center - s->transform / 2 + left;
  int from = (int)CLAMP (-start, 0, s->window);
  int to = (int)CLAMP ((gint64)frames - start, from, s->window);

  memset (out, 0, (gsize)(left + from) * sizeof *out);
  for (int i = from; i < to; i++)
    out[left + i] = samples[start + i] * mel->window[i];
  memset (out + left + to, 0, (gsize)(s->transform - left - to) * sizeof *out);
}

/* The spectrum of a real part is what is even of the transform, that of an imaginary one what is
 * odd. */
GEN_CLONES (void, take_power, (const double *re, const double *im, int n, float *a, float *b),
    (re, im, n, a, b))
{
  a[0] = (float)(re[0] * re[0]);
  b[0] = (float)(im[0] * im[0]);
  for (int k = 1; k <= n / 2; k++) {
    const double er = re[k] + re[n - k], ei = im[k] - im[n - k];
    const double or = im[k] + im[n - k], oi = re[n - k] - re[k];

    a[k] = (float)((er * er + ei * ei) / 4);
    b[k] = (float)((or * or +oi * oi) / 4);
  }
}

static void
gather_bands (const GenMel *mel, const float *power, float *spectrum)
{
  const GenMelSettings *s = &mel->settings;

  for (int b = 0; b < s->bands; b++) {
    const Band *band = &mel->bands[b];
    const float *weights = mel->weights + band->weights;
    double sum = 0;

    for (int i = 0; i < band->count; i++)
      sum += (double)weights[i] * power[band->first + i];
    spectrum[b] = (float)log (MAX (sum, s->floor));
  }
}

/* Two windows, of which the second may be none. */
static void
run_pair (const GenMel *mel, const float *samples, gsize frames, gint64 first, const gint64 *second,
    float *spectra)
{
  lay_window (mel, samples, frames, first, mel->re);
  if (second != NULL)
    lay_window (mel, samples, frames, *second, mel->im);
  else
    memset (mel->im, 0, (gsize)mel->settings.transform * sizeof *mel->im);
  gen_fourier_run (mel->fourier, mel->re, mel->im, mel->scratch);
  take_power (mel->re, mel->im, mel->settings.transform, mel->power[0], mel->power[1]);
  gather_bands (mel, mel->power[0], spectra);
  if (second != NULL)
    gather_bands (mel, mel->power[1], spectra + mel->settings.bands);
}

void
gen_mel_run_at (const GenMel *mel, const float *samples, gsize frames, const gint64 *centers,
    gsize n, float *spectra)
{
  for (gsize i = 0; i < n; i += 2)
    run_pair (mel, samples, frames, centers[i], i + 1 < n ? &centers[i + 1] : NULL,
        spectra + i * (gsize)mel->settings.bands);
}

void
gen_mel_run (const GenMel *mel, const float *samples, gsize frames, float *spectra)
{
  gsize n = gen_mel_count (mel, frames);

  for (gsize i = 0; i < n; i += 2) {
    gint64 first = (gint64)i * mel->settings.hop, second = first + mel->settings.hop;

    run_pair (mel, samples, frames, first, i + 1 < n ? &second : NULL,
        spectra + i * (gsize)mel->settings.bands);
  }
}
