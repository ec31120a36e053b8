/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/range-method.h>

static inline double
gen_histogram_width (const GenHistogram *h)
{
  return (h->high - h->low) / GEN_HISTOGRAM_BINS;
}

/* Where bin `i` begins. */
static inline double
gen_histogram_edge (const GenHistogram *h, int i)
{
  return h->low + i * gen_histogram_width (h);
}

/* Its middle, which stands for all numbers in it. */
static inline double
gen_histogram_middle (const GenHistogram *h, int i)
{
  return h->low + (i + 0.5) * gen_histogram_width (h);
}

/* First the ends of all numbers are found; FALSE where there is one that is none. */
gboolean gen_histogram_widen (GenHistogram *h, const float *numbers, gsize n);
/* And then each is counted. */
void gen_histogram_count (GenHistogram *h, const float *numbers, gsize n);

#define GEN_HISTOGRAM_EMPTY ((GenHistogram){ .low = INFINITY, .high = -INFINITY })
