/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Luma and chroma as colours, and back. Chroma of fewer samples is repeated, and averaged on the
 * way back, so that a pixel that stays as it is comes back as it was. Numbers are fixed-point. */
#include "yuv.h"

#include <math.h>
#include <string.h>

#include "../../device/byte-lookup.h"
#include "../../simd.h"
#include "words.h"

#define BITS 14
#define PIECE 256

void
gen_yuv_find_matrices (const GenAugmentFrame *frame, GenColourMatrix to_rgb, GenColourMatrix to_yuv)
{
  const double r = frame->red, b = frame->blue, g = 1 - r - b;
  const double black = frame->full_range ? 0 : 16;
  const double luma = frame->full_range ? 1 : 219 / 255.0;
  const double chroma = frame->full_range ? 1 : 224 / 255.0;
  /* Of U and V from -127.5 to 127.5. */
  const double factors[3][3] = { { 1, 0, 2 * (1 - r) },
    { 1, -2 * b * (1 - b) / g, -2 * r * (1 - r) / g }, { 1, 2 * (1 - b), 0 } };
  const double shares[3][3] = { { r, g, b }, { -r / (2 * (1 - b)), -g / (2 * (1 - b)), 0.5 },
    { 0.5, -g / (2 * (1 - r)), -b / (2 * (1 - r)) } };

  for (int i = 0; i < 3; i++) {
    to_rgb[i][3] = 0;
    for (int k = 0; k < 3; k++) {
      to_rgb[i][k] = factors[i][k] / (k == 0 ? luma : chroma);
      to_rgb[i][3] -= to_rgb[i][k] * (k == 0 ? black : 128);
      to_yuv[i][k] = shares[i][k] * (i == 0 ? luma : chroma);
    }
    to_yuv[i][3] = i == 0 ? black : 128;
  }
}

void
gen_yuv_multiply (const GenColourMatrix a, const GenColourMatrix b, GenColourMatrix product)
{
  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 4; c++) {
      product[r][c] = c == 3 ? a[r][3] : 0;
      for (int k = 0; k < 3; k++)
        product[r][c] += a[r][k] * b[k][c];
    }
}

/* --- chroma --- */

GEN_CLONES (void, repeat, (const guint8 *in, guint8 *out, int n), (in, out, n))
{
  for (int i = 0; i < n; i++) {
    out[2 * i] = in[i];
    out[2 * i + 1] = in[i];
  }
}

GEN_CLONES (void, repeat_pairs, (const guint8 *in, guint8 *u, guint8 *v, int n), (in, u, v, n))
{
  for (int i = 0; i < n; i++) {
    u[2 * i] = u[2 * i + 1] = in[2 * i];
    v[2 * i] = v[2 * i + 1] = in[2 * i + 1];
  }
}

static void
widen_plane (const guint8 *in, int across, guint8 *out, int width)
{
  if (across == 1) {
    memcpy (out, in, (gsize)width);
    return;
  }
  repeat (in, out, width / 2);
  if (width % 2 != 0)
    out[width - 1] = in[width / 2];
}

void
gen_yuv_widen (const GenAugmentFrame *frame, int row, guint8 *u, guint8 *v)
{
  const GenPicture *planes = frame->planes;
  const gssize at = row / frame->down;
  const int width = frame->width;
  const guint8 *pairs;

  if (frame->n_planes == 3) {
    widen_plane (planes[1].data + at * planes[1].stride, frame->across, u, width);
    widen_plane (planes[2].data + at * planes[2].stride, frame->across, v, width);
    return;
  }
  pairs = planes[1].data + at * planes[1].stride;
  if (frame->v_first) {
    guint8 *first = v;

    v = u;
    u = first;
  }
  repeat_pairs (pairs, u, v, width / 2);
  if (width % 2 != 0) {
    u[width - 1] = pairs[width - 1];
    v[width - 1] = pairs[width];
  }
}

