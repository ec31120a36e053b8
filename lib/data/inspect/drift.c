/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How two samples of a measure differ. */
#include "inspect-private.h"

#include <math.h>
#include <stdlib.h>

#define BINS 10
/* A share that stands for none, so that its logarithm is one. */
#define LEAST_SHARE 1e-4
#define TERMS 100

static int
compare (const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* The greatest difference of two empirical distributions. */
static double
greatest_difference (const double *a, gsize n_a, const double *b, gsize n_b)
{
  gsize i = 0, k = 0;
  double most = 0;

  while (i < n_a && k < n_b) {
    const double at = fmin (a[i], b[k]);

    while (i < n_a && a[i] <= at)
      i++;
    while (k < n_b && b[k] <= at)
      k++;
    most = fmax (most, fabs ((double)i / (double)n_a - (double)k / (double)n_b));
  }
  return most;
}

/* Kolmogorov's distribution from `x` on: 2 sum (-1)^(j-1) exp (-2 j² x²), or near 0 its other
 * series, which converges there. */
static double
kolmogorov (double x)
{
  double sum = 0;

  if (x <= 0)
    return 1;
  if (x < 1) {
    for (int j = 1; j <= TERMS; j += 2)
      sum += exp (-j * j * G_PI * G_PI / (8 * x * x));
    return 1 - sqrt (2 * G_PI) / x * sum;
  }
  for (int j = 1; j <= TERMS; j++)
    sum += (j % 2 != 0 ? 2 : -2) * exp (-2.0 * j * j * x * x);
  return CLAMP (sum, 0, 1);
}

/* How many numbers of a sorted list are at most `limit`. */
static gsize
count_up_to (const double *sorted, gsize n, double limit)
{
  gsize low = 0, high = n;

  while (low < high) {
    const gsize middle = low + (high - low) / 2;

    if (sorted[middle] <= limit)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Sum over bins of (q - p) ln (q / p). Borders that fall together make no bin of their own. */
static double
stability_of (const double *a, gsize n_a, const double *b, gsize n_b)
{
  gsize before_a = 0, before_b = 0;
  double sum = 0;

  for (int i = 1; i <= BINS; i++) {
    const double border = i < BINS ? a[(n_a * (gsize)i - 1) / BINS] : INFINITY;
    const gsize up_to_a = count_up_to (a, n_a, border), up_to_b = count_up_to (b, n_b, border);
    const double p = fmax ((double)(up_to_a - before_a) / (double)n_a, LEAST_SHARE);
    const double q = fmax ((double)(up_to_b - before_b) / (double)n_b, LEAST_SHARE);

    sum += (q - p) * log (q / p);
    before_a = up_to_a;
    before_b = up_to_b;
  }
  return sum;
}

GenDrift
gen_drift (double *a, gsize n_a, double *b, gsize n_b)
{
  GenDrift drift = { .probability = 1 };
  double root;

  if (n_a == 0 || n_b == 0)
    return drift;
  qsort (a, n_a, sizeof *a, compare);
  qsort (b, n_b, sizeof *b, compare);
  drift.statistic = greatest_difference (a, n_a, b, n_b);
  drift.stability = stability_of (a, n_a, b, n_b);
  root = sqrt ((double)n_a * (double)n_b / (double)(n_a + n_b));
  drift.probability = kolmogorov ((root + 0.12 + 0.11 / root) * drift.statistic);
  return drift;
}
