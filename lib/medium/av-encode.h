/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* One picture through an encoder of libav. */
#pragma once

#include <generative/picture.h>

#include <libavcodec/avcodec.h>

/* An encoder for a picture of that size in the pixel format `format`, not yet open, and a frame of
 * it without memory. FALSE with `error` where this libav has no encoder of that `name`; `kind` is
 * how people call its files. */
typedef struct {
  const char *kind;
  AVCodecContext *codec;
  AVFrame *frame;
} GenAvEncoder;

gboolean gen_av_encoder_init (GenAvEncoder *encoder, const char *kind, const char *name, int width,
    int height, enum AVPixelFormat format, GError **error);
void gen_av_encoder_clear (GenAvEncoder *encoder);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenAvEncoder, gen_av_encoder_clear)

/* Let the frame be `picture` itself, which lies as the format says; */
void gen_av_encoder_take (GenAvEncoder *encoder, const GenPicture *picture);
/* or what swscale makes of it. */
gboolean gen_av_encoder_convert (GenAvEncoder *encoder, const GenPicture *picture, GError **error);
/* The file. (transfer full) */
GBytes *gen_av_encoder_run (GenAvEncoder *encoder, GError **error);
