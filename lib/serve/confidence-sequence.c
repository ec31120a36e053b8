/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "confidence-sequence.h"

#include <math.h>

void
gen_running_mean_add (GenRunningMean *mean, double value)
{
  const double off = value - mean->mean;

  mean->n++;
  mean->mean += off / (double)mean->n;
  mean->squares += off * (value - mean->mean);
}

/* The logarithm of the beta function. */
static double
log_beta (double a, double b)
{
  return lgamma (a) + lgamma (b) - lgamma (a + b);
}

/* Of `n` values of which `ones` were 1: how much likelier these are by the mixture (Jeffreys'
 * prior) than if `share` were the true one; a logarithm. While that is true, it exceeds 1 / alpha
 * at any time with a chance of alpha at most (Ville's inequality). */
static double
evidence_against (double share, double ones, double n)
{
  return log_beta (ones + 0.5, n - ones + 0.5) - log_beta (0.5, 0.5) -
         (ones > 0 ? ones * log (share) : 0) - (ones < n ? (n - ones) * log1p (-share) : 0);
}

/* Where, between what is likely and what is not, the evidence passes `bound`. */
static double
find_end (double likely, double unlikely, double ones, double n, double bound)
{
  if (evidence_against (unlikely, ones, n) < bound)
    return unlikely;
  for (int i = 0; i < 60; i++) {
    const double between = (likely + unlikely) / 2;

    if (evidence_against (between, ones, n) < bound)
      likely = between;
    else
      unlikely = between;
  }
  return unlikely;
}

static void
share_interval (const GenRunningMean *mean, double alpha, double *lower, double *upper)
{
  const double n = (double)mean->n, ones = round (mean->mean * n);

  *lower = find_end (mean->mean, 0, ones, n, -log (alpha));
  *upper = find_end (mean->mean, 1, ones, n, -log (alpha));
}

void
gen_running_mean_interval (const GenRunningMean *mean, gboolean is_share, double alpha,
    guint planned, double *lower, double *upper)
{
  const double n = (double)mean->n;
  /* The mixture's variance that makes the interval narrowest at `planned` values, about. */
  const double about = -2 * log (alpha);
  const double mixture = (about + log (about + 1)) / MAX (planned, 1);
  const double inner = n * mixture + 1;
  double half;

  if (is_share) {
    share_interval (mean, alpha, lower, upper);
    return;
  }
  half = mean->n < 2 ? INFINITY
                     : sqrt (mean->squares / (n - 1) * 2 * inner / (n * n * mixture) *
                             log (sqrt (inner) / alpha));
  *lower = mean->mean - half;
  *upper = mean->mean + half;
}
