/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Affine maps along a row, in steps of fixed-point numbers of 32 bits each side of the point, which
 * lose nothing however long it is. */
#pragma once

#include "picture.h"

/* Where the first pixel of a row is from, counted from the centre of the picture's first, and how
 * much farther each next one. */
typedef struct {
  gint64 x, dx, y, dy;
} GenAffineRow;

/* `matrix`: from the picture's centre. */
GenAffineRow gen_augment_affine_row (const double *matrix, int width, int height, int row);
/* The pixels at `n` positions from `position` on, and the shares of their next ones, in 1/256. A
 * position beyond the edges is mirrored at the first and last pixel; beyond the mirrored picture,
 * too, it stays at its edge. The last pixel is the next one of the last but one. */
void gen_augment_affine_step (
    gint64 position, gint64 step, int extent, gint32 *number, guint32 *weight, int n);
