/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Films through libav's encoders and its muxer of AVI, which writes into memory: a file
 * appears whole, or not at all. */
#include <generative/clip.h>

#include <gio/gio.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
#include <string.h>

#include "../base/family.h"
#include "av-file.h"
#include "picture-private.h"

#define MUXER "avi"
#define BUFFER (1 << 16)
/* The end of libav's scale of JPEG that is of use; the other one is 1. */
#define COARSEST 31
/* What is smaller is not cut into slices. */
#define SLICED_SIZE 64
#define SLICES 4

const GenClipEncoding gen_clip_ffv1 = {
  .name = "ffv1",
  .description = "FFV1 in AVI: lossless",
  .extension = "avi",
  .has_alpha = TRUE,
  .codec = "ffv1",
};

const GenClipEncoding gen_clip_mjpeg = {
  .name = "mjpeg",
  .description = "Motion JPEG in AVI: small, each frame by itself",
  .extension = "avi",
  .codec = "mjpeg",
};

static const GenClipEncoding *const encodings[] = { &gen_clip_ffv1, &gen_clip_mjpeg, NULL };

const GenClipEncoding *const *
gen_clip_encoding_list (void)
{
  return encodings;
}

const GenClipEncoding *
gen_clip_encoding_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (
      encodings, name, "kind of film", G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, error);
}

/* The file, in memory. libav's own (avio_open_dyn_buf) loses what is behind a header that is filled
 * in later. */
typedef struct {
  GByteArray *bytes;
  gsize at;
} Memory;

struct _GenClip {
  const GenClipEncoding *encoding;
  GenClipSettings settings;
  Memory memory;
  AVFormatContext *format;
  AVCodecContext *codec;
  AVStream *stream;
  AVFrame *frame;
  AVPacket *packet;
  struct SwsContext *scaler;
  guint length;
};

static gboolean
fail (const GenClip *clip, int code, GError **error)
{
  char reason[AV_ERROR_MAX_STRING_SIZE];

  av_strerror (code, reason, sizeof reason);
  g_set_error (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_FILE,
      "a film of %dx%d pixels cannot be encoded as %s: %s", clip->settings.width,
      clip->settings.height, clip->encoding->name, reason);
  return FALSE;
}

/* What FFmpeg 7 hands over is not to be changed. */
#if LIBAVFORMAT_VERSION_INT >= AV_VERSION_INT(61, 0, 0)
typedef const uint8_t Written;
#else
typedef uint8_t Written;
#endif

static int
write_memory (void *opaque, Written *data, int size)
{
  Memory *memory = opaque;
  const gsize end = memory->at + (gsize)size;

  if (end > G_MAXINT)
    return AVERROR (EFBIG);
  if (end > memory->bytes->len)
    g_byte_array_set_size (memory->bytes, (guint)end);
  memcpy (memory->bytes->data + memory->at, data, (gsize)size);
  memory->at = end;
  return size;
}

static int64_t
seek_memory (void *opaque, int64_t offset, int whence)
{
  Memory *memory = opaque;

  if (whence == AVSEEK_SIZE)
    return memory->bytes->len;
  if (whence == SEEK_CUR)
    offset += (int64_t)memory->at;
  else if (whence == SEEK_END)
    offset += memory->bytes->len;
  if (offset < 0 || offset > memory->bytes->len)
    return AVERROR (EINVAL);
  memory->at = (gsize)offset;
  return offset;
}

static int
open_memory (GenClip *clip)
{
  uint8_t *buffer = av_malloc (BUFFER);

  clip->memory.bytes = g_byte_array_new ();
  clip->format->pb =
      avio_alloc_context (buffer, BUFFER, TRUE, &clip->memory, NULL, write_memory, seek_memory);
  return clip->format->pb != NULL ? 0 : AVERROR (ENOMEM);
}

static void
close_memory (GenClip *clip)
{
  if (clip->format == NULL || clip->format->pb == NULL)
    return;
  avio_flush (clip->format->pb);
  av_freep (&clip->format->pb->buffer);
  avio_context_free (&clip->format->pb);
}

static gboolean
is_jpeg (const GenClip *clip)
{
  return clip->encoding == &gen_clip_mjpeg;
}

/* Samples as the encoder takes them. */
static enum AVPixelFormat
pixels_of (const GenClip *clip)
{
  if (is_jpeg (clip))
    return AV_PIX_FMT_YUV444P;
  if (clip->settings.channels == 1)
    return AV_PIX_FMT_GRAY8;
  return clip->settings.channels == 4 ? AV_PIX_FMT_RGB32 : AV_PIX_FMT_0RGB32;
}

/* Slices are as many whatever the number of threads: the bytes are the same. */
static void
set_options (GenClip *clip)
{
  const int worse = 100 - CLAMP (clip->settings.quality, 0, 100);
  const int least = MIN (clip->settings.width, clip->settings.height);

  if (is_jpeg (clip)) {
    clip->codec->color_range = AVCOL_RANGE_JPEG;
    clip->codec->flags |= AV_CODEC_FLAG_QSCALE;
    clip->codec->global_quality = FF_QP2LAMBDA * (1 + (worse * (COARSEST - 1) + 50) / 100);
    return;
  }
  clip->codec->level = 3;
  clip->codec->slices = least >= SLICED_SIZE ? SLICES : 1;
}

