/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Statistics of features in numpy's archives, with the names that FID's tools gave them: mu and
 * sigma. Those tools do not say what the features are; we do, in two arrays of our own. */
#include <generative/metric.h>
#include <generative/npz.h>

#include <math.h>
#include <string.h>

#define MAX_NAME 1024
/* How much a covariance that went through float32 may differ from its mirror image, as a share
 * of what its variances allow. */
#define ASYMMETRY 1e-4

void
gen_statistics_clear (GenStatistics *statistics)
{
  g_free (statistics->features);
  g_free (statistics->mean);
  g_free (statistics->covariance);
  memset (statistics, 0, sizeof *statistics);
}

/* The array `name` as doubles; at most `limit` of them. */
static double *
read_doubles (
    GenNpz *npz, const char *path, const char *name, gsize limit, GenShape *shape, GError **error)
{
  GenDataType type;
  g_autoptr (GBytes) bytes = gen_npz_read (npz, name, limit * sizeof (double), &type, shape, error);
  g_autofree double *values = NULL;
  gsize n, size;
  const void *data;

  if (bytes == NULL)
    return NULL;
  data = g_bytes_get_data (bytes, &size);
  if (type != GEN_TYPE_FLOAT64 && type != GEN_TYPE_FLOAT32) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
        "%s: array %s is of %s; statistics are of float64 or float32", path, name,
        gen_data_type_name (type));
    return NULL;
  }
  n = size / gen_data_type_size (type);
  values = g_new (double, MAX (n, 1));
  for (gsize i = 0; i < n; i++) {
    values[i] =
        type == GEN_TYPE_FLOAT64 ? ((const double *)data)[i] : (double)((const float *)data)[i];
    if (isfinite (values[i]))
      continue;
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
        "%s: element %" G_GSIZE_FORMAT " of array %s is not a number", path, i, name);
    return NULL;
  }
  return g_steal_pointer (&values);
}

static gboolean
read_moments (GenStatistics *statistics, GenNpz *npz, const char *path, GError **error)
{
  GenShape shape;
  g_autofree char *mean = NULL, *covariance = NULL;

  statistics->mean = read_doubles (npz, path, "mu", GEN_FEATURES_MAX, &shape, error);
  if (statistics->mean == NULL)
    return FALSE;
  mean = gen_shape_to_string (&shape);
  if (shape.rank != 1 || shape.dims[0] < 1 || shape.dims[0] > GEN_FEATURES_MAX) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
        "%s: array mu is of shape %s; it should be a vector of 1 to %d means", path, mean,
        GEN_FEATURES_MAX);
    return FALSE;
  }
  statistics->length = (int)shape.dims[0];
  statistics->covariance = read_doubles (
      npz, path, "sigma", (gsize)statistics->length * statistics->length, &shape, error);
  if (statistics->covariance == NULL)
    return FALSE;
  covariance = gen_shape_to_string (&shape);
  if (gen_shape_equal (&shape, &GEN_SHAPE (statistics->length, statistics->length)))
    return TRUE;
  g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
      "%s: array sigma is of shape %s; the covariances of the %d features of mu make a square of "
      "%d by %d",
      path, covariance, statistics->length, statistics->length, statistics->length);
  return FALSE;
}

/* No covariances but those of real numbers have variances on the diagonal, and are symmetric. */
static gboolean
check_covariance (const GenStatistics *statistics, const char *path, GError **error)
{
  gsize n = (gsize)statistics->length;
  const double *c = statistics->covariance;

  for (gsize i = 0; i < n; i++)
    for (gsize j = 0; j <= i; j++) {
      double scale = sqrt (fabs (c[i * n + i] * c[j * n + j]));

      if (c[i * n + i] >= 0 && fabs (c[i * n + j] - c[j * n + i]) <= ASYMMETRY * scale)
        continue;
      g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
          "%s: array sigma is no covariance: elements [%" G_GSIZE_FORMAT ", %" G_GSIZE_FORMAT
          "] and mirrored are %g and %g",
          path, i, j, c[i * n + j], c[j * n + i]);
      return FALSE;
    }
  return TRUE;
}

/* Our own arrays: features, the name's bytes in UTF-8, and count. */
static gboolean
read_origin (GenStatistics *statistics, GenNpz *npz, const char *path, GError **error)
{
  GenDataType type;
  GenShape shape;

  if (gen_npz_has (npz, "features")) {
    g_autoptr (GBytes) name = gen_npz_read (npz, "features", MAX_NAME, &type, &shape, error);
    gsize size;
    const char *text;

    if (name == NULL)
      return FALSE;
    text = g_bytes_get_data (name, &size);
    if (type != GEN_TYPE_UINT8 || size == 0 || !g_utf8_validate_len (text, size, NULL)) {
      g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
          "%s: array features should be a name, as the bytes of UTF-8", path);
      return FALSE;
    }
    statistics->features = g_strndup (text, size);
  }
  if (gen_npz_has (npz, "count")) {
    g_autoptr (GBytes) count = gen_npz_read (npz, "count", sizeof (gint64), &type, &shape, error);
    gint64 samples = 0;

    if (count == NULL)
      return FALSE;
    if (type == GEN_TYPE_INT64 && g_bytes_get_size (count) == sizeof samples)
      memcpy (&samples, g_bytes_get_data (count, NULL), sizeof samples);
    if (samples < 2) {
      g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_REFERENCE,
          "%s: array count should be one int64, of two samples at least", path);
      return FALSE;
    }
    statistics->count = (guint64)samples;
  }
  return TRUE;
}

gboolean
gen_statistics_load (GenStatistics *statistics, const char *path, GError **error)
{
  g_autoptr (GenNpz) npz = gen_npz_open (path, error);

  *statistics = (GenStatistics){ 0 };
  if (npz != NULL && read_moments (statistics, npz, path, error) &&
      check_covariance (statistics, path, error) && read_origin (statistics, npz, path, error))
    return TRUE;
  gen_statistics_clear (statistics);
  return FALSE;
}

gboolean
gen_statistics_save (const GenStatistics *statistics, const char *path, GError **error)
{
  gint64 count = (gint64)statistics->count;
  GenNpzArray arrays[4] = {
    { "mu", GEN_TYPE_FLOAT64, GEN_SHAPE (statistics->length), statistics->mean },
    { "sigma", GEN_TYPE_FLOAT64, GEN_SHAPE (statistics->length, statistics->length),
        statistics->covariance },
  };
  guint n = 2;

  if (statistics->features != NULL)
    arrays[n++] = (GenNpzArray){ "features", GEN_TYPE_UINT8,
      GEN_SHAPE ((gint64)strlen (statistics->features)), statistics->features };
  if (statistics->count > 0)
    arrays[n++] = (GenNpzArray){ "count", GEN_TYPE_INT64, GEN_SHAPE_SCALAR, &count };
  return gen_npz_save (path, arrays, n, error);
}
