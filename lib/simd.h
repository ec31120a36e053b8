/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What inner loops say to the compiler. */
#pragma once

/* The levels of the machine's vector unit that a build may use, -Dmaximum_isa. */
#define GEN_ISA_BASELINE 0
#define GEN_ISA_AVX2 1
#define GEN_ISA_AVX512 2
#define GEN_ISA_AMX 3

/* GEN_CLONES before a function compiles it for the common levels of the machine's vector
 * unit as well; the best one is chosen once, when the library is loaded. Sanitizers run
 * before that choice can be made, so they get the plain function. The function has to be static:
 * of another one the choice would be exported. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                             \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&                             \
    GEN_MAXIMUM_ISA >= GEN_ISA_AVX512
#define GEN_CLONES __attribute__ ((target_clones ("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#elif defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) &&                           \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&                             \
    GEN_MAXIMUM_ISA >= GEN_ISA_AVX2
#define GEN_CLONES __attribute__ ((target_clones ("arch=x86-64-v3", "default")))
#else
#define GEN_CLONES
#endif
