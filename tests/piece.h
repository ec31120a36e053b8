/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A piece of music that is always the same: plucked strings, four notes a second, and a breath of
 * noise. */
#pragma once

#include <generative/sound.h>

#include <math.h>

#define PIECE_PARTIALS 24

static inline guint32
piece_random (guint32 *state)
{
  *state = *state * 1664525u + 1013904223u;
  return *state >> 8;
}

static inline void
piece_pluck (GenSound *sound, gsize at, double frequency, double side)
{
  const double rate = sound->rate;

  for (int partial = 1; partial <= PIECE_PARTIALS && partial * frequency < 7800; partial++) {
    const double step = 2 * G_PI * frequency * partial * (1 + 1e-4 * partial * partial) / rate;
    const double decay = exp (-(1.5 + 0.25 * partial) / rate);
    const double c = decay * cos (step), s = decay * sin (step);
    double re = 0.12 / pow (partial, 1.1), im = 0;

    for (gsize i = at; i < sound->frames && i < at + (gsize)(3 * rate); i++) {
      const double was = re;

      for (int channel = 0; channel < sound->channels; channel++)
        sound->data[i * (gsize)sound->channels + (gsize)channel] +=
            (float)(im * (channel % 2 == 0 ? 1 - side : side));
      re = re * c - im * s;
      im = was * s + im * c;
    }
  }
}

/* Free with gen_sound_clear. */
static inline void
piece_play (GenSound *sound, int rate, int channels, double seconds)
{
  static const int notes[] = { 0, 3, 7, 10, 12, 15, 19 };
  guint32 state = 7;
  float last = 0;

  gen_sound_init (sound, rate, channels, (gsize)(seconds * rate));
  for (int n = 0; n < 4 * seconds; n++) {
    const int note = notes[piece_random (&state) % G_N_ELEMENTS (notes)];
    const double side = piece_random (&state) % 100 / 100.0;

    piece_pluck (
        sound, (gsize)(n * rate / 4 + 100), 110 * pow (2, (note + n / 16 % 3) / 12.0), side);
  }
  for (gsize i = 0; i < sound->frames * (gsize)channels; i++) {
    last = 0.7f * last + 0.002f * ((float)(piece_random (&state) % 20001) / 10000 - 1);
    sound->data[i] += last;
  }
}
