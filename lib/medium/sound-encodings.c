/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sounds as FLAC, by libav's encoder and muxer, and as WAV. */
#include <generative/encoding.h>

#include <math.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/channel_layout.h>

#include "av-file.h"

/* Of floats FLAC keeps as much as a float has between -1 and 1, but for its sign. */
#define FINE_BITS 24

typedef struct {
  const AVCodec *encoder;
  AVCodecContext *codec;
  AVFormatContext *format;
  AVFrame *frame;
  AVPacket *packet;
  int bits;
} Writer;

static void
writer_clear (Writer *writer)
{
  guint8 *bytes = NULL;

  if (writer->format != NULL && writer->format->pb != NULL)
    avio_close_dyn_buf (writer->format->pb, &bytes);
  av_free (bytes);
  avformat_free_context (writer->format);
  avcodec_free_context (&writer->codec);
  av_frame_free (&writer->frame);
  av_packet_free (&writer->packet);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Writer, writer_clear)

/* What libav needs to know; 0 or its error. */
static int
open_writer (Writer *writer, const GenSound *sound)
{
  AVStream *stream;
  int code;

  writer->codec = avcodec_alloc_context3 (writer->encoder);
  writer->frame = av_frame_alloc ();
  writer->packet = av_packet_alloc ();
  writer->codec->sample_rate = sound->rate;
  writer->codec->sample_fmt = writer->bits == 16 ? AV_SAMPLE_FMT_S16 : AV_SAMPLE_FMT_S32;
  writer->codec->bits_per_raw_sample = writer->bits;
  writer->codec->time_base = (AVRational){ 1, sound->rate };
  writer->codec->thread_count = 1;
  writer->codec->log_level_offset = GEN_AV_SILENCE;
  av_channel_layout_default (&writer->codec->ch_layout, sound->channels);
  code = avcodec_open2 (writer->codec, NULL, NULL);
  if (code < 0)
    return code;
  code = avformat_alloc_output_context2 (&writer->format, NULL, "flac", NULL);
  if (code < 0)
    return code;
  /* The same sound is to be the same file, whichever libav writes it. */
  writer->format->flags |= AVFMT_FLAG_BITEXACT;
  stream = avformat_new_stream (writer->format, NULL);
  code = avcodec_parameters_from_context (stream->codecpar, writer->codec);
  if (code >= 0)
    code = avio_open_dyn_buf (&writer->format->pb);
  return code < 0 ? code : avformat_write_header (writer->format, NULL);
}

/* What the encoder has made of what it was given. */
static int
write_packets (Writer *writer)
{
  int code = avcodec_receive_packet (writer->codec, writer->packet);

  for (; code >= 0; code = avcodec_receive_packet (writer->codec, writer->packet)) {
    const int written = av_write_frame (writer->format, writer->packet);

    av_packet_unref (writer->packet);
    if (written < 0)
      return written;
  }
  return code == AVERROR (EAGAIN) || code == AVERROR_EOF ? 0 : code;
}

/* Samples of 24 bits lie at the top of 32. */
static void
put_samples (const Writer *writer, const GenSound *piece)
{
  const gsize n = piece->frames * (gsize)piece->channels;
  const float full = (float)(1 << (FINE_BITS - 1));
  gint32 *out = (gint32 *)(void *)writer->frame->data[0];

  if (writer->bits == 16) {
    gen_sound_to_int16 (piece, (gint16 *)(void *)writer->frame->data[0]);
    return;
  }
  for (gsize i = 0; i < n; i++) {
    const float scaled = piece->data[i] * full;
    const float held = scaled < -full ? -full : scaled > full - 1 ? full - 1 : scaled;

    /* What is no number is silence. */
    out[i] = held == held ? (gint32)lrintf (held) * (1 << (32 - FINE_BITS)) : 0;
  }
}

static int
write_piece (Writer *writer, const GenSound *piece, gsize first)
{
  int code;

  writer->frame->nb_samples = (int)piece->frames;
  writer->frame->format = writer->codec->sample_fmt;
  writer->frame->sample_rate = piece->rate;
  writer->frame->pts = (gint64)first;
  code = av_channel_layout_copy (&writer->frame->ch_layout, &writer->codec->ch_layout);
  if (code >= 0)
    code = av_frame_get_buffer (writer->frame, 0);
  if (code < 0)
    return code;
  put_samples (writer, piece);
  code = avcodec_send_frame (writer->codec, writer->frame);
  av_frame_unref (writer->frame);
  return code < 0 ? code : write_packets (writer);
}

static int
write_sound (Writer *writer, const GenSound *sound)
{
  const gsize length = (gsize)writer->codec->frame_size;
  int code = 0;

  for (gsize first = 0; first < sound->frames && code >= 0; first += length) {
    GenSound piece = *sound;

    piece.data += first * (gsize)sound->channels;
    piece.frames = MIN (length, sound->frames - first);
    code = write_piece (writer, &piece, first);
  }
  if (code >= 0)
    code = avcodec_send_frame (writer->codec, NULL);
  if (code >= 0)
    code = write_packets (writer);
  return code < 0 ? code : av_write_trailer (writer->format);
}

static void
free_bytes (gpointer bytes)
{
  av_free (bytes);
}

static GBytes *
encode_flac (const GenSample *sample, const GenEncodingOptions *options, GError **error)
{
  g_auto (Writer) writer = { .encoder = avcodec_find_encoder (AV_CODEC_ID_FLAC),
    .bits = options->bits == 16 ? 16 : FINE_BITS };
  const GenSound *sound = &sample->sound;
  char reason[AV_ERROR_MAX_STRING_SIZE];
  guint8 *bytes = NULL;
  int code, size;

  if (writer.encoder == NULL) {
    g_set_error_literal (error, GEN_SOUND_ERROR, GEN_SOUND_ERROR_FILE,
        "this libav was built without its encoder for FLAC");
    return NULL;
  }
  code = open_writer (&writer, sound);
  if (code >= 0)
    code = write_sound (&writer, sound);
  if (code >= 0) {
    size = avio_close_dyn_buf (g_steal_pointer (&writer.format->pb), &bytes);
    return g_bytes_new_with_free_func (bytes, (gsize)size, free_bytes, bytes);
  }
  av_strerror (code, reason, sizeof reason);
  g_set_error (error, GEN_SOUND_ERROR, GEN_SOUND_ERROR_FILE,
      "%d channels at %d Hz cannot be encoded as FLAC: %s", sound->channels, sound->rate, reason);
  return NULL;
}

const GenEncoding gen_encoding_flac = {
  .name = "flac",
  .description = "FLAC: lossless for 16 bits; of floats 24 bits are kept",
  .medium = &gen_medium_sound,
  .extension = "flac",
  .encode = encode_flac,
};

static GBytes *
encode_wav (const GenSample *sample, const GenEncodingOptions *options, GError **error)
{
  return gen_sound_encode_wav (
      &sample->sound, options->bits == 16 ? GEN_SOUND_WAV_S16 : GEN_SOUND_WAV_F32, error);
}

const GenEncoding gen_encoding_wav = {
  .name = "wav",
  .description = "WAV: lossless, floats as well",
  .medium = &gen_medium_sound,
  .extension = "wav",
  .encode = encode_wav,
};
