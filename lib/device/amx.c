/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "amx.h"

#include "features.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TARGET __attribute__ ((target ("amx-tile")))

#define ARCH_REQ_XCOMP_PERM 0x1023
#define XFEATURE_XTILEDATA 18

/* Bits of CPUID leaf 7 that say what there is. */
#define BFLOAT16 (1u << 22)
#define TILE (1u << 24)
#define INT8 (1u << 25)

static unsigned int
detect (void)
{
  unsigned int a, b, c, d;

  if (gen_cpu_mask () < GEN_ISA_AMX || !__get_cpuid_count (7, 0, &a, &b, &c, &d) || (d & TILE) == 0)
    return 0;
  /* The system keeps room for the tiles only for processes that ask. */
  return syscall (SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0 ? d : 0;
}

gboolean
gen_amx_multiplies (GenAmxType type)
{
  static gsize known = 0;

  if (g_once_init_enter (&known))
    g_once_init_leave (&known, (gsize)detect () | 1);
  return (known & (type == GEN_AMX_INT8 ? INT8 : BFLOAT16)) != 0;
}

TARGET void
gen_amx_begin (void)
{
  /* Not on the stack: the compiler does not know how much of it the instruction reads. */
  static const struct {
    guint8 palette, start_row, reserved[14];
    guint16 row_bytes[16];
    guint8 rows[16];
  } layout = { .palette = 1,
    .row_bytes = { 64, 64, 64, 64, 64, 64, 64, 64 },
    .rows = { 16, 16, 16, 16, 16, 16, 16, 16 } };

  _tile_loadconfig (&layout);
}

TARGET void
gen_amx_end (void)
{
  _tile_release ();
}

#else

gboolean
gen_amx_multiplies (GenAmxType type)
{
  return FALSE;
}

void
gen_amx_begin (void)
{
  g_assert_not_reached ();
}

void
gen_amx_end (void)
{
  g_assert_not_reached ();
}

#endif