/* The chroma of a row, of sums over as many samples as are one, times 1 << BITS. */
GEN_CLONES (void, take_means, (const gint32 *sums, int across, int shift, guint8 *out, int n),
    (sums, across, shift, out, n))
{
  const gint32 half = 1 << (shift - 1);

  if (across == 1) {
    for (int i = 0; i < n; i++) {
      const gint32 value = (sums[i] + half) >> shift;

      out[i] = (guint8)CLAMP (value, 0, 255);
    }
    return;
  }
  for (int i = 0; i < n; i++) {
    const gint32 value = (sums[2 * i] + sums[2 * i + 1] + half) >> shift;

    out[i] = (guint8)CLAMP (value, 0, 255);
  }
}

GEN_CLONES (void, take_pairs, (const gint32 *u, const gint32 *v, int shift, guint8 *out, int n),
    (u, v, shift, out, n))
{
  const gint32 half = 1 << (shift - 1);

  for (int i = 0; i < n; i++) {
    const gint32 of_u = (u[2 * i] + u[2 * i + 1] + half) >> shift;
    const gint32 of_v = (v[2 * i] + v[2 * i + 1] + half) >> shift;

    out[2 * i] = (guint8)CLAMP (of_u, 0, 255);
    out[2 * i + 1] = (guint8)CLAMP (of_v, 0, 255);
  }
}

static void
narrow (const GenAugmentFrame *frame, int row, gint32 *u, gint32 *v)
{
  const GenPicture *planes = frame->planes;
  const gssize at = row / frame->down;
  const int shift = BITS + (frame->across - 1) + (frame->down - 1), n = planes[1].width;

  /* Of an odd width the last is its own neighbour. */
  u[frame->width] = u[frame->width - 1];
  v[frame->width] = v[frame->width - 1];
  if (frame->n_planes == 2) {
    take_pairs (frame->v_first ? v : u, frame->v_first ? u : v, shift,
        planes[1].data + at * planes[1].stride, n);
    return;
  }
  take_means (u, frame->across, shift, planes[1].data + at * planes[1].stride, n);
  take_means (v, frame->across, shift, planes[2].data + at * planes[2].stride, n);
}

/* --- colours --- */

static void
fix (const GenColourMatrix matrix, gint32 fixed[3][4])
{
  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 4; c++)
      fixed[r][c] = (gint32)lrint (matrix[r][c] * (1 << BITS));
}

GEN_CLONES (void, words_of,
    (const guint8 *y, const guint8 *u, const guint8 *v, const gint32 m[3][4], guint32 *words,
        int n),
    (y, u, v, m, words, n))
{
  const gint32 half = 1 << (BITS - 1);

  for (int i = 0; i < n; i++) {
    guint32 word = 0;

    for (int c = 0; c < 3; c++) {
      const gint32 value =
          (m[c][0] * y[i] + m[c][1] * u[i] + m[c][2] * v[i] + m[c][3] + half) >> BITS;

      word |= (guint32)CLAMP (value, 0, 255) << (8 * c);
    }
    words[i] = word;
  }
}

GEN_CLONES (
    void, luma_of, (const guint32 *words, const gint32 m[4], guint8 *y, int n), (words, m, y, n))
{
  const gint32 half = 1 << (BITS - 1);

  for (int i = 0; i < n; i++) {
    const gint32 r = words[i] & 255, g = words[i] >> 8 & 255, b = words[i] >> 16 & 255;
    const gint32 value = (m[0] * r + m[1] * g + m[2] * b + m[3] + half) >> BITS;

    y[i] = (guint8)CLAMP (value, 0, 255);
  }
}

/* Added to what there is, `keep` being 1, or put in its place. */
GEN_CLONES (void, add_chroma,
    (const guint32 *words, const gint32 m[4], gint32 keep, gint32 *sums, int n),
    (words, m, keep, sums, n))
{
  for (int i = 0; i < n; i++) {
    const gint32 r = words[i] & 255, g = words[i] >> 8 & 255, b = words[i] >> 16 & 255;

    sums[i] = keep * sums[i] + m[0] * r + m[1] * g + m[2] * b + m[3];
  }
}

