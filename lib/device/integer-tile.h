/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The innermost part of an integer product, for one kind of vector unit. integer_gemm.c includes
 * this file once for each kind, with
 *   VECTOR        32-bit sums in a vector register,
 *   ROWS          rows of a tile,
 *   DOT(s, a, b)  s plus, in each 32-bit lane, the products of the small integers of the word a and
 *                 of b there,
 *   NAME(x)       the names of the functions. */

#include "row-cases.h"

typedef gint32 NAME (Vector) __attribute__ ((vector_size (VECTOR * 4), aligned (4)));

static inline __attribute__ ((always_inline)) void
NAME (tile_rows) (const int rows, const gint32 *a, const gint32 *panel, gint64 groups, gint32 *out)
{
  NAME (Vector) low[ROWS], high[ROWS];

#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    low[r] = (NAME (Vector)){ 0 };
    high[r] = (NAME (Vector)){ 0 };
  }
  for (gint64 i = 0; i < groups; i++) {
    const NAME (Vector) left = *(const NAME (Vector) *)panel;
    const NAME (Vector) right = *(const NAME (Vector) *)(panel + VECTOR);

#pragma GCC unroll 16
    for (int r = 0; r < rows; r++) {
      low[r] = DOT (low[r], a[r], left);
      high[r] = DOT (high[r], a[r], right);
    }
    a += rows;
    panel += 2 * VECTOR;
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    *(NAME (Vector) *)(out + r * 2 * VECTOR) = low[r];
    *(NAME (Vector) *)(out + r * 2 * VECTOR + VECTOR) = high[r];
  }
}

/* `rows` by 2 * VECTOR sums over the groups, to `out` without gaps. */
static void
NAME (tile) (int rows, const gint32 *a, const gint32 *panel, gint64 groups, gint32 *out)
{
#define CASE(n, ...)                                                                               \
  case n:                                                                                          \
    NAME (tile_rows) (n, a, panel, groups, out);                                                   \
    break;
  switch (rows) {
#if ROWS > 6
    GEN_ROWS_TO_12 (CASE)
#else
    GEN_ROWS_TO_6 (CASE)
#endif
  default:
    g_assert_not_reached ();
  }
#undef CASE
}
