/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a video codec loses: MPEG-4 part 2 (ISO/IEC 14496-2), each picture by itself, by libav's
 * encoder and decoder, without a file. At coarse steps blocks and their edges are seen, as in films
 * of little bandwidth; what is foretold from other pictures is not. Both are kept with the
 * workspace, as long as pictures have one size. */
#include <string.h>

#include <gio/gio.h>
#include <libavcodec/avcodec.h>

#include "../../medium/av-file.h"
#include "picture.h"
#include "workspace.h"
#include "yuv.h"

typedef struct {
  AVCodecContext *encoder, *decoder;
  AVFrame *frame, *decoded;
  AVPacket *packet;
} Coding;

static void
coding_free (gpointer data)
{
  Coding *self = data;

  avcodec_free_context (&self->encoder);
  avcodec_free_context (&self->decoder);
  av_frame_free (&self->frame);
  av_frame_free (&self->decoded);
  av_packet_free (&self->packet);
  g_free (self);
}

static int
open_encoder (Coding *self, const AVCodec *codec, int width, int height)
{
  self->encoder = avcodec_alloc_context3 (codec);
  self->encoder->width = width;
  self->encoder->height = height;
  self->encoder->pix_fmt = AV_PIX_FMT_YUV420P;
  self->encoder->time_base = (AVRational){ 1, 25 };
  self->encoder->gop_size = 1;
  self->encoder->thread_count = 1;
  self->encoder->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
  self->encoder->log_level_offset = GEN_AV_SILENCE;
  return avcodec_open2 (self->encoder, codec, NULL);
}

static int
open_decoder (Coding *self, const AVCodec *codec)
{
  self->decoder = avcodec_alloc_context3 (codec);
  self->decoder->thread_count = 1;
  self->decoder->flags |= AV_CODEC_FLAG_LOW_DELAY | AV_CODEC_FLAG_BITEXACT;
  self->decoder->log_level_offset = GEN_AV_SILENCE;
  return avcodec_open2 (self->decoder, codec, NULL);
}

static gboolean
find_codecs (const AVCodec **encoder, const AVCodec **decoder)
{
  *encoder = avcodec_find_encoder_by_name ("mpeg4");
  *decoder = avcodec_find_decoder (AV_CODEC_ID_MPEG4);
  return *encoder != NULL && *decoder != NULL;
}

static gboolean
check (GError **error)
{
  const AVCodec *encoder, *decoder;

  if (find_codecs (&encoder, &decoder))
    return TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
      "this libav was built without its encoder of MPEG-4 (mpeg4), or without the decoder");
  return FALSE;
}

/* For pictures of that size; NULL where there is none. */
static Coding *
coding_new (int width, int height)
{
  Coding *self = g_new0 (Coding, 1);
  const AVCodec *encoder, *decoder;
  int code = find_codecs (&encoder, &decoder) ? 0 : AVERROR_ENCODER_NOT_FOUND;

  self->frame = av_frame_alloc ();
  self->decoded = av_frame_alloc ();
  self->packet = av_packet_alloc ();
  if (code >= 0)
    code = open_encoder (self, encoder, width, height);
  if (code >= 0)
    code = open_decoder (self, decoder);
  self->frame->width = width;
  self->frame->height = height;
  self->frame->format = AV_PIX_FMT_YUV420P;
  self->frame->pts = -1; /* of the one before */
  if (code >= 0)
    code = av_frame_get_buffer (self->frame, 0);
  if (code >= 0)
    return self;
  coding_free (self);
  return NULL;
}

static Coding *
coding_for (GenAugmentWorkspace *workspace, const GenPicture *picture)
{
  Coding *self = gen_augment_kept (workspace);

  if (self != NULL && self->frame->width == picture->width &&
      self->frame->height == picture->height)
    return self;
  self = coding_new (picture->width, picture->height);
  if (self != NULL)
    gen_augment_keep (workspace, self, coding_free);
  return self;
}

/* To `decoded`. */
static int
run (Coding *self, int step)
{
  int code = 0;

  self->frame->quality = step * FF_QP2LAMBDA;
  self->frame->pts++;
  code = avcodec_send_frame (self->encoder, self->frame);
  if (code >= 0)
    code = avcodec_receive_packet (self->encoder, self->packet);
  if (code >= 0)
    code = avcodec_send_packet (self->decoder, self->packet);
  if (code >= 0)
    code = avcodec_receive_frame (self->decoder, self->decoded);
  av_packet_unref (self->packet);
  return code;
}

/* --- pictures --- */

