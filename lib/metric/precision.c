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
#include <math.h>

#include "../simd.h"

#define BLOCK 1024
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

#define STRANDS 8

GEN_CLONES (
    double, sum_squares, (const float *restrict a, const float *restrict b, int n), (a, b, n))
{
  double strands[STRANDS] = { 0 }, sum = 0;

  for (int i = 0; i < n; i += STRANDS)
    for (int s = 0; s < STRANDS; s++) {
      const double difference = (double)a[i + s] - b[i + s];

      strands[s] += difference * difference;
    }
  for (int s = 0; s < STRANDS; s++)
    sum += strands[s];
  return sum;
}

/* The squared distance in double. */
static double
find_distance (const Set *a, guint i, const Set *b, guint j)
{
  return sum_squares (gen_feature_rows_at (a->features, i), gen_feature_rows_at (b->features, j),
             a->stride) *
         a->scale * a->scale;
}

/* What of squared distances between rows of two blocks is a product, -2 x y. */
static void
multiply (const Set *a, guint first, guint n, const Set *b, guint other, guint m, float *out)
{
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, (int)n, (int)m, a->stride, -2,
      a->rows + (gsize)first * (gsize)a->stride, a->stride,
      b->rows + (gsize)other * (gsize)b->stride, b->stride, 0, out, BLOCK);
}

/* Nearly all distances decide nothing, and are looked at so many at a time. */
#define SPAN 16

/* The next place from `j` on, a whole span further each time, with a distance in its span that is
 * below `limit`, or below that of its own column; `n` where there is none. The last span may be
 * short. */
