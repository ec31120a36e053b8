/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "av-encode.h"

#include <libavutil/opt.h>
#include <libswscale/swscale.h>

#include "av-file.h"
#include "picture-private.h"

static gboolean
fail (const GenAvEncoder *encoder, int code, GError **error)
{
  char reason[AV_ERROR_MAX_STRING_SIZE];

  av_strerror (code, reason, sizeof reason);
  g_set_error (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_FILE,
      "%dx%d pixels cannot be encoded as %s: %s", encoder->codec->width, encoder->codec->height,
      encoder->kind, reason);
  return FALSE;
}

gboolean
gen_av_encoder_init (GenAvEncoder *encoder, const char *kind, const char *name, int width,
    int height, enum AVPixelFormat format, GError **error)
{
  const AVCodec *found = avcodec_find_encoder_by_name (name);

  *encoder = (GenAvEncoder){ .kind = kind };
  if (found == NULL) {
    g_set_error (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_FILE,
        "this libav was built without its encoder for %s (%s)", kind, name);
    return FALSE;
  }
  encoder->codec = avcodec_alloc_context3 (found);
  encoder->frame = av_frame_alloc ();
  encoder->codec->width = encoder->frame->width = width;
  encoder->codec->height = encoder->frame->height = height;
  encoder->codec->pix_fmt = format;
  encoder->frame->format = format;
  encoder->codec->time_base = (AVRational){ 1, 1 };
  encoder->codec->thread_count = 1;
  encoder->codec->log_level_offset = GEN_AV_SILENCE;
  return TRUE;
}

void
gen_av_encoder_clear (GenAvEncoder *encoder)
{
  av_frame_free (&encoder->frame);
  avcodec_free_context (&encoder->codec);
}

void
gen_av_encoder_take (GenAvEncoder *encoder, const GenPicture *picture)
{
  encoder->frame->data[0] = picture->data;
  encoder->frame->linesize[0] = picture->stride;
}

/* swscale from interleaved samples to those of `frame`. */
static struct SwsContext *
converter_for (const GenPicture *picture, const AVFrame *frame)
{
  const gboolean full = frame->color_range == AVCOL_RANGE_JPEG;
  struct SwsContext *context = sws_alloc_context ();

  av_opt_set_int (context, "srcw", picture->width, 0);
  av_opt_set_int (context, "srch", picture->height, 0);
  av_opt_set_int (context, "src_format", gen_picture_av_format (picture->channels), 0);
  av_opt_set_int (context, "dstw", picture->width, 0);
  av_opt_set_int (context, "dsth", picture->height, 0);
  av_opt_set_int (context, "dst_format", frame->format, 0);
  av_opt_set_int (context, "sws_flags",
      SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP, 0);
  sws_setColorspaceDetails (context, sws_getCoefficients (SWS_CS_DEFAULT), TRUE,
      sws_getCoefficients (SWS_CS_DEFAULT), full, 0, 1 << 16, 1 << 16);
  if (sws_init_context (context, NULL, NULL) >= 0)
    return context;
  sws_freeContext (context);
  return NULL;
}

gboolean
gen_av_encoder_convert (GenAvEncoder *encoder, const GenPicture *picture, GError **error)
{
  const guint8 *const data[4] = { picture->data };
  const int strides[4] = { picture->stride };
  struct SwsContext *context;
  const int code = av_frame_get_buffer (encoder->frame, 0);

  if (code < 0)
    return fail (encoder, code, error);
  context = converter_for (picture, encoder->frame);
  if (context == NULL)
    return fail (encoder, AVERROR (EINVAL), error);
  sws_scale (
      context, data, strides, 0, picture->height, encoder->frame->data, encoder->frame->linesize);
  sws_freeContext (context);
  return TRUE;
}

static void
free_packet (gpointer packet)
{
  av_packet_free (&(AVPacket *){ packet });
}

GBytes *
gen_av_encoder_run (GenAvEncoder *encoder, GError **error)
{
  AVPacket *packet = av_packet_alloc ();
  int code = avcodec_open2 (encoder->codec, NULL, NULL);

  if (code >= 0)
    code = avcodec_send_frame (encoder->codec, encoder->frame);
  if (code >= 0)
    code = avcodec_send_frame (encoder->codec, NULL);
  if (code >= 0)
    code = avcodec_receive_packet (encoder->codec, packet);
  if (code >= 0)
    return g_bytes_new_with_free_func (packet->data, (gsize)packet->size, free_packet, packet);
  fail (encoder, code, error);
  av_packet_free (&packet);
  return NULL;
}
