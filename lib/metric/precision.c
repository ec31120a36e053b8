/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Precision and recall, density and coverage: how many samples lie among the reference's, and how
 * much of the reference has samples beside it. What is near to a sample is a ball about it, up to
 * the k-th nearest of its own set: the third for precision and recall (Kynkäänniemi et al.,
 * "Improved precision and recall metric for assessing generative models", NeurIPS 2019), the fifth
 * for density and coverage (Naeem et al., "Reliable fidelity and diversity metrics for generative
 * models", ICML 2020).
 *
 * Distances come from products of blocks in float32, and those that may decide are computed again
 * in double. All features are brought to about 1 first, by a power of two, which changes no figure:
 * squares of large ones would be infinite, and those of small ones 0. */
#include "sets.h"

#include <cblas.h>
#include <float.h>
#include <math.h>

#define BLOCK 512
/* Whose distance is the radius for precision and recall, and for density and coverage. */
#define THIRD 3
#define FIFTH 5
/* Of a row's nearest so many are found by the products, and put into order in double. */
#define CANDIDATES (FIFTH + 3)
/* By how much a distance of products may be wrong, of the rows' squared norms. */
#define DOUBT 1e-5f

/* A set as products see it: rows about a common middle, where less cancels. */
typedef struct {
  const GenFeatureRows *features;
  guint n;
  int stride;
  double scale;
  float *rows, *squares; /* those of their norms */
  double *third, *fifth; /* squared radii */
} Set;

static float
find_largest (const GenFeatureRows *rows)
{
  const int n = rows->stride;
  float largest = 0;

  for (guint i = 0; i < rows->n; i++) {
    const float *row = gen_feature_rows_at (rows, i);

    largest = fmaxf (largest, fabsf (row[cblas_isamax (n, row, 1)]));
  }
  return largest;
}

/* 1 over the power of two that is next above all of both. */
static double
find_scale (const GenMetricSets *sets)
{
  int exponent;

  frexpf (fmaxf (find_largest (sets->samples), find_largest (sets->reference)), &exponent);
  return ldexp (1, CLAMP (-exponent, FLT_MIN_EXP - 1, FLT_MAX_EXP - 1)); /* a float holds it */
}

static void
set_init (Set *set, const GenFeatureRows *features, double scale, const float *middle)
{
  *set = (Set){ features, features->n, features->stride, scale };
  set->rows = g_memdup2 (features->data, (gsize)set->n * (gsize)set->stride * sizeof (float));
  set->squares = g_new (float, set->n);
  set->third = g_new (double, set->n);
  set->fifth = g_new (double, set->n);
  for (guint i = 0; i < set->n; i++) {
    float *row = set->rows + (gsize)i * (gsize)set->stride;

    cblas_sscal (set->stride, (float)scale, row, 1);
    cblas_saxpy (set->stride, -1, middle, 1, row, 1);
    set->squares[i] = cblas_sdot (set->stride, row, 1, row, 1);
  }
}

static void
set_clear (Set *set)
{
  g_free (set->rows);
  g_free (set->squares);
  g_free (set->third);
  g_free (set->fifth);
}

/* (transfer full) */
static float *
find_middle (const GenFeatureRows *rows, double scale)
{
  float *middle = g_new0 (float, rows->stride);

  for (guint i = 0; i < rows->n; i++)
    cblas_saxpy (rows->stride, 1.0f / (float)rows->n, gen_feature_rows_at (rows, i), 1, middle, 1);
  cblas_sscal (rows->stride, (float)scale, middle, 1);
  return middle;
}

/* The squared distance in double. */
static double
find_distance (const Set *a, guint i, const Set *b, guint j)
{
  const float *x = gen_feature_rows_at (a->features, i), *y = gen_feature_rows_at (b->features, j);
  double sum = 0;

  for (int k = 0; k < a->features->length; k++)
    sum += ((double)x[k] - y[k]) * ((double)x[k] - y[k]);
  return sum * a->scale * a->scale;
}

/* Squared distances between rows of two blocks, as products give them. */
static void
fill_distances (const Set *a, guint first, guint n, const Set *b, guint other, guint m, float *out)
{
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)m, a->stride, -2,
      a->rows + (gsize)first * (gsize)a->stride, a->stride,
      b->rows + (gsize)other * (gsize)b->stride, b->stride, 0, out, BLOCK);
  for (guint i = 0; i < n; i++)
    for (guint j = 0; j < m; j++)
      out[(gsize)i * BLOCK + j] += a->squares[first + i] + b->squares[other + j];
}

/* --- radii --- */

typedef struct {
  float distances[CANDIDATES]; /* ascending */
  guint32 rows[CANDIDATES];
} Nearest;

static void
note (Nearest *nearest, float distance, guint row)
{
  int at = CANDIDATES - 1;

  if (distance >= nearest->distances[at])
    return;
  for (; at > 0 && nearest->distances[at - 1] > distance; at--) {
    nearest->distances[at] = nearest->distances[at - 1];
    nearest->rows[at] = nearest->rows[at - 1];
  }
  nearest->distances[at] = distance;
  nearest->rows[at] = row;
}

