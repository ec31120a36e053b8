/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include "../../simd.h"
#include "picture.h"

/* Geometric steps that follow each other, as one map. */
typedef struct {
  const GenAugmentPictureStep *warp; /* or NULL: */
  double matrix[9];
} GenAugmentMapPart;

typedef struct {
  const GenAugmentPictureDraw *draw;
  GenAugmentMapPart parts[GEN_AUGMENT_MAX];
  int n;
} GenAugmentMap;

/* Those from step `first` on. Returns the number of the first step that is of another kind. */
int gen_augment_map_init (GenAugmentMap *map, const GenAugmentPictureDraw *draw, int first);
/* Its 3 rows, where it is a projective map altogether; else NULL. */
const double *gen_augment_map_matrix (const GenAugmentMap *map);
/* From positions of the result to those of the source, in place, from the picture's centre. */
void gen_augment_map_row (const GenAugmentMap *map, float *x, float *y, int n);

/* warp.c: rows of a picture as a map makes them. `pixels`: the source, a word each. */
typedef struct {
  const guint32 *pixels;
  int width, height, channels;
} GenAugmentSource;

/* `pixels` has room for all pixels of `picture` and one more. */
void gen_augment_source_init (GenAugmentSource *source, const GenPicture *picture, guint32 *pixels);
void gen_augment_warp_row (
    const GenAugmentSource *source, const GenAugmentMap *map, int row, guint8 *out);

/* Pictures that are only mirrored: the map's matrix says so. */
gboolean gen_augment_mirrors (const double *matrix);
void gen_augment_mirror_row (const GenPicture *source, const double *matrix, int row, guint8 *out);
