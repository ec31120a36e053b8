/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choosing the form of gemm_tile.h for the machine. */
#include "gemm_unit.h"

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#define VECTOR 16
#define ROWS 14
#define NARROW 14
#define NAME(x) x##_512
#include "gemm_tile.h"
#undef VECTOR
#undef ROWS
#undef NARROW
#undef NAME
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define VECTOR 8
#define ROWS 6
#define NARROW 12
#define NAME(x) x##_256
#include "gemm_tile.h"
#undef VECTOR
#undef ROWS
#undef NARROW
#undef NAME
#pragma GCC pop_options
#endif
#define VECTOR 4
#define ROWS 6
#define NARROW 12
#define NAME(x) x##_128
#include "gemm_tile.h"
#undef VECTOR
#undef ROWS
#undef NARROW
#undef NAME

enum { BASELINE, AVX2, AVX512 };

static int
find_level (void)
{
#if defined(__x86_64__)
  if (__builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512dq") &&
      __builtin_cpu_supports ("avx512bw") && __builtin_cpu_supports ("avx512vl"))
    return AVX512;
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    return AVX2;
#endif
  return BASELINE;
}

const GenGemmUnit *
gen_gemm_unit (void)
{
  static const GenGemmUnit units[] = {
    [BASELINE] = { 6, 8, tile_128 },
#if defined(__x86_64__)
    [AVX2] = { 6, 16, tile_256 },
    [AVX512] = { 14, 32, tile_512 },
#endif
  };

  return &units[find_level ()];
}

const GenGemmUnit *
gen_gemm_narrow_unit (void)
{
  static const GenGemmUnit units[] = {
    [BASELINE] = { 12, 4, narrow_tile_128 },
#if defined(__x86_64__)
    [AVX2] = { 12, 8, narrow_tile_256 },
    [AVX512] = { 14, 16, narrow_tile_512 },
#endif
  };

  return &units[find_level ()];
}
