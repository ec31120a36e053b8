/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tiles of integer_rows.h for each kind of vector unit, and which of them a layer goes by. */
#include "integer-units.h"

#include <string.h>

#include "../simd.h"
#include "amx.h"
#include "features.h"
#include "integer-amx.h"

/* Anywhere in memory, and of whatever type that is. */
typedef gint32 Word __attribute__ ((aligned (1), may_alias));

/* clang does not know the pragmas that bring the instructions along. */
#if defined(__x86_64__) && !defined(__clang__)
#include <immintrin.h>

/* Four bytes, unsigned by signed. */
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,avx512vnni,prefer-vector-width=512")
#define VECTOR 16
#define VECTORS 4
#define LANE 4
#define LOAD(p) (*(const Vector_vnni *)(p))
#define SOME(p, n) _mm512_maskz_loadu_epi32 ((1u << (n)) - 1, p)
#define DOT(s, a, w) (Vector_vnni) _mm512_dpbusd_epi32 ((__m512i)(s), (__m512i)(a), (__m512i)(w))
#define ONES 0x01010101
#define STORE(p, s) _mm_storeu_si128 ((__m128i *)(p), _mm512_cvtepi32_epi8 ((__m512i)(s)))
#define REDUCE(v) _mm512_reduce_add_epi32 ((__m512i)(v))
#define LARGER(a, b) (Floats_vnni) _mm512_max_ps ((__m512)(a), (__m512)(b))
#define LESSER(a, b) (Floats_vnni) _mm512_min_ps ((__m512)(a), (__m512)(b))
#define ACROSS 6
#define NAME(x) x##_vnni
#define FINISH
#include "integer-rows.h"
#undef LARGER
#undef LESSER
#undef LOAD
#undef DOT
#undef NAME
#undef FINISH
#undef STORE
#undef ACROSS

/* Two 16-bit numbers. */
#undef ONES
#define ONES 0x00010001
#define LOAD(p) (*(const Vector_vnni_pairs *)(p))
#define DOT(s, a, w)                                                                               \
  (Vector_vnni_pairs) _mm512_dpwssd_epi32 ((__m512i)(s), (__m512i)(a), (__m512i)(w))
#define NAME(x) x##_vnni_pairs
#include "integer-rows.h"
#undef LOAD
#undef DOT
#undef NAME
#undef ONES
#define ONES 0x01010101

/* The same where no two products add up to more than 16 bits, and pairs of 16-bit numbers. */
#define LOAD(p) (*(const Vector_fitting_512 *)(p))
#define DOT(s, a, w)                                                                               \
  (s) + (Vector_fitting_512)_mm512_madd_epi16 (                                                    \
            _mm512_maddubs_epi16 ((__m512i)(a), (__m512i)(w)), _mm512_set1_epi16 (1))
#define NAME(x) x##_fitting_512
#include "integer-rows.h"
#undef LOAD
#undef DOT
#undef NAME
#undef ONES
#define ONES 0x00010001
#define LOAD(p) (*(const Vector_pairs_512 *)(p))
#define DOT(s, a, w) (s) + (Vector_pairs_512)_mm512_madd_epi16 ((__m512i)(a), (__m512i)(w))
#define UNSIGNED(p) (Vector_pairs_512) _mm512_cvtepu8_epi32 (_mm_loadu_si128 ((const __m128i *)(p)))
#define SIGNED(p) (Vector_pairs_512) _mm512_cvtepi8_epi32 (_mm_loadu_si128 ((const __m128i *)(p)))
#define ACROSS 6
#define NAME(x) x##_pairs_512
#define DEPTHWISE
#include "integer-rows.h"
#undef ACROSS
#undef REDUCE
#undef DEPTHWISE
#undef UNSIGNED
#undef SIGNED
#undef LANE
#undef LOAD
#undef SOME
#undef DOT
#undef NAME
#undef VECTOR
#undef VECTORS
#undef ONES
#pragma GCC pop_options

/* Four bytes again, where there are no vectors of 512 bits. */
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
static inline __m256i
some_256 (const void *p, gint64 n)
{
  const __m256i places = _mm256_setr_epi32 (0, 1, 2, 3, 4, 5, 6, 7);

  return _mm256_maskload_epi32 (p, _mm256_cmpgt_epi32 (_mm256_set1_epi32 ((int)n), places));
}
#define SOME(p, n) some_256 (p, n)
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3,avxvnni")
#define VECTOR 8
#define VECTORS 2
#define LANE 4
#define LOAD(p) (*(const Vector_vnni_256 *)(p))
#define DOT(s, a, w)                                                                               \
  (Vector_vnni_256) _mm256_dpbusd_avx_epi32 ((__m256i)(s), (__m256i)(a), (__m256i)(w))
