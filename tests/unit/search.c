/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Searches: the order of jobs beside algorithm 2 of Li et al. 2020, written down a second time here
 * as the paper has it, with workers that end in any order; going on; and what is drawn. */
#include <generative/random.h>
#include <generative/search.h>
#include <math.h>
#include <string.h>

#define MOST_TRIALS 128

/* --- the paper's algorithm --- */

typedef struct {
  guint n_trials, most, n_rungs, reduction;
  double losses[GEN_SEARCH_MOST_RUNGS][MOST_TRIALS]; /* NaN: not in the rung */
  gboolean promoted[GEN_SEARCH_MOST_RUNGS][MOST_TRIALS];
} Paper;

static void
paper_init (Paper *paper, guint most, guint n_rungs, guint reduction)
{
  *paper = (Paper){ 0, most, n_rungs, reduction, { { 0 } }, { { 0 } } };
  for (guint k = 0; k < n_rungs; k++)
    for (guint t = 0; t < MOST_TRIALS; t++)
      paper->losses[k][t] = NAN;
}

static gboolean
paper_get_job (Paper *paper, GenSearchJob *job)
{
  for (int k = (int)paper->n_rungs - 2; k >= 0; k--) {
    guint order[MOST_TRIALS], n = 0;

    for (guint t = 0; t < paper->n_trials; t++) {
      guint i = n;

      if (isnan (paper->losses[k][t]))
        continue;
      for (; i > 0 && paper->losses[k][order[i - 1]] > paper->losses[k][t]; i--)
        order[i] = order[i - 1];
      order[i] = t;
      n++;
    }
    for (guint i = 0; i < n / paper->reduction; i++)
      if (!paper->promoted[k][order[i]] && isfinite (paper->losses[k][order[i]])) {
        paper->promoted[k][order[i]] = TRUE;
        *job = (GenSearchJob){ order[i], (guint)k + 1 };
        return TRUE;
      }
  }
  if (paper->n_trials == paper->most)
    return FALSE;
  *job = (GenSearchJob){ paper->n_trials++, 0 };
  return TRUE;
}

/* A loss that falls as a trial goes on, not always in the same order; some are no number. */
static double
loss_of (guint64 seed, guint trial, guint rung)
{
  const GenRandom random = gen_random_new (seed, "test-losses", 0);
  float numbers[2];

  gen_random_uniform (&random, trial, 0, &numbers[0], 1);
  gen_random_uniform (&random, trial, rung + 1, &numbers[1], 1);
  if (numbers[1] < 0.05f)
    return NAN;
  /* Some are equal. */
  return floor (20 * (numbers[0] + 0.3 * numbers[1])) / 20 / (rung + 1);
}

static void
compare (guint64 seed, guint most, guint n_rungs, guint reduction, guint workers)
{
  const GenRandom random = gen_random_new (seed, "test-workers", 0);
  g_autoptr (GenSearch) search = gen_search_new (most, n_rungs, reduction);
  g_autofree Paper *paper = g_new (Paper, 1);
  GenSearchJob running[16], job, of_paper;
  guint n = 0, done = 0;

  paper_init (paper, most, n_rungs, reduction);
  for (;;) {
    guint ended;
    double loss;

    while (n < workers) {
      const gboolean is = gen_search_next (search, &job);

      g_assert_cmpint (is, ==, paper_get_job (paper, &of_paper));
      if (!is)
        break;
      g_assert_cmpuint (job.trial, ==, of_paper.trial);
      g_assert_cmpuint (job.rung, ==, of_paper.rung);
      running[n++] = job;
    }
    if (n == 0)
      break;
    ended = gen_random_below (&random, done++, 0, n);
    job = running[ended];
    running[ended] = running[--n];
    loss = loss_of (seed, job.trial, job.rung);
    gen_search_tell (search, job.trial, job.rung, loss);
    paper->losses[job.rung][job.trial] = isnan (loss) ? INFINITY : loss;
  }
  g_assert_cmpuint (gen_search_n_trials (search), ==, most);
}

static void
test_paper (void)
{
  for (guint64 seed = 0; seed < 40; seed++)
    for (guint workers = 1; workers <= 9; workers += 4) {
      compare (seed, 27, 4, 3, workers);
      compare (seed, 64, 4, 4, workers);
      compare (seed, 33, 5, 2, workers);
      compare (seed, 10, 1, 3, workers);
    }
}

/* By hand, 9 trials of r = 1, R = 9 and a reduction of 3, one worker: later trials are better, so
 * that each of them is promoted as soon as it is among the best third of its rung. */
