/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/weight-mask.h>

#include <math.h>

static int
compare (gconstpointer a, gconstpointer b)
{
  const float x = *(const float *)a, y = *(const float *)b;

  return (x > y) - (x < y);
}

static void
apply (float *weights, gint64 outer, gint64 n, gint64 inner, double ratio)
{
  const gsize all = (gsize)(outer * n * inner), zeros = (gsize)(ratio * (double)all);
  g_autofree float *sizes = g_new (float, MAX (all, 1));
  gsize left = zeros;
  float greatest;

  if (zeros == 0)
    return;
  for (gsize i = 0; i < all; i++)
    sizes[i] = fabsf (weights[i]);
  qsort (sizes, all, sizeof *sizes, compare);
  greatest = sizes[zeros - 1];
  for (gsize i = 0; i < all; i++)
    if (fabsf (weights[i]) < greatest) {
      weights[i] = 0;
      left--;
    }
  /* Of equal ones as many as are asked for. */
  for (gsize i = 0; i < all && left > 0; i++)
    if (fabsf (weights[i]) == greatest) {
      weights[i] = 0;
      left--;
    }
}

const GenWeightMask gen_weight_mask_smallest = {
  .name = "smallest",
  .summary = "The smallest weights of each layer, as many as --ratio says",
  .apply = apply,
};
