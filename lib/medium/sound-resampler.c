/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* swresample, set up so that a part of a sound becomes the very samples that it becomes within the
 * whole: its filters go through a cycle of phases, and begin it anew with each `from_rate` over the
 * common divisor of the two rates. */
#include "sound-resampler.h"

#include <generative/sound.h>

#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>

#include "av-file.h"

/* Taps of the filter at the lower of the two rates, and the share of its band that is kept: 90 dB
 * down where the band ends. */
#define TAPS 96
#define CUTOFF 0.95
/* How many times one rate may be the other: more than the greatest in use is the least. */
#define MAX_RATIO 1024

gboolean
gen_sound_resampler_takes_rates (int from, int to)
{
  return from > 0 && to > 0 && MAX (from, to) / MIN (from, to) <= MAX_RATIO;
}

static guint64
common_divisor (guint64 a, guint64 b)
{
  while (b != 0) {
    guint64 rest = a % b;

    a = b;
    b = rest;
  }
  return a;
}

/* The mean of all to one, and one to all; channels whose places nobody knows stay where they are.
 */
static int
set_matrix (struct SwrContext *swr, int from, int to)
{
  g_autofree double *matrix = g_new0 (double, (gsize)from *(gsize)to);

  for (int o = 0; o < to; o++)
    for (int i = 0; i < from; i++)
      if (to == 1)
        matrix[i] = 1.0 / from;
      else if (from == 1 || i == o)
        matrix[o * from + i] = 1;
  return swr_set_matrix (swr, matrix, from);
}

static gboolean
has_places (const AVChannelLayout *layout)
{
  return layout->order == AV_CHANNEL_ORDER_NATIVE;
}

int
gen_sound_resampler_open (GenSoundResampler *resampler, const AVFrame *like, int rate, int channels)
{
  AVChannelLayout from = { 0 }, to = { 0 };
  int code;

  resampler->from_format = like->format;
  resampler->from_channels = like->ch_layout.nb_channels;
  resampler->from_rate = like->sample_rate;
  resampler->channels = channels > 0 ? channels : resampler->from_channels;
  resampler->rate = rate > 0 ? rate : like->sample_rate;
  if (like->sample_rate <= 0 || resampler->from_channels <= 0)
    return AVERROR_INVALIDDATA;

  av_channel_layout_copy (&from, &like->ch_layout);
  if (!has_places (&from)) {
    av_channel_layout_uninit (&from);
    av_channel_layout_default (&from, resampler->from_channels);
  }
  if (resampler->channels == resampler->from_channels)
    av_channel_layout_copy (&to, &from);
  else
    av_channel_layout_default (&to, resampler->channels);
  code = swr_alloc_set_opts2 (&resampler->swr, &to, AV_SAMPLE_FMT_FLT, resampler->rate, &from,
      resampler->from_format, resampler->from_rate, GEN_AV_SILENCE, NULL);
  if (code >= 0) {
    av_opt_set_int (resampler->swr, "filter_size", TAPS, 0);
    av_opt_set_double (resampler->swr, "cutoff", CUTOFF, 0);
    av_opt_set_int (resampler->swr, "exact_rational", 1, 0);
    av_opt_set_double (resampler->swr, "rematrix_maxval", 1, 0);
    if (resampler->channels != resampler->from_channels &&
        (resampler->channels == 1 || resampler->from_channels == 1 || !has_places (&from) ||
            !has_places (&to)))
      code = set_matrix (resampler->swr, resampler->from_channels, resampler->channels);
  }
  av_channel_layout_uninit (&from);
  av_channel_layout_uninit (&to);
  return code >= 0 ? swr_init (resampler->swr) : code;
}

void
gen_sound_resampler_clear (GenSoundResampler *resampler)
{
  swr_free (&resampler->swr);
  g_clear_pointer (&resampler->samples, g_free);
}

/* How many frames of the input the filter reaches over, or more. */
static guint64
margin_of (const GenSoundResampler *resampler)
{
  guint64 from = (guint64)resampler->from_rate, to = (guint64)resampler->rate;

  return from > to ? TAPS * (from / to + 1) : TAPS;
}

