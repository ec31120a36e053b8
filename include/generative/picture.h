/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

#include <generative/api.h>

G_BEGIN_DECLS

/**
 * GenPicture: u8 samples, interleaved: 1 channel is grey, 3 are RGB, 4 RGBA with straight
 * (not premultiplied) alpha.
 * `data` may belong to somebody else (a GStreamer frame); gen_picture_clear frees it only
 * when `owned`.
 */
typedef struct {
  guint8 *data;
  int width, height, channels;
  int stride; /* bytes from row to row; negative where the last row comes first in memory */
  gboolean owned;
} GenPicture;

#define GEN_PICTURE_ERROR (gen_picture_error_quark ())
GEN_API GQuark gen_picture_error_quark (void);
typedef enum {
  GEN_PICTURE_ERROR_FILE,   /* cannot be opened or written */
  GEN_PICTURE_ERROR_DECODE, /* no picture in it, or damaged */
  GEN_PICTURE_ERROR_NONE,   /* a file of films that has sound or others alone. Since: 0.2 */
} GenPictureError;

/* A new picture of zeros; free with gen_picture_clear. */
GEN_API void gen_picture_init (GenPicture *picture, int width, int height, int channels);
GEN_API void gen_picture_clear (GenPicture *picture);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GenPicture, gen_picture_clear)

/* Decode the first picture of any file that libav reads, turned upright where the file says
 * how it was held. channels: 1, 3 or 4, or 0 for what the file has. Transparency that does not
 * fit the channels is composed over black; grey is the luma of ITU-R BT.601. `picture` is
 * filled anew. A file that is cut short or fails its checksum is an error, not half a picture.
 * Pictures of more than GEN_PICTURE_MAX_PIXELS are refused. */
#define GEN_PICTURE_MAX_PIXELS (1 << 28)
GEN_API gboolean gen_picture_load (
    GenPicture *picture, const char *path, int channels, GError **error);
/* The same of a file's content in memory; `name` stands for the file in errors. */
GEN_API gboolean gen_picture_load_bytes (
    GenPicture *picture, GBytes *bytes, const char *name, int channels, GError **error);
/* Encode as PNG. (transfer full) */
GEN_API GBytes *gen_picture_encode_png (const GenPicture *picture, GError **error);
/* The same to a file, atomically (temporary name, sync, rename). */
GEN_API gboolean gen_picture_save_png (const GenPicture *picture, const char *path, GError **error);

typedef enum {
  GEN_FIT_STRETCH,     /* scale to the size, whatever the shape becomes */
  GEN_FIT_CROP,        /* scale to cover the size, cut what stands over */
  GEN_FIT_PAD,         /* scale to fit within, pad with black (zeros); never enlarge */
  GEN_FIT_RANDOM_CROP, /* scale a part that datasets draw (GenFitting); here the same as CROP */
} GenFit;

/* Bring `source` to the size and channels of `target`: along an axis that shrinks by the mean of
 * what a pixel covers, bicubic (Catmull and Rom's) along one that grows, neither where the size
 * stays. The two must not overlap. Allocates
 * nothing when no scaling is needed. */
GEN_API gboolean gen_picture_fit (
    const GenPicture *source, GenPicture *target, GenFit fit, GError **error);
/* The same in front of the colour `background`, 0xRRGGBB, where transparency does not fit the
 * channels, and padded with it; gen_picture_fit does so in front of black. Pictures with alpha are
 * padded with nothing. Since: 0.2 */
#define GEN_PICTURE_BLACK 0x000000u
GEN_API gboolean gen_picture_fit_over (
    const GenPicture *source, GenPicture *target, GenFit fit, guint32 background, GError **error);

/* Between bytes and what nets work on: one plane of numbers a channel, `low` standing for the
 * byte 0 and `high` for 255. Back to bytes, numbers are rounded and clamped. */
GEN_API void gen_picture_to_planes (
    const GenPicture *picture, float low, float high, float *planes);
GEN_API void gen_picture_from_planes (
    GenPicture *picture, float low, float high, const float *planes);

G_END_DECLS
