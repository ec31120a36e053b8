/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reading sound through libav. As with pictures, a file is opened by its content and not by its
 * name, and nothing that it refers to is opened. */
#include "sound-reader.h"

#include <generative/sound.h>

#include <string.h>

#include "av-file.h"

#define MAX_PROBE_PACKETS 2

void
gen_sound_reader_clear (GenSoundReader *reader)
{
  av_frame_free (&reader->frame);
  av_packet_free (&reader->packet);
  avcodec_free_context (&reader->codec);
  avformat_close_input (&reader->format);
  gen_av_close (&reader->io);
}

gboolean
gen_sound_fail (const char *path, const char *what, int code, GError **error)
{
  char reason[AV_ERROR_MAX_STRING_SIZE] = "";

  if (code < 0)
    av_strerror (code, reason, sizeof reason);
  g_set_error (error, GEN_SOUND_ERROR, GEN_SOUND_ERROR_DECODE, "%s: %s%s%s", path, what,
      code < 0 ? ": " : "", reason);
  return FALSE;
}

/* The first stream of sound that there is a decoder for, or an error; the others are left alone. */
static int
find_first (AVFormatContext *format, const AVCodec **codec)
{
  int found = AVERROR_STREAM_NOT_FOUND;

  for (unsigned i = 0; i < format->nb_streams; i++) {
    AVStream *stream = format->streams[i];

    if (found < 0 && stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO) {
      *codec = avcodec_find_decoder (stream->codecpar->codec_id);
      if (*codec != NULL) {
        found = (int)i;
        continue;
      }
      found = AVERROR_DECODER_NOT_FOUND;
    }
    stream->discard = AVDISCARD_ALL;
  }
  return found;
}

/* The stream of sound, or an error of libav's. */
static int
open_stream (GenSoundReader *reader, const AVCodec **codec)
{
  AVDictionary *options = NULL;
  int code;

  reader->format = gen_av_format_new (reader->io);
  av_dict_set (&options, "protocol_whitelist", "none", 0);
  /* libav would look into megabytes of a WAV file for what could be hidden in its samples. */
  av_dict_set_int (&options, "max_probe_packets", MAX_PROBE_PACKETS, 0);
  code = avformat_open_input (&reader->format, reader->path, NULL, &options);
  av_dict_free (&options);
  if (code < 0)
    return code;
  /* The header mostly says all there is; what it says nothing of the decoder will know. */
  code = find_first (reader->format, codec);
  if (code < 0 && avformat_find_stream_info (reader->format, NULL) >= 0)
    code = find_first (reader->format, codec);
  return code;
}

gboolean
gen_sound_reader_is_mpeg (const GenSoundReader *reader)
{
  enum AVCodecID codec = reader->stream->codecpar->codec_id;

  return codec == AV_CODEC_ID_MP3 || codec == AV_CODEC_ID_MP2 || codec == AV_CODEC_ID_MP1;
}

static gboolean
open_codec (GenSoundReader *reader, const AVCodec *codec, GError **error)
{
  int code;

  reader->codec = avcodec_alloc_context3 (codec);
  code = avcodec_parameters_to_context (reader->codec, reader->stream->codecpar);
  if (code >= 0) {
    reader->codec->pkt_timebase = reader->stream->time_base;
    reader->codec->thread_count = 1; /* files are decoded side by side instead */
    reader->codec->err_recognition = AV_EF_CRCCHECK | AV_EF_BUFFER;
    /* A stream of MPEG's may begin anywhere, and its first frame hang on what is not there. */
    if (!gen_sound_reader_is_mpeg (reader))
      reader->codec->err_recognition |= AV_EF_EXPLODE;
    reader->codec->log_level_offset = GEN_AV_SILENCE;
    code = avcodec_open2 (reader->codec, codec, NULL);
  }
  if (code < 0)
    return gen_sound_fail (reader->path, "the decoder cannot be opened", code, error);
  reader->packet = av_packet_alloc ();
  reader->frame = av_frame_alloc ();
  return TRUE;
}

