/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JPEG artefacts: what JPEG (ITU-T T.81) loses at a quality, as libjpeg makes it: YCbCr with chroma
 * at half of the width and height, blocks of 8 x 8 whose cosines are rounded to steps that the
 * quality scales, and triangular interpolation of chroma. What follows in a file loses nothing and
 * is not done. */
#include <math.h>
#include <string.h>

#include "../../simd.h"
#include "neighbours.h"
#include "words.h"

#define BLOCK 8
#define AREA (BLOCK * BLOCK)

/* The steps of annex K. */
static const guint8 luma_steps[AREA] = { 16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60,
  55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103,
  77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112,
  100, 103, 99 };
static const guint8 chroma_steps[AREA] = { 17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99,
  99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
  99, 99 };

typedef struct {
  guint8 *data;
  int width, height; /* whole blocks */
} Plane;

static void
scale_steps (const guint8 *standard, int quality, float steps[AREA])
{
  const int percent = quality < 50 ? 5000 / quality : 200 - 2 * quality;

  for (int i = 0; i < AREA; i++)
    steps[i] = (float)CLAMP ((standard[i] * percent + 50) / 100, 1, 255);
}

/* [cosine][place] and [place][cosine]. */
static void
find_cosines (float forward[AREA], float back[AREA])
{
  for (int u = 0; u < BLOCK; u++)
    for (int x = 0; x < BLOCK; x++) {
      const double size = u == 0 ? sqrt (1.0 / BLOCK) : sqrt (2.0 / BLOCK);

      forward[u * BLOCK + x] = (float)(size * cos ((2 * x + 1) * u * G_PI / (2 * BLOCK)));
      back[x * BLOCK + u] = forward[u * BLOCK + x];
    }
}

typedef float Row __attribute__ ((vector_size (BLOCK * sizeof (float))));

/* `out` = `a` `b`, all [8, 8]. */
static inline void
multiply (const float a[AREA], const float b[AREA], float out[AREA])
{
  Row rows[BLOCK];

  memcpy (rows, b, sizeof rows);
  for (int r = 0; r < BLOCK; r++) {
    Row sums = a[r * BLOCK] * rows[0];

    for (int k = 1; k < BLOCK; k++)
      sums += a[r * BLOCK + k] * rows[k];
    memcpy (out + r * BLOCK, &sums, sizeof sums);
  }
}

/* A row of blocks, in place. `inverse`: an eighth of 1 / steps. */
GEN_CLONES (void, quantise_blocks,
    (guint8 * samples, int stride, int n, const float *forward, const float *back,
        const float *steps, const float *inverse),
    (samples, stride, n, forward, back, steps, inverse))
{
  for (int block = 0; block < n; block++, samples += BLOCK) {
    float a[AREA], b[AREA];

    for (int y = 0; y < BLOCK; y++)
      for (int x = 0; x < BLOCK; x++)
        a[y * BLOCK + x] = (float)(samples[y * stride + x] - 128);
    multiply (forward, a, b);
    multiply (b, back, a);
    for (int i = 0; i < AREA; i++) {
      /* Eighths, as libjpeg has them; halves of a step go away from 0. */
      float eighths = rintf (8 * a[i]), size = fabsf (eighths) + 4 * steps[i] + 0.5f;

      a[i] = copysignf (truncf (size * inverse[i]) * steps[i], eighths);
    }
    multiply (back, a, b);
    multiply (b, forward, a);
    for (int y = 0; y < BLOCK; y++)
      for (int x = 0; x < BLOCK; x++) {
        float value = a[y * BLOCK + x] + 128.5f;

        samples[y * stride + x] = (guint8)(int)CLAMP (value, 0.0f, 255.0f);
      }
  }
}

static void
quantise_plane (Plane *plane, const guint8 *standard, int quality)
{
  float forward[AREA], back[AREA], steps[AREA], inverse[AREA];

  find_cosines (forward, back);
  scale_steps (standard, quality, steps);
  for (int i = 0; i < AREA; i++)
    inverse[i] = 1 / (8 * steps[i]);
  for (int y = 0; y < plane->height; y += BLOCK)
    quantise_blocks (plane->data + (gsize)y * (gsize)plane->width, plane->width,
        plane->width / BLOCK, forward, back, steps, inverse);
}

/* --- colours --- */

#define BITS 16
#define FIXED(x) ((gint32)((x) * (1 << BITS) + 0.5))
#define HALF (1 << (BITS - 1))

