/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Poolings of pictures whose pixels have one value each. What a row of results needs of the rows of
 * the picture is put together first, and then neighbours in that: both go by vectors. */
#include "pool-private.h"

#include <math.h>

#include "../simd.h"

/* Rows before columns, and how many values they are of. */
typedef struct {
  const GenPool *pool;
  gint64 first[2], end[2], start[2]; /* of the rows' axes */
} Rows;

static Rows
rows_of (const GenPool *pool, gsize row)
{
  Rows rows = { .pool = pool };

  for (int i = 1; i >= 0; i--) {
    const GenWindowAxis *a = &pool->window.axes[i];
    gint64 at = row % a->out;

    row /= a->out;
    rows.start[i] = at * a->stride - a->before;
    gen_window_taps (a, at, &rows.first[i], &rows.end[i]);
  }
  return rows;
}

/* Values along one axis that an average is over, for the window that starts at `start`. */
static gint64
count_along (const GenPool *pool, int axis, gint64 start, gint64 taps)
{
  const GenWindowAxis *a = &pool->window.axes[axis];

  return pool->includes_padding
             ? MIN (a->kernel, (a->in + a->after - start + a->dilation - 1) / a->dilation)
             : taps;
}

/* Results [first, end) to which tap `tap` of the columns' axis gives something, and the column of
 * the first. */
static gint64
columns_of (const GenWindowAxis *a, gint64 tap, gint64 *first, gint64 *end)
{
  gint64 offset = tap * a->dilation - a->before;

  *first = offset < 0 ? (-offset + a->stride - 1) / a->stride : 0;
  *end = offset >= a->in ? 0 : MIN (a->out, (a->in - 1 - offset) / a->stride + 1);
  return *first * a->stride + offset;
}

gsize
gen_pool_rows_room (const GenPool *pool)
{
  const GenWindowAxis *a = &pool->window.axes[2];

  return ((a->in + a->out) * sizeof (double) + 63) & ~(gsize)63;
}

