/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sets.h"

#include <cblas.h>

void
gen_sets_read (const GenFeatureRows *rows, guint first, const guint32 *places, guint n, double *out)
{
  for (guint i = 0; i < n; i++) {
    const float *row = gen_feature_rows_at (rows, places != NULL ? places[i] : first + i);

    for (int k = 0; k < rows->length; k++)
      *out++ = row[k];
  }
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
