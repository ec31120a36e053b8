/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* NIQE: how far the statistics of a picture's areas are from those of good pictures, as normal
 * distributions (Mittal, Soundararajan and Bovik, "Making a completely blind image quality
 * analyzer", IEEE SPL 2013). No opinion was learned: what good is, a model of good pictures says
 * (naturalness.h). */
#include "metrics.h"
#include "niqe-areas.h"

#include <generative/npz.h>

#include <lapacke.h>
#include <math.h>
#include <string.h>

#define N GEN_NATURALNESS_FEATURES
/* What of an inverse is rounding: an eigenvalue that is so much of the largest. */
#define NEGLIGIBLE 1e-15
/* What of a covariance in a file is rounding, which may be of float32, of its greatest element. */
#define ROUNDING 1e-5
/* No statistics of scenes are larger, and their squares are still numbers. */
#define LARGEST 1e100

typedef struct {
  double mean[N], covariance[N * N];
  GenAreas *areas;
} Niqe;

/* --- the model --- */

/* The array of the first of two names that there is, ours and BasicSR's, as `n` doubles. */
static gboolean
read_array (
    GenNpz *npz, const char *path, const char *const names[2], gsize n, double *out, GError **error)
{
  const char *name = names[gen_npz_has (npz, names[1])];
  GenDataType type;
  GenShape shape;
  g_autoptr (GBytes) bytes = gen_npz_read (npz, name, n * sizeof (double), &type, &shape, error);
  gconstpointer data;

  if (bytes == NULL)
    return FALSE;
  data = g_bytes_get_data (bytes, NULL);
  if ((type != GEN_TYPE_FLOAT64 && type != GEN_TYPE_FLOAT32) ||
      g_bytes_get_size (bytes) != n * gen_data_type_size (type)) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MODEL,
        "%s: array %s should be %" G_GSIZE_FORMAT " numbers of float64 or float32", path, name, n);
    return FALSE;
  }
  for (gsize i = 0; i < n; i++) {
    out[i] =
        type == GEN_TYPE_FLOAT64 ? ((const double *)data)[i] : (double)((const float *)data)[i];
    if (isfinite (out[i]) && fabs (out[i]) <= LARGEST)
      continue;
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MODEL,
        "%s: element %" G_GSIZE_FORMAT " of array %s, %g, is no number that statistics have", path,
        i, name, out[i]);
    return FALSE;
  }
  return TRUE;
}

/* Why it is no covariance, or NULL. */
static const char *
find_fault (const double *covariance)
{
  double matrix[N * N], values[N], largest = 0;

  for (int i = 0; i < N * N; i++)
    largest = fmax (largest, fabs (covariance[i]));
  if (largest == 0)
    return "it is all zeros, as of pictures that are all alike";
  for (int i = 0; i < N; i++)
    for (int k = 0; k < i; k++)
      if (fabs (covariance[i * N + k] - covariance[k * N + i]) > ROUNDING * largest)
        return "it is not symmetric";
  memcpy (matrix, covariance, sizeof matrix);
  if (LAPACKE_dsyevd (LAPACK_COL_MAJOR, 'N', 'L', N, matrix, N, values) != 0)
    return "its eigenvalues cannot be found";
  return values[0] < -ROUNDING * largest ? "it has variances of less than 0" : NULL;
}

static gboolean
check_covariance (const char *path, const char *name, const double *covariance, GError **error)
{
  const char *fault = find_fault (covariance);

  if (fault != NULL)
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MODEL,
        "%s: array %s is no covariance: %s", path, name, fault);
  return fault == NULL;
}

static gboolean
read_model (Niqe *niqe, const char *path, GError **error)
{
  static const char *const means[] = { "mu", "mu_pris_param" };
  static const char *const covariances[] = { "cov", "cov_pris_param" };
  g_autoptr (GenNpz) npz = gen_npz_open (path, error);

  return npz != NULL && read_array (npz, path, means, N, niqe->mean, error) &&
         read_array (npz, path, covariances, N * N, niqe->covariance, error) &&
         check_covariance (
             path, covariances[gen_npz_has (npz, covariances[1])], niqe->covariance, error);
}

static void
niqe_close (gpointer metric)
{
  Niqe *niqe = metric;

  gen_areas_free (niqe->areas);
  g_free (niqe);
}

static gpointer
niqe_load (const GenMetricSettings *settings, GError **error)
{
  Niqe *niqe;

  if (settings->niqe_model == NULL) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_MISSING,
        "it compares with a model of good pictures, and none is named: generative-model statistics "
        "--niqe makes one");
    return NULL;
  }
  niqe = g_new0 (Niqe, 1);
  niqe->areas = gen_areas_new ();
  if (read_model (niqe, settings->niqe_model, error))
    return niqe;
  niqe_close (niqe);
  return NULL;
}

/* --- a picture --- */

static void
find_moments (const GenArea *areas, guint n, double *mean, double *covariance)
{
  for (int k = 0; k < N; k++) {
    mean[k] = 0;
    for (guint i = 0; i < n; i++)
      mean[k] += areas[i].features[k] / n;
  }
  memset (covariance, 0, N * N * sizeof *covariance);
  for (guint i = 0; i < n; i++)
    for (int k = 0; k < N; k++)
      for (int l = 0; l < N; l++)
        covariance[k * N + l] +=
            (areas[i].features[k] - mean[k]) * (areas[i].features[l] - mean[l]) / (n - 1);
}

/* √(d' M⁻¹ d) of a symmetric matrix, which is overwritten; what has no extent does not count, as by
 * a pseudo-inverse. */
static double
find_distance (double *matrix, const double *d)
{
  double values[N], sum = 0;

  if (LAPACKE_dsyevd (LAPACK_COL_MAJOR, 'V', 'L', N, matrix, N, values) != 0)
    return GEN_MISSING;
  for (int i = 0; i < N; i++) {
    double along = 0;

    if (values[i] <= NEGLIGIBLE * values[N - 1])
      continue;
    for (int k = 0; k < N; k++)
      along += matrix[i * N + k] * d[k];
    sum += along * along / values[i];
  }
  return sqrt (sum);
}

static void
niqe_measure (gpointer metric, const GenSample *sample, double *values)
{
  Niqe *niqe = metric;
  double mean[N], covariance[N * N];
  guint n;
  const GenArea *areas = gen_areas_describe (niqe->areas, &sample->picture, &n);

  if (n < 2)
    return;
  find_moments (areas, n, mean, covariance);
  for (int k = 0; k < N; k++)
    mean[k] -= niqe->mean[k];
  for (int k = 0; k < N * N; k++)
    covariance[k] = (covariance[k] + niqe->covariance[k]) / 2;
  values[0] = find_distance (covariance, mean);
}

const GenMetric gen_metric_niqe = {
  .name = "niqe",
  .medium = &gen_medium_picture,
  .summary =
      "How far the statistics of a picture's areas of 96 by 96 pixels are from those of good "
      "pictures (Mittal et al. 2013)",
  .unit = "from 0",
  .fields = { { "niqe", GEN_FIELD_NUMBER, NULL,
      "it has less than two areas of 96 by 96 pixels that are not flat",
      .better = GEN_BETTER_LOWER } },
  .n_fields = 1,
  .takes_long = TRUE,
  .load = niqe_load,
  .close = niqe_close,
  .measure = niqe_measure,
};
