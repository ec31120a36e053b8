/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Elements and slices chosen by tensors of indices: what GatherElements, GatherND and their
 * counterparts that scatter have in common. Indices are int32 or int64; negative ones count from
 * the end; one out of range, which only the data can have, means the nearest place. */
#pragma once

#include "../../private-api.h"
#include "../elementwise/arithmetic.h"

/* Offsets that are worked out at a time. */
#define GEN_INDICES_CHUNK 256

/* Whether input `i` can be indices. */
gboolean gen_indices_check (const GenNode *node, guint i, GError **error);
/* Index number `i` of `indices`, brought into [0, extent). */
static inline gint64
gen_indices_get (GenDataType type, const void *indices, gsize i, gint64 extent)
{
  gint64 index =
      type == GEN_TYPE_INT64 ? ((const gint64 *)indices)[i] : ((const gint32 *)indices)[i];

  return CLAMP (index < 0 ? index + extent : index, 0, extent - 1);
}

/* One index for each element, along an axis of the data. A row is the last dimension. */
typedef struct {
  GenDataType type;
  int rank, axis;
  gint64 dims[GEN_MAX_RANK];    /* of the indices */
  gint64 strides[GEN_MAX_RANK]; /* of the data, 0 along the axis */
  gint64 stride, extent;        /* of the data along the axis */
  gint64 rows, n;
} GenElementIndices;

/* infer() for data (input 0), indices (input 1) and the attribute axis. */
gboolean gen_element_indices_infer (const GenNode *node, GError **error);
GEN_PRIVATE_API void gen_element_indices_init (GenElementIndices *elements, const GenNode *node);
/* Offsets into the data of `n` elements of a row from `column` on. */
void gen_element_indices_offsets (const GenElementIndices *elements, const void *indices,
    gint64 row, gint64 column, gint64 n, gint64 *offsets);

/* A tuple of indices for each slice of the data; the first `batch_dims` dimensions are shared. */
typedef struct {
  GenDataType type;
  int batch_dims, length;       /* of a tuple */
  gint64 extents[GEN_MAX_RANK]; /* of the data, that a tuple goes into */
  gint64 strides[GEN_MAX_RANK];
  gint64 batch_stride, per_batch; /* in the data; tuples */
  gint64 n, inner;                /* tuples; elements of a slice */
} GenTupleIndices;

/* infer() for data (input 0), indices (input 1) and the attribute batch_dims; `shape` becomes that
 * of all slices. */
gboolean gen_tuple_indices_infer (const GenNode *node, GenShape *shape, GError **error);
GEN_PRIVATE_API void gen_tuple_indices_init (GenTupleIndices *tuples, const GenNode *node);
/* Offset into the data of slice `i`. */
gint64 gen_tuple_indices_offset (const GenTupleIndices *tuples, const void *indices, gint64 i);

/* to[i] = from[offsets[i]] and to[offsets[i]] = from[i], for elements of `size` bytes. */
void gen_indices_take (const void *from, const gint64 *offsets, void *to, gsize n, gsize size);
void gen_indices_put (const void *from, void *to, const gint64 *offsets, gsize n, gsize size);

/* How a node's attribute `reduction` combines elements of its data with updates: NULL in `row` for
 * "none", which overwrites. */
gboolean gen_indices_reduction (const GenNode *node, GenBinaryRow *row, GError **error);
/* Step of scattering operators: input 0 copied to output 0. */
void gen_indices_copy_data (const GenKernel *kernel, int part, int parts);
