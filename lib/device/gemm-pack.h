/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/plan.h>

#include "gemm-unit.h"

/**
 * How operands come into the order that tiles read, and results out of it.
 */

/* Columns of an operand as a panel: k by `width`, of which `n` are there and the others 0. One of
 * the strides is 1. */
void gen_gemm_pack_panel (const float *from, gint64 column_stride, gint64 k_stride, gint64 k, int n,
    int width, float *to);
/* `n` rows that lie side by side, k by n. */
void gen_gemm_pack_rows (const float *from, gint64 k_stride, gint64 k, int n, float *to);
/* The form that the precision allows for `n` weights: float16 only where all are in its range. */
GenGemmForm gen_gemm_form (GenPrecision precision, const float *weights, gint64 n);
/* A packed panel in its 16-bit form, as gemm_unit.h says, and back. */
void gen_gemm_narrow_panel (GenGemmForm form, const float *panel, gint64 k, int width, guint16 *to);
void gen_gemm_widen_panel (GenGemmForm form, const guint16 *panel, gint64 k, int width, float *to);
/* Results of a tile, whose rows are `width` apart, into C or, if `turned`, columns of C. */
void gen_gemm_store (const float *tile, int width, int rows, int columns, gboolean adds,
    gboolean turned, float *c, gint64 stride);
