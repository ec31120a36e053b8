/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choosing the form of direct_tile.h for the machine and for the channels. */
#include "direct_unit.h"

#include <string.h>

#include "features.h"

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#define VECTOR 16
#define ROWS 10
#define NARROW 12
#define NAME(x) x##_512
#include "direct_tile.h"
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
#define DOTS
#define NAME(x) x##_256
#include "direct_tile.h"
#undef VECTOR
#undef ROWS
#undef NARROW
#undef DOTS
#undef NAME
#pragma GCC pop_options
#endif
#define VECTOR 4
#define ROWS 6
#define NARROW 12
#define DOTS
#define NAME(x) x##_128
#include "direct_tile.h"
#undef VECTOR
#undef ROWS
#undef NARROW
#undef DOTS
#undef NAME

static const GenDirectUnit baseline[] = {
  { 12, 4, direct_narrow_128 },
  { 6, 8, direct_wide_128 },
};
#if defined(__x86_64__)
static const GenDirectUnit avx2[] = {
  { 12, 8, direct_narrow_256 },
  { 6, 16, direct_wide_256 },
};
static const GenDirectUnit avx512[] = {
  { 12, 8, direct_narrow_256 },
  { 12, 16, direct_narrow_512 },
  { 10, 32, direct_wide_512 },
};
#endif

const GenDirectUnit *
gen_direct_unit (gint64 columns)
{
  const GenDirectUnit *units = baseline;
  guint n = G_N_ELEMENTS (baseline), i = 0;

#if defined(__x86_64__)
  if (gen_cpu_has (GEN_CPU_AVX512)) {
    units = avx512;
    n = G_N_ELEMENTS (avx512);
  } else if (gen_cpu_has (GEN_CPU_AVX2)) {
    units = avx2;
    n = G_N_ELEMENTS (avx2);
  }
#endif
  while (i + 1 < n && units[i].width < columns)
    i++;
  return &units[i];
}

GenDirectDotsFunc
gen_direct_dots (int *vector)
{
#if defined(__x86_64__)
  if (gen_cpu_has (GEN_CPU_AVX2)) {
    *vector = 8;
    return direct_dots_256;
  }
#endif
  *vector = 4;
  return direct_dots_128;
}
