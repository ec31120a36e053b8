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
  const GenStatistics *given; /* in the reference's place */
} Frechet;

static gpointer
frechet_open (const GenMetricSettings *settings)
{
  Frechet *frechet = g_new0 (Frechet, 1);

  frechet->given = settings->reference;
  return frechet;
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
frechet_take (gpointer metric, const GenMetricSample *sample)
{
  Frechet *frechet = metric;

  if (frechet->samples.mean == NULL)
    gen_moments_init (&frechet->samples, sample->n_features);
  gen_moments_add (&frechet->samples, sample->features);
}

static void
frechet_refer (gpointer metric, const GenMetricSample *sample)
{
  Frechet *frechet = metric;

  if (frechet->reference.mean == NULL)
    gen_moments_init (&frechet->reference, sample->n_features);
  gen_moments_add (&frechet->reference, sample->features);
}

static gboolean
frechet_statistics (gpointer metric, GenStatistics *statistics)
{
  return gen_moments_statistics (&((Frechet *)metric)->samples, statistics);
}

/* From so many features on, eigenvalues alone are found sooner by way of a band, which is made by
 * products of matrices, than of a tridiagonal matrix at once, half of which is products of a matrix
 * and a vector that wait for memory. */
#define WORTH_A_BAND 1536

static lapack_int
find_eigenvalues (double *matrix, int n, gboolean vectors, double *values)
{
  if (!vectors && n >= WORTH_A_BAND)
    return LAPACKE_dsyevd_2stage (LAPACK_COL_MAJOR, 'N', 'L', n, matrix, n, values);
  return LAPACKE_dsyevd (LAPACK_COL_MAJOR, vectors ? 'V' : 'N', 'L', n, matrix, n, values);
}

/* Eigenvalues of a symmetric matrix, of which the lower triangle is looked at, and its eigenvectors
 * in its place where asked for. */
static gboolean
decompose (double *matrix, int n, gboolean vectors, double *values, GError **error)
{
  const lapack_int info = find_eigenvalues (matrix, n, vectors, values);

  if (info == 0)
    return TRUE;
  g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED,
      "the eigenvalues of a covariance of %d features were not found (dsyevd returned %d): a "
      "feature may not be a number",
      n, (int)info);
  return FALSE;
}

/* Rows of a factor that are multiplied at a time. */
#define ROWS 256

/* `rows` rows of the triangle D of a symmetric C = D + D', from row `first` on, without what is
 * behind the last of them. */
static void
read_triangle (const double *matrix, int n, int first, int rows, double *out)
{
  for (int k = 0; k < first + rows; k++) {
    double *column = out + (gsize)k * rows;

    memcpy (column, matrix + (gsize)k * n + first, (gsize)rows * sizeof *column);
    if (k < first)
      continue;
    memset (column, 0, (gsize)(k - first) * sizeof *column);
    column[k - first] /= 2;
  }
}

/* The lower triangle of L' C L, for a lower triangle L and a symmetric C = D + D': L' (D L) and
 * what is across from it, where D L is lower again. That is n³ multiplications and additions, of
 * which LAPACK's dsygst does as many, slower. */
static void
multiply_about (const double *factor, const double *matrix, int n, double *product)
{
  g_autofree double *rows = g_new (double, (gsize)ROWS *(gsize)n);

  memset (product, 0, (gsize)n * (gsize)n * sizeof *product);
  for (int first = 0; first < n; first += ROWS) {
    const int count = MIN (ROWS, n - first), width = first + count;

    read_triangle (matrix, n, first, count, rows);
    cblas_dtrmm (CblasColMajor, CblasRight, CblasLower, CblasNoTrans, CblasNonUnit, count, width, 1,
        factor, n, rows, count);
    cblas_dsyr2k (CblasColMajor, CblasLower, CblasTrans, width, count, 1, factor + first, n, rows,
        count, 1, product, n);
  }
}

/* `product` becomes L' C2 L where C1 = L L', whose eigenvalues are those of C1 C2: the least
 * arithmetic, which takes a C1 of full rank. FALSE where it has none. */
static gboolean
multiply_by_factor (const GenStatistics *a, const GenStatistics *b, double *product)
{
  const int n = a->length;
  const gsize size = (gsize)n * (gsize)n;
  g_autofree double *factor = g_memdup2 (a->covariance, size * sizeof *factor);

  if (LAPACKE_dpotrf (LAPACK_COL_MAJOR, 'L', n, factor, n) != 0)
    return FALSE;
  /* What is above the factor is still the covariance's. */
  for (int k = 1; k < n; k++)
    memset (factor + (gsize)k * n, 0, (gsize)k * sizeof *factor);
  multiply_about (factor, b->covariance, n, product);
  return TRUE;
}

