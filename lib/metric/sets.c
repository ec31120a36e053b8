/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sets.h"

#include <cblas.h>
#include <float.h>
#include <math.h>

void
gen_sets_read (const GenFeatureRows *rows, guint first, const guint32 *places, guint n, double *out)
{
  for (guint i = 0; i < n; i++) {
    const float *row = gen_feature_rows_at (rows, places != NULL ? places[i] : first + i);

    for (int k = 0; k < rows->length; k++)
      *out++ = row[k];
  }
}

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

double
gen_sets_find_scale (const GenMetricSets *sets)
{
  int exponent;

  frexpf (fmaxf (find_largest (sets->samples), find_largest (sets->reference)), &exponent);
  return ldexp (1, CLAMP (-exponent, FLT_MIN_EXP - 1, FLT_MAX_EXP - 1)); /* a float holds it */
}

float *
gen_sets_find_middle (const GenFeatureRows *rows, double scale)
{
  float *middle = g_new0 (float, rows->stride);

  for (guint i = 0; i < rows->n; i++)
    cblas_saxpy (rows->stride, 1.0f / (float)rows->n, gen_feature_rows_at (rows, i), 1, middle, 1);
  cblas_sscal (rows->stride, (float)scale, middle, 1);
  return middle;
}

gboolean
gen_sets_normalize (double *row, int length)
{
  const double norm = cblas_dnrm2 (length, row, 1);

  if (norm <= 0)
    return FALSE;
  cblas_dscal (length, 1 / norm, row, 1);
  return TRUE;
}

gboolean
gen_sets_begin (
    const GenMetricSets *sets, double *values, int figures, gboolean refers, guint least)
{
  for (int i = 0; i < figures; i++)
    values[i] = GEN_MISSING;
  values[figures] = 0;
  values[figures + 1] = (double)sets->samples->seen;
  if (refers)
    values[figures + 2] = (double)sets->reference->seen;
  return sets->samples->n >= least && (!refers || sets->reference->n >= least);
}
