/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Modes: how many of the reference's classes the samples reach. Each sample is of the class of
 * the reference sample that is nearest by features, unless even that is too far away: then it is
 * of none. A class counts as reached when it has over 2% of the samples that have one. The mode
 * count of Srivastava et al. 2017 (VEEGAN), with a nearest neighbour in the classifier's place,
 * and as there of samples of good quality alone; how far is too far is decided as for the outliers
 * of Knorr and Ng 1998, by the distances among the reference's samples. */
#include "metrics.h"

#include <generative/random.h>

#include <math.h>
#include <string.h>

#include "../simd.h"

/* Reference samples that are kept; of a larger reference, as many chosen by chance. */
#define KEPT_MAX 16384
#define SHARE 0.02
/* The share of the reference's samples that are as near to one of the others as a sample must
 * be, and how many of them are asked. */
#define NEAR 0.99
#define ASKED_MAX 1024
/* Samples that are compared in one pass over the reference. */
#define BATCH 8
#define STRANDS 16

typedef struct {
  GenRandom random;
  int length, padded; /* floats in a vector, and in a row with zeros up to whole strands */
  guint64 referred;   /* reference samples seen */
  float *reference;   /* KEPT_MAX rows at most */
  int *labels;
  int kept, room;
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

  modes->random = gen_random_new (settings->seed, "modes", 0);
  modes->radius = -1;
  return modes;
}

static void
modes_close (gpointer metric)
{
  Modes *modes = metric;

  g_free (modes->reference);
  g_free (modes->labels);
  g_free (modes->counts);
  g_free (modes->batch);
  g_free (modes);
}

static void
modes_refer (gpointer metric, const GenMetricSample *sample)
{
  Modes *modes = metric;
  guint64 place;
  float *row;

  if (sample->label < 0)
    return;
  place = modes->referred++;
  if (modes->length == 0) {
    modes->length = sample->n_features;
    modes->padded = (sample->n_features + STRANDS - 1) / STRANDS * STRANDS;
    modes->batch = g_new (float, (gsize)BATCH * modes->padded);
  }
  if (sample->label >= modes->n_classes) {
    modes->counts = g_renew (guint64, modes->counts, sample->label + 1);
    for (int c = modes->n_classes; c <= sample->label; c++)
      modes->counts[c] = 0;
    modes->n_classes = sample->label + 1;
  }
  if (place >= KEPT_MAX)
    place = gen_random_below (&modes->random, 0, place, (guint32)MIN (place + 1, G_MAXUINT32));
  if (place >= KEPT_MAX)
    return;
  if (modes->kept == modes->room && modes->kept < KEPT_MAX) {
    modes->room = MIN (MAX (2 * modes->room, 64), KEPT_MAX);
    modes->reference = g_renew (float, modes->reference, (gsize)modes->room * modes->padded);
    modes->labels = g_renew (int, modes->labels, modes->room);
  }
  row = modes->reference + place * modes->padded;
  memset (row, 0, modes->padded * sizeof *row);
  memcpy (row, sample->features, modes->length * sizeof *row);
  modes->labels[place] = sample->label;
  modes->radius = -1;
  modes->kept = MAX (modes->kept, (int)place + 1);
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

static int
compare_floats (const void *a, const void *b)
{
  float x = *(const float *)a, y = *(const float *)b;

  return (x > y) - (x < y);
}

/* The distance within which all but a few of the reference's samples have another. */
static float
find_radius (const Modes *modes)
{
  int asked = MIN (modes->kept, ASKED_MAX);
  g_autofree float *least = g_new (float, asked);

  for (int i = 0; i < asked; i++) {
    int own = (int)((gint64)i * modes->kept / asked);
    const float *row = modes->reference + (gsize)own * modes->padded;

    least[i] = INFINITY;
    for (int r = 0; r < modes->kept; r++)
      if (r != own)
        least[i] = MIN (least[i],
            squared_distance (row, modes->reference + (gsize)r * modes->padded, modes->padded));
  }
  qsort (least, (size_t)asked, sizeof *least, compare_floats);
  return least[(int)ceil (NEAR * asked) - 1];
}

/* Give the waiting samples their classes; a row of the reference is read once for all. */
static void
classify (Modes *modes)
{
  float least[BATCH];
  int nearest[BATCH] = { 0 };

  if (modes->waiting > 0 && modes->radius < 0)
    modes->radius = find_radius (modes);
  for (int b = 0; b < modes->waiting; b++)
    least[b] = INFINITY;
  for (int r = 0; r < modes->kept; r++) {
    const float *row = modes->reference + (gsize)r * modes->padded;

    for (int b = 0; b < modes->waiting; b++) {
      float distance = squared_distance (modes->batch + b * modes->padded, row, modes->padded);

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
  float *row;

  if (modes->kept == 0)
    return;
  row = modes->batch + modes->waiting * modes->padded;
  memset (row, 0, modes->padded * sizeof *row);
  memcpy (row, sample->features, modes->length * sizeof *row);
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
  .summary = "Number of the reference's classes with over 2% of the samples, each sample being "
             "of the class of its nearest neighbour by features, and of none where that is "
             "farther away than real ones are from each other",
  .unit = "classes",
  .needs_features = TRUE,
  .needs_reference = TRUE,
  .needs_labels = TRUE,
  .fields = { { "modes", GEN_FIELD_COUNT, NULL, "no sample could be compared with a class" },
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
