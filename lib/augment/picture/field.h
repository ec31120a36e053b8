/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A smooth random field over the picture: uniform numbers in [-1, 1] on a coarse lattice between
 * which a cubic B-spline goes, so that it never leaves those bounds; it is kept as values on a
 * finer lattice, and is bilinear between them. */
#pragma once

#include "picture.h"

#define GEN_FIELD_SPANS 4  /* of the coarse lattice, each way */
#define GEN_FIELD_CELLS 16 /* of the fine one */
#define GEN_FIELD_DRAWN ((GEN_FIELD_SPANS + 3) * (GEN_FIELD_SPANS + 3)) /* random numbers */
#define GEN_FIELD_VALUES ((GEN_FIELD_CELLS + 1) * (GEN_FIELD_CELLS + 1))

/* `drawn`: uniform in (0, 1). */
void gen_augment_field_init (float *values, const float *drawn);
/* At `n` positions, which times `scale` and plus `offset` are in cells from the upper left corner;
 * what is beyond the edges is as at them. */
typedef struct {
  float scale_x, scale_y, offset;
} GenFieldPlace;
void gen_augment_field_at (const float *values, const GenFieldPlace *place, const float *x,
    const float *y, float *out, int n);
