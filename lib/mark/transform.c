/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Columns are gathered into a row, since what a transform of one length reads lies together. */
#include "transform.h"

#include "../ops/signal/fourier.h"

struct _GenPlaneTransform {
  int width, height;
  GenFourier *across, *down;
  double *re, *im, *scratch;
};

GenPlaneTransform *
gen_plane_transform_new (int width, int height)
{
  GenPlaneTransform *transform = g_new (GenPlaneTransform, 1);
  gsize scratch;

  *transform = (GenPlaneTransform){ .width = width,
    .height = height,
    .across = gen_fourier_new ((gsize)width),
    .down = gen_fourier_new ((gsize)height),
    .re = g_new (double, height),
    .im = g_new (double, height) };
  scratch = MAX (
      gen_fourier_scratch_size (transform->across), gen_fourier_scratch_size (transform->down));
  transform->scratch = g_new (double, scratch);
  return transform;
}

void
gen_plane_transform_free (GenPlaneTransform *transform)
{
  if (transform == NULL)
    return;
  gen_fourier_free (transform->across);
  gen_fourier_free (transform->down);
  g_free (transform->re);
  g_free (transform->im);
  g_free (transform->scratch);
  g_free (transform);
}

void
gen_plane_transform_run (GenPlaneTransform *transform, double *re, double *im, int reach)
{
  const gsize width = (gsize)transform->width;

  for (int y = 0; y < transform->height; y++)
    gen_fourier_run (
        transform->across, re + (gsize)y * width, im + (gsize)y * width, transform->scratch);
  for (int x = 0; x < transform->width; x++) {
    if (x > reach && x < transform->width - reach)
      continue;
    for (int y = 0; y < transform->height; y++) {
      transform->re[y] = re[(gsize)y * width + (gsize)x];
      transform->im[y] = im[(gsize)y * width + (gsize)x];
    }
    gen_fourier_run (transform->down, transform->re, transform->im, transform->scratch);
    for (int y = 0; y < transform->height; y++) {
      re[(gsize)y * width + (gsize)x] = transform->re[y];
      im[(gsize)y * width + (gsize)x] = transform->im[y];
    }
  }
}
