/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "film-sound.h"

#include <gio/gio.h>
#include <libavutil/audio_fifo.h>
#include <libswresample/swresample.h>

#include "../medium/av-file.h"

/* How many samples an encoder gets that takes any number. */
#define SAMPLES 4096

struct _GenFilmSound {
  AVCodecContext *decoder, *encoder;
  SwrContext *converter; /* to what the encoder takes, of the same rate and channels */
  AVAudioFifo *waiting;
  AVFrame *raw, *frame;
  AVPacket *packet;
  gint64 next; /* sample that the next frame begins with */
};

static gboolean
fail (GError **error, const char *what, int code)
{
  return gen_film_fail (error, "sound", what, code);
}

void
gen_film_sound_free (GenFilmSound *sound)
{
  if (sound == NULL)
    return;
  avcodec_free_context (&sound->decoder);
  avcodec_free_context (&sound->encoder);
  swr_free (&sound->converter);
  if (sound->waiting != NULL)
    av_audio_fifo_free (sound->waiting);
  av_frame_free (&sound->raw);
  av_frame_free (&sound->frame);
  av_packet_free (&sound->packet);
  g_free (sound);
}

static gboolean
open_decoder (GenFilmSound *sound, const AVCodecParameters *like, GError **error)
{
  const AVCodec *codec = avcodec_find_decoder (like->codec_id);
  int code;

  sound->decoder = avcodec_alloc_context3 (codec);
  code = avcodec_parameters_to_context (sound->decoder, like);
  if (code >= 0 && sound->decoder->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
    av_channel_layout_default (&sound->decoder->ch_layout, like->ch_layout.nb_channels);
  if (code >= 0)
    code = avcodec_open2 (sound->decoder, codec, NULL);
  return code >= 0 || fail (error, "its samples cannot be read", code);
}

static int
try_format (GenFilmSound *sound, const AVCodec *codec, enum AVSampleFormat sample_format,
    const AVOutputFormat *format)
{
  AVCodecContext *encoder = avcodec_alloc_context3 (codec);
  int code;

  avcodec_free_context (&sound->encoder);
  sound->encoder = encoder;
  encoder->sample_rate = sound->decoder->sample_rate;
  encoder->sample_fmt = sample_format;
  encoder->bits_per_raw_sample = sound->decoder->bits_per_raw_sample;
  encoder->time_base = (AVRational){ 1, encoder->sample_rate };
  encoder->thread_count = 1;
  encoder->log_level_offset = GEN_AV_SILENCE;
  encoder->flags |= AV_CODEC_FLAG_BITEXACT;
  encoder->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL;
  if (format->flags & AVFMT_GLOBALHEADER)
    encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  code = av_channel_layout_copy (&encoder->ch_layout, &sound->decoder->ch_layout);
  return code >= 0 ? avcodec_open2 (encoder, codec, NULL) : code;
}

/* With samples as they are where the encoder takes them, else with the best that it takes. */
static gboolean
open_encoder (GenFilmSound *sound, const char *name, const AVOutputFormat *format, GError **error)
{
  const enum AVSampleFormat from = sound->decoder->sample_fmt;
  const enum AVSampleFormat formats[] = { av_get_packed_sample_fmt (from),
    av_get_planar_sample_fmt (from), AV_SAMPLE_FMT_FLTP, AV_SAMPLE_FMT_FLT, AV_SAMPLE_FMT_S32,
    AV_SAMPLE_FMT_S16, AV_SAMPLE_FMT_S16P };
  const AVCodec *codec = avcodec_find_encoder_by_name (name);
  g_autofree char *what = NULL;
  int code = -1;

  if (codec == NULL || codec->type != AVMEDIA_TYPE_AUDIO) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "no encoder of sound is called '%s': flac, aac, libopus and pcm_s16le are some (ffmpeg "
        "-encoders lists all)",
        name);
    return FALSE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (formats) && code < 0; i++)
    code = try_format (sound, codec, formats[i], format);
  if (code >= 0)
    return TRUE;
  what = g_strdup_printf ("the encoder %s does not take %d channels at %d Hz", name,
      sound->decoder->ch_layout.nb_channels, sound->decoder->sample_rate);
  return fail (error, what, code);
}

static gboolean
open_converter (GenFilmSound *sound, GError **error)
{
  AVCodecContext *from = sound->decoder, *to = sound->encoder;
  int code = swr_alloc_set_opts2 (&sound->converter, &to->ch_layout, to->sample_fmt,
      to->sample_rate, &from->ch_layout, from->sample_fmt, from->sample_rate, 0, NULL);

  if (code >= 0)
    code = swr_init (sound->converter);
  return code >= 0 || fail (error, "it cannot be made what the encoder takes", code);
}

