/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Doing what was drawn, row by row: a row of the result is first fetched from where it comes
 * from, then toned while it is still in the cache.
 *
 * Positions are fixed-point numbers of 32 bits each side of the point, in units of pixels, so
 * that stepping along a row of any length loses nothing. */
#include <math.h>
#include <string.h>

#include "../../simd.h"
#include "picture.h"

#define ONE ((gint64)1 << 32)
#define NOISE_CHUNK 1024

/* A position beyond the edges, mirrored at the first and last pixel; beyond the mirrored
 * picture, too, it stays at its edge. */
static inline gint64
reflect (gint64 position, int extent)
{
  gint64 last = (extent - 1) * ONE;

  position = ABS (position);
  if (position > last)
    position = 2 * last - position;
  return MAX (position, 0);
}

/* The share of the next pixel at a position, in 1/256, rounded. */
static inline guint32
weight (gint64 position)
{
  return (guint32)(((guint64)(guint32)position + (1u << 23)) >> 24);
}

/* The pixel at a position, bilinear between its four neighbours, the last of which `right` and
 * `below` reach. */
static inline void
sample (const guint8 *pixel, gssize right, gssize below, guint32 wx, guint32 wy, int channels,
    guint8 *out)
{
  for (int c = 0; c < channels; c++) {
    guint32 top = pixel[c] * (256 - wx) + pixel[c + right] * wx;
    guint32 bottom = pixel[c + below] * (256 - wx) + pixel[c + below + right] * wx;

    out[c] = (guint8)((top * (256 - wy) + bottom * wy + 32768) >> 16);
  }
}

/* One row of `n` pixels that begins at (x, y) of the source and goes on by (dx, dy). */
static inline void
warp_pixels (const GenPicture *source, gint64 x, gint64 y, gint64 dx, gint64 dy, int channels,
    guint8 *out, int n)
{
  const guint64 inner_width = (guint64)(source->width - 1) << 32;
  const guint64 inner_height = (guint64)(source->height - 1) << 32;
  const gssize stride = source->stride;

  for (int i = 0; i < n; i++, x += dx, y += dy, out += channels) {
    gint64 sx = x, sy = y;
    gssize right = channels, below = stride;
    const guint8 *pixel;

    if (G_UNLIKELY ((guint64)sx >= inner_width || (guint64)sy >= inner_height)) {
      sx = reflect (sx, source->width);
      sy = reflect (sy, source->height);
      if ((guint64)sx >= inner_width)
        right = 0;
      if ((guint64)sy >= inner_height)
        below = 0;
    }
    pixel = source->data + (gssize)(sy >> 32) * stride + (gssize)(sx >> 32) * channels;
    sample (pixel, right, below, weight (sx), weight (sy), channels, out);
  }
}

static inline gint64
fixed (double position)
{
  return (gint64)llrint (position * (double)ONE);
}

static void
warp_row (const GenAugmentPictureDraw *draw, const GenPicture *source, int row, guint8 *out)
{
  /* From the picture's centre to the centre of its first pixel, and to that of the row's. */
  double left = 0.5 - 0.5 * draw->width, top = 0.5 - 0.5 * draw->height, down = top + row;
  gint64 x = fixed (draw->x[0] * left + draw->x[1] * down + draw->x[2] - left);
  gint64 y = fixed (draw->y[0] * left + draw->y[1] * down + draw->y[2] - top);
  gint64 dx = fixed (draw->x[0]), dy = fixed (draw->y[0]);

  switch (source->channels) {
  case 1:
    warp_pixels (source, x, y, dx, dy, 1, out, draw->width);
    break;
  case 3:
    warp_pixels (source, x, y, dx, dy, 3, out, draw->width);
    break;
  case 4:
    warp_pixels (source, x, y, dx, dy, 4, out, draw->width);
    break;
  }
}

