/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What inner loops say to the compiler. */
#pragma once

/* The vector unit that code of this build may count on, at run time. */
typedef enum {
  GEN_LEVEL_BASELINE, /* what every processor of the kind has */
  GEN_LEVEL_AVX2,     /* x86-64-v3: with FMA and F16C */
  GEN_LEVEL_AVX512,   /* x86-64-v4: F, CD, BW, DQ and VL */
  GEN_LEVELS,
} GenLevel;

/* The best of them that the processor has and features.h allows. */
GenLevel gen_level (void);

/* GEN_CLONES (void, add, (float *x, const float *y, gsize n), (x, y, n)) { ... } is the static
 * function `add`, which is compiled for each level as well and goes by gen_level () at each call.
 */
#if defined(__x86_64__)
#define GEN_CLONES(type, name, parameters, arguments)                                              \
  static inline __attribute__ ((always_inline)) type name##_inline parameters;                     \
  static __attribute__ ((noinline, target ("arch=x86-64-v4"))) type name##_v4 parameters           \
  {                                                                                                \
    return name##_inline arguments;                                                                \
  }                                                                                                \
  static __attribute__ ((noinline, target ("arch=x86-64-v3"))) type name##_v3 parameters           \
  {                                                                                                \
    return name##_inline arguments;                                                                \
  }                                                                                                \
  static __attribute__ ((noinline)) type name##_baseline parameters                                \
  {                                                                                                \
    return name##_inline arguments;                                                                \
  }                                                                                                \
  static type name parameters                                                                      \
  {                                                                                                \
    switch (gen_level ()) {                                                                        \
    case GEN_LEVEL_AVX512:                                                                         \
      return name##_v4 arguments;                                                                  \
    case GEN_LEVEL_AVX2:                                                                           \
      return name##_v3 arguments;                                                                  \
    default:                                                                                       \
      return name##_baseline arguments;                                                            \
    }                                                                                              \
  }                                                                                                \
  static inline __attribute__ ((always_inline)) type name##_inline parameters
#else
#define GEN_CLONES(type, name, parameters, arguments) static type name parameters
#endif
