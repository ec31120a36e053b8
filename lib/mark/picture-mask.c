/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Noise of variance n in surroundings of variance s leaves a structural similarity of
 *   (2 s + C) / (2 s + n + C),   C = (0.03 * 255)^2 = 58.5,
 * so that n = q (2 s + C) costs the same everywhere: the deviation is 0.85 levels where all is
 * flat, and grows with how busy it is, up to the 2 levels that are 42 dB of PSNR. What counts as
 * busy are differences of neighbours, each up to a bound, since a single edge hides nothing beside
 * it. Black frames and bars show what is in them most: there it is less. */
#include "picture-mask.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../simd.h"
#include "picture-rows.h"

#define FLAT 0.85
#define BUSIEST 1.97 /* and what rounding adds */
#define SHARE 4.0    /* a mean difference of so many levels doubles what is allowed in variance */
/* Blocks are of 8 pixels where the shorter side is no more than this, and else larger. */
#define SMALL 1100

static int
block_of (int side)
{
  int block = 8;

  while (side > SMALL && block < 64) {
    block *= 2;
    side /= 2;
  }
  return block;
}

void
gen_picture_mask_clear (GenPictureMask *mask)
{
  g_free (mask->table);
  g_free (mask->looked);
  g_free (mask->gains);
  g_free (mask->differences);
  for (int i = 0; i < 2; i++) {
    g_free (mask->lines[i]);
    g_free (mask->rows[i]);
  }
  *mask = (GenPictureMask){ 0 };
}

void
gen_picture_mask_set_size (GenPictureMask *mask, int width, int height)
{
  gsize n;

  gen_picture_mask_clear (mask);
  mask->width = width;
  mask->height = height;
  mask->block = block_of (MIN (width, height));
  mask->gap = mask->block / GEN_MASK_ROWS;
  mask->across = (width + mask->block - 1) / mask->block;
  mask->down = (height + mask->block - 1) / mask->block;
  n = (gsize)(mask->across * mask->block); /* whole blocks */
  mask->strength = -1;
  mask->table = g_new (gint16, gen_mark_most (mask->block) + 1);
  mask->looked = g_new (gint16, (gsize)mask->across * (gsize)mask->down);
  mask->gains = g_new (gint16, (gsize)mask->across);
  mask->differences = g_new (guint8, n);
  for (int i = 0; i < 2; i++) {
    mask->lines[i] = g_new (gint16, n);
    mask->rows[i] = g_new (guint8, n);
  }
}

/* --- looking --- */

/* All in bytes, of which most fit into a vector: a column's differences add up to less. */
GEN_CLONES (void, add_row,
    (const guint8 *restrict row, const guint8 *restrict below, int gap, int n,
        guint8 *restrict differences),
    (row, below, gap, n, differences))
{
  for (int x = 0; x < n; x++) {
    const guint8 here = row[x], right = row[x + gap], under = below[x];
    const guint8 across = (guint8)(MAX (here, right) - MIN (here, right));
    const guint8 down = (guint8)(MAX (here, under) - MIN (here, under));

    differences[x] =
        (guint8)(differences[x] + MIN (across, GEN_MASK_BOUND) + MIN (down, GEN_MASK_BOUND));
  }
}

/* Of 8 bytes, none of which is above 128. */
static guint
sum_of_eight (const guint8 *bytes)
{
  const guint64 odd = G_GUINT64_CONSTANT (0x00ff00ff00ff00ff);
  guint64 eight;

  memcpy (&eight, bytes, sizeof eight);
  eight = (eight & odd) + ((eight >> 8) & odd);
  return (guint)((eight * G_GUINT64_CONSTANT (0x0001000100010001)) >> 48);
}

static gint16
gain_of (double difference, double strength)
{
  const double busy = difference / SHARE;
  const double deviation = MIN (FLAT * sqrt (1 + busy * busy), BUSIEST);

  return (gint16)lrint (strength * deviation * (1 << GEN_MASK_SHIFT) / GEN_MASK_UNIT);
}

void
gen_picture_mask_set_strength (GenPictureMask *mask, double strength)
{
  const int most = gen_mark_most (mask->block);

  if (strength == mask->strength)
    return;
  mask->strength = strength;
  for (int sum = 0; sum <= most; sum++)
    mask->table[sum] = gain_of ((double)sum * GEN_MASK_BOUND / most, strength);
}

/* The sums of differences of a row of blocks' columns, of which each `gap`th row is looked at.
 * Returns how many these are. */
