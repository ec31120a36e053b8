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

/* How the numbers of a panel are kept: 16-bit ones are widened on their way, and sums are float32.
 * A row of float16 lies as it is, one of bfloat16 has the columns of its two halves in turns. */
typedef enum {
  GEN_GEMM_FLOAT32,
  GEN_GEMM_BFLOAT16,
  GEN_GEMM_FLOAT16,
  GEN_GEMM_N_FORMS,
} GenGemmForm;

/* out[rows][panel] = sums over k, added to what is there if `adds`. */
typedef void (*GenGemmTileFunc) (int rows, const float *a, gint64 row_stride, gint64 k_stride,
    const void *panel, gint64 k, gboolean adds, float *out);

typedef struct {
  int rows, panel;
  GenGemmTileFunc tile;
  GenGemmTileFunc narrow[GEN_GEMM_N_FORMS]; /* the 16-bit forms', NULL where it has none */
} GenGemmUnit;

const GenGemmUnit *gen_gemm_unit (void);
/* One whose panels are half as wide. */
const GenGemmUnit *gen_gemm_narrow_unit (void);