#define PIECE 256

GEN_CLONES (void, split_words, (const guint32 *words, guint8 *y, guint8 *cb, guint8 *cr, int n),
    (words, y, cb, cr, n))
{
  for (int i = 0; i < n; i++) {
    const gint32 r = (gint32)(words[i] & 255), g = (gint32)(words[i] >> 8 & 255);
    const gint32 b = (gint32)(words[i] >> 16 & 255);

    y[i] = (guint8)((FIXED (0.299) * r + FIXED (0.587) * g + FIXED (0.114) * b + HALF) >> BITS);
    cb[i] = (guint8)((FIXED (0.5) * b - FIXED (0.168735892) * r - FIXED (0.331264108) * g +
                         (128 << BITS) + HALF - 1) >>
                     BITS);
    cr[i] = (guint8)((FIXED (0.5) * r - FIXED (0.418687589) * g - FIXED (0.081312411) * b +
                         (128 << BITS) + HALF - 1) >>
                     BITS);
  }
}

static void
split_row (const guint8 *in, int channels, guint8 *y, guint8 *cb, guint8 *cr, int n)
{
  guint32 words[PIECE];

  for (int i = 0; i < n; i += PIECE) {
    const int length = MIN (PIECE, n - i);

    gen_augment_unpack (in + i * channels, words, length, channels);
    split_words (words, y + i, cb + i, cr + i, length);
  }
}

/* The highest byte, which is alpha, stays. */
GEN_CLONES (void, join_words,
    (const guint8 *y, const guint8 *cb, const guint8 *cr, guint32 *words, int n),
    (y, cb, cr, words, n))
{
  for (int i = 0; i < n; i++) {
    const gint32 u = cb[i] - 128, v = cr[i] - 128;
    const gint32 r = y[i] + ((FIXED (1.402) * v + HALF) >> BITS);
    const gint32 g = y[i] + ((-FIXED (0.344136286) * u - FIXED (0.714136286) * v + HALF) >> BITS);
    const gint32 b = y[i] + ((FIXED (1.772) * u + HALF) >> BITS);

    words[i] = (words[i] & 0xff000000u) | (guint32)CLAMP (r, 0, 255) |
               (guint32)CLAMP (g, 0, 255) << 8 | (guint32)CLAMP (b, 0, 255) << 16;
  }
}

static void
join_row (const guint8 *y, const guint8 *cb, const guint8 *cr, guint8 *out, int channels, int n)
{
  guint32 words[PIECE];

  for (int i = 0; i < n; i += PIECE) {
    const int length = MIN (PIECE, n - i);

    gen_augment_unpack (out + i * channels, words, length, channels);
    join_words (y + i, cb + i, cr + i, words, length);
    gen_augment_pack (words, out + i * channels, length, channels);
  }
}

/* The mean of two by two, whose halves are rounded down and up in turns. */
GEN_CLONES (void, halve_rows, (const guint8 *above, const guint8 *below, guint8 *out, int n),
    (above, below, out, n))
{
  for (int i = 0; i < n; i++)
    out[i] = (guint8)((above[2 * i] + above[2 * i + 1] + below[2 * i] + below[2 * i + 1] + 1 +
                          (i & 1)) >>
                      2);
}

/* Twice as many samples: three parts of the nearer one and one of the other, each way. `near` and
 * `far` have `n` samples and are rows; `sums` has room for as many and two. */
GEN_CLONES (void, double_row,
    (const guint8 *near, const guint8 *far, gint16 *sums, guint8 *out, int n),
    (near, far, sums, out, n))
{
  for (int i = 0; i < n; i++)
    sums[1 + i] = (gint16)(3 * near[i] + far[i]);
  sums[0] = sums[1];
  sums[n + 1] = sums[n];
  for (int i = 0; i < n; i++) {
    out[2 * i] = (guint8)((3 * sums[1 + i] + sums[i] + 8) >> 4);
    out[2 * i + 1] = (guint8)((3 * sums[1 + i] + sums[2 + i] + 7) >> 4);
  }
}

/* What is beyond the last of `n` samples is as it. */
static void
extend (guint8 *row, int n, int width)
{
  memset (row + n, row[n - 1], (gsize)(width - n));
}

static void
extend_down (Plane *plane, int n)
{
  const guint8 *last = plane->data + (gsize)(n - 1) * (gsize)plane->width;

  for (int y = n; y < plane->height; y++)
    memcpy (plane->data + (gsize)y * (gsize)plane->width, last, (gsize)plane->width);
}

