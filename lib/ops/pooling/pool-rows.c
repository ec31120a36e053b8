/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Poolings of pictures whose pixels have one value each. What a row of results needs of the rows of
 * the picture is put together first, and then neighbours in that: both go by vectors. */
#include "pool-private.h"

#include <math.h>
#include <string.h>

#include "../../simd.h"

/* Rows of results that are put together before columns are: what has just been written cannot yet
 * be read from another place. */
#define BAND 8

/* In the vector unit of who calls: a call from wide vectors to code for narrow ones can cost more
 * than a row. */
#define INLINE static inline __attribute__ ((always_inline))

/* Rows before columns, and how many values they are of. */
typedef struct {
  const GenPool *pool;
  gint64 first[2], end[2], start[2]; /* of the rows' axes */
} Rows;

INLINE Rows
rows_of (const GenPool *pool, gsize row)
{
  const GenWindowAxis *axes = pool->window.axes;
  const gsize outer = axes[0].out == 1 ? 0 : row / axes[1].out;
  const gint64 at[] = { outer, row - outer * axes[1].out };
  Rows rows = { .pool = pool };

  for (int i = 0; i < 2; i++) {
    rows.start[i] = at[i] * axes[i].stride - axes[i].before;
    gen_window_taps (&axes[i], at[i], &rows.first[i], &rows.end[i]);
  }
  return rows;
}

/* Values along one axis that an average is over, for the window that starts at `start`. */
INLINE gint64
count_along (const GenPool *pool, int axis, gint64 start, gint64 taps)
{
  const GenWindowAxis *a = &pool->window.axes[axis];

  return pool->includes_padding ? MIN (a->kernel, gen_window_steps (a, a->in + a->after - start))
                                : taps;
}

/* Values of the rows' axes that an average is over. */
INLINE gint64
count_of (const GenPool *pool, const Rows *rows)
{
  gint64 count = 1;

  for (int i = 0; i < 2; i++)
    count *= count_along (pool, i, rows->start[i], rows->end[i] - rows->first[i]);
  return MAX (count, 1);
}

/* Results [first, end) whose windows lie in the row as a whole. */
static void
inner_columns (const GenWindowAxis *a, gint64 *first, gint64 *end)
{
  gint64 last = a->in - 1 - (a->kernel - 1) * a->dilation + a->before;

  *first = MIN ((a->before + a->stride - 1) / a->stride, a->out);
  *end = last < 0 ? *first : CLAMP (last / a->stride + 1, *first, a->out);
}

gsize
gen_pool_rows_room (const GenPool *pool)
{
  const GenWindowAxis *a = &pool->window.axes[2];

  return ((BAND * a->in + a->out) * sizeof (double) + 63) & ~(gsize)63;
}

/* Loops for the steps and kernels that nets have; the run as a whole is compiled for each level of
 * the vector unit, with all of this in it. */
