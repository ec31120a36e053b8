/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How strong a pattern may be where: by how busy the picture is there. */
#pragma once

#include <generative/picture-mark.h>

#include "../ops/picture/mark-picture.h"

/* A pattern's numbers, whose variance is 1, in steps of a 40th. */
#define GEN_MASK_UNIT 40

typedef struct {
  int width, height;
  int block, across, down; /* pixels of a block's side, and how many blocks there are */
  int gap;                 /* how far the pixels are apart whose differences count */
  double strength;         /* that `table` is for */
  gint16 *table;           /* the gain of a block, by the sum of its differences */
  gint16 *looked;          /* of each block, the least of it and those beside it */
  gint16 *gains;           /* of a row of blocks */
  guint8 *differences;     /* sums of columns */
  gint16 *lines[2];        /* of all columns, at the middle of two rows of blocks */
  guint8 *rows[2];

  /* Of the frame that is being marked. */
  const GenMarkFrame *frame;
  int n_looked; /* rows of blocks */
} GenPictureMask;

/* The gains of a row: those of `from` and, by `share` of 64, of `to`. */
typedef struct {
  const gint16 *from, *to;
  int share;
} GenMaskRow;

void gen_picture_mask_set_size (GenPictureMask *mask, int width, int height);
void gen_picture_mask_clear (GenPictureMask *mask);
/* Let `table` be for `strength`, which all gains are multiplied by. */
void gen_picture_mask_set_strength (GenPictureMask *mask, double strength);
/* A frame, which stays the caller's, is to be marked, from above to below. */
void gen_picture_mask_begin (GenPictureMask *mask, const GenMarkFrame *frame, double strength);
/* The gains of row `y`; rows come in their order, from 0. Rows that follow are looked at as far as
 * they are needed, none that has been asked for before: it may be marked by now. */
GenMaskRow gen_picture_mask_row (GenPictureMask *mask, int y);
