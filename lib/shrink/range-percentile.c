/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/range-method.h>

#include "histogram.h"

/* Where `share` of all numbers lie below, in the bin that it falls into by proportion. */
static double
find_quantile (const GenHistogram *h, double share)
{
  const double wanted = share * (double)h->n;
  double below = 0;

  for (int i = 0; i < GEN_HISTOGRAM_BINS; i++) {
    const double inside = (double)h->bins[i];

    if (below + inside >= wanted && inside > 0)
      return gen_histogram_edge (h, i) + (wanted - below) / inside * gen_histogram_width (h);
    below += inside;
  }
  return h->high;
}

/* What is cut is cut at both ends alike. */
static void
find (
    const GenHistogram *histogram, double percentile, gboolean symmetric, double *low, double *high)
{
  const double cut = (1 - percentile / 100) / 2;

  *low = find_quantile (histogram, cut);
  *high = find_quantile (histogram, 1 - cut);
}

const GenRangeMethod gen_range_method_percentile = {
  .name = "percentile",
  .summary = "The middle of what was seen, as much of it as the percentile says; what lies outside "
             "is cut, however much it matters",
  .find = find,
};
