/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resampling along any axes, forwards and backwards: Resize, Upsample and their gradient. */
#pragma once

#include <generative/operator.h>

/* Of a node of Resize or its gradient: the constants that say what becomes of its operand. */
typedef struct {
  const GenTensor *scales, *sizes, *region; /* NULL where absent */
} GenResampleInputs;

typedef struct {
  GenShape in, out;
  double factors[GEN_MAX_RANK];
  double starts[GEN_MAX_RANK], ends[GEN_MAX_RANK]; /* the region, for tf_crop_and_resize */
} GenResampling;

gboolean gen_resampling_init (GenResampling *resampling, const GenNode *node, const GenShape *in,
    const GenResampleInputs *inputs, GError **error);

/* For each result along an axis, what it is made of: entries [starts[i], starts[i + 1]). */
typedef struct {
  gint64 in, out;
  gint64 *starts;
  gint64 *positions;
  float *weights;
  guint8 *outside; /* of each result, whether it lies beyond the operand; NULL if none does */
  gboolean takes;  /* each result is one element as it is */
} GenResampleTable;

/* The table of one axis; or of its transpose, from results back to the operand. */
void gen_resample_table_init (
    GenResampleTable *table, const GenNode *node, const GenResampling *resampling, int axis);
void gen_resample_table_transpose (GenResampleTable *table);
void gen_resample_table_clear (GenResampleTable *table);

/* cpu() from x to y; or, `backwards`, from dy to dx: input 0 to output 0. */
gboolean gen_resample_cpu (
    GenKernel *kernel, const GenResampling *resampling, gboolean backwards, GError **error);
