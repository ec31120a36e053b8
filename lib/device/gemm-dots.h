/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * A matrix by a few vectors: both lie along k, and each result is a sum along it. Panels of so few
 * columns would be mostly empty, and to pack them of the matrix would read it twice.
 */

/* More vectors than these are better packed. */
#define GEN_GEMM_DOTS_MAX 4

/* results[r * row_step + v * vector_step] = alpha * the sum of rows[r] by vectors[v], each of which
 * is `k` numbers, their strides apart. */
typedef struct {
  const float *rows, *vectors;
  gint64 n_rows, n_vectors, row_stride, vector_stride, k;
  float alpha;
  float *results;
  gint64 row_step, vector_step;
} GenGemmDots;

void gen_gemm_dots (const GenGemmDots *dots);