#define POOL_ROWS(name, T, lowest, combined, averages)                                             \
  INLINE void combine_##name (const T *x, const T *y, T *to, gsize n)                              \
  {                                                                                                \
    for (gsize i = 0; i < n; i++) {                                                                \
      const T a = x[i], b = y[i];                                                                  \
      to[i] = (combined);                                                                          \
    }                                                                                              \
  }                                                                                                \
                                                                                                   \
  INLINE void window_##name (                                                                      \
      const T *from, T *out, gsize n, const gint64 stride, const gint64 kernel, gint64 dilation)   \
  {                                                                                                \
    _Pragma ("GCC unroll 1") for (gsize i = 0; i < n; i++)                                         \
    {                                                                                              \
      const T *window = from + (gint64)i * stride;                                                 \
      T a = window[0];                                                                             \
                                                                                                   \
      for (gint64 k = 1; k < kernel; k++) {                                                        \
        const T b = window[k * dilation];                                                          \
        a = (combined);                                                                            \
      }                                                                                            \
      out[i] = a;                                                                                  \
    }                                                                                              \
  }                                                                                                \
                                                                                                   \
  /* Whole vectors, of which the last may do some again. */                                        \
  INLINE void windows_##name (                                                                     \
      const T *from, T *out, gsize n, const gint64 stride, const gint64 kernel, gint64 dilation)   \
  {                                                                                                \
    enum { BLOCK = 64 / sizeof (T) };                                                              \
    gsize i = 0;                                                                                   \
                                                                                                   \
    if (n < BLOCK)                                                                                 \
      window_##name (from, out, n, stride, kernel, dilation);                                      \
    for (; n >= BLOCK && i < n; i += BLOCK) {                                                      \
      i = MIN (i, n - BLOCK);                                                                      \
      window_##name (from + (gint64)i * stride, out + i, BLOCK, stride, kernel, dilation);         \
    }                                                                                              \
  }                                                                                                \
                                                                                                   \
  INLINE void all_windows_##name (const T *from, T *out, gsize n, const GenWindowAxis *a)          \
  {                                                                                                \
    if (a->kernel == 2 && a->stride == 2 && a->dilation == 1)                                      \
      windows_##name (from, out, n, 2, 2, 1);                                                      \
    else if (a->kernel == 3 && a->stride == 2 && a->dilation == 1)                                 \
      windows_##name (from, out, n, 2, 3, 1);                                                      \
    else if (a->kernel == 3 && a->stride == 1 && a->dilation == 1)                                 \
      windows_##name (from, out, n, 1, 3, 1);                                                      \
    else if (a->kernel == 2 && a->stride == 1 && a->dilation == 1)                                 \
      windows_##name (from, out, n, 1, 2, 1);                                                      \
    else if (a->kernel == 4 && a->stride == 4 && a->dilation == 1)                                 \
      windows_##name (from, out, n, 4, 4, 1);                                                      \
    else if (a->stride == 1) {                                                                     \
      memcpy (out, from, n * sizeof *out);                                                         \
      for (gint64 k = 1; k < a->kernel; k++)                                                       \
        combine_##name (out, from + k * a->dilation, out, n);                                      \
    } else                                                                                         \
      windows_##name (from, out, n, a->stride, a->kernel, a->dilation);                            \
  }                                                                                                \
                                                                                                   \
  INLINE void columns_##name (                                                                     \
      const GenWindowAxis *axis, const T *row, T *out, gint64 first, gint64 end)                   \
  {                                                                                                \
    gint64 tap, taps;                                                                              \
                                                                                                   \
    for (gint64 i = 0; i < axis->out; i++) {                                                       \
      const T *window = row + i * axis->stride - axis->before;                                     \
      T a = (lowest);                                                                              \
                                                                                                   \
      if (i == first && end > first) {                                                             \
        all_windows_##name (window, out + first, end - first, axis);                               \
        i = end - 1;                                                                               \
        continue;                                                                                  \
      }                                                                                            \
      gen_window_taps (axis, i, &tap, &taps);                                                      \
      for (; tap < taps; tap++) {                                                                  \
        const T b = window[tap * axis->dilation];                                                  \
        a = (combined);                                                                            \
      }                                                                                            \
      out[i] = a;                                                                                  \
    }                                                                                              \
  }                                                                                                \
                                                                                                   \
  /* The rows that a row of results is of, as one: in `row`, but where it is only one. */          \
  INLINE const T *rows_##name (const Rows *rows, const T *x, T *row)                               \
  {                                                                                                \
    const GenWindowAxis *a = rows->pool->window.axes;                                              \
    const T *so_far = NULL;                                                                        \
                                                                                                   \
    for (gint64 t0 = rows->first[0]; t0 < rows->end[0]; t0++)                                      \
      for (gint64 t1 = rows->first[1]; t1 < rows->end[1]; t1++) {                                  \
        const T *from = x + ((rows->start[0] + t0 * a[0].dilation) * a[1].in + rows->start[1] +    \
                                t1 * a[1].dilation) *                                              \
                                a[2].in;                                                           \
                                                                                                   \
        if (so_far == NULL) {                                                                      \
          so_far = from;                                                                           \
          continue;                                                                                \
        }                                                                                          \
        combine_##name (so_far, from, row, a[2].in);                                               \
        so_far = row;                                                                              \
      }                                                                                            \
    if (so_far != NULL)                                                                            \
      return so_far;                                                                               \
    for (gint64 i = 0; i < a[2].in; i++)                                                           \
      row[i] = (lowest);                                                                           \
    return row;                                                                                    \
  }                                                                                                \
                                                                                                   \
  /* One over the number of values along the columns, for each. */                                 \
  INLINE void shares_##name (const GenPool *pool, T *shares)                                       \
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
      void, run_##name, (const GenKernel *kernel, int part, int parts), (kernel, part, parts))     \
  {                                                                                                \
    const GenPool *pool = kernel->state;                                                           \
    const GenWindowAxis *a = pool->window.axes;                                                    \
    const gsize height = a[0].out * a[1].out;                                                      \
    T *room = (T *)((char *)kernel->scratch + pool->room_at + part * pool->room);                  \
    T *shares = room + BAND * a[2].in;                                                             \
    const T *source = gen_pool_source (kernel);                                                    \
    T *result = gen_pool_result (kernel);                                                          \
    gsize first, end, plane, line;                                                                 \
    gint64 whole, cut;                                                                             \
                                                                                                   \
    if (averages)                                                                                  \
      shares_##name (pool, shares);                                                                \
    inner_columns (&a[2], &whole, &cut);                                                           \
    gen_kernel_share (pool->outer *height, 1, part, parts, &first, &end);                          \
    plane = first / height;                                                                        \
    line = first % height;                                                                         \
    for (gsize n; first < end; first += n) {                                                       \
      const T *rows[BAND];                                                                         \
      T count[BAND], *out = result + first * a[2].out;                                             \
                                                                                                   \
      n = MIN (BAND, end - first);                                                                 \
      for (gsize k = 0; k < n; k++) {                                                              \
        const Rows of = rows_of (pool, line);                                                      \
                                                                                                   \
        rows[k] = rows_##name (&of, source + plane * pool->in_pixels, room + k * a[2].in);         \
        if (averages)                                                                              \
          count[k] = (T)1 / (T)count_of (pool, &of);                                               \
        if (++line == height) {                                                                    \
          line = 0;                                                                                \
          plane++;                                                                                 \
        }                                                                                          \
      }                                                                                            \
      for (gsize k = 0; k < n; k++, out += a[2].out) {                                             \
        columns_##name (&a[2], rows[k], out, whole, cut);                                          \
        for (gint64 i = 0; averages && i < a[2].out; i++)                                          \
          out[i] *= shares[i] * count[k];                                                          \
      }                                                                                            \
    }                                                                                              \
  }

POOL_ROWS (max_float32, float, -INFINITY, GEN_POOL_IS_LARGER (b, a) ? b : a, FALSE)
POOL_ROWS (max_float64, double, -INFINITY, GEN_POOL_IS_LARGER (b, a) ? b : a, FALSE)
POOL_ROWS (max_int8, gint8, G_MININT8, GEN_POOL_IS_LARGER (b, a) ? b : a, FALSE)
POOL_ROWS (max_uint8, guint8, 0, GEN_POOL_IS_LARGER (b, a) ? b : a, FALSE)
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
