/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ranges that are chosen for bytes, of numbers whose best ranges are known. */
#include <generative/quantize.h>
#include <generative/random.h>

#include <math.h>

#define N 200000

/* Standard normal numbers, and perhaps a few that lie far out. */
static void
fill (GenHistogram *h, double deviation, double outlier)
{
  const GenRandom random = gen_random_new (1, "ranges", 0);
  g_autofree float *x = g_new (float, N);
  double width;

  *h = (GenHistogram){ .low = INFINITY, .high = -INFINITY };
  gen_random_normal (&random, 0, 0, x, N);
  for (int i = 0; i < N; i++)
    x[i] *= (float)deviation;
  x[N / 2] = (float)outlier;
  for (int i = 0; i < N; i++) {
    h->low = MIN (h->low, (double)x[i]);
    h->high = MAX (h->high, (double)x[i]);
  }
  width = (h->high - h->low) / GEN_HISTOGRAM_BINS;
  for (int i = 0; i < N; i++)
    h->bins[CLAMP ((int)(((double)x[i] - h->low) / width), 0, GEN_HISTOGRAM_BINS - 1)]++;
  h->n = N;
}

static void
test_min_max (void)
{
  g_autofree GenHistogram *h = g_new (GenHistogram, 1);
  double low, high;

  fill (h, 1, 20);
  gen_range_method_min_max.find (h, 99, FALSE, &low, &high);
  g_assert_cmpfloat (low, ==, h->low);
  g_assert_cmpfloat (high, ==, 20);
}

/* Of a normal distribution 98 % are within 2.326 deviations. */
static void
test_percentile (void)
{
  g_autofree GenHistogram *h = g_new (GenHistogram, 1);
  double low, high;

  fill (h, 3, 15);
  gen_range_method_percentile.find (h, 98, FALSE, &low, &high);
  g_assert_cmpfloat_with_epsilon (low, -3 * 2.326, 0.1);
  g_assert_cmpfloat_with_epsilon (high, 3 * 2.326, 0.1);
}

/* The range that loses least of 8 bits of a normal distribution, 3.92 deviations to each side
 * (Banner et al., "Post training 4-bit quantization of convolutional networks", 2019), which is
 * less than what was seen. */
static void
test_squared_error (void)
{
  for (int symmetric = 0; symmetric < 2; symmetric++) {
    g_autofree GenHistogram *h = g_new (GenHistogram, 1);
    double low, high;

    fill (h, 0.5, 2.6);
    g_assert_cmpfloat (h->high, >, 2.5);
    gen_range_method_squared_error.find (h, 99, symmetric, &low, &high);
    g_assert_cmpfloat_with_epsilon (low, -0.5 * 3.92, 0.15);
    g_assert_cmpfloat_with_epsilon (high, 0.5 * 3.92, 0.15);
  }
}

/* What lies far out is cut, and what is near by is not. */
static void
test_entropy (void)
{
  g_autofree GenHistogram *h = g_new (GenHistogram, 1);
  double low, high;

  fill (h, 1, 40);
  gen_range_method_entropy.find (h, 99, FALSE, &low, &high);
  g_assert_cmpfloat (high, <, 10);
  g_assert_cmpfloat (high, >, 2);
  g_assert_cmpfloat (low, <, -2);
  g_assert_cmpfloat (low, >=, h->low);
}

/* Numbers of one kind, of which there is no range, end in none of them. */
static void
test_constant (void)
{
  for (const GenRangeMethod *const *m = gen_range_method_list (); *m != NULL; m++)
    for (int i = -1; i <= 1; i++) {
      g_autofree GenHistogram *h = g_new0 (GenHistogram, 1);
      double low = NAN, high = NAN;

      h->low = h->high = i;
      h->bins[0] = h->n = 1000;
      (*m)->find (h, 99, FALSE, &low, &high);
      g_test_message ("%s of %d: %g to %g", (*m)->name, i, low, high);
      g_assert_true (isfinite (low) && isfinite (high) && low <= high);
      g_assert_cmpfloat (MIN (low, 0), <=, MAX (i, 0));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ranges-of-bytes/min-max", test_min_max);
  g_test_add_func ("/ranges-of-bytes/percentile", test_percentile);
  g_test_add_func ("/ranges-of-bytes/squared-error", test_squared_error);
  g_test_add_func ("/ranges-of-bytes/entropy", test_entropy);
  g_test_add_func ("/ranges-of-bytes/constant", test_constant);
  return g_test_run ();
}
