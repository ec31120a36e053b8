/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From indices to places in memory, on the device: what indices.h is on the CPU. */
#pragma once

#include <string.h>

#include "../../device/cuda/walk.h"

G_BEGIN_DECLS
#include "indices.h"
G_END_DECLS

/* A tensor of int32 or int64; negative indices count from the end, those out of range mean the
 * nearest place. */
struct GenIndices {
  const void *data;
  int wide; /* int64 */
  gint64 extent;

  GenIndices (const GenTensor *tensor, gint64 extent_)
      : data (NULL), wide (tensor->type == GEN_TYPE_INT64), extent (extent_)
  {
  }

  /* The same, at an address. */
  GenIndices at (const void *address) const
  {
    GenIndices result = *this;

    result.data = address;
    return result;
  }

  __device__ inline gint64 get (size_t i, gint64 within) const
  {
    gint64 index = wide ? ((const gint64 *)data)[i] : ((const gint32 *)data)[i];

    index += index < 0 ? within : 0;
    return index < 0 ? 0 : index < within ? index : within - 1;
  }
};

/* One index for each element, along an axis. */
struct GenElementPlaces {
  GenWalk<1> walk; /* through the indices, beside the data */
  gint64 stride, extent;

  /* FALSE where there are too many. */
  gboolean init (const GenNode *node)
  {
    GenElementIndices elements;
    gint64 strides[1][GEN_MAX_RANK];

    gen_element_indices_init (&elements, node);
    memcpy (strides[0], elements.strides, sizeof strides[0]);
    stride = elements.stride;
    extent = elements.extent;
    return gen_walk_set<1> (&walk, elements.rank, elements.dims, strides);
  }

  __device__ inline gint64 place (const GenIndices &indices, size_t i) const
  {
    return walk.offsets (i).of[0] + indices.get (i, extent) * stride;
  }
};

/* A tuple of indices for each slice; places are numbers of slices. */
struct GenTuplePlaces {
  int length;
  GenDivider per_batch;
  gint64 batch_stride;
  gint64 extents[GEN_MAX_RANK], strides[GEN_MAX_RANK];

  /* `inner` becomes the elements of a slice. */
  gboolean init (const GenNode *node, gint64 *inner)
  {
    GenTupleIndices tuples;

    gen_tuple_indices_init (&tuples, node);
    if (tuples.n > GEN_WALK_MAX)
      return FALSE;
    *inner = tuples.inner;
    length = tuples.length;
    per_batch = GenDivider ((uint32_t)tuples.per_batch);
    batch_stride = tuples.batch_stride / MAX (tuples.inner, 1);
    for (int i = 0; i < length; i++) {
      extents[i] = tuples.extents[i];
      strides[i] = tuples.strides[i] / MAX (tuples.inner, 1);
    }
    return TRUE;
  }

  __device__ inline gint64 place (const GenIndices &indices, size_t i) const
  {
    gint64 place = per_batch.divide ((uint32_t)i) * batch_stride;

    for (int k = 0; k < length; k++)
      place += indices.get (i * length + k, extents[k]) * strides[k];
    return place;
  }
};
