/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Vendi score: how many samples that have nothing in common would be as diverse as these, which is
 * exp of the entropy of the eigenvalues of their similarities (Friedman and Dieng, "The Vendi
 * score", TMLR 2023); similarity is the cosine between features. Needs no reference. */
#include "sets.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>

/* Samples that are looked at. */
#define LOOKED_AT 4096

/* The matrix X X' / n, or X' X / n where that is smaller: its eigenvalues are the same but for
 * zeros. */
static gboolean
find_eigenvalues (const double *rows, int n, int length, double *values, GError **error)
{
  const int size = MIN (n, length);
  g_autofree double *matrix = g_new (double, (gsize)size *(gsize)size);
  lapack_int info;

  cblas_dsyrk (CblasRowMajor, CblasLower, n <= length ? CblasNoTrans : CblasTrans, size,
      MAX (n, length), 1.0 / n, rows, length, 0, matrix, size);
  info = LAPACKE_dsyevd (LAPACK_ROW_MAJOR, 'N', 'L', size, matrix, size, values);
  if (info == 0)
    return TRUE;
  g_set_error (error, GEN_METRIC_ERROR, GEN_METRIC_ERROR_FAILED,
      "the eigenvalues of the similarities of %d samples were not found (dsyevd returned %d)", n,
      (int)info);
  return FALSE;
}

static gboolean
compare (const GenMetricSets *sets, double *values, GError **error)
{
  const GenFeatureRows *rows = sets->samples;
  const int n = (int)MIN (rows->n, LOOKED_AT), length = rows->length;
  g_autofree double *matrix = NULL, *eigenvalues = NULL;
  double entropy = 0;

  if (!gen_sets_begin (sets, values, 1, FALSE, 1))
    return TRUE;
  matrix = g_new (double, (gsize)n *(gsize)length);
  eigenvalues = g_new (double, MIN (n, length));
  gen_sets_read (rows, 0, NULL, (guint)n, matrix);
  for (int i = 0; i < n; i++)
    gen_sets_normalize (matrix + (gsize)i * (gsize)length, length);
  if (!find_eigenvalues (matrix, n, length, eigenvalues, error))
    return FALSE;
  for (int i = 0; i < MIN (n, length); i++)
    if (eigenvalues[i] > 0)
      entropy -= eigenvalues[i] * log (eigenvalues[i]);
  values[0] = exp (entropy);
  return TRUE;
}

const GenMetric gen_metric_vendi_score = {
  .name = "vendi-score",
  .known_as = (const char *const[]){ "vendi", NULL },
  .summary = "Exp of the entropy of the eigenvalues of the cosine similarities of 4096 samples' "
             "features: how many samples that have nothing in common they are worth (Friedman and "
             "Dieng 2023)",
  .unit = "samples, from 1",
  .needs_features = TRUE,
  .takes_long = TRUE,
  .fields = { { "vendi-score", GEN_FIELD_NUMBER, NULL, "there is no sample" },
      { "vendi-score-features", GEN_FIELD_TEXT, NULL },
      { "vendi-score-samples", GEN_FIELD_COUNT, NULL } },
  .n_fields = 3,
  .compare = compare,
};
