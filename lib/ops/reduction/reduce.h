/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reductions: a value accumulated over some of the axes. An operator says how an element is
 * taken into the accumulator, how two accumulators merge, and what is done at the end. */
#pragma once

#include "../../simd.h"
#include "../broadcast.h"
#include "reduce-groups.h"

/* A block of rows, `from` elements apart, and how their results lie: those of two rows are `to`
 * apart, which is 0 where rows are reduced, those of a row's elements `stride`. */
typedef struct {
  gsize rows, n;
  gint64 from, to, stride;
} GenReduceRows;

typedef struct {
  gsize size; /* bytes of an element */
  void (*start) (void *accumulators, gint64 stride, gsize n);
  /* The accumulator of each row takes its elements. */
  void (*across) (void *accumulators, const void *x, const GenReduceRows *rows);
  /* accumulator[i] takes element i of all rows, which are reduced. */
  void (*along) (void *accumulators, const void *x, const GenReduceRows *rows);
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
/* The same over axes that the caller knows. */
gboolean gen_reduce_cpu_over (GenKernel *kernel, const GenReducers *reducers,
    const gboolean reduced[GEN_MAX_RANK], GError **error);

/* What global pooling is made of, too. */
extern const GenReducers gen_mean_reducers, gen_max_reducers;

/* For gradients: `tensor` of the output's shape, with the reduced axes back as 1. */
GenTensor *gen_reduce_keep (GenGradient *gradient, GenTensor *tensor, GError **error);
/* The same, expanded to the operand's shape. */
GenTensor *gen_reduce_spread (GenGradient *gradient, GenTensor *tensor, GError **error);

/* Lanes of a short row and of a long one: as many as hide how long one element takes. */
#define GEN_REDUCER_LANES 16
#define GEN_REDUCER_MANY_LANES 64
/* Where rows are further apart than so many bytes, neighbours are read before the next row. */
#define GEN_REDUCER_NEAR 2048
#define GEN_REDUCER_STRETCH 1024

/* So many rows are taken one after the other, and then what blocks of rows have become: of n rows
 * that are added up, each sum is one of about 2√n that follow each other, and rounding does not
 * grow with n. */
static inline gsize
gen_reducer_block (gsize rows)
{
  gsize block = 32;

  while (block * block < rows)
    block *= 2;
  return block;
}

/* Before a loop over lanes, whose few rounds would be written out before the compiler thinks of
 * vectors, and then be none where there is a condition in them. */
#define GEN_REDUCER_LOOP _Pragma ("GCC unroll 1") for

/* Lanes k of `lanes` take those from `width` on, which are as many. */
#define GEN_REDUCER_FOLD(T, lanes, width, both)                                                    \
  GEN_REDUCER_LOOP (int k = 0; k < (width); k++)                                                   \
  {                                                                                                \
    const T a = lanes[k], b = lanes[k + (width)];                                                  \
    lanes[k] = (both);                                                                             \
  }

/* What a reducer does with rows one by one. */
#define GEN_REDUCER_ACROSS(name, T, initial, take, both)                                           \
  /* The lanes take what they can of a row; returns how much. */                                   \
  static inline __attribute__ ((always_inline))                                                    \
  gsize name##_lanes (T *lanes, const int n_lanes, const T *from, gsize n)                         \
  {                                                                                                \
    gsize i = 0;                                                                                   \
                                                                                                   \
    GEN_REDUCER_LOOP (int k = 0; k < n_lanes; k++)                                                 \
    {                                                                                              \
      lanes[k] = (initial);                                                                        \
    }                                                                                              \
    for (; i + n_lanes <= n; i += n_lanes)                                                         \
      GEN_REDUCER_LOOP (int k = 0; k < n_lanes; k++)                                               \
      {                                                                                            \
        const T a = lanes[k], x = from[i + k];                                                     \
        lanes[k] = (take);                                                                         \
      }                                                                                            \
    return i;                                                                                      \
  }                                                                                                \
  GEN_CLONES (void, name##_across,                                                                 \
      (void *accumulators, const void *px, const GenReduceRows *rows), (accumulators, px, rows))   \
  {                                                                                                \
    const gsize n = rows->n;                                                                       \
                                                                                                   \
    for (gsize r = 0; r < rows->rows; r++) {                                                       \
      const T *from = (const T *)px + (gint64)r * rows->from;                                      \
      T *to = (T *)accumulators + (gint64)r * rows->to, total = *to;                               \
      T lanes[GEN_REDUCER_MANY_LANES];                                                             \
      gsize i = 0;                                                                                 \
                                                                                                   \
      if (n >= 4 * GEN_REDUCER_MANY_LANES) {                                                       \
        i = name##_lanes (lanes, GEN_REDUCER_MANY_LANES, from, n);                                 \
        GEN_REDUCER_FOLD (T, lanes, 32, both)                                                      \
        GEN_REDUCER_FOLD (T, lanes, 16, both)                                                      \
      } else if (n >= GEN_REDUCER_LANES) {                                                         \
        i = name##_lanes (lanes, GEN_REDUCER_LANES, from, n);                                      \
      }                                                                                            \
      if (i > 0) {                                                                                 \
        GEN_REDUCER_FOLD (T, lanes, 8, both)                                                       \
        GEN_REDUCER_FOLD (T, lanes, 4, both)                                                       \
        GEN_REDUCER_FOLD (T, lanes, 2, both)                                                       \
        GEN_REDUCER_FOLD (T, lanes, 1, both)                                                       \
        {                                                                                          \
          const T a = total, b = lanes[0];                                                         \
          total = (both);                                                                          \
        }                                                                                          \
      }                                                                                            \
      for (; i < n; i++) {                                                                         \
        const T a = total, x = from[i];                                                            \
        total = (take);                                                                            \
      }                                                                                            \
      *to = total;                                                                                 \
    }                                                                                              \
  }

/* What it does besides. */
#define GEN_REDUCER_BESIDE(name, T, initial, take, both)                                           \
  GEN_CLONES (                                                                                     \
      void, name##_start, (void *accumulators, gint64 stride, gsize n), (accumulators, stride, n)) \
  {                                                                                                \
    T *out = accumulators;                                                                         \
                                                                                                   \
    for (gsize i = 0; i < n; i++)                                                                  \
      out[(gint64)i * stride] = (initial);                                                         \
  }                                                                                                \
  GEN_CLONES (void, name##_along, (void *accumulators, const void *px, const GenReduceRows *rows), \
      (accumulators, px, rows))                                                                    \
  {                                                                                                \
    const gsize near = rows->from * (gint64)sizeof (T) <= GEN_REDUCER_NEAR;                        \
    const gsize block = gen_reducer_block (rows->rows);                                            \
    const gint64 stride = rows->stride;                                                            \
    T *out = accumulators;                                                                         \
    gsize i = 0;                                                                                   \
                                                                                                   \
    if (stride != 1) {                                                                             \
      for (gsize r = 0; r < rows->rows; r++)                                                       \
        for (gsize k = 0; k < rows->n; k++) {                                                      \
          const T a = out[(gint64)k * stride];                                                     \
          const T x = ((const T *)px)[(gint64)r * rows->from + (gint64)k];                         \
          out[(gint64)k * stride] = (take);                                                        \
        }                                                                                          \
      return;                                                                                      \
    }                                                                                              \
    for (; near && i + GEN_REDUCER_LANES <= rows->n; i += GEN_REDUCER_LANES) {                     \
      const T *from = (const T *)px + i;                                                           \
                                                                                                   \
      for (gsize r = 0, end; r < rows->rows; r = end) {                                            \
        T lanes[GEN_REDUCER_LANES];                                                                \
                                                                                                   \
        end = MIN (rows->rows, r + block);                                                         \
        GEN_REDUCER_LOOP (int k = 0; k < GEN_REDUCER_LANES; k++)                                   \
        {                                                                                          \
          lanes[k] = (initial);                                                                    \
        }                                                                                          \
        for (gsize row = r; row < end; row++, from += rows->from)                                  \
          GEN_REDUCER_LOOP (int k = 0; k < GEN_REDUCER_LANES; k++)                                 \
          {                                                                                        \
            const T a = lanes[k], x = from[k];                                                     \
            lanes[k] = (take);                                                                     \
          }                                                                                        \
        GEN_REDUCER_LOOP (int k = 0; k < GEN_REDUCER_LANES; k++)                                   \
        {                                                                                          \
          const T a = out[i + k], b = lanes[k];                                                    \
          out[i + k] = (both);                                                                     \
        }                                                                                          \
      }                                                                                            \
    }                                                                                              \
    for (gsize n; i < rows->n; i += n) {                                                           \
      T some[GEN_REDUCER_STRETCH];                                                                 \
                                                                                                   \
      n = MIN (rows->n - i, GEN_REDUCER_STRETCH);                                                  \
      for (gsize r = 0, end; r < rows->rows; r = end) {                                            \
        end = MIN (rows->rows, r + block);                                                         \
        for (gsize k = 0; k < n; k++)                                                              \
          some[k] = (initial);                                                                     \
        for (gsize row = r; row < end; row++) {                                                    \
          const T *from = (const T *)px + (gint64)row * rows->from + (gint64)i;                    \
                                                                                                   \
          for (gsize k = 0; k < n; k++) {                                                          \
            const T a = some[k], x = from[k];                                                      \
            some[k] = (take);                                                                      \
          }                                                                                        \
        }                                                                                          \
        for (gsize k = 0; k < n; k++) {                                                            \
          const T a = out[i + k], b = some[k];                                                     \
          out[i + k] = (both);                                                                     \
        }                                                                                          \
      }                                                                                            \
    }                                                                                              \
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

/* A reducer for elements of type T: expressions of the accumulator `a`, the element `x`, the
 * other accumulator `b`. Rows are taken in lanes, which vectorise and lose less precision. */
#define GEN_REDUCER_NO_FINISH(name, T, initial, take, both)                                        \
  GEN_REDUCER_BESIDE (name, T, initial, take, both)                                                \
  GEN_REDUCER_ACROSS (name, T, initial, take, both)

#define GEN_REDUCER(name, T, initial, take, both)                                                  \
  GEN_REDUCER_NO_FINISH (name, T, initial, take, both)                                             \
  static const GenReducer name = { sizeof (T), name##_start, name##_across, name##_along,          \
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
