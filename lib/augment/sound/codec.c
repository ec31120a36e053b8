/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A sound through an encoder and a decoder of libav, packet by packet, without a file. Encoder and
 * decoder begin with the part, so that it hangs on nothing before it. */
#include "codec.h"

#include <string.h>

#include <gio/gio.h>
#include <libavcodec/avcodec.h>

#include "../../medium/av-file.h"
#include "../../medium/sound-resampler.h"
#include "sound.h"

/* Frames in one go where an encoder takes any number of them. */
#define ANY_FRAMES 1152

typedef struct {
  AVCodecContext *encoder, *decoder;
  AVPacket *packet;
  AVFrame *frame, *decoded;
  int late; /* decoded frames that are still to be thrown away */
  GenSoundResampler after;
} Coding;

static void
coding_clear (Coding *self)
{
  avcodec_free_context (&self->encoder);
  avcodec_free_context (&self->decoder);
  av_packet_free (&self->packet);
  av_frame_free (&self->frame);
  av_frame_free (&self->decoded);
  gen_sound_resampler_clear (&self->after);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Coding, coding_clear)

gboolean
gen_augment_codec_check (const GenAugmentCodec *codec, GError **error)
{
  if (avcodec_find_encoder_by_name (codec->encoder) != NULL &&
      avcodec_find_decoder (codec->id) != NULL)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "this libav was built without its encoder for %s (%s), or without a decoder of it",
      codec->kind, codec->encoder);
  return FALSE;
}

/* The lowest rate that keeps all of the sound, or the highest one. */
static int
find_rate (const GenAugmentCodec *codec, int rate)
{
  int i = 0;

  while (codec->rates[i] < rate && codec->rates[i + 1] != 0)
    i++;
  return codec->rates[i];
}

static int
open_encoder (Coding *self, const GenAugmentCodec *codec, double bitrate, int rate, int channels)
{
  const AVCodec *found = avcodec_find_encoder_by_name (codec->encoder);

  if (found == NULL)
    return AVERROR_ENCODER_NOT_FOUND;
  self->encoder = avcodec_alloc_context3 (found);
  self->encoder->sample_rate = find_rate (codec, rate);
  self->encoder->sample_fmt = codec->format;
  self->encoder->time_base = (AVRational){ 1, self->encoder->sample_rate };
  self->encoder->bit_rate = (gint64)rint (bitrate * channels);
  self->encoder->thread_count = 1;
  self->encoder->log_level_offset = GEN_AV_SILENCE;
  av_channel_layout_default (&self->encoder->ch_layout, channels);
  return avcodec_open2 (self->encoder, NULL, NULL);
}

/* All that is decoded comes out, that by which the codec is late, too. */
static int
open_decoder (Coding *self, const GenAugmentCodec *codec)
{
  const AVCodec *found = avcodec_find_decoder (codec->id);
  AVCodecParameters *parameters = avcodec_parameters_alloc ();
  int code = found != NULL ? avcodec_parameters_from_context (parameters, self->encoder)
                           : AVERROR_DECODER_NOT_FOUND;

  if (code >= 0) {
    self->decoder = avcodec_alloc_context3 (found);
    code = avcodec_parameters_to_context (self->decoder, parameters);
  }
  avcodec_parameters_free (&parameters);
  if (code < 0)
    return code;
  self->decoder->thread_count = 1;
  self->decoder->flags2 |= AV_CODEC_FLAG2_SKIP_MANUAL;
  self->decoder->log_level_offset = GEN_AV_SILENCE;
  return avcodec_open2 (self->decoder, found, NULL);
}

static int
take_decoded (Coding *self, int rate)
{
  const int late = MIN (self->late, self->decoded->nb_samples);

  self->late -= late;
  if (self->after.swr == NULL) {
    const int code = gen_sound_resampler_open (&self->after, self->decoded, rate, 0);

    if (code < 0)
      return code;
  }
  if (!gen_sound_resampler_takes (&self->after, self->decoded))
    return AVERROR_INVALIDDATA;
  return late < self->decoded->nb_samples
             ? gen_sound_resampler_push (&self->after, self->decoded, late)
             : 0;
}

/* What the decoder makes of a packet; NULL: of the end. */
static int
decode (Coding *self, const AVPacket *packet, int rate)
{
  int code = avcodec_send_packet (self->decoder, packet);

  while (code >= 0 && (code = avcodec_receive_frame (self->decoder, self->decoded)) >= 0) {
    code = take_decoded (self, rate);
    av_frame_unref (self->decoded);
  }
  return code == AVERROR (EAGAIN) || code == AVERROR_EOF ? 0 : code;
}

/* What the encoder makes of a frame; NULL: of the end. */
static int
encode (Coding *self, const AVFrame *frame, int rate)
{
  int code = avcodec_send_frame (self->encoder, frame);

  while (code >= 0 && (code = avcodec_receive_packet (self->encoder, self->packet)) >= 0) {
    code = decode (self, self->packet, rate);
    av_packet_unref (self->packet);
  }
  return code == AVERROR (EAGAIN) || code == AVERROR_EOF ? 0 : code;
}

