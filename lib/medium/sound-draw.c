/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds to look at. */
#include "sound-draw.h"

#include <generative/mel.h>
#include <math.h>

#include "draw.h"

#define MARGIN 1
#define GAP 2
#define BANDS 80 /* a row each */
#define WINDOW 0.032
/* The loudest place is the brightest, and what is so much weaker is black (dB). */
#define RANGE 70.0f
/* A sound whose loudest place is weaker than this stays dark (dB below a sine of full scale). */
#define FAINTEST -60.0f
/* Spectra in a column of a long sound, of which the loudest show. */
#define MAX_SPECTRA 8
/* Channels that there is room for; more are left out. */
#define MAX_WAVES 2

static GenMel *
mel_for (const GenSound *sound, int *window)
{
  GenMelSettings settings = GEN_MEL_DEFAULTS;
  int transform = 16;

  *window = MAX ((int)(WINDOW * sound->rate), 16);
  while (transform < 2 * *window)
    transform *= 2;
  settings.rate = sound->rate;
  settings.window = *window;
  settings.transform = transform;
  settings.bands = BANDS;
  settings.normalize = FALSE;
  return gen_mel_new (&settings, NULL);
}

static float *
mix_channels (const GenSound *sound)
{
  float *mixed = g_new (float, MAX (sound->frames, 1));

  for (gsize i = 0; i < sound->frames; i++) {
    float sum = 0;

    for (int c = 0; c < sound->channels; c++)
      sum += sound->data[i * (gsize)sound->channels + (gsize)c];
    mixed[i] = sum / (float)sound->channels;
  }
  return mixed;
}

/* A column's spectrum, in dB of a sine of full scale. */
static void
measure_column (const GenMel *mel, const float *samples, gsize frames, double from, double width,
    int window, float *column)
{
  float spectra[MAX_SPECTRA * BANDS];
  gint64 centers[MAX_SPECTRA];
  int n = CLAMP ((int)(width / window), 1, MAX_SPECTRA);
  double full_scale = 2 * log (window / 4.0);

  for (int i = 0; i < n; i++)
    centers[i] = (gint64)(from + width * (i + 0.5) / n);
  gen_mel_run_at (mel, samples, frames, centers, (gsize)n, spectra);
  for (int b = 0; b < BANDS; b++) {
    float loudest = spectra[b];

    for (int i = 1; i < n; i++)
      loudest = MAX (loudest, spectra[i * BANDS + b]);
    column[b] = (float)((loudest - full_scale) * 10 / G_LN10);
  }
}

static void
draw_spectrum (const GenSound *sound, GenPicture *picture)
{
  int window;
  g_autoptr (GenMel) mel = mel_for (sound, &window);
  g_autofree float *samples = mix_channels (sound);
  g_autofree float *levels = g_new (float, picture->width *BANDS);
  double width = (double)sound->frames / picture->width;
  float top = FAINTEST;

  for (int x = 0; x < picture->width; x++)
    measure_column (mel, samples, sound->frames, x * width, width, window, levels + x * BANDS);
  for (int i = 0; i < picture->width * BANDS; i++)
    top = MAX (top, levels[i]);
  for (int x = 0; x < picture->width; x++)
    for (int y = 0; y < picture->height; y++) {
      int band = (picture->height - 1 - y) * BANDS / picture->height;
      guint8 rgb[3];

      gen_draw_heat (1 + (levels[x * BANDS + band] - top) / RANGE, rgb);
      gen_draw_pixel (picture, x, y, rgb);
    }
}

void
gen_sound_draw (const GenSound *sound, GenPicture *picture)
{
  int width = picture->width - 2 * MARGIN;
  int wave_height = picture->height - 2 * MARGIN - GAP - BANDS;
  int waves = MIN (sound->channels, MAX_WAVES);
  GenPicture part;

  for (int c = 0; c < waves; c++) {
    part = gen_draw_part (
        picture, MARGIN, MARGIN + c * wave_height / waves, width, wave_height / waves);
    gen_draw_wave (&part, sound->data + c, sound->frames, sound->channels, 1);
  }
  part = gen_draw_part (picture, MARGIN, picture->height - MARGIN - BANDS, width, BANDS);
  draw_spectrum (sound, &part);
}