gboolean
gen_sound_reader_open (GenSoundReader *reader, const char *path, GBytes *bytes, GError **error)
{
  g_autofree char *reason = NULL;
  const AVCodec *codec = NULL;
  int index;

  *reader = (GenSoundReader){ .path = path, .bytes = bytes };
  reader->io = bytes != NULL ? gen_av_bytes_open (bytes) : gen_av_file_open (path, &reason);
  if (reader->io == NULL) {
    g_set_error (error, GEN_SOUND_ERROR, GEN_SOUND_ERROR_FILE, "%s: %s", path, reason);
    return FALSE;
  }
  index = open_stream (reader, &codec);
  if (index < 0)
    return gen_sound_fail (path, "no sound that libav can read", index, error);
  reader->stream = reader->format->streams[index];
  return open_codec (reader, codec, error);
}

/* Whether a packet ends before it should. That the last one of a WAV file does is for its header to
 * judge: who writes to a pipe cannot say how much there will be. */
static gboolean
is_cut (const GenSoundReader *reader)
{
  return (reader->packet->flags & AV_PKT_FLAG_CORRUPT) != 0 &&
         !g_str_equal (reader->format->iformat->name, "wav");
}

/* Give the decoder its next packet, or tell it of the end. */
static int
send_packet (GenSoundReader *reader)
{
  int code = av_read_frame (reader->format, reader->packet);

  if (code < 0 && code != AVERROR_EOF)
    return code;
  if (code >= 0 && reader->packet->stream_index != reader->stream->index) {
    av_packet_unref (reader->packet);
    return 0;
  }
  reader->drained = code == AVERROR_EOF;
  if (!reader->drained && is_cut (reader)) {
    av_packet_unref (reader->packet);
    return AVERROR_INVALIDDATA;
  }
  code = avcodec_send_packet (reader->codec, reader->drained ? NULL : reader->packet);
  av_packet_unref (reader->packet);
  return code;
}

int
gen_sound_reader_next (GenSoundReader *reader, gboolean lenient)
{
  for (;;) {
    int code = avcodec_receive_frame (reader->codec, reader->frame);

    if (code == AVERROR (EAGAIN))
      code = send_packet (reader);
    else if (code >= 0 && reader->frame->decode_error_flags == 0 &&
             (reader->frame->flags & AV_FRAME_FLAG_CORRUPT) == 0)
      return 0;
    else if (code >= 0)
      code = AVERROR_INVALIDDATA;
    if (code < 0 && (code != AVERROR_INVALIDDATA || !lenient || reader->drained))
      return code;
  }
}

gboolean
gen_sound_reader_has_fine_times (const GenSoundReader *reader, int rate)
{
  return av_cmp_q (reader->stream->time_base, (AVRational){ 1, rate }) <= 0;
}

gint64
gen_sound_reader_promised (const GenSoundReader *reader, int rate)
{
  if (reader->stream->duration == AV_NOPTS_VALUE || !gen_sound_reader_has_fine_times (reader, rate))
    return -1;
  return av_rescale_q (
      reader->stream->duration, reader->stream->time_base, (AVRational){ 1, rate });
}

gboolean
gen_sound_reader_is_lossless (const GenSoundReader *reader)
{
  const AVCodecDescriptor *descriptor = avcodec_descriptor_get (reader->codec->codec_id);

  return descriptor != NULL && (descriptor->props & AV_CODEC_PROP_LOSSY) == 0;
}

gboolean
gen_sound_reader_is_pcm (const GenSoundReader *reader)
{
  return av_get_exact_bits_per_sample (reader->codec->codec_id) > 0 &&
         strncmp (avcodec_get_name (reader->codec->codec_id), "pcm_", 4) == 0;
}

gboolean
gen_sound_reader_seek (GenSoundReader *reader, gint64 zero, guint64 at, int rate)
{
  const AVRational sample = { 1, rate };
  gint64 time;

  if (zero == AV_NOPTS_VALUE || !gen_sound_reader_has_fine_times (reader, rate))
    return FALSE;
  time = zero + av_rescale_q ((gint64)at, sample, reader->stream->time_base);
  if (av_seek_frame (reader->format, reader->stream->index, time, AVSEEK_FLAG_BACKWARD) < 0)
    return FALSE;
  avcodec_flush_buffers (reader->codec);
  reader->drained = FALSE;
  return TRUE;
}
