/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The bootstrap is that of Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter
 * 13. Parts around the whole are known as sectioning: Asmussen and Glynn, "Stochastic Simulation"
 * (2007), section III.5. */
#include "paired-difference.h"

#include <math.h>
#include <stdlib.h>

#include <generative/random.h>

#define RESAMPLES 2000
#define STREAM "resampling" /* draw: the resample */
/* Student's t with GEN_PAIRED_PARTS - 1 = 7 degrees of freedom, at 0.975. */
#define STUDENT 2.3646242515927844

G_STATIC_ASSERT (GEN_PAIRED_PARTS == 8);

/* What is drawn as one: how many samples it has, and the sum of their differences. */
typedef struct {
  double n, sum;
} Unit;

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* Between the two numbers that are next to it, as numpy's. */
static double
find_quantile (const double *sorted, guint n, double share)
{
  const double place = share * (n - 1);
  const guint below = MIN ((guint)place, n - 2);

  return sorted[below] + (place - below) * (sorted[below + 1] - sorted[below]);
}

static double
find_mean (const Unit *units, const float *drawn, gsize n)
{
  Unit all = { 0, 0 };

  for (gsize i = 0; i < n; i++) {
    /* A number that is next to 1 may be rounded up. */
    const gsize at = drawn != NULL ? MIN ((gsize)((double)drawn[i] * (double)n), n - 1) : i;

    all.n += units[at].n;
    all.sum += units[at].sum;
  }
  return all.sum / all.n;
}

static void
resample (const Unit *units, gsize n, guint64 seed, GenPairedDifference *found)
{
  const GenRandom random = gen_random_new (seed, STREAM, 0);
  g_autofree float *drawn = g_new (float, n);
  g_autofree double *means = g_new (double, RESAMPLES);

  for (guint i = 0; i < RESAMPLES; i++) {
    gen_random_uniform (&random, i, 0, drawn, n);
    means[i] = find_mean (units, drawn, n);
  }
  qsort (means, RESAMPLES, sizeof *means, compare_numbers);
  found->low = find_quantile (means, RESAMPLES, (1 - GEN_PAIRED_CONFIDENCE) / 2);
  found->high = find_quantile (means, RESAMPLES, (1 + GEN_PAIRED_CONFIDENCE) / 2);
}

GenPairedDifference
gen_paired_difference_bootstrap (
    const float *before, const float *after, gsize n, gsize stride, gsize block, guint64 seed)
{
  const gsize n_units = block > 0 ? n / block + (n % block > 0) : 0;
  g_autofree Unit *units = g_new0 (Unit, n_units);
  GenPairedDifference found = { FALSE, NAN, NAN, NAN };

  for (gsize i = 0; n_units > 0 && i < n; i++) {
    units[i / block].n++;
    units[i / block].sum += (double)after[i * stride] - (double)before[i * stride];
  }
  if (n_units == 0)
    return found;
  found.difference = find_mean (units, NULL, n_units);
  found.known = n_units >= GEN_PAIRED_MINIMUM && isfinite (found.difference);
  if (found.known)
    resample (units, n_units, seed, &found);
  return found;
}

GenPairedDifference
gen_paired_difference_of_parts (double before, double after,
    const double before_parts[GEN_PAIRED_PARTS], const double after_parts[GEN_PAIRED_PARTS])
{
  GenPairedDifference found = { FALSE, after - before, NAN, NAN };
  double squares = 0, reach;

  for (guint i = 0; i < GEN_PAIRED_PARTS; i++) {
    const double apart = after_parts[i] - before_parts[i] - found.difference;

    squares += apart * apart;
  }
  found.known = isfinite (squares);
  if (!found.known)
    return found;
  reach = STUDENT * sqrt (squares / (GEN_PAIRED_PARTS * (GEN_PAIRED_PARTS - 1)));
  found.low = found.difference - reach;
  found.high = found.difference + reach;
  return found;
}

const char *
gen_paired_difference_verdict (const GenPairedDifference *difference, GenBetter better)
{
  const gboolean higher = difference->low > 0;

  if (!difference->known)
    return "";
  if (!higher && !(difference->high < 0))
    return "no difference";
  if (better == GEN_BETTER_NEITHER)
    return "changed";
  return higher == (better == GEN_BETTER_HIGHER) ? "better" : "worse";
}