/* Frames as they lie in a file: no further than to full scale. */
static void
fill_frame (AVFrame *frame, const float *samples, int channels)
{
  const gboolean planar = av_sample_fmt_is_planar (frame->format) != 0;

  for (int c = 0; c < channels; c++) {
    float *out = (float *)(void *)frame->extended_data[planar ? c : 0] + (planar ? 0 : c);
    const gsize step = planar ? 1 : (gsize)channels;

    for (gsize t = 0; t < (gsize)frame->nb_samples; t++)
      out[t * step] = CLAMP (samples[t * (gsize)channels + (gsize)c], -1, 1);
  }
}

static int
make_frame (AVFrame *frame, const AVCodecContext *like, int n)
{
  int code;

  av_frame_unref (frame);
  frame->nb_samples = n;
  frame->format = like->sample_fmt;
  frame->sample_rate = like->sample_rate;
  code = av_channel_layout_copy (&frame->ch_layout, &like->ch_layout);
  return code < 0 ? code : av_frame_get_buffer (frame, 0);
}

static int
encode_all (Coding *self, const float *samples, gsize frames, int channels, int rate)
{
  const int most = self->encoder->frame_size > 0 ? self->encoder->frame_size : ANY_FRAMES;
  int code = 0;

  for (gsize at = 0; at < frames && code >= 0; at += (gsize)most) {
    code = make_frame (self->frame, self->encoder, (int)MIN ((gsize)most, frames - at));
    if (code < 0)
      return code;
    self->frame->pts = (gint64)at;
    fill_frame (self->frame, samples + at * (gsize)channels, channels);
    code = encode (self, self->frame, rate);
  }
  if (code >= 0)
    code = encode (self, NULL, rate);
  if (code >= 0)
    code = decode (self, NULL, rate);
  if (code >= 0 && self->after.swr != NULL)
    code = gen_sound_resampler_push (&self->after, NULL, 0);
  return code;
}

/* The sound at the encoder's rate. */
static int
resample_before (GenSoundResampler *before, const Coding *self, const GenSound *sound)
{
  AVFrame *frame = av_frame_alloc ();
  int code;

  frame->format = AV_SAMPLE_FMT_FLT;
  frame->sample_rate = sound->rate;
  frame->nb_samples = (int)sound->frames;
  frame->extended_data[0] = (guint8 *)sound->data;
  av_channel_layout_default (&frame->ch_layout, sound->channels);
  before->limit = G_MAXSIZE;
  code = gen_sound_resampler_open (before, frame, self->encoder->sample_rate, 0);
  if (code >= 0)
    code = gen_sound_resampler_push (before, frame, 0);
  if (code >= 0)
    code = gen_sound_resampler_push (before, NULL, 0);
  av_frame_free (&frame);
  return code;
}

/* In place; what was there stays where something goes wrong. */
static int
code_pair (const GenAugmentCodec *codec, double bitrate, GenSound *sound)
{
  g_auto (Coding) self = { .packet = av_packet_alloc (),
    .frame = av_frame_alloc (),
    .decoded = av_frame_alloc (),
    .after = { .limit = sound->frames } };
  g_auto (GenSoundResampler) before = { 0 };
  const gsize channels = (gsize)sound->channels;
  int code = open_encoder (&self, codec, bitrate, sound->rate, sound->channels);

  if (code >= 0)
    code = open_decoder (&self, codec);
  if (code >= 0)
    code = resample_before (&before, &self, sound);
  if (code < 0)
    return code;
  self.late = self.encoder->initial_padding;
  code = encode_all (&self, before.samples, before.frames, sound->channels, sound->rate);
  if (code < 0)
    return code;
  memset (sound->data, 0, sound->frames * channels * sizeof (float));
  if (self.after.frames > 0)
    memcpy (sound->data, self.after.samples, self.after.frames * channels * sizeof (float));
  return 0;
}

/* Channels [c, c + n) of one to those of the other. */
static void
copy_channels (
    const float *from, gsize from_stride, float *to, gsize to_stride, gsize n, gsize frames)
{
  for (gsize t = 0; t < frames; t++)
    for (gsize c = 0; c < n; c++)
      to[t * to_stride + c] = from[t * from_stride + c];
}

void
gen_augment_codec_run (const GenAugmentCodec *codec, double bitrate, GenSound *part)
{
  const double level = gen_augment_sound_level (part);
  const gsize stride = (gsize)part->channels;

  if (!(level > 0) || !isfinite (level) || part->frames > G_MAXINT / 2)
    return;
  for (gsize c = 0; c < stride; c += 2) {
    const gsize n = MIN (2, stride - c);
    g_auto (GenSound) pair = { 0 };

    gen_sound_init (&pair, part->rate, (int)n, part->frames);
    copy_channels (part->data + c, stride, pair.data, n, n, part->frames);
    if (code_pair (codec, bitrate, &pair) >= 0)
      copy_channels (pair.data, n, part->data + c, stride, n, part->frames);
  }
}
