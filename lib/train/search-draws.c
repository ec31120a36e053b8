/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The settings of a trial: a pure function of the seed and the trial's number, so that a search
 * that goes on needs to remember none of what it has drawn. */
#include <generative/search.h>

#include <math.h>

#include <generative/random.h>

#define MOST_SHUFFLED 65536
/* Streams of random numbers: of a dimension, which has the draws of all trials, and of the order of
 * combinations, by how often all have come. */
#define STREAM_NUMBERS "search"
#define STREAM_ORDER "search-order"

guint
gen_search_combinations (const GenSearchDimension *dimensions, guint n)
{
  guint64 combinations = 1;

  for (guint i = 0; i < n; i++)
    combinations = MIN (combinations * dimensions[i].n_values, G_MAXUINT);
  return (guint)combinations;
}

void
gen_search_place_in_grid (
    const GenSearchDimension *dimensions, guint n, guint trial, double *values)
{
  for (guint i = n; i-- > 0;) {
    g_return_if_fail (dimensions[i].n_values > 0);
    values[i] = trial % dimensions[i].n_values;
    trial /= dimensions[i].n_values;
  }
}

static double
draw_from_range (const GenSearchDimension *range, double share)
{
  /* Each whole number is as likely as any other. */
  const double around = range->whole ? 0.5 : 0;
  const double least = range->least - around, greatest = range->greatest + around;
  double number;

  if (range->logarithmic)
    number = least * pow (greatest / least, share);
  else
    number = least + share * (greatest - least);
  if (range->whole)
    number = floor (number + 0.5);
  return CLAMP (number, range->least, range->greatest);
}

/* The permutation is another one each time that all have come. */
static guint
draw_combination (guint64 seed, guint trial, guint combinations)
{
  const GenRandom random = gen_random_new (seed, STREAM_ORDER, 0);
  g_autofree guint32 *order = g_new (guint32, combinations);

  gen_random_permutation (&random, trial / combinations, order, combinations);
  return order[trial % combinations];
}

void
gen_search_draw (
    const GenSearchDimension *dimensions, guint n, guint64 seed, guint trial, double *values)
{
  const guint combinations = gen_search_combinations (dimensions, n);

  if (combinations > 0 && combinations <= MOST_SHUFFLED) {
    gen_search_place_in_grid (dimensions, n, draw_combination (seed, trial, combinations), values);
    return;
  }
  for (guint i = 0; i < n; i++) {
    const GenRandom random = gen_random_new (seed, STREAM_NUMBERS, i);
    float share;

    gen_random_uniform (&random, trial, 0, &share, 1);
    values[i] = dimensions[i].n_values > 0
                    ? gen_random_below (&random, trial, 0, dimensions[i].n_values)
                    : draw_from_range (&dimensions[i], share);
  }
}
