/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/range-method.h>

static void
find (
    const GenHistogram *histogram, double percentile, gboolean symmetric, double *low, double *high)
{
  *low = histogram->low;
  *high = histogram->high;
}

const GenRangeMethod gen_range_method_min_max = {
  .name = "min-max",
  .summary = "From the least to the greatest number that was seen: nothing is cut; one that lies "
             "far out makes the steps of all others coarse",
  .find = find,
};
