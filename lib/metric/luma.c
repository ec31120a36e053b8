/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "../simd.h"
#include "metrics.h"

/* ITU-R BT.601 in 16 bits of fraction, rounded to the nearest. */
GEN_CLONES (
    void, luma_row, (const guint8 *restrict rgb, guint8 *restrict luma, int n), (rgb, luma, n))
{
  for (int x = 0; x < n; x++)
    luma[x] = (guint8)((19595u * rgb[3 * x] + 38470u * rgb[3 * x + 1] + 7471u * rgb[3 * x + 2] +
                           32768u) >>
                       16);
}

void
gen_metric_luma (const GenPicture *picture, GenPicture *luma)
{
  for (int y = 0; y < picture->height; y++)
    luma_row (picture->data + (gssize)y * picture->stride, luma->data + (gssize)y * luma->stride,
        picture->width);
}

GEN_CLONES (void, halve_row,
    (const guint8 *restrict above, const guint8 *restrict below, float *restrict out, int n),
    (above, below, out, n))
{
  for (int x = 0; x < n; x++)
    out[x] = (float)(above[2 * x] + above[2 * x + 1] + below[2 * x] + below[2 * x + 1]) / 4;
}

void
gen_metric_halve_row (const guint8 *above, const guint8 *below, float *out, int n)
{
  halve_row (above, below, out, n);
}
