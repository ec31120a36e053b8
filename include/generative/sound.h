/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * GenSound: float samples, interleaved; full scale is -1 to 1. A frame is one sample of each
 * channel.
 * `data` may belong to somebody else (a GStreamer buffer); gen_sound_clear frees it only when
 * `owned`.
 */
typedef struct {
  float *data;
  gsize frames;
  int rate; /* frames a second */
  int channels;
  gboolean owned;
} GenSound;

/* The longest sound that is held in memory at once: an hour and a half at 48 kHz. */
#define GEN_SOUND_MAX_FRAMES (1 << 28)

#define GEN_SOUND_ERROR (gen_sound_error_quark ())
GEN_API GQuark gen_sound_error_quark (void);
typedef enum {
  GEN_SOUND_ERROR_FILE,   /* cannot be opened or written */
  GEN_SOUND_ERROR_DECODE, /* no sound in it, or damaged */
} GenSoundError;

/* A new sound of silence; free with gen_sound_clear. */
GEN_API void gen_sound_init (GenSound *sound, int rate, int channels, gsize frames);
GEN_API void gen_sound_clear (GenSound *sound);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenSound, gen_sound_clear)

/* Between interleaved samples and what nets work on: one row of numbers a channel, `low` standing
 * for -1 and `high` for 1. Samples beyond full scale are kept. */
GEN_API void gen_sound_to_rows (const GenSound *sound, float low, float high, float *rows);
GEN_API void gen_sound_from_rows (GenSound *sound, float low, float high, const float *rows);

/* Between interleaved samples of int16, as many as `sound` has, and those of `sound`. What is
 * beyond full scale is clipped on its way to int16, what is not a number is silence, and the rest
 * rounded to the nearest. */
GEN_API void gen_sound_from_int16 (GenSound *sound, const gint16 *samples);
GEN_API void gen_sound_to_int16 (const GenSound *sound, gint16 *samples);

G_END_DECLS
