/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Inception score: exp of the mean divergence of a sample's classes from those of all (Salimans et
 * al., "Improved techniques for training GANs", NIPS 2016): high where each sample is clearly of
 * one class, and all classes come. By any classifier: of Inception only where that is the embedder.
 * The mean over ten parts of the samples, in their order, and the deviation between parts. */
#include "sets.h"

#include <math.h>

#define PARTS 10

static double
measure (const GenFeatureRows *rows, guint first, guint end, double *probabilities, double *mean)
{
  const int classes = rows->length;
  const double n = end - first;
  double entropy = 0, sum = 0;

  for (int c = 0; c < classes; c++)
    mean[c] = 0;
  for (guint i = first; i < end; i++) {
    gen_features_to_probabilities (gen_feature_rows_at (rows, i), classes, probabilities);
    for (int c = 0; c < classes; c++) {
      mean[c] += probabilities[c] / n;
      if (probabilities[c] > 0)
        sum += probabilities[c] * log (probabilities[c]) / n;
    }
  }
  for (int c = 0; c < classes; c++)
    if (mean[c] > 0)
      entropy -= mean[c] * log (mean[c]);
  return exp (sum + entropy);
}

static gboolean
compare (const GenMetricSets *sets, double *values, GError **error)
{
  const GenFeatureRows *rows = sets->samples;
  const guint parts = rows->n >= 2 * PARTS ? PARTS : 1;
  g_autofree double *probabilities = g_new (double, rows->length);
  g_autofree double *mean = g_new (double, rows->length);
  GenTally scores = { 0 };

  if (!gen_sets_begin (sets, values, 2, FALSE, 1))
    return TRUE;
  for (guint i = 0; i < parts; i++) {
    const guint first = (guint)((guint64)rows->n * i / parts);
    const guint end = (guint)((guint64)rows->n * (i + 1) / parts);

    gen_tally_add (&scores, measure (rows, first, end, probabilities, mean));
  }
  values[0] = scores.mean;
  values[1] = sqrt (scores.squares / parts);
  return TRUE;
}

const GenMetric gen_metric_inception_score = {
  .name = "inception-score",
  .known_as = (const char *const[]){ "is", "isc", NULL },
  .summary = "Exp of the mean divergence of the classes of a sample, which the embedder is a "
             "classifier of, from those of all, the mean of ten parts (Salimans et al. 2016)",
  .unit = "from 1 to the number of classes",
  .needs_features = TRUE,
  .needs_classifier = TRUE,
  .takes_long = TRUE,
  .fields = { { "inception-score", GEN_FIELD_NUMBER, NULL, "there is no sample",
                  .better = GEN_BETTER_HIGHER },
      { "inception-score-deviation", GEN_FIELD_NUMBER, NULL, "there is no sample" },
      { "inception-score-features", GEN_FIELD_TEXT, NULL },
      { "inception-score-samples", GEN_FIELD_COUNT, NULL } },
  .n_fields = 4,
  .compare = compare,
};
