/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Four tiles of sums, 32 by 32, stay in registers while k runs in steps of 64 bytes. Elsewhere than
 * on x86-64 there are no such tiles. */
#include "integer-amx.h"

#if defined(__x86_64__) && defined(__linux__)
#include <immintrin.h>

#define TARGET __attribute__ ((target ("amx-tile,amx-int8")))

#define TILE 16

/* Sums are tiles 0 to 3, rows of A 4 and 5, columns of B 6 and 7. */
TARGET void
gen_integer_amx_tile (int rows, const gint32 *a, const gint32 *panel, gint64 groups, gint32 *out)
{
  const gsize a_stride = groups * sizeof *a, stride = GEN_INTEGER_AMX_PANEL * sizeof *panel;
  const gint32 *below = a + TILE * groups;

  _tile_zero (0);
  _tile_zero (1);
  _tile_zero (2);
  _tile_zero (3);
  for (gint64 g = 0; g < groups; g += TILE, panel += TILE * GEN_INTEGER_AMX_PANEL) {
    _tile_loadd (6, panel, stride);
    _tile_loadd (7, panel + TILE, stride);
    _tile_loadd (4, a + g, a_stride);
    _tile_dpbusd (0, 4, 6);
    _tile_dpbusd (1, 4, 7);
    if (rows <= TILE)
      continue;
    _tile_loadd (5, below + g, a_stride);
    _tile_dpbusd (2, 5, 6);
    _tile_dpbusd (3, 5, 7);
  }
  _tile_stored (0, out, stride);
  _tile_stored (1, out + TILE, stride);
  _tile_stored (2, out + TILE * GEN_INTEGER_AMX_PANEL, stride);
  _tile_stored (3, out + TILE * GEN_INTEGER_AMX_PANEL + TILE, stride);
}

#else

void
gen_integer_amx_tile (int rows, const gint32 *a, const gint32 *panel, gint64 groups, gint32 *out)
{
  g_assert_not_reached ();
}
#endif
