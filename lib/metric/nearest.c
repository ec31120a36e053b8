/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nearest: how far samples are from the reference's sample that is nearest by features. A generator
 * that has learned its data by heart makes what lies nearer to it than the data's own samples lie
 * to each other (the comparison that Heusel et al. 2017 and others make by eye; as a ratio, the
 * nearest-neighbour test of Meehan et al., "A non-parametric test to detect data-copying in
 * generative models", 2020). */
#include "metrics.h"

#include <generative/feature-rows.h>

#include <math.h>
#include <string.h>

/* Reference samples that are kept; of a larger reference, as many chosen by chance. */
#define KEPT_MAX 16384
/* How many of them are asked how near the others are. */
#define ASKED_MAX 1024

typedef struct {
  GenFeatureRows reference;
  float *row; /* the sample at hand, as rows are */
  guint64 count;
  double sum, least; /* of distances */
} Nearest;

static gpointer
nearest_open (const GenMetricSettings *settings)
{
  Nearest *nearest = g_new0 (Nearest, 1);

  gen_feature_rows_init (&nearest->reference, KEPT_MAX, settings->seed, "nearest");
  nearest->least = INFINITY;
  return nearest;
}

static void
nearest_close (gpointer metric)
{
  Nearest *nearest = metric;

  gen_feature_rows_clear (&nearest->reference);
  g_free (nearest->row);
  g_free (nearest);
}

static void
nearest_refer (gpointer metric, const GenMetricSample *sample)
{
  Nearest *nearest = metric;
  float *row = gen_feature_rows_next (&nearest->reference, sample->n_features);

  if (row != NULL)
    memcpy (row, sample->features, (gsize)sample->n_features * sizeof *row);
  if (nearest->row == NULL)
    nearest->row = g_new0 (float, nearest->reference.stride);
}

/* The squared distance, which may be more than a float can hold. */
static double
find_large (const GenFeatureRows *rows, const float *a, const float *b)
{
  double sum = 0;

  for (int k = 0; k < rows->length; k++)
    sum += ((double)a[k] - b[k]) * ((double)a[k] - b[k]);
  return sum;
}

/* The root mean square difference of features to the nearest row that is not `but`. */
static double
find_distance (const GenFeatureRows *rows, const float *row, guint but)
{
  double least = INFINITY, large = INFINITY;

  for (guint i = 0; i < rows->n; i++)
    if (i != but)
      least = fmin (
          least, (double)gen_feature_rows_distance (rows, row, gen_feature_rows_at (rows, i)));
  for (guint i = 0; i < rows->n && isinf (least); i++)
    if (i != but)
      large = fmin (large, find_large (rows, row, gen_feature_rows_at (rows, i)));
  return sqrt ((isinf (least) ? large : least) / rows->length);
}

static void
nearest_take (gpointer metric, const GenMetricSample *sample)
{
  Nearest *nearest = metric;
  double distance;

  if (nearest->reference.n == 0)
    return;
  memcpy (nearest->row, sample->features, (gsize)sample->n_features * sizeof (float));
  distance = find_distance (&nearest->reference, nearest->row, G_MAXUINT);
  nearest->sum += distance;
  nearest->least = MIN (nearest->least, distance);
  nearest->count++;
}

/* The mean of the same among the reference's own samples. */
static double
measure_reference (const GenFeatureRows *rows)
{
  const guint asked = MIN (rows->n, ASKED_MAX);
  double sum = 0;

  if (rows->n < 2)
    return GEN_MISSING;
  for (guint i = 0; i < asked; i++) {
    const guint own = (guint)((guint64)i * rows->n / asked);

    sum += find_distance (rows, gen_feature_rows_at (rows, own), own);
  }
  return sum / asked;
}

static gboolean
nearest_figure (gpointer metric, double *values, GError **error)
{
  const Nearest *nearest = metric;
  const gboolean any = nearest->count > 0;

  values[0] = any ? nearest->sum / (double)nearest->count : GEN_MISSING;
  values[1] = 0;
  values[2] = any ? nearest->least : GEN_MISSING;
  values[3] = measure_reference (&nearest->reference);
  values[4] = (double)nearest->count;
  return TRUE;
}

const GenMetric gen_metric_nearest = {
  .name = "nearest",
  .summary = "Mean root mean square difference of samples' features to those of the reference's "
             "sample that is nearest, beside the same among the reference's own samples: much less "
             "than that says that samples were learned by heart",
  .unit = "the features' own, from 0",
  .needs_features = TRUE,
  .needs_reference = TRUE,
  .fields = { { "nearest", GEN_FIELD_NUMBER, NULL,
                  "no sample could be compared with the reference" },
      { "nearest-features", GEN_FIELD_TEXT, NULL },
      { "nearest-least", GEN_FIELD_NUMBER, NULL, "no sample could be compared with the reference" },
      { "nearest-within-reference", GEN_FIELD_NUMBER, NULL,
          "the reference has less than two samples" },
      { "nearest-samples", GEN_FIELD_COUNT, NULL } },
  .n_fields = 5,
  .open = nearest_open,
  .close = nearest_close,
  .take = nearest_take,
  .refer = nearest_refer,
  .figure = nearest_figure,
};
