/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * The innermost part of matrix products and convolutions, in the best form that this machine's
 * vector unit takes: a tile of at most `rows` by `panel` results, held in registers while k
 * runs. The panel operand has its columns side by side, packed or where they lie; the row operand
 * is read where it lies.
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

/* What a tile is made of: out = alpha * sums over k, added to what is there if `adds`. */
typedef struct {
  const float *rows;
  gint64 row_stride, k_stride;
  const void *panel;
  gsize step, next; /* bytes from one k to the next, and to the panel beside */
  gint64 k;
  float alpha;
  gboolean adds;
  float *out;
  gint64 out_stride;
} GenGemmBlock;

typedef void (*GenGemmBlockFunc) (int rows, const GenGemmBlock *block);

/* The same of a packed panel, for results without gaps: out[rows][panel]. */
typedef void (*GenGemmTileFunc) (int rows, const float *a, gint64 row_stride, gint64 k_stride,
    const void *panel, gint64 k, gboolean adds, float *out);

typedef struct {
  int rows, panel;
  GenGemmTileFunc tile;
  GenGemmBlockFunc block[GEN_GEMM_N_FORMS]; /* NULL where the unit has no such form */
  /* Of gen_gemm_few (rows) panels at once, where a single one would leave registers empty and the
   * multiplier waiting for its last result. */
  GenGemmBlockFunc few[GEN_GEMM_N_FORMS];
  GenGemmBlockFunc half; /* of a float32 panel of half the width */
} GenGemmUnit;

/* How many panels `rows` rows take at once. */
static inline int
gen_gemm_few (int rows)
{
  return rows == 1 ? 4 : rows <= 3 ? 2 : 1;
}

const GenGemmUnit *gen_gemm_unit (void);
