/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/medium.h>

/* The AVPixelFormat of pictures of 1, 3 or 4 channels. */
int gen_picture_av_format (int channels);

/* A format without the range that it may imply, which swscale takes from us and warns of. */
int gen_picture_av_without_range (int format);

/* Convert `source` to the channels of `target`, which has the same size. */
void gen_picture_convert (const GenPicture *source, GenPicture *target);
/* The same in front of `background` where transparency does not fit the channels. */
void gen_picture_convert_over (const GenPicture *source, GenPicture *target, guint32 background);

/* The samples of a frame that libav decoded, turned as it says, in a picture that is filled anew;
 * FALSE where its format cannot be converted. */
struct AVFrame;
gboolean gen_picture_from_frame (const struct AVFrame *frame, GenPicture *picture);

/* A file's picture, or that of its content where `bytes` are given, into the size and the channels
 * of `target`. A JPEG that becomes much smaller is decoded as small as it may be. */
gboolean gen_picture_load_fitting (
    GenPicture *target, const char *path, GBytes *bytes, const GenFitting *fitting, GError **error);

/* The size of the picture in a file, or in its content where `bytes` are given, turned upright, by
 * the header alone; FALSE where no more than decoding it tells. */
gboolean gen_picture_find_size (const char *path, GBytes *bytes, int *width, int *height);

/* TRUE when the name or, failing that, the first bytes of the file tell a picture, which may be
 * one that libav cannot decode. Says nothing of whether the file is whole. */
gboolean gen_picture_recognise (const char *path);
/* The same by the name alone. */
gboolean gen_picture_is_named (const char *name);

/* --- picture-webp.c --- */

/* How many bytes tell an animated WebP. */
#define GEN_WEBP_HEADER 30

/* What an animation is shown on, and where its first frame begins there. */
typedef struct {
  int width, height;
  int x, y;
} GenWebpCanvas;

gboolean gen_webp_is_animated (const guint8 *start, gsize length);
/* The first frame of the animated WebP `data` as a still one, or NULL where the file is damaged or
 * cut short. The frame is within the canvas. (transfer full) */
GByteArray *gen_webp_first_frame (const guint8 *data, gsize size, GenWebpCanvas *canvas);