guint64
gen_sound_resampler_begin (const GenSoundResampler *resampler, guint64 first)
{
  guint64 from = (guint64)resampler->from_rate, to = (guint64)resampler->rate;
  guint64 cycle = from / common_divisor (from, to);
  guint64 margin = margin_of (resampler);
  guint64 at;

  if (from == to)
    return first;
  at = (guint64)av_rescale ((gint64)first, (gint64)from, (gint64)to);
  return at > margin ? (at - margin) / cycle * cycle : 0;
}

guint64
gen_sound_scale_frames (guint64 frames, int from, int to)
{
  return (guint64)av_rescale_rnd ((gint64)frames, to, from, AV_ROUND_UP);
}

gboolean
gen_sound_resampler_takes (const GenSoundResampler *resampler, const AVFrame *frame)
{
  return frame->format == resampler->from_format &&
         frame->ch_layout.nb_channels == resampler->from_channels &&
         frame->sample_rate == resampler->from_rate;
}

/* Room for `frames` more. */
static void
make_room (GenSoundResampler *resampler, gsize frames)
{
  if (resampler->frames + frames <= resampler->room)
    return;
  resampler->room = MAX (resampler->room * 2, resampler->frames + frames);
  resampler->samples =
      g_renew (float, resampler->samples, resampler->room *(gsize)resampler->channels);
}

/* Of the `made` frames behind the last those that are wanted stay. */
static void
keep (GenSoundResampler *resampler, gsize made)
{
  gsize skipped = MIN (made, resampler->skip), channels = (gsize)resampler->channels;
  float *new = resampler->samples + resampler->frames *channels;

  if (skipped > 0)
    memmove (new, new + skipped *channels, (made - skipped) * channels * sizeof *new);
  resampler->skip -= skipped;
  resampler->frames = MIN (resampler->frames + made - skipped, resampler->limit);
}

/* libswresample makes nothing at all of a sound that is shorter than its filter, where it has no
 * samples to mirror at the end: silence comes behind it then. Returns an error, or how many frames
 * are still to be made. */
static int
lengthen (GenSoundResampler *resampler)
{
  const guint64 margin = margin_of (resampler);
  int code;

  if (resampler->taken >= margin || margin > G_MAXINT / 2)
    return G_MAXINT;
  code = swr_inject_silence (resampler->swr, (int)margin);
  if (code < 0)
    return code;
  return (int)(gen_sound_scale_frames (resampler->taken, resampler->from_rate, resampler->rate) -
               resampler->made);
}

int
gen_sound_resampler_push (GenSoundResampler *resampler, const AVFrame *frame, int from)
{
  const guint8 *planes[AV_NUM_DATA_POINTERS];
  const guint8 **in = NULL;
  int size = av_get_bytes_per_sample (resampler->from_format);
  int n = frame != NULL ? frame->nb_samples - from : 0, most = G_MAXINT, room, made;
  g_autofree const guint8 **many = NULL;

  if (frame != NULL) {
    gboolean planar = av_sample_fmt_is_planar (resampler->from_format);
    int n_planes = planar ? resampler->from_channels : 1;

    many = n_planes > AV_NUM_DATA_POINTERS ? g_new (const guint8 *, n_planes) : NULL;
    in = many != NULL ? many : planes;
    for (int i = 0; i < n_planes; i++)
      in[i] = frame->extended_data[i] +
              (gsize)from * (gsize)size * (gsize)(planar ? 1 : resampler->from_channels);
  }
  resampler->taken += (guint64)n;
  if (frame == NULL)
    most = lengthen (resampler);
  if (most < 0)
    return most;
  room = swr_get_out_samples (resampler->swr, n);
  if (room < 0)
    return room;
  make_room (resampler, (gsize)room);
  made = swr_convert (resampler->swr,
      (guint8 *[]){
          (guint8 *)(resampler->samples + resampler->frames * (gsize)resampler->channels) },
      room, in, n);
  made = MIN (made, most);
  if (made > 0) {
    resampler->made += (guint64)made;
    keep (resampler, (gsize)made);
  }
  return MIN (made, 0);
}
