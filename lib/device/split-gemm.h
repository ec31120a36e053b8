/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "gemm.h"

/**
 * Matrix products on the tile unit (split-tile.h). The functions are those of gemm.h, which calls
 * them.
 */
typedef struct _GenSplitGemm GenSplitGemm;

/* Whether the machine has such a unit and the product fills tiles; and whether it is faster so. */
gboolean gen_split_gemm_can (const GenGemmOptions *options);
gboolean gen_split_gemm_suits (const GenGemmOptions *options);

GenSplitGemm *gen_split_gemm_new (const GenGemmOptions *options);
void gen_split_gemm_free (GenSplitGemm *gemm);
int gen_split_gemm_parts (const GenSplitGemm *gemm);
GenGemmTile gen_split_gemm_tile (const GenSplitGemm *gemm, int part, int parts);
gsize gen_split_gemm_scratch_size (const GenSplitGemm *gemm);
void gen_split_gemm_run (const GenSplitGemm *gemm, const float *a, const float *b, float *c,
    void *scratch, int part, int parts, const GenGemmThen *then);
