/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * What the processor can do, as far as it is to be used: GENERATIVE_MAXIMUM_ISA in the environment,
 * one of baseline, avx2, avx-vnni, avx512, vnni and amx, masks what is beyond it, to test and to
 * measure what other machines get: avx-vnni is AVX2 with VNNI of 256 bits, as processors of
 * desktops have it, which avx512 is without. On 64-bit ARM, baseline masks what a feature below
 * adds to ARMv8.0. It is read once; oneDNN is told the same (dnnl-engine.c).
 */
typedef enum {
  GEN_ISA_BASELINE,
  GEN_ISA_AVX2,
  GEN_ISA_AVX_VNNI,
  GEN_ISA_AVX512,
  GEN_ISA_VNNI,
  GEN_ISA_AMX,
} GenIsa;

/* The most that may be used. */
GenIsa gen_cpu_mask (void);

typedef enum {
  GEN_CPU_AVX2,        /* with FMA, BMI2 and F16C */
  GEN_CPU_AVX512,      /* F, CD, DQ, BW and VL */
  GEN_CPU_VNNI,        /* of AVX-512 */
  GEN_CPU_VBMI,        /* of AVX-512; masked as VNNI is */
  GEN_CPU_DOT_PRODUCT, /* of four signed or four unsigned bytes: 64-bit ARM, most since ARMv8.2 */
  GEN_CPU_AVX_VNNI,    /* the same as VNNI in 256 bits, without AVX-512 */
} GenCpuFeature;

gboolean gen_cpu_has (GenCpuFeature feature);
