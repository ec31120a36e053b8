/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Machines without a tile unit: gen_split_gemm_new never makes anything that the other functions
 * could be called with. */
#include "split_gemm.h"

GenSplitGemm *
gen_split_gemm_new (const GenGemmOptions *options)
{
  return NULL;
}

void
gen_split_gemm_free (GenSplitGemm *gemm)
{
}

int
gen_split_gemm_parts (const GenSplitGemm *gemm)
{
  return 0;
}

GenGemmTile
gen_split_gemm_tile (const GenSplitGemm *gemm, int part, int parts)
{
  return (GenGemmTile){ 0 };
}

gsize
gen_split_gemm_scratch_size (const GenSplitGemm *gemm)
{
  return 0;
}

void
gen_split_gemm_run (const GenSplitGemm *gemm, const float *a, const float *b, float *c,
    void *scratch, int part, int parts)
{
}
