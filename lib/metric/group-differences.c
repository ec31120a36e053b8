/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <generative/group-differences.h>
#include <generative/random.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_RESAMPLES "group-resamples"
#define STREAM_PERMUTATIONS "group-permutations"
#define NOT_KNOWN ((double)NAN)
/* Values are drawn from one stream in blocks of so many. */
#define WORDS 4

const char *
gen_group_verdict_name (GenGroupVerdict verdict)
{
  static const char *const names[] = { [GEN_GROUP_TOO_FEW] = "too few samples",
    [GEN_GROUP_ALONE] = "nothing to compare with",
    [GEN_GROUP_BEST] = "best",
    [GEN_GROUP_NOT_TOLD_APART] = "not told apart",
    [GEN_GROUP_WORSE] = "worse" };

  return names[verdict];
}

/* --- chance --- */

/* Numbers one after the other, of draw `draw`. */
typedef struct {
  GenRandom random;
  guint64 draw, block;
  guint32 words[WORDS];
  guint used;
} Draws;

static void
draws_init (Draws *draws, const GenRandom *random, guint64 draw)
{
  *draws = (Draws){ .random = *random, .draw = draw, .used = WORDS };
}

/* A whole number below `bound`: what its places are unequal by is below bound / 2^32, which no
 * number of samples here shows. */
static guint32
draw_below (Draws *draws, guint32 bound)
{
  if (draws->used == WORDS) {
    gen_random_block (&draws->random, draws->draw, draws->block++, draws->words);
    draws->used = 0;
  }
  return (guint32)((guint64)draws->words[draws->used++] * bound >> 32);
}

