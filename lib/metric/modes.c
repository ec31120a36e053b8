/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Modes: how many of the reference's classes the samples reach. Each sample is of the class of
 * the reference sample that is nearest by features, unless even that is too far away: then it is
 * of none. A class counts as reached when it has over 2% of the samples that have one. The mode
 * count of Srivastava et al. 2017 (VEEGAN), with a nearest neighbour in the classifier's place,
 * and as there of samples of good quality alone; how far is too far is decided as for the outliers
 * of Knorr and Ng 1998, by the distances among the reference's samples. */
#include "metrics.h"

#include <generative/feature-rows.h>

#include <math.h>
#include <string.h>

/* Reference samples that are kept; of a larger reference, as many chosen by chance. */
#define KEPT_MAX 16384
#define SHARE 0.02
/* The share of the reference's samples that are as near to one of the others as a sample must
 * be, and how many of them are asked. */
#define NEAR 0.99
#define ASKED_MAX 1024
/* Samples that are compared in one pass over the reference. */
#define BATCH 8

typedef struct {
  GenFeatureRows reference;
  int *labels;  /* of its rows */
  float radius; /* squared: of what is near enough; negative: to be found */
  int n_classes;
  guint64 *counts; /* samples by class */
  guint64 count, unassigned;
  float *batch; /* BATCH rows */
  int waiting;
} Modes;

static gpointer
modes_open (const GenMetricSettings *settings)
{
  Modes *modes = g_new0 (Modes, 1);

  gen_feature_rows_init (&modes->reference, KEPT_MAX, settings->seed, "modes");
  modes->radius = -1;
  return modes;
}

static void
modes_close (gpointer metric)
{
  Modes *modes = metric;

  gen_feature_rows_clear (&modes->reference);
  g_free (modes->labels);
  g_free (modes->counts);
  g_free (modes->batch);
  g_free (modes);
}

static void
add_classes (Modes *modes, int n)
{
  if (n <= modes->n_classes)
    return;
  modes->counts = g_renew (guint64, modes->counts, n);
  for (int c = modes->n_classes; c < n; c++)
    modes->counts[c] = 0;
  modes->n_classes = n;
}

static void
modes_refer (gpointer metric, const GenMetricSample *sample)
{
  Modes *modes = metric;
  GenFeatureRows *rows = &modes->reference;
  const guint room = rows->room;
  float *row;

  if (sample->label < 0)
    return;
  add_classes (modes, sample->label + 1);
  row = gen_feature_rows_next (rows, sample->n_features);
  if (row == NULL)
    return;
  if (rows->room > room)
    modes->labels = g_renew (int, modes->labels, rows->room);
  if (modes->batch == NULL)
    modes->batch = g_new0 (float, (gsize)BATCH *(gsize)rows->stride);
  memcpy (row, sample->features, (gsize)sample->n_features * sizeof *row);
  modes->labels[(row - rows->data) / rows->stride] = sample->label;
  modes->radius = -1;
}

static int
compare_floats (const void *a, const void *b)
{
  float x = *(const float *)a, y = *(const float *)b;

  return (x > y) - (x < y);
}

/* The distance within which all but a few of the reference's samples have another. */
static float
find_radius (const GenFeatureRows *rows)
{
  const guint asked = MIN (rows->n, ASKED_MAX);
  g_autofree float *least = g_new (float, asked);

  for (guint i = 0; i < asked; i++) {
    const guint own = (guint)((guint64)i * rows->n / asked);
    const float *row = gen_feature_rows_at (rows, own);

    least[i] = INFINITY;
    for (guint r = 0; r < rows->n; r++)
      if (r != own)
        least[i] =
            MIN (least[i], gen_feature_rows_distance (rows, row, gen_feature_rows_at (rows, r)));
  }
  qsort (least, asked, sizeof *least, compare_floats);
  return least[(int)ceil (NEAR * asked) - 1];
}

