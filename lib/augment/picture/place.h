/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <string.h>

#include "../../simd.h"
#include "picture.h"
#include "workspace.h"

/* Geometric steps that follow each other, as one map. */
typedef struct {
  const GenAugmentPictureStep *warp; /* or NULL: */
  double matrix[9];
} GenAugmentMapPart;

typedef struct {
  const GenAugmentPictureDraw *draw;
  GenAugmentMapPart parts[GEN_AUGMENT_MAX + 2];
  int n;
} GenAugmentMap;

/* Those from step `first` on. Returns the number of the first step that is of another kind. */
int gen_augment_map_init (GenAugmentMap *map, const GenAugmentPictureDraw *draw, int first);
/* Its 3 rows, where it is a projective map altogether; else NULL. */
const double *gen_augment_map_matrix (const GenAugmentMap *map);
/* The same map between positions that are counted otherwise: those of `map` are `scale` [2] times
 * these, and `offset` [2] more. */
void gen_augment_map_scale (
    GenAugmentMap *scaled, const GenAugmentMap *map, const double scale[2], const double offset[2]);
/* The map of a frame as that of its planes of chroma. */
void gen_augment_map_to_chroma (
    GenAugmentMap *scaled, const GenAugmentMap *map, const GenAugmentFrame *frame);
/* From positions of the result to those of the source, in place, from the picture's centre. */
void gen_augment_map_row (const GenAugmentMap *map, float *x, float *y, int n);

/* warp.c: rows of a picture as a map makes them. `pixels`: the source, a word each. */
typedef struct {
  const guint32 *pixels; /* of one channel or two: bytes without gaps */
  int width, height, channels;
  gboolean nearest; /* a pixel is the nearest one, and none is between two */
} GenAugmentSource;

/* All but whether the nearest is taken. `pixels` has room for all pixels of `picture` and one more.
 */
void gen_augment_source_init (GenAugmentSource *source, const GenPicture *picture, guint32 *pixels);
void gen_augment_warp_row (
    const GenAugmentSource *source, const GenAugmentMap *map, int row, guint8 *out);

/* straight.c: rows that are from rows, and columns from columns: the map's matrix says so. */
typedef struct {
  const GenPicture *source;
  const double *matrix;
  int first, n;     /* columns of the source that are needed */
  gint32 *columns;  /* of each pixel, from the first of these */
  guint32 *weights; /* of the next one, in 1/256 */
  guint32 *words;   /* a row of the source; of one channel or two its bytes */
  /* Rows as they are resampled (of one channel or two a number of 16 bits a sample), */
  guint32 *rows[2];
  int kept[2]; /* and which these are */
} GenAugmentStraight;

gboolean gen_augment_is_straight (const double *matrix);
/* What it points to stays. */
void gen_augment_straight_init (GenAugmentStraight *straight, const GenPicture *source,
    const double *matrix, GenAugmentWorkspace *workspace);
void gen_augment_straight_row (GenAugmentStraight *straight, int row, guint8 *out);

/* mirror.c: pictures that are only mirrored: the map's matrix says so. */
gboolean gen_augment_mirrors (const double *matrix);
void gen_augment_mirror_row (const GenPicture *source, const double *matrix, int row, guint8 *out);