#define ONES 0x01010101
#define NAME(x) x##_vnni_256
#include "integer-rows.h"
#undef LOAD
#undef DOT
#undef ONES
#undef NAME
#define LOAD(p) (*(const Vector_vnni_pairs_256 *)(p))
#define DOT(s, a, w)                                                                               \
  (Vector_vnni_pairs_256) _mm256_dpwssd_avx_epi32 ((__m256i)(s), (__m256i)(a), (__m256i)(w))
#define ONES 0x00010001
#define NAME(x) x##_vnni_pairs_256
#include "integer-rows.h"
#undef VECTOR
#undef VECTORS
#undef LANE
#undef LOAD
#undef DOT
#undef ONES
#undef NAME
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
static inline gint32
reduce_256 (__m256i v)
{
  __m128i sum = _mm_add_epi32 (_mm256_castsi256_si128 (v), _mm256_extracti128_si256 (v, 1));

  sum = _mm_add_epi32 (sum, _mm_shuffle_epi32 (sum, 0x4e));
  sum = _mm_add_epi32 (sum, _mm_shuffle_epi32 (sum, 0xb1));
  return _mm_cvtsi128_si32 (sum);
}

/* The low bytes of eight lanes. */
static inline void
store_256 (void *p, __m256i s)
{
  const __m256i lows = _mm256_setr_epi8 (0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
      -1, 0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
  const __m256i low = _mm256_shuffle_epi8 (s, lows);

  _mm_storel_epi64 (
      p, _mm_unpacklo_epi32 (_mm256_castsi256_si128 (low), _mm256_extracti128_si256 (low, 1)));
}

#define VECTOR 8
#define VECTORS 2
#define LANE 4
#define ONES 0x01010101
#define LOAD(p) (*(const Vector_fitting_256 *)(p))
#define DOT(s, a, w)                                                                               \
  (s) + (Vector_fitting_256)_mm256_madd_epi16 (                                                    \
            _mm256_maddubs_epi16 ((__m256i)(a), (__m256i)(w)), _mm256_set1_epi16 (1))
#define STORE(p, s) store_256 (p, (__m256i)(s))
#define LARGER(a, b) (Floats_fitting_256) _mm256_max_ps ((__m256)(a), (__m256)(b))
#define LESSER(a, b) (Floats_fitting_256) _mm256_min_ps ((__m256)(a), (__m256)(b))
#define NAME(x) x##_fitting_256
#define FINISH
#include "integer-rows.h"
#undef LARGER
#undef LESSER
#undef LOAD
#undef DOT
#undef NAME
#undef FINISH
#undef STORE
#undef ONES
#define ONES 0x00010001
#define LOAD(p) (*(const Vector_pairs_256 *)(p))
#define DOT(s, a, w) (s) + (Vector_pairs_256)_mm256_madd_epi16 ((__m256i)(a), (__m256i)(w))
#define UNSIGNED(p) (Vector_pairs_256) _mm256_cvtepu8_epi32 (_mm_loadl_epi64 ((const __m128i *)(p)))
#define SIGNED(p) (Vector_pairs_256) _mm256_cvtepi8_epi32 (_mm_loadl_epi64 ((const __m128i *)(p)))
#define REDUCE(v) reduce_256 ((__m256i)(v))
#define ACROSS 3
#define NAME(x) x##_pairs_256
#define DEPTHWISE
#include "integer-rows.h"
#undef ACROSS
#undef REDUCE
#undef DEPTHWISE
#undef UNSIGNED
#undef SIGNED
#undef LANE
#undef LOAD
#undef DOT
#undef NAME
/* Weights that stay bytes in memory, and become pairs when they are read. */
#define LANE 2
#define LOAD(p) (Vector_small_256) _mm256_cvtepi8_epi16 (_mm_loadu_si128 ((const __m128i *)(p)))
#define DOT(s, a, w) (s) + (Vector_small_256)_mm256_madd_epi16 ((__m256i)(a), (__m256i)(w))
#define NAME(x) x##_small_256
#include "integer-rows.h"
#undef LANE
#undef LOAD
#undef SOME
#undef DOT
#undef NAME
#undef VECTOR
#undef VECTORS
#pragma GCC pop_options
#endif

typedef gint32 Quad __attribute__ ((vector_size (16)));

static inline Quad
some_128 (const Word *x, gint64 n)
{
  return (Quad){ x[0], n > 1 ? x[1] : 0, n > 2 ? x[2] : 0, 0 };
}

#if defined(__aarch64__)
#include <arm_neon.h>

static inline void
store_128 (void *p, Quad s)
{
  const uint16x4_t low = vmovn_u32 ((uint32x4_t)s);

  *(Word *)p = (Word)vget_lane_u32 (vreinterpret_u32_u8 (vmovn_u16 (vcombine_u16 (low, low))), 0);
}

static inline Quad
unsigned_128 (const void *p)
{
  const uint16x8_t wide = vmovl_u8 (vcreate_u8 ((guint32) * (const Word *)p));

  return (Quad)vmovl_u16 (vget_low_u16 (wide));
}

static inline Quad
signed_128 (const void *p)
{
  const int16x8_t wide = vmovl_s8 (vcreate_s8 ((guint32) * (const Word *)p));

  return (Quad)vmovl_s16 (vget_low_s16 (wide));
}

static inline gint32
reduce_128 (Quad s)
{
  return vaddvq_s32 ((int32x4_t)s);
}

static inline Quad
dot_pairs (Quad sums, Quad a, Quad w)
{
  const int16x8_t x = (int16x8_t)a, y = (int16x8_t)w;
  const int32x4_t low = vmull_s16 (vget_low_s16 (x), vget_low_s16 (y));

  return sums + (Quad)vpaddq_s32 (low, vmull_high_s16 (x, y));
}

/* The same by one word in all lanes: what is done to weights alone is done once for all rows of a
 * tile. */
static inline Quad
dot_word (Quad sums, gint32 a, Quad w)
{
  const int16x4_t pair = vcreate_s16 ((guint32)a);
  const int16x4_t first = vmovn_s32 ((int32x4_t)w), second = vshrn_n_s32 ((int32x4_t)w, 16);

  return (Quad)vmlal_lane_s16 (vmlal_lane_s16 ((int32x4_t)sums, first, pair, 0), second, pair, 1);
}
#define DOT_WORD(s, a, w) dot_word (s, a, w)
#else
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static inline void
store_128 (void *p, Quad s)
{
  for (int i = 0; i < 4; i++)
    ((guint8 *)p)[i] = (guint8)s[i];
}

static inline Quad
unsigned_128 (const void *p)
{
  const guint8 *x = p;

  return (Quad){ x[0], x[1], x[2], x[3] };
}

static inline Quad
signed_128 (const void *p)
{
  const gint8 *x = p;

  return (Quad){ x[0], x[1], x[2], x[3] };
}

static inline gint32
reduce_128 (Quad s)
{
  return s[0] + s[1] + s[2] + s[3];
}

static inline Quad
dot_pairs (Quad sums, Quad a, Quad w)
{
#if defined(__SSE2__)
  return sums + (Quad)_mm_madd_epi16 ((__m128i)a, (__m128i)w);
#else
  /* The high and the low 16 bits of each lane, with their signs. */
  const Quad a_low = a << 16 >> 16, w_low = w << 16 >> 16;

  return sums + a_low * w_low + (a >> 16) * (w >> 16);
#endif
}
#endif

#define VECTOR 4
#define VECTORS 2
#define LANE 4
#undef ONES
#define ONES 0x00010001
#define LOAD(p) (*(const Vector_pairs_128 *)(p))
#define SOME(p, n) some_128 (p, n)
#define STORE(p, s) store_128 (p, (Quad)(s))
#define DOT(s, a, w) (Vector_pairs_128) dot_pairs ((Quad)(s), (Quad)(a), (Quad)(w))
#define LARGER(a, b) choose_pairs_128 ((a) > (b), a, b)
#define LESSER(a, b) choose_pairs_128 ((a) < (b), a, b)
#define UNSIGNED(p) (Vector_pairs_128) unsigned_128 (p)
#define SIGNED(p) (Vector_pairs_128) signed_128 (p)
#define REDUCE(v) reduce_128 ((Quad)(v))
#define ACROSS 3
#define NAME(x) x##_pairs_128
#define FINISH
#define DEPTHWISE
#include "integer-rows.h"
#undef VECTOR
#undef VECTORS
#undef LANE
#undef LOAD
#undef SOME
#undef DOT
#undef ONES
#undef ACROSS
#undef NAME
#undef FINISH
#undef STORE
#undef LARGER
#undef LESSER
#undef DEPTHWISE
#undef UNSIGNED
#undef SIGNED

/* Four bytes, signed by signed, in vectors of 128 bits. */
#if defined(__aarch64__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("arch=armv8.2-a+dotprod")
#define VECTOR 4
#define VECTORS 4 /* 24 sums of 32 registers */
#define LANE 4
#define LOAD(p) (*(const Vector_dot *)(p))
#define SOME(p, n) some_128 (p, n)
#define DOT(s, a, w) (Vector_dot) vdotq_s32 ((int32x4_t)(s), (int8x16_t)(a), (int8x16_t)(w))
#define DOT_WORD(s, a, w)                                                                          \
  (Vector_dot) vdotq_lane_s32 ((int32x4_t)(s), (int8x16_t)(w), vcreate_s8 ((guint32)(a)), 0)
#define ONES 0x01010101
#define ACROSS 6
#define NAME(x) x##_dot
#include "integer-rows.h"
#undef VECTOR
#undef VECTORS
#undef LANE
#undef LOAD
#undef SOME
#undef DOT
#undef ONES
#undef ACROSS
#undef NAME
#pragma GCC pop_options
#endif
#undef REDUCE

/* The second one of each kind is for few results. */
static const GenIntegerLayer baseline[] = {
  { "pairs", 4, 8, 2, 4, 0, FALSE, FALSE, tile_pairs_128, sum_pairs_128, finish_pairs_128,
      depthwise_pairs_128 },
  { "pairs across", 1, 4, 2, 4, 4, FALSE, FALSE, across_pairs_128, sum_pairs_128, finish_pairs_128,
      depthwise_pairs_128 },
};
#if defined(__x86_64__) && !defined(__clang__)
static const GenIntegerLayer amx = { "amx", 16, GEN_INTEGER_AMX_PANEL, 4, 4, 0, FALSE, TRUE, NULL,
  sum_vnni, finish_vnni, depthwise_pairs_512 };
static const GenIntegerLayer vnni[] = {
  { "vnni", 16, 64, 4, 4, 0, FALSE, FALSE, tile_vnni, sum_vnni, finish_vnni, depthwise_pairs_512 },
  { "vnni across", 1, 4, 4, 4, 16, FALSE, FALSE, across_vnni, sum_vnni, finish_vnni,
      depthwise_pairs_512 },
};
static const GenIntegerLayer vnni_pairs = { "vnni pairs", 16, 64, 2, 4, 0, FALSE, FALSE,
  tile_vnni_pairs, sum_pairs_512, finish_vnni, depthwise_pairs_512 };
static const GenIntegerLayer avx_vnni_pairs = { "avx-vnni pairs", 8, 16, 2, 4, 0, FALSE, FALSE,
  tile_vnni_pairs_256, sum_pairs_256, finish_fitting_256, depthwise_pairs_256 };
static const GenIntegerLayer avx_vnni = { "avx-vnni", 8, 16, 4, 4, 0, FALSE, FALSE, tile_vnni_256,
  sum_vnni_256, finish_fitting_256, depthwise_pairs_256 };
static const GenIntegerLayer avx512[] = {
  { "avx512 pairs", 16, 64, 2, 4, 0, FALSE, FALSE, tile_pairs_512, sum_pairs_512, finish_vnni,
      depthwise_pairs_512 },
  { "avx512 pairs across", 1, 4, 2, 4, 16, FALSE, FALSE, across_pairs_512, sum_pairs_512,
      finish_vnni, depthwise_pairs_512 },
};
static const GenIntegerLayer avx512_fitting = { "avx512 bytes", 16, 64, 4, 4, 0, FALSE, FALSE,
  tile_fitting_512, sum_fitting_512, finish_vnni, depthwise_pairs_512 };
static const GenIntegerLayer avx2[] = {
  { "avx2 pairs", 8, 16, 2, 4, 0, FALSE, FALSE, tile_pairs_256, sum_pairs_256, finish_fitting_256,
      depthwise_pairs_256 },
  { "avx2 pairs across", 1, 4, 2, 4, 8, FALSE, FALSE, across_pairs_256, sum_pairs_256,
      finish_fitting_256, depthwise_pairs_256 },
};
static const GenIntegerLayer avx2_fitting = { "avx2 bytes", 8, 16, 4, 4, 0, FALSE, FALSE,
  tile_fitting_256, sum_fitting_256, finish_fitting_256, depthwise_pairs_256 };
static const GenIntegerLayer avx2_small = { "avx2 small", 8, 16, 2, 2, 0, FALSE, FALSE,
  tile_small_256, sum_pairs_256, finish_fitting_256, depthwise_pairs_256 };
#endif
#if defined(__aarch64__) && !defined(__clang__)
static const GenIntegerLayer dot_products[] = {
  { "dot products", 4, 16, 4, 4, 0, TRUE, FALSE, tile_dot, sum_dot, finish_pairs_128,
      depthwise_pairs_128 },
  { "dot products across", 1, 4, 4, 4, 4, TRUE, FALSE, across_dot, sum_dot, finish_pairs_128,
      depthwise_pairs_128 },
};
#endif

/* Whether the layer has so few results that `across`, which wants whole vectors of channels, is
 * better than its like. */
static gboolean
suits_across (const GenIntegerShape *shape, const GenIntegerLayer *across)
{
  return shape->results <= across->width && shape->channels % (across->group * across->across) == 0;
}

const GenIntegerLayer *
gen_integer_layer_find (const GenIntegerShape *shape, gboolean pairs_fit)
{
#if defined(__x86_64__) && !defined(__clang__)
  if (gen_cpu_has (GEN_CPU_VNNI) && suits_across (shape, &vnni[1]))
    return &vnni[1];
  if (gen_amx_multiplies (GEN_AMX_INT8) && !shape->few_rows && !shape->depthwise)
    return &amx;
  if (gen_cpu_has (GEN_CPU_VNNI))
    return &vnni[0];
  if (gen_cpu_has (GEN_CPU_AVX_VNNI))
    return &avx_vnni;
  if (gen_cpu_has (GEN_CPU_AVX512) && !shape->few_rows)
    return suits_across (shape, &avx512[1]) ? &avx512[1] : pairs_fit ? &avx512_fitting : &avx512[0];
  if (gen_cpu_has (GEN_CPU_AVX2) && suits_across (shape, &avx2[1]))
    return &avx2[1];
  if (gen_cpu_has (GEN_CPU_AVX2))
    return pairs_fit ? &avx2_fitting : shape->few_rows ? &avx2_small : &avx2[0];
#endif
#if defined(__aarch64__) && !defined(__clang__)
  if (gen_cpu_has (GEN_CPU_DOT_PRODUCT))
    return &dot_products[suits_across (shape, &dot_products[1])];
#endif
  return &baseline[suits_across (shape, &baseline[1])];
}

const GenIntegerLayer *
gen_integer_layer_find_pairs (const GenIntegerShape *shape)
{
#if defined(__x86_64__) && !defined(__clang__)
  if (gen_amx_multiplies (GEN_AMX_INT8))
    return NULL;
  if (gen_cpu_has (GEN_CPU_VNNI))
    return &vnni_pairs;
  if (gen_cpu_has (GEN_CPU_AVX_VNNI))
    return &avx_vnni_pairs;
  if (gen_cpu_has (GEN_CPU_AVX512))
    return &avx512[0];
  if (gen_cpu_has (GEN_CPU_AVX2))
    return &avx2[0];
#endif
#if defined(__aarch64__) && !defined(__clang__)
  /* Four times as many products an instruction, which is all that Winograd's way can save. */
  if (gen_cpu_has (GEN_CPU_DOT_PRODUCT))
    return NULL;
#endif
  return &baseline[0];
}

double
gen_integer_pairs_slowness (const GenIntegerLayer *pairs, gboolean pairs_fit)
{
#if defined(__x86_64__) && !defined(__clang__)
  if (pairs == &vnni_pairs || pairs == &avx_vnni_pairs)
    return 2;
  /* Three instructions for what takes pairs four. */
  if (pairs_fit && (pairs == &avx512[0] || pairs == &avx2[0]))
    return 4.0 / 3;
#endif
  return 1;
}