void
gen_yuv_read_rows (const GenAugmentFrame *frame, const GenColourMatrix to_rgb, int row,
    guint8 *chroma, guint8 *pixels)
{
  const int width = frame->width, end = MIN (row + frame->down, frame->height);
  guint8 *u = chroma, *v = chroma + width;
  guint32 words[PIECE];
  gint32 m[3][4];

  fix (to_rgb, m);
  gen_yuv_widen (frame, row, u, v);
  for (; row < end; row++, pixels += 3 * width) {
    const guint8 *y = frame->planes[0].data + (gssize)row * frame->planes[0].stride;

    for (int i = 0; i < width; i += PIECE) {
      const int n = MIN (PIECE, width - i);

      words_of (y + i, u + i, v + i, (const gint32 (*)[4])m, words, n);
      gen_augment_pack (words, pixels + 3 * i, n, 3);
    }
  }
}

void
gen_yuv_write_rows (const GenAugmentFrame *frame, const GenColourMatrix to_yuv, int row,
    const guint8 *pixels, gint32 *sums)
{
  const int width = frame->width, first = row;
  gint32 *u = sums, *v = sums + width + 1;
  guint32 words[PIECE];
  gint32 m[3][4];

  fix (to_yuv, m);
  for (int k = 0; k < frame->down; k++) {
    /* Of an odd height the last row is its own neighbour. */
    const int at = MIN (first + k, frame->height - 1);
    const guint8 *from = pixels + (gsize)(at - first) * 3 * (gsize)width;
    guint8 *y = frame->planes[0].data + (gssize)at * frame->planes[0].stride;

    for (int i = 0; i < width; i += PIECE) {
      const int n = MIN (PIECE, width - i);

      gen_augment_unpack (from + 3 * i, words, n, 3);
      luma_of (words, m[0], y + i, n);
      add_chroma (words, m[1], k, u + i, n);
      add_chroma (words, m[2], k, v + i, n);
    }
  }
  narrow (frame, first, u, v);
}

/* --- matrices from YUV to YUV --- */

/* What is as small changes no sample. */
#define NOTHING 1e-5

static void
find_table (double factor, double offset, double lowest, double highest, guint8 table[256])
{
  for (int v = 0; v < 256; v++)
    table[v] = (guint8)(CLAMP (factor * v + offset, lowest, highest) + 0.5);
}

GEN_CLONES (void, mix_row,
    (const guint8 *y, const guint8 *u, const guint8 *v, const float m[4], float lowest,
        float highest, guint8 *out, int n),
    (y, u, v, m, lowest, highest, out, n))
{
  for (int i = 0; i < n; i++) {
    const float value = m[0] * y[i] + m[1] * u[i] + m[2] * v[i] + m[3];

    out[i] = (guint8)(int)(CLAMP (value, lowest, highest) + 0.5f);
  }
}

/* The sum of two rows of luma. */
GEN_CLONES (
    void, add_rows, (const guint8 *a, const guint8 *b, gint32 *sums, int n), (a, b, sums, n))
{
  for (int i = 0; i < n; i++)
    sums[i] = a[i] + b[i];
}

/* `step` is how far samples of a plane are apart: 2 where U and V alternate. */
typedef struct {
  const GenAugmentFrame *frame;
  float m[3][4], lowest, highest, luma_share;
} Mixer;

GEN_CLONES (void, mix_chroma,
    (const Mixer *mixer, const gint32 *sums, int across, guint8 *u, guint8 *v, int step, int n),
    (mixer, sums, across, u, v, step, n))
{
  for (int i = 0; i < n; i++) {
    const gint32 sum = across == 1 ? sums[i] : sums[2 * i] + sums[2 * i + 1];
    const float y = (float)sum * mixer->luma_share, a = u[i * step], b = v[i * step];
    const float of_u =
        mixer->m[1][0] * y + mixer->m[1][1] * a + mixer->m[1][2] * b + mixer->m[1][3];
    const float of_v =
        mixer->m[2][0] * y + mixer->m[2][1] * a + mixer->m[2][2] * b + mixer->m[2][3];

    u[i * step] = (guint8)(int)(CLAMP (of_u, mixer->lowest, mixer->highest) + 0.5f);
    v[i * step] = (guint8)(int)(CLAMP (of_v, mixer->lowest, mixer->highest) + 0.5f);
  }
}

