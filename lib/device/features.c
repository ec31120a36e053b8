/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "features.h"

#include <stdatomic.h>
#include <string.h>

#include <generative/device.h>

#include "../simd.h"
#include "amx.h"

/* Names in the order of GenIsa. */
static const char *const isa_names[] = { "baseline", "avx2", "avx-vnni", "avx512", "vnni", "amx",
  NULL };

static GenIsa
read_mask (void)
{
  const char *name = g_getenv ("GENERATIVE_MAXIMUM_ISA");
  g_autofree char *all = NULL;

  if (name == NULL || *name == '\0')
    return GEN_ISA_AMX;
  for (int i = 0; isa_names[i] != NULL; i++)
    if (strcmp (name, isa_names[i]) == 0)
      return i;
  all = g_strjoinv (", ", (char **)isa_names);
  g_warning ("GENERATIVE_MAXIMUM_ISA is '%s', which is none of %s: nothing is masked", name, all);
  return GEN_ISA_AMX;
}

GenIsa
gen_cpu_mask (void)
{
  static gsize mask = 0;

  if (g_once_init_enter (&mask))
    g_once_init_leave (&mask, (gsize)read_mask () + 1);
  return mask - 1;
}

#if defined(__x86_64__)
#include <cpuid.h>

/* Not every compiler knows it by __builtin_cpu_supports. Asked once: in a virtual machine each
 * CPUID takes microseconds. */
static gboolean
has_f16c (void)
{
  static atomic_int known = 0; /* one more than the answer, which is the same for all threads */
  int answer = atomic_load_explicit (&known, memory_order_relaxed);
  unsigned int a, b, c, d;

  if (answer == 0) {
    answer = 1 + (__get_cpuid (1, &a, &b, &c, &d) && (c & bit_F16C) != 0);
    atomic_store_explicit (&known, answer, memory_order_relaxed);
  }
  return answer - 1;
}

gboolean
gen_cpu_has (GenCpuFeature feature)
{
  const GenIsa mask = gen_cpu_mask ();
  const gboolean avx2 = mask >= GEN_ISA_AVX2 && __builtin_cpu_supports ("avx2") &&
                        __builtin_cpu_supports ("fma") && __builtin_cpu_supports ("bmi2") &&
                        has_f16c ();
  const gboolean avx512 =
      avx2 && mask >= GEN_ISA_AVX512 && __builtin_cpu_supports ("avx512f") &&
      __builtin_cpu_supports ("avx512cd") && __builtin_cpu_supports ("avx512dq") &&
      __builtin_cpu_supports ("avx512bw") && __builtin_cpu_supports ("avx512vl");

  switch (feature) {
  case GEN_CPU_AVX2:
    return avx2;
  case GEN_CPU_AVX512:
    return avx512;
  case GEN_CPU_VNNI:
    return avx512 && mask >= GEN_ISA_VNNI && __builtin_cpu_supports ("avx512vnni");
  case GEN_CPU_VBMI:
    return avx512 && mask >= GEN_ISA_VNNI && __builtin_cpu_supports ("avx512vbmi");
  case GEN_CPU_DOT_PRODUCT:
    break;
  case GEN_CPU_AVX_VNNI:
#if defined(__clang__) /* clang 14 does not know the name, and nothing is compiled for it */
    break;
#else
    return avx2 && (mask == GEN_ISA_AVX_VNNI || mask >= GEN_ISA_VNNI) &&
           __builtin_cpu_supports ("avxvnni");
#endif
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
#elif defined(__aarch64__)
#include <sys/auxv.h>

gboolean
gen_cpu_has (GenCpuFeature feature)
{
  return feature == GEN_CPU_DOT_PRODUCT && gen_cpu_mask () > GEN_ISA_BASELINE &&
         (getauxval (AT_HWCAP) & HWCAP_ASIMDDP) != 0;
}

/* Processors have no name of their own there: boards do. */
static void
find_name (char name[49])
{
  g_autofree char *model = NULL;

  if (!g_file_get_contents ("/proc/device-tree/model", &model, NULL, NULL))
    model = g_strdup ("ARM64");
  g_strlcpy (name, model, 49);
}

/* Implementer, variant, part and revision of the first core: those of others may differ, but come
 * with it. */
static unsigned int
find_signature (void)
{
  g_autofree char *text = NULL;

  if (!g_file_get_contents (
          "/sys/devices/system/cpu/cpu0/regs/identification/midr_el1", &text, NULL, NULL))
    return 0;
  return g_ascii_strtoull (text, NULL, 16);
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

GenLevel
gen_level (void)
{
  /* One more than the level: several threads may find it out, which is the same for all. */
  static atomic_int known = 0;
  int level = atomic_load_explicit (&known, memory_order_relaxed);

  if (level == 0) {
    level = 1 + (gen_cpu_has (GEN_CPU_AVX512)    ? GEN_LEVEL_AVX512
                    : gen_cpu_has (GEN_CPU_AVX2) ? GEN_LEVEL_AVX2
                                                 : GEN_LEVEL_BASELINE);
    atomic_store_explicit (&known, level, memory_order_relaxed);
  }
  return level - 1;
}

char *
gen_cpu_describe (void)
{
  char name[49];

  find_name (name);
  return g_strdup_printf ("%s %x%s%s%s%s%s%s%s", g_strstrip (name), find_signature (),
      gen_cpu_has (GEN_CPU_AVX2) ? " avx2" : "", gen_cpu_has (GEN_CPU_AVX512) ? " avx512" : "",
      gen_cpu_has (GEN_CPU_VNNI) ? " vnni" : "", gen_cpu_has (GEN_CPU_AVX_VNNI) ? " avx-vnni" : "",
      gen_cpu_has (GEN_CPU_DOT_PRODUCT) ? " dot-product" : "",
      gen_amx_multiplies (GEN_AMX_BFLOAT16) ? " amx-bf16" : "",
      gen_amx_multiplies (GEN_AMX_INT8) ? " amx-int8" : "");
}
