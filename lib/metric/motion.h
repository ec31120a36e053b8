/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where what a frame shows was in another one: blocks are looked for in pictures of half the size,
 * again and again, from the smallest on, where a few pixels reach far; from one size to the next a
 * block begins at what it and its neighbours found (hierarchical block matching, Bierling 1988),
 * and stays near, so that what has no texture moves as its surroundings do. In the end each is cut
 * in four, which take the vector of any neighbour, and is followed between pixels. */
#pragma once

#include <generative/picture.h>

/* Vectors are in so many parts of a pixel. */
#define GEN_MOTION_PARTS 16
/* Width and height of a block that has a vector of its own, but at the right and the bottom where
 * they may be less. */
#define GEN_MOTION_BLOCK 8

typedef struct {
  gint32 x, y; /* from the block to where it was found */
} GenMotionVector;

typedef struct _GenMotionPlanes GenMotionPlanes;

GenMotionPlanes *gen_motion_planes_new (void);
void gen_motion_planes_free (GenMotionPlanes *planes);
/* Take in a frame's luma, a copy of it and its smaller ones. */
void gen_motion_planes_read (GenMotionPlanes *planes, const GenPicture *luma);
/* That copy, row after row; NULL before the first. */
const guint8 *gen_motion_planes_get (const GenMotionPlanes *planes, int *width, int *height);

typedef struct {
  int columns, rows; /* of blocks */
  GenMotionVector *vectors;
  GenMotionVector *work[2]; /* of larger blocks, of this size and the one before it */
  gsize room;
} GenMotionField;

void gen_motion_field_clear (GenMotionField *field);
/* Fill `field` with where blocks of `from` are in `to`, a frame of the same size. Blocks never
 * reach beyond it. */
void gen_motion_find (
    GenMotionField *field, const GenMotionPlanes *from, const GenMotionPlanes *to);
