/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures in memory: allocation, channels, and fitting one into the size of another. */
#include <generative/picture.h>

#include <string.h>

#include <libavutil/pixfmt.h>

#include "picture-private.h"
#include "picture-scale.h"

G_DEFINE_QUARK (gen - picture - error - quark, gen_picture_error)

/* What swscale, which converts what libav decodes, may touch beyond a row and a picture. */
#define ROW_ALIGNMENT 64
#define TAIL_BYTES 64

void
gen_picture_init (GenPicture *picture, int width, int height, int channels)
{
  int stride = (width * channels + ROW_ALIGNMENT - 1) / ROW_ALIGNMENT * ROW_ALIGNMENT;

  g_return_if_fail (width > 0 && height > 0);
  g_return_if_fail (channels == 1 || channels == 3 || channels == 4);

  *picture = (GenPicture){
    .data = g_malloc0 ((gsize)stride * (gsize)height + TAIL_BYTES),
    .width = width,
    .height = height,
    .channels = channels,
    .stride = stride,
    .owned = TRUE,
  };
}

void
gen_picture_clear (GenPicture *picture)
{
  if (picture->owned)
    g_free (picture->data);
  *picture = (GenPicture){ 0 };
}

static inline guint8 *
row_of (const GenPicture *picture, int y)
{
  return picture->data + (gssize)y * picture->stride;
}

/* a * b / 255, rounded. */
static inline guint
multiply_u8 (guint a, guint b)
{
  guint product = a * b + 128;

  return (product + (product >> 8)) >> 8;
}

/* The luma of ITU-R BT.601, its weights in 1/65536. */
static inline guint8
luma (guint r, guint g, guint b)
{
  return (guint8)((19595 * r + 38470 * g + 7471 * b + 32768) >> 16);
}

/* `colour`, of which `alpha` of 255 covers what is behind, in front of byte `place` of 0xRRGGBB. */
static inline guint
over (guint colour, guint alpha, guint32 background, int place)
{
  return multiply_u8 (colour, alpha) + multiply_u8 ((background >> place) & 255, 255 - alpha);
}

static void
convert_row (const guint8 *in, int from, guint8 *out, int to, int n, guint32 background)
{
  if (from == to) {
    memcpy (out, in, (gsize)n * (gsize)to);
    return;
  }
  for (int x = 0; x < n; x++, in += from, out += to) {
    guint r = in[0], g = from == 1 ? r : in[1], b = from == 1 ? r : in[2];

    if (from == 4 && to < 4) {
      r = over (r, in[3], background, 16);
      g = over (g, in[3], background, 8);
      b = over (b, in[3], background, 0);
    }
    if (to == 1) {
      out[0] = luma (r, g, b);
      continue;
    }
    out[0] = (guint8)r;
    out[1] = (guint8)g;
    out[2] = (guint8)b;
    if (to == 4)
      out[3] = 255;
  }
}

void
gen_picture_convert_over (const GenPicture *source, GenPicture *target, guint32 background)
{
  for (int y = 0; y < source->height; y++)
    convert_row (row_of (source, y), source->channels, row_of (target, y), target->channels,
        source->width, background);
}

void
gen_picture_convert (const GenPicture *source, GenPicture *target)
{
  gen_picture_convert_over (source, target, GEN_PICTURE_BLACK);
}

/* Part of a picture, sharing its samples. */
static GenPicture
view_of (const GenPicture *picture, int x, int y, int width, int height)
{
  GenPicture view = *picture;

  view.data = row_of (picture, y) + (gsize)x * (gsize)picture->channels;
  view.width = width;
  view.height = height;
  view.owned = FALSE;
  return view;
}

/* With alpha nothing is there, and else the background. */
static void
fill (GenPicture *picture, guint32 background)
{
  static const guint8 nothing[4];

  for (int y = 0; y < picture->height; y++)
    for (int x = 0; x < picture->width; x++) {
      guint8 *pixel = row_of (picture, y) + (gsize)x * (gsize)picture->channels;

      if (picture->channels == 4)
        memcpy (pixel, nothing, 4);
      else
        convert_row (nothing, 4, pixel, picture->channels, 1, background);
    }
}

