/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The innermost part of a matrix product, for one kind of vector unit. gemm.c includes this
 * file once for each kind, with
 *   VECTOR   floats in a vector register,
 *   ROWS     rows of a tile: as many as leave registers for one row of the panel,
 *   NAME(x)  the names of the functions.
 * A tile is ROWS by 2 * VECTOR results, held in registers while k runs. The panel operand is
 * packed (k rows of 2 * VECTOR); the row operand is read in place by its two strides. */

typedef float NAME (Vector) __attribute__ ((vector_size (VECTOR * 4), aligned (4)));

static inline __attribute__ ((always_inline)) void
NAME (tile_rows) (const int rows, const float *a, gint64 row_stride, gint64 k_stride,
    const float *panel, gint64 k, float *out)
{
  NAME (Vector) low[ROWS], high[ROWS];

#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    low[r] = (NAME (Vector)){ 0 };
    high[r] = (NAME (Vector)){ 0 };
  }
  for (gint64 i = 0; i < k; i++) {
    const NAME (Vector) left = *(const NAME (Vector) *)panel;
    const NAME (Vector) right = *(const NAME (Vector) *)(panel + VECTOR);

#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
      low[r] += a[r * row_stride] * left;
      high[r] += a[r * row_stride] * right;
    }
    a += k_stride;
    panel += 2 * VECTOR;
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    *(NAME (Vector) *)(out + r * 2 * VECTOR) = low[r];
    *(NAME (Vector) *)(out + r * 2 * VECTOR + VECTOR) = high[r];
  }
}

/* `rows` by 2 * VECTOR sums over k, to `out` without gaps. */
static void
NAME (tile) (int rows, const float *a, gint64 row_stride, gint64 k_stride, const float *panel,
    gint64 k, float *out)
{
#define CASE(n)                                                                                    \
  case n:                                                                                          \
    NAME (tile_rows) (n, a, row_stride, k_stride, panel, k, out);                                  \
    break;
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
#undef CASE
}
