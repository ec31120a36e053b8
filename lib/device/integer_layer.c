/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "integer_layer.h"

#include <string.h>

#include "../simd.h"
#include "amx.h"
#include "features.h"
#include "integer_amx.h"

/* Rows of a tile: their pointers stay in registers. */
#define TILE_ROWS 6
#define TILE_STRIDE 8

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
#include "integer_rows.h"
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
#include "integer_rows.h"
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
#include "integer_rows.h"
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
#include "integer_rows.h"
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
#include "integer_rows.h"
#undef LOAD
#undef DOT
#undef ONES
#undef NAME
#define LOAD(p) (*(const Vector_vnni_pairs_256 *)(p))
#define DOT(s, a, w)                                                                               \
  (Vector_vnni_pairs_256) _mm256_dpwssd_avx_epi32 ((__m256i)(s), (__m256i)(a), (__m256i)(w))
#define ONES 0x00010001
#define NAME(x) x##_vnni_pairs_256
#include "integer_rows.h"
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
#include "integer_rows.h"
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
#include "integer_rows.h"
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
#include "integer_rows.h"
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
#include "integer_rows.h"
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
#include "integer_rows.h"
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

struct _GenIntegerLayer {
  const char *name;
  int vector, width;  /* sums of a vector, columns of a panel */
  int group;          /* elements of a word */
  int lane;           /* bytes of packed weights for each word */
  int across;         /* 0, or words of a vector: these are of channels, and of each result alone */
  gboolean is_signed; /* sources of bytes */
  gboolean tiles;     /* AMX: rows lie one after the other, in multiples of 64 bytes */
  void (*tile) (int rows, int vectors, const void *const *pointers, gint64 taps, gint64 words,
      const char *panel, gint32 *out);
  gint32 (*sum) (const void *const *pointers, int stride, gint64 taps, gint64 words);
  void (*finish) (const GenIntegerFinish *finish, const gint32 *sums, int stride,
      const gint32 *row_sums, int rows, gint64 column, int n, void *const *results);
  void (*depthwise) (gboolean x_signed, const void *const *pointers, gint64 taps, gint64 channel,
      int n, const gint32 *weights, gint64 stride, gint32 *out);
};

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

const char *
gen_integer_layer_name (const GenIntegerLayer *layer)
{
  return layer->name;
}

int
gen_integer_layer_rows (const GenIntegerLayer *layer)
{
  return layer->tiles ? GEN_INTEGER_AMX_ROWS : TILE_ROWS;
}

int
gen_integer_layer_stride (const GenIntegerLayer *layer)
{
  return layer->tiles ? GEN_INTEGER_AMX_ROWS : TILE_STRIDE;
}

int
gen_integer_layer_width (const GenIntegerLayer *layer)
{
  return layer->width;
}

gint64
gen_integer_layer_panels (const GenIntegerLayer *layer, const GenIntegerShape *shape)
{
  return (shape->results + layer->width - 1) / layer->width;
}

/* Words of a pixel, and of a tap. */
static gint64
pixel_words (const GenIntegerLayer *layer, const GenIntegerShape *shape)
{
  return (shape->channels + layer->group - 1) / layer->group;
}

static gint64
words_of (const GenIntegerLayer *layer, const GenIntegerShape *shape)
{
  return shape->pixels * pixel_words (layer, shape);
}

/* Words of a row. */
static gint64
row_words (const GenIntegerLayer *layer, const GenIntegerShape *shape)
{
  gint64 words = words_of (layer, shape) * shape->taps, multiple = GEN_INTEGER_AMX_GROUPS;

  return layer->tiles ? (words + multiple - 1) / multiple * multiple : words;
}

static gsize
panel_size (const GenIntegerLayer *layer, const GenIntegerShape *shape)
{
  return row_words (layer, shape) * layer->width * layer->lane;
}

gsize
gen_integer_layer_packed_size (const GenIntegerLayer *layer, const GenIntegerShape *shape)
{
  return gen_integer_layer_panels (layer, shape) * panel_size (layer, shape);
}

gsize
gen_integer_layer_scratch_size (const GenIntegerLayer *layer, const GenIntegerShape *shape)
{
  return layer->tiles ? GEN_INTEGER_AMX_ROWS * row_words (layer, shape) * 4 : 0;
}

/* --- sources --- */

GenIntegerSource
gen_integer_layer_source (const GenIntegerLayer *layer, gboolean x_signed)
{
  const gboolean wide = layer->group == 2;

  if (wide || x_signed == layer->is_signed)
    return (GenIntegerSource){ layer->group, wide, 0, 0 };
  return (GenIntegerSource){ layer->group, FALSE, 0x80, x_signed ? 128 : -128 };
}

