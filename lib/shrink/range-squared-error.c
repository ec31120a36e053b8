/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ranges are tried that are as wide as all that was seen, and ever narrower at both ends; the one
 * with the least mean square of what is rounded and cut is taken. */
#include <math.h>

#include "histogram.h"

#define STEPS 255 /* between the 256 numbers of a byte */
#define TRIES 100

/* The sum of squares of what is lost of the numbers in `h`: a twelfth of a step's square within,
 * and the distance to the end outside. */
static double
find_loss (const GenHistogram *h, double low, double high)
{
  const double step = (high - low) / STEPS, rounding = step * step / 12;
  double loss = 0;

  for (int i = 0; i < GEN_HISTOGRAM_BINS; i++) {
    const double x = gen_histogram_middle (h, i);
    const double beyond = x < low ? low - x : x > high ? x - high : 0;

    if (h->bins[i] > 0)
      loss += (double)h->bins[i] * (rounding + beyond * beyond);
  }
  return loss;
}

/* One end after the other, twice, for where one is best hangs on the other. */
static void
find (
    const GenHistogram *histogram, double percentile, gboolean symmetric, double *low, double *high)
{
  /* 0 has a number of its own, so that ranges reach that far. */
  const double least = MIN (histogram->low, 0), most = MAX (histogram->high, 0);
  double *const ends[2] = { low, high };
  double best;

  *low = symmetric ? -MAX (-least, most) : least;
  *high = symmetric ? MAX (-least, most) : most;
  best = find_loss (histogram, *low, *high);
  for (int i = 0; i < (symmetric ? 1 : 4); i++) {
    double *end = ends[i % 2];
    const double whole = i % 2 == 0 ? (symmetric ? *low : least) : most;
    double chosen = *end;

    for (int k = 1; k < TRIES; k++) {
      const double tried = whole * k / TRIES, other = symmetric ? -tried : *ends[1 - i % 2];
      const double loss =
          find_loss (histogram, i % 2 == 0 ? tried : other, i % 2 == 0 ? other : tried);

      if (loss < best) {
        best = loss;
        chosen = tried;
      }
    }
    *end = chosen;
    if (symmetric)
      *high = -chosen;
  }
}

const GenRangeMethod gen_range_method_squared_error = {
  .name = "squared-error",
  .summary = "The range by which least is lost in the mean square, of what is rounded and what is "
             "cut together; numbers that are few and matter may be cut",
  .find = find,
};