static int
open_codec (GenClip *clip)
{
  const AVCodec *found = avcodec_find_encoder_by_name (clip->encoding->codec);

  if (found == NULL)
    return AVERROR_ENCODER_NOT_FOUND;
  clip->codec = avcodec_alloc_context3 (found);
  clip->codec->width = clip->settings.width;
  clip->codec->height = clip->settings.height;
  clip->codec->pix_fmt = pixels_of (clip);
  clip->codec->time_base = (AVRational){ clip->settings.rate_d, clip->settings.rate_n };
  clip->codec->framerate = av_inv_q (clip->codec->time_base);
  clip->codec->thread_count = clip->settings.threads;
  clip->codec->log_level_offset = GEN_AV_SILENCE;
  clip->codec->flags |= AV_CODEC_FLAG_BITEXACT;
  /* Each frame by itself: any can be shown without those before it. */
  clip->codec->gop_size = 1;
  if (clip->format->oformat->flags & AVFMT_GLOBALHEADER)
    clip->codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  set_options (clip);
  return avcodec_open2 (clip->codec, found, NULL);
}

static int
open_file (GenClip *clip)
{
  int code = avformat_alloc_output_context2 (&clip->format, NULL, MUXER, NULL);

  if (code < 0)
    return code;
  clip->format->flags |= AVFMT_FLAG_BITEXACT;
  code = open_codec (clip);
  if (code < 0)
    return code;
  clip->stream = avformat_new_stream (clip->format, NULL);
  clip->stream->time_base = clip->codec->time_base;
  clip->stream->avg_frame_rate = clip->codec->framerate;
  code = avcodec_parameters_from_context (clip->stream->codecpar, clip->codec);
  if (code >= 0)
    code = open_memory (clip);
  return code < 0 ? code : avformat_write_header (clip->format, NULL);
}

static int
open_frame (GenClip *clip)
{
  const GenClipSettings *settings = &clip->settings;
  int code;

  clip->packet = av_packet_alloc ();
  clip->frame = av_frame_alloc ();
  clip->frame->width = settings->width;
  clip->frame->height = settings->height;
  clip->frame->format = clip->codec->pix_fmt;
  clip->frame->color_range = clip->codec->color_range;
  code = av_frame_get_buffer (clip->frame, 0);
  if (code < 0)
    return code;
  clip->scaler = sws_getContext (settings->width, settings->height,
      gen_picture_av_format (settings->channels), settings->width, settings->height,
      clip->codec->pix_fmt, SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, NULL, NULL, NULL);
  if (clip->scaler == NULL)
    return AVERROR (ENOMEM);
  sws_setColorspaceDetails (clip->scaler, sws_getCoefficients (SWS_CS_DEFAULT), TRUE,
      sws_getCoefficients (SWS_CS_DEFAULT), is_jpeg (clip), 0, 1 << 16, 1 << 16);
  return 0;
}

GenClip *
gen_clip_new (const GenClipEncoding *encoding, const GenClipSettings *settings, GError **error)
{
  g_autoptr (GenClip) clip = g_new0 (GenClip, 1);
  int code;

  clip->encoding = encoding;
  clip->settings = *settings;
  code = open_file (clip);
  if (code >= 0)
    code = open_frame (clip);
  if (code >= 0)
    return g_steal_pointer (&clip);
  fail (clip, code, error);
  return NULL;
}

void
gen_clip_free (GenClip *clip)
{
  if (clip == NULL)
    return;
  close_memory (clip);
  g_clear_pointer (&clip->memory.bytes, g_byte_array_unref);
  sws_freeContext (clip->scaler);
  av_frame_free (&clip->frame);
  av_packet_free (&clip->packet);
  avcodec_free_context (&clip->codec);
  avformat_free_context (clip->format);
  g_free (clip);
}

/* What the encoder has made goes into the file. */
static int
write_packets (GenClip *clip)
{
  int code;

  while ((code = avcodec_receive_packet (clip->codec, clip->packet)) >= 0) {
    av_packet_rescale_ts (clip->packet, clip->codec->time_base, clip->stream->time_base);
    clip->packet->duration = av_rescale_q (1, clip->codec->time_base, clip->stream->time_base);
    clip->packet->stream_index = clip->stream->index;
    code = av_interleaved_write_frame (clip->format, clip->packet);
    if (code < 0)
      return code;
  }
  return code == AVERROR (EAGAIN) || code == AVERROR_EOF ? 0 : code;
}

gboolean
gen_clip_add (GenClip *clip, const GenPicture *picture, GError **error)
{
  const guint8 *const data[4] = { picture->data };
  const int strides[4] = { picture->stride };
  int code = av_frame_make_writable (clip->frame);

  if (code < 0)
    return fail (clip, code, error);
  sws_scale (
      clip->scaler, data, strides, 0, picture->height, clip->frame->data, clip->frame->linesize);
  clip->frame->pts = clip->length;
  clip->frame->quality = clip->codec->global_quality;
  code = avcodec_send_frame (clip->codec, clip->frame);
  if (code >= 0)
    code = write_packets (clip);
  clip->length += code >= 0;
  return code >= 0 || fail (clip, code, error);
}

guint
gen_clip_get_length (const GenClip *clip)
{
  return clip->length;
}

GBytes *
gen_clip_finish (GenClip *clip, GError **error)
{
  int code = avcodec_send_frame (clip->codec, NULL);

  if (code >= 0)
    code = write_packets (clip);
  if (code >= 0)
    code = av_write_trailer (clip->format);
  if (code < 0) {
    fail (clip, code, error);
    return NULL;
  }
  close_memory (clip);
  return g_byte_array_free_to_bytes (g_steal_pointer (&clip->memory.bytes));
}