static int
look_at_columns (GenPictureMask *mask, int by)
{
  const int first = by * mask->block, last = MIN (first + mask->block, mask->height) - 1;
  const int n = MAX (mask->width - mask->gap, 0); /* with a neighbour */
  const guint8 *row = gen_mark_frame_luma (mask->frame, first, mask->rows[0]);
  int rows = 0;

  memset (mask->differences, 0, (gsize)(mask->across * mask->block));
  for (int y = first; y <= last; y += mask->gap, rows++) {
    const guint8 *below = gen_mark_frame_luma (
        mask->frame, MIN (y + mask->gap, mask->height - 1), mask->rows[(rows + 1) % 2]);

    add_row (row, below, mask->gap, n, mask->differences);
    row = below;
  }
  return rows;
}

/* The least of each block and those beside it. */
static void
take_least (gint16 *gains, int n)
{
  gint16 left = gains[0];

  for (int bx = 0; bx < n; bx++) {
    const gint16 here = gains[bx], right = gains[MIN (bx + 1, n - 1)];

    gains[bx] = MIN (MIN (left, right), here);
    left = here;
  }
}

static void
look_at_blocks (GenPictureMask *mask, int by)
{
  const int rows = look_at_columns (mask, by), block = mask->block;
  gint16 *looked = mask->looked + by * mask->across;

  for (int bx = 0; bx < mask->across; bx++) {
    const guint8 *differences = mask->differences + bx * block;
    const int columns = MIN (block, mask->width - mask->gap - bx * block);
    guint sum = 0;

    for (int x = 0; x < block; x += 8)
      sum += sum_of_eight (differences + x);
    /* A block at the right that has no neighbours is as the one before it. */
    looked[bx] = columns > 0 ? mask->table[(int)sum * GEN_MASK_ROWS * block / (rows * columns)]
                 : bx > 0    ? looked[bx - 1]
                             : mask->table[0];
  }
  take_least (looked, mask->across);
}

void
gen_picture_mask_begin (GenPictureMask *mask, const GenMarkFrame *frame, double strength)
{
  gen_picture_mask_set_strength (mask, strength);
  mask->frame = frame;
  mask->n_looked = 0;
}

/* --- rows of gains --- */

/* From each block's middle to the next one's; `line` begins at the first one's. */
static inline __attribute__ ((always_inline)) void
spread_blocks (const gint16 *restrict gains, int block, int n, gint16 *restrict line)
{
  for (int bx = 0; bx < n; bx++) {
    const int from = gains[bx], step = gains[bx + 1] - from;

    for (int x = 0; x < block; x++)
      line[bx * block + x] = (gint16)(from + step * x / block);
  }
}

GEN_CLONES (void, spread_gains,
    (const gint16 *restrict gains, int block, int n, gint16 *restrict line),
    (gains, block, n, line))
{
  if (block == 8)
    spread_blocks (gains, 8, n, line);
  else if (block == 16)
    spread_blocks (gains, 16, n, line);
  else if (block == 32)
    spread_blocks (gains, 32, n, line);
  else
    spread_blocks (gains, 64, n, line);
}

/* A row of blocks, a number a pixel: straight from the middle of a block to that of the next, and
 * as at the middle at the edges. */
static void
spread (GenPictureMask *mask, int by, gint16 *line)
{
  const int across = mask->across, half = mask->block / 2;
  const int here = CLAMP (by, 0, mask->down - 1);
  const gint16 *looked = mask->looked + here * across;
  const gint16 *above = here > 0 ? looked - across : looked;
  const gint16 *below = here + 1 < mask->down ? looked + across : looked;

  for (int bx = 0; bx < across; bx++)
    mask->gains[bx] = MIN (MIN (above[bx], below[bx]), looked[bx]);
  for (int x = 0; x < MIN (half, mask->width); x++)
    line[x] = mask->gains[0];
  spread_gains (mask->gains, mask->block, across - 1, line + half);
  for (int x = half + (across - 1) * mask->block; x < mask->width; x++)
    line[x] = mask->gains[across - 1];
}

GenMaskRow
gen_picture_mask_row (GenPictureMask *mask, int y)
{
  const int half = mask->block / 2, beyond = (y + half) % mask->block;
  const int above = (y + half) / mask->block - 1; /* the row of blocks whose middle is above */

  if (y == 0 || beyond == 0) {
    gint16 *line = mask->lines[0];

    for (; mask->n_looked < MIN (above + 3, mask->down); mask->n_looked++)
      look_at_blocks (mask, mask->n_looked);
    mask->lines[0] = mask->lines[1];
    mask->lines[1] = line;
    if (y == 0)
      spread (mask, above, mask->lines[0]);
    spread (mask, above + 1, mask->lines[1]);
  }
  return (GenMaskRow){ mask->lines[0], mask->lines[1], beyond * 64 / mask->block };
}
