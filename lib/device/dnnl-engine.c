/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* oneDNN's engine of the process: which library it is, and what it uses of the processor. */
#include "dnnl-private.h"

#include "features.h"

/* The same mask as ours; refused where somebody has set one already. */
static void
mask_isa (void)
{
  static const dnnl_cpu_isa_t masks[] = { [GEN_ISA_BASELINE] = dnnl_cpu_isa_sse41,
    [GEN_ISA_AVX2] = dnnl_cpu_isa_avx2,
    [GEN_ISA_AVX_VNNI] = dnnl_cpu_isa_avx2_vnni,
    [GEN_ISA_AVX512] = dnnl_cpu_isa_avx512_core,
    [GEN_ISA_VNNI] = dnnl_cpu_isa_avx512_core_vnni };

  if (gen_cpu_mask () < G_N_ELEMENTS (masks))
    dnnl_set_max_cpu_isa (masks[gen_cpu_mask ()]);
}

dnnl_engine_t
gen_dnnl_engine (void)
{
  static gsize once = 0;

  if (g_once_init_enter (&once)) {
    dnnl_engine_t engine = NULL;

    mask_isa ();
    if (dnnl_engine_create (&engine, dnnl_cpu, 0) != dnnl_success)
      g_error ("%s: oneDNN has no CPU engine", G_STRLOC);
    g_once_init_leave (&once, (gsize)engine);
  }
  return (dnnl_engine_t)once;
}

char *
gen_convolution_library (void)
{
  const dnnl_version_t *version = dnnl_version ();

  gen_dnnl_engine ();
  return g_strdup_printf ("oneDNN %d.%d.%d %x", version->major, version->minor, version->patch,
      (unsigned int)dnnl_get_effective_cpu_isa ());
}
