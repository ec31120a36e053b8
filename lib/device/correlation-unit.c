/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choosing the form of correlation_tile.h for the machine. */
#include "correlation-unit.h"

#include "../simd.h"

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#define VECTOR 16
#define ROWS 12
#define NAME(x) x##_512
#include "correlation-tile.h"
#undef VECTOR
#undef ROWS
#undef NAME
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define VECTOR 8
#define ROWS 6
#define NAME(x) x##_256
#include "correlation-tile.h"
#undef VECTOR
#undef ROWS
#undef NAME
#pragma GCC pop_options
#endif
#define VECTOR 4
#define ROWS 6
#define NAME(x) x##_128
#include "correlation-tile.h"
#undef VECTOR
#undef ROWS
#undef NAME

const GenCorrelationUnit *
gen_correlation_unit (gint64 columns)
{
  static const GenCorrelationUnit units[] = {
    [GEN_LEVEL_BASELINE] = { 6, 8, correlation_128 },
#if defined(__x86_64__)
    [GEN_LEVEL_AVX2] = { 6, 16, correlation_256 },
    [GEN_LEVEL_AVX512] = { 12, 32, correlation_512 },
#endif
  };
  int level = gen_level ();

  while (level > GEN_LEVEL_BASELINE && columns <= units[level - 1].panel)
    level--;
  return &units[level];
}
