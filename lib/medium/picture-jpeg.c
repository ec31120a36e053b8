/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures as JPEG, by libav's encoder. */
#include <generative/encoding.h>

#include "av-encode.h"
#include "embed.h"
#include "picture-private.h"

/* From this quality on colours are as sharp as brightness. */
#define WHOLE_CHROMA 90

/* libav divides coefficients by MPEG's matrix times 1 to 31, eighths of it. */
#define COARSEST 31

static int
scale_of (int quality)
{
  return 1 + ((100 - quality) * (COARSEST - 1) + 50) / 100;
}

static gboolean
encode_colours (GenAvEncoder *encoder, const GenPicture *picture, int quality, GError **error)
{
  encoder->codec->color_range = encoder->frame->color_range = AVCOL_RANGE_JPEG;
  encoder->codec->flags |= AV_CODEC_FLAG_QSCALE;
  encoder->codec->qmin = 1;
  encoder->codec->global_quality = encoder->frame->quality = scale_of (quality) * FF_QP2LAMBDA;
  return gen_av_encoder_convert (encoder, picture, error);
}

/* JPEG has no transparency, and libav's encoder no grey of its own. */
static const GenPicture *
as_colours (const GenPicture *picture, GenPicture *colours)
{
  if (picture->channels == 3)
    return picture;
  gen_picture_init (colours, picture->width, picture->height, 3);
  gen_picture_convert (picture, colours);
  return colours;
}

static GBytes *
encode_jpeg (const GenSample *sample, const GenEncodingOptions *options, GError **error)
{
  g_auto (GenAvEncoder) encoder = { 0 };
  g_auto (GenPicture) colours = { 0 };
  const GenPicture *picture = as_colours (&sample->picture, &colours);
  const enum AVPixelFormat format =
      options->quality >= WHOLE_CHROMA ? AV_PIX_FMT_YUV444P : AV_PIX_FMT_YUV420P;

  if (!gen_av_encoder_init (
          &encoder, "JPEG", "mjpeg", picture->width, picture->height, format, error) ||
      !encode_colours (&encoder, picture, options->quality, error))
    return NULL;
  return gen_av_encoder_run (&encoder, error);
}

const GenEncoding gen_encoding_jpeg = {
  .name = "jpeg",
  .description = "JPEG: small, loses something",
  .medium = &gen_medium_picture,
  .extension = "jpg",
  .encode = encode_jpeg,
  .embed = gen_embed_in_jpeg,
};
