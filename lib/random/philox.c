/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Philox 4x32-10, and the numbers made from it.
 *
 * Every number must be the same on every machine, so nothing here leans on libm (whose last
 * digit differs between versions): logarithm, sine and cosine are short series of IEEE
 * additions, multiplications, divisions and square roots, which round alike everywhere. The
 * folder is compiled without contraction to fused multiply-add for the same reason. The
 * series also vectorise, and a GPU can run them as they stand.
 *
 * Blocks are computed LANES at a time, one array per word of the counter. */
#include <generative/random.h>

#include <math.h>
#include <string.h>

#include "../simd.h"

#define MULTIPLIER_0 0xD2511F53u
#define MULTIPLIER_1 0xCD9E8D57u
/* The key is bumped by the golden ratio and by sqrt (3) - 1, as fractions of 2^32. */
#define WEYL_0 0x9E3779B9u
#define WEYL_1 0xBB67AE85u
#define ROUNDS 10

#define LANES 16
#define CHUNK (4 * LANES)

/* The ten rounds over `lanes` counters, in place. */
static inline void
philox_lanes (
    guint32 *c0, guint32 *c1, guint32 *c2, guint32 *c3, guint32 key0, guint32 key1, int lanes)
{
  for (int round = 0; round < ROUNDS; round++) {
    for (int i = 0; i < lanes; i++) {
      guint64 product0 = (guint64)MULTIPLIER_0 * c0[i];
      guint64 product1 = (guint64)MULTIPLIER_1 * c2[i];

      c0[i] = (guint32)(product1 >> 32) ^ c1[i] ^ key0;
      c1[i] = (guint32)product1;
      c2[i] = (guint32)(product0 >> 32) ^ c3[i] ^ key1;
      c3[i] = (guint32)product0;
    }
    key0 += WEYL_0;
    key1 += WEYL_1;
  }
}

void
gen_philox4x32 (const guint32 counter[4], const guint32 key[2], guint32 out[4])
{
  guint32 words[4] = { counter[0], counter[1], counter[2], counter[3] };

  philox_lanes (&words[0], &words[1], &words[2], &words[3], key[0], key[1], 1);
  memcpy (out, words, sizeof words);
}

/* The 64-bit FNV-1a hash (Fowler, Noll and Vo) of a name, the same on every machine. */
static guint64
hash_name (const char *name)
{
  guint64 hash = G_GUINT64_CONSTANT (0xcbf29ce484222325);

  for (; *name != '\0'; name++)
    hash = (hash ^ (guint8)*name) * G_GUINT64_CONSTANT (0x100000001b3);
  return hash;
}

/* The key is Philox's own of the seed at the counter that name and number make: unlike any key that
 * a user would type, and as unlike others' keys as random numbers are. */
GenRandom
gen_random_new (guint64 seed, const char *stream, guint64 number)
{
  const guint64 name = hash_name (stream);
  const guint32 counter[4] = { (guint32)name, (guint32)(name >> 32), (guint32)number,
    (guint32)(number >> 32) };
  const guint32 key[2] = { (guint32)seed, (guint32)(seed >> 32) };
  guint32 words[4];

  gen_philox4x32 (counter, key, words);
  return (GenRandom){ .key = { words[0], words[1] } };
}

void
gen_random_block (const GenRandom *random, guint64 draw, guint64 block, guint32 out[4])
{
  guint32 counter[4] = { (guint32)block, (guint32)(block >> 32), (guint32)draw,
    (guint32)(draw >> 32) };

  gen_philox4x32 (counter, random->key, out);
}

#if defined(__x86_64__)
#include <immintrin.h>

/* Four counters: words in the low halves of 64 bits, whatever is above them. */
typedef struct {
  __m256i c0, c1, c2, c3;
} Counters;

#define AVX2 __attribute__ ((target ("avx2")))

static inline AVX2 Counters
counters_from (guint64 draw, guint64 block)
{
  const __m256i blocks =
      _mm256_add_epi64 (_mm256_set1_epi64x ((gint64)block), _mm256_set_epi64x (3, 2, 1, 0));

  return (Counters){ blocks, _mm256_srli_epi64 (blocks, 32), _mm256_set1_epi64x ((gint64)draw),
    _mm256_set1_epi64x ((gint64)(draw >> 32)) };
}

/* A product of low halves is low and high word at once, and high halves of what is xored are never
 * looked at: so nothing is moved between lanes, as it is where four words of a block are products
 * of 32 bits each. */
