/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choosing the form of direct_tile.h for the machine and for the channels. */
#include "direct-unit.h"

#include <string.h>

#include "features.h"
#include "half.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* Loads a vector once, where the compiler would do it for each use. (clang, which does not know the
 * pragmas below, has no register for it.) */
#if defined(__x86_64__) && !defined(__clang__)
#define KEEP(x) __asm__("" : "+v"(x))
#else
#define KEEP(x)
#endif

typedef float GenQuad __attribute__ ((vector_size (16), aligned (4)));

/* The sum of what a vector consists of. */
static inline __attribute__ ((always_inline)) GenQuad
add_quads (const void *vector, const int n)
{
  const GenQuad *quads = vector;

  if (n == 4)
    return quads[0] + quads[1] + (quads[2] + quads[3]);
  return n == 2 ? quads[0] + quads[1] : quads[0];
}

/* The sums of each of four. */
static inline __attribute__ ((always_inline)) GenQuad
add_four (GenQuad a, GenQuad b, GenQuad c, GenQuad d)
{
  const GenQuad ab =
      __builtin_shufflevector (a, b, 0, 4, 1, 5) + __builtin_shufflevector (a, b, 2, 6, 3, 7);
  const GenQuad cd =
      __builtin_shufflevector (c, d, 0, 4, 1, 5) + __builtin_shufflevector (c, d, 2, 6, 3, 7);

  return __builtin_shufflevector (ab, cd, 0, 1, 4, 5) +
         __builtin_shufflevector (ab, cd, 2, 3, 6, 7);
}

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#define HALF(x) (Vector_512) _mm512_cvtph_ps (_mm256_loadu_si256 ((const __m256i *)(x)))
#define VECTOR 16
#define ROWS 10
#define NARROW 12
#define NAME(x) x##_512
#include "direct-tile.h"
#undef VECTOR
#undef ROWS
#undef NARROW
#undef NAME
#undef HALF
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define HALF(x) (Vector_256) _mm256_cvtph_ps (_mm_loadu_si128 ((const __m128i *)(x)))
#define VECTOR 8
#define ROWS 6
#define NARROW 12
#define NAME(x) x##_256
#include "direct-tile.h"
#undef VECTOR
#undef ROWS
#undef NARROW
#undef NAME
#undef HALF
#pragma GCC pop_options
#endif
#define VECTOR 4
#if defined(__aarch64__)
#include <arm_neon.h>
#define HALF(x) (Vector_128) vcvt_f32_f16 (vld1_f16 ((const float16_t *)(x)))
#define FLOAT16(tile) tile
#else
#define FLOAT16(tile) NULL
#endif
#define ROWS 6
#define NARROW 12
#define NAME(x) x##_128
#include "direct-tile.h"
#undef VECTOR
#undef ROWS
#undef NARROW
#undef NAME

static const GenDirectUnit baseline[] = {
  { 12, 4, { direct_narrow_128 } },
  { 6, 8, { direct_wide_128, direct_wide_bfloat16_128, FLOAT16 (direct_wide_float16_128) } },
};
#if defined(__x86_64__)
static const GenDirectUnit avx2[] = {
  { 12, 8, { direct_narrow_256 } },
  { 6, 16, { direct_wide_256, direct_wide_bfloat16_256, direct_wide_float16_256 } },
};
static const GenDirectUnit avx512[] = {
  { 12, 8, { direct_narrow_256 } },
  { 12, 16, { direct_narrow_512 } },
  { 10, 32, { direct_wide_512, direct_wide_bfloat16_512, direct_wide_float16_512 } },
};
#endif

const GenDirectUnit *
gen_direct_unit (gint64 columns)
{
  const GenDirectUnit *units = baseline;
  guint n = G_N_ELEMENTS (baseline), i = 0;

#if defined(__x86_64__)
  if (gen_cpu_has (GEN_CPU_AVX512)) {
    units = avx512;
    n = G_N_ELEMENTS (avx512);
  } else if (gen_cpu_has (GEN_CPU_AVX2)) {
    units = avx2;
    n = G_N_ELEMENTS (avx2);
  }
#endif
  while (i + 1 < n && units[i].width < columns)
    i++;
  return &units[i];
}

GenDirectDotsFunc
gen_direct_dots (gint64 k)
{
#if defined(__x86_64__)
  if (gen_cpu_has (GEN_CPU_AVX512) && k % 16 == 0)
    return direct_dots_512;
  if (gen_cpu_has (GEN_CPU_AVX2) && k % 8 == 0)
    return direct_dots_256;
#endif
  return k % 4 == 0 ? direct_dots_128 : NULL;
}
