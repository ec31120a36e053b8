/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How often groups that are alike are called worse, and groups that are not. Numbers beside scipy's
 * are in bias_peers.py. */
#include <generative/group-differences.h>
#include <generative/random.h>

#include <math.h>

#define RUNS 500
#define MANY 600
#define FEW 40

/* Of RUNS times two groups of normal numbers, how often one is worse at 95%. */
static guint
count_worse (double mean, double spread_of_few)
{
  guint worse = 0;

  for (guint run = 0; run < RUNS; run++) {
    const GenRandom random = gen_random_new (run, "groups", 0);
    GenGroupSettings settings = GEN_GROUP_SETTINGS_DEFAULTS;
    float normal[MANY + FEW];
    double many[MANY], few[FEW];
    const GenGroup groups[] = { { .name = "many", .values = many, .n = MANY },
      { .name = "few", .values = few, .n = FEW } };
    GenGroupResult results[2];
    GenGroupResult *const both[] = { &results[0], &results[1] };

    settings.resamples = 10;
    settings.permutations = 399;
    settings.seed = run;
    gen_random_normal (&random, 0, 0, normal, MANY + FEW);
    for (guint i = 0; i < MANY; i++)
      many[i] = normal[i];
    for (guint i = 0; i < FEW; i++)
      few[i] = mean + spread_of_few * normal[MANY + i];
    gen_groups_compare (groups, 2, GEN_BETTER_HIGHER, &settings, results);
    gen_groups_judge (both, 2, &settings);
    worse += results[0].verdict == GEN_GROUP_WORSE || results[1].verdict == GEN_GROUP_WORSE;
  }
  g_test_message ("%u of %d are worse", worse, RUNS);
  return worse;
}

/* 5% are asked for, which 500 runs tell to 1%. Where the few are spread five times as far it is 8%
 * (of 3,000 runs): what is dealt anew has few of their values, and these far out. */
static void
test_alike (void)
{
  static const struct {
    double spread;
    guint least, most;
  } cases[] = { { 5, 10, 60 }, { 1, 10, 40 }, { 0.2, 10, 40 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const guint worse = count_worse (0, cases[i].spread);

    g_assert_cmpuint (worse, >=, cases[i].least);
    g_assert_cmpuint (worse, <=, cases[i].most);
  }
}

static void
test_worse (void)
{
  g_assert_cmpuint (count_worse (-4, 5), >=, RUNS - 5);
}

/* One group of the same zero has the exact interval where all are zeros and ones, and none where
 * they are not. */
static void
test_constant (void)
{
  const GenGroupSettings settings = { .confidence = 0.95, .resamples = 10, .permutations = 19 };
  const double zeros[] = { 0, 0, 0, 0 };
  double others[] = { 1, 0, 1, 1 };
  const GenGroup groups[] = { { .name = "zeros", .values = zeros, .n = 4 },
    { .name = "others", .values = others, .n = 4 } };
  GenGroupResult results[2];

  gen_groups_compare (groups, 2, GEN_BETTER_LOWER, &settings, results);
  g_assert_cmpfloat (results[0].lower, ==, 0);
  g_assert_cmpfloat_with_epsilon (results[0].upper, 1 - pow (0.025, 0.25), 1e-12);
  others[0] = 17.5;
  gen_groups_compare (groups, 2, GEN_BETTER_LOWER, &settings, results);
  g_assert_true (isnan (results[0].lower));
  g_assert_true (isnan (results[0].upper));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/group-differences/alike", test_alike);
  g_test_add_func ("/group-differences/worse", test_worse);
  g_test_add_func ("/group-differences/constant", test_constant);
  return g_test_run ();
}
