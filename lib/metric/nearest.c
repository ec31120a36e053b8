/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Nearest: how far samples are from the reference's sample that is nearest by features. A generator
 * that has learned its data by heart makes what lies nearer to it than the data's own samples lie
 * to each other (the comparison that Heusel et al. 2017 and others make by eye; as a ratio, the
 * nearest-neighbour test of Meehan et al., "A non-parametric test to detect data-copying in
 * generative models", 2020). */
#include "metrics.h"
#include "nearest-pairs.h"

#include <generative/feature-rows.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Reference samples that are kept; of a larger reference, as many chosen by chance. */
#define KEPT_MAX 16384
/* How many of them are asked how near the others are. */
#define ASKED_MAX 1024
/* Of the reference's own samples, the share that lies nearer to another one than what is called
 * close: as many of what was not learned by heart are close by chance. */
#define CLOSE_SHARE 0.01

typedef struct {
  GenFeatureRows reference;
  GArray *items;    /* guint32, of each row, in the dataset */
  GPtrArray *names; /* where each row comes from; NULL: not known */
  GArray *pairs;    /* GenNearestPair */
  float *row;       /* the sample at hand, as rows are */
  guint64 count;
  double sum, least;        /* of distances */
  GenFeatureRows distances; /* each a row; of many, as many chosen by chance */
} Nearest;

/* How near the reference's own samples are to each other. */
typedef struct {
  double mean;
  double close; /* what CLOSE_SHARE of them are nearer than, or as near */
} Within;

static gpointer
nearest_open (const GenMetricSettings *settings)
{
  Nearest *nearest = g_new0 (Nearest, 1);

  gen_feature_rows_init (&nearest->reference, KEPT_MAX, settings->seed, "nearest");
  gen_feature_rows_init (&nearest->distances, KEPT_MAX, settings->seed, "nearest-distances");
  nearest->items = g_array_new (FALSE, FALSE, sizeof (guint32));
  nearest->names = g_ptr_array_new_with_free_func (g_free);
  nearest->pairs = gen_nearest_pairs_new ();
  nearest->least = INFINITY;
  return nearest;
}

static void
nearest_close (gpointer metric)
{
  Nearest *nearest = metric;

  gen_feature_rows_clear (&nearest->reference);
  gen_feature_rows_clear (&nearest->distances);
  g_array_unref (nearest->items);
  g_ptr_array_unref (nearest->names);
  g_array_unref (nearest->pairs);
  g_free (nearest->row);
  g_free (nearest);
}

/* Where the row comes from that was kept last, at `row`. */
static void
note_origin (Nearest *nearest, const float *row, const GenMetricSample *sample)
{
  const guint place = (guint)((row - nearest->reference.data) / nearest->reference.stride);

  if (place >= nearest->names->len) {
    g_ptr_array_set_size (nearest->names, (int)place + 1);
    g_array_set_size (nearest->items, place + 1);
  }
  g_array_index (nearest->items, guint32, place) = sample->item;
  g_free (nearest->names->pdata[place]);
  nearest->names->pdata[place] = g_strdup (sample->name);
}

static void
nearest_refer (gpointer metric, const GenMetricSample *sample)
{
  Nearest *nearest = metric;
  float *row = gen_feature_rows_next (&nearest->reference, sample->n_features);

  if (row != NULL) {
    memcpy (row, sample->features, (gsize)sample->n_features * sizeof *row);
    note_origin (nearest, row, sample);
  }
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

/* The root mean square difference of features to the nearest row that is not `but`, and which that
 * is. */
static double
find_distance (const GenFeatureRows *rows, const float *row, guint but, guint *nearest)
{
  double least = INFINITY;

  *nearest = 0;
  for (guint i = 0; i < rows->n; i++) {
    const double distance =
        i != but ? (double)gen_feature_rows_distance (rows, row, gen_feature_rows_at (rows, i))
                 : INFINITY;

    if (distance < least)
      *nearest = i;
    least = fmin (least, distance);
  }
  if (!isinf (least))
    return sqrt (least / rows->length);
  for (guint i = 0; i < rows->n; i++) {
    const double distance =
        i != but ? find_large (rows, row, gen_feature_rows_at (rows, i)) : INFINITY;

    if (distance < least)
      *nearest = i;
    least = fmin (least, distance);
  }
  return sqrt (least / rows->length);
}

static void
nearest_take (gpointer metric, const GenMetricSample *sample)
{
  Nearest *nearest = metric;
  double distance;
  float *kept;
  guint place = 0;

  if (nearest->reference.n == 0)
    return;
  memcpy (nearest->row, sample->features, (gsize)sample->n_features * sizeof (float));
  distance = find_distance (&nearest->reference, nearest->row, G_MAXUINT, &place);
  gen_nearest_pairs_take (nearest->pairs, sample, distance, place,
      g_array_index (nearest->items, guint32, place), nearest->names->pdata[place]);
  kept = gen_feature_rows_next (&nearest->distances, 1);
  if (kept != NULL)
    *kept = (float)distance;
  nearest->sum += distance;
  nearest->least = MIN (nearest->least, distance);
  nearest->count++;
}

static int
compare_numbers (gconstpointer a, gconstpointer b)
{
  const double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

/* The same among the reference's own samples. */
static Within
measure_reference (const GenFeatureRows *rows)
{
  const guint asked = MIN (rows->n, ASKED_MAX);
  g_autofree double *distances = g_new (double, asked);
  double sum = 0;

  if (rows->n < 2)
    return (Within){ GEN_MISSING, GEN_MISSING };
  for (guint i = 0; i < asked; i++) {
    const guint own = (guint)((guint64)i * rows->n / asked);
    guint other;

    distances[i] = find_distance (rows, gen_feature_rows_at (rows, own), own, &other);
    sum += distances[i];
  }
  qsort (distances, asked, sizeof *distances, compare_numbers);
  return (Within){ sum / asked, distances[(guint)(CLOSE_SHARE * asked)] };
}

/* The share of the samples that are as near as `close`. Kept distances have the precision of a
 * float. */
static double
count_close (const GenFeatureRows *distances, double close)
{
  guint n = 0;

  for (guint i = 0; i < distances->n; i++)
    n += *gen_feature_rows_at (distances, i) <= (float)close;
  return (double)n / distances->n;
}

static gboolean
nearest_figure (gpointer metric, double *values, GError **error)
{
  const Nearest *nearest = metric;
  const gboolean any = nearest->count > 0;
  const Within within = measure_reference (&nearest->reference);

  values[0] = any ? nearest->sum / (double)nearest->count : GEN_MISSING;
  values[1] = 0;
  values[2] = any ? nearest->least : GEN_MISSING;
  values[3] = within.mean;
  values[4] = (double)nearest->count;
  values[5] = any && nearest->reference.n > 1 ? count_close (&nearest->distances, within.close)
                                              : GEN_MISSING;
  return TRUE;
}

static void
nearest_describe (gpointer metric, const char *const *class_names, JsonObject *summary)
{
  const Nearest *nearest = metric;

  if (nearest->count > 0)
    json_object_set_array_member (
        summary, "nearest-pairs", gen_nearest_pairs_to_json (nearest->pairs));
}

static gboolean
nearest_illustrate (gpointer metric, const GenDataset *reference, GenFit fit, GenMetricTell tell,
    gpointer data, GError **error)
{
  return gen_nearest_pairs_illustrate (
      ((Nearest *)metric)->pairs, reference, fit, tell, data, error);
}

const GenMetric gen_metric_nearest = {
  .name = "nearest",
  .summary = "Mean root mean square difference of samples' features to those of the reference's "
             "sample that is nearest, beside the same among the reference's own samples, and the "
             "share of samples that are nearer than all but a hundredth of these: much more than "
             "0.01 says that samples were learned by heart",
  .unit = "the features' own, from 0",
  .needs_features = TRUE,
  .needs_reference = TRUE,
  .fields = { { "nearest", GEN_FIELD_NUMBER, NULL,
                  "no sample could be compared with the reference" },
      { "nearest-features", GEN_FIELD_TEXT, NULL },
      { "nearest-least", GEN_FIELD_NUMBER, NULL, "no sample could be compared with the reference" },
      { "nearest-within-reference", GEN_FIELD_NUMBER, NULL,
          "the reference has less than two samples" },
      { "nearest-samples", GEN_FIELD_COUNT, NULL },
      { "nearest-close", GEN_FIELD_NUMBER, NULL,
          "no sample could be compared, or the reference has less than two samples" } },
  .n_fields = 6,
  .open = nearest_open,
  .close = nearest_close,
  .take = nearest_take,
  .refer = nearest_refer,
  .figure = nearest_figure,
  .describe = nearest_describe,
  .illustrate = nearest_illustrate,
};
