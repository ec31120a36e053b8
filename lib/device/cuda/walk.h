/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the number of an element to the places of others beside it. */
#pragma once

#include "cuda.h"

G_BEGIN_DECLS
#include "../../ops/broadcast.h"
G_END_DECLS

/* Division by a number that is known before the kernel starts, for dividends below 2^31: a product
 * and a shift (Granlund and Montgomery, 1994). */
struct GenDivider {
  uint32_t divisor, factor, shift;

  GenDivider (uint32_t by = 1) : divisor (by), factor (0), shift (0)
  {
    while (shift < 31 && (1u << shift) < by)
      shift++;
    factor = (uint32_t)((((uint64_t)1 << 32) * (((uint64_t)1 << shift) - by)) / by + 1);
  }

  __device__ inline uint32_t divide (uint32_t x) const
  {
    return (__umulhi (x, factor) + x) >> shift;
  }
};

template <int OPERANDS> struct GenOffsets {
  gint64 of[OPERANDS];
};

template <int OPERANDS> struct GenWalk {
  int rank; /* at least 1 */
  GenDivider dims[GEN_MAX_RANK];
  gint64 strides[OPERANDS][GEN_MAX_RANK];

  __device__ inline GenOffsets<OPERANDS> offsets (size_t index) const
  {
    GenOffsets<OPERANDS> result = {};
    uint32_t rest = (uint32_t)index;

    for (int i = rank - 1; i >= 0; i--) {
      uint32_t outer = dims[i].divide (rest), at = rest - outer * dims[i].divisor;

      for (int k = 0; k < OPERANDS; k++)
        result.of[k] += at * strides[k][i];
      rest = outer;
    }
    return result;
  }

  /* Every operand is all elements in order, or one. */
  gboolean is_flat () const
  {
    for (int k = 0; k < OPERANDS; k++)
      if (rank != 1 || (strides[k][0] != 1 && strides[k][0] != 0))
        return FALSE;
    return TRUE;
  }
};

/* Most elements that a walk can count. */
#define GEN_WALK_MAX ((gint64)G_MAXINT32)

/* FALSE when there are too many elements. */
template <int OPERANDS>
static gboolean
gen_walk_set (
    GenWalk<OPERANDS> *walk, int rank, const gint64 *dims, const gint64 strides[][GEN_MAX_RANK])
{
  gint64 n = 1;

  walk->rank = rank;
  for (int i = 0; i < rank; i++) {
    n *= dims[i];
    if (n > GEN_WALK_MAX)
      return FALSE;
    walk->dims[i] = GenDivider ((uint32_t)MAX (dims[i], 1));
    for (int k = 0; k < OPERANDS; k++)
      walk->strides[k][i] = strides[k][i];
  }
  return TRUE;
}

/* Through output 0 of `node` in the order of its memory, with the first operands beside it. */
template <int OPERANDS>
static gboolean
gen_walk_init (GenWalk<OPERANDS> *walk, const GenNode *node)
{
  GenBroadcast broadcast;

  gen_broadcast_init (&broadcast, node, OPERANDS);
  return gen_walk_set<OPERANDS> (walk, broadcast.rank, broadcast.dims, broadcast.strides);
}
