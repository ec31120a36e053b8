/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The innermost part of a matrix product, for one kind of vector unit. gemm_unit.c includes this
 * file once for each kind, with
 *   VECTOR   floats in a vector register,
 *   ROWS     rows of a tile: as many as leave registers for one row of the panel,
 *   NARROW   rows of a tile that is one vector wide,
 *   NAME(x)  the names of the functions.
 * A tile is ROWS by 2 * VECTOR results or NARROW by VECTOR, held in registers while k runs. */

#define AHEAD 32
typedef float NAME (Vector) __attribute__ ((vector_size (VECTOR * 4), aligned (4)));

static inline __attribute__ ((always_inline)) void
NAME (tile_rows) (const int rows, const int width, const float *a, gint64 row_stride,
    gint64 k_stride, const float *panel, gint64 k, gboolean adds, float *out)
{
  NAME (Vector) low[NARROW], high[NARROW];

#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    low[r] = (NAME (Vector)){ 0 };
    high[r] = (NAME (Vector)){ 0 };
  }
  for (gint64 i = 0; i < k; i++) {
    __builtin_prefetch (panel + AHEAD * width);
    if (width * sizeof *panel > 64)
      __builtin_prefetch (panel + AHEAD * width + 16);
    const NAME (Vector) left = *(const NAME (Vector) *)panel;
    const NAME (Vector) right = *(const NAME (Vector) *)(panel + width - VECTOR);

#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
      low[r] += a[r * row_stride] * left;
      if (width > VECTOR)
        high[r] += a[r * row_stride] * right;
    }
    a += k_stride;
    panel += width;
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    NAME (Vector) *to = (NAME (Vector) *)(out + r * width);

    to[0] = adds ? to[0] + low[r] : low[r];
    if (width > VECTOR)
      to[1] = adds ? to[1] + high[r] : high[r];
  }
}

#define CASE(n)                                                                                    \
  case n:                                                                                          \
    NAME (tile_rows) (n, WIDTH, a, row_stride, k_stride, panel, k, adds, out);                     \
    break;

static void
NAME (tile) (int rows, const float *a, gint64 row_stride, gint64 k_stride, const float *panel,
    gint64 k, gboolean adds, float *out)
{
#define WIDTH (2 * VECTOR)
  switch (rows) {
    CASE (1)
    CASE (2)
    CASE (3)
    CASE (4)
    CASE (5)
    CASE (6)
#if ROWS > 6
    CASE (7)
    CASE (8)
    CASE (9)
    CASE (10)
    CASE (11)
    CASE (12)
    CASE (13)
    CASE (14)
#endif
  default:
    g_assert_not_reached ();
  }
#undef WIDTH
}

static void
NAME (narrow_tile) (int rows, const float *a, gint64 row_stride, gint64 k_stride,
    const float *panel, gint64 k, gboolean adds, float *out)
{
#define WIDTH VECTOR
  switch (rows) {
    CASE (1)
    CASE (2)
    CASE (3)
    CASE (4)
    CASE (5)
    CASE (6)
    CASE (7)
    CASE (8)
    CASE (9)
    CASE (10)
    CASE (11)
    CASE (12)
#if NARROW > 12
    CASE (13)
    CASE (14)
#endif
  default:
    g_assert_not_reached ();
  }
#undef WIDTH
}
#undef CASE
#undef AHEAD