/* A transparent pixel has no colour that should bleed into its neighbours when they are
 * averaged, so pictures with alpha are scaled with their colours multiplied by it. */
static void
premultiply (GenPicture *picture)
{
  for (int y = 0; y < picture->height; y++) {
    guint8 *p = row_of (picture, y);

    for (int x = 0; x < picture->width; x++, p += 4)
      for (int c = 0; c < 3; c++)
        p[c] = (guint8)multiply_u8 (p[c], p[3]);
  }
}

static void
unpremultiply (GenPicture *picture)
{
  for (int y = 0; y < picture->height; y++) {
    guint8 *p = row_of (picture, y);

    for (int x = 0; x < picture->width; x++, p += 4)
      for (int c = 0; c < 3 && p[3] != 0; c++)
        p[c] = (guint8)MIN (255, (p[c] * 255 + p[3] / 2) / p[3]);
  }
}

int
gen_picture_av_format (int channels)
{
  return channels == 1 ? AV_PIX_FMT_GRAY8 : channels == 3 ? AV_PIX_FMT_RGB24 : AV_PIX_FMT_RGBA;
}

/* Scale and convert `source` into `target`, whatever their shapes; channels on the smaller of the
 * two pictures. */
static void
stretch (const GenPicture *source, GenPicture *target, guint32 background)
{
  g_auto (GenPicture) reduced = { 0 }, scaled = { 0 };
  int channels = MIN (source->channels, target->channels);

  if (source->width == target->width && source->height == target->height) {
    gen_picture_convert_over (source, target, background);
    return;
  }
  if (channels == source->channels && channels == target->channels && channels < 4) {
    gen_picture_scale (source, target);
    return;
  }
  gen_picture_init (&reduced, source->width, source->height, channels);
  gen_picture_init (&scaled, target->width, target->height, channels);
  gen_picture_convert_over (source, &reduced, background);
  if (channels == 4)
    premultiply (&reduced);
  gen_picture_scale (&reduced, &scaled);
  if (channels == 4)
    unpremultiply (&scaled);
  gen_picture_convert (&scaled, target);
}

/* n * a / b, rounded, at least 1 and at most `limit`. */
static int
scaled_extent (int n, int a, int b, int limit)
{
  return (int)CLAMP (((gint64)n * a + b / 2) / b, 1, limit);
}

gboolean
gen_picture_fit_over (
    const GenPicture *source, GenPicture *target, GenFit fit, guint32 background, GError **error)
{
  /* Whether the target is the wider shape of the two. */
  gboolean wider = (gint64)target->width * source->height >= (gint64)source->width * target->height;
  GenPicture part;
  int width, height;

  switch (fit) {
  case GEN_FIT_CROP:
  case GEN_FIT_RANDOM_CROP:
    width = source->width;
    height = source->height;
    if (wider)
      height = scaled_extent (target->height, source->width, target->width, height);
    else
      width = scaled_extent (target->width, source->height, target->height, width);
    part =
        view_of (source, (source->width - width) / 2, (source->height - height) / 2, width, height);
    stretch (&part, target, background);
    return TRUE;
  case GEN_FIT_PAD:
    width = source->width;
    height = source->height;
    if (width > target->width || height > target->height) {
      width = target->width;
      height = target->height;
      if (wider)
        width = scaled_extent (height, source->width, source->height, width);
      else
        height = scaled_extent (width, source->height, source->width, height);
    }
    if (width < target->width || height < target->height)
      fill (target, background);
    part =
        view_of (target, (target->width - width) / 2, (target->height - height) / 2, width, height);
    stretch (source, &part, background);
    return TRUE;
  case GEN_FIT_STRETCH:
    stretch (source, target, background);
    return TRUE;
  }
  g_return_val_if_reached (FALSE);
}

gboolean
gen_picture_fit (const GenPicture *source, GenPicture *target, GenFit fit, GError **error)
{
  return gen_picture_fit_over (source, target, fit, GEN_PICTURE_BLACK, error);
}
