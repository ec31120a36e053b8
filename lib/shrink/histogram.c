/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Histograms of two passes: bins lie between ends that are known, so that counts hang neither on
 * the order of runs nor on what was seen first. */
#include "histogram.h"

#include <math.h>

gboolean
gen_histogram_widen (GenHistogram *h, const float *numbers, gsize n)
{
  float low = INFINITY, high = -INFINITY;
  gboolean finite = TRUE;

  for (gsize i = 0; i < n; i++) {
    finite &= isfinite (numbers[i]) != 0;
    low = numbers[i] < low ? numbers[i] : low;
    high = numbers[i] > high ? numbers[i] : high;
  }
  h->low = MIN (h->low, (double)low);
  h->high = MAX (h->high, (double)high);
  return finite;
}

void
gen_histogram_count (GenHistogram *h, const float *numbers, gsize n)
{
  const double width = gen_histogram_width (h);
  const double scale = width > 0 ? 1 / width : 0;

  for (gsize i = 0; i < n; i++) {
    const int bin = (int)(((double)numbers[i] - h->low) * scale);

    h->bins[CLAMP (bin, 0, GEN_HISTOGRAM_BINS - 1)]++;
  }
  h->n += n;
}