static inline AVX2 void
counters_round (Counters *c, __m256i key0, __m256i key1)
{
  const __m256i product0 = _mm256_mul_epu32 (c->c0, _mm256_set1_epi64x (MULTIPLIER_0));
  const __m256i product1 = _mm256_mul_epu32 (c->c2, _mm256_set1_epi64x (MULTIPLIER_1));

  c->c0 = _mm256_xor_si256 (_mm256_srli_epi64 (product1, 32), _mm256_xor_si256 (c->c1, key0));
  c->c1 = product1;
  c->c2 = _mm256_xor_si256 (_mm256_srli_epi64 (product0, 32), _mm256_xor_si256 (c->c3, key1));
  c->c3 = product0;
}

/* The low halves of both, eight words in a row. */
static inline AVX2 void
store_low (guint32 *words, __m256i first, __m256i second)
{
  const __m256i halves = _mm256_castps_si256 (
      _mm256_shuffle_ps (_mm256_castsi256_ps (first), _mm256_castsi256_ps (second), 0x88));

  _mm256_storeu_si256 ((__m256i *)words, _mm256_permute4x64_epi64 (halves, 0xD8));
}

/* What chunk_words does, eight blocks at a time. */
static AVX2 void
chunk_words_avx2 (const GenRandom *random, guint64 draw, guint64 block, guint32 words[4][LANES])
{
  for (int lane = 0; lane < LANES; lane += 8) {
    Counters a = counters_from (draw, block + (guint)lane);
    Counters b = counters_from (draw, block + (guint)lane + 4);
    __m256i key0 = _mm256_set1_epi64x (random->key[0]), key1 = _mm256_set1_epi64x (random->key[1]);

    for (int round = 0; round < ROUNDS; round++) {
      counters_round (&a, key0, key1);
      counters_round (&b, key0, key1);
      key0 = _mm256_add_epi64 (key0, _mm256_set1_epi64x (WEYL_0));
      key1 = _mm256_add_epi64 (key1, _mm256_set1_epi64x (WEYL_1));
    }
    store_low (words[0] + lane, a.c0, b.c0);
    store_low (words[1] + lane, a.c1, b.c1);
    store_low (words[2] + lane, a.c2, b.c2);
    store_low (words[3] + lane, a.c3, b.c3);
  }
}
#endif

/* The LANES blocks from `block` on, word w of lane i in words[w][i]. */
static inline void
chunk_words (const GenRandom *random, guint64 draw, guint64 block, guint32 words[4][LANES])
{
#if defined(__x86_64__)
  if (gen_level () >= GEN_LEVEL_AVX2) {
    chunk_words_avx2 (random, draw, block, words);
    return;
  }
#endif
  for (int i = 0; i < LANES; i++) {
    words[0][i] = (guint32)(block + (guint)i);
    words[1][i] = (guint32)((block + (guint)i) >> 32);
    words[2][i] = (guint32)draw;
    words[3][i] = (guint32)(draw >> 32);
  }
  philox_lanes (words[0], words[1], words[2], words[3], random->key[0], random->key[1], LANES);
}

/* 23 bits and a half: the most that a float holds without rounding up to 1. */
static inline float
word_uniform (guint32 word)
{
  return ((float)(gint32)(word >> 9) + 0.5f) * 0x1p-23f;
}

/* ln of a normal float in (0, 1], by ln m = 2 artanh ((m - 1) / (m + 1)) for the mantissa m
 * in [sqrt (1/2), sqrt (2)); the series' first left-out term is below 1e-9. */
static inline float
natural_logarithm (float value)
{
  gint32 bits, exponent;
  float m, s, t, series;

  memcpy (&bits, &value, sizeof bits);
  exponent = (bits - 0x3f3504f3) >> 23; /* 0x3f3504f3 is sqrt (1/2) */
  bits -= (gint32)((guint32)exponent << 23);
  memcpy (&m, &bits, sizeof m);
  s = (m - 1.0f) / (m + 1.0f);
  t = s * s;
  series = ((t * (1.0f / 9) + 1.0f / 7) * t + 1.0f / 5) * t + 1.0f / 3;
  return (float)exponent * 0.693147181f + 2.0f * (s + s * t * series);
}

/* Sine and cosine of the angle `word` / 2^32 turns: the nearest quarter turn is split off, so
 * that the Taylor series run within an eighth of a turn; their first left-out terms are below
 * 2e-9. */
