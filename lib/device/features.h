/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>

/**
 * What the processor can do, as far as this build is to use it: -Dmaximum_isa caps it, to test and
 * to measure what older machines get (lib/simd.h and dnnl.c keep to the same cap).
 */
typedef enum {
  GEN_CPU_AVX2,   /* with FMA and F16C */
  GEN_CPU_AVX512, /* F, DQ, BW and VL */
  GEN_CPU_VNNI,   /* of AVX-512 */
} GenCpuFeature;

gboolean gen_cpu_has (GenCpuFeature feature);

/* The processor's name and what of it is used, in a line. (transfer full) */
char *gen_cpu_describe (void);
