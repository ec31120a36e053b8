/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* With VBMI two registers are looked up in at once; with AVX2 rows of 16 are, one after the other.
 */
#include "byte-lookup.h"

#include "features.h"

#define ENTRIES 256

typedef void (*Lookup) (const guint8 *x, const guint8 *table, guint8 *y, gsize n);

static void
lookup (const guint8 *x, const guint8 *table, guint8 *y, gsize n)
{
  for (gsize i = 0; i < n; i++)
    y[i] = table[x[i]];
}

#if defined(__x86_64__) && !defined(__clang__)
#include <immintrin.h>

static __attribute__ ((target ("arch=x86-64-v4,avx512vbmi"))) void
lookup_vbmi (const guint8 *x, const guint8 *table, guint8 *y, gsize n)
{
  const __m512i t0 = _mm512_loadu_si512 (table), t1 = _mm512_loadu_si512 (table + 64);
  const __m512i t2 = _mm512_loadu_si512 (table + 128), t3 = _mm512_loadu_si512 (table + 192);

  /* Stores are to whole lines of the cache but for the first and the last. */
  for (gsize i = 0; i < n;) {
    const gsize size = MIN (n - i, 64 - ((guintptr)(y + i) & 63));
    const __mmask64 some = ~0ull >> (64 - size);
    const __m512i v = _mm512_maskz_loadu_epi8 (some, x + i);
    const __m512i low = _mm512_permutex2var_epi8 (t0, v, t1);
    const __m512i high = _mm512_permutex2var_epi8 (t2, v, t3);

    _mm512_mask_storeu_epi8 (
        y + i, some, _mm512_mask_blend_epi8 (_mm512_movepi8_mask (v), low, high));
    i += size;
  }
}

/* A shuffle of 16 gives 0 where the highest bit is set: of the distance to a row of the table, and
 * 0x70 with saturation, that is so but within the row. */
static __attribute__ ((target ("arch=x86-64-v3"))) void
lookup_avx2 (const guint8 *x, const guint8 *table, guint8 *y, gsize n)
{
  const __m256i most = _mm256_set1_epi8 (0x70), row = _mm256_set1_epi8 (16);
  gsize i = 0;

  for (; i + 32 <= n; i += 32) {
    __m256i v = _mm256_loadu_si256 ((const __m256i *)(x + i)), found = _mm256_setzero_si256 ();

    for (int k = 0; k < ENTRIES / 16; k++, v = _mm256_sub_epi8 (v, row)) {
      const __m256i part =
          _mm256_broadcastsi128_si256 (_mm_loadu_si128 ((const __m128i *)(table + k * 16)));

      found = _mm256_or_si256 (found, _mm256_shuffle_epi8 (part, _mm256_adds_epu8 (v, most)));
    }
    _mm256_storeu_si256 ((__m256i *)(y + i), found);
  }
  lookup (x + i, table, y + i, n - i);
}
#endif

static Lookup
find_lookup (void)
{
#if defined(__x86_64__) && !defined(__clang__)
  if (gen_cpu_has (GEN_CPU_VBMI))
    return lookup_vbmi;
  if (gen_cpu_has (GEN_CPU_AVX2))
    return lookup_avx2;
#endif
  return lookup;
}

void
gen_byte_lookup (const guint8 *x, const guint8 *table, guint8 *y, gsize n)
{
  find_lookup () (x, table, y, n);
}
