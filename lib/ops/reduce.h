/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reductions: a value accumulated over some of the axes. An operator says how an element is
 * taken into the accumulator, how two accumulators merge, and what is done at the end. */
#pragma once

#include "../simd.h"
#include "broadcast.h"
#include "reduce_groups.h"

typedef struct {
  gsize size; /* bytes of an element */
  void (*start) (void *accumulators, gint64 stride, gsize n);
  /* accumulator[0] takes n elements of a row. */
  void (*across) (void *accumulator, const void *row, gsize n);
  /* accumulator[i] takes row[i]. */
  void (*along) (void *accumulators, gint64 stride, const void *row, gsize n);
  /* accumulators[i] merges with others[i]. */
  void (*merge) (void *accumulators, const void *others, gsize n);
  /* After all: `count` elements went into each; NULL when there is nothing to do. */
  void (*finish) (void *accumulators, gsize n, double count);
} GenReducer;

typedef struct {
  const GenReducer *float32, *float64, *int32, *int64, *uint32, *uint64, *int8, *uint8;
} GenReducers;

/* infer(), cpu() of all reductions. Axes are input 1 or the attribute `axes`. */
gboolean gen_reduce_infer (GenNode *node, GError **error);
gboolean gen_reduce_cpu (GenKernel *kernel, const GenReducers *reducers, GError **error);

/* For gradients: `tensor` of the output's shape, with the reduced axes back as 1. */
GenTensor *gen_reduce_keep (GenGradient *gradient, GenTensor *tensor, GError **error);
/* The same, expanded to the operand's shape. */
GenTensor *gen_reduce_spread (GenGradient *gradient, GenTensor *tensor, GError **error);

#define GEN_REDUCER_LANES 16

/* A reducer for elements of type T: expressions of the accumulator `a`, the element `x`, the
 * other accumulator `b`. Rows are taken in lanes, which vectorise and lose less precision. */
