/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Mean and covariance of a stream of vectors. One pass, in double: the distances are taken from
 * the running mean, so that nothing cancels as it would in a sum of squares. */
#include <generative/metric.h>

#include <string.h>

#include "../simd.h"

void
gen_moments_init (GenMoments *moments, int length)
{
  moments->length = length;
  moments->count = 0;
  moments->mean = g_new0 (double, length);
  moments->squares = g_new0 (double, (gsize)length *length);
}

void
gen_moments_clear (GenMoments *moments)
{
  g_clear_pointer (&moments->mean, g_free);
  g_clear_pointer (&moments->squares, g_free);
  memset (moments, 0, sizeof *moments);
}

GEN_CLONES static void
add_scaled (double *restrict out, const double *restrict in, double scale, int n)
{
  for (int i = 0; i < n; i++)
    out[i] += scale * in[i];
}

void
gen_moments_add (GenMoments *moments, const float *vector)
{
  int n = moments->length;
  double distance[GEN_FEATURES_MAX], share;

  g_return_if_fail (n <= GEN_FEATURES_MAX);
  moments->count++;
  share = 1 / (double)moments->count;
  for (int i = 0; i < n; i++) {
    distance[i] = vector[i] - moments->mean[i];
    moments->mean[i] += distance[i] * share;
  }
  /* distance times the distance from the new mean, which is (1 - share) times as long. */
  for (int i = 0; i < n; i++)
    add_scaled (moments->squares + (gsize)i * n, distance, distance[i] * (1 - share), i + 1);
}
