/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "features.h"

#include <string.h>

#include "../simd.h"
#include "amx.h"

#if defined(__x86_64__)
#include <cpuid.h>

gboolean
gen_cpu_has (GenCpuFeature feature)
{
  const gboolean avx2 = GEN_MAXIMUM_ISA >= GEN_ISA_AVX2 && __builtin_cpu_supports ("avx2") &&
                        __builtin_cpu_supports ("fma") && __builtin_cpu_supports ("f16c");
  const gboolean avx512 =
      avx2 && GEN_MAXIMUM_ISA >= GEN_ISA_AVX512 && __builtin_cpu_supports ("avx512f") &&
      __builtin_cpu_supports ("avx512dq") && __builtin_cpu_supports ("avx512bw") &&
      __builtin_cpu_supports ("avx512vl");

  switch (feature) {
  case GEN_CPU_AVX2:
    return avx2;
  case GEN_CPU_AVX512:
    return avx512;
  case GEN_CPU_VNNI:
    return avx512 && __builtin_cpu_supports ("avx512vnni");
  }
  return FALSE;
}

/* The name that the processor gives itself, by leaves of CPUID made for it. */
static void
find_name (char name[49])
{
  unsigned int words[12] = { 0 };

  for (unsigned int i = 0; i < 3; i++)
    __get_cpuid (
        0x80000002 + i, &words[4 * i], &words[4 * i + 1], &words[4 * i + 2], &words[4 * i + 3]);
  memcpy (name, words, 48);
  name[48] = '\0';
}

/* Family, model and stepping, as CPUID packs them: virtual machines hide the name. */
static unsigned int
find_signature (void)
{
  unsigned int signature = 0, b, c, d;

  __get_cpuid (1, &signature, &b, &c, &d);
  return signature;
}
#else
gboolean
gen_cpu_has (GenCpuFeature feature)
{
  return FALSE;
}

static void
find_name (char name[49])
{
  strcpy (name, "processor");
}

static unsigned int
find_signature (void)
{
  return 0;
}
#endif

char *
gen_cpu_describe (void)
{
  char name[49];

  find_name (name);
  return g_strdup_printf ("%s %x%s%s%s%s%s", g_strstrip (name), find_signature (),
      gen_cpu_has (GEN_CPU_AVX2) ? " avx2" : "", gen_cpu_has (GEN_CPU_AVX512) ? " avx512" : "",
      gen_cpu_has (GEN_CPU_VNNI) ? " vnni" : "",
      gen_amx_multiplies (GEN_AMX_BFLOAT16) ? " amx-bf16" : "",
      gen_amx_multiplies (GEN_AMX_INT8) ? " amx-int8" : "");
}
