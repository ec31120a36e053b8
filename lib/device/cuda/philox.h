/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The device's half of lib/random/philox.c: the same numbers, bit for bit. Additions and
 * multiplications are named one by one, because the compiler would fuse them, and round once where
 * the processor rounds twice. The series are explained there. */
#pragma once

#include "launch.h"

struct GenPhiloxBlock {
  uint32_t words[4];
};

/* Four random words: block number `block` of draw number `draw` (gen_random_block). */
static __device__ inline GenPhiloxBlock
gen_philox_block (uint32_t key0, uint32_t key1, uint64_t draw, uint64_t block)
{
  uint32_t c0 = (uint32_t)block, c1 = (uint32_t)(block >> 32);
  uint32_t c2 = (uint32_t)draw, c3 = (uint32_t)(draw >> 32);

  for (int round = 0; round < 10; round++) {
    const uint64_t product0 = (uint64_t)0xD2511F53u * c0, product1 = (uint64_t)0xCD9E8D57u * c2;

    c0 = (uint32_t)(product1 >> 32) ^ c1 ^ key0;
    c1 = (uint32_t)product1;
    c2 = (uint32_t)(product0 >> 32) ^ c3 ^ key1;
    c3 = (uint32_t)product0;
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return { { c0, c1, c2, c3 } };
}

static __device__ inline float
gen_word_uniform (uint32_t word)
{
  return __fmul_rn (__fadd_rn ((float)(int32_t)(word >> 9), 0.5f), 0x1p-23f);
}

/* x * y + z, rounded twice. */
static __device__ inline float
gen_philox_step (float x, float y, float z)
{
  return __fadd_rn (__fmul_rn (x, y), z);
}

static __device__ inline float
gen_philox_logarithm (float value)
{
  int32_t bits = __float_as_int (value);
  const int32_t exponent = (bits - 0x3f3504f3) >> 23;
  float m, s, t, series;

  bits -= (int32_t)((uint32_t)exponent << 23);
  m = __int_as_float (bits);
  s = __fdiv_rn (__fsub_rn (m, 1.0f), __fadd_rn (m, 1.0f));
  t = __fmul_rn (s, s);
  series = gen_philox_step (t, 1.0f / 9, 1.0f / 7);
  series = gen_philox_step (series, t, 1.0f / 5);
  series = gen_philox_step (series, t, 1.0f / 3);
  return __fadd_rn (__fmul_rn ((float)exponent, 0.693147181f),
      __fmul_rn (2.0f, __fadd_rn (s, __fmul_rn (__fmul_rn (s, t), series))));
}

static __device__ inline void
gen_philox_sine_cosine (uint32_t word, float *sine, float *cosine)
{
  const uint32_t quarter = (word + 0x20000000u) >> 30;
  const float turn = (float)(2 * 3.1415926535897932384626433832795028841971693993751 / 0x1p32);
  const float x = __fmul_rn (__fadd_rn ((float)(int32_t)(word - (quarter << 30)), 0.5f), turn);
  const float t = __fmul_rn (x, x);
  float s, c;

  s = gen_philox_step (t, 1.0f / 362880, -(1.0f / 5040));
  s = gen_philox_step (s, t, 1.0f / 120);
  s = gen_philox_step (s, t, -(1.0f / 6));
  s = __fadd_rn (x, __fmul_rn (__fmul_rn (x, t), s));
  c = gen_philox_step (t, -1.0f / 3628800, 1.0f / 40320);
  c = gen_philox_step (c, t, -(1.0f / 720));
  c = gen_philox_step (c, t, 1.0f / 24);
  c = __fadd_rn (__fsub_rn (1.0f, __fmul_rn (0.5f, t)), __fmul_rn (__fmul_rn (t, t), c));
  *sine = quarter & 1 ? c : s;
  *cosine = quarter & 1 ? s : c;
  if (quarter & 2)
    *sine = -*sine;
  if ((quarter + 1) & 2)
    *cosine = -*cosine;
}

static __device__ inline void
gen_word_normals (uint32_t a, uint32_t b, float *first, float *second)
{
  const float u = __fmul_rn (__fadd_rn ((float)(int32_t)(a >> 1), 0.5f), 0x1p-31f);
  const float radius = __fsqrt_rn (__fmul_rn (-2.0f, gen_philox_logarithm (u)));
  float sine, cosine;

  gen_philox_sine_cosine (b, &sine, &cosine);
  *first = __fmul_rn (radius, cosine);
  *second = __fmul_rn (radius, sine);
}
