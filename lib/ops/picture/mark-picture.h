/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Marking frames where they lie, in two passes, for the CPU and for kernels of a device.
 *
 * MaskPicture looks at a plane of a frame, of luma or of colours: input 0 is its bytes, input 1 the
 * gain of a block by the sum of its differences, int16 [the largest sum + 1]. Outputs are the plane
 * without gaps, uint8 [height, width, channels], and the gains of blocks, int16 [down, across],
 * each the least of a block and of the eight around it. Attributes: height, width, channels (1:
 * luma; 3: colours, 4: and a byte that is none), stride (0: no gaps) and block, pixels of a block's
 * side.
 *
 * MarkPicture adds a pattern, int8 [height, width] as input 2, times the gains, to what these two
 * are, and writes a frame, which may be the one that was read. The output is a plane's bytes, with
 * gaps that are not touched. Attributes: stride, block and full_range.
 *
 * Numbers are those of lib/mark (picture-mask.c, picture-mark.c), bit by bit: all are whole. */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

#ifdef __CUDACC__
#define GEN_MARK_FUNCTION static __host__ __device__ inline
#else
#define GEN_MARK_FUNCTION static inline
#endif

#define GEN_MASK_ROWS 4   /* of a block are looked at */
#define GEN_MASK_BOUND 16 /* of a difference */
/* What a pattern is multiplied by, in 4096ths. */
#define GEN_MASK_SHIFT 12

typedef struct {
  int height, width, channels;
  int block, down, across; /* a block's side, and how many blocks there are */
  gsize stride;            /* in the frame */
  int least, most;         /* that a change makes of a byte */
} GenMarkGeometry;

/* Read from nodes whose inputs are known; they check what they say. */
GEN_PRIVATE_API gboolean gen_mask_geometry (
    const GenNode *node, GenMarkGeometry *geometry, GError **error);
GEN_PRIVATE_API gboolean gen_mark_geometry (
    const GenNode *node, GenMarkGeometry *geometry, GError **error);

/* What a whole block's differences add up to, at most. */
GEN_MARK_FUNCTION int
gen_mark_most (int block)
{
  return GEN_MASK_ROWS * 2 * GEN_MASK_BOUND * block;
}

GEN_MARK_FUNCTION int
gen_mark_within (int value, int least, int most)
{
  return value < least ? least : value > most ? most : value;
}

/* --- looking --- */

/* Green counts twice. */
GEN_MARK_FUNCTION int
gen_mark_luma (const GenMarkGeometry *g, const guint8 *frame, int x, int y)
{
  const guint8 *pixel = frame + (gsize)y * g->stride + (gsize)x * (gsize)g->channels;

  return g->channels == 1 ? pixel[0] : (pixel[0] + 2 * pixel[1] + pixel[2]) >> 2;
}

GEN_MARK_FUNCTION int
gen_mark_difference (int a, int b)
{
  const int difference = a < b ? b - a : a - b;

  return difference < GEN_MASK_BOUND ? difference : GEN_MASK_BOUND;
}

/* The gain of block (bx, by) by what it shows. One at the right whose pixels have no neighbours is
 * as the one before it. */
GEN_MARK_FUNCTION gint16
gen_mark_look (const GenMarkGeometry *g, const guint8 *frame, const gint16 *table, int bx, int by)
{
  const int gap = g->block / GEN_MASK_ROWS, n = g->width - gap; /* with a neighbour */
  const int top = by * g->block;
  const int bottom = top + g->block < g->height ? top + g->block : g->height;
  int left = bx * g->block, columns, rows = 0, sum = 0;

  if (left >= n && bx > 0)
    left -= g->block;
  columns = n - left < g->block ? n - left : g->block;
  if (columns <= 0)
    return table[0];
  for (int y = top; y < bottom; y += gap, rows++) {
    const int below = y + gap < g->height ? y + gap : g->height - 1;

    for (int x = left; x < left + columns; x++) {
      const int here = gen_mark_luma (g, frame, x, y);

      sum += gen_mark_difference (here, gen_mark_luma (g, frame, x + gap, y)) +
             gen_mark_difference (here, gen_mark_luma (g, frame, x, below));
    }
  }
  return table[sum * GEN_MASK_ROWS * g->block / (rows * columns)];
}

/* The least of a block and those around it. */
GEN_MARK_FUNCTION gint16
gen_mark_least (const GenMarkGeometry *g, const gint16 *looked, int bx, int by)
{
  gint16 least = looked[by * g->across + bx];

  for (int y = by > 0 ? by - 1 : 0; y <= by + 1 && y < g->down; y++)
    for (int x = bx > 0 ? bx - 1 : 0; x <= bx + 1 && x < g->across; x++)
      if (looked[y * g->across + x] < least)
        least = looked[y * g->across + x];
  return least;
}

/* --- marking --- */

/* Along a row of blocks: straight from the middle of one to that of the next, and as at the middle
 * at the edges. */
GEN_MARK_FUNCTION int
gen_mark_gain_across (const GenMarkGeometry *g, const gint16 *gains, int x)
{
  const int beyond = x - g->block / 2, bx = beyond / g->block;

  if (beyond < 0)
    return gains[0];
  if (bx >= g->across - 1)
    return gains[g->across - 1];
  return gains[bx] + (gains[bx + 1] - gains[bx]) * (beyond % g->block) / g->block;
}

/* And in 64ths of a block from a row of them to the next. */
GEN_MARK_FUNCTION int
gen_mark_gain (const GenMarkGeometry *g, const gint16 *gains, int x, int y)
{
  const int beyond = y + g->block / 2, by = beyond / g->block - 1; /* whose middle is above */
  const int above = gen_mark_within (by, 0, g->down - 1);
  const int under = gen_mark_within (by + 1, 0, g->down - 1);
  const int from = gen_mark_gain_across (g, gains + above * g->across, x);
  const int to = gen_mark_gain_across (g, gains + under * g->across, x);

  return from + (((to - from) * (beyond % g->block * 64 / g->block)) >> 6);
}

/* What is beyond the bounds already stays. */
GEN_MARK_FUNCTION guint8
gen_mark_add (const GenMarkGeometry *g, int old, int change)
{
  return (guint8)gen_mark_within (
      old + change, old < g->least ? old : g->least, old > g->most ? old : g->most);
}

/* Pixel (x, y), whose row in the frame begins at `row`. */
GEN_MARK_FUNCTION void
gen_mark_pixel (const GenMarkGeometry *g, const guint8 *samples, const gint16 *gains,
    const gint8 *pattern, int x, int y, guint8 *row)
{
  const gsize at = (gsize)y * (gsize)g->width + (gsize)x;
  const guint8 *old = samples + at * (gsize)g->channels;
  const int gain = gen_mark_gain (g, gains, x, y);
  const int change = (pattern[at] * gain + (1 << (GEN_MASK_SHIFT - 1))) >> GEN_MASK_SHIFT;

  for (int c = 0; c < g->channels; c++)
    row[x * g->channels + c] = c < 3 ? gen_mark_add (g, old[c], change) : old[c];
}
