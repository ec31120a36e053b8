/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a mark may lie in a plane. */
#pragma once

#include "picture-lie.h"
#include "picture-tile.h"

typedef struct _GenPictureSearch GenPictureSearch;

/* Ways that are worth trying, at most. */
#define GEN_SEARCH_MOST 6

/* What is looked for: a pattern of how much larger than it would be by itself, in which shapes
 * (across by down, negative where it is mirrored), and turned by so many steps of 0.004 radians to
 * each side. */
typedef struct {
  double least, most;
  double shapes[4];
  guint n_shapes;
  int turns;
} GenSearchRange;

/* For planes of a size, in which a pattern that nothing happened to has `scale` pixels a unit. */
GenPictureSearch *gen_picture_search_new (
    const GenPictureTile *tile, int width, int height, double scale);
void gen_picture_search_free (GenPictureSearch *search);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenPictureSearch, gen_picture_search_free)

/* Look at a plane: what follows is of it. */
void gen_picture_search_look (GenPictureSearch *search, const float *plane);
/* The most likely ways in a range, best first, refined. How many there are. */
int gen_picture_search_all (
    GenPictureSearch *search, const GenSearchRange *range, GenPictureLie lies[GEN_SEARCH_MOST]);
