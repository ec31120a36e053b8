/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choosing the form of softmax_tile.h for the machine. */
#include "softmax-unit.h"

#include <string.h>

#include "../../device/features.h"
#include "../elementwise/mathematics.h"

#if defined(__x86_64__)
#include <immintrin.h>

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#define MOST(a, b) (Vector_512) _mm512_max_ps ((__m512)(a), (__m512)(b))
#define VECTOR 16
#define NAME(x) x##_512
#include "softmax-tile.h"
#undef VECTOR
#undef NAME
#undef MOST
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define MOST(a, b) (Vector_256) _mm256_max_ps ((__m256)(a), (__m256)(b))
#define VECTOR 8
#define NAME(x) x##_256
#include "softmax-tile.h"
#undef VECTOR
#undef NAME
#undef MOST
#pragma GCC pop_options
#endif
#define VECTOR 4
#define NAME(x) x##_128
#include "softmax-tile.h"
#undef VECTOR
#undef NAME

#define UNIT(suffix, lanes)                                                                        \
  {                                                                                                \
    lanes, row_##suffix, columns_##suffix, transpose_##suffix                                      \
  }

const GenSoftmaxUnit *
gen_softmax_unit (void)
{
  static const GenSoftmaxUnit baseline = UNIT (128, 4);
#if defined(__x86_64__)
  static const GenSoftmaxUnit avx2 = UNIT (256, 8), avx512 = UNIT (512, 16);

  if (gen_cpu_has (GEN_CPU_AVX512))
    return &avx512;
  if (gen_cpu_has (GEN_CPU_AVX2))
    return &avx2;
#endif
  return &baseline;
}
