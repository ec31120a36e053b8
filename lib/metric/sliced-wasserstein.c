/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sliced Wasserstein distance: features are looked at along 512 directions that are drawn by
 * chance; along each, sorted, the distance between the two sets is known (Rabin et al.,
 * "Wasserstein barycenter and its application to texture mixing", 2011; Bonneel et al. 2015). The
 * root of the mean of their squares, as POT has it. */
#include "sets.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#define DIRECTIONS 512
/* How long directions are, so that a float holds all places along them: the sums of products of a
 * million features as large as there are. A power of two changes no figure. */
#define LONG 0x1p-10f

/* Directions, one after the other. (transfer full) */
static float *
draw_directions (guint64 seed, int length, int stride)
{
  const GenRandom random = gen_random_new (seed, "sliced-wasserstein", 0);
  float *directions = g_new0 (float, (gsize)DIRECTIONS *(gsize)stride);

  for (guint d = 0; d < DIRECTIONS; d++) {
    float *direction = directions + (gsize)d * (gsize)stride;

    gen_random_normal (&random, d, 0, direction, (gsize)length);
    cblas_sscal (length, LONG / cblas_snrm2 (length, direction, 1), direction, 1);
  }
  return directions;
}

static int
compare_floats (const void *a, const void *b)
{
  const float x = *(const float *)a, y = *(const float *)b;

  return (x > y) - (x < y);
}

/* For each direction the rows' places along it, sorted. (transfer full) */
static float *
project (const GenFeatureRows *rows, const float *directions)
{
  float *places = g_new (float, (gsize)DIRECTIONS * rows->n);

  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, DIRECTIONS, (int)rows->n, rows->stride, 1,
      directions, rows->stride, rows->data, rows->stride, 0, places, (int)rows->n);
  for (guint d = 0; d < DIRECTIONS; d++)
    qsort (places + (gsize)d * rows->n, rows->n, sizeof *places, compare_floats);
  return places;
}

/* The squared distance of two distributions on a line: each of n points weighs 1/n. */
static double
measure (const float *a, guint n, const float *b, guint m)
{
  double sum = 0, at = 0;

  for (guint i = 0, j = 0; i < n && j < m;) {
    const double a_end = (i + 1.0) / n, b_end = (j + 1.0) / m, end = MIN (a_end, b_end);
    const double between = (double)a[i] - b[j];

    sum += (end - at) * between * between;
    at = end;
    /* In whole numbers: which of (i + 1) / n and (j + 1) / m is less. */
    if ((guint64)(i + 1) * m <= (guint64)(j + 1) * n) {
      j += (guint64)(i + 1) * m == (guint64)(j + 1) * n;
      i++;
    } else {
      j++;
    }
  }
  return sum;
}

static gboolean
compare (const GenMetricSets *sets, double *values, GError **error)
{
  const GenFeatureRows *samples = sets->samples, *reference = sets->reference;
  g_autofree float *directions = NULL, *a = NULL, *b = NULL;
  double sum = 0;

  if (!gen_sets_begin (sets, values, 1, TRUE, 2))
    return TRUE;
  directions = draw_directions (sets->seed, samples->length, samples->stride);
  a = project (samples, directions);
  b = project (reference, directions);
  for (guint d = 0; d < DIRECTIONS; d++)
    sum +=
        measure (a + (gsize)d * samples->n, samples->n, b + (gsize)d * reference->n, reference->n);
  values[0] = sqrt (sum / DIRECTIONS) / (double)LONG;
  return TRUE;
}

const GenMetric gen_metric_sliced_wasserstein = {
  .name = "sliced-wasserstein",
  .known_as = (const char *const[]){ "swd", NULL },
  .summary = "Root mean square Wasserstein distance of the features of samples and reference along "
             "512 directions (Bonneel et al. 2015)",
  .unit = "the features' own, from 0",
  .needs_features = TRUE,
  .needs_reference = TRUE,
  .takes_long = TRUE,
  .fields = { { "sliced-wasserstein", GEN_FIELD_NUMBER, NULL, GEN_SETS_TOO_FEW,
                  .better = GEN_BETTER_LOWER },
      { "sliced-wasserstein-features", GEN_FIELD_TEXT, NULL },
      { "sliced-wasserstein-samples", GEN_FIELD_COUNT, NULL },
      { "sliced-wasserstein-reference-samples", GEN_FIELD_COUNT, NULL } },
  .n_fields = 4,
  .compare = compare,
};
