/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "picture.h"

/* Steps of tone and colour that follow each other, in as few stages as they can be. */
typedef struct {
  enum { GEN_STAGE_TONE, GEN_STAGE_TABLE, GEN_STAGE_MIX } kind;
  double rows[3][4];   /* TONE: the first of the first, and its last; MIX; white is 255 */
  double entries[256]; /* TABLE: before they are rounded */
  guint8 table[256];
} GenValueStage;

/* One more step. `stages` has room for as many stages as there are steps; returns how many there
 * are now. */
int gen_value_stages_add (GenValueStage *stages, int n, const GenAugmentPictureStep *step);
/* When there is no more. */
void gen_value_stages_finish (GenValueStage *stages, int n);
/* `in` and `out` may be the same. */
void gen_value_stage_run (
    const GenValueStage *stage, const guint8 *in, guint8 *out, int n, int channels);

/* `table` of 256 for each sample of a row but alpha. */
void gen_augment_look_up (const guint8 *table, const guint8 *in, guint8 *out, int n, int channels);
/* The pixels from `begin` to before `end` of a row become `level`; alpha stays. */
void gen_augment_fill (guint8 *pixels, int begin, int end, int channels, int level);