static inline void
sine_cosine (guint32 word, float *sine, float *cosine)
{
  guint32 quarter = (word + 0x20000000u) >> 30;
  float x = ((float)(gint32)(word - (quarter << 30)) + 0.5f) * (float)(2 * G_PI / 0x1p32);
  float t = x * x;
  float s = ((t * (1.0f / 362880) - 1.0f / 5040) * t + 1.0f / 120) * t - 1.0f / 6;
  float c = ((t * (-1.0f / 3628800) + 1.0f / 40320) * t - 1.0f / 720) * t + 1.0f / 24;
  guint32 s_bits, c_bits, swap = 0u - (quarter & 1u), difference;

  s = x + x * t * s;
  c = 1.0f - 0.5f * t + t * t * c;
  memcpy (&s_bits, &s, sizeof s_bits);
  memcpy (&c_bits, &c, sizeof c_bits);
  difference = (s_bits ^ c_bits) & swap;
  s_bits ^= difference ^ ((quarter & 2u) << 30);
  c_bits ^= difference ^ (((quarter + 1u) & 2u) << 30);
  memcpy (sine, &s_bits, sizeof *sine);
  memcpy (cosine, &c_bits, sizeof *cosine);
}

/* Two independent standard normal numbers from two words (Box and Muller 1958). The radius
 * takes 31 bits, which reaches 6.6 standard deviations. */
static inline void
word_normals (guint32 a, guint32 b, float *first, float *second)
{
  float u = ((float)(gint32)(a >> 1) + 0.5f) * 0x1p-31f;
  float radius = sqrtf (-2.0f * natural_logarithm (u));
  float sine, cosine;

  sine_cosine (b, &sine, &cosine);
  *first = radius * cosine;
  *second = radius * sine;
}

GEN_CLONES (void, uniform_chunk,
    (const GenRandom *random, guint64 draw, guint64 block, float out[CHUNK]),
    (random, draw, block, out))
{
  guint32 words[4][LANES];

  chunk_words (random, draw, block, words);
  for (int i = 0; i < LANES; i++)
    for (int w = 0; w < 4; w++)
      out[4 * i + w] = word_uniform (words[w][i]);
}

GEN_CLONES (void, normal_chunk,
    (const GenRandom *random, guint64 draw, guint64 block, float out[CHUNK]),
    (random, draw, block, out))
{
  guint32 words[4][LANES];
  float normals[4][LANES];

  chunk_words (random, draw, block, words);
  for (int w = 0; w < 4; w += 2)
    for (int i = 0; i < LANES; i++)
      word_normals (words[w][i], words[w + 1][i], &normals[w][i], &normals[w + 1][i]);
  for (int i = 0; i < LANES; i++)
    for (int w = 0; w < 4; w++)
      out[4 * i + w] = normals[w][i];
}

/* Cut the elements [first, first + n) out of chunks that begin at whole blocks. */
static void
fill (const GenRandom *random, guint64 draw, guint64 first, float *out, gsize n,
    void (*chunk) (const GenRandom *, guint64, guint64, float *))
{
  guint64 block = first / 4;
  gsize skip = first % 4;

  while (n > 0) {
    gsize count = MIN (n, CHUNK - skip);

    if (count == CHUNK) {
      chunk (random, draw, block, out);
    } else {
      float elements[CHUNK];

      chunk (random, draw, block, elements);
      memcpy (out, elements + skip, count * sizeof *out);
    }
    out += count;
    n -= count;
    block += LANES;
    skip = 0;
  }
}

void
gen_random_uniform (const GenRandom *random, guint64 draw, guint64 first, float *out, gsize n)
{
  fill (random, draw, first, out, n, uniform_chunk);
}

void
gen_random_normal (const GenRandom *random, guint64 draw, guint64 first, float *out, gsize n)
{
  fill (random, draw, first, out, n, normal_chunk);
}

guint32
gen_random_below (const GenRandom *random, guint64 draw, guint64 index, guint32 bound)
{
  /* Multiply and shift (Lemire 2019); words whose low half falls below `threshold` would
   * favour some results and are passed over. */
  guint32 threshold;

  g_return_val_if_fail (bound > 0, 0);
  threshold = -bound % bound;
  for (guint64 attempt = 0;; attempt++) {
    guint32 words[4];

    /* Further attempts take blocks that no index below 2^48 begins with. */
    gen_random_block (random, draw, index + (attempt << 48), words);
    for (int w = 0; w < 4; w++) {
      guint64 product = (guint64)words[w] * bound;

      if ((guint32)product >= threshold)
        return (guint32)(product >> 32);
    }
  }
}

void
gen_random_permutation (const GenRandom *random, guint64 draw, guint32 *out, guint32 n)
{
  for (guint32 i = 0; i < n; i++) {
    guint32 j = gen_random_below (random, draw, i, i + 1);

    out[i] = out[j];
    out[j] = i;
  }
}
