/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Features "log-mel-64x2": how loud a sound is in each of 64 bands, and how much that varies in
 * time. The bands are those that VGGish hears by (Hershey et al. 2017), whose net the Frechet audio
 * distance takes its features from (Kilgour et al. 2019): windows of 25 ms every 10 ms, HTK's mel
 * scale from 125 to 7500 Hz. There is no net: of each band the mean and the standard deviation over
 * the sound, as music is told apart by in genre classification (Tzanetakis and Cook 2002), in
 * decibels of full scale. */
#include "features.h"

#include <generative/mel.h>

#include <math.h>
#include <string.h>

#define NAME "log-mel-64x2"
#define BANDS 64
#define LOWEST 125.0
#define HIGHEST 7500.0
/* -80 decibels: what is below that is silence. */
#define FLOOR 1e-8

typedef struct {
  GenMel *mel; /* NULL where a rate is too low for any band */
  int rate;
  int window, hop, bands; /* those below half the rate come first */
  double full_scale;      /* power of a band that is of numbers whose mean square is 1 */
  float *mono, *spectra;
  gint64 *centers;
  gsize n_frames, n_centers;
} LogMel;

static gpointer
log_mel_open (const char *path, const GenMedium *medium, char **name, GError **error)
{
  *name = g_strdup (NAME);
  return g_new0 (LogMel, 1);
}

static void
log_mel_close (gpointer state)
{
  LogMel *log_mel = state;

  gen_mel_free (log_mel->mel);
  g_free (log_mel->mono);
  g_free (log_mel->spectra);
  g_free (log_mel->centers);
  g_free (log_mel);
}

static int
log_mel_length (gpointer state, const GenFormat *format)
{
  return 2 * BANDS;
}

/* Where band `i` begins; it has its peak at the next one's, and ends at that of the one behind. */
static double
edge (int i)
{
  const double low = log1p (LOWEST / 700), high = log1p (HIGHEST / 700);

  return 700 * expm1 (low + (high - low) * i / (BANDS + 1));
}

/* Whatever the rate, a band is the same frequencies, and full scale the same number. */
static gboolean
prepare (LogMel *log_mel, int rate, GError **error)
{
  GenMelSettings settings = { .rate = rate,
    .window = MAX (rate / 40, 2),
    .hop = MAX (rate / 100, 1),
    .lowest = LOWEST,
    .scale = GEN_MEL_HTK };
  int bands = 0;

  if (rate == log_mel->rate)
    return TRUE;
  g_clear_pointer (&log_mel->mel, gen_mel_free);
  while (bands < BANDS && edge (bands + 2) <= rate / 2.0)
    bands++;
  settings.transform = 1 << g_bit_storage ((gulong)settings.window - 1);
  settings.bands = bands;
  settings.highest = edge (bands + 1);
  /* Parseval: half the spectrum, under a window whose mean square is 3/8. */
  log_mel->full_scale = settings.transform * (settings.window * 3 / 8.0) / 2;
  settings.floor = FLOOR * log_mel->full_scale;
  if (bands > 0 && (log_mel->mel = gen_mel_new (&settings, error)) == NULL)
    return FALSE;
  log_mel->rate = rate;
  log_mel->window = settings.window;
  log_mel->hop = settings.hop;
  log_mel->bands = bands;
  return TRUE;
}

static const float *
mix (LogMel *log_mel, const GenSound *sound)
{
  if (log_mel->n_frames < sound->frames) {
    g_free (log_mel->mono);
    log_mel->mono = g_new (float, sound->frames);
    log_mel->n_frames = sound->frames;
  }
  for (gsize i = 0; i < sound->frames; i++) {
    float sum = 0;

    for (int c = 0; c < sound->channels; c++)
      sum += sound->data[i * (gsize)sound->channels + (gsize)c];
    log_mel->mono[i] = sum / (float)sound->channels;
  }
  return log_mel->mono;
}

/* The spectra of the windows that lie within the sound: one at least. Returns how many. */
static gsize
run (LogMel *log_mel, const GenSound *sound)
{
  const gsize window = (gsize)log_mel->window;
  const gsize n = sound->frames > window ? (sound->frames - window) / (gsize)log_mel->hop + 1 : 1;

  if (log_mel->n_centers < n) {
    g_free (log_mel->centers);
    g_free (log_mel->spectra);
    log_mel->centers = g_new (gint64, n);
    log_mel->spectra = g_new (float, n *BANDS);
    log_mel->n_centers = n;
  }
  for (gsize i = 0; i < n; i++)
    log_mel->centers[i] =
        (gint64)(i * (gsize)log_mel->hop + MIN (window, MAX (sound->frames, 1)) / 2);
  gen_mel_run_at (
      log_mel->mel, mix (log_mel, sound), sound->frames, log_mel->centers, n, log_mel->spectra);
  return n;
}

static void
describe (LogMel *log_mel, const GenSound *sound, float *out)
{
  const double decibel = 10 / G_LN10, offset = log (log_mel->full_scale);
  const gsize n = log_mel->mel != NULL ? run (log_mel, sound) : 0;

  for (int b = 0; b < BANDS; b++) {
    double sum = 0, squares = 0, mean;

    out[b] = (float)(decibel * log (FLOOR));
    out[BANDS + b] = 0;
    if (b >= log_mel->bands)
      continue;
    for (gsize i = 0; i < n; i++)
      sum += log_mel->spectra[i * (gsize)log_mel->bands + (gsize)b];
    mean = sum / (double)n;
    for (gsize i = 0; i < n; i++) {
      const double distance = log_mel->spectra[i * (gsize)log_mel->bands + (gsize)b] - mean;

      squares += distance * distance;
    }
    out[b] = (float)(decibel * (mean - offset));
    out[BANDS + b] = (float)(decibel * sqrt (squares / (double)n));
  }
}

static gboolean
log_mel_compute (gpointer state, const GenSample *samples, int n, float *out, GError **error)
{
  for (int i = 0; i < n; i++) {
    if (!prepare (state, samples[i].sound.rate, error))
      return FALSE;
    describe (state, &samples[i].sound, out + (gsize)i * 2 * BANDS);
  }
  return TRUE;
}

const GenEmbedder gen_embedder_log_mel = {
  .name = NAME,
  .medium = &gen_medium_sound,
  .summary = "Mean and standard deviation of the level in 64 bands from 125 to 7500 Hz, those of "
             "VGGish (Hershey et al. 2017): hears timbre, loudness and how much changes, not in "
             "which order",
  .batch = 1,
  .open = log_mel_open,
  .close = log_mel_close,
  .length = log_mel_length,
  .compute = log_mel_compute,
};