GenFilmSound *
gen_film_sound_new (
    const AVCodecParameters *like, const char *codec, const AVOutputFormat *format, GError **error)
{
  g_autoptr (GenFilmSound) sound = g_new0 (GenFilmSound, 1);

  if (!open_decoder (sound, like, error) || !open_encoder (sound, codec, format, error) ||
      !open_converter (sound, error))
    return NULL;
  sound->waiting = av_audio_fifo_alloc (
      sound->encoder->sample_fmt, sound->encoder->ch_layout.nb_channels, SAMPLES);
  sound->raw = av_frame_alloc ();
  sound->frame = av_frame_alloc ();
  sound->packet = av_packet_alloc ();
  return g_steal_pointer (&sound);
}

const AVCodecContext *
gen_film_sound_encoder (const GenFilmSound *sound)
{
  return sound->encoder;
}

/* Samples of `sound->raw`, as the encoder takes them, behind those that wait. */
static gboolean
keep (GenFilmSound *sound, GError **error)
{
  int code;

  av_frame_unref (sound->frame);
  sound->frame->format = sound->encoder->sample_fmt;
  sound->frame->sample_rate = sound->encoder->sample_rate;
  code = av_channel_layout_copy (&sound->frame->ch_layout, &sound->encoder->ch_layout);
  /* A decoder of raw samples says only how many channels there are. */
  if (code >= 0)
    code = av_channel_layout_copy (&sound->raw->ch_layout, &sound->decoder->ch_layout);
  if (code >= 0)
    code = swr_convert_frame (sound->converter, sound->frame, sound->raw);
  if (code >= 0)
    code = av_audio_fifo_write (
        sound->waiting, (void **)sound->frame->extended_data, sound->frame->nb_samples);
  return code >= 0 || fail (error, "it cannot be made what the encoder takes", code);
}

static gboolean
drain (GenFilmSound *sound, GenFilmSoundFunc func, gpointer data, GError **error)
{
  int code;

  while ((code = avcodec_receive_packet (sound->encoder, sound->packet)) >= 0)
    if (!func (sound->packet, data, error))
      return FALSE;
  return code == AVERROR (EAGAIN) || code == AVERROR_EOF ||
         fail (error, "it cannot be encoded", code);
}

/* The first `n` samples that wait. */
static gboolean
encode (GenFilmSound *sound, int n, GenFilmSoundFunc func, gpointer data, GError **error)
{
  int code;

  av_frame_unref (sound->frame);
  sound->frame->format = sound->encoder->sample_fmt;
  sound->frame->sample_rate = sound->encoder->sample_rate;
  sound->frame->nb_samples = n;
  sound->frame->pts = sound->next;
  sound->next += n;
  code = av_channel_layout_copy (&sound->frame->ch_layout, &sound->encoder->ch_layout);
  if (code >= 0)
    code = av_frame_get_buffer (sound->frame, 0);
  if (code >= 0)
    code = av_audio_fifo_read (sound->waiting, (void **)sound->frame->extended_data, n);
  if (code >= 0)
    code = avcodec_send_frame (sound->encoder, sound->frame);
  if (code < 0)
    return fail (error, "it cannot be encoded", code);
  return drain (sound, func, data, error);
}

/* All whole frames that wait, and at the end the rest. */
static gboolean
encode_waiting (
    GenFilmSound *sound, gboolean ends, GenFilmSoundFunc func, gpointer data, GError **error)
{
  const int size = sound->encoder->frame_size > 0 ? sound->encoder->frame_size : SAMPLES;
  int waiting;

  while ((waiting = av_audio_fifo_size (sound->waiting)) >= size || (ends && waiting > 0))
    if (!encode (sound, MIN (size, waiting), func, data, error))
      return FALSE;
  return TRUE;
}

gboolean
gen_film_sound_add (GenFilmSound *sound, const AVPacket *packet, GenFilmSoundFunc func,
    gpointer data, GError **error)
{
  int code;

  if (packet == NULL) {
    if (!encode_waiting (sound, TRUE, func, data, error))
      return FALSE;
    code = avcodec_send_frame (sound->encoder, NULL);
    return code >= 0 ? drain (sound, func, data, error)
                     : fail (error, "it cannot be encoded", code);
  }
  code = avcodec_send_packet (sound->decoder, packet);
  if (code >= 0)
    code = avcodec_receive_frame (sound->decoder, sound->raw);
  if (code < 0)
    return fail (error, "its samples cannot be read", code);
  return keep (sound, error) && encode_waiting (sound, FALSE, func, data, error);
}
