/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where in a plane a pattern stands whose lie and symbols are known: in all of it, or where a
 * marked picture was pasted into another one. */
#pragma once

#include "picture-lie.h"
#include "picture-tile.h"

typedef struct {
  double left, top, right, bottom; /* shares of the plane's sides */
} GenPictureBox;

typedef struct _GenPicturePlace GenPicturePlace;

GenPicturePlace *gen_picture_place_new (const GenPictureTile *tile);
void gen_picture_place_free (GenPicturePlace *place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenPicturePlace, gen_picture_place_free)

/* In a plane of which (`x`, `y`) is what lies as `lie` says from, with its shift. */
void gen_picture_place_find (GenPicturePlace *place, const float *plane, int width, int height,
    int x, int y, const GenPictureLie *lie, const gint8 symbols[GEN_MARK_SYMBOLS],
    GenPictureBox *box);
