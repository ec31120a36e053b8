/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a new version takes the place of an old one: what is decided of figures that are drawn,
 * how often that is wrong where one looks after each value, and who gets which version. */
#include <glib.h>
#include <math.h>
#include <string.h>

#include "../../lib/serve/confidence-sequence.h"
#include "../../lib/serve/rollout.h"

#define SECOND G_USEC_PER_SEC

static const GenRolloutRules rules = {
  .share = 0.5,
  .least = 20,
  .confidence = 0.95,
  .limit = 1000 * SECOND,
  .at_limit = GEN_ROLLOUT_ROLL_BACK,
  .failures = 3,
};

/* Of the normal distribution (Box and Muller). */
static double
draw (GRand *rand)
{
  const double radius = sqrt (-2 * log (1 - g_rand_double (rand)));

  return radius * cos (2 * G_PI * g_rand_double (rand));
}

/* Give both sides values until it is decided, or there were `most` of each. */
static GenRolloutDecision
roll_out (const GenRolloutFigure *figure, double gain, guint most, guint32 seed, guint *taken)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (GenRollout) rollout = gen_rollout_new (&rules, figure, 1, 0);
  const double sign = figure->lower_is_better ? -1 : 1;

  for (*taken = 1; *taken <= most; (*taken)++) {
    GenRolloutDecision decision;

    gen_rollout_add (rollout, GEN_ROLLOUT_STABLE, 0, 10 + draw (rand));
    gen_rollout_add (rollout, GEN_ROLLOUT_CANDIDATE, 0, 10 + sign * gain + draw (rand));
    decision = gen_rollout_decide (rollout, SECOND, NULL);
    if (decision != GEN_ROLLOUT_WAIT)
      return decision;
  }
  return GEN_ROLLOUT_WAIT;
}

/* A version that is as good is promoted, one that is worse by more than is allowed is not,
 * whichever way the figure goes. */
static void
test_decides (void)
{
  for (int lower = 0; lower < 2; lower++) {
    const GenRolloutFigure figure = { .name = "figure", .lower_is_better = lower, .tolerance = 1 };
    guint taken;

    g_assert_cmpint (roll_out (&figure, 0, 2000, 1, &taken), ==, GEN_ROLLOUT_PROMOTE);
    g_assert_cmpuint (taken, >=, rules.least);
    g_assert_cmpint (roll_out (&figure, -3, 2000, 2, &taken), ==, GEN_ROLLOUT_ROLL_BACK);
    g_assert_cmpuint (taken, <, 100);
    g_assert_cmpint (roll_out (&figure, 3, 2000, 3, &taken), ==, GEN_ROLLOUT_PROMOTE);
  }
}

/* Looked at after each of 1,000 values, no more decisions are wrong than the confidence allows. A
 * t-test would promote about a third of the versions that are worse by just what is allowed. */
static void
test_wrong_decisions (void)
{
  const GenRolloutFigure figure = { .name = "figure", .tolerance = 0.5 };
  const guint trials = 400;
  guint promoted = 0, rolled_back = 0, taken;

  for (guint i = 0; i < trials; i++) {
    promoted += roll_out (&figure, -0.5, 1000, 100 + i, &taken) == GEN_ROLLOUT_PROMOTE;
    rolled_back += roll_out (&figure, -0.49, 1000, 5000 + i, &taken) == GEN_ROLLOUT_ROLL_BACK;
  }
  g_assert_cmpuint (promoted, <=, trials / 20);
  g_assert_cmpuint (rolled_back, <=, trials / 20);
}

static gboolean
holds (const GenRunningMean *mean, gboolean is_share, double alpha, double truth)
{
  double lower, upper;

  gen_running_mean_interval (mean, is_share, alpha, 20, &lower, &upper);
  return lower <= truth && truth <= upper;
}

/* An interval holds the true mean at all looks, as often as it says. */
static void
test_covers (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  guint missed = 0;

  for (int trial = 0; trial < 400; trial++) {
    GenRunningMean mean = { 0 };
    gboolean misses = FALSE;

    for (int i = 0; i < 1000; i++) {
      gen_running_mean_add (&mean, g_rand_double (rand) < 0.1);
      misses |= !holds (&mean, TRUE, 0.1, 0.1);
    }
    missed += misses;
  }
  g_assert_cmpuint (missed, <=, 40);
}

