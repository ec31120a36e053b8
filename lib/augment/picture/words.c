/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "words.h"

#include <string.h>

#include "../../simd.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

GEN_CLONES (void, unpack_three, (const guint8 *in, guint32 *out, int n), (in, out, n))
{
  int i = 0;

#if HAS_SHUFFLE
  for (; i + 6 <= n; i += 4) {
    Bytes v;

    memcpy (&v, in + 3 * i, sizeof v);
    v = SHUFFLE (v, 0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11);
    memcpy (out + i, &v, sizeof v);
  }
#endif
  for (; i < n; i++)
    out[i] = in[3 * i] | (guint32)in[3 * i + 1] << 8 | (guint32)in[3 * i + 2] << 16;
}

GEN_CLONES (void, pack_three, (const guint32 *in, guint8 *out, int n), (in, out, n))
{
  int i = 0;

#if HAS_SHUFFLE
  for (; i + 6 <= n; i += 4) {
    Bytes v;

    memcpy (&v, in + i, sizeof v);
    v = SHUFFLE (v, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 14, 14, 14, 14);
    memcpy (out + 3 * i, &v, sizeof v);
  }
#endif
  for (; i < n; i++) {
    out[3 * i] = (guint8)in[i];
    out[3 * i + 1] = (guint8)(in[i] >> 8);
    out[3 * i + 2] = (guint8)(in[i] >> 16);
  }
}

GEN_CLONES (void, unpack_two, (const guint8 *in, guint32 *out, int n), (in, out, n))
{
  for (int i = 0; i < n; i++)
    out[i] = in[2 * i] | (guint32)in[2 * i + 1] << 8;
}

GEN_CLONES (void, pack_two, (const guint32 *in, guint8 *out, int n), (in, out, n))
{
  for (int i = 0; i < n; i++) {
    out[2 * i] = (guint8)in[i];
    out[2 * i + 1] = (guint8)(in[i] >> 8);
  }
}

GEN_CLONES (void, unpack_one, (const guint8 *in, guint32 *out, int n), (in, out, n))
{
  for (int i = 0; i < n; i++)
    out[i] = in[i];
}

GEN_CLONES (void, pack_one, (const guint32 *in, guint8 *out, int n), (in, out, n))
{
  for (int i = 0; i < n; i++)
    out[i] = (guint8)in[i];
}

void
gen_augment_unpack (const guint8 *in, guint32 *words, int n, int channels)
{
  if (channels == 1)
    unpack_one (in, words, n);
  else if (channels == 2)
    unpack_two (in, words, n);
  else if (channels == 3)
    unpack_three (in, words, n);
  else
    memcpy (words, in, (gsize)n * sizeof *words);
}

void
gen_augment_pack (const guint32 *words, guint8 *out, int n, int channels)
{
  if (channels == 1)
    pack_one (words, out, n);
  else if (channels == 2)
    pack_two (words, out, n);
  else if (channels == 3)
    pack_three (words, out, n);
  else
    memcpy (out, words, (gsize)n * sizeof *words);
}

/* Compilers do not take the processor's gathers by themselves. `scale` is the size of what is
 * counted: 4 or 1 byte. */
static void
gather (const guint8 *memory, int scale, const gint32 *first, guint32 *words, int n)
{
  for (int i = 0; i < n; i++)
    memcpy (words + i, memory + (gssize)first[i] * scale, sizeof *words);
}

typedef void (*Gather) (
    const guint8 *memory, int scale, const gint32 *first, guint32 *words, int n);

#if defined(__x86_64__)

static __attribute__ ((target ("arch=x86-64-v4"))) void
gather_v4 (const guint8 *memory, int scale, const gint32 *first, guint32 *words, int n)
{
  int i = 0;

  if (scale == 4)
    for (; i + 16 <= n; i += 16)
      _mm512_storeu_si512 (
          words + i, _mm512_i32gather_epi32 (_mm512_loadu_si512 (first + i), memory, 4));
  else
    for (; i + 16 <= n; i += 16)
      _mm512_storeu_si512 (
          words + i, _mm512_i32gather_epi32 (_mm512_loadu_si512 (first + i), memory, 1));
  gather (memory, scale, first + i, words + i, n - i);
}

static __attribute__ ((target ("arch=x86-64-v3"))) void
gather_v3 (const guint8 *memory, int scale, const gint32 *first, guint32 *words, int n)
{
  const int *whole = (const int *)(gconstpointer)memory;
  int i = 0;

  if (scale == 4)
    for (; i + 8 <= n; i += 8)
      _mm256_storeu_si256 ((__m256i *)(words + i),
          _mm256_i32gather_epi32 (whole, _mm256_loadu_si256 ((const __m256i *)(first + i)), 4));
  else
    for (; i + 8 <= n; i += 8)
      _mm256_storeu_si256 ((__m256i *)(words + i),
          _mm256_i32gather_epi32 (whole, _mm256_loadu_si256 ((const __m256i *)(first + i)), 1));
  gather (memory, scale, first + i, words + i, n - i);
}
#endif

static Gather
find_gather (void)
{
#if defined(__x86_64__)
  if (gen_level () == GEN_LEVEL_AVX512)
    return gather_v4;
  if (gen_level () == GEN_LEVEL_AVX2)
    return gather_v3;
#endif
  return gather;
}

void
gen_augment_gather (const guint32 *pixels, const gint32 *first, guint32 *words, int n)
{
  find_gather () ((const guint8 *)pixels, sizeof *pixels, first, words, n);
}

void
gen_augment_gather_bytes (const guint8 *bytes, const gint32 *first, guint32 *words, int n)
{
  find_gather () (bytes, 1, first, words, n);
}