static void
test_by_hand (void)
{
  static const double losses[] = { 0.9, 0.5, 0.7, 0.4, 0.8, 0.6, 0.3, 0.2, 0.1 };
  static const GenSearchJob wanted[] = { { 0, 0 }, { 1, 0 }, { 2, 0 }, /* 3 in rung 0: 1 goes on */
    { 1, 1 }, { 3, 0 },                                                /* of 4 it is 3 */
    { 3, 1 }, { 4, 0 }, { 5, 0 }, { 6, 0 },                            /* of 7 two: 6 and 3 */
    { 6, 1 },                                                          /* 3 in rung 1 */
    { 6, 2 }, { 7, 0 }, { 7, 1 }, { 7, 2 }, { 8, 0 }, { 8, 1 }, { 8, 2 } };
  g_autoptr (GenSearch) search = gen_search_new (9, 3, 3);
  GenSearchJob job;
  guint of;

  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++) {
    g_assert_true (gen_search_next (search, &job));
    g_test_message ("%u %u", job.trial, job.rung);
    g_assert_cmpuint (job.trial, ==, wanted[i].trial);
    g_assert_cmpuint (job.rung, ==, wanted[i].rung);
    gen_search_tell (search, job.trial, job.rung, losses[job.trial]);
  }
  g_assert_false (gen_search_next (search, &job));
  g_assert_true (gen_search_best (search, &job));
  g_assert_cmpuint (job.trial, ==, 8);
  g_assert_cmpuint (job.rung, ==, 2);
  g_assert_cmpuint (gen_search_place (search, 5, 0, &of), ==, 6);
  g_assert_cmpuint (of, ==, 9);
}

/* Interrupted after any number of jobs and gone on with, the same jobs follow, and that which was
 * interrupted comes first. */
static void
test_restored (void)
{
  enum { JOBS = 27 * 4 };
  GenSearchJob all[JOBS];
  guint n_jobs = JOBS;

  for (guint cut = 0; cut < n_jobs; cut++) {
    g_autoptr (GenSearch) search = gen_search_new (27, 4, 3);
    double losses[27][4];
    guint told[27] = { 0 }, begun[27] = { 0 };
    GenSearchJob job;

    for (guint i = 0; i < n_jobs; i++) {
      if (i == cut && cut > 0) {
        const guint n = gen_search_n_trials (search);

        gen_search_free (search);
        search = gen_search_new (27, 4, 3);
        begun[all[i].trial] = all[i].rung + 1; /* and was killed */
        for (guint t = 0; t < MAX (n, all[i].trial + 1); t++)
          gen_search_restore (search, losses[t], told[t], begun[t] > told[t]);
      }
      if (!gen_search_next (search, &job)) {
        g_assert_cmpuint (cut, ==, 0);
        n_jobs = i;
        break;
      }
      if (cut == 0)
        all[i] = job;
      g_assert_cmpuint (job.trial, ==, all[i].trial);
      g_assert_cmpuint (job.rung, ==, all[i].rung);
      losses[job.trial][job.rung] = job.trial % 5 + 0.01 * job.trial;
      begun[job.trial] = told[job.trial] = job.rung + 1;
      gen_search_tell (search, job.trial, job.rung, losses[job.trial][job.rung]);
    }
    g_assert_false (gen_search_next (search, &job));
  }
  g_assert_cmpuint (n_jobs, >, 27 + 9);
}

/* What is no number is the last of its rung, counts there, and is never the best. */
static void
test_diverged (void)
{
  g_autoptr (GenSearch) search = gen_search_new (3, 2, 3);
  GenSearchJob job;
  guint of;

  for (guint i = 0; i < 3; i++) {
    g_assert_true (gen_search_next (search, &job));
    gen_search_tell (search, i, 0, i == 1 ? -INFINITY : NAN);
  }
  g_assert_false (gen_search_next (search, &job)); /* the one that may go on has no loss */
  g_assert_false (gen_search_best (search, &job));
  g_assert_cmpuint (gen_search_place (search, 2, 0, &of), ==, 3);
  g_assert_cmpuint (of, ==, 3);
}