static int
compare_doubles (const void *a, const void *b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* The radii of row `i`, by the true distances of its candidates. */
static void
settle_radii (Set *set, guint i, const Nearest *nearest)
{
  const guint n = MIN (CANDIDATES, set->n - 1);
  double distances[CANDIDATES];

  for (guint k = 0; k < n; k++)
    distances[k] = find_distance (set, i, set, nearest->rows[k]);
  qsort (distances, n, sizeof *distances, compare_doubles);
  set->third[i] = distances[MIN (THIRD, n) - 1];
  set->fifth[i] = distances[MIN (FIFTH, n) - 1];
}

static void
find_radii (Set *set, float *distances)
{
  g_autofree Nearest *nearest = g_new (Nearest, set->n);

  for (guint i = 0; i < set->n; i++)
    for (int k = 0; k < CANDIDATES; k++)
      nearest[i].distances[k] = INFINITY;
  for (guint first = 0; first < set->n; first += BLOCK)
    for (guint other = 0; other <= first; other += BLOCK) {
      const guint n = MIN (BLOCK, set->n - first), m = MIN (BLOCK, set->n - other);

      fill_distances (set, first, n, set, other, m, distances);
      for (guint i = 0; i < n; i++)
        for (guint j = 0; j < (first == other ? i : m); j++) {
          const float distance = distances[(gsize)i * BLOCK + j];

          note (&nearest[first + i], distance, other + j);
          note (&nearest[other + j], distance, first + i);
        }
    }
  for (guint i = 0; i < set->n; i++)
    settle_radii (set, i, &nearest[i]);
}

/* --- who is near to whom --- */

typedef struct {
  guint8 *precise, *recalled, *covered; /* by sample, and twice by row of the reference */
  double within;                        /* pairs of which the sample is in the fifth ball */
} Found;

static void
look (const Set *samples, guint s, const Set *reference, guint r, float distance, Found *found)
{
  const float doubt = DOUBT * (samples->squares[s] + reference->squares[r]);
  const double most = MAX (reference->fifth[r], samples->third[s]);
  double sure;

  if (distance > most + doubt)
    return;
  sure = find_distance (samples, s, reference, r);
  found->precise[s] |= sure <= reference->third[r];
  found->recalled[r] |= sure <= samples->third[s];
  found->covered[r] |= sure < reference->fifth[r];
  found->within += sure < reference->fifth[r];
}

static void
look_at_all (const Set *samples, const Set *reference, float *distances, Found *found)
{
  for (guint first = 0; first < samples->n; first += BLOCK)
    for (guint other = 0; other < reference->n; other += BLOCK) {
      const guint n = MIN (BLOCK, samples->n - first), m = MIN (BLOCK, reference->n - other);

      fill_distances (samples, first, n, reference, other, m, distances);
      for (guint i = 0; i < n; i++)
        for (guint j = 0; j < m; j++)
          look (samples, first + i, reference, other + j, distances[(gsize)i * BLOCK + j], found);
    }
}

static double
find_share (const guint8 *flags, guint n)
{
  double sum = 0;

  for (guint i = 0; i < n; i++)
    sum += flags[i];
  return sum / n;
}

static void
measure (const GenMetricSets *sets, double *values)
{
  const double scale = find_scale (sets);
  g_autofree float *middle = find_middle (sets->reference, scale);
  g_autofree float *distances = g_new (float, BLOCK *BLOCK);
  g_autofree guint8 *precise = g_new0 (guint8, sets->samples->n);
  g_autofree guint8 *recalled = g_new0 (guint8, sets->reference->n);
  g_autofree guint8 *covered = g_new0 (guint8, sets->reference->n);
  Found found = { precise, recalled, covered, 0 };
  Set samples, reference;

  set_init (&samples, sets->samples, scale, middle);
  set_init (&reference, sets->reference, scale, middle);
  find_radii (&samples, distances);
  find_radii (&reference, distances);
  look_at_all (&samples, &reference, distances, &found);
  values[0] = find_share (precise, samples.n);
  values[1] = find_share (recalled, reference.n);
  values[2] = found.within / FIFTH / samples.n;
  values[3] = find_share (covered, reference.n);
  set_clear (&samples);
  set_clear (&reference);
}

static gboolean
compare (const GenMetricSets *sets, double *values, GError **error)
{
  if (gen_sets_begin (sets, values, 4, TRUE, FIFTH + 1))
    measure (sets, values);
  return TRUE;
}

static const char too_few[] = "it takes six samples at least, and six of the reference";

const GenMetric gen_metric_precision = {
  .name = "precision",
  .known_as = (const char *const[]){ "recall", "density", "coverage", "prc", "prdc",
      "precision-recall", NULL },
  .summary = "The share of the samples that lie among the reference's, by their features, and the "
             "recall, the share of the reference that lies among the samples (Kynkaanniemi et al. "
             "2019, the third nearest); density and coverage (Naeem et al. 2020, the fifth)",
  .unit = "share, 0 to 1; density from 0",
  .needs_features = TRUE,
  .needs_reference = TRUE,
  .takes_long = TRUE,
  .fields = { { "precision", GEN_FIELD_NUMBER, NULL, too_few, .better = GEN_BETTER_HIGHER },
      { "recall", GEN_FIELD_NUMBER, NULL, too_few, .better = GEN_BETTER_HIGHER },
      { "density", GEN_FIELD_NUMBER, NULL, too_few, .better = GEN_BETTER_HIGHER },
      { "coverage", GEN_FIELD_NUMBER, NULL, too_few, .better = GEN_BETTER_HIGHER },
      { "precision-features", GEN_FIELD_TEXT, NULL },
      { "precision-samples", GEN_FIELD_COUNT, NULL },
      { "precision-reference-samples", GEN_FIELD_COUNT, NULL } },
  .n_fields = 7,
  .compare = compare,
};
