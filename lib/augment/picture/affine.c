/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "affine.h"

#include <math.h>

#include "../../simd.h"

#define ONE ((gint64)1 << 32)

static inline gint64
fixed (double position)
{
  return (gint64)llrint (position * (double)ONE);
}

GenAffineRow
gen_augment_affine_row (const double *m, int width, int height, int row)
{
  /* From the picture's centre to the centre of its first pixel, and to that of the row's. */
  const double left = 0.5 - 0.5 * width, top = 0.5 - 0.5 * height;

  return (GenAffineRow){
    .x = fixed (m[0] * left + m[1] * (top + row) + m[2] - left),
    .dx = fixed (m[0]),
    .y = fixed (m[3] * left + m[4] * (top + row) + m[5] - top),
    .dy = fixed (m[3]),
  };
}

GEN_CLONES (void, step_fixed,
    (gint64 position, gint64 step, int extent, gint32 *number, guint32 *weight, int n),
    (position, step, extent, number, weight, n))
{
  const gint64 last = (extent - 1) * ONE;
  const gint32 limit = MAX (extent - 2, 0);

  for (int i = 0; i < n; i++) {
    gint64 at = position + step * i;
    gint32 whole, beyond;

    at = at < 0 ? -at : at;
    at = at > last ? 2 * last - at : at;
    at = at < 0 ? 0 : at;
    whole = (gint32)(at >> 32);
    beyond = whole > limit ? 1 : 0;
    number[i] = whole - beyond;
    weight[i] = (guint32)(((guint64)(guint32)at + (1u << 23)) >> 24) + 256u * (guint32)beyond;
  }
}

void
gen_augment_affine_step (
    gint64 position, gint64 step, int extent, gint32 *number, guint32 *weight, int n)
{
  step_fixed (position, step, extent, number, weight, n);
}
