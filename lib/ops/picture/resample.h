/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Resampling along any axes, forwards and backwards: Resize, Upsample and their gradient. */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

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

/* What is done along one axis: a tensor in the order of its memory is `outer` times the axis times
 * `inner`. */
typedef struct {
  GenResampleTable table;
  int axis; /* in the order of memory */
  gint64 outer, inner;
} GenResamplePass;

/* All that is done, one axis after the other. */
typedef struct {
  int n;
  GenResamplePass passes[GEN_MAX_RANK];
  GenShape in, out; /* what is read and written, in the order of memory */
  gint64 largest;   /* elements behind a pass, at most */
  gboolean takes;   /* results are elements as they are */
} GenResamplePasses;

/* From input 0 of `node` to its output 0, x to y or, `backwards`, dy to dx. FALSE with `error`
 * where one of them is empty. */
GEN_PRIVATE_API gboolean gen_resample_passes_init (GenResamplePasses *passes, const GenNode *node,
    const GenResampling *resampling, gboolean backwards, GError **error);
GEN_PRIVATE_API void gen_resample_passes_clear (GenResamplePasses *passes);

/* Of a node of Resize or Upsample; of a node of their gradient. */
GEN_PRIVATE_API gboolean gen_resize_find (
    GenResampling *resampling, const GenNode *node, GError **error);
GEN_PRIVATE_API gboolean gen_resize_gradient_find (
    GenResampling *resampling, const GenNode *node, GError **error);

/* cpu() from x to y; or, `backwards`, from dy to dx: input 0 to output 0. */
gboolean gen_resample_cpu (
    GenKernel *kernel, const GenResampling *resampling, gboolean backwards, GError **error);
