/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sums along k, a few rows at a time, so that a vector is read once for all of them and no sum
 * waits for its last addition. */
#include "gemm-dots.h"

#include "../simd.h"

/* No wider than AVX2's, or NEON's: compilers keep vectors that the processor lacks in memory, and
 * rows come from the second-level cache no faster than such vectors take them. */
#if defined(__x86_64__)
#define LANES 8
#else
#define LANES 4
#endif
#define ROWS 4

typedef float Lanes __attribute__ ((vector_size (4 * LANES), aligned (4)));

static inline __attribute__ ((always_inline)) float
add_lanes (const Lanes *low, const Lanes *high)
{
  Lanes sum = *low + *high;

#if LANES == 8
  sum += __builtin_shufflevector (sum, sum, 4, 5, 6, 7, 0, 1, 2, 3);
#endif
  return sum[0] + sum[1] + (sum[2] + sum[3]);
}

/* Rows from `r` on by one vector. */
static inline __attribute__ ((always_inline)) void
sum_rows (const GenGemmDots *dots, gint64 r, const int rows, gint64 v)
{
  const float *row[ROWS], *vector = dots->vectors + v * dots->vector_stride;
  const gint64 k = dots->k, whole = k / (2 * LANES) * (2 * LANES);
  Lanes low[ROWS], high[ROWS];

#pragma GCC unroll 4
  for (int i = 0; i < rows; i++) {
    row[i] = dots->rows + (r + i) * dots->row_stride;
    low[i] = (Lanes){ 0 };
    high[i] = (Lanes){ 0 };
  }
  for (gint64 at = 0; at < whole; at += 2 * LANES) {
    const Lanes *values = (const Lanes *)(vector + at);

#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
      const Lanes *numbers = (const Lanes *)(row[i] + at);

      low[i] += numbers[0] * values[0];
      high[i] += numbers[1] * values[1];
    }
  }
#pragma GCC unroll 4
  for (int i = 0; i < rows; i++) {
    float sum = add_lanes (&low[i], &high[i]);

    for (gint64 at = whole; at < k; at++)
      sum += row[i][at] * vector[at];
    dots->results[(r + i) * dots->row_step + v * dots->vector_step] = dots->alpha * sum;
  }
}

GEN_CLONES (void, sum_all, (const GenGemmDots *dots), (dots))
{
  const gint64 whole = dots->n_rows / ROWS * ROWS;

  for (gint64 r = 0; r < whole; r += ROWS)
    for (gint64 v = 0; v < dots->n_vectors; v++)
      sum_rows (dots, r, ROWS, v);
  for (gint64 r = whole; r < dots->n_rows; r++)
    for (gint64 v = 0; v < dots->n_vectors; v++)
      sum_rows (dots, r, 1, v);
}

void
gen_gemm_dots (const GenGemmDots *dots)
{
  sum_all (dots);
}
