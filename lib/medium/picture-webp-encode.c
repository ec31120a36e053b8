/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures as WebP, by libwebp through libav. */
#include <generative/encoding.h>

#include <libavutil/opt.h>

#include "av-encode.h"
#include "embed.h"
#include "picture-private.h"

/* libwebp takes both halves of itself from BGRA, which it turns into Y'CbCr by its own rules. */
static GBytes *
encode (const GenPicture *picture, gboolean lossless, int quality, GError **error)
{
  g_auto (GenAvEncoder) encoder = { 0 };

  if (!gen_av_encoder_init (
          &encoder, "WebP", "libwebp", picture->width, picture->height, AV_PIX_FMT_RGB32, error) ||
      !gen_av_encoder_convert (&encoder, picture, error))
    return NULL;
  av_opt_set_int (encoder.codec->priv_data, "lossless", lossless, 0);
  av_opt_set_double (encoder.codec->priv_data, "quality", quality, 0);
  return gen_av_encoder_run (&encoder, error);
}

static GBytes *
encode_webp (const GenSample *sample, const GenEncodingOptions *options, GError **error)
{
  return encode (&sample->picture, FALSE, options->quality, error);
}

/* Here quality is the time that is taken to make it small. */
static GBytes *
encode_webp_lossless (const GenSample *sample, const GenEncodingOptions *options, GError **error)
{
  return encode (&sample->picture, TRUE, 75, error);
}

const GenEncoding gen_encoding_webp = {
  .name = "webp",
  .description = "WebP: smaller than JPEG, loses something",
  .medium = &gen_medium_picture,
  .extension = "webp",
  .has_alpha = TRUE,
  .encode = encode_webp,
  .embed = gen_embed_in_webp,
};

const GenEncoding gen_encoding_webp_lossless = {
  .name = "webp-lossless",
  .description = "WebP: lossless, but for colours below full transparency",
  .medium = &gen_medium_picture,
  .extension = "webp",
  .has_alpha = TRUE,
  .encode = encode_webp_lossless,
  .embed = gen_embed_in_webp,
};