GEN_CLONES (guint, find_near,
    (const float *restrict products, const float *restrict squares, const float *restrict limits,
        float square, float limit, guint j, guint n),
    (products, squares, limits, square, limit, j, n))
{
  for (; j + SPAN <= n; j += SPAN) {
    int near = 0;

    for (guint s = 0; s < SPAN; s++) {
      const float distance = products[j + s] + square + squares[j + s];

      near |= (distance < limit) | (distance < limits[j + s]);
    }
    if (near)
      return j;
  }
  return MIN (j, n);
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

/* What a set knows of its rows while they are compared. */
typedef struct {
  Nearest *nearest;
  float *limits; /* the farthest of each row's nearest */
} Search;

static void
note_pair (Search *search, guint i, guint j, float distance)
{
  note (&search->nearest[i], distance, j);
  note (&search->nearest[j], distance, i);
  search->limits[i] = search->nearest[i].distances[CANDIDATES - 1];
  search->limits[j] = search->nearest[j].distances[CANDIDATES - 1];
}

/* Row `i` with `n` rows from `other` on. */
static void
search_row (const Set *set, guint i, guint other, guint n, const float *products, Search *search)
{
  const float *squares = set->squares + other, *limits = search->limits + other;
  const float square = set->squares[i];
  guint j = find_near (products, squares, limits, square, search->limits[i], 0, n);

  while (j < n) {
    const guint end = MIN (j + SPAN, n);

    for (; j < end; j++)
      note_pair (search, i, other + j, products[j] + square + squares[j]);
    j = find_near (products, squares, limits, square, search->limits[i], j, n);
  }
}

static void
find_radii (Set *set, float *products)
{
  g_autofree Nearest *nearest = g_new (Nearest, set->n);
  g_autofree float *limits = g_new (float, set->n);
  Search search = { nearest, limits };

  for (guint i = 0; i < set->n; i++) {
    limits[i] = INFINITY;
    for (int k = 0; k < CANDIDATES; k++)
      nearest[i].distances[k] = INFINITY;
  }
  for (guint first = 0; first < set->n; first += BLOCK)
    for (guint other = 0; other <= first; other += BLOCK) {
      const guint n = MIN (BLOCK, set->n - first), m = MIN (BLOCK, set->n - other);

      multiply (set, first, n, set, other, m, products);
      for (guint i = 0; i < n; i++)
        search_row (
            set, first + i, other, first == other ? i : m, products + (gsize)i * BLOCK, &search);
    }
  for (guint i = 0; i < set->n; i++)
    settle_radii (set, i, &nearest[i]);
}

/* --- who is near to whom --- */

typedef struct {
  const Set *samples, *reference;
  float *sample_limits, *limits;        /* how far what is near to each may be, of both sets */
  float *squares;                       /* the reference's, without what may be wrong */
  guint8 *precise, *recalled, *covered; /* by sample, and twice by row of the reference */
  double within;                        /* pairs of which the sample is in the fifth ball */
} Look;

static float *
find_limits (const Set *set, const double *radii)
{
  float *limits = g_new (float, set->n);

  for (guint i = 0; i < set->n; i++)
    limits[i] = nextafterf ((float)radii[i], INFINITY);
  return limits;
}

static void
look_init (Look *look, const Set *samples, const Set *reference)
{
  *look = (Look){ .samples = samples, .reference = reference };
  look->sample_limits = find_limits (samples, samples->third);
  look->limits = find_limits (reference, reference->fifth);
  look->squares = g_memdup2 (reference->squares, reference->n * sizeof *look->squares);
  cblas_sscal ((int)reference->n, 1 - DOUBT, look->squares, 1);
  look->precise = g_new0 (guint8, samples->n);
  look->recalled = g_new0 (guint8, reference->n);
  look->covered = g_new0 (guint8, reference->n);
}

static void
look_clear (Look *look)
{
  g_free (look->sample_limits);
  g_free (look->limits);
  g_free (look->squares);
  g_free (look->precise);
  g_free (look->recalled);
  g_free (look->covered);
}

static void
look_at_pair (Look *look, guint s, guint r)
{
  const double sure = find_distance (look->samples, s, look->reference, r);

  look->precise[s] |= sure <= look->reference->third[r];
  look->recalled[r] |= sure <= look->samples->third[s];
  look->covered[r] |= sure < look->reference->fifth[r];
  look->within += sure < look->reference->fifth[r];
}

/* Sample `s` with `n` rows of the reference from `other` on. */
static void
look_at_row (Look *look, guint s, guint other, guint n, const float *products)
{
  const float *squares = look->squares + other, *limits = look->limits + other;
  const float square = (1 - DOUBT) * look->samples->squares[s], limit = look->sample_limits[s];
  guint j = find_near (products, squares, limits, square, limit, 0, n);

  while (j < n) {
    const guint end = MIN (j + SPAN, n);

    for (; j < end; j++) {
      const float distance = products[j] + square + squares[j];

      if (distance < limit || distance < limits[j])
        look_at_pair (look, s, other + j);
    }
    j = find_near (products, squares, limits, square, limit, j, n);
  }
}

static void
look_at_all (Look *look, float *products)
{
  const Set *samples = look->samples, *reference = look->reference;

  for (guint first = 0; first < samples->n; first += BLOCK)
    for (guint other = 0; other < reference->n; other += BLOCK) {
      const guint n = MIN (BLOCK, samples->n - first), m = MIN (BLOCK, reference->n - other);

      multiply (samples, first, n, reference, other, m, products);
      for (guint i = 0; i < n; i++)
        look_at_row (look, first + i, other, m, products + (gsize)i * BLOCK);
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
  const double scale = gen_sets_find_scale (sets);
  g_autofree float *middle = gen_sets_find_middle (sets->reference, scale);
  g_autofree float *products = g_new (float, BLOCK *BLOCK);
  Set samples, reference;
  Look look;

  set_init (&samples, sets->samples, scale, middle);
  set_init (&reference, sets->reference, scale, middle);
  find_radii (&samples, products);
  find_radii (&reference, products);
  look_init (&look, &samples, &reference);
  look_at_all (&look, products);
  values[0] = find_share (look.precise, samples.n);
  values[1] = find_share (look.recalled, reference.n);
  values[2] = look.within / FIFTH / samples.n;
  values[3] = find_share (look.covered, reference.n);
  look_clear (&look);
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
  .known_as = (const char *const[]){ "prc", "prdc", "precision-recall", NULL },
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
