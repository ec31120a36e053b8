/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Passes over a picture, which planes.c takes one by one. */
#pragma once

#include "place.h"
#include "value.h"

/* Geometry, and what is then done to each row, in order: stages of values, or a step. */
typedef struct {
  GenAugmentMap map;
  const GenAugmentPictureStep *steps[GEN_AUGMENT_MAX]; /* NULL: the next stages */
  int first_stages[GEN_AUGMENT_MAX + 1];
  int n_actions;
  GenValueStage *stages;
  int n_stages;
} GenAugmentPass;

/* The pass that begins with step `first`. Returns the first step that is not of it. */
int gen_augment_pass_plan (GenAugmentPass *pass, const GenAugmentPictureDraw *draw, int first,
    GenAugmentWorkspace *workspace);
/* What the pass does to a row of `n` pixels, after geometry; `in` and `out` may be the same. */
void gen_augment_pass_row (const GenAugmentPass *pass, const GenAugmentPictureDraw *draw, int row,
    const guint8 *in, guint8 *out, int n, int channels);

/* Steps from `first` to before `last`, of which neither geometry nor WHOLE is cut in two. */
void gen_augment_render_steps (const GenAugmentPictureDraw *draw, int first, int last,
    GenAugmentOrder order, GenAugmentWorkspace *workspace, const GenPicture *source,
    GenPicture *target);
/* A map of positions from the centre of `picture`, which has any size and any channels up to four,
 * in place. */
void gen_augment_move_picture (const GenAugmentMap *map, gboolean nearest,
    GenAugmentWorkspace *workspace, GenPicture *picture);
