/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sets.h"

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
gen_sets_are_enough (const GenMetricSets *sets)
{
  return sets->samples->n >= 2 && sets->reference->n >= 2;
}
