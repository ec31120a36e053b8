/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/plan.h>

#include "amx.h"

/**
 * The tile unit of newer x86 (AMX), which multiplies bfloat16 and adds float32, made to multiply
 * float32. Each number is split into three of bfloat16 that add up to it, and the six largest of
 * their nine products make one: six times the arithmetic, on a unit that has some twenty times the
 * speed. What is left out is at most 2^-23 of a product, so that results are as exact as those of
 * float32 arithmetic. With GEN_PRECISION_TF32 it is two parts and three products, and what is left
 * out at most 2^-15 of a product, a millionth of a result as a rule (Henry, Tang and Heinecke,
 * "Leveraging the bfloat16 artificial intelligence datatype for higher-precision computations",
 * 2019).
 *
 * Numbers below 2^-126 count as 0, and a result that an infinity goes into may be NaN instead.
 *
 * A left operand's tile has a row of 64 bytes, 32 numbers along k, for each of 16 lines (rows of a
 * matrix, pixels of a picture). A right operand's tile has a row for each pair of numbers along k,
 * of 16 lines (columns, channels).
 */
#define GEN_SPLIT_LINES 16 /* in a tile */
#define GEN_SPLIT_STEP 32  /* numbers along k in a tile */
#define GEN_SPLIT_TILE_BYTES 1024
#define GEN_SPLIT_BLOCK 32 /* lines that are multiplied at a time: two tiles each way */

/* Whether this machine has the unit. */
gboolean gen_split_is_available (void);
/* How many parts a number is split into; `constant`: one operand never changes. */
static inline int
gen_split_parts (GenPrecision precision, gboolean constant)
{
  if (precision == GEN_PRECISION_FLOAT32)
    return 3;
  return precision == GEN_PRECISION_BFLOAT16 && constant ? 1 : 2;
}

/* A matrix of float32, its lines numbered along m or n. */
typedef struct {
  gint64 line_stride, k_stride; /* one of them is 1 */
  gint64 lines, k;
} GenSplitMatrix;

/* Tiles of `n` lines from `line` on, n a multiple of the block, zeros beyond the matrix: for each
 * 16 lines and each step along k the tiles of the parts, one after the other. */
void gen_split_pack (const GenSplitMatrix *matrix, gboolean right, int splits, const float *numbers,
    gint64 line, gint64 n, guint8 *to);
/* Bytes of the tiles of 16 lines. */
gsize gen_split_line_size (gint64 k, int splits);

/* How a right operand that never changes is stored. Tiles of two parts take 4 bytes a number, as
 * the number does, but those of three take 6: then it is the numbers, in the order of tiles, of
 * which tiles are made while others are multiplied, unless they are few and used for few lines at a
 * time.
 */
typedef struct {
  int splits;
  gboolean as_tiles;
} GenSplitForm;

/* `uses` is how many blocks of left lines follow each making of tiles. */
GenSplitForm gen_split_form (const GenSplitMatrix *matrix, int splits, gint64 uses);
/* Bytes of 16 lines of `steps` steps along k. */
gsize gen_split_stored_size (const GenSplitForm *form, gint64 steps);
/* The first `n` lines, with zeros beyond the matrix. */
void gen_split_store (const GenSplitForm *form, const GenSplitMatrix *matrix, const float *numbers,
    gint64 n, guint8 *to);

/* 32 lines of a right operand for a product. */
typedef struct {
  const guint8 *tiles; /* of 16 lines, or the numbers to make them of */
  gsize next;          /* bytes to the other 16 lines' */
  guint8 *make_at;     /* where the product makes the tiles; NULL: they are there */
} GenSplitRight;

/* What is stored, to be made at `to` (of gen_split_made_size) if need be; and the same, once it has
 * been in a product of all its `steps`. */
GenSplitRight gen_split_right (
    const GenSplitForm *form, const guint8 *stored, gsize next, guint8 *to);
GenSplitRight gen_split_made (const GenSplitRight *right, gint64 steps);
gsize gen_split_made_size (const GenSplitForm *form, gint64 steps);

/* `n` pixels of `channels` numbers to lines of a left operand, `pixel` bytes each: for each step
 * along the channels 64 bytes a part, zeros beyond the channels. */
void gen_split_pixels (
    const float *from, gint64 n, gint64 channels, int splits, gsize pixel, guint8 *to);

/* How a left operand lies. */
typedef struct {
  gsize line; /* bytes from line to line */
  gsize part; /* from part to part of the same numbers */
  gsize step; /* from step to step along k */
} GenSplitLayout;
/* That of gen_split_pack: the lines of a tile follow each other. */
#define GEN_SPLIT_TILES(splits)                                                                    \
  ((GenSplitLayout){ 64, GEN_SPLIT_TILE_BYTES, (splits)*GEN_SPLIT_TILE_BYTES })

/* A block of 32 by 32 results, row-major without gaps: added to, or begun. The sum runs over `taps`
 * stretches of k, `steps` each, of 32 left lines that begin at `first` (and at `second`, the last
 * 16 of them; NULL: there are none, and the last 16 rows of results mean nothing) plus the
 * stretch's offset; the right tiles of all stretches follow each other. Between gen_amx_begin and
 * gen_amx_end. */
void gen_split_multiply (const GenSplitLayout *layout, const guint8 *first, const guint8 *second,
    const gsize *offsets, int taps, gint64 steps, const GenSplitRight *right, int splits,
    gboolean begin, float *results);

/* 16 by 16 words turned over, in place; `stride` in words. */
void gen_split_turn_over (float *results, gint64 stride);