/* The same of C1^½ C2 C1^½, whatever the rank. */
static gboolean
multiply_by_root (const GenStatistics *a, const GenStatistics *b, double *product, GError **error)
{
  const int n = a->length;
  const gsize size = (gsize)n * (gsize)n;
  g_autofree double *root = g_new (double, size), *values = g_new (double, n);
  g_autofree double *work = g_memdup2 (a->covariance, size * sizeof *work);

  /* C1 = V diag (values) V', so its root is W W' with W = V diag (values^¼). */
  if (!decompose (work, n, TRUE, values, error))
    return FALSE;
  for (int k = 0; k < n; k++)
    cblas_dscal (n, pow (MAX (values[k], 0), 0.25), work + (gsize)k * n, 1);
  cblas_dgemm (CblasColMajor, CblasNoTrans, CblasTrans, n, n, n, 1, work, n, work, n, 0, root, n);
  cblas_dgemm (
      CblasColMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, root, n, b->covariance, n, 0, work, n);
  cblas_dgemm (
      CblasColMajor, CblasNoTrans, CblasNoTrans, n, n, n, 1, work, n, root, n, 0, product, n);
  return TRUE;
}

gboolean
gen_frechet_distance (
    const GenStatistics *a, const GenStatistics *b, double *distance, GError **error)
{
  const int n = a->length;
  g_autofree double *product = NULL, *values = NULL;

  g_return_val_if_fail (a->length == b->length, FALSE);
  product = g_new (double, (gsize)n *(gsize)n);
  values = g_new (double, n);
  if ((!multiply_by_factor (a, b, product) && !multiply_by_root (a, b, product, error)) ||
      !decompose (product, n, FALSE, values, error))
    return FALSE;

  *distance = 0;
  for (int i = 0; i < n; i++)
    *distance += (a->mean[i] - b->mean[i]) * (a->mean[i] - b->mean[i]) +
                 a->covariance[(gsize)i * n + i] + b->covariance[(gsize)i * n + i] -
                 2 * sqrt (MAX (values[i], 0));
  /* Rounding may leave two equal distributions a hair below. */
  *distance = MAX (*distance, 0);
  return TRUE;
}

static gboolean
frechet_figure (gpointer metric, double *values, GError **error)
{
  Frechet *frechet = metric;
  g_auto (GenStatistics) samples = { 0 }, referred = { 0 };
  const GenStatistics *reference = frechet->given;

  values[0] = GEN_MISSING;
  values[1] = 0;
  values[2] = (double)frechet->samples.count;
  values[3] = NAN;
  if (reference == NULL && gen_moments_statistics (&frechet->reference, &referred))
    reference = &referred;
  if (!gen_moments_statistics (&frechet->samples, &samples))
    return TRUE;
  if (reference == NULL)
    return TRUE;
  /* A file made elsewhere does not say. */
  values[3] = reference->count > 0 ? (double)reference->count : NAN;
  return gen_frechet_distance (&samples, reference, &values[0], error);
}

/* `n` vectors span n - 1 dimensions at most around their mean. 0: nobody knows how many. */
static gboolean
is_singular (guint64 n, int length)
{
  return n > 0 && n <= (guint64)length;
}

char *
gen_frechet_describe_doubt (guint64 samples, guint64 references, int length)
{
  const gboolean of_samples = is_singular (samples, length);

  if (!of_samples && !is_singular (references, length))
    return NULL;
  return g_strdup_printf ("the covariance of %" G_GUINT64_FORMAT
                          " %s is singular, which are not more than the %d features of each: the "
                          "distance is too large, and not comparable with one of more samples",
      of_samples ? samples : references, of_samples ? "samples" : "samples of the reference",
      length);
}

static char *
frechet_doubt (gpointer metric)
{
  const Frechet *frechet = metric;
  const guint64 samples = frechet->samples.count;
  const guint64 references =
      frechet->given != NULL ? frechet->given->count : frechet->reference.count;

  if (samples < 2 || (frechet->given == NULL && references < 2))
    return NULL;
  return gen_frechet_describe_doubt (samples, references, frechet->samples.length);
}

const GenMetric gen_metric_frechet = {
  .name = "frechet",
  .known_as =
      (const char *const[]){ "fid", "fad", "frechet-distance", "frechet-inception-distance", NULL },
  .summary = "Squared Frechet distance between the features of the samples and of the reference "
             "(Heusel et al. 2017)",
  .unit = "squared units of the features, from 0",
  .needs_features = TRUE,
  .needs_reference = TRUE,
  .takes_statistics = TRUE,
  .needs_rank = TRUE,
  .fields = { { "frechet", GEN_FIELD_NUMBER, NULL, "it takes two samples at least, and a reference",
                  .better = GEN_BETTER_LOWER },
      { "frechet-features", GEN_FIELD_TEXT, NULL }, { "frechet-samples", GEN_FIELD_COUNT, NULL },
      { "frechet-reference-samples", GEN_FIELD_COUNT, NULL } },
  .n_fields = 4,
  .open = frechet_open,
  .close = frechet_close,
  .take = frechet_take,
  .refer = frechet_refer,
  .figure = frechet_figure,
  .statistics = frechet_statistics,
  .doubt = frechet_doubt,
};
