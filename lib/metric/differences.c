/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "differences.h"

#include <stdlib.h>

#include "../simd.h"
#include "metrics.h"

GEN_CLONES (guint32, sum_span, (const guint8 *a, const guint8 *b, int n), (a, b, n))
{
  guint32 sum = 0;

  for (int x = 0; x < n; x++)
    sum += (guint32)abs (a[x] - b[x]);
  return sum;
}

guint64
gen_differences_sum (const guint8 *a, const guint8 *b, int n)
{
  guint64 sum = 0;

  for (int begin = 0; begin < n; begin += GEN_METRIC_SPAN)
    sum += sum_span (a + begin, b + begin, MIN (GEN_METRIC_SPAN, n - begin));
  return sum;
}
