/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The innermost part of a correlation, for one kind of vector unit. correlation_unit.c includes
 * this file once for each kind, with
 *   VECTOR   floats in a vector register,
 *   ROWS     rows of a tile: as many as leave registers for one row of the panel,
 *   NAME(x)  the names of the functions.
 * A tile is ROWS by 2 * VECTOR results, held in registers while all lines run. */

#include "row-cases.h"

typedef float NAME (Vector) __attribute__ ((vector_size (VECTOR * 4), aligned (4)));

static inline __attribute__ ((always_inline)) void
NAME (correlate) (const int rows, const GenCorrelation *c)
{
  NAME (Vector) low[ROWS], high[ROWS];
  const NAME (Vector) *panel = (const NAME (Vector) *)c->panel;
  NAME (Vector) *out = (NAME (Vector) *)c->out;

#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    low[r] = c->adds ? out[2 * r] : (NAME (Vector)){ 0 };
    high[r] = c->adds ? out[2 * r + 1] : (NAME (Vector)){ 0 };
  }
  for (gint64 line = 0; line < c->n_lines; line++) {
    const float *a = c->a + c->lines[line] * rows;

    for (gint64 i = 0; i < c->pixels; i++) {
      const NAME (Vector) left = panel[0], right = panel[1];

#pragma GCC unroll 16
      for (int r = 0; r < rows; r++) {
        low[r] += a[r] * left;
        high[r] += a[r] * right;
      }
      a += c->step * rows;
      panel += 2;
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < rows; r++) {
    out[2 * r] = low[r];
    out[2 * r + 1] = high[r];
  }
}

#define CASE(n, ...)                                                                               \
  case n:                                                                                          \
    NAME (correlate) (n, c);                                                                       \
    break;

static void
NAME (correlation) (int rows, const GenCorrelation *c)
{
  switch (rows) {
#if ROWS > 6
    GEN_ROWS_TO_12 (CASE)
#else
    GEN_ROWS_TO_6 (CASE)
#endif
  default:
    g_assert_not_reached ();
  }
}
#undef CASE
