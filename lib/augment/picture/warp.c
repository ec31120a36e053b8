/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resampling. The source is unpacked to a word a pixel first, so that a pixel is one load whatever
 * its channels are, and loads of several go together. A row is then made in pieces: positions, the
 * pixels' numbers and weights of their neighbours, and the pixels.
 *
 * Affine maps step along a row in fixed-point numbers of 32 bits each side of the point, which lose
 * nothing however long it is; others are computed in floats. */
#include <math.h>

#include "place.h"
#include "words.h"

#define ONE ((gint64)1 << 32)

void
gen_augment_source_init (GenAugmentSource *source, const GenPicture *picture, guint32 *pixels)
{
  *source = (GenAugmentSource){ pixels, picture->width, picture->height, picture->channels };
  for (int y = 0; y < picture->height; y++, pixels += picture->width) {
    const guint8 *in = picture->data + (gssize)y * picture->stride;

    gen_augment_unpack (in, pixels, picture->width, picture->channels);
  }
}

/* --- positions --- */

/* Of a piece of a row: a pixel, and the share of the next, in 1/256. */
typedef struct {
  gint32 column[GEN_AUGMENT_CHUNK], row[GEN_AUGMENT_CHUNK];
  guint32 wx[GEN_AUGMENT_CHUNK], wy[GEN_AUGMENT_CHUNK];
} Positions;

/* A position beyond the edges is mirrored at the first and last pixel; beyond the mirrored picture,
 * too, it stays at its edge. The last pixel is the next one of the last but one. */
GEN_CLONES (void, step_fixed,
    (gint64 position, gint64 step, int extent, gint32 *number, guint32 *weight, int n),
    (position, step, extent, number, weight, n))
{
  const gint64 last = (extent - 1) * ONE;
  const gint32 limit = MAX (extent - 2, 0);

  for (int i = 0; i < n; i++) {
    gint64 at = position + step * i;
    gint32 whole, beyond;

    at = at < 0 ? -at : at;
    at = at > last ? 2 * last - at : at;
    at = at < 0 ? 0 : at;
    whole = (gint32)(at >> 32);
    beyond = whole > limit ? 1 : 0;
    number[i] = whole - beyond;
    weight[i] = (guint32)(((guint64)(guint32)at + (1u << 23)) >> 24) + 256u * (guint32)beyond;
  }
}

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

/* `words` [n] of `pixels` at `first`. Compilers do not take the processor's gathers by themselves.
 */
static void
gather (const guint32 *pixels, const gint32 *first, guint32 *words, int n)
{
  for (int i = 0; i < n; i++)
    words[i] = pixels[first[i]];
}

typedef void (*Gather) (const guint32 *pixels, const gint32 *first, guint32 *words, int n);

#if defined(__x86_64__)
#include <immintrin.h>

static __attribute__ ((target ("arch=x86-64-v4"))) void
gather_v4 (const guint32 *pixels, const gint32 *first, guint32 *words, int n)
{
  int i = 0;

  for (; i + 16 <= n; i += 16)
    _mm512_storeu_si512 (
        words + i, _mm512_i32gather_epi32 (_mm512_loadu_si512 (first + i), pixels, 4));
  gather (pixels, first + i, words + i, n - i);
}

static __attribute__ ((target ("arch=x86-64-v3"))) void
gather_v3 (const guint32 *pixels, const gint32 *first, guint32 *words, int n)
{
  int i = 0;

  for (; i + 8 <= n; i += 8)
    _mm256_storeu_si256 (
        (__m256i *)(words + i), _mm256_i32gather_epi32 ((const int *)pixels,
                                    _mm256_loadu_si256 ((const __m256i *)(first + i)), 4));
  gather (pixels, first + i, words + i, n - i);
}
#endif

