/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A matrix is transposed tile by tile, each as wide as a line of the cache, and a tile in squares
 * that registers hold. Matrices of two to four rows, or columns, which are what pixels of few
 * channels come down to, have loops of their own, which become shuffles. */
#include "transposition.h"

#include <string.h>

#include "../../simd.h"

/* Rows, or columns, side by side. */
#define THIN(T, n)                                                                                 \
  static inline __attribute__ ((always_inline)) void join_##T##_##n (                              \
      const T *restrict from, gint64 stride, T *restrict to, gint64 columns)                       \
  {                                                                                                \
    for (gint64 c = 0; c < columns; c++)                                                           \
      for (int r = 0; r < n; r++)                                                                  \
        to[c * n + r] = from[r * stride + c];                                                      \
  }                                                                                                \
  static inline __attribute__ ((always_inline)) void part_##T##_##n (                              \
      const T *restrict from, T *restrict to, gint64 stride, gint64 rows)                          \
  {                                                                                                \
    for (gint64 r = 0; r < rows; r++)                                                              \
      for (int c = 0; c < n; c++)                                                                  \
        to[c * stride + r] = from[r * n + c];                                                      \
  }

/* Of two vectors the elements of the lower halves in turns, and of the upper halves. */
#define LOWER_guint8 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define UPPER_guint8 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define LOWER_guint16 0, 8, 1, 9, 2, 10, 3, 11
#define UPPER_guint16 4, 12, 5, 13, 6, 14, 7, 15
#define LOWER_guint32 0, 4, 1, 5
#define UPPER_guint32 2, 6, 3, 7
#define LOWER_guint64 0, 2
#define UPPER_guint64 1, 3

/* Rows i and i + n / 2 taken in turns, as many rounds as n has bits, are columns. */
#define SQUARE(T, n, rounds)                                                                       \
  typedef T T##_lanes __attribute__ ((vector_size (16)));                                          \
                                                                                                   \
  static inline __attribute__ ((always_inline)) void turn_##T (                                    \
      const T *from, gint64 from_stride, T *to, gint64 to_stride)                                  \
  {                                                                                                \
    T##_lanes v[n], w[n];                                                                          \
                                                                                                   \
    for (int i = 0; i < n; i++)                                                                    \
      memcpy (&v[i], from + i * from_stride, sizeof v[i]);                                         \
    for (int round = 0; round < rounds; round++) {                                                 \
      for (int i = 0; i < n / 2; i++) {                                                            \
        w[2 * i] = __builtin_shufflevector (v[i], v[i + n / 2], LOWER_##T);                        \
        w[2 * i + 1] = __builtin_shufflevector (v[i], v[i + n / 2], UPPER_##T);                    \
      }                                                                                            \
      memcpy (v, w, sizeof v);                                                                     \
    }                                                                                              \
    for (int i = 0; i < n; i++)                                                                    \
      memcpy (to + i * to_stride, &v[i], sizeof v[i]);                                             \
  }

/* Through a tile of our own: lines of the source that are a power of two apart share few places of
 * the cache, and stay there no longer than they are read. */
#define TRANSPOSE(T, n)                                                                            \
  GEN_CLONES (void, transpose_##T,                                                                 \
      (const T *from, gint64 from_stride, T *to, gint64 to_stride, gint64 rows, gint64 columns),   \
      (from, from_stride, to, to_stride, rows, columns))                                           \
  {                                                                                                \
    enum { TILE = GEN_TRANSPOSITION_TILE (sizeof (T)) };                                           \
    T tile[TILE * TILE] __attribute__ ((aligned (64)));                                            \
                                                                                                   \
    if (rows == to_stride && rows >= 2 && rows <= 4) {                                             \
      if (rows == 2)                                                                               \
        join_##T##_2 (from, from_stride, to, columns);                                             \
      else if (rows == 3)                                                                          \
        join_##T##_3 (from, from_stride, to, columns);                                             \
      else                                                                                         \
        join_##T##_4 (from, from_stride, to, columns);                                             \
      return;                                                                                      \
    }                                                                                              \
    if (columns == from_stride && columns >= 2 && columns <= 4) {                                  \
      if (columns == 2)                                                                            \
        part_##T##_2 (from, to, to_stride, rows);                                                  \
      else if (columns == 3)                                                                       \
        part_##T##_3 (from, to, to_stride, rows);                                                  \
      else                                                                                         \
        part_##T##_4 (from, to, to_stride, rows);                                                  \
      return;                                                                                      \
    }                                                                                              \
    for (gint64 r = 0; r < rows; r += TILE)                                                        \
      for (gint64 c = 0; c < columns; c += TILE) {                                                 \
        const gint64 height = MIN (TILE, rows - r), width = MIN (TILE, columns - c);               \
        const gint64 whole_rows = height / n * n, whole_columns = width / n * n;                   \
                                                                                                   \
        for (gint64 i = 0; i < height; i++) {                                                      \
          const T *row = from + (r + i) * from_stride + c;                                         \
                                                                                                   \
          if (width == TILE)                                                                       \
            memcpy (tile + i * TILE, row, 64);                                                     \
          else                                                                                     \
            memcpy (tile + i * TILE, row, width * sizeof (T));                                     \
        }                                                                                          \
        for (gint64 k = 0; k < whole_columns; k += n)                                              \
          for (gint64 i = 0; i < whole_rows; i += n)                                               \
            turn_##T (tile + i * TILE + k, TILE, to + (c + k) * to_stride + r + i, to_stride);     \
        for (gint64 k = whole_rows < height ? 0 : whole_columns; k < width; k++)                   \
          for (gint64 i = k < whole_columns ? whole_rows : 0; i < height; i++)                     \
            to[(c + k) * to_stride + r + i] = tile[i * TILE + k];                                  \
      }                                                                                            \
  }

#define ALL(T, n, rounds)                                                                          \
  THIN (T, 2)                                                                                      \
  THIN (T, 3)                                                                                      \
  THIN (T, 4)                                                                                      \
  SQUARE (T, n, rounds)                                                                            \
  TRANSPOSE (T, n)

ALL (guint8, 16, 4)
ALL (guint16, 8, 3)
ALL (guint32, 4, 2)
ALL (guint64, 2, 1)

void
gen_transpose (gsize size, const void *from, gint64 from_stride, void *to, gint64 to_stride,
    gint64 rows, gint64 columns)
{
  if (size == 4)
    transpose_guint32 (from, from_stride, to, to_stride, rows, columns);
  else if (size == 8)
    transpose_guint64 (from, from_stride, to, to_stride, rows, columns);
  else if (size == 2)
    transpose_guint16 (from, from_stride, to, to_stride, rows, columns);
  else
    transpose_guint8 (from, from_stride, to, to_stride, rows, columns);
}
