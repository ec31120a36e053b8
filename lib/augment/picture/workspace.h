/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Memory that rendering takes and keeps. */
#pragma once

#include <generative/augment.h>

typedef enum {
  GEN_SCRATCH_PICTURE, /* the picture as it was */
  GEN_SCRATCH_ROWS,    /* what a filter makes of it on the way */
  GEN_SCRATCH_TABLES,  /* what it makes of levels */
  GEN_SCRATCH_STAGES,  /* of values: the renderer's */
  GEN_SCRATCH_COLOURS, /* RGB of what is YUV */
  GEN_SCRATCH_CHAIN,   /* the draw of a chain */
  GEN_SCRATCH_CHAINED, /* what chains make of the picture */
  GEN_SCRATCHES,
} GenScratch;

/* At least `size` bytes, whose contents are whatever they were. */
gpointer gen_augment_scratch (GenAugmentWorkspace *workspace, GenScratch which, gsize size);
/* What a transform keeps from picture to picture, in the place of what was kept before: only one
 * does. */
void gen_augment_keep (GenAugmentWorkspace *workspace, gpointer kept, GDestroyNotify free);
/* NULL: nothing is kept. */
gpointer gen_augment_kept (GenAugmentWorkspace *workspace);
