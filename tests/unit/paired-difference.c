/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Intervals of differences against those that numpy's quantiles of 200,000 resamples and scipy's t
 * have of the same figures, how often they miss, and what they say of too few and of no numbers. */
#include "../../lib/train/paired-difference.h"

#include <math.h>

#include <generative/random.h>

#define N 200

/* What the numbers below are of, in numpy:
 *   i = arange(200); before = (i * 37 % 101) / 101 + 0.5
 *   after = before - 0.05 + 0.3 * ((i * 53 % 97) / 97 - 0.5) */
static void
make_figures (float *before, float *after)
{
  for (guint i = 0; i < N; i++) {
    const double was = (double)(i * 37 % 101) / 101 + 0.5;

    before[i] = (float)was;
    after[i] = (float)(was - 0.05 + 0.3 * ((double)(i * 53 % 97) / 97 - 0.5));
  }
}

static void
test_numpy (void)
{
  float before[N], after[N];
  GenPairedDifference found, again, other;

  make_figures (before, after);
  found = gen_paired_difference_bootstrap (before, after, N, 1, 1, 1);
  g_assert_true (found.known);
  g_assert_cmpfloat_with_epsilon (found.difference, -0.05270618289709091, 1e-9);
  g_assert_cmpfloat_with_epsilon (found.low, -0.06472164, 1e-3);
  g_assert_cmpfloat_with_epsilon (found.high, -0.04067526, 1e-3);
  again = gen_paired_difference_bootstrap (before, after, N, 1, 1, 1);
  g_assert_cmpfloat (found.low, ==, again.low);
  g_assert_cmpfloat (found.high, ==, again.high);
  other = gen_paired_difference_bootstrap (before, after, N, 1, 1, 2);
  g_assert_cmpfloat (found.low, !=, other.low);
}

/* Twelve blocks of 16 and one of 8 are 13 units. */
static void
test_blocks (void)
{
  float before[N], after[N];
  GenPairedDifference found;

  make_figures (before, after);
  found = gen_paired_difference_bootstrap (before, after, N, 1, 16, 1);
  g_assert_true (found.known);
  g_assert_cmpfloat_with_epsilon (found.difference, -0.05270618289709091, 1e-9);
  g_assert_cmpfloat_with_epsilon (found.low, -0.05995069, 6e-4);
  g_assert_cmpfloat_with_epsilon (found.high, -0.04605967, 6e-4);
}

/* Figures that stand among others. */
static void
test_stride (void)
{
  float before[N], after[N], wide[2][3 * N] = { { 0 } };
  GenPairedDifference close, apart;

  make_figures (before, after);
  for (guint i = 0; i < N; i++) {
    wide[0][3 * i + 1] = before[i];
    wide[1][3 * i + 1] = after[i];
  }
  close = gen_paired_difference_bootstrap (before, after, N, 1, 1, 7);
  apart = gen_paired_difference_bootstrap (wide[0] + 1, wide[1] + 1, N, 3, 1, 7);
  g_assert_cmpfloat (close.low, ==, apart.low);
  g_assert_cmpfloat (close.high, ==, apart.high);
}

static void
test_parts (void)
{
  double before[GEN_PAIRED_PARTS] = { 3.1, 2.9, 3.3, 3.0, 3.4, 2.8, 3.05, 3.2 };
  const double after[GEN_PAIRED_PARTS] = { 2.5, 2.6, 2.4, 2.9, 2.7, 2.45, 2.55, 2.8 };
  GenPairedDifference found = gen_paired_difference_of_parts (2, 1.5, before, after);

  g_assert_true (found.known);
  g_assert_cmpfloat_with_epsilon (found.low, -0.5 - 0.21019615304031977, 1e-12);
  g_assert_cmpfloat_with_epsilon (found.high, -0.5 + 0.21019615304031977, 1e-12);
  before[3] = NAN;
  found = gen_paired_difference_of_parts (2, 1.5, before, after);
  g_assert_false (found.known);
}

/* Of nets that are the same in truth, 5 % of the verdicts say otherwise. */
static void
test_coverage (void)
{
  const GenRandom random = gen_random_new (5, "test", 0);
  const float none[50] = { 0 };
  guint missed = 0;

  for (guint i = 0; i < 400; i++) {
    float noise[50];
    GenPairedDifference found;

    gen_random_normal (&random, i, 0, noise, 50);
    found = gen_paired_difference_bootstrap (none, noise, 50, 1, 1, i);
    missed += found.low > 0 || found.high < 0;
  }
  g_test_message ("%u of 400 missed", missed);
  g_assert_cmpuint (missed, >=, 8);
  g_assert_cmpuint (missed, <=, 36);
}

static void
test_verdicts (void)
{
  const GenPairedDifference less = { TRUE, -1, -2, -0.5 }, more = { TRUE, 1, 0.5, 2 };
  const GenPairedDifference either = { TRUE, 1, -0.5, 2 }, same = { TRUE, 0, 0, 0 };
  const GenPairedDifference unknown = { FALSE, 1, NAN, NAN };

  g_assert_cmpstr (gen_paired_difference_verdict (&less, GEN_BETTER_LOWER), ==, "better");
  g_assert_cmpstr (gen_paired_difference_verdict (&less, GEN_BETTER_HIGHER), ==, "worse");
  g_assert_cmpstr (gen_paired_difference_verdict (&more, GEN_BETTER_HIGHER), ==, "better");
  g_assert_cmpstr (gen_paired_difference_verdict (&more, GEN_BETTER_LOWER), ==, "worse");
  g_assert_cmpstr (gen_paired_difference_verdict (&more, GEN_BETTER_NEITHER), ==, "changed");
  g_assert_cmpstr (gen_paired_difference_verdict (&either, GEN_BETTER_LOWER), ==, "no difference");
  g_assert_cmpstr (gen_paired_difference_verdict (&same, GEN_BETTER_LOWER), ==, "no difference");
  g_assert_cmpstr (gen_paired_difference_verdict (&unknown, GEN_BETTER_LOWER), ==, "");
}

/* Too few, none, no numbers, and no blocks. */
static void
test_unknown (void)
{
  float before[N], after[N];

  make_figures (before, after);
  g_assert_false (
      gen_paired_difference_bootstrap (before, after, GEN_PAIRED_MINIMUM - 1, 1, 1, 1).known);
  g_assert_true (
      gen_paired_difference_bootstrap (before, after, GEN_PAIRED_MINIMUM, 1, 1, 1).known);
  g_assert_false (gen_paired_difference_bootstrap (before, after, 0, 1, 1, 1).known);
  g_assert_false (gen_paired_difference_bootstrap (before, after, N, 1, 0, 1).known);
  g_assert_false (gen_paired_difference_bootstrap (before, after, N, 1, N, 1).known);
  after[17] = NAN;
  g_assert_false (gen_paired_difference_bootstrap (before, after, N, 1, 1, 1).known);
  after[17] = INFINITY;
  g_assert_false (gen_paired_difference_bootstrap (before, after, N, 1, 1, 1).known);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/paired-difference/numpy", test_numpy);
  g_test_add_func ("/paired-difference/blocks", test_blocks);
  g_test_add_func ("/paired-difference/stride", test_stride);
  g_test_add_func ("/paired-difference/parts", test_parts);
  g_test_add_func ("/paired-difference/coverage", test_coverage);
  g_test_add_func ("/paired-difference/verdicts", test_verdicts);
  g_test_add_func ("/paired-difference/unknown", test_unknown);
  return g_test_run ();
}
