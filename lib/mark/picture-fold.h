/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From a plane in which a pattern lies somehow to its symbols. */
#pragma once

#include "picture-lie.h"
#include "picture-tile.h"

typedef struct _GenPictureFold GenPictureFold;

GEN_PRIVATE_API GenPictureFold *gen_picture_fold_new (const GenPictureTile *tile);
GEN_PRIVATE_API void gen_picture_fold_free (GenPictureFold *fold);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GenPictureFold, gen_picture_fold_free)

/* Add up all tiles of a plane, find the shift by the pilots' phases, which becomes the lie's, and
 * read symbols as gen_mark_decode takes them. Returns how far the pilots stand out at the best
 * shift, in deviations of noise, of which noise itself has 4 to 5. */
GEN_PRIVATE_API double gen_picture_fold_read (GenPictureFold *fold, const float *plane, int width,
    int height, GenPictureLie *lie, float symbols[GEN_MARK_SYMBOLS]);
/* The lie near `lie` at which pilots stand out the most; some tenths of a second. */
void gen_picture_fold_refine (
    GenPictureFold *fold, const float *plane, int width, int height, GenPictureLie *lie);