#define POOL_ROWS(name, T, lowest, combined, averages)                                             \
  GEN_CLONES (                                                                                     \
      void, combine_##name, (T * to, const T *from, gsize n, gsize stride), (to, from, n, stride)) \
  {                                                                                                \
    if (stride == 1)                                                                               \
      for (gsize i = 0; i < n; i++) {                                                              \
        const T a = to[i], b = from[i];                                                            \
        to[i] = (combined);                                                                        \
      }                                                                                            \
    else if (stride == 2)                                                                          \
      for (gsize i = 0; i < n; i++) {                                                              \
        const T a = to[i], b = from[2 * i];                                                        \
        to[i] = (combined);                                                                        \
      }                                                                                            \
    else                                                                                           \
      for (gsize i = 0; i < n; i++) {                                                              \
        const T a = to[i], b = from[stride * i];                                                   \
        to[i] = (combined);                                                                        \
      }                                                                                            \
  }                                                                                                \
                                                                                                   \
  static void fill_##name (T *to, T value, gsize n)                                                \
  {                                                                                                \
    for (gsize i = 0; i < n; i++)                                                                  \
      to[i] = value;                                                                               \
  }                                                                                                \
                                                                                                   \
  static void columns_##name (const GenPool *pool, const T *row, T *out)                           \
  {                                                                                                \
    const GenWindowAxis *a = &pool->window.axes[2];                                                \
    gint64 first, end;                                                                             \
                                                                                                   \
    fill_##name (out, (lowest), a->out);                                                           \
    for (gint64 tap = 0; tap < a->kernel; tap++) {                                                 \
      gint64 column = columns_of (a, tap, &first, &end);                                           \
                                                                                                   \
      if (first < end)                                                                             \
        combine_##name (out + first, row + column, end - first, a->stride);                        \
    }                                                                                              \
  }                                                                                                \
                                                                                                   \
  static void rows_##name (const Rows *rows, const T *x, T *row)                                   \
  {                                                                                                \
    const GenWindowAxis *a = rows->pool->window.axes;                                              \
                                                                                                   \
    fill_##name (row, (lowest), a[2].in);                                                          \
    for (gint64 t0 = rows->first[0]; t0 < rows->end[0]; t0++)                                      \
      for (gint64 t1 = rows->first[1]; t1 < rows->end[1]; t1++)                                    \
        combine_##name (row,                                                                       \
            x + ((rows->start[0] + t0 * a[0].dilation) * a[1].in + rows->start[1] +                \
                    t1 * a[1].dilation) *                                                          \
                    a[2].in,                                                                       \
            a[2].in, 1);                                                                           \
  }                                                                                                \
                                                                                                   \
  /* One over the number of values along the columns, for each. */                                 \
  static void shares_##name (const GenPool *pool, T *shares)                                       \
  {                                                                                                \
    const GenWindowAxis *a = &pool->window.axes[2];                                                \
                                                                                                   \
    for (gint64 i = 0; i < a->out; i++) {                                                          \
      gint64 first, end;                                                                           \
                                                                                                   \
      gen_window_taps (a, i, &first, &end);                                                        \
      shares[i] =                                                                                  \
          (T)1 / (T)MAX (count_along (pool, 2, i * a->stride - a->before, end - first), 1);        \
    }                                                                                              \
  }                                                                                                \
                                                                                                   \
  GEN_CLONES (                                                                                     \
      void, share_##name, (T * out, const T *shares, T count, gsize n), (out, shares, count, n))   \
  {                                                                                                \
    for (gsize i = 0; i < n; i++)                                                                  \
      out[i] = out[i] * shares[i] / count;                                                         \
  }                                                                                                \
                                                                                                   \
  static void run_##name (const GenKernel *kernel, int part, int parts)                            \
  {                                                                                                \
    const GenPool *pool = kernel->state;                                                           \
    const GenWindowAxis *a = pool->window.axes;                                                    \
    gsize height = a[0].out * a[1].out, first, end;                                                \
    T *row = (T *)((char *)kernel->scratch + pool->room_at + part * pool->room);                   \
    T *shares = row + a[2].in;                                                                     \
                                                                                                   \
    if (averages)                                                                                  \
      shares_##name (pool, shares);                                                                \
    gen_kernel_share (pool->outer *height, 1, part, parts, &first, &end);                          \
    for (gsize at = first; at < end; at++) {                                                       \
      const T *x = (const T *)gen_pool_source (kernel) + at / height * pool->in_pixels;            \
      T *out = (T *)gen_pool_result (kernel) + at * a[2].out;                                      \
      Rows rows = rows_of (pool, at % height);                                                     \
      gint64 count = 1;                                                                            \
                                                                                                   \
      rows_##name (&rows, x, row);                                                                 \
      columns_##name (pool, row, out);                                                             \
      if (!averages)                                                                               \
        continue;                                                                                  \
      for (int i = 0; i < 2; i++)                                                                  \
        count *= count_along (pool, i, rows.start[i], rows.end[i] - rows.first[i]);                \
      share_##name (out, shares, (T)MAX (count, 1), a[2].out);                                     \
    }                                                                                              \
  }

POOL_ROWS (max_float32, float, -INFINITY, b > a ? b : a, FALSE)
POOL_ROWS (max_float64, double, -INFINITY, b > a ? b : a, FALSE)
POOL_ROWS (max_int8, gint8, G_MININT8, b > a ? b : a, FALSE)
POOL_ROWS (max_uint8, guint8, 0, b > a ? b : a, FALSE)
POOL_ROWS (average_float32, float, 0, a + b, TRUE)
POOL_ROWS (average_float64, double, 0, a + b, TRUE)

GenStepFunc
gen_pool_rows_max (GenDataType type)
{
  return type == GEN_TYPE_FLOAT32   ? run_max_float32
         : type == GEN_TYPE_FLOAT64 ? run_max_float64
         : type == GEN_TYPE_INT8    ? run_max_int8
         : type == GEN_TYPE_UINT8   ? run_max_uint8
                                    : NULL;
}

GenStepFunc
gen_pool_rows_average (GenDataType type)
{
  return type == GEN_TYPE_FLOAT32   ? run_average_float32
         : type == GEN_TYPE_FLOAT64 ? run_average_float64
                                    : NULL;
}