static Gather
find_gather (void)
{
#if defined(__x86_64__)
  if (gen_level () == GEN_LEVEL_AVX512)
    return gather_v4;
  if (gen_level () == GEN_LEVEL_AVX2)
    return gather_v3;
#endif
  return gather;
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

#define MIX(channels)                                                                              \
  GEN_CLONES (void, mix_##channels,                                                                \
      (const Neighbours *of, const Positions *at, guint32 *out, int n), (of, at, out, n))          \
  {                                                                                                \
    mix_pixels (of, at, channels, out, n);                                                         \
  }
MIX (1)
MIX (3)
MIX (4)

static void
sample (const GenAugmentSource *source, const Positions *at, guint8 *out, int n)
{
  const int right = source->width > 1 ? 1 : 0, below = source->height > 1 ? source->width : 0;
  const guint32 *pixels = source->pixels;
  const Gather take = find_gather ();
  gint32 first[GEN_AUGMENT_CHUNK];
  guint32 words[GEN_AUGMENT_CHUNK];
  Neighbours of;

  find_first (at, source->width, first, n);
  take (pixels, first, of.a, n);
  take (pixels + right, first, of.b, n);
  take (pixels + below, first, of.c, n);
  take (pixels + below + right, first, of.d, n);
  if (source->channels == 1)
    mix_1 (&of, at, words, n);
  else if (source->channels == 3)
    mix_3 (&of, at, words, n);
  else
    mix_4 (&of, at, words, n);
  gen_augment_pack (words, out, n, source->channels);
}

static inline gint64
fixed (double position)
{
  return (gint64)llrint (position * (double)ONE);
}

static void
warp_affine (const GenAugmentSource *source, const double *m, int row, guint8 *out)
{
  /* From the picture's centre to the centre of its first pixel, and to that of the row's. */
  const double left = 0.5 - 0.5 * source->width, top = 0.5 - 0.5 * source->height;
  const gint64 x = fixed (m[0] * left + m[1] * (top + row) + m[2] - left), dx = fixed (m[0]);
  const gint64 y = fixed (m[3] * left + m[4] * (top + row) + m[5] - top), dy = fixed (m[3]);
  Positions at;

  for (int i = 0; i < source->width; i += GEN_AUGMENT_CHUNK) {
    const int n = MIN (GEN_AUGMENT_CHUNK, source->width - i);

    step_fixed (x + dx * i, dx, source->width, at.column, at.wx, n);
    step_fixed (y + dy * i, dy, source->height, at.row, at.wy, n);
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

/* --- what is only mirrored needs no arithmetic --- */

gboolean
gen_augment_mirrors (const double *m)
{
  return m != NULL && ABS (m[0]) == 1 && m[1] == 0 && m[2] == 0 && m[3] == 0 && ABS (m[4]) == 1 &&
         m[5] == 0 && m[6] == 0 && m[7] == 0 && m[8] == 1;
}

GEN_CLONES (void, reverse_one, (const guint8 *in, guint8 *out, int n), (in, out, n))
{
  for (int i = 0; i < n; i++)
    out[i] = in[n - 1 - i];
}

GEN_CLONES (void, reverse_three, (const guint8 *in, guint8 *out, int n), (in, out, n))
{
  int i = 0;

#if HAS_SHUFFLE
  /* Five pixels of sixteen bytes; the byte before them goes last, and is overwritten. */
  for (; i + 6 <= n; i += 5) {
    Bytes v;

    memcpy (&v, in + 3 * (n - i - 5) - 1, sizeof v);
    v = SHUFFLE (v, 13, 14, 15, 10, 11, 12, 7, 8, 9, 4, 5, 6, 1, 2, 3, 0);
    memcpy (out + 3 * i, &v, sizeof v);
  }
#endif
  for (; i < n; i++)
    for (int c = 0; c < 3; c++)
      out[3 * i + c] = in[3 * (n - 1 - i) + c];
}

GEN_CLONES (void, reverse_four, (const guint8 *in, guint8 *out, int n), (in, out, n))
{
  for (int i = 0; i < n; i++)
    memcpy (out + 4 * i, in + 4 * (n - 1 - i), 4);
}

void
gen_augment_mirror_row (const GenPicture *source, const double *matrix, int row, guint8 *out)
{
  const int from = matrix[4] < 0 ? source->height - 1 - row : row;
  const guint8 *in = source->data + (gssize)from * source->stride;

  if (matrix[0] > 0)
    memcpy (out, in, (gsize)source->width * (gsize)source->channels);
  else if (source->channels == 1)
    reverse_one (in, out, source->width);
  else if (source->channels == 3)
    reverse_three (in, out, source->width);
  else
    reverse_four (in, out, source->width);
}
