/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choosing the form of winograd_tile.h for the machine. */
#include "winograd-unit.h"

#include "../../simd.h"

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#define VECTOR 16
#define NAME(x) x##_512
#include "winograd-tile.h"
#undef NAME
#undef VECTOR
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define VECTOR 8
#define NAME(x) x##_256
#include "winograd-tile.h"
#undef NAME
#undef VECTOR
#pragma GCC pop_options
#endif
#define VECTOR 4
#define NAME(x) x##_128
#include "winograd-tile.h"
#undef NAME
#undef VECTOR

const GenWinogradUnit *
gen_winograd_unit (gint64 channels)
{
  static const GenWinogradUnit units[] = {
    [GEN_LEVEL_BASELINE] = { { in_4_128, in_6_128 }, { back_4_128, back_6_128 }, spread_6_128,
        gather_6_128 },
#if defined(__x86_64__)
    [GEN_LEVEL_AVX2] = { { in_4_256, in_6_256 }, { back_4_256, back_6_256 }, spread_6_256,
        gather_6_256 },
    [GEN_LEVEL_AVX512] = { { in_4_512, in_6_512 }, { back_4_512, back_6_512 }, spread_6_512,
        gather_6_512 },
#endif
  };

  /* Whole vectors hold the channels. */
  const GenLevel widest = channels % 16 == 0  ? GEN_LEVEL_AVX512
                          : channels % 8 == 0 ? GEN_LEVEL_AVX2
                                              : GEN_LEVEL_BASELINE;

  return &units[MIN (gen_level (), widest)];
}