static void
look_up_plane (const GenPicture *plane, const guint8 table[256])
{
  for (int y = 0; y < plane->height; y++) {
    guint8 *row = plane->data + (gssize)y * plane->stride;

    gen_byte_lookup (row, table, row, (gsize)plane->width * (gsize)plane->channels);
  }
}

static gboolean
is_alone (const double *row, int column)
{
  for (int c = 0; c < 3; c++)
    if (c != column && fabs (row[c]) > NOTHING)
      return FALSE;
  return TRUE;
}

static gboolean
stays (const double *row, int column)
{
  return is_alone (row, column) && fabs (row[column] - 1) < NOTHING &&
         fabs (row[3]) < 100 * NOTHING;
}

/* Luma after chroma, which goes by what luma was. */
static void
mix_luma (const Mixer *mixer, const GenColourMatrix matrix, int row, const guint8 *chroma)
{
  const GenAugmentFrame *frame = mixer->frame;
  const float black = frame->full_range ? 0 : 16, white = frame->full_range ? 255 : 235;
  guint8 table[256];

  if (is_alone (matrix[0], 0))
    find_table (matrix[0][0], matrix[0][3], (double)black, (double)white, table);
  for (int y = row; y < MIN (row + frame->down, frame->height); y++) {
    guint8 *luma = frame->planes[0].data + (gssize)y * frame->planes[0].stride;

    if (is_alone (matrix[0], 0))
      gen_byte_lookup (luma, table, luma, (gsize)frame->width);
    else
      mix_row (luma, chroma, chroma + frame->width, mixer->m[0], black, white, luma, frame->width);
  }
}

static void
mix_rows (const Mixer *mixer, const GenColourMatrix matrix, int row, guint8 *chroma, gint32 *sums)
{
  const GenAugmentFrame *frame = mixer->frame;
  const GenPicture *planes = frame->planes;
  const int width = frame->width, below = MIN (row + frame->down, frame->height) - 1;
  const gssize at = row / frame->down;
  guint8 *first = planes[1].data + at * planes[1].stride;
  guint8 *second = frame->n_planes == 2 ? first + 1 : planes[2].data + at * planes[2].stride;
  guint8 *u = frame->v_first ? second : first, *v = frame->v_first ? first : second;

  gen_yuv_widen (frame, row, chroma, chroma + width);
  add_rows (planes[0].data + (gssize)row * planes[0].stride,
      planes[0].data + (gssize)below * planes[0].stride, sums, width);
  sums[width] = sums[width - 1];
  mix_chroma (mixer, sums, frame->across, u, v, frame->n_planes == 2 ? 2 : 1, planes[1].width);
  mix_luma (mixer, matrix, row, chroma);
}

void
gen_yuv_mix (
    const GenAugmentFrame *frame, const GenColourMatrix matrix, guint8 *chroma, gint32 *sums)
{
  Mixer mixer = { .frame = frame,
    .lowest = frame->full_range ? 0 : 16,
    .highest = frame->full_range ? 255 : 240,
    .luma_share = 0.5f / (float)frame->across };
  const gboolean same = is_alone (matrix[1], 1) && is_alone (matrix[2], 2) &&
                        fabs (matrix[1][1] - matrix[2][2]) < NOTHING &&
                        fabs (matrix[1][3] - matrix[2][3]) < 100 * NOTHING;
  guint8 table[256];

  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 4; c++)
      mixer.m[r][c] = (float)matrix[r][c];
  if (!is_alone (matrix[0], 0) || !same) {
    for (int row = 0; row < frame->height; row += frame->down)
      mix_rows (&mixer, matrix, row, chroma, sums);
    return;
  }
  for (int row = 0; !stays (matrix[0], 0) && row < frame->height; row += frame->down)
    mix_luma (&mixer, matrix, row, NULL);
  find_table (matrix[1][1], matrix[1][3], (double)mixer.lowest, (double)mixer.highest, table);
  for (int p = 1; !stays (matrix[1], 1) && p < frame->n_planes; p++)
    look_up_plane (&frame->planes[p], table);
}
