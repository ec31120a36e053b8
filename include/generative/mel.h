/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * GenMel: the spectrum of a sound over time as an ear divides it: the natural logarithm of the
 * power in bands that are evenly spaced in mel, of windows (Hann's, periodic) that follow each
 * other by a hop. The numbers are those of librosa's melspectrogram with `center=True`,
 * `pad_mode="constant"`, `power=2` and, as `normalize` says, `norm="slaney"` or `None`.
 */
typedef struct _GenMel GenMel;

typedef enum {
  GEN_MEL_SLANEY, /* linear up to 1000 Hz, logarithmic above (the Auditory Toolbox; librosa) */
  GEN_MEL_HTK,    /* 2595 log10 (1 + f / 700) (HTK; torchaudio) */
} GenMelScale;

typedef struct {
  int rate;      /* of the sound */
  int window;    /* frames */
  int transform; /* the window with zeros on both sides; 0: the window */
  int hop;       /* frames */
  int bands;
  double lowest, highest; /* Hertz; highest 0: half the rate */
  GenMelScale scale;
  gboolean normalize; /* bands are divided by their width, so that noise is alike in all */
  double floor;       /* power below which nothing is told apart */
} GenMelSettings;

/* What most models of speech have at 16 kHz: 80 bands, a hop of 10 ms. */
#define GEN_MEL_DEFAULTS                                                                           \
  ((GenMelSettings){ .rate = 16000,                                                                \
      .window = 400,                                                                               \
      .hop = 160,                                                                                  \
      .bands = 80,                                                                                 \
      .scale = GEN_MEL_SLANEY,                                                                     \
      .normalize = TRUE,                                                                           \
      .floor = 1e-10 })

/* The tables for these settings; free with gen_mel_free. NULL with `error` (G_IO_ERROR) where they
 * make no sense. One thread at a time, and nothing is allocated from here on. */
GEN_API GenMel *gen_mel_new (const GenMelSettings *settings, GError **error);
GEN_API void gen_mel_free (GenMel *mel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenMel, gen_mel_free)

/* How many windows a sound of so many frames has: one in the middle of each hop's first frame. */
GEN_API gsize gen_mel_count (const GenMel *mel, gsize frames);
/* The spectra of the `n` windows around the frames `centers` of a sound of one channel, [n, bands];
 * what is beyond the sound is silence. */
GEN_API void gen_mel_run_at (const GenMel *mel, const float *samples, gsize frames,
    const gint64 *centers, gsize n, float *spectra);
/* All of a sound of one channel, [gen_mel_count, bands]. */
GEN_API void gen_mel_run (const GenMel *mel, const float *samples, gsize frames, float *spectra);

G_END_DECLS
