/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choosing the form of attention_tile.h for the machine. */
#include "attention-unit.h"

#include "../../device/features.h"
#include "../elementwise/mathematics.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#define MOST(a, b) (Vector_512) _mm512_max_ps ((__m512)(a), (__m512)(b))
#define VECTOR 16
#define ROWS 14
#define NARROW 14
#define NAME(x) x##_512
#include "attention-tile.h"
#undef VECTOR
#undef ROWS
#undef NARROW
#undef NAME
#undef MOST
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define MOST(a, b) (Vector_256) _mm256_max_ps ((__m256)(a), (__m256)(b))
#define VECTOR 8
#define ROWS 6
#define NARROW 12
#define NAME(x) x##_256
#include "attention-tile.h"
#undef VECTOR
#undef ROWS
#undef NARROW
#undef NAME
#undef MOST
#pragma GCC pop_options
#endif
#define VECTOR 4
#define ROWS 6
#define NARROW 12
#define NAME(x) x##_128
#include "attention-tile.h"
#undef VECTOR
#undef ROWS
#undef NARROW
#undef NAME

#define UNITS(suffix, lanes, rows)                                                                 \
  {                                                                                                \
    { lanes, rows, product_apart_##suffix, product_together_##suffix, weigh_##suffix,              \
      cap_##suffix, transpose_##suffix },                                                          \
        { 1, rows, few_scores_##suffix, few_results_##suffix, few_weigh_##suffix, cap_##suffix,    \
          transpose_##suffix },                                                                    \
  }

const GenAttentionUnit *
gen_attention_unit (gint64 queries)
{
  static const GenAttentionUnit baseline[] = UNITS (128, 4, 6);
#if defined(__x86_64__)
  static const GenAttentionUnit avx2[] = UNITS (256, 8, 6), avx512[] = UNITS (512, 16, 14);

  if (gen_cpu_has (GEN_CPU_AVX512))
    return &avx512[queries <= GEN_ATTENTION_FEW];
  if (gen_cpu_has (GEN_CPU_AVX2))
    return &avx2[queries <= GEN_ATTENTION_FEW];
#endif
  return &baseline[queries <= GEN_ATTENTION_FEW];
}
