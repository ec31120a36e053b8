/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-sizes.h"

void
serve_sizes_init (ServeSizes *sizes)
{
  *sizes = (ServeSizes){ .n = 1, .results = { 1 } };
}

void
serve_sizes_add (ServeSizes *sizes, guint results)
{
  g_return_if_fail (sizes->n < SERVE_SIZES_MAX);
  sizes->results[sizes->n++] = results;
}

guint
serve_sizes_largest (const ServeSizes *sizes)
{
  return sizes->results[sizes->n - 1];
}

gboolean
serve_sizes_are_within (const ServeSizes *sizes, double microseconds)
{
  const guint largest = serve_sizes_largest (sizes);

  return sizes->times.of[largest].n > 0 &&
         gen_run_times_mean (&sizes->times, largest) <= microseconds;
}

guint
serve_sizes_choose (const ServeSizes *sizes, guint n)
{
  guint best = 0;
  double least = G_MAXDOUBLE;

  /* Beyond the first that holds all there is only more that nobody has asked for. */
  for (guint i = 0; i < sizes->n && (i == 0 || sizes->results[i - 1] < n); i++) {
    const double each =
        gen_run_times_mean (&sizes->times, sizes->results[i]) / MIN (sizes->results[i], n);

    if (each < least) {
      least = each;
      best = i;
    }
  }
  return best;
}