GEN_CLONES (
    void, flip_bytes, (const guint8 *from, gint64 n, guint8 flip, guint8 *to), (from, n, flip, to))
{
  for (gint64 i = 0; i < n; i++)
    to[i] = from[i] ^ flip;
}

GEN_CLONES (void, widen_signed, (const gint8 *from, gint64 n, gint16 *to), (from, n, to))
{
  for (gint64 i = 0; i < n; i++)
    to[i] = from[i];
}

GEN_CLONES (void, widen_unsigned, (const guint8 *from, gint64 n, gint16 *to), (from, n, to))
{
  for (gint64 i = 0; i < n; i++)
    to[i] = from[i];
}

static void
convert (GenIntegerSource source, gboolean x_signed, const void *from, gint64 n, void *to)
{
  if (!source.wide)
    flip_bytes (from, n, source.flip, to);
  else if (x_signed)
    widen_signed (from, n, to);
  else
    widen_unsigned (from, n, to);
}

/* Three channels become four. */
#define THREE(name, From, To, value)                                                               \
  GEN_CLONES (void, name, (const From *restrict from, gint64 n, guint8 flip, To *restrict to),     \
      (from, n, flip, to))                                                                         \
  {                                                                                                \
    for (gint64 i = 0; i < n; i++) {                                                               \
      to[4 * i] = value (from[3 * i]);                                                             \
      to[4 * i + 1] = value (from[3 * i + 1]);                                                     \
      to[4 * i + 2] = value (from[3 * i + 2]);                                                     \
      to[4 * i + 3] = 0;                                                                           \
    }                                                                                              \
  }