static double
width_of (const GenRunningMean *mean, gboolean is_share, double alpha)
{
  double lower, upper;

  gen_running_mean_interval (mean, is_share, alpha, 10, &lower, &upper);
  return upper - lower;
}

static void
test_width (void)
{
  GenRunningMean mean = { 0 };

  g_assert_cmpfloat (width_of (&mean, TRUE, 0.05), ==, 1);
  g_assert_true (isinf (width_of (&mean, FALSE, 0.05)));
  for (int share = 0; share < 2; share++) {
    double width = INFINITY;

    mean = (GenRunningMean){ 0 };
    for (int i = 0; i < 1000; i++) {
      gen_running_mean_add (&mean, i % 2);
      if (i % 100 != 99)
        continue;
      g_assert_cmpfloat (width_of (&mean, share, 0.05), <, width);
      width = width_of (&mean, share, 0.05);
    }
    g_assert_cmpfloat_with_epsilon (mean.mean, 0.5, 1e-12);
    /* Less sure, and so narrower. */
    g_assert_cmpfloat (width_of (&mean, share, 0.5), <, width);
    /* A thousand fair values: Student's interval is 0.062 wide, and one for all looks not much more
     * than twice that. */
    g_assert_cmpfloat (width, >, 0.062);
    g_assert_cmpfloat (width, <, 0.15);
  }
}

/* Shares that have not failed yet may. */
static void
test_no_failure_yet (void)
{
  const GenRolloutFigure figure = {
    .name = "errors", .lower_is_better = TRUE, .is_share = TRUE, .tolerance = 0.02
  };
  g_autoptr (GenRollout) rollout = gen_rollout_new (&rules, &figure, 1, 0);

  for (guint i = 0; i < 30; i++)
    for (int side = 0; side < GEN_ROLLOUT_SIDES; side++)
      gen_rollout_add (rollout, side, 0, 0);
  g_assert_cmpint (gen_rollout_decide (rollout, 0, NULL), ==, GEN_ROLLOUT_WAIT);
  for (guint i = 0; i < 5000; i++)
    for (int side = 0; side < GEN_ROLLOUT_SIDES; side++)
      gen_rollout_add (rollout, side, 0, 0);
  g_assert_cmpint (gen_rollout_decide (rollout, 0, NULL), ==, GEN_ROLLOUT_PROMOTE);
}

static void
test_failures (void)
{
  const GenRolloutFigure figure = { .name = "figure", .tolerance = 1 };
  g_autoptr (GenRollout) rollout = gen_rollout_new (&rules, &figure, 1, 0);
  g_autofree char *reason = NULL;

  gen_rollout_note (rollout, TRUE);
  gen_rollout_note (rollout, TRUE);
  gen_rollout_note (rollout, FALSE);
  gen_rollout_note (rollout, TRUE);
  gen_rollout_note (rollout, TRUE);
  g_assert_cmpint (gen_rollout_decide (rollout, 0, NULL), ==, GEN_ROLLOUT_WAIT);
  gen_rollout_note (rollout, TRUE);
  g_assert_cmpint (gen_rollout_decide (rollout, 0, &reason), ==, GEN_ROLLOUT_ROLL_BACK);
  g_assert_nonnull (strstr (reason, "3 sessions"));
}

/* One bad figure outweighs good ones; what decides nothing is only told. */
static void
test_figures (void)
{
  const GenRolloutFigure figures[] = {
    { .name = "score", .tolerance = 0.5 },
    { .name = "latency", .lower_is_better = TRUE, .relative = TRUE, .tolerance = 0.2 },
    { .name = "told", .tolerance = G_MAXDOUBLE },
  };
  g_autoptr (GenRollout) rollout = gen_rollout_new (&rules, figures, 3, 0);
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);
  g_autofree char *reason = NULL;
  GenRolloutComparison comparison;

  for (guint i = 0; i < 500; i++)
    for (int side = 0; side < GEN_ROLLOUT_SIDES; side++) {
      const gboolean candidate = side == GEN_ROLLOUT_CANDIDATE;

      gen_rollout_add (rollout, side, 0, (candidate ? 5 : 4) + 0.1 * draw (rand));
      gen_rollout_add (rollout, side, 1, (candidate ? 15 : 10) + 0.1 * draw (rand));
      gen_rollout_add (rollout, side, 2, candidate ? 0 : 100);
      gen_rollout_add (rollout, side, 0, NAN);
    }
  g_assert_cmpint (gen_rollout_decide (rollout, 0, &reason), ==, GEN_ROLLOUT_ROLL_BACK);
  g_assert_nonnull (strstr (reason, "latency"));

  g_assert_cmpuint (gen_rollout_count (rollout), ==, 3);
  gen_rollout_compare (rollout, 0, &comparison);
  g_assert_cmpuint (comparison.n[GEN_ROLLOUT_STABLE], ==, 500);
  g_assert_cmpfloat_with_epsilon (comparison.gain, 1, 0.05);
  g_assert_cmpfloat (comparison.lower, <, comparison.gain);
  g_assert_cmpfloat (comparison.confidence, >, 0.999);
  gen_rollout_compare (rollout, 1, &comparison);
  g_assert_cmpfloat_with_epsilon (comparison.gain, -5, 0.05);
  g_assert_cmpfloat_with_epsilon (comparison.tolerance, 2, 0.05);
}

