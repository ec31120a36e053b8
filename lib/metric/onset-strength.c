/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "onset-strength.h"

#include <generative/mel.h>

#include <math.h>
#include <string.h>

#define BANDS 40
#define LOWEST 30.0
#define HIGHEST 16000.0
#define WINDOWS_A_SECOND 25
#define HOPS_A_SECOND 100
/* -80 decibels: what is below that is silence. */
#define FLOOR 1e-8
#define DECIBEL (10 / G_LN10)

struct _GenOnsetStrength {
  GenMel *mel; /* NULL where the rate is too low for any band */
  int rate;
  int window, hop, bands;
  gint64 center;  /* of the window */
  float silence;  /* what `mel` says of it */
  float *samples; /* of a window, the mean of channels */
  int missing;    /* frames that complete the hop */
  float now[BANDS], before[BANDS];
};

int
gen_onset_strength_hop (int rate)
{
  return MAX (rate / HOPS_A_SECOND, 1);
}

GenOnsetStrength *
gen_onset_strength_new (void)
{
  return g_new0 (GenOnsetStrength, 1);
}

void
gen_onset_strength_free (GenOnsetStrength *strength)
{
  if (strength == NULL)
    return;
  gen_mel_free (strength->mel);
  g_free (strength->samples);
  g_free (strength);
}

void
gen_onset_strength_interrupt (GenOnsetStrength *strength)
{
  if (strength->mel == NULL)
    return;
  memset (strength->samples, 0, (gsize)strength->window * sizeof *strength->samples);
  strength->missing = strength->hop;
  for (int b = 0; b < strength->bands; b++)
    strength->before[b] = strength->silence;
}

/* Where band `i` begins; it has its peak at the next one's, and ends at that of the one behind. */
static double
edge (int i)
{
  const double low = log1p (LOWEST / 700), high = log1p (HIGHEST / 700);

  return 700 * expm1 (low + (high - low) * i / (BANDS + 1));
}

/* Whatever the rate, a band is the same frequencies, and full scale the same number. */
static void
prepare (GenOnsetStrength *strength, int rate)
{
  GenMelSettings settings = { .rate = rate,
    .window = MAX (rate / WINDOWS_A_SECOND, 2),
    .hop = gen_onset_strength_hop (rate),
    .lowest = LOWEST,
    .scale = GEN_MEL_HTK };
  int bands = 0;

  g_clear_pointer (&strength->mel, gen_mel_free);
  g_clear_pointer (&strength->samples, g_free);
  strength->rate = rate;
  while (bands < BANDS && edge (bands + 2) <= rate / 2.0)
    bands++;
  if (bands == 0)
    return;
  settings.transform = 1 << g_bit_storage ((gulong)settings.window - 1);
  settings.bands = bands;
  settings.highest = edge (bands + 1);
  /* Parseval: half the spectrum, under a window whose mean square is 3/8. */
  settings.floor = FLOOR * settings.transform * (settings.window * 3 / 8.0) / 2;
  strength->mel = gen_mel_new (&settings, NULL);
  strength->window = settings.window;
  strength->hop = settings.hop;
  strength->bands = bands;
  strength->center = settings.transform / 2 - (settings.transform - settings.window) / 2;
  strength->silence = (float)log (settings.floor);
  strength->samples = g_new (float, settings.window);
  gen_onset_strength_interrupt (strength);
}

/* The hop is whole: by how much bands have risen since the one before. */
static float
end_hop (GenOnsetStrength *strength)
{
  double sum = 0;

  gen_mel_run_at (strength->mel, strength->samples, (gsize)strength->window, &strength->center, 1,
      strength->now);
  for (int b = 0; b < strength->bands; b++)
    sum += (double)MAX (strength->now[b] - strength->before[b], 0);
  memcpy (strength->before, strength->now, sizeof strength->now);
  memmove (strength->samples, strength->samples + strength->hop,
      (gsize)(strength->window - strength->hop) * sizeof *strength->samples);
  strength->missing = strength->hop;
  return (float)(DECIBEL * sum / strength->bands);
}

static float
mean_of (const GenSound *sound, gsize frame)
{
  const gsize channels = (gsize)sound->channels;
  float sum = 0;

  for (gsize c = 0; c < channels; c++)
    sum += sound->data[frame * channels + c];
  return sum / (float)channels;
}

gboolean
gen_onset_strength_take (GenOnsetStrength *strength, const GenSound *sound, GArray *hops)
{
  if (strength->rate != sound->rate)
    prepare (strength, sound->rate);
  if (strength->mel == NULL)
    return FALSE;
  for (gsize i = 0; i < sound->frames; i++) {
    strength->samples[strength->window - strength->missing] = mean_of (sound, i);
    if (--strength->missing == 0) {
      const float flux = end_hop (strength);

      g_array_append_val (hops, flux);
    }
  }
  return TRUE;
}