/* --- intervals --- */

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* Of `n` sorted numbers, between two of them in proportion. */
static double
quantile_of (const double *sorted, guint n, double share)
{
  const double at = share * (n - 1);
  const guint low = (guint)at, high = MIN (low + 1, n - 1);

  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

static void
find_interval (double *numbers, const GenGroupSettings *settings, double *lower, double *upper)
{
  const double tail = (1 - settings->confidence) / 2;

  qsort (numbers, settings->resamples, sizeof *numbers, compare_numbers);
  *lower = quantile_of (numbers, settings->resamples, tail);
  *upper = quantile_of (numbers, settings->resamples, 1 - tail);
}

static double
mean_of (const double *values, guint n)
{
  double sum = 0;

  for (guint i = 0; i < n; i++)
    sum += values[i];
  return sum / n;
}

/* A mean, and the square of its error. */
typedef struct {
  double mean, square;
} Estimate;

static Estimate
estimate (const double *values, guint n)
{
  const double mean = mean_of (values, n);
  double squares = 0;

  for (guint i = 0; i < n; i++)
    squares += (values[i] - mean) * (values[i] - mean);
  return (Estimate){ mean, squares / (n - 1) / n };
}

static Estimate
estimate_group (const GenGroup *group)
{
  if (group->values != NULL && group->n > 1)
    return estimate (group->values, group->n);
  return (Estimate){ group->values != NULL && group->n > 0 ? group->values[0] : group->mean,
    group->standard_error * group->standard_error };
}

static gboolean
is_constant (const GenGroup *group)
{
  if (group->values == NULL)
    return group->standard_error == 0;
  for (guint i = 1; i < group->n; i++)
    if (group->values[i] != group->values[0])
      return FALSE;
  return TRUE;
}

/* A number of Student's t distribution, or of the normal one where `degrees` is 0. */
static double
draw_student (const GenRandom *random, guint64 draw, guint degrees)
{
  g_autofree float *normal = g_new (float, degrees + 1);
  double squares = 0;

  gen_random_normal (random, draw, 0, normal, degrees + 1);
  for (guint i = 1; i <= degrees; i++)
    squares += (double)normal[i] * normal[i];
  return degrees > 0 ? normal[0] / sqrt (squares / degrees) : (double)normal[0];
}

/* What the mean may be, where it and its error are known. */
static void
draw_means (const GenGroup *group, const GenRandom *random, guint n, double *means)
{
  for (guint r = 0; r < n; r++)
    means[r] = group->mean + group->standard_error * draw_student (random, r, group->degrees);
}

/* Means of samples drawn with replacement. Group number `number` has a stream of its own. */
static void
resample (const GenGroup *group, guint number, const GenGroupSettings *settings, double *means)
{
  const GenRandom random = gen_random_new (settings->seed, STREAM_RESAMPLES, number);

  if (group->values == NULL) {
    draw_means (group, &random, settings->resamples, means);
    return;
  }
  for (guint r = 0; r < settings->resamples; r++) {
    double sum = 0;
    Draws draws;

    draws_init (&draws, &random, r);
    for (guint i = 0; i < group->n; i++)
      sum += group->values[draw_below (&draws, group->n)];
    means[r] = sum / group->n;
  }
}

/* Of n times the same of zeros and ones: (tail / 2)^(1 / n) away from it (Clopper and Pearson). */
static void
find_constant_interval (
    const GenGroup *group, const GenGroupSettings *settings, GenGroupResult *result)
{
  const double reach = pow ((1 - settings->confidence) / 2, 1.0 / group->n);

  result->lower = group->values[0] == 1 ? reach : 0;
  result->upper = group->values[0] == 1 ? 1 : 1 - reach;
}

/* --- one figure --- */

/* A figure while its groups are compared. */
typedef struct {
  const GenGroup *groups;
  guint n, best;      /* n: there is none */
  double sign;        /* 1: higher is better; -1 */
  gboolean is_binary; /* all values are 0 or 1 */
  const GenGroupSettings *settings;
  double *means; /* of resamples, a row of them each group that has enough samples */
} Comparison;

static gboolean
has_enough (const Comparison *comparison, guint i)
{
  return comparison->groups[i].n >= MAX (comparison->settings->least, 2);
}

static gboolean
are_binary (const GenGroup *groups, guint n)
{
  for (guint i = 0; i < n; i++)
    for (guint k = 0; groups[i].values != NULL && k < groups[i].n; k++)
      if (groups[i].values[k] != 0 && groups[i].values[k] != 1)
        return FALSE;
  return TRUE;
}

static void
describe_group (Comparison *comparison, guint i, GenGroupResult *result)
{
  const GenGroupSettings *settings = comparison->settings;
  const GenGroup *group = &comparison->groups[i];
  double *means = comparison->means + (gsize)i * settings->resamples;

  *result = (GenGroupResult){ .lower = NOT_KNOWN,
    .upper = NOT_KNOWN,
    .difference = NOT_KNOWN,
    .difference_lower = NOT_KNOWN,
    .difference_upper = NOT_KNOWN,
    .p = NOT_KNOWN,
    .adjusted = NOT_KNOWN };
  result->mean = estimate_group (group).mean;
  if (!has_enough (comparison, i))
    return;
  resample (group, i, settings, means);
  if (group->values != NULL && is_constant (group)) {
    if (comparison->is_binary)
      find_constant_interval (group, settings, result);
    return;
  }
  {
    g_autofree double *sorted = g_memdup2 (means, settings->resamples * sizeof *means);

    find_interval (sorted, settings, &result->lower, &result->upper);
  }
}

static guint
find_best (const Comparison *comparison, const Estimate *estimates)
{
  guint best = comparison->n;

  for (guint i = 0; i < comparison->n; i++)
    if (has_enough (comparison, i) &&
        (best == comparison->n ||
            comparison->sign * (estimates[i].mean - estimates[best].mean) > 0))
      best = i;
  return best;
}

static void
find_difference (const Comparison *comparison, guint i, GenGroupResult *results)
{
  const GenGroupSettings *settings = comparison->settings;
  const double *of_best = comparison->means + (gsize)comparison->best * settings->resamples;
  const double *of_group = comparison->means + (gsize)i * settings->resamples;
  GenGroupResult *result = &results[i];
  g_autofree double *differences = g_new (double, settings->resamples);

  result->difference = comparison->sign * (results[comparison->best].mean - result->mean) + 0.0;
  if (i == comparison->best)
    return;
  for (guint r = 0; r < settings->resamples; r++)
    differences[r] = comparison->sign * (of_best[r] - of_group[r]);
  if (!is_constant (&comparison->groups[i]) || !is_constant (&comparison->groups[comparison->best]))
    find_interval (differences, settings, &result->difference_lower, &result->difference_upper);
}

/* Give all values to the groups anew. */
static void
shuffle (double *values, guint n, Draws *draws)
{
  for (guint i = n - 1; i > 0; i--) {
    const guint k = draw_below (draws, i + 1);
    const double value = values[i];

    values[i] = values[k];
    values[k] = value;
  }
}

/* By how many errors of both together a group is behind the best: where spreads differ, the means
 * of groups alone are not alike by chance. Sums of rounding must not make a tie a difference. */
static double
find_distance (const Comparison *comparison, const Estimate *best, const Estimate *group)
{
  const double difference = comparison->sign * (best->mean - group->mean);
  const double error = sqrt (best->square + group->square);

  if (difference <= 1e-12 * fmax (1, fabs (best->mean)))
    return 0;
  return difference < error * DBL_MAX ? difference / error : DBL_MAX;
}

static gboolean
is_as_far (double distance, double observed)
{
  return distance >= observed * (1 - 1e-12);
}

/* All values of groups that have enough, one group behind the other. (transfer full) */
static double *
pool (const Comparison *comparison, guint *total)
{
  double *values;
  guint at = 0;

  *total = 0;
  for (guint i = 0; i < comparison->n; i++)
    *total += has_enough (comparison, i) ? comparison->groups[i].n : 0;
  values = g_new (double, *total);
  for (guint i = 0; i < comparison->n; i++)
    if (has_enough (comparison, i)) {
      const GenGroup *group = &comparison->groups[i];

      memcpy (values + at, group->values, group->n * sizeof *values);
      at += group->n;
    }
  return values;
}

/* What the groups would be if all were alike: of values that are dealt anew, or drawn around one
 * mean. */
static void
find_alike (const Comparison *comparison, double *values, guint total, const GenRandom *random,
    guint64 draw, Estimate *estimates)
{
  Draws draws;
  guint at = 0;

  draws_init (&draws, random, draw);
  if (values != NULL)
    shuffle (values, total, &draws);
  for (guint i = 0; i < comparison->n; i++) {
    const GenGroup *group = &comparison->groups[i];

    if (!has_enough (comparison, i))
      continue;
    if (values == NULL) {
      estimates[i].mean =
          group->standard_error * draw_student (random, draw * comparison->n + i, group->degrees);
      estimates[i].square = group->standard_error * group->standard_error;
      continue;
    }
    estimates[i] = estimate (values + at, group->n);
    at += group->n;
  }
}

/* How far each group that has enough is behind the best of them, which is returned. */
static guint
find_distances (const Comparison *comparison, const Estimate *estimates, double *distances)
{
  const guint best = find_best (comparison, estimates);

  for (guint i = 0; i < comparison->n; i++)
    if (has_enough (comparison, i))
      distances[i] = find_distance (comparison, &estimates[best], &estimates[i]);
  return best;
}

/* A group is tested because it is not the best, so that only draws count in which it is not. */
static void
test_alike (const Comparison *comparison, const Estimate *estimates, GenGroupResult *results)
{
  const guint n = comparison->n, permutations = comparison->settings->permutations;
  const gboolean has_values = comparison->groups[comparison->best].values != NULL;
  const GenRandom random = gen_random_new (comparison->settings->seed, STREAM_PERMUTATIONS, 0);
  guint total = 0;
  g_autofree double *values = has_values ? pool (comparison, &total) : NULL;
  g_autofree Estimate *alike = g_new0 (Estimate, n);
  g_autofree double *observed = g_new0 (double, n), *distances = g_new0 (double, n);
  g_autofree guint *behind = g_new0 (guint, n), *as_far = g_new0 (guint, n);

  find_distances (comparison, estimates, observed);
  for (guint p = 0; p < permutations; p++) {
    guint best;

    find_alike (comparison, values, total, &random, p, alike);
    best = find_distances (comparison, alike, distances);
    for (guint i = 0; i < n; i++) {
      behind[i] += i != best;
      as_far[i] += i != best && is_as_far (distances[i], observed[i]);
    }
  }
  for (guint i = 0; i < n; i++)
    if (has_enough (comparison, i) && i != comparison->best)
      results[i].p = (1.0 + as_far[i]) / (1.0 + behind[i]);
}

void
gen_groups_compare (const GenGroup *groups, guint n, GenBetter better,
    const GenGroupSettings *settings, GenGroupResult *results)
{
  g_autofree double *resamples = g_new (double, (gsize)MAX (n, 1) * settings->resamples);
  g_autofree Estimate *estimates = g_new0 (Estimate, n);
  Comparison comparison = { .groups = groups,
    .n = n,
    .sign = better == GEN_BETTER_LOWER ? -1 : 1,
    .is_binary = are_binary (groups, n),
    .settings = settings,
    .means = resamples };
  guint enough = 0;

  for (guint i = 0; i < n; i++) {
    describe_group (&comparison, i, &results[i]);
    estimates[i] = estimate_group (&groups[i]);
    enough += has_enough (&comparison, i);
  }
  comparison.best = find_best (&comparison, estimates);
  for (guint i = 0; i < n; i++)
    results[i].verdict = !has_enough (&comparison, i) ? GEN_GROUP_TOO_FEW
                         : enough < 2                 ? GEN_GROUP_ALONE
                         : i == comparison.best       ? GEN_GROUP_BEST
                                                      : GEN_GROUP_NOT_TOLD_APART;
  if (enough < 2)
    return;
  for (guint i = 0; i < n; i++)
    if (has_enough (&comparison, i))
      find_difference (&comparison, i, results);
  test_alike (&comparison, estimates, results);
}

/* --- several --- */

static int
compare_by_p (gconstpointer a, gconstpointer b)
{
  const GenGroupResult *x = *(GenGroupResult *const *)a, *y = *(GenGroupResult *const *)b;

  return (x->p > y->p) - (x->p < y->p);
}

void
gen_groups_judge (GenGroupResult *const *results, guint n, const GenGroupSettings *settings)
{
  g_autofree GenGroupResult **tested = g_new (GenGroupResult *, n);
  double greatest = 0;
  guint m = 0;

  for (guint i = 0; i < n; i++)
    if (!isnan (results[i]->p))
      tested[m++] = results[i];
  qsort (tested, m, sizeof *tested, compare_by_p);
  for (guint i = 0; i < m; i++) {
    greatest = fmax (greatest, fmin (1, (m - i) * tested[i]->p));
    tested[i]->adjusted = greatest;
    if (greatest < 1 - settings->confidence)
      tested[i]->verdict = GEN_GROUP_WORSE;
  }
}
