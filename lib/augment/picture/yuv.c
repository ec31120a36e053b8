/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Luma and chroma as colours, and back. Chroma of fewer samples is repeated, and averaged on the
 * way back, so that a pixel that stays as it is comes back as it was. */
#include "yuv.h"

#include <math.h>
#include <string.h>

#include "../../device/byte-lookup.h"
#include "../../simd.h"
#include "words.h"

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

void
gen_yuv_find_mix (const GenAugmentPictureDraw *draw, int first, int last,
    const GenAugmentFrame *frame, GenColourMatrix matrix)
{
  GenColourMatrix of_rgb, to_yuv, product;

  gen_yuv_find_matrices (frame, of_rgb, to_yuv);
  for (int i = first; i < last; i++) {
    GenColourMatrix step;

    for (int r = 0; r < 3; r++)
      for (int c = 0; c < 4; c++)
        step[r][c] = draw->steps[i].values[r * 4 + c] * (c == 3 ? 255 : 1);
    gen_yuv_multiply ((const double (*)[4])step, (const double (*)[4])of_rgb, product);
    memcpy (of_rgb, product, sizeof of_rgb);
  }
  gen_yuv_multiply ((const double (*)[4])to_yuv, (const double (*)[4])of_rgb, matrix);
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

static inline guint8
byte_of (float value)
{
  return (guint8)(int)(CLAMP (value, 0.0f, 255.0f) + 0.5f);
}

/* The chroma of a row, of sums over as many samples as are one, 1 / `share`. */
GEN_CLONES (void, take_means, (const float *sums, int across, float share, guint8 *out, int n),
    (sums, across, share, out, n))
{
  if (across == 1) {
    for (int i = 0; i < n; i++)
      out[i] = byte_of (sums[i] * share);
    return;
  }
  for (int i = 0; i < n; i++)
    out[i] = byte_of ((sums[2 * i] + sums[2 * i + 1]) * share);
}

GEN_CLONES (void, take_pairs, (const float *u, const float *v, float share, guint8 *out, int n),
    (u, v, share, out, n))
{
  for (int i = 0; i < n; i++) {
    out[2 * i] = byte_of ((u[2 * i] + u[2 * i + 1]) * share);
    out[2 * i + 1] = byte_of ((v[2 * i] + v[2 * i + 1]) * share);
  }
}

static void
narrow (const GenAugmentFrame *frame, int row, float *u, float *v)
{
  const GenPicture *planes = frame->planes;
  const gssize at = row / frame->down;
  const float share = 1 / (float)(frame->across * frame->down);
  const int n = planes[1].width;

  /* Of an odd width the last is its own neighbour. */
  u[frame->width] = u[frame->width - 1];
  v[frame->width] = v[frame->width - 1];
  if (frame->n_planes == 2) {
    take_pairs (frame->v_first ? v : u, frame->v_first ? u : v, share,
        planes[1].data + at * planes[1].stride, n);
    return;
  }
  take_means (u, frame->across, share, planes[1].data + at * planes[1].stride, n);
  take_means (v, frame->across, share, planes[2].data + at * planes[2].stride, n);
}

/* --- colours --- */

static void
to_floats (const GenColourMatrix matrix, float floats[3][4])
{
  for (int r = 0; r < 3; r++)
    for (int c = 0; c < 4; c++)
      floats[r][c] = (float)matrix[r][c];
}

GEN_CLONES (void, words_of,
    (const guint8 *y, const guint8 *u, const guint8 *v, const float m[3][4],
        guint32 *restrict words, int n),
    (y, u, v, m, words, n))
{
  for (int i = 0; i < n; i++) {
    const float a = y[i], b = u[i], c = v[i];
    guint32 word = 0;

    for (int k = 0; k < 3; k++) {
      const float value = m[k][0] * a + m[k][1] * b + m[k][2] * c + m[k][3];

      word |= (guint32)(gint32)(CLAMP (value, 0.0f, 255.0f) + 0.5f) << (8 * k);
    }
    words[i] = word;
  }
}

/* Luma, and chroma added to what there is, `keep` being 1, or put in its place. */
GEN_CLONES (void, split_words,
    (const guint32 *restrict words, const float m[3][4], float keep, guint8 *restrict y,
        float *restrict u, float *restrict v, int n),
    (words, m, keep, y, u, v, n))
{
  for (int i = 0; i < n; i++) {
    const float r = (float)(gint32)(words[i] & 255), g = (float)(gint32)(words[i] >> 8 & 255);
    const float b = (float)(gint32)(words[i] >> 16 & 255);

    y[i] = byte_of (m[0][0] * r + m[0][1] * g + m[0][2] * b + m[0][3]);
    u[i] = keep * u[i] + m[1][0] * r + m[1][1] * g + m[1][2] * b + m[1][3];
    v[i] = keep * v[i] + m[2][0] * r + m[2][1] * g + m[2][2] * b + m[2][3];
  }
}

void
gen_yuv_read_rows (const GenAugmentFrame *frame, const GenColourMatrix to_rgb, int row,
    guint8 *chroma, guint8 *pixels)
{
  const int width = frame->width, end = MIN (row + frame->down, frame->height);
  guint8 *u = chroma, *v = chroma + width;
  guint32 words[PIECE];
  float m[3][4];

  to_floats (to_rgb, m);
  gen_yuv_widen (frame, row, u, v);
  for (; row < end; row++, pixels += 3 * width) {
    const guint8 *y = frame->planes[0].data + (gssize)row * frame->planes[0].stride;

    for (int i = 0; i < width; i += PIECE) {
      const int n = MIN (PIECE, width - i);

      words_of (y + i, u + i, v + i, (const float (*)[4])m, words, n);
      gen_augment_pack (words, pixels + 3 * i, n, 3);
    }
  }
}

void
gen_yuv_write_rows (const GenAugmentFrame *frame, const GenColourMatrix to_yuv, int row,
    const guint8 *pixels, float *sums)
{
  const int width = frame->width, first = row;
  float *u = sums, *v = sums + width + 1;
  guint32 words[PIECE];
  float m[3][4];

  to_floats (to_yuv, m);
  /* What was there before may be anything. */
  memset (sums, 0, 2 * ((gsize)width + 1) * sizeof *sums);
  for (int k = 0; k < frame->down; k++) {
    /* Of an odd height the last row is its own neighbour. */
    const int at = MIN (first + k, frame->height - 1);
    const guint8 *from = pixels + (gsize)(at - first) * 3 * (gsize)width;
    guint8 *y = frame->planes[0].data + (gssize)at * frame->planes[0].stride;

    for (int i = 0; i < width; i += PIECE) {
      const int n = MIN (PIECE, width - i);

      gen_augment_unpack (from + 3 * i, words, n, 3);
      split_words (words, (const float (*)[4])m, (float)k, y + i, u + i, v + i, n);
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
GEN_CLONES (void, add_rows, (const guint8 *a, const guint8 *b, float *sums, int n), (a, b, sums, n))
{
  for (int i = 0; i < n; i++)
    sums[i] = (float)(a[i] + b[i]);
}

/* `step` is how far samples of a plane are apart: 2 where U and V alternate. */
typedef struct {
  const GenAugmentFrame *frame;
  float m[3][4], lowest, highest, luma_share;
  gboolean luma_alone;
  guint8 luma_table[256]; /* where it is alone */
} Mixer;

static inline void
mix_samples (const Mixer *mixer, const float *restrict sums, int across, guint8 *restrict u,
    guint8 *restrict v, int step, int n)
{
  const float *mu = mixer->m[1], *mv = mixer->m[2];
  const float uy = mu[0] * mixer->luma_share, uu = mu[1], uv = mu[2], more_u = mu[3];
  const float vy = mv[0] * mixer->luma_share, vu = mv[1], vv = mv[2], more_v = mv[3];
  const float lowest = mixer->lowest, highest = mixer->highest;

  for (int i = 0; i < n; i++) {
    const float y = across == 1 ? sums[i] : sums[2 * i] + sums[2 * i + 1];
    const float a = u[i * step], b = v[i * step];
    const float of_u = uy * y + uu * a + uv * b + more_u;
    const float of_v = vy * y + vu * a + vv * b + more_v;

    u[i * step] = (guint8)(int)(CLAMP (of_u, lowest, highest) + 0.5f);
    v[i * step] = (guint8)(int)(CLAMP (of_v, lowest, highest) + 0.5f);
  }
}

GEN_CLONES (void, mix_chroma,
    (const Mixer *mixer, const float *sums, int across, guint8 *u, guint8 *v, int step, int n),
    (mixer, sums, across, u, v, step, n))
{
  if (across == 1)
    mix_samples (mixer, sums, 1, u, v, 1, n);
  else if (step == 1)
    mix_samples (mixer, sums, 2, u, v, 1, n);
  else
    mix_samples (mixer, sums, 2, u, v, 2, n);
}

static inline void
turn_samples (const Mixer *mixer, guint8 *restrict u, guint8 *restrict v, int step, int n)
{
  const float uu = mixer->m[1][1], uv = mixer->m[1][2], vu = mixer->m[2][1], vv = mixer->m[2][2];
  const float more_u = mixer->m[1][3], more_v = mixer->m[2][3];
  const float lowest = mixer->lowest, highest = mixer->highest;

  for (int i = 0; i < n; i++) {
    const float a = u[i * step], b = v[i * step];
    const float of_u = uu * a + uv * b + more_u, of_v = vu * a + vv * b + more_v;

    u[i * step] = (guint8)(int)(CLAMP (of_u, lowest, highest) + 0.5f);
    v[i * step] = (guint8)(int)(CLAMP (of_v, lowest, highest) + 0.5f);
  }
}

GEN_CLONES (void, turn_chroma, (const Mixer *mixer, guint8 *u, guint8 *v, int step, int n),
    (mixer, u, v, step, n))
{
  if (step == 1)
    turn_samples (mixer, u, v, 1, n);
  else
    turn_samples (mixer, u, v, 2, n);
}

static void
look_up_plane (const GenPicture *plane, const guint8 table[256])
{
  for (int y = 0; y < plane->height; y++) {
    guint8 *row = plane->data + (gssize)y * plane->stride;

    gen_byte_lookup (row, table, row, (gsize)plane->width * (gsize)plane->channels);
  }
}

/* Rows of chroma that luma has no part in. */
static void
mix_chroma_alone (const Mixer *mixer)
{
  const GenAugmentFrame *frame = mixer->frame;
  const GenPicture *planes = frame->planes;
  const gboolean in_pairs = frame->n_planes == 2;

  for (int y = 0; y < planes[1].height; y++) {
    guint8 *first = planes[1].data + (gssize)y * planes[1].stride;
    guint8 *second = in_pairs ? first + 1 : planes[2].data + (gssize)y * planes[2].stride;
    guint8 *u = frame->v_first ? second : first, *v = frame->v_first ? first : second;

    turn_chroma (mixer, u, v, in_pairs ? 2 : 1, planes[1].width);
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

/* Luma has no part in chroma, and chroma none in luma. */
static gboolean
are_apart (const GenColourMatrix matrix)
{
  return is_alone (matrix[0], 0) && fabs (matrix[1][0]) <= NOTHING &&
         fabs (matrix[2][0]) <= NOTHING;
}

/* U and V become the same function of themselves. */
static gboolean
turns_nothing (const GenColourMatrix matrix)
{
  return is_alone (matrix[1], 1) && is_alone (matrix[2], 2) &&
         fabs (matrix[1][1] - matrix[2][2]) < NOTHING &&
         fabs (matrix[1][3] - matrix[2][3]) < 100 * NOTHING;
}

gboolean
gen_yuv_stays (const GenColourMatrix matrix, gboolean chroma)
{
  if (!are_apart (matrix))
    return FALSE;
  return chroma ? turns_nothing (matrix) && stays (matrix[1], 1) : stays (matrix[0], 0);
}

/* Luma after chroma, which goes by what luma was. */
static void
mix_luma (const Mixer *mixer, int row, const guint8 *chroma)
{
  const GenAugmentFrame *frame = mixer->frame;
  const float black = frame->full_range ? 0 : 16, white = frame->full_range ? 255 : 235;

  for (int y = row; y < MIN (row + frame->down, frame->height); y++) {
    guint8 *luma = frame->planes[0].data + (gssize)y * frame->planes[0].stride;

    if (mixer->luma_alone)
      gen_byte_lookup (luma, mixer->luma_table, luma, (gsize)frame->width);
    else
      mix_row (luma, chroma, chroma + frame->width, mixer->m[0], black, white, luma, frame->width);
  }
}

static void
mix_rows (const Mixer *mixer, int row, guint8 *chroma, float *sums)
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
  mix_luma (mixer, row, chroma);
}

void
gen_yuv_mix (
    const GenAugmentFrame *frame, const GenColourMatrix matrix, guint8 *chroma, float *sums)
{
  Mixer mixer = { .frame = frame,
    .lowest = frame->full_range ? 0 : 16,
    .highest = frame->full_range ? 255 : 240,
    .luma_share = 0.5f / (float)frame->across };
  guint8 table[256];

  to_floats (matrix, mixer.m);
  mixer.luma_alone = is_alone (matrix[0], 0);
  find_table (matrix[0][0], matrix[0][3], frame->full_range ? 0 : 16, frame->full_range ? 255 : 235,
      mixer.luma_table);
  if (!are_apart (matrix)) {
    for (int row = 0; row < frame->height; row += frame->down)
      mix_rows (&mixer, row, chroma, sums);
    return;
  }
  for (int row = 0; !stays (matrix[0], 0) && row < frame->height; row += frame->down)
    mix_luma (&mixer, row, NULL);
  if (!turns_nothing (matrix)) {
    mix_chroma_alone (&mixer);
    return;
  }
  find_table (matrix[1][1], matrix[1][3], (double)mixer.lowest, (double)mixer.highest, table);
  for (int p = 1; !stays (matrix[1], 1) && p < frame->n_planes; p++)
    look_up_plane (&frame->planes[p], table);
}
