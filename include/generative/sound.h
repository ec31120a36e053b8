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
/* The most frames a second that a sound has: more than DSD's 2.8 million. */
#define GEN_SOUND_MAX_RATE 3072000

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

/**
 * Sounds in files. The first sound of any file that libav decodes (WAV, FLAC, Ogg, MP3, M4A, AIFF
 * and many more) is brought to `rate` frames a second by libswresample and to `channels`: several
 * become one by their mean, one becomes several by being repeated, and others are mixed as their
 * places in a room demand (ITU-R BS.775), quietly enough not to leave full scale. 0 takes what the
 * file has. `sound` is filled anew. A file that is damaged or cut short, that has no sound, or
 * samples that are no numbers, is an error that names the file. (Bare streams of MPEG and ADTS do
 * not say how long they are, and may end anywhere.)
 */
/* All of a file, at most GEN_SOUND_MAX_FRAMES. */
GEN_API gboolean gen_sound_load (
    GenSound *sound, const char *path, int rate, int channels, GError **error);
/* `frames` frames from frame `first` on, both of `rate`, as gen_sound_load would have them there;
 * fewer where the file ends before, which is no error unless it ends before `first`. Only what is
 * near is decoded, and damage elsewhere is not seen. The samples are the same to the last bit of
 * PCM, FLAC and ALAC; what other codecs make after a jump differs from the whole by less than they
 * themselves lose. */
GEN_API gboolean gen_sound_load_part (GenSound *sound, const char *path, int rate, int channels,
    guint64 first, gsize frames, GError **error);
/* What a file has: its rate, its channels and how many frames there are, each of which may be NULL.
 * Only its first frame is decoded: how long it is its header says, or its packets add up to, which
 * for a codec that loses something may be off by a few thousand frames. */
GEN_API gboolean gen_sound_probe (
    const char *path, int *rate, int *channels, guint64 *frames, GError **error);
/* Both of a file's content in memory; `name` stands for the file in errors. */
GEN_API gboolean gen_sound_load_bytes (GenSound *sound, GBytes *bytes, const char *name, int rate,
    int channels, guint64 first, gsize frames, GError **error);
GEN_API gboolean gen_sound_probe_bytes (
    GBytes *bytes, const char *name, int *rate, int *channels, guint64 *frames, GError **error);
/* How many frames of one rate become how many of another. */
GEN_API guint64 gen_sound_scale_frames (guint64 frames, int from, int to);
/* Whether a file is one of sound, by its name or its first bytes; says nothing of whether it is
 * whole. */
GEN_API gboolean gen_sound_recognise (const char *path);
/* The same by the name alone. */
GEN_API gboolean gen_sound_is_named (const char *name);

typedef enum {
  GEN_SOUND_WAV_S16, /* 16 bits, which anything opens; what is beyond full scale is clipped */
  GEN_SOUND_WAV_F32, /* the samples as they are */
} GenSoundWav;

/* Encode as WAV. (transfer full) */
GEN_API GBytes *gen_sound_encode_wav (const GenSound *sound, GenSoundWav kind, GError **error);
/* The same to a file, atomically (temporary name, sync, rename). */
GEN_API gboolean gen_sound_save_wav (
    const GenSound *sound, const char *path, GenSoundWav kind, GError **error);

typedef enum {
  GEN_NORMALIZE_NONE,
  GEN_NORMALIZE_PEAK,     /* the greatest sample is full scale */
  GEN_NORMALIZE_LOUDNESS, /* EBU R 128's integrated loudness is -23 LUFS, peaks below full scale */
} GenNormalize;

/* Make a sound louder or quieter. Silence stays silence, and a sound with infinite samples as it
 * is, as by loudness does one below 3364 Hz, which R 128's filter cannot weigh; of a sound that is
 * shorter than the 400 ms that R 128 measures by, the loudness is that of the whole. */
GEN_API void gen_sound_normalize (GenSound *sound, GenNormalize normalize);

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
