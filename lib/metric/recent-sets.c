/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Figures of sets over the last seconds. What is kept is the samples' features, each with its time;
 * a figure is taken of what is left where it is due, as the metric takes it of all. */
#include <math.h>
#include <string.h>

#include "meter.h"
#include "metrics.h"

/* The most samples that are kept, the last ones; with their features they take little memory. */
#define MOST_SAMPLES 8192

/* A figure, and the metric that it is of. */
typedef struct {
  const GenMetric *metric;
  guint field;
} Figure;

struct _GenRecentSets {
  guint64 reach;        /* nanoseconds */
  GArray *figures;      /* Figure */
  GArray *times;        /* guint64: of the samples, the oldest first */
  GArray *rows;         /* float: their features, `length` each */
  guint first;          /* what comes before has gone */
  int length;           /* 0: not known yet */
  GenMoments reference; /* of those that came as samples */
};

/* Whether the figure can be taken of the last features alone: by sets, or as a metric does that is
 * content with the reference's statistics. */
static gboolean
is_of_sets (const GenMetric *metric)
{
  return metric->compare != NULL ||
         (metric->needs_features && metric->takes_statistics && metric->take != NULL);
}

static void
add_figure (GenRecentSets *sets, GenMeter *meter, const Instrument *instrument)
{
  GenField field = g_array_index (meter->fields, GenField, instrument->first_field);
  g_autofree char *name = g_strconcat (field.name, GEN_RECENT_SUFFIX, NULL);
  const Figure figure = { instrument->metric, meter->fields->len };

  field.name = g_intern_string (name);
  g_array_append_val (meter->fields, field);
  g_array_append_val (sets->figures, figure);
}

GenRecentSets *
gen_recent_sets_new (GenMeter *meter, double seconds)
{
  GenRecentSets *sets = g_new0 (GenRecentSets, 1);

  sets->reach = (guint64)(seconds * 1e9 + 0.5);
  sets->figures = g_array_new (FALSE, FALSE, sizeof (Figure));
  sets->times = g_array_new (FALSE, FALSE, sizeof (guint64));
  sets->rows = g_array_new (FALSE, FALSE, sizeof (float));
  for (guint i = 0; i < meter->instruments->len; i++) {
    const Instrument *instrument = &g_array_index (meter->instruments, Instrument, i);

    if (is_of_sets (instrument->metric))
      add_figure (sets, meter, instrument);
  }
  return sets;
}

void
gen_recent_sets_free (GenRecentSets *sets)
{
  if (sets == NULL)
    return;
  g_array_unref (sets->figures);
  g_array_unref (sets->times);
  g_array_unref (sets->rows);
  gen_moments_clear (&sets->reference);
  g_free (sets);
}

void
gen_recent_sets_forget (GenRecentSets *sets)
{
  g_array_set_size (sets->times, 0);
  g_array_set_size (sets->rows, 0);
  sets->first = 0;
}

/* What is as old as the reach has gone, and leaves memory once it is as much as what is there, so
 * that each row moves once at most. */
static void
leave_old (GenRecentSets *sets, guint64 now)
{
  const guint n = sets->times->len;

  if (n - sets->first > MOST_SAMPLES)
    sets->first = n - MOST_SAMPLES;
  while (sets->first < n && g_array_index (sets->times, guint64, sets->first) + sets->reach <= now)
    sets->first++;
  if (sets->first == 0 || 2 * sets->first < n)
    return;
  g_array_remove_range (sets->times, 0, sets->first);
  g_array_remove_range (sets->rows, 0, sets->first * (guint)sets->length);
  sets->first = 0;
}

void
gen_recent_sets_take (
    GenRecentSets *sets, const GenMeter *meter, const float *features, int n, gboolean reference)
{
  if (sets->figures->len == 0)
    return;
  sets->length = n;
  if (!reference) {
    g_array_append_vals (sets->rows, features, (guint)n);
    g_array_append_val (sets->times, meter->time);
    leave_old (sets, meter->time);
    return;
  }
  if (sets->reference.mean == NULL)
    gen_moments_init (&sets->reference, n);
  gen_moments_add (&sets->reference, features);
}

static const float *
row_at (const GenRecentSets *sets, guint r)
{
  return &g_array_index (sets->rows, float, (gsize)r *(gsize)sets->length);
}

static gboolean
compare (const GenRecentSets *recent, const GenMeter *meter, const GenMetric *metric,
    double *figures, GError **error)
{
  g_auto (GenFeatureRows) rows = { 0 };
  const GenMetricSets sets = { &rows, &meter->sets[1], meter->settings.seed };

  gen_feature_rows_init (&rows, MOST_SAMPLES, meter->settings.seed, "samples");
  for (guint r = recent->first; r < recent->times->len; r++)
    memcpy (gen_feature_rows_next (&rows, recent->length), row_at (recent, r),
        (gsize)recent->length * sizeof (float));
  return metric->compare (&sets, figures, error);
}

/* The metric at work for these samples alone. */
static gboolean
take_all (GenRecentSets *sets, const GenMeter *meter, const GenMetric *metric, double *figures,
    GError **error)
{
  g_auto (GenStatistics) referred = { 0 };
  GenMetricSettings settings = meter->settings;
  gpointer state;
  gboolean done;

  if (settings.reference == NULL && sets->reference.mean != NULL &&
      gen_moments_statistics (&sets->reference, &referred))
    settings.reference = &referred;
  state = metric->open (&settings);
  for (guint r = sets->first; r < sets->times->len; r++)
    metric->take (state, &(GenMetricSample){ NULL, row_at (sets, r), sets->length, -1 });
  done = metric->figure (state, figures, error);
  metric->close (state);
  return done;
}

gboolean
gen_recent_sets_figure (GenRecentSets *sets, const GenMeter *meter, double *values, GError **error)
{
  leave_old (sets, meter->time);
  for (guint i = 0; i < sets->figures->len; i++) {
    const Figure *figure = &g_array_index (sets->figures, Figure, i);
    double figures[GEN_METRIC_MAX_FIELDS] = { GEN_MISSING };

    if (figure->metric->compare != NULL ? !compare (sets, meter, figure->metric, figures, error)
                                        : !take_all (sets, meter, figure->metric, figures, error))
      return FALSE;
    values[figure->field] = figures[0];
  }
  return TRUE;
}