/* Give the waiting samples their classes; a row of the reference is read once for all. */
static void
classify (Modes *modes)
{
  const GenFeatureRows *rows = &modes->reference;
  float least[BATCH];
  guint nearest[BATCH] = { 0 };

  if (modes->waiting > 0 && modes->radius < 0)
    modes->radius = find_radius (rows);
  for (int b = 0; b < modes->waiting; b++)
    least[b] = INFINITY;
  for (guint r = 0; r < rows->n; r++) {
    const float *row = gen_feature_rows_at (rows, r);

    for (int b = 0; b < modes->waiting; b++) {
      const float distance = gen_feature_rows_distance (rows, modes->batch + b * rows->stride, row);

      if (distance < least[b]) {
        least[b] = distance;
        nearest[b] = r;
      }
    }
  }
  for (int b = 0; b < modes->waiting; b++) {
    /* By the negation, so that what is not a number is of no class. */
    if (!(least[b] <= modes->radius))
      modes->unassigned++;
    else
      modes->counts[modes->labels[nearest[b]]]++;
  }
  modes->count += (guint64)modes->waiting;
  modes->waiting = 0;
}

static void
modes_take (gpointer metric, const GenMetricSample *sample)
{
  Modes *modes = metric;

  if (modes->reference.n == 0)
    return;
  memcpy (modes->batch + modes->waiting * modes->reference.stride, sample->features,
      (gsize)sample->n_features * sizeof (float));
  if (++modes->waiting == BATCH)
    classify (modes);
}

static gboolean
modes_figure (gpointer metric, double *values, GError **error)
{
  Modes *modes = metric;
  double assigned;

  classify (modes);
  assigned = (double)(modes->count - modes->unassigned);
  values[0] = modes->count > 0 ? 0 : GEN_MISSING;
  for (int c = 0; c < modes->n_classes; c++)
    values[0] += (double)modes->counts[c] > SHARE * assigned;
  values[1] = 0;
  values[2] = modes->n_classes;
  values[3] = (double)modes->count;
  values[4] = (double)modes->unassigned;
  return TRUE;
}

/* "modes-shares": each class's share of the samples that have one. */
static void
modes_describe (gpointer metric, const char *const *class_names, JsonObject *summary)
{
  Modes *modes = metric;
  double assigned = (double)MAX (modes->count - modes->unassigned, 1);
  JsonObject *shares;

  if (modes->count == 0)
    return;
  shares = json_object_new ();
  for (int c = 0; c < modes->n_classes; c++) {
    g_autofree char *number = g_strdup_printf ("%d", c);
    gboolean named = class_names != NULL && c < (int)g_strv_length ((char **)class_names);

    json_object_set_double_member (
        shares, named ? class_names[c] : number, (double)modes->counts[c] / assigned);
  }
  json_object_set_object_member (summary, "modes-shares", shares);
}

const GenMetric gen_metric_modes = {
  .name = "modes",
  .known_as = (const char *const[]){ "mode-count", NULL },
  .summary = "Number of the reference's classes with over 2% of the samples, each sample being "
             "of the class of its nearest neighbour by features, and of none where that is "
             "farther away than real ones are from each other",
  .unit = "classes",
  .needs_features = TRUE,
  .needs_reference = TRUE,
  .needs_labels = TRUE,
  .fields = { { "modes", GEN_FIELD_COUNT, NULL, "no sample could be compared with a class",
                  .better = GEN_BETTER_HIGHER },
      { "modes-features", GEN_FIELD_TEXT, NULL }, { "modes-classes", GEN_FIELD_COUNT, NULL },
      { "modes-samples", GEN_FIELD_COUNT, NULL }, { "modes-unassigned", GEN_FIELD_COUNT, NULL } },
  .n_fields = 5,
  .open = modes_open,
  .close = modes_close,
  .take = modes_take,
  .refer = modes_refer,
  .figure = modes_figure,
  .describe = modes_describe,
};
