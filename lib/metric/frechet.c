/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fréchet distance between the features of the samples and those of the reference, each taken
 * as normally distributed: the FID of Heusel et al. 2017, over named features. */
#include "metrics.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

typedef struct {
  GenMoments samples, reference;
} Frechet;

static gpointer
frechet_open (const GenMetricSettings *settings)
{
  return g_new0 (Frechet, 1);
}

static void
frechet_close (gpointer metric)
{
  Frechet *frechet = metric;

  gen_moments_clear (&frechet->samples);
  gen_moments_clear (&frechet->reference);
  g_free (frechet);
}

static void
frechet_take (gpointer metric, const GenSample *sample)
{
  Frechet *frechet = metric;

  if (frechet->samples.mean == NULL)
    gen_moments_init (&frechet->samples, sample->n_features);
  gen_moments_add (&frechet->samples, sample->features);
}

static void
frechet_refer (gpointer metric, const GenSample *sample)
{
  Frechet *frechet = metric;

  if (frechet->reference.mean == NULL)
    gen_moments_init (&frechet->reference, sample->n_features);
  gen_moments_add (&frechet->reference, sample->features);
}

/* The whole covariance matrix, divided by n - 1. (transfer full) */
static double *
covariance (const GenMoments *moments)
{
  int n = moments->length;
  double *matrix = g_new (double, (gsize)n *n);

  for (int i = 0; i < n; i++)
    for (int j = 0; j <= i; j++)
      matrix[(gsize)i * n + j] = matrix[(gsize)j * n + i] =
          moments->squares[(gsize)i * n + j] / (double)(moments->count - 1);
  return matrix;
}

/* Eigenvalues of a symmetric matrix, and its eigenvectors in its place where asked for. */
static gboolean
decompose (double *matrix, int n, gboolean vectors, double *values, GError **error)
{
  lapack_int info =
      LAPACKE_dsyevd (LAPACK_COL_MAJOR, vectors ? 'V' : 'N', 'L', n, matrix, n, values);

  if (info == 0)
    return TRUE;
  g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED,
      "the eigenvalues of a covariance of %d features were not found (dsyevd returned %d): a "
      "feature may not be a number",
      n, (int)info);
  return FALSE;
}

gboolean
gen_frechet_distance (const GenMoments *a, const GenMoments *b, double *distance, GError **error)
{
  int n = a->length;
  gsize size = (gsize)n * n;
  g_autofree double *ca = NULL, *cb = NULL, *root = NULL, *product = NULL, *values = NULL;

  *distance = NAN;
  if (a->count < 2 || b->count < 2)
    return TRUE;
  g_return_val_if_fail (a->length == b->length, FALSE);

  ca = covariance (a);
  cb = covariance (b);
  root = g_new (double, size);
  product = g_new (double, size);
  values = g_new (double, n);
  *distance = 0;
  for (int i = 0; i < n; i++)
    *distance += (a->mean[i] - b->mean[i]) * (a->mean[i] - b->mean[i]) + ca[(gsize)i * n + i] +
                 cb[(gsize)i * n + i];

  /* ca = V diag (values) V', so its root is W W' with W = V diag (values^¼). */
  if (!decompose (ca, n, TRUE, values, error))
    return FALSE;
  for (int k = 0; k < n; k++)
    cblas_dscal (n, pow (MAX (values[k], 0), 0.25), ca + (gsize)k * n, 1);
  cblas_dgemm (CblasColMajor, CblasNoTrans, CblasTrans, n, n, n, 1, ca, n, ca, n, 0, root, n);
  /* product = root cb root, of which only the eigenvalues are of interest. */
  cblas_dgemm (CblasColMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, root, n, cb, n, 0, ca, n);
  cblas_dgemm (
      CblasColMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, ca, n, root, n, 0, product, n);
  if (!decompose (product, n, FALSE, values, error))
    return FALSE;
  for (int k = 0; k < n; k++)
    *distance -= 2 * sqrt (MAX (values[k], 0));
  /* Rounding may leave two equal distributions a hair below. */
  *distance = MAX (*distance, 0);
  return TRUE;
}

static gboolean
frechet_figure (gpointer metric, double *values, GError **error)
{
  const Frechet *frechet = metric;

  if (!gen_frechet_distance (&frechet->samples, &frechet->reference, &values[0], error))
    return FALSE;
  values[1] = isnan (values[0]) ? NAN : 0;
  values[2] = isnan (values[0]) ? NAN : (double)frechet->samples.count;
  values[3] = isnan (values[0]) ? NAN : (double)frechet->reference.count;
  return TRUE;
}

const GenMetric gen_metric_frechet = {
  .name = "frechet",
  .summary = "Squared Frechet distance between the features of the samples and of the reference "
             "(Heusel et al. 2017)",
  .unit = "squared units of the features, from 0",
  .distribution = TRUE,
  .needs_reference = TRUE,
  .fields = { { "frechet", GEN_FIELD_NUMBER, NULL }, { "frechet-features", GEN_FIELD_TEXT, NULL },
      { "frechet-samples", GEN_FIELD_COUNT, NULL },
      { "frechet-reference-samples", GEN_FIELD_COUNT, NULL } },
  .n_fields = 4,
  .open = frechet_open,
  .close = frechet_close,
  .take = frechet_take,
  .refer = frechet_refer,
  .figure = frechet_figure,
};
