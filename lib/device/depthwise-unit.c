/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Choosing the form of depthwise_tile.h for the machine and for the channels. */
#include "depthwise-unit.h"

#include "features.h"

#if defined(__x86_64__)
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")
#define VECTOR 16
#define NAME(x) x##_512
#include "depthwise-tile.h"
#undef VECTOR
#undef NAME
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("arch=x86-64-v3")
#define VECTOR 8
#define NAME(x) x##_256
#include "depthwise-tile.h"
#undef VECTOR
#undef NAME
#pragma GCC pop_options
#endif
#define VECTOR 4
#define NAME(x) x##_128
#include "depthwise-tile.h"
#undef VECTOR
#undef NAME

static const GenDepthwiseUnit baseline = { 4, depthwise_tile_128 };
#if defined(__x86_64__)
static const GenDepthwiseUnit avx2 = { 8, depthwise_tile_256 };
static const GenDepthwiseUnit avx512 = { 16, depthwise_tile_512 };
#endif

const GenDepthwiseUnit *
gen_depthwise_unit (gint64 channels)
{
#if defined(__x86_64__)
  if (gen_cpu_has (GEN_CPU_AVX512) && channels > avx2.width)
    return &avx512;
  if (gen_cpu_has (GEN_CPU_AVX2))
    return &avx2;
#endif
  return &baseline;
}