static void
lose_grey (GenPicture *picture, Plane *luma, int quality)
{
  for (int y = 0; y < picture->height; y++) {
    guint8 *row = luma->data + (gsize)y * (gsize)luma->width;

    memcpy (row, picture->data + (gssize)y * picture->stride, (gsize)picture->width);
    extend (row, picture->width, luma->width);
  }
  extend_down (luma, picture->height);
  quantise_plane (luma, luma_steps, quality);
  for (int y = 0; y < picture->height; y++)
    memcpy (picture->data + (gssize)y * picture->stride, luma->data + (gsize)y * (gsize)luma->width,
        (gsize)picture->width);
}

/* Rows of chroma as wide as luma are made in `rows`: four of `luma->width`. */
static void
split (const GenPicture *picture, Plane *luma, Plane chroma[2], guint8 *rows)
{
  const int width = luma->width;

  for (int y = 0; y < luma->height; y++) {
    const int from = MIN (y, picture->height - 1);
    guint8 *row = luma->data + (gsize)y * (gsize)width, *own = rows + (y & 1) * 2 * width;

    split_row (picture->data + (gssize)from * picture->stride, picture->channels, row, own,
        own + width, picture->width);
    extend (row, picture->width, width);
    extend (own, picture->width, width);
    extend (own + width, picture->width, width);
    if ((y & 1) == 0)
      continue;
    for (int c = 0; c < 2; c++)
      halve_rows (rows + c * width, rows + (2 + c) * width,
          chroma[c].data + (gsize)(y / 2) * (gsize)chroma[c].width, width / 2);
  }
}

static void
join (GenPicture *picture, const Plane *luma, const Plane chroma[2], guint8 *rows)
{
  const int width = (picture->width + 1) / 2, height = (picture->height + 1) / 2;
  gint16 *sums = (gint16 *)(rows + 2 * luma->width);

  for (int y = 0; y < picture->height; y++) {
    const int near = y / 2, far = CLAMP (near + ((y & 1) != 0 ? 1 : -1), 0, height - 1);

    for (int c = 0; c < 2; c++)
      double_row (chroma[c].data + (gsize)near * (gsize)chroma[c].width,
          chroma[c].data + (gsize)far * (gsize)chroma[c].width, sums, rows + c * luma->width,
          width);
    join_row (luma->data + (gsize)y * (gsize)luma->width, rows, rows + luma->width,
        picture->data + (gssize)y * picture->stride, picture->channels, picture->width);
  }
}

static void
whole (const GenAugmentPictureDraw *draw, const GenAugmentPictureStep *step,
    GenAugmentWorkspace *workspace, GenPicture *picture)
{
  const int width = (picture->width + 2 * BLOCK - 1) / (2 * BLOCK) * (2 * BLOCK);
  const int height = (picture->height + 2 * BLOCK - 1) / (2 * BLOCK) * (2 * BLOCK);
  const gsize area = (gsize)width * (gsize)height;
  const int quality = (int)step->values[0];
  guint8 *data =
      gen_augment_scratch (workspace, GEN_SCRATCH_ROWS, area + area / 2 + 4 * (gsize)width + 64);
  Plane luma = { data, width, height };
  Plane chroma[2] = { { data + area, width / 2, height / 2 },
    { data + area + area / 4, width / 2, height / 2 } };
  guint8 *rows = data + area + area / 2;

  if (picture->channels == 1) {
    lose_grey (picture, &luma, quality);
    return;
  }
  split (picture, &luma, chroma, rows);
  quantise_plane (&luma, luma_steps, quality);
  for (int c = 0; c < 2; c++)
    quantise_plane (&chroma[c], chroma_steps, quality);
  join (picture, &luma, chroma, rows);
}

static const GenPictureChange change = { .kind = GEN_CHANGE_WHOLE, .whole = whole };

static void
apply (GenAugmentPictureDraw *draw, double amount, const float uniform[3])
{
  const int quality = 100 - (int)(amount * uniform[0] + 0.5);

  gen_augment_picture_add (draw, &change, (double[]){ quality }, 1);
}

const GenAugmentation gen_augmentation_picture_jpeg = {
  .medium = &gen_medium_picture,
  .name = "jpeg",
  .stream = "jpeg",
  .description = "Most that is missing to a JPEG quality of 100: 70 is a quality of 30 and better",
  .maximum = 99,
  .apply_picture = apply,
};
