/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The largest and the least of a row of float32. What is no number wins: that there is one is found
 * apart, so that lanes go by one instruction, which does not let it through. */
#pragma once

#include <math.h>

#include "reduce.h"

/* gradient() of both: where several elements are the largest or least, it is shared among them. */
gboolean gen_reduce_extreme_gradient (GenGradient *gradient, GError **error);

#define GEN_EXTREME_OF(before, a, b) ((b)before (a) ? (b) : (a))

#define GEN_EXTREME_START(first, end, initial)                                                     \
  GEN_REDUCER_LOOP (int k = first; k < end; k++)                                                   \
  {                                                                                                \
    lanes[k] = (initial);                                                                          \
    strange[k] = 0;                                                                                \
  }

/* The lanes take what they can of a row; returns how much. */
#define GEN_EXTREME_LANES(before, n_lanes)                                                         \
  for (; i + n_lanes <= n; i += n_lanes)                                                           \
    GEN_REDUCER_LOOP (int k = 0; k < n_lanes; k++)                                                 \
    {                                                                                              \
      const float x = from[i + k];                                                                 \
      lanes[k] = GEN_EXTREME_OF (before, lanes[k], x);                                             \
      strange[k] |= x != x;                                                                        \
    }

#define GEN_EXTREME_FOLD(before, width)                                                            \
  GEN_REDUCER_LOOP (int k = 0; k < width; k++)                                                     \
  {                                                                                                \
    lanes[k] = GEN_EXTREME_OF (before, lanes[k], lanes[k + width]);                                \
    strange[k] |= strange[k + width];                                                              \
  }

/* `name`: across() of a GenReducer; the one that comes before the other is taken. */
#define GEN_REDUCER_EXTREME(name, before, initial)                                                 \
  GEN_CLONES (void, name, (void *accumulators, const void *px, const GenReduceRows *rows),         \
      (accumulators, px, rows))                                                                    \
  {                                                                                                \
    const gsize n = rows->n;                                                                       \
                                                                                                   \
    for (gsize r = 0; r < rows->rows; r++) {                                                       \
      const float *from = (const float *)px + (gint64)r * rows->from;                              \
      float *to = (float *)accumulators + (gint64)r * rows->to, total = *to;                       \
      float lanes[GEN_REDUCER_MANY_LANES];                                                         \
      int strange[GEN_REDUCER_MANY_LANES], any = total != total;                                   \
      gsize i = 0;                                                                                 \
                                                                                                   \
      GEN_EXTREME_START (0, GEN_REDUCER_LANES, initial)                                            \
      if (n >= 2 * GEN_REDUCER_MANY_LANES) {                                                       \
        GEN_EXTREME_START (GEN_REDUCER_LANES, GEN_REDUCER_MANY_LANES, initial)                     \
        GEN_EXTREME_LANES (before, GEN_REDUCER_MANY_LANES)                                         \
        GEN_EXTREME_FOLD (before, 32)                                                              \
        GEN_EXTREME_FOLD (before, 16)                                                              \
      }                                                                                            \
      GEN_EXTREME_LANES (before, GEN_REDUCER_LANES)                                                \
      GEN_EXTREME_FOLD (before, 8)                                                                 \
      GEN_EXTREME_FOLD (before, 4)                                                                 \
      for (int k = 0; k < 4; k++) {                                                                \
        total = GEN_EXTREME_OF (before, total, lanes[k]);                                          \
        any |= strange[k];                                                                         \
      }                                                                                            \
      for (; i < n; i++) {                                                                         \
        const float x = from[i];                                                                   \
        total = GEN_EXTREME_OF (before, total, x);                                                 \
        any |= x != x;                                                                             \
      }                                                                                            \
      *to = any ? NAN : total;                                                                     \
    }                                                                                              \
  }
