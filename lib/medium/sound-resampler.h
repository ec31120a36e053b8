/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decoded samples to those that are wanted: float, interleaved, at another rate and with other
 * channels. */
#pragma once

#include <glib.h>

#include <libavutil/frame.h>
#include <libswresample/swresample.h>

typedef struct {
  struct SwrContext *swr;
  int from_rate, rate;
  int from_format, from_channels, channels;

  float *samples;
  gsize frames, room;
  guint64 skip;        /* frames that are still to be thrown away */
  gsize limit;         /* of `frames` */
  guint64 taken, made; /* frames of the input, and of the output before any is skipped */
} GenSoundResampler;

/* Whether a sound of one rate is made one of the other: of a file that says it has a frame a second
 * nobody means the hours of sound that would become of it. */
gboolean gen_sound_resampler_takes_rates (int from, int to);

/* What becomes of frames like this one; `rate` and `channels` 0: theirs. What went wrong, or 0. */
int gen_sound_resampler_open (
    GenSoundResampler *resampler, const AVFrame *like, int rate, int channels);
void gen_sound_resampler_clear (GenSoundResampler *resampler);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenSoundResampler, gen_sound_resampler_clear)

/* Where input must begin for frame `first` of the output to be what it is of the whole: a frame far
 * enough before it, and of one phase with the beginning. */
guint64 gen_sound_resampler_begin (const GenSoundResampler *resampler, guint64 first);

gboolean gen_sound_resampler_takes (const GenSoundResampler *resampler, const AVFrame *frame);
/* Append what comes of `frame` from its sample `from` on; NULL: of the end. At the limit nothing
 * more is added. */
int gen_sound_resampler_push (GenSoundResampler *resampler, const AVFrame *frame, int from);
