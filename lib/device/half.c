/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Conversions of 16-bit floats, written without branches, so that the compiler can put them in
 * vector registers. */
#include "half.h"

#include <string.h>

#include "../simd.h"
#include "bits.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__aarch64__)
/* There the vector unit converts. */
static inline float
half_to_float (guint16 half)
{
  __fp16 x;

  memcpy (&x, &half, sizeof x);
  return x;
}

#else
/* The exponent is moved to its place and its bias made good by a product, which is right for
 * subnormal numbers as well. */
static inline float
half_to_float (guint16 half)
{
  const float magnitude = as_float ((guint32)(half & 0x7fff) << 13) * 0x1p112f;
  const guint32 special = magnitude >= 65536.0f ? 0x7f800000 : 0;

  return as_float (as_bits (magnitude) | special | (guint32)(half & 0x8000) << 16);
}
#endif

static inline guint16
float_to_half (float x)
{
  const guint32 bits = as_bits (x), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
  /* In the sum with 0.5 the last bit is worth 2^-24, the least subnormal number. */
  const guint32 subnormal = as_bits (as_float (magnitude) + 0.5f) - 0x3f000000;
  const guint32 normal = (magnitude - 0x38000000 + 0xfff + (magnitude >> 13 & 1)) >> 13;
  guint32 half = magnitude < 0x38800000 ? subnormal : normal;

  half = magnitude >= 0x477ff000 ? 0x7c00 : half;
  half = magnitude > 0x7f800000 ? 0x7e00 : half;
  return (guint16)(sign | half);
}

static inline float
bfloat_to_float (guint16 bfloat)
{
  return as_float ((guint32)bfloat << 16);
}

static inline guint16
float_to_bfloat (float x)
{
  const guint32 bits = as_bits (x);
  const guint32 rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;

  return (guint16)((bits & 0x7fffffff) > 0x7f800000 ? (bits >> 16) | 0x40 : rounded);
}

/* --- by the processor's own conversions of float16 --- */

#if defined(__x86_64__)
__attribute__ ((target ("arch=x86-64-v3"))) static void
convert_to_float (const guint16 *from, float *to, gsize n)
{
  gsize i = 0;

  for (; i + 8 <= n; i += 8)
    _mm256_storeu_ps (to + i, _mm256_cvtph_ps (_mm_loadu_si128 ((const __m128i *)(from + i))));
  for (; i < n; i++)
    to[i] = half_to_float (from[i]);
}

/* What is no number becomes the one that float_to_half makes. */
__attribute__ ((target ("arch=x86-64-v3"))) static void
convert_to_half (const float *from, guint16 *to, gsize n)
{
  const __m256 sign = _mm256_set1_ps (-0.0f), nan = _mm256_set1_ps (as_float (0x7fc00000));
  gsize i = 0;

  for (; i + 8 <= n; i += 8) {
    __m256 x = _mm256_loadu_ps (from + i);

    x = _mm256_blendv_ps (
        x, _mm256_or_ps (nan, _mm256_and_ps (x, sign)), _mm256_cmp_ps (x, x, _CMP_UNORD_Q));
    _mm_storeu_si128 ((__m128i *)(to + i), _mm256_cvtps_ph (x, _MM_FROUND_TO_NEAREST_INT));
  }
  for (; i < n; i++)
    to[i] = float_to_half (from[i]);
}
#endif

GEN_CLONES (void, widen, (GenDataType type, const void *pfrom, gint64 stride, float *to, gsize n),
    (type, pfrom, stride, to, n))
{
  const guint16 *from = pfrom;

  if (type == GEN_TYPE_BFLOAT16)
    for (gsize i = 0; i < n; i++)
      to[i] = bfloat_to_float (from[(gint64)i * stride]);
  else if (stride == 1)
    for (gsize i = 0; i < n; i++)
      to[i] = half_to_float (from[i]);
  else
    for (gsize i = 0; i < n; i++)
      to[i] = half_to_float (from[(gint64)i * stride]);
}

GEN_CLONES (
    void, narrow, (GenDataType type, const float *from, void *pto, gsize n), (type, from, pto, n))
{
  guint16 *to = pto;

  if (type == GEN_TYPE_BFLOAT16)
    for (gsize i = 0; i < n; i++)
      to[i] = float_to_bfloat (from[i]);
  else
    for (gsize i = 0; i < n; i++)
      to[i] = float_to_half (from[i]);
}

void
gen_half_widen (GenDataType type, const void *from, gint64 stride, float *to, gsize n)
{
#if defined(__x86_64__)
  if (type == GEN_TYPE_FLOAT16 && stride == 1 && gen_level () >= GEN_LEVEL_AVX2) {
    convert_to_float (from, to, n);
    return;
  }
#endif
  widen (type, from, stride, to, n);
}

void
gen_half_narrow (GenDataType type, const float *from, void *to, gsize n)
{
#if defined(__x86_64__)
  if (type == GEN_TYPE_FLOAT16 && gen_level () >= GEN_LEVEL_AVX2) {
    convert_to_half (from, to, n);
    return;
  }
#endif
  narrow (type, from, to, n);
}
