/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The streaming thread adds up, for good; whoever gathers looks at the sums from time to time, and
 * a mean over a window is what two looks differ by. So neither waits for the other. */
#include "figures.h"

#include <math.h>

#include "../shared/score.h"

/* Metas of the kind on a buffer, one after the other. */
static const GstStructure *
next_scores (GstTraceStage *stage, GstBuffer *buffer, gpointer *state)
{
  const GstMetaInfo *info = atomic_load_explicit (&stage->trace->scores, memory_order_relaxed);
  GstMeta *meta;

  if (info == NULL) {
    info = gst_meta_get_info (GST_GENERATIVE_SCORE);
    atomic_store_explicit (&stage->trace->scores, info, memory_order_relaxed);
  }
  if (info == NULL)
    return NULL;
  while ((meta = gst_buffer_iterate_meta (buffer, state)) != NULL)
    if (meta->info == info)
      return gst_custom_meta_get_structure ((GstCustomMeta *)meta);
  return NULL;
}

void
gst_trace_figures_enter (GstTraceStage *stage, GstBuffer *buffer)
{
  gpointer state = NULL;
  const GstStructure *scores = next_scores (stage, buffer, &state);

  stage->scores = scores != NULL ? (guint)gst_structure_n_fields (scores) : 0;
}

/* The figure of a name, which is new the first time; NULL where there is no place for it. */
static GstTraceFigure *
find_figure (GstTraceStage *stage, GQuark name)
{
  for (guint i = 0; i < GST_TRACE_MOST_FIGURES; i++) {
    GstTraceFigure *figure = atomic_load_explicit (&stage->figures[i], memory_order_relaxed);

    if (figure != NULL && figure->name == name)
      return figure;
    if (figure != NULL)
      continue;
    figure = g_new0 (GstTraceFigure, 1);
    figure->name = name;
    figure->gauge =
        gst_trace_stage_take (stage, &gst_trace_quality, g_quark_to_string (name), NULL);
    gen_counter_set (figure->gauge, NAN);
    atomic_store_explicit (&stage->figures[i], figure, memory_order_release);
    return figure;
  }
  return NULL;
}

static void
add (GstTraceFigure *figure, double value)
{
  const double sum = atomic_load_explicit (&figure->sum, memory_order_relaxed);

  atomic_store_explicit (&figure->sum, sum + value, memory_order_relaxed);
  atomic_fetch_add_explicit (&figure->n, 1, memory_order_release);
}

typedef struct {
  GstTraceStage *stage;
  guint field;
} Walk;

/* GstStructureForeachFunc */
static gboolean
take_field (GQuark name, const GValue *value, gpointer data)
{
  Walk *walk = data;
  GstTraceFigure *figure;
  double number;

  if (walk->field++ < walk->stage->scores)
    return TRUE;
  if (G_VALUE_HOLDS_DOUBLE (value))
    number = g_value_get_double (value);
  else if (G_VALUE_HOLDS_INT64 (value))
    number = (double)g_value_get_int64 (value);
  else
    return TRUE;
  figure = isfinite (number) ? find_figure (walk->stage, name) : NULL;
  if (figure != NULL)
    add (figure, number);
  return TRUE;
}

void
gst_trace_figures_leave (GstTraceStage *stage, GstBuffer *buffer)
{
  const GstStructure *scores;
  gpointer state = NULL;

  while ((scores = next_scores (stage, buffer, &state)) != NULL) {
    Walk walk = { stage, 0 };

    gst_structure_foreach (scores, take_field, &walk);
  }
}

static void
look (GstTraceFigure *figure, guint interval, guint intervals)
{
  const guint64 n = atomic_load_explicit (&figure->n, memory_order_acquire);
  const double sum = atomic_load_explicit (&figure->sum, memory_order_relaxed);
  const guint place = interval % intervals;
  const guint64 within = n - figure->ns[place];

  gen_counter_set (
      figure->gauge, within > 0 ? (sum - figure->sums[place]) / (double)within : (double)NAN);
  figure->ns[place] = n;
  figure->sums[place] = sum;
}

void
gst_trace_figures_gather (GstTraceStage *stage)
{
  for (guint i = 0; i < GST_TRACE_MOST_FIGURES; i++) {
    GstTraceFigure *figure = atomic_load_explicit (&stage->figures[i], memory_order_acquire);

    if (figure == NULL)
      break;
    look (figure, stage->interval, stage->trace->intervals);
  }
  stage->interval++;
}

void
gst_trace_figures_clear (GstTraceStage *stage)
{
  for (guint i = 0; i < GST_TRACE_MOST_FIGURES; i++)
    g_free (stage->figures[i]);
}