static GenAugmentFrame
frame_of (AVFrame *frame)
{
  GenAugmentFrame planes = { .width = frame->width,
    .height = frame->height,
    .n_planes = 3,
    .across = 2,
    .down = 2,
    .red = GEN_LUMA_RED,
    .blue = GEN_LUMA_BLUE };

  for (int p = 0; p < 3; p++)
    planes.planes[p] = (GenPicture){ .data = frame->data[p],
      .width = p > 0 ? (frame->width + 1) / 2 : frame->width,
      .height = p > 0 ? (frame->height + 1) / 2 : frame->height,
      .channels = 1,
      .stride = frame->linesize[p] };
  return planes;
}

/* Rows of the picture in three channels, and those of a frame that they are beside. */
typedef struct {
  GenColourMatrix to_rgb, to_yuv;
  float *sums;
  guint8 *chroma, *pixels;
} Rows;

static void
copy_pixels (const guint8 *in, int from, guint8 *out, int to, int n)
{
  for (int i = 0; i < n; i++, in += from, out += to)
    memcpy (out, in, 3);
}

static void
put (const GenPicture *picture, AVFrame *frame, const Rows *rows)
{
  const GenAugmentFrame planes = frame_of (frame);
  const int width = picture->width;

  if (picture->channels == 1) {
    for (int y = 0; y < picture->height; y++)
      memcpy (frame->data[0] + (gssize)y * frame->linesize[0],
          picture->data + (gssize)y * picture->stride, (gsize)width);
    for (int p = 1; p < 3; p++)
      memset (frame->data[p], 128, (gsize)frame->linesize[p] * (gsize)planes.planes[p].height);
    return;
  }
  for (int y = 0; y < picture->height; y += 2) {
    for (int k = 0; k < 2 && y + k < picture->height; k++)
      copy_pixels (picture->data + (gssize)(y + k) * picture->stride, picture->channels,
          rows->pixels + (gsize)k * 3 * (gsize)width, 3, width);
    gen_yuv_write_rows (&planes, (const double (*)[4])rows->to_yuv, y, rows->pixels, rows->sums);
  }
}

static void
take (GenPicture *picture, AVFrame *frame, const Rows *rows)
{
  const GenAugmentFrame planes = frame_of (frame);
  const int width = picture->width;

  for (int y = 0; picture->channels == 1 && y < picture->height; y++)
    memcpy (picture->data + (gssize)y * picture->stride,
        frame->data[0] + (gssize)y * frame->linesize[0], (gsize)width);
  for (int y = 0; picture->channels > 1 && y < picture->height; y += 2) {
    gen_yuv_read_rows (&planes, (const double (*)[4])rows->to_rgb, y, rows->chroma, rows->pixels);
    for (int k = 0; k < 2 && y + k < picture->height; k++)
      copy_pixels (rows->pixels + (gsize)k * 3 * (gsize)width, 3,
          picture->data + (gssize)(y + k) * picture->stride, picture->channels, width);
  }
}

static void
whole (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    GenAugmentWorkspace *workspace, GenPicture *picture)
{
  Coding *coding = coding_for (workspace, picture);
  const gsize width = (gsize)picture->width + 1;
  Rows rows;

  /* Pictures that no film is as large as stay. */
  if (coding == NULL || av_frame_make_writable (coding->frame) < 0)
    return;
  rows.sums =
      gen_augment_scratch (workspace, GEN_SCRATCH_ROWS, 2 * width * sizeof *rows.sums + 8 * width);
  rows.chroma = (guint8 *)(rows.sums + 2 * width);
  rows.pixels = rows.chroma + 2 * width;
  const GenAugmentFrame planes = frame_of (coding->frame);
  gen_yuv_find_matrices (&planes, rows.to_rgb, rows.to_yuv);
  put (picture, coding->frame, &rows);
  if (run (coding, (int)step->values[0]) >= 0)
    take (picture, coding->decoded, &rows);
  av_frame_unref (coding->decoded);
}

static const GenPictureChange change = { .kind = GEN_CHANGE_WHOLE, .whole = whole };

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  const int step = 1 + (int)(amount * uniform[0]);

  gen_augment_picture_add (draw, &change, (double[]){ MIN (step, amount) }, 1);
}

const GenAugmentation gen_augmentation_picture_mpeg = {
  .medium = &gen_medium_picture,
  .name = "mpeg",
  .stream = "mpeg",
  .description =
      "Coarsest step of a quantiser of MPEG-4, of 31, that a frame is coded with by itself",
  .maximum = 31,
  .check = check,
  .apply_picture = apply,
};
