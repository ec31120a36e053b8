/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gemm.h"

/**
 * Matrix products of float32 on the tile unit of newer x86 (AMX), which multiplies bfloat16 and
 * adds float32. Each number is split into three of bfloat16 that add up to it, and the six largest
 * of their nine products make one: six times the arithmetic, on a unit that has some fourteen times
 * the speed. What is left out is at most 2^-23 of a product, so that results are as exact as those
 * of float32 arithmetic. With GEN_PRECISION_TF32 it is two parts and three products, and what is
 * left out at most 2^-15 of a product, a millionth of a result as a rule (Henry, Tang and Heinecke,
 * "Leveraging the bfloat16 artificial intelligence datatype for higher-precision computations",
 * 2019).
 *
 * Numbers below 2^-126 count as 0, and a result that an infinity goes into may be NaN instead.
 *
 * The functions are those of gemm.h, which calls them.
 */
typedef struct _GenSplitGemm GenSplitGemm;

/* NULL where the machine has no such unit, or the product is too small for it. */
GenSplitGemm *gen_split_gemm_new (const GenGemmOptions *options);
void gen_split_gemm_free (GenSplitGemm *gemm);
int gen_split_gemm_parts (const GenSplitGemm *gemm);
GenGemmTile gen_split_gemm_tile (const GenSplitGemm *gemm, int part, int parts);
gsize gen_split_gemm_scratch_size (const GenSplitGemm *gemm);
void gen_split_gemm_run (const GenSplitGemm *gemm, const float *a, const float *b, float *c,
    void *scratch, int part, int parts);
