/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fréchet distance of infinitely many samples: that of N has a bias that goes with 1/N, so that a
 * line through those of fifteen numbers of samples tells what it comes to (FID-infinity, Chong and
 * Forsyth, "Effectively unbiased FID and Inception score and where to find them", CVPR 2020). All
 * are compared with the whole reference, whose own bias stays. */
#include "sets.h"

#include <math.h>

#define SIZES 15
/* The smallest number of samples is this share of all. */
#define SHARE 10

typedef struct {
  double n, xs, ys, squares, products; /* sums over points */
} Line;

static void
line_add (Line *line, double x, double y)
{
  line->n++;
  line->xs += x;
  line->ys += y;
  line->squares += x * x;
  line->products += x * y;
}

static void
line_fit (const Line *line, double *intercept, double *slope)
{
  const double spread = line->n * line->squares - line->xs * line->xs;

  *slope = (line->n * line->products - line->xs * line->ys) / spread;
  *intercept = (line->ys - *slope * line->xs) / line->n;
}

/* Of the rows in `order` from 0 to n. */
static gboolean
find_statistics (
    const GenFeatureRows *rows, const guint32 *order, guint n, GenStatistics *statistics)
{
  GenMoments moments;
  gboolean found;

  gen_moments_init (&moments, rows->length);
  for (guint i = 0; i < n; i++)
    gen_moments_add (&moments, gen_feature_rows_at (rows, order != NULL ? order[i] : i));
  found = gen_moments_statistics (&moments, statistics);
  gen_moments_clear (&moments);
  return found;
}

/* The distance of `n` samples, chosen by chance, another choice for each number. */
static gboolean
measure (const GenMetricSets *sets, const GenStatistics *reference, guint64 number, guint n,
    double *distance, GError **error)
{
  const GenRandom random = gen_random_new (sets->seed, "frechet-infinity", 0);
  g_autofree guint32 *order = g_new (guint32, sets->samples->n);
  g_auto (GenStatistics) statistics = { 0 };

  gen_random_permutation (&random, number, order, sets->samples->n);
  return find_statistics (sets->samples, order, n, &statistics) &&
         gen_frechet_distance (&statistics, reference, distance, error);
}

static gboolean
compare (const GenMetricSets *sets, double *values, GError **error)
{
  const guint n = sets->samples->n, least = MAX (n / SHARE, 2);
  g_auto (GenStatistics) reference = { 0 };
  Line line = { 0 };

  if (!gen_sets_begin (sets, values, 2, TRUE, 2) || n < SIZES ||
      !find_statistics (sets->reference, NULL, sets->reference->n, &reference))
    return TRUE;
  for (guint i = 0; i < SIZES; i++) {
    const guint size = least + (guint)((guint64)(n - least) * i / (SIZES - 1));
    double distance;

    if (!measure (sets, &reference, i, size, &distance, error))
      return FALSE;
    line_add (&line, 1.0 / size, distance);
  }
  line_fit (&line, &values[0], &values[1]);
  return TRUE;
}

/* A covariance that has no full rank has a bias that is no line. */
static const char too_few[] = "it takes fifteen samples at least, and two of the reference";

const GenMetric gen_metric_frechet_infinity = {
  .name = "frechet-infinity",
  .known_as = (const char *const[]){ "fid-infinity", NULL },
  .summary = "What the Frechet distance comes to as the samples become infinitely many, by a line "
             "through those of fifteen numbers of them (FID-infinity, Chong and Forsyth 2020)",
  .unit = "squared units of the features",
  .needs_features = TRUE,
  .needs_reference = TRUE,
  .takes_long = TRUE,
  .needs_rank = TRUE,
  .fields = { { "frechet-infinity", GEN_FIELD_NUMBER, NULL, too_few, .better = GEN_BETTER_LOWER },
      { "frechet-infinity-slope", GEN_FIELD_NUMBER, NULL, too_few },
      { "frechet-infinity-features", GEN_FIELD_TEXT, NULL },
      { "frechet-infinity-samples", GEN_FIELD_COUNT, NULL },
      { "frechet-infinity-reference-samples", GEN_FIELD_COUNT, NULL } },
  .n_fields = 5,
  .compare = compare,
};
