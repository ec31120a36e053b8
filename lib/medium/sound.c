/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds in memory. */
#include <generative/sound.h>

#include "../simd.h"

G_DEFINE_QUARK (gen - sound - error - quark, gen_sound_error)

void
gen_sound_init (GenSound *sound, int rate, int channels, gsize frames)
{
  g_return_if_fail (rate > 0 && channels > 0);
  *sound = (GenSound){
    .data = g_new0 (float, MAX (frames * (gsize)channels, 1)),
    .frames = frames,
    .rate = rate,
    .channels = channels,
    .owned = TRUE,
  };
}

void
gen_sound_clear (GenSound *sound)
{
  if (sound->owned)
    g_free (sound->data);
  *sound = (GenSound){ 0 };
}

GEN_CLONES (void, to_row,
    (const float *restrict samples, int step, gsize n, float scale, float middle,
        float *restrict row),
    (samples, step, n, scale, middle, row))
{
  for (gsize i = 0; i < n; i++)
    row[i] = samples[i * (gsize)step] * scale + middle;
}

GEN_CLONES (void, from_row,
    (const float *restrict row, int step, gsize n, float scale, float middle,
        float *restrict samples),
    (row, step, n, scale, middle, samples))
{
  for (gsize i = 0; i < n; i++)
    samples[i * (gsize)step] = (row[i] - middle) * scale;
}

void
gen_sound_to_rows (const GenSound *sound, float low, float high, float *rows)
{
  for (int c = 0; c < sound->channels; c++)
    to_row (sound->data + c, sound->channels, sound->frames, (high - low) / 2, (high + low) / 2,
        rows + (gsize)c * sound->frames);
}

void
gen_sound_from_rows (GenSound *sound, float low, float high, const float *rows)
{
  for (int c = 0; c < sound->channels; c++)
    from_row (rows + (gsize)c * sound->frames, sound->channels, sound->frames, 2 / (high - low),
        (high + low) / 2, sound->data + c);
}

GEN_CLONES (void, from_int16, (const gint16 *restrict samples, float *restrict out, gsize n),
    (samples, out, n))
{
  for (gsize i = 0; i < n; i++)
    out[i] = (float)samples[i] * (1.0f / 32768.0f);
}

GEN_CLONES (void, to_int16, (const float *restrict samples, gint16 *restrict out, gsize n),
    (samples, out, n))
{
  for (gsize i = 0; i < n; i++) {
    float v = samples[i] * 32768.0f;

    v = v == v ? v : 0.0f;
    v = v < -32768.0f ? -32768.0f : v;
    v = v > 32767.0f ? 32767.0f : v;
    /* To the nearest, halves to even, as the processor rounds. */
    out[i] = (gint16)__builtin_rintf (v);
  }
}

void
gen_sound_from_int16 (GenSound *sound, const gint16 *samples)
{
  from_int16 (samples, sound->data, sound->frames * (gsize)sound->channels);
}

void
gen_sound_to_int16 (const GenSound *sound, gint16 *samples)
{
  to_int16 (sound->data, samples, sound->frames * (gsize)sound->channels);
}
