/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nearest: how far samples are from the reference's sample that is nearest by features. A generator
 * that has learned its data by heart makes what lies nearer to it than the data's own samples lie
 * to each other (the comparison that Heusel et al. 2017 and others make by eye; as a ratio, the
 * nearest-neighbour test of Meehan et al., "A non-parametric test to detect data-copying in
 * generative models", 2020). */
#include "metrics.h"

#include <generative/random.h>

#include <math.h>
#include <string.h>

#include "../simd.h"

/* Reference samples that are kept; of a larger reference, as many chosen by chance. */
#define KEPT_MAX 16384
/* How many of them are asked how near the others are. */
#define ASKED_MAX 1024
#define STRANDS 16

typedef struct {
  GenRandom random;
  int length, padded; /* floats in a vector, and in a row with zeros up to whole strands */
  guint64 referred;   /* reference samples seen */
  GArray *reference;  /* floats, KEPT_MAX rows at most */
  float *row;
  guint64 count;
  double sum, least; /* of distances */
} Nearest;

static gpointer
nearest_open (const GenMetricSettings *settings)
{
  Nearest *nearest = g_new0 (Nearest, 1);

  nearest->random = gen_random_new (settings->seed, "nearest", 0);
  nearest->reference = g_array_new (FALSE, TRUE, sizeof (float));
  nearest->least = INFINITY;
  return nearest;
}

static void
nearest_close (gpointer metric)
{
  Nearest *nearest = metric;

  g_array_unref (nearest->reference);
  g_free (nearest->row);
  g_free (nearest);
}

static int
count_kept (const Nearest *nearest)
{
  return nearest->padded > 0 ? (int)(nearest->reference->len / (guint)nearest->padded) : 0;
}

static float *
row_at (const Nearest *nearest, int i)
{
  return &g_array_index (nearest->reference, float, (gsize)i * nearest->padded);
}

static void
nearest_refer (gpointer metric, const GenMetricSample *sample)
{
  Nearest *nearest = metric;
  guint64 place = nearest->referred++;

  if (nearest->length == 0) {
    nearest->length = sample->n_features;
    nearest->padded = (sample->n_features + STRANDS - 1) / STRANDS * STRANDS;
    nearest->row = g_new0 (float, nearest->padded);
  }
  if (place >= KEPT_MAX)
    place = gen_random_below (&nearest->random, 0, place, (guint32)MIN (place + 1, G_MAXUINT32));
  if (place >= KEPT_MAX)
    return;
  if (place == (guint64)count_kept (nearest))
    g_array_set_size (nearest->reference, nearest->reference->len + (guint)nearest->padded);
  memcpy (row_at (nearest, (int)place), sample->features, nearest->length * sizeof (float));
}

GEN_CLONES (float, squared_distance, (const float *a, const float *b, int n), (a, b, n))
{
  float strands[STRANDS] = { 0 }, sum = 0;

  for (int i = 0; i < n; i += STRANDS)
    for (int s = 0; s < STRANDS; s++)
      strands[s] += (a[i + s] - b[i + s]) * (a[i + s] - b[i + s]);
  for (int s = 0; s < STRANDS; s++)
    sum += strands[s];
  return sum;
}

/* The root mean square difference of features to the nearest row that is not `but`. */
static double
find_distance (const Nearest *nearest, const float *row, int but)
{
  float least = INFINITY;

  for (int i = 0; i < count_kept (nearest); i++)
    if (i != but)
      least = fminf (least, squared_distance (row, row_at (nearest, i), nearest->padded));
  return sqrt (least / nearest->length);
}

static void
nearest_take (gpointer metric, const GenMetricSample *sample)
{
  Nearest *nearest = metric;
  double distance;

  if (nearest->length == 0)
    return;
  memcpy (nearest->row, sample->features, nearest->length * sizeof (float));
  distance = find_distance (nearest, nearest->row, -1);
  nearest->sum += distance;
  nearest->least = MIN (nearest->least, distance);
  nearest->count++;
}

/* The mean of the same among the reference's own samples. */
static double
measure_reference (const Nearest *nearest)
{
  const int kept = count_kept (nearest), asked = MIN (kept, ASKED_MAX);
  double sum = 0;

  if (kept < 2)
    return GEN_MISSING;
  for (int i = 0; i < asked; i++) {
    const int own = (int)((gint64)i * kept / asked);

    sum += find_distance (nearest, row_at (nearest, own), own);
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
  values[3] = measure_reference (nearest);
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