/* Whole vectors of bytes: how many pixels. They are read 4 bytes beyond their last. */
#if defined(__x86_64__) && !defined(__clang__)
static __attribute__ ((target ("arch=x86-64-v3"))) gint64
three_vectors (const guint8 *x, gint64 n, guint8 flip, guint8 *to)
{
  const __m256i places = _mm256_broadcastsi128_si256 (
      _mm_setr_epi8 (0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
  const __m256i flips = _mm256_set1_epi32 (flip * 0x010101);
  gint64 i = 0;

  for (; i + 10 <= n; i += 8) {
    const __m128i low = _mm_loadu_si128 ((const __m128i *)(x + 3 * i));
    const __m128i high = _mm_loadu_si128 ((const __m128i *)(x + 3 * i + 12));
    const __m256i both = _mm256_inserti128_si256 (_mm256_castsi128_si256 (low), high, 1);

    _mm256_storeu_si256 (
        (__m256i *)(to + 4 * i), _mm256_xor_si256 (_mm256_shuffle_epi8 (both, places), flips));
  }
  return i;
}
#endif

#define FLIPPED(x) ((x) ^ flip)
THREE (three_bytes, guint8, guint8, FLIPPED)
THREE (three_signed, gint8, gint16, )
THREE (three_unsigned, guint8, gint16, )

/* Few channels, of which the last group is not whole. */
static void
convert_few (GenIntegerSource source, gboolean x_signed, const guint8 *x, gint64 n, gint64 channels,
    void *to)
{
  const gint64 all = (channels + source.group - 1) / source.group * source.group;
  guint8 *bytes = to;
  gint16 *wide = to;

  if (channels == 3) {
    if (!source.wide) {
#if defined(__x86_64__) && !defined(__clang__)
      const gint64 done = gen_cpu_has (GEN_CPU_AVX2) ? three_vectors (x, n, source.flip, bytes) : 0;

      three_bytes (x + 3 * done, n - done, source.flip, bytes + 4 * done);
#else
      three_bytes (x, n, source.flip, bytes);
#endif
    } else if (x_signed)
      three_signed ((const gint8 *)x, n, 0, wide);
    else
      three_unsigned (x, n, 0, wide);
    return;
  }
  for (; n > 0; n--, x += channels, bytes += all, wide += all)
    for (gint64 i = 0; i < all; i++)
      if (source.wide)
        wide[i] = i >= channels ? 0 : x_signed ? (gint8)x[i] : x[i];
      else
        bytes[i] = i >= channels ? 0 : x[i] ^ source.flip;
}

void
gen_integer_layer_convert (const GenIntegerLayer *layer, const void *from, gboolean x_signed,
    gint64 n, gint64 channels, void *to)
{
  const GenIntegerSource source = gen_integer_layer_source (layer, x_signed);
  const gint64 rest = (source.group - channels % source.group) % source.group;
  const int size = source.wide ? 2 : 1;
  const char *x = from;
  char *out = to;

  if (rest == 0) {
    convert (source, x_signed, x, n * channels, out);
    return;
  }
  if (channels < 32) {
    convert_few (source, x_signed, from, n, channels, to);
    return;
  }
  for (; n > 0; n--, x += channels, out += (channels + rest) * size) {
    convert (source, x_signed, x, channels, out);
    memset (out + channels * size, 0, rest * size);
  }
}

/* --- weights --- */

/* `pixel` of all taps. */
static inline gint8
weight_at (const GenIntegerShape *shape, const GenIntegerWeights *w, gint64 result, gint64 pixel,
    gint64 channel)
{
  guint8 value;

  if (channel >= shape->channels || result >= shape->results)
    return 0;
  value = ((const guint8 *)
               w->values)[result * w->by_result + w->by_pixel[pixel] + channel * w->by_channel];
  return (gint8)(shape->w_signed ? value : value ^ 0x80);
}

/* Sources reach 255: so two weights of one sign must not add up to more than 128. */
gboolean
gen_integer_pairs_fit (const GenIntegerShape *shape, const GenIntegerWeights *weights)
{
  for (gint64 result = 0; result < shape->results; result++)
    for (gint64 pixel = 0; pixel < shape->taps * shape->pixels; pixel++)
      for (gint64 c = 0; c < shape->channels; c += 2) {
        const int v = weight_at (shape, weights, result, pixel, c);
        const int w = weight_at (shape, weights, result, pixel, c + 1);

        if (MAX (v, 0) + MAX (w, 0) > 128 || MIN (v, 0) + MIN (w, 0) < -128)
          return FALSE;
      }
  return TRUE;
}

/* Columns of the panel that begins at `column`, in whole vectors; AMX has full ones alone. */
static int
columns_of (const GenIntegerLayer *layer, const GenIntegerShape *shape, gint64 column)
{
  gint64 n = MIN (layer->width, shape->results - column);

  return layer->tiles ? layer->width : (n + layer->vector - 1) / layer->vector * layer->vector;
}

void
gen_integer_layer_pack (const GenIntegerLayer *layer, const GenIntegerShape *shape,
    const GenIntegerWeights *weights, void *packed, gint32 *column_sums)
{
  const gint64 words = words_of (layer, shape), each = pixel_words (layer, shape);
  const int bytes = layer->lane / layer->group; /* of an element */

  memset (packed, 0, gen_integer_layer_packed_size (layer, shape));
  memset (column_sums, 0, shape->results * sizeof *column_sums);
  for (gint64 column = 0; column < shape->results; column += layer->width) {
    const int n = MIN (layer->width, shape->results - column);
    const int columns = columns_of (layer, shape, column);
    gint8 *to = (gint8 *)packed + column / layer->width * panel_size (layer, shape);
    /* From a column to the next one, and from a word. */
    const gint64 by_column = layer->across > 0 ? shape->taps * words * layer->lane : layer->lane;
    const gint64 by_word = layer->across > 0 ? layer->lane : columns * layer->lane;

    for (gint64 tap = 0; tap < shape->taps; tap++)
      for (gint64 i = 0; i < words; i++, to += by_word)
        for (int g = 0; g < layer->group; g++)
          for (int k = 0; k < n; k++) {
            const gint8 v = weight_at (shape, weights, column + k, tap * shape->pixels + i / each,
                i % each * layer->group + g);
            const gint16 wide = v;

            column_sums[column + k] += v;
            memcpy (to + k * by_column + g * bytes, bytes == 2 ? (const void *)&wide : &v, bytes);
          }
  }
}

/* --- products --- */

/* The channels of a row one tap after the other, for AMX. */
static void
gather_row (const GenIntegerLayer *layer, const GenIntegerShape *shape, const void *const *pointers,
    char *to)
{
  const gsize bytes = words_of (layer, shape) * 4;
  char *const end = to + row_words (layer, shape) * 4;

  for (gint64 t = 0; t < shape->taps; t++, to += bytes)
    memcpy (to, pointers[t * gen_integer_layer_stride (layer)], bytes);
  memset (to, 0, end - to);
}

void
gen_integer_layer_begin (const GenIntegerLayer *layer)
{
  if (layer->tiles)
    gen_amx_begin ();
}

void
gen_integer_layer_end (const GenIntegerLayer *layer)
{
  if (layer->tiles)
    gen_amx_end ();
}

void
gen_integer_layer_run (const GenIntegerLayer *layer, const GenIntegerShape *shape,
    const void *packed, const void *const *pointers, int rows, const GenIntegerFinish *finish,
    void *const *results, gint64 first, gint64 end, void *scratch)
{
  const gint64 words = words_of (layer, shape), all = row_words (layer, shape);
  gint32 sums[GEN_INTEGER_ROWS * GEN_INTEGER_WIDTH] __attribute__ ((aligned (64)));
  gint32 row_sums[GEN_INTEGER_ROWS] = { 0 };
  const int stride = layer->tiles ? layer->width : GEN_INTEGER_WIDTH;

  if (finish->w_zero != NULL)
    for (int r = 0; r < rows; r++)
      row_sums[r] = layer->sum (pointers + r, gen_integer_layer_stride (layer), shape->taps, words);
  if (layer->tiles)
    for (int r = 0; r < rows; r++)
      gather_row (layer, shape, pointers + r, (char *)scratch + r * all * 4);
  for (gint64 p = first; p < end; p++) {
    const char *panel = (const char *)packed + p * panel_size (layer, shape);
    const gint64 column = p * layer->width;
    const int n = MIN (layer->width, shape->results - column);

    if (layer->tiles)
      gen_integer_amx_tile (rows, scratch, (const gint32 *)panel, all, sums);
    else
      layer->tile (rows, columns_of (layer, shape, column) / layer->vector, pointers, shape->taps,
          words, panel, sums);
    layer->finish (finish, sums, stride, row_sums, rows, column, n, results);
  }
}

void
gen_integer_layer_depthwise (const GenIntegerLayer *layer, const GenIntegerShape *shape,
    const gint32 *weights, gint64 stride, const void *const *pointers, int rows,
    const GenIntegerFinish *finish, void *const *results, gint64 channels)
{
  gint32 sums[TILE_ROWS * GEN_INTEGER_WIDTH] __attribute__ ((aligned (64)));
  const gint32 row_sums[TILE_ROWS] = { 0 };

  for (gint64 c = 0; c < channels; c += GEN_INTEGER_WIDTH) {
    const int n = MIN (GEN_INTEGER_WIDTH, channels - c);

    for (int r = 0; r < rows; r++)
      layer->depthwise (shape->x_signed, pointers + r, shape->taps, c, n, weights, stride,
          sums + r * GEN_INTEGER_WIDTH);
    layer->finish (finish, sums, GEN_INTEGER_WIDTH, row_sums, rows, c, n, results);
  }
}

/* --- pairs of 16-bit numbers --- */

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
gen_integer_pairs_slowness (const GenIntegerLayer *pairs)
{
#if defined(__x86_64__) && !defined(__clang__)
  if (pairs == &vnni_pairs || pairs == &avx_vnni_pairs)
    return 2;
#endif
  return 1;
}

void
gen_integer_layer_pack_pairs (
    const GenIntegerLayer *layer, const GenIntegerShape *shape, const gint16 *weights, void *packed)
{
  const gint64 words = words_of (layer, shape);

  memset (packed, 0, gen_integer_layer_packed_size (layer, shape));
  for (gint64 column = 0; column < shape->results; column += layer->width) {
    const int n = MIN (layer->width, shape->results - column);
    const int columns = columns_of (layer, shape, column);
    gint16 *to = (gint16 *)((char *)packed + column / layer->width * panel_size (layer, shape));

    for (gint64 c = 0; c < 2 * words; c += 2, to += 2 * columns)
      for (int g = 0; g < 2 && c + g < shape->channels; g++)
        for (int k = 0; k < n; k++)
          to[2 * k + g] = weights[(c + g) * shape->results + column + k];
  }
}

void
gen_integer_layer_sums (const GenIntegerLayer *layer, const GenIntegerShape *shape,
    const void *packed, const void *const *pointers, int rows, gint64 panel, gint32 *sums)
{
  layer->tile (rows, columns_of (layer, shape, panel * layer->width) / layer->vector, pointers, 1,
      words_of (layer, shape), (const char *)packed + panel * panel_size (layer, shape), sums);
}

void
gen_integer_layer_finish (const GenIntegerLayer *layer, const gint32 *sums, int rows,
    const GenIntegerFinish *finish, gint64 column, int n, void *const *results)
{
  const gint32 row_sums[TILE_ROWS] = { 0 };

  layer->finish (finish, sums, GEN_INTEGER_WIDTH, row_sums, rows, column, n, results);
}
