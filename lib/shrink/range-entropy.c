/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The distribution of what was seen is compared with what is left of it when numbers beyond a
 * threshold are cut and the others are put into 128 levels (those of one sign, or of magnitudes):
 * the threshold is taken by which the second says most of the first, by Kullback and Leibler's
 * divergence. Numbers of both signs have their magnitudes looked at, and the range that is found
 * holds for both ends, as far as there are numbers there. */
#include <math.h>
#include <string.h>

#include "histogram.h"

#define LEVELS 128
/* Magnitudes are counted in as many bins as there are in the histogram. */
#define BINS GEN_HISTOGRAM_BINS

/* A bin's numbers, at the magnitude of its middle. */
static void
fold_signs (const GenHistogram *h, double most, double *magnitudes)
{
  memset (magnitudes, 0, BINS * sizeof *magnitudes);
  for (int i = 0; i < BINS; i++) {
    const int bin = (int)(fabs (gen_histogram_middle (h, i)) / most * BINS);

    magnitudes[MIN (bin, BINS - 1)] += (double)h->bins[i];
  }
  /* Zeros, of which a Relu makes half of all numbers, are lost by no range. */
  magnitudes[0] = MIN (magnitudes[0], magnitudes[1]);
}

/* What bins [first, end) say of their own level: its numbers are spread over those that have any.
 * `p` is the distribution that is approximated. */
static double
diverge_in_level (const double *p, const double *seen, int first, int end, double total)
{
  double sum = 0, divergence = 0;
  int n = 0;

  for (int i = first; i < end; i++) {
    sum += seen[i];
    n += p[i] > 0;
  }
  for (int i = first; i < end; i++)
    if (p[i] > 0)
      /* Where all of a level lies beyond the threshold there is next to nothing left of it. */
      divergence += p[i] / total * log (p[i] / MAX (sum / n, 1e-6));
  return divergence;
}

/* Of the first `kept` bins, the last of which takes what is cut. */
static double
diverge (const double *magnitudes, double *p, int kept, double total)
{
  double cut = 0, divergence;

  for (int i = kept; i < BINS; i++)
    cut += magnitudes[i];
  /* What is left over is a distribution of as many fewer numbers. */
  divergence = log (MAX (total - cut, 1) / total);
  memcpy (p, magnitudes, (gsize)kept * sizeof *p);
  p[kept - 1] += cut;
  for (int level = 0; level < LEVELS; level++)
    divergence += diverge_in_level (p, magnitudes, (int)((gint64)kept * level / LEVELS),
        (int)((gint64)kept * (level + 1) / LEVELS), total);
  return divergence;
}

static double
find_threshold (const GenHistogram *h, double most)
{
  double magnitudes[BINS], p[BINS], best = INFINITY, total = 0;
  int chosen = BINS;

  fold_signs (h, most, magnitudes);
  for (int i = 0; i < BINS; i++)
    total += magnitudes[i];
  if (total <= 0)
    return most;
  for (int kept = LEVELS; kept <= BINS; kept += LEVELS / 8) {
    const double divergence = diverge (magnitudes, p, kept, total);

    if (divergence < best) {
      best = divergence;
      chosen = kept;
    }
  }
  return most * chosen / BINS;
}

static void
find (
    const GenHistogram *histogram, double percentile, gboolean symmetric, double *low, double *high)
{
  const double most = MAX (fabs (histogram->low), fabs (histogram->high));
  const double threshold = most > 0 && histogram->n > 0 ? find_threshold (histogram, most) : most;

  *low = MAX (histogram->low, -threshold);
  *high = MIN (histogram->high, threshold);
}

const GenRangeMethod gen_range_method_entropy = {
  .name = "entropy",
  .summary = "The range that keeps most of what the distribution says (Kullback and Leibler's "
             "divergence; Migacz 2017); needs many numbers, and cuts long tails hard",
  .find = find,
};
