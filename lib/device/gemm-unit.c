/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choosing the form of gemm_tile.h for the machine. */
#include "gemm-unit.h"

#include "../simd.h"
#include "half.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#define HALF(x) (Vector_512) _mm512_cvtph_ps (_mm256_loadu_si256 ((const __m256i *)(x)))
#define VECTOR 16
#define ROWS 14
#define NAME(x) x##_512
#include "gemm-tile.h"
#undef VECTOR
#undef ROWS
#undef NAME
#undef HALF
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define HALF(x) (Vector_256) _mm256_cvtph_ps (_mm_loadu_si128 ((const __m128i *)(x)))
#define VECTOR 8
#define ROWS 6
#define NAME(x) x##_256
#include "gemm-tile.h"
#undef VECTOR
#undef ROWS
#undef NAME
#undef HALF
#pragma GCC pop_options
#endif
#define VECTOR 4
#if defined(__aarch64__)
#include <arm_neon.h>
#define ROWS 12 /* of 32 registers; 14 rows would leave too few for the operands */
#define HALF(x) (Vector_128) vcvt_f32_f16 (vld1_f16 ((const float16_t *)(x)))
#else
#define ROWS 6
#endif
#define NAME(x) x##_128
#include "gemm-tile.h"
#undef VECTOR
#undef NAME

const GenGemmUnit *
gen_gemm_unit (void)
{
  static const GenGemmUnit units[] = {
#if defined(__aarch64__)
    [GEN_LEVEL_BASELINE] = { ROWS, 8, tile_128,
        { float32_block_128, bfloat16_block_128, float16_block_128 },
        { float32_few_128, bfloat16_few_128, float16_few_128 }, half_block_128 },
#else
    [GEN_LEVEL_BASELINE] = { ROWS, 8, tile_128, { float32_block_128, bfloat16_block_128 },
        { float32_few_128, bfloat16_few_128 }, half_block_128 },
#endif
#if defined(__x86_64__)
    [GEN_LEVEL_AVX2] = { 6, 16, tile_256,
        { float32_block_256, bfloat16_block_256, float16_block_256 },
        { float32_few_256, bfloat16_few_256, float16_few_256 }, half_block_256 },
    [GEN_LEVEL_AVX512] = { 14, 32, tile_512,
        { float32_block_512, bfloat16_block_512, float16_block_512 },
        { float32_few_512, bfloat16_few_512, float16_few_512 }, half_block_512 },
#endif
  };

  return &units[gen_level ()];
}
