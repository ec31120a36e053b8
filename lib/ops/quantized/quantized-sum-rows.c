/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rounding is that of the operators one by one: this file is compiled without contraction.
 *
 * Quotients are those of a division, for less where there is fused multiply-add: by the rounded
 * inverse, and corrected by their remainders. After the first correction a quotient is one of the
 * two floats beside the exact one, and the second one makes it the nearer (Markstein, 1990), as
 * long as nothing underflows. */
#include "quantized-sum.h"

#include <math.h>
#include <string.h>

#include "../../simd.h"

#define INLINE static inline __attribute__ ((always_inline))

/* Units of which remainders of quotients that are not 0 once rounded do not underflow. */
#define LEAST_UNIT 0x1p-100f
#define LARGEST_UNIT 0x1p100f
/* What is beyond is beyond all bytes. */
#define LARGEST_QUOTIENT 1e6f
/* Adding this, 1.5 * 2^23, leaves no bits for fractions. */
#define ROUNDING_SHIFT 12582912.0f

/* To bytes as unsigned ones, `flip` apart; `low` and `high` are what is left of their range. */
typedef struct {
  float unit, inverse, low, high;
  gint32 zero;
  guint8 flip;
  gboolean fused;
} Rounding;

static Rounding
rounding_of (float unit, gint32 zero, gboolean is_signed, gboolean relu)
{
  Rounding r = { .unit = unit,
    .inverse = 1 / unit,
    .zero = zero + (is_signed ? 128 : 0),
    .flip = is_signed ? 0x80 : 0,
    .fused = unit >= LEAST_UNIT && unit <= LARGEST_UNIT };

  r.low = relu ? 0 : -r.zero;
  r.high = 255 - r.zero;
  return r;
}

static guint8
rounded (const Rounding *r, float x)
{
  float v = x / r->unit;

  v = v > r->low ? v : r->low;
  v = v < r->high ? v : r->high;
  return (guint8)((gint32)(v + ROUNDING_SHIFT - ROUNDING_SHIFT) + r->zero) ^ r->flip;
}

static float
number (const guint8 *x, gboolean is_signed, gint32 zero, float scale)
{
  return (float)((is_signed ? (gint8)*x : *x) - zero) * scale;
}

static void
sum_row (const GenQuantizedSum *s, const Rounding *r, const guint8 *a, const void *b, guint8 *z,
    gint64 n)
{
  for (gint64 i = 0; i < n; i++) {
    const float x = number (a + i, s->a_signed, s->a_zero, s->a_scale);
    const float y = s->numbers ? ((const float *)b)[i]
                               : number ((const guint8 *)b + i, s->b_signed, s->b_zero, s->b_scale);

    z[i] = rounded (r, s->multiplies ? x * y : x + y);
  }
}

static void
sum_rows (const GenQuantizedSum *s, const Rounding *r, const void *const *a, const void *const *b,
    void *const *z, int rows, gint64 n)
{
  for (int k = 0; k < rows; k++)
    sum_row (s, r, a[k], b[k], z[k], n);
}

static void
round_row (const Rounding *r, const float *x, guint8 *z, gint64 n)
{
  for (gint64 i = 0; i < n; i++)
    z[i] = rounded (r, x[i]);
}

typedef struct {
  void (*sum_rows) (const GenQuantizedSum *s, const Rounding *r, const void *const *a,
      const void *const *b, void *const *z, int rows, gint64 n);
  void (*round_row) (const Rounding *r, const float *x, guint8 *z, gint64 n);
} Functions;

/* clang does not know the pragmas that bring the instructions along. */
#if defined(__x86_64__) && !defined(__clang__)
#include <immintrin.h>

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#define VECTOR 16
#define FMA(a, b, c) (Floats_512) _mm512_fmadd_ps ((__m512)(a), (__m512)(b), (__m512)(c))
#define LARGER(a, b) (Floats_512) _mm512_max_ps ((__m512)(a), (__m512)(b))
#define LESSER(a, b) (Floats_512) _mm512_min_ps ((__m512)(a), (__m512)(b))
#define LOAD(p) _mm512_cvtepu8_epi32 (_mm_loadu_si128 ((const __m128i *)(p)))
#define STORE(p, v) _mm_storeu_si128 ((__m128i *)(p), _mm512_cvtepi32_epi8 ((__m512i)(v)))
#define NAME(x) x##_512
#include "quantized-sum-unit.h"
#undef LOAD
#undef STORE
#undef VECTOR
#undef FMA
#undef LARGER
#undef LESSER
#undef NAME
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
static inline void
store_bytes (void *p, __m256i v)
{
  const __m256i low = _mm256_shuffle_epi8 (
      v, _mm256_broadcastsi128_si256 (
             _mm_setr_epi8 (0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1)));

  _mm_storel_epi64 (
      p, _mm_unpacklo_epi32 (_mm256_castsi256_si128 (low), _mm256_extracti128_si256 (low, 1)));
}

#define VECTOR 8
#define LOAD(p) _mm256_cvtepu8_epi32 (_mm_loadl_epi64 ((const __m128i *)(p)))
#define STORE(p, v) store_bytes (p, (__m256i)(v))
#define FMA(a, b, c) (Floats_256) _mm256_fmadd_ps ((__m256)(a), (__m256)(b), (__m256)(c))
#define LARGER(a, b) (Floats_256) _mm256_max_ps ((__m256)(a), (__m256)(b))
#define LESSER(a, b) (Floats_256) _mm256_min_ps ((__m256)(a), (__m256)(b))
#define NAME(x) x##_256
#include "quantized-sum-unit.h"
#pragma GCC pop_options
#endif

static Functions
find_functions (void)
{
#if defined(__x86_64__) && !defined(__clang__)
  switch (gen_level ()) {
  case GEN_LEVEL_AVX512:
    return (Functions){ sum_rows_512, round_row_512 };
  case GEN_LEVEL_AVX2:
    return (Functions){ sum_rows_256, round_row_256 };
  default:
    break;
  }
#endif
  return (Functions){ sum_rows, round_row };
}

void
gen_quantized_sum_rows (const GenQuantizedSum *sum, const void *const *a, const void *const *b,
    void *const *z, int rows, gint64 n)
{
  const Rounding r = rounding_of (sum->z_scale, sum->z_zero, sum->z_signed, sum->relu);

  find_functions ().sum_rows (sum, &r, a, b, z, rows, n);
}

void
gen_quantized_round (
    const float *x, float scale, gint32 zero, gboolean is_signed, void *to, gint64 n)
{
  const Rounding r = rounding_of (scale, zero, is_signed, FALSE);

  find_functions ().round_row (&r, x, to, n);
}