static void
test_rungs (void)
{
  guint64 steps[GEN_SEARCH_MOST_RUNGS];

  g_assert_cmpuint (gen_search_rungs (1, 9, 3, steps), ==, 3);
  g_assert_cmpuint (steps[0], ==, 1);
  g_assert_cmpuint (steps[1], ==, 3);
  g_assert_cmpuint (steps[2], ==, 9);
  g_assert_cmpuint (gen_search_rungs (40, 1000, 3, steps), ==, 3);
  g_assert_cmpuint (steps[1], ==, 120);
  g_assert_cmpuint (steps[2], ==, 1000);
  g_assert_cmpuint (gen_search_rungs (500, 1000, 3, steps), ==, 1);
  g_assert_cmpuint (steps[0], ==, 1000);
  g_assert_cmpuint (gen_search_rungs (1, G_MAXUINT64, 2, steps), ==, GEN_SEARCH_MOST_RUNGS);
  g_assert_cmpuint (steps[GEN_SEARCH_MOST_RUNGS - 1], ==, G_MAXUINT64);
}

/* --- what is drawn --- */

static void
test_grid (void)
{
  const GenSearchDimension dimensions[] = { { .n_values = 2 }, { .n_values = 3 } };
  double values[2];

  g_assert_cmpuint (gen_search_combinations (dimensions, 2), ==, 6);
  for (guint i = 0; i < 6; i++) {
    gen_search_place_in_grid (dimensions, 2, i, values);
    g_assert_cmpfloat (values[0], ==, i / 3);
    g_assert_cmpfloat (values[1], ==, i % 3);
  }
}

static void
test_values (void)
{
  const GenSearchDimension dimensions[] = { { .n_values = 4 }, { .n_values = 5 } };
  guint seen[20] = { 0 };
  gboolean ordered = TRUE;

  for (guint i = 0; i < 40; i++) {
    double values[2];
    guint place;

    gen_search_draw (dimensions, 2, 3, i, values);
    place = (guint)values[0] * 5 + (guint)values[1];
    ordered = ordered && place == i % 20;
    g_assert_cmpuint (seen[place]++, ==, i / 20); /* all of them before one comes again */
  }
  g_assert_false (ordered);
}

/* In ranges, evenly: a quarter of the numbers in each quarter, of the logarithms where these are
 * drawn; and each whole number as often as another. */
static void
test_ranges (void)
{
  const GenSearchDimension dimensions[] = { { 0, 1e-4, 1e-2, TRUE, FALSE },
    { 0, 2, 6, FALSE, FALSE }, { 0, 3, 6, FALSE, TRUE }, { 0, 1, 64, TRUE, TRUE },
    { .n_values = 2 } };
  guint counts[3][4] = { { 0 } }, low = 0, n_first = 0;

  g_assert_cmpuint (gen_search_combinations (dimensions, G_N_ELEMENTS (dimensions)), ==, 0);
  for (guint i = 0; i < 4000; i++) {
    double values[G_N_ELEMENTS (dimensions)], again[G_N_ELEMENTS (dimensions)];

    gen_search_draw (dimensions, G_N_ELEMENTS (dimensions), 5, i, values);
    gen_search_draw (dimensions, G_N_ELEMENTS (dimensions), 5, i, again);
    g_assert_cmpmem (values, sizeof values, again, sizeof again);
    for (guint d = 0; d < 4; d++) {
      g_assert_cmpfloat (values[d], >=, dimensions[d].least);
      g_assert_cmpfloat (values[d], <=, dimensions[d].greatest);
      g_assert_true (!dimensions[d].whole || values[d] == floor (values[d]));
    }
    counts[0][(guint)MIN (4 * log (values[0] / 1e-4) / log (100), 3)]++;
    counts[1][(guint)MIN (values[1] - 2, 3)]++;
    counts[2][(guint)values[2] - 3]++;
    low += values[3] <= 8;
    n_first += values[4] == 0;
  }
  for (guint d = 0; d < 3; d++)
    for (guint i = 0; i < 4; i++)
      g_assert_cmpfloat_with_epsilon (counts[d][i], 1000, 120); /* over 4 standard deviations */
  g_assert_cmpfloat_with_epsilon (n_first, 2000, 130);
  /* log (8.5 / 0.5) / log (64.5 / 0.5) of them. */
  g_assert_cmpfloat_with_epsilon (low, 4000 * log (17) / log (129), 130);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/search/paper", test_paper);
  g_test_add_func ("/search/by-hand", test_by_hand);
  g_test_add_func ("/search/restored", test_restored);
  g_test_add_func ("/search/diverged", test_diverged);
  g_test_add_func ("/search/rungs", test_rungs);
  g_test_add_func ("/search/grid", test_grid);
  g_test_add_func ("/search/values", test_values);
  g_test_add_func ("/search/ranges", test_ranges);
  return g_test_run ();
}
