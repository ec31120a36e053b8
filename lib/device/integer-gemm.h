/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * Products of matrices of 8-bit integers, exact in 32 bits:
 *   C[i][j] = sum over k of (A[i][k] - a_zero[i]) * (B[k][j] - b_zero[j]).
 * B is packed in panels first, once where it is constant; A is packed while it is read. Panels and
 * rows are independent of each other, so that callers may share them out to parts.
 */
typedef struct {
  gint64 m, n, k;
  gboolean a_signed, b_signed;
} GenIntegerGemm;

/* Zero points: one for all (`stride` 0) or one for each row or column (1); of the type of the
 * matrix. NULL values are zeros. */
typedef struct {
  const void *values;
  int stride;
} GenZeroPoints;

/* Columns of a panel; how many panels there are, and bytes of one. All lie one after the other. */
int gen_integer_gemm_panel_width (void);
gint64 gen_integer_gemm_panels (const GenIntegerGemm *gemm);
gsize gen_integer_gemm_panel_size (const GenIntegerGemm *gemm);
/* Panels [first, end) of `b`, whose rows lie `stride` bytes apart, to their places in `panels`. */
void gen_integer_gemm_pack (const GenIntegerGemm *gemm, const void *b, gint64 stride, void *panels,
    gint64 first, gint64 end);
/* Rows are best shared out in units of this. */
int gen_integer_gemm_grain (void);
/* Bytes of memory that one call of the following needs. */
gsize gen_integer_gemm_scratch_size (const GenIntegerGemm *gemm);
/* Rows [first, end) of C, which lie `c_stride` elements apart; A's rows have no gaps. */
void gen_integer_gemm_run (const GenIntegerGemm *gemm, const void *a, GenZeroPoints a_zero,
    const void *panels, GenZeroPoints b_zero, gint32 *c, gint64 c_stride, gint64 first, gint64 end,
    void *scratch);
