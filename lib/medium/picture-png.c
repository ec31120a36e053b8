/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures as PNG. */
#include <generative/atomic-file.h>
#include <generative/encoding.h>

#include <libavutil/opt.h>

#include "av-encode.h"
#include "embed.h"
#include "have.h"
#include "picture-private.h"
#include "png-write.h"

/* What is too large for one chunk, or all where libdeflate is not there. */
static GBytes *
encode_by_libav (const GenPicture *picture, GError **error)
{
  g_auto (GenAvEncoder) encoder = { 0 };

  if (!gen_av_encoder_init (&encoder, "PNG", "png", picture->width, picture->height,
          gen_picture_av_format (picture->channels), error))
    return NULL;
  gen_av_encoder_take (&encoder, picture);
  av_opt_set (encoder.codec->priv_data, "pred", "mixed", 0);
  return gen_av_encoder_run (&encoder, error);
}

GBytes *
gen_picture_encode_png (const GenPicture *picture, GError **error)
{
#ifdef GEN_HAVE_DEFLATE
  GBytes *file = gen_png_write (picture);

  if (file != NULL)
    return file;
#endif
  return encode_by_libav (picture, error);
}

gboolean
gen_picture_save_png (const GenPicture *picture, const char *path, GError **error)
{
  g_autoptr (GBytes) bytes = gen_picture_encode_png (picture, error);
  g_autoptr (GError) reason = NULL;

  if (bytes == NULL) {
    g_prefix_error (error, "%s: ", path);
    return FALSE;
  }
  if (gen_atomic_write (path, bytes, &reason))
    return TRUE;
  g_set_error_literal (error, GEN_PICTURE_ERROR, GEN_PICTURE_ERROR_FILE, reason->message);
  return FALSE;
}

static GBytes *
encode_png (const GenSample *sample, const GenEncodingOptions *options, GError **error)
{
  return gen_picture_encode_png (&sample->picture, error);
}

const GenEncoding gen_encoding_png = {
  .name = "png",
  .description = "PNG: lossless",
  .medium = &gen_medium_picture,
  .extension = "png",
  .has_alpha = TRUE,
  .encode = encode_png,
  .embed = gen_embed_in_png,
};