/* Nothing is known before values have come, and time goes by. */
static void
test_limit (void)
{
  const GenRolloutFigure figure = { .name = "figure", .tolerance = 1 };
  g_autoptr (GenRollout) rollout = gen_rollout_new (&rules, &figure, 1, 10 * SECOND);
  g_autoptr (GenRollout) bare = gen_rollout_new (&rules, NULL, 0, 0);
  g_autofree char *reason = NULL;
  GenRolloutComparison comparison;

  gen_rollout_compare (rollout, 0, &comparison);
  g_assert_true (isnan (comparison.gain) && isinf (comparison.lower) && isinf (comparison.upper));
  g_assert_cmpfloat (comparison.confidence, ==, 0);
  g_assert_cmpint (gen_rollout_decide (rollout, 1009 * SECOND, NULL), ==, GEN_ROLLOUT_WAIT);
  g_assert_cmpint (gen_rollout_decide (rollout, 1010 * SECOND, &reason), ==, GEN_ROLLOUT_ROLL_BACK);
  g_assert_true (g_str_has_prefix (reason, "time is up"));
  g_clear_pointer (&reason, g_free);
  gen_rollout_decide (rollout, 1009 * SECOND, &reason);
  g_assert_nonnull (strstr (reason, "too few to compare"));
  g_assert_cmpint (gen_rollout_decide (bare, 0, NULL), ==, GEN_ROLLOUT_WAIT);
  g_assert_cmpint (gen_rollout_decide (bare, 1000 * SECOND, NULL), ==, GEN_ROLLOUT_ROLL_BACK);
}

/* A session keeps its version, also as the share grows; the share is about what it should be; and
 * another candidate is tried on other sessions. */
static void
test_choose (void)
{
  guint first = 0, both = 0;

  for (guint i = 0; i < 10000; i++) {
    g_autofree char *session = g_strdup_printf ("session-%u", i);
    const gboolean one = gen_rollout_choose (0.1, session, "3") == GEN_ROLLOUT_CANDIDATE;

    g_assert_cmpint (gen_rollout_choose (0, session, "3"), ==, GEN_ROLLOUT_STABLE);
    g_assert_cmpint (gen_rollout_choose (1, session, "3"), ==, GEN_ROLLOUT_CANDIDATE);
    g_assert_true (!one || gen_rollout_choose (0.2, session, "3") == GEN_ROLLOUT_CANDIDATE);
    first += one;
    both += one && gen_rollout_choose (0.1, session, "4") == GEN_ROLLOUT_CANDIDATE;
  }
  g_assert_cmpuint (first, >, 900);
  g_assert_cmpuint (first, <, 1100);
  g_assert_cmpuint (both, >, 60);
  g_assert_cmpuint (both, <, 150);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rollout/decides", test_decides);
  g_test_add_func ("/rollout/wrong-decisions", test_wrong_decisions);
  g_test_add_func ("/rollout/covers", test_covers);
  g_test_add_func ("/rollout/width", test_width);
  g_test_add_func ("/rollout/no-failure-yet", test_no_failure_yet);
  g_test_add_func ("/rollout/failures", test_failures);
  g_test_add_func ("/rollout/figures", test_figures);
  g_test_add_func ("/rollout/limit", test_limit);
  g_test_add_func ("/rollout/choose", test_choose);
  return g_test_run ();
}
