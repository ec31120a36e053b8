/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Sums go by vectors of this many elements, as wide as any machine's: as arrays, since a type so
 * wide is taken apart in memory where registers are narrower. */
#define GEN_LAYER_LANES 16
/* Over the lanes, in vectors: without being told the compiler writes so few rounds out before. */
#define GEN_LAYER_LOOP(l) _Pragma ("GCC unroll 1") for (int l = 0; l < GEN_LAYER_LANES; l++)

typedef double GenFourWide __attribute__ ((vector_size (32)));
typedef float GenFour __attribute__ ((vector_size (16), aligned (4), may_alias));

/* The sum of all lanes, in double, by pairs: one after the other each would wait for the last. */
static inline __attribute__ ((always_inline)) double
gen_layer_fold (const float lanes[GEN_LAYER_LANES])
{
  const GenFour *four = (const GenFour *)lanes;
  const GenFourWide wide = (__builtin_convertvector(four[0], GenFourWide) +
                               __builtin_convertvector(four[1], GenFourWide)) +
                           (__builtin_convertvector(four[2], GenFourWide) +
                               __builtin_convertvector(four[3], GenFourWide));

  return (wide[0] + wide[1]) + (wide[2] + wide[3]);
}
