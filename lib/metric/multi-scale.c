/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "multi-scale.h"

#include <math.h>

#include "../simd.h"
#include "metrics.h"

#define SIZES GEN_MULTI_SCALE_SIZES
#define WINDOW 11

static const double weights[SIZES] = { 0.0448, 0.2856, 0.3001, 0.2363, 0.1333 };

void
gen_multi_scale_clear (GenMultiScale *scales)
{
  g_free (scales->pyramids[0]);
  g_free (scales->pyramids[1]);
  *scales = (GenMultiScale){ 0 };
}

int
gen_multi_scale_count (int width, int height)
{
  int sizes = 0;

  while (sizes < SIZES && MIN (width, height) >> sizes >= WINDOW)
    sizes++;
  return sizes;
}

/* As gen_metric_halve_row, of floats. */
GEN_CLONES (void, halve_floats,
    (const float *restrict above, const float *restrict below, float *restrict out, int n),
    (above, below, out, n))
{
  for (int x = 0; x < n; x++)
    out[x] = (above[2 * x] + above[2 * x + 1] + below[2 * x] + below[2 * x + 1]) / 4;
}

/* Where an extent is odd, its last row or column has no share. */
static void
halve (const GenSsimPlane *plane, int width, int height, gboolean floats, float *out)
{
  for (int y = 0; y < height / 2; y++) {
    const guint8 *above = (const guint8 *)plane->levels + (gsize)2 * (gsize)y * plane->stride;
    const guint8 *below = above + plane->stride;
    float *to = out + (gsize)y * (gsize)(width / 2);

    if (floats)
      halve_floats (
          (const float *)(const void *)above, (const float *)(const void *)below, to, width / 2);
    else
      gen_metric_halve_row (above, below, to, width / 2);
  }
}

/* The sizes below the first are a third of it together. */
static void
make_room (GenMultiScale *scales, gsize n)
{
  if (n <= scales->room)
    return;
  for (int i = 0; i < 2; i++) {
    g_free (scales->pyramids[i]);
    scales->pyramids[i] = g_new (float, n / 3 + 1);
  }
  scales->room = n;
}

double
gen_multi_scale_compare (GenMultiScale *scales, const GenSsimPlane *picture,
    const GenSsimPlane *reference, int width, int height, gboolean floats, int sizes)
{
  GenSsimPlane planes[2] = { *picture, *reference };
  float *next[2];
  double product = 1, sum = 0;

  make_room (scales, (gsize)width * (gsize)height);
  /* Of all sizes they are the paper's, whose sum is 1.0001. */
  for (int i = 0; i < sizes; i++)
    sum += weights[i];
  if (sizes == SIZES)
    sum = 1;
  for (int k = 0; k < 2; k++)
    next[k] = scales->pyramids[k];
  for (int i = 0;; i++) {
    const gboolean last = i == sizes - 1;
    const GenSsimFigures figures =
        gen_ssim_compare (&planes[0], &planes[1], width, height, floats || i > 0, !last);

    /* Of what is below 0, there is no power. */
    product *= pow (MAX (last ? figures.similarity : figures.contrast, 0), weights[i] / sum);
    if (last)
      return product;
    for (int k = 0; k < 2; k++) {
      halve (&planes[k], width, height, floats || i > 0, next[k]);
      planes[k] = (GenSsimPlane){ next[k], (gsize)(width / 2) * sizeof (float) };
      next[k] += (gsize)(width / 2) * (gsize)(height / 2);
    }
    width /= 2;
    height /= 2;
  }
}
