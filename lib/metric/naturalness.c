/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The model of niqe, fitted to good pictures. */
#include <generative/naturalness.h>
#include <generative/npz.h>

#include "metrics.h"
#include "niqe-areas.h"

#include <lapacke.h>
#include <math.h>

#define FEATURES GEN_NATURALNESS_FEATURES
/* Of the sharpest area's sharpness. */
#define SHARP 0.75
/* Of correlations, an eigenvalue that is rounding: areas that differ make larger ones. */
#define NEGLIGIBLE 1e-12

struct _GenNaturalness {
  GenAreas *areas;
  GenMoments moments;
};

GenNaturalness *
gen_naturalness_new (void)
{
  GenNaturalness *fit = g_new0 (GenNaturalness, 1);

  fit->areas = gen_areas_new ();
  gen_moments_init (&fit->moments, FEATURES);
  return fit;
}

void
gen_naturalness_free (GenNaturalness *fit)
{
  if (fit == NULL)
    return;
  gen_areas_free (fit->areas);
  gen_moments_clear (&fit->moments);
  g_free (fit);
}

static guint
add_luma (GenNaturalness *fit, const GenPicture *luma)
{
  double sharpest = 0;
  guint n, added = 0;
  const GenArea *areas = gen_areas_describe (fit->areas, luma, &n);

  for (guint i = 0; i < n; i++)
    sharpest = MAX (sharpest, areas[i].sharpness);
  for (guint i = 0; i < n; i++) {
    float features[FEATURES];

    if (areas[i].sharpness < SHARP * sharpest)
      continue;
    for (int k = 0; k < FEATURES; k++)
      features[k] = (float)areas[i].features[k];
    gen_moments_add (&fit->moments, features);
    added++;
  }
  return added;
}

guint
gen_naturalness_add (GenNaturalness *fit, const GenPicture *picture)
{
  g_auto (GenPicture) luma = { 0 };

  g_return_val_if_fail (picture->channels == 1 || picture->channels == 3, 0);
  if (picture->channels == 1)
    return add_luma (fit, picture);
  gen_picture_init (&luma, picture->width, picture->height, 1);
  gen_metric_luma (picture, &luma);
  return add_luma (fit, &luma);
}

guint64
gen_naturalness_count (const GenNaturalness *fit)
{
  return fit->moments.count;
}

/* Whether the areas, however many, are too few that differ: then the features that vary do so along
 * fewer directions than there are. Some may be the same of all areas, as a shape is of noise. */
static gboolean
is_singular (const double *covariance)
{
  double matrix[FEATURES * FEATURES], values[FEATURES];
  int varying[FEATURES], n = 0;

  for (int i = 0; i < FEATURES; i++)
    if (covariance[i * FEATURES + i] > 0)
      varying[n++] = i;
  for (int i = 0; i < n; i++)
    for (int k = 0; k < n; k++) {
      const int a = varying[i], b = varying[k];

      matrix[i * n + k] = covariance[a * FEATURES + b] /
                          sqrt (covariance[a * FEATURES + a] * covariance[b * FEATURES + b]);
    }
  return n == 0 || LAPACKE_dsyevd (LAPACK_COL_MAJOR, 'N', 'L', n, matrix, n, values) != 0 ||
         values[0] < NEGLIGIBLE;
}

gboolean
gen_naturalness_save (GenNaturalness *fit, const char *path, GError **error)
{
  g_auto (GenStatistics) statistics = { 0 };

  if (fit->moments.count <= FEATURES || !gen_moments_statistics (&fit->moments, &statistics)) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED,
        "a model of good pictures takes more than %d areas of %d by %d pixels that are sharp and "
        "not flat, and there are %" G_GUINT64_FORMAT,
        FEATURES, GEN_NATURALNESS_AREA, GEN_NATURALNESS_AREA, fit->moments.count);
    return FALSE;
  }
  if (is_singular (statistics.covariance)) {
    g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED,
        "of the %" G_GUINT64_FORMAT " areas too few differ: a model of good pictures takes more "
        "than %d that do",
        fit->moments.count, FEATURES);
    return FALSE;
  }
  return gen_npz_save (path,
      (const GenNpzArray[]){ { "mu", GEN_TYPE_FLOAT64, GEN_SHAPE (FEATURES), statistics.mean },
          { "cov", GEN_TYPE_FLOAT64, GEN_SHAPE (FEATURES, FEATURES), statistics.covariance } },
      2, error);
}
