/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * The innermost part of matrix products and convolutions, in the best form that this machine's
 * vector unit takes: a tile of at most `rows` by `panel` results, held in registers while k
 * runs. The panel operand is packed, k rows of `panel` floats; the row operand is read where it
 * lies.
 */
#define GEN_GEMM_MAX_ROWS 14
#define GEN_GEMM_MAX_PANEL 32

typedef struct {
  int rows, panel;
  /* out[rows][panel] = sums over k, added to what is there if `adds`. */
  void (*tile) (int rows, const float *a, gint64 row_stride, gint64 k_stride, const float *panel,
      gint64 k, gboolean adds, float *out);
} GenGemmUnit;

const GenGemmUnit *gen_gemm_unit (void);
/* One whose panels are half as wide. */
const GenGemmUnit *gen_gemm_narrow_unit (void);
