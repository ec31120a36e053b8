/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copying a box of elements between two tensors, each with strides of its own: what
 * Transpose, Slice, Concat, Split, Expand and Tile come down to. */
#pragma once

#include <generative/operator.h>

#include "../../private-api.h"

typedef struct {
  int rank; /* at least 1 */
  gint64 dims[GEN_MAX_RANK];
  gint64 from[GEN_MAX_RANK], to[GEN_MAX_RANK]; /* in elements */
  gint64 from_offset, to_offset;               /* in elements */
  gsize size;                                  /* bytes of an element: 1, 2, 4 or 8 */
  gsize rows;                                  /* product of all dims but the last */
  int turned; /* the dimension that with the last is a matrix to be transposed; -1: none */
} GenStrided;

/* Dimensions are merged where both sides allow it. */
GEN_PRIVATE_API void gen_strided_init (GenStrided *strided, int rank, const gint64 *dims,
    const gint64 *from, const gint64 *to, GenDataType type);
/* The share of part `part`. */
void gen_strided_run (const GenStrided *strided, const void *from, void *to, int part, int parts);

/* `n` elements of 1, 2, 4 or 8 bytes, each so many steps behind the other. */
void gen_copy_row (
    const void *from, gint64 from_step, void *to, gint64 to_step, gint64 n, gsize size);

/* cpu() for an operator that is one such copy from input 0 to output 0; takes over `strided`,
 * made with g_new. */
gboolean gen_strided_cpu (GenKernel *kernel, GenStrided *strided, GError **error);

/* The copy that a prepared kernel is; NULL where it is something else. */
GEN_PRIVATE_API const GenStrided *gen_strided_of (const GenKernel *kernel);

/* Row-major strides of `shape`. */
void gen_shape_strides (const GenShape *shape, gint64 strides[GEN_MAX_RANK]);
