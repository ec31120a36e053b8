/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resampling. The source is unpacked to a word a pixel first, so that a pixel is one load whatever
 * its channels are, and loads of several go together; of one channel or two a load is a pixel and
 * its neighbour, and the source is copied without gaps. A row is then made in pieces: positions,
 * the pixels' numbers and weights of their neighbours, and the pixels. Positions of affine maps are
 * fixed-point numbers, those of others floats. */
#include <math.h>

#include "affine.h"
#include "place.h"
#include "words.h"

void
gen_augment_source_init (GenAugmentSource *source, const GenPicture *picture, guint32 *pixels)
{
  source->pixels = pixels;
  source->width = picture->width;
  source->height = picture->height;
  source->channels = picture->channels;
  for (int y = 0; y < picture->height; y++) {
    const guint8 *in = picture->data + (gssize)y * picture->stride;
    const gsize first = (gsize)y * (gsize)picture->width;

    if (picture->channels <= 2)
      memcpy ((guint8 *)pixels + first * (gsize)picture->channels, in,
          (gsize)(picture->width * picture->channels));
    else
      gen_augment_unpack (in, pixels + first, picture->width, picture->channels);
  }
}

/* --- positions --- */

/* Of a piece of a row: a pixel, and the share of the next, in 1/256. */
typedef struct {
  gint32 column[GEN_AUGMENT_CHUNK], row[GEN_AUGMENT_CHUNK];
  guint32 wx[GEN_AUGMENT_CHUNK], wy[GEN_AUGMENT_CHUNK];
} Positions;

/* As gen_augment_affine_step. */
GEN_CLONES (void, step_float,
    (const float *position, int extent, gint32 *number, guint32 *weight, int n),
    (position, extent, number, weight, n))
{
  const float last = (float)(extent - 1), middle = 0.5f * last;
  const gint32 limit = MAX (extent - 2, 0);

  for (int i = 0; i < n; i++) {
    float at = fabsf (position[i] + middle);
    gint32 whole;

    at = at > last ? 2 * last - at : at;
    at = at > 0 ? at : 0;
    whole = (gint32)at;
    whole = whole > limit ? limit : whole;
    number[i] = whole;
    weight[i] = (guint32)(gint32)((at - (float)whole) * 256 + 0.5f);
  }
}

/* --- pixels --- */

static inline guint32
mix (guint32 a, guint32 b, guint32 c, guint32 d, guint32 wx, guint32 wy, int shift)
{
  guint32 a1 = a >> shift & 255, b1 = b >> shift & 255, c1 = c >> shift & 255,
          d1 = d >> shift & 255;
  guint32 top = (a1 << 8) + (b1 - a1) * wx, bottom = (c1 << 8) + (d1 - c1) * wx;

  return ((top << 8) + (bottom - top) * wy + 32768) >> 16 << shift;
}

GEN_CLONES (void, find_first, (const Positions *at, int width, gint32 *restrict first, int n),
    (at, width, first, n))
{
  for (int i = 0; i < n; i++)
    first[i] = at->row[i] * width + at->column[i];
}

/* The four neighbours of each pixel. */
typedef struct {
  guint32 a[GEN_AUGMENT_CHUNK], b[GEN_AUGMENT_CHUNK], c[GEN_AUGMENT_CHUNK], d[GEN_AUGMENT_CHUNK];
} Neighbours;

static inline void
mix_pixels (const Neighbours *restrict of, const Positions *restrict at, int channels,
    guint32 *restrict out, int n)
{
  for (int i = 0; i < n; i++) {
    guint32 value = 0;

    for (int k = 0; k < channels; k++)
      value |= mix (of->a[i], of->b[i], of->c[i], of->d[i], at->wx[i], at->wy[i], 8 * k);
    out[i] = value;
  }
}

/* The same where `a` has the right neighbour behind each pixel, and `c`. */
static inline void
mix_pairs (const Neighbours *restrict of, const Positions *restrict at, int channels,
    guint32 *restrict out, int n)
{
  const int next = 8 * channels;

  for (int i = 0; i < n; i++) {
    guint32 value = 0;

    for (int k = 0; k < channels; k++)
      value |=
          mix (of->a[i], of->a[i] >> next, of->c[i], of->c[i] >> next, at->wx[i], at->wy[i], 8 * k);
    out[i] = value;
  }
}