/* Mirrored rows need no arithmetic. */
static void
mirror_row (const GenPicture *source, int row, gboolean reverse, guint8 *out)
{
  const guint8 *in = source->data + (gssize)row * source->stride;
  int channels = source->channels;

  if (!reverse) {
    memcpy (out, in, (gsize)source->width * (gsize)channels);
    return;
  }
  in += (gsize)(source->width - 1) * (gsize)channels;
  for (int i = 0; i < source->width; i++, in -= channels, out += channels)
    for (int c = 0; c < channels; c++)
      out[c] = in[c];
}

/* `n` samples; the last of each four is alpha and stays when `alpha` is 3, not when it is 4. */
GEN_CLONES (void, tone_samples,
    (const guint8 *in, float gain, float offset, int alpha, guint8 *out, int n),
    (in, gain, offset, alpha, out, n))
{
  for (int i = 0; i < n; i++) {
    float value = in[i] * gain + offset;
    int sample = (int)CLAMP (value, 0.0f, 255.0f);

    out[i] = (i & 3) == alpha ? in[i] : (guint8)sample;
  }
}

GEN_CLONES (void, tone_samples_noisy,
    (const guint8 *in, float gain, float offset, float deviation, const float *normal, int alpha,
        guint8 *out, int n),
    (in, gain, offset, deviation, normal, alpha, out, n))
{
  for (int i = 0; i < n; i++) {
    float value = in[i] * gain + offset + deviation * normal[i];
    int sample = (int)CLAMP (value, 0.0f, 255.0f);

    out[i] = (i & 3) == alpha ? in[i] : (guint8)sample;
  }
}

static void
tone_row (const GenAugmentPictureDraw *draw, const guint8 *in, int row, int channels, guint8 *out)
{
  float gain = (float)draw->gain, offset = (float)(draw->offset * 255 + 0.5);
  int alpha = channels == 4 ? 3 : 4;
  int n = draw->width * channels;
  /* Rows begin at whole blocks of random numbers. */
  guint64 first = (guint64)row * (((guint64)n + 3) & ~(guint64)3);
  float normal[NOISE_CHUNK];

  if (draw->noise == 0) {
    tone_samples (in, gain, offset, alpha, out, n);
    return;
  }
  for (int i = 0; i < n; i += NOISE_CHUNK) {
    int length = MIN (NOISE_CHUNK, n - i);

    gen_random_normal (&draw->random, draw->frame, first + (guint64)i, normal, (gsize)length);
    tone_samples_noisy (
        in + i, gain, offset, (float)(draw->noise * 255), normal, alpha, out + i, length);
  }
}

void
gen_augment_render_picture (
    const GenAugmentPictureDraw *draw, const GenPicture *source, GenPicture *target)
{
  gboolean moves = gen_augment_picture_moves (draw);
  gboolean mirrors = ABS (draw->x[0]) == 1 && draw->x[1] == 0 && draw->x[2] == 0 &&
                     draw->y[0] == 0 && ABS (draw->y[1]) == 1 && draw->y[2] == 0;
  gboolean tones = draw->gain != 1 || draw->offset != 0 || draw->noise != 0;

  g_return_if_fail (source->width == draw->width && source->height == draw->height);
  g_return_if_fail (target->width == draw->width && target->height == draw->height);
  g_return_if_fail (source->channels == target->channels);
  g_return_if_fail (!moves || source->data != target->data);

  for (int row = 0; row < draw->height; row++) {
    const guint8 *in = source->data + (gssize)row * source->stride;
    guint8 *out = target->data + (gssize)row * target->stride;

    if (moves && !mirrors)
      warp_row (draw, source, row, out);
    else if (moves)
      mirror_row (source, draw->y[1] < 0 ? draw->height - 1 - row : row, draw->x[0] < 0, out);
    if (tones)
      tone_row (draw, moves ? out : in, row, source->channels, out);
    else if (!moves && in != out)
      memcpy (out, in, (gsize)draw->width * (gsize)source->channels);
  }
}