#define GEN_REDUCER_NO_FINISH(name, T, initial, take, both)                                        \
  GEN_CLONES (                                                                                     \
      void, name##_start, (void *accumulators, gint64 stride, gsize n), (accumulators, stride, n)) \
  {                                                                                                \
    T *out = accumulators;                                                                         \
                                                                                                   \
    for (gsize i = 0; i < n; i++)                                                                  \
      out[(gint64)i * stride] = (initial);                                                         \
  }                                                                                                \
  GEN_CLONES (                                                                                     \
      void, name##_across, (void *accumulator, const void *row, gsize n), (accumulator, row, n))   \
  {                                                                                                \
    const T *from = row;                                                                           \
    T lanes[GEN_REDUCER_LANES], total = *(T *)accumulator;                                         \
    gsize i = 0;                                                                                   \
                                                                                                   \
    for (int k = 0; k < GEN_REDUCER_LANES; k++)                                                    \
      lanes[k] = (initial);                                                                        \
    for (; i + GEN_REDUCER_LANES <= n; i += GEN_REDUCER_LANES)                                     \
      for (int k = 0; k < GEN_REDUCER_LANES; k++) {                                                \
        const T a = lanes[k], x = from[i + k];                                                     \
        lanes[k] = (take);                                                                         \
      }                                                                                            \
    for (int width = GEN_REDUCER_LANES / 2; width > 0; width /= 2)                                 \
      for (int k = 0; k < width; k++) {                                                            \
        const T a = lanes[k], b = lanes[k + width];                                                \
        lanes[k] = (both);                                                                         \
      }                                                                                            \
    {                                                                                              \
      const T a = total, b = lanes[0];                                                             \
      total = (both);                                                                              \
    }                                                                                              \
    for (; i < n; i++) {                                                                           \
      const T a = total, x = from[i];                                                              \
      total = (take);                                                                              \
    }                                                                                              \
    *(T *)accumulator = total;                                                                     \
  }                                                                                                \
  GEN_CLONES (void, name##_along, (void *accumulators, gint64 stride, const void *row, gsize n),   \
      (accumulators, stride, row, n))                                                              \
  {                                                                                                \
    const T *from = row;                                                                           \
    T *out = accumulators;                                                                         \
                                                                                                   \
    if (stride == 1)                                                                               \
      for (gsize i = 0; i < n; i++) {                                                              \
        const T a = out[i], x = from[i];                                                           \
        out[i] = (take);                                                                           \
      }                                                                                            \
    else                                                                                           \
      for (gsize i = 0; i < n; i++) {                                                              \
        const T a = out[(gint64)i * stride], x = from[i];                                          \
        out[(gint64)i * stride] = (take);                                                          \
      }                                                                                            \
  }                                                                                                \
  GEN_CLONES (void, name##_merge, (void *accumulators, const void *others, gsize n),               \
      (accumulators, others, n))                                                                   \
  {                                                                                                \
    const T *from = others;                                                                        \
    T *out = accumulators;                                                                         \
                                                                                                   \
    for (gsize i = 0; i < n; i++) {                                                                \
      const T a = out[i], b = from[i];                                                             \
      out[i] = (both);                                                                             \
    }                                                                                              \
  }

#define GEN_REDUCER(name, T, initial, take, both)                                                  \
  GEN_REDUCER_NO_FINISH (name, T, initial, take, both)                                             \
  static const GenReducer name = { sizeof (T), name##_start, name##_across, name##_along,          \
    name##_merge, NULL };

/* A reducer for float32 that takes what is `op` all others, and NaN before these. In rows, NaN is
 * looked for beside, which the compiler can do by vectors. */
#define GEN_REDUCER_EXTREME(name, initial, op)                                                     \
  GEN_REDUCER_NO_FINISH (                                                                          \
      name, float, initial, (x op a || x != x) ? x : a, (b op a || b != b) ? b : a)                \
  GEN_CLONES (                                                                                     \
      void, name##_row, (void *accumulator, const void *row, gsize n), (accumulator, row, n))      \
  {                                                                                                \
    enum { LANES = 2 * GEN_REDUCER_LANES };                                                        \
    const float *from = row;                                                                       \
    float lanes[LANES], total = *(float *)accumulator;                                             \
    int wrong[LANES] = { 0 };                                                                      \
    gsize i = 0;                                                                                   \
                                                                                                   \
    for (int k = 0; k < LANES; k++)                                                                \
      lanes[k] = (initial);                                                                        \
    for (; i + LANES <= n; i += LANES)                                                             \
      for (int k = 0; k < LANES; k++) {                                                            \
        const float x = from[i + k];                                                               \
                                                                                                   \
        lanes[k] = x op lanes[k] ? x : lanes[k];                                                   \
        wrong[k] |= x != x;                                                                        \
      }                                                                                            \
    for (int k = 0; k < LANES; k++) {                                                              \
      total = lanes[k] op total ? lanes[k] : total;                                                \
      total = wrong[k] ? NAN : total;                                                              \
    }                                                                                              \
    *(float *)accumulator = total;                                                                 \
    name##_across (accumulator, from + i, n - i);                                                  \
  }                                                                                                \
  static const GenReducer name = { sizeof (float), name##_start, name##_row, name##_along,         \
    name##_merge, NULL };

/* Likewise, and at the end each accumulator `a` becomes `last`, which may read `count`. */
#define GEN_REDUCER_FINISH(name, T, initial, take, both, last)                                     \
  GEN_REDUCER_NO_FINISH (name, T, initial, take, both)                                             \
  static void name##_finish (void *accumulators, gsize n, double count)                            \
  {                                                                                                \
    T *out = accumulators;                                                                         \
                                                                                                   \
    for (gsize i = 0; i < n; i++) {                                                                \
      const T a = out[i];                                                                          \
      out[i] = (last);                                                                             \
    }                                                                                              \
  }                                                                                                \
  static const GenReducer name = { sizeof (T), name##_start, name##_across, name##_along,          \
    name##_merge, name##_finish };

#define GEN_REDUCE_CPU(...)                                                                        \
  static gboolean cpu (GenKernel *kernel, GError **error)                                          \
  {                                                                                                \
    static const GenReducers reducers = { __VA_ARGS__ };                                           \
                                                                                                   \
    return gen_reduce_cpu (kernel, &reducers, error);                                              \
  }

#define GEN_REDUCE_OPERATOR(id, name_, summary_, ...)                                              \
  const GenOperator gen_operator_##id = { .name = name_,                                           \
    .summary = summary_,                                                                           \
    .since = 1,                                                                                    \
    .min_inputs = 1,                                                                               \
    .max_inputs = 2,                                                                               \
    .min_outputs = 1,                                                                              \
    .max_outputs = 1,                                                                              \
    .layouts = GEN_LAYOUTS_ANY,                                                                    \
    .infer = gen_reduce_infer,                                                                     \
    .cpu = cpu,                                                                                    \
    __VA_ARGS__ };
