/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "field.h"

#include <math.h>

#include "../../simd.h"

#define POINTS (GEN_FIELD_SPANS + 3)
#define ROW (GEN_FIELD_CELLS + 1)

/* The four weights of a uniform cubic B-spline. */
static void
weigh (double t, double weights[4])
{
  double s = 1 - t;

  weights[0] = s * s * s / 6;
  weights[1] = (3 * t * t * t - 6 * t * t + 4) / 6;
  weights[2] = (3 * s * s * s - 6 * s * s + 4) / 6;
  weights[3] = t * t * t / 6;
}

void
gen_augment_field_init (float *values, const float *drawn)
{
  for (int y = 0; y <= GEN_FIELD_CELLS; y++)
    for (int x = 0; x <= GEN_FIELD_CELLS; x++) {
      const double at_x = (double)x * GEN_FIELD_SPANS / GEN_FIELD_CELLS;
      const double at_y = (double)y * GEN_FIELD_SPANS / GEN_FIELD_CELLS;
      const int cx = MIN ((int)at_x, GEN_FIELD_SPANS - 1),
                cy = MIN ((int)at_y, GEN_FIELD_SPANS - 1);
      double wx[4], wy[4], sum = 0;

      weigh (at_x - cx, wx);
      weigh (at_y - cy, wy);
      for (int i = 0; i < 4; i++)
        for (int k = 0; k < 4; k++)
          sum += wy[i] * wx[k] * gen_augment_signed (drawn[(cy + i) * POINTS + cx + k]);
      values[y * ROW + x] = (float)sum;
    }
}

GEN_CLONES (void, field_at,
    (const float *restrict values, const GenFieldPlace *place, const float *x, const float *y,
        float *restrict out, int n),
    (values, place, x, y, out, n))
{
  for (int i = 0; i < n; i++) {
    float px = x[i] * place->scale_x + place->offset, py = y[i] * place->scale_y + place->offset;
    float top, bottom;
    gint32 cx, cy, first;

    px = px > 0 ? px : 0;
    py = py > 0 ? py : 0;
    px = px < GEN_FIELD_CELLS ? px : GEN_FIELD_CELLS;
    py = py < GEN_FIELD_CELLS ? py : GEN_FIELD_CELLS;
    cx = (gint32)px;
    cy = (gint32)py;
    cx = cx < GEN_FIELD_CELLS - 1 ? cx : GEN_FIELD_CELLS - 1;
    cy = cy < GEN_FIELD_CELLS - 1 ? cy : GEN_FIELD_CELLS - 1;
    px -= (float)cx;
    py -= (float)cy;
    first = cy * ROW + cx;
    top = values[first] + (values[first + 1] - values[first]) * px;
    bottom = values[first + ROW] + (values[first + ROW + 1] - values[first + ROW]) * px;
    out[i] = top + (bottom - top) * py;
  }
}

void
gen_augment_field_at (const float *values, const GenFieldPlace *place, const float *x,
    const float *y, float *out, int n)
{
  field_at (values, place, x, y, out, n);
}