#define MIX(function, channels)                                                                    \
  GEN_CLONES (void, mix_##channels,                                                                \
      (const Neighbours *of, const Positions *at, guint32 *out, int n), (of, at, out, n))          \
  {                                                                                                \
    function (of, at, channels, out, n);                                                           \
  }
MIX (mix_pairs, 1)
MIX (mix_pairs, 2)
MIX (mix_pixels, 3)
MIX (mix_pixels, 4)

/* The nearest of the four neighbours. */
GEN_CLONES (void, find_nearest,
    (const Positions *at, int right, int below, int width, gint32 *restrict nearest, int n),
    (at, right, below, width, nearest, n))
{
  for (int i = 0; i < n; i++)
    nearest[i] = at->row[i] * width + at->column[i] + (at->wx[i] >= 128 ? right : 0) +
                 (at->wy[i] >= 128 ? below : 0);
}

GEN_CLONES (void, double_numbers, (gint32 * numbers, int n), (numbers, n))
{
  for (int i = 0; i < n; i++)
    numbers[i] *= 2;
}

/* Pixels number `first`, or what is behind them as well. */
static void
load (const GenAugmentSource *source, int beyond, const gint32 *first, guint32 *words, int n)
{
  if (source->channels <= 2)
    gen_augment_gather_bytes (
        (const guint8 *)source->pixels + beyond * source->channels, first, words, n);
  else
    gen_augment_gather (source->pixels + beyond, first, words, n);
}

static void
sample (const GenAugmentSource *source, const Positions *at, guint8 *out, int n)
{
  const int right = source->width > 1 ? 1 : 0, below = source->height > 1 ? source->width : 0;
  gint32 first[GEN_AUGMENT_CHUNK];
  guint32 words[GEN_AUGMENT_CHUNK];
  Neighbours of;

  if (source->nearest)
    find_nearest (at, right, below, source->width, first, n);
  else
    find_first (at, source->width, first, n);
  if (source->channels == 2)
    double_numbers (first, n);
  if (source->nearest) {
    load (source, 0, first, words, n);
    gen_augment_pack (words, out, n, source->channels);
    return;
  }
  load (source, 0, first, of.a, n);
  load (source, below, first, of.c, n);
  if (source->channels > 2) {
    load (source, right, first, of.b, n);
    load (source, below + right, first, of.d, n);
  }
  if (source->channels == 1)
    mix_1 (&of, at, words, n);
  else if (source->channels == 2)
    mix_2 (&of, at, words, n);
  else if (source->channels == 3)
    mix_3 (&of, at, words, n);
  else
    mix_4 (&of, at, words, n);
  gen_augment_pack (words, out, n, source->channels);
}

static void
warp_affine (const GenAugmentSource *source, const double *m, int row, guint8 *out)
{
  const GenAffineRow from = gen_augment_affine_row (m, source->width, source->height, row);
  Positions at;

  for (int i = 0; i < source->width; i += GEN_AUGMENT_CHUNK) {
    const int n = MIN (GEN_AUGMENT_CHUNK, source->width - i);

    gen_augment_affine_step (from.x + from.dx * i, from.dx, source->width, at.column, at.wx, n);
    gen_augment_affine_step (from.y + from.dy * i, from.dy, source->height, at.row, at.wy, n);
    sample (source, &at, out + (gsize)i * (gsize)source->channels, n);
  }
}

void
gen_augment_warp_row (
    const GenAugmentSource *source, const GenAugmentMap *map, int row, guint8 *out)
{
  const double *matrix = gen_augment_map_matrix (map);
  float x[GEN_AUGMENT_CHUNK], y[GEN_AUGMENT_CHUNK];
  Positions at;

  if (matrix != NULL && matrix[6] == 0 && matrix[7] == 0 && matrix[8] == 1) {
    warp_affine (source, matrix, row, out);
    return;
  }
  for (int i = 0; i < source->width; i += GEN_AUGMENT_CHUNK) {
    const int n = MIN (GEN_AUGMENT_CHUNK, source->width - i);

    for (int k = 0; k < n; k++) {
      x[k] = (float)(i + k) + 0.5f - 0.5f * (float)source->width;
      y[k] = (float)row + 0.5f - 0.5f * (float)source->height;
    }
    gen_augment_map_row (map, x, y, n);
    step_float (x, source->width, at.column, at.wx, n);
    step_float (y, source->height, at.row, at.wy, n);
    sample (source, &at, out + (gsize)i * (gsize)source->channels, n);
  }
}
