/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>

#include <generative/metric.h>

#include "../../lib/base/json-members.h"
#include "publish.h"
#include "watched-bin.h"

/* Those of every session; others come behind them. */
enum {
  ERRORS,
  LATE,
  LATENCY,
  N_OWN,
};

typedef struct {
  double sum;
  guint n;
} Mean;

struct _ServeMeasure {
  GMutex lock;   /* of all that follows: elements' threads add to it */
  double window; /* seconds */
  gint64 since;
  guint frames;
  gboolean failed, late;
  gint64 came; /* when a frame went into the generator */
  Mean latency;
  char **names; /* of figures of meters, ended by NULL */
  Mean *means;
};

static void
measure_free (gpointer data)
{
  ServeMeasure *measure = data;

  g_mutex_clear (&measure->lock);
  g_strfreev (measure->names);
  g_free (measure->means);
  g_free (measure);
}

/* Names of the settings' figures, in their order. (transfer full) */
static char **
list_names (const ServePublishSettings *settings)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  g_autoptr (GList) members =
      settings->figures != NULL ? json_object_get_members (settings->figures) : NULL;

  for (const GList *member = members; member != NULL; member = member->next)
    g_strv_builder_add (names, member->data);
  return g_strv_builder_end (names);
}

GArray *
serve_measure_figures (const ServePublishSettings *settings)
{
  const GenRolloutFigure own[N_OWN] = {
    { "errors", TRUE, TRUE, FALSE, settings->errors },
    { "late", TRUE, TRUE, FALSE, settings->late },
    { "latency", TRUE, FALSE, TRUE, settings->latency },
  };
  GArray *figures = g_array_new (FALSE, FALSE, sizeof (GenRolloutFigure));
  g_autoptr (GList) members =
      settings->figures != NULL ? json_object_get_members (settings->figures) : NULL;

  g_array_append_vals (figures, own, N_OWN);
  for (const GList *member = members; member != NULL; member = member->next) {
    const GenField *field = gen_metric_find_field (member->data, NULL);
    const GenRolloutFigure figure = { member->data,
      field != NULL && field->better == GEN_BETTER_LOWER, FALSE, TRUE,
      gen_json_number_in (settings->figures, member->data) };

    g_array_append_val (figures, figure);
  }
  return figures;
}

char *
serve_publish_describe_meters (const ServeModel *model)
{
  const ServePublishSettings *settings =
      serve_configuration_find (model->configuration, &serve_section_publish, model->name);
  g_autoptr (GString) line = g_string_new (NULL), metrics = g_string_new (NULL);
  g_auto (GStrv) names = settings != NULL ? list_names (settings) : NULL;

  for (int i = 0; names != NULL && names[i] != NULL; i++) {
    const GenMetric *metric;

    if (gen_metric_find_field (names[i], &metric) != NULL &&
        strstr (metrics->str, metric->name) == NULL)
      g_string_append_printf (metrics, "%s%s", metrics->len > 0 ? "," : "", metric->name);
  }
  if (settings != NULL && settings->discriminator != NULL) {
    g_autofree char *escaped = g_strescape (settings->discriminator, NULL);

    g_string_append_printf (line, "discriminator post-messages=true model=\"%s\"", escaped);
  }
  if (metrics->len > 0)
    g_string_append_printf (line, "%squalitymeter post-messages=true metrics=%s",
        line->len > 0 ? " ! " : "", metrics->str);
  return line->len > 0 ? g_string_free (g_steal_pointer (&line), FALSE) : NULL;
}

/* --- what elements tell --- */

static void
add (Mean *mean, double value)
{
  if (!isfinite (value))
    return;
  mean->sum += value;
  mean->n++;
}

static void
take_scores (ServeMeasure *measure, const GstStructure *structure)
{
  for (int i = 0; measure->names[i] != NULL; i++) {
    double value;

    if (gst_structure_get_double (structure, measure->names[i], &value))
      add (&measure->means[i], value);
  }
}

static void
on_message (GstMessage *message, gpointer data)
{
  ServeMeasure *measure = data;

  g_mutex_lock (&measure->lock);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    measure->failed = TRUE;
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_QOS)
    measure->late = TRUE;
  else if (gst_message_has_name (message, "generative-score"))
    take_scores (measure, gst_message_get_structure (message));
  g_mutex_unlock (&measure->lock);
}

static GstPadProbeReturn
on_frame_in (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  ServeMeasure *measure = data;

  g_mutex_lock (&measure->lock);
  measure->came = g_get_monotonic_time ();
  g_mutex_unlock (&measure->lock);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_frame_out (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  ServeMeasure *measure = data;

  g_mutex_lock (&measure->lock);
  measure->frames++;
  if (measure->came > 0)
    add (&measure->latency, (double)(g_get_monotonic_time () - measure->came) / G_USEC_PER_SEC);
  measure->came = 0;
  g_mutex_unlock (&measure->lock);
  return GST_PAD_PROBE_OK;
}

static void
probe (GstElement *element, const char *name, GstPadProbeCallback func, ServeMeasure *measure)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

  if (pad != NULL)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, func, measure, NULL);
}

/* --- windows --- */

ServeMeasure *
serve_measure_new (ServeSession *session, const ServePublishSettings *settings)
{
  ServeMeasure *measure = g_new0 (ServeMeasure, 1);
  GstElement *generator = serve_session_get_generator (session);

  g_mutex_init (&measure->lock);
  measure->window = settings->window;
  measure->names = list_names (settings);
  measure->means = g_new0 (Mean, g_strv_length (measure->names) + 1);
  measure->since = g_get_monotonic_time ();
  serve_watched_bin_watch (
      SERVE_WATCHED_BIN (serve_session_get_bin (session)), on_message, measure, measure_free);
  probe (generator, "sink", on_frame_in, measure);
  probe (generator, "src", on_frame_out, measure);
  return measure;
}

/* With the lock. */
static void
begin_window (ServeMeasure *measure, gint64 now)
{
  measure->since = now;
  measure->frames = 0;
  measure->failed = measure->late = FALSE;
  measure->latency = (Mean){ 0 };
  memset (measure->means, 0, g_strv_length (measure->names) * sizeof (Mean));
}

void
serve_measure_restart (ServeMeasure *measure)
{
  g_mutex_lock (&measure->lock);
  begin_window (measure, g_get_monotonic_time ());
  g_mutex_unlock (&measure->lock);
}

static double
mean_of (const Mean *mean)
{
  return mean->n > 0 ? mean->sum / mean->n : NAN;
}

gboolean
serve_measure_take (ServeMeasure *measure, gint64 now, double *values)
{
  gboolean over;

  g_mutex_lock (&measure->lock);
  /* A failure is told at once, and a session that nobody takes frames of tells nothing. */
  over = measure->failed || (double)(now - measure->since) >= measure->window * G_USEC_PER_SEC;
  if (over && (measure->frames > 0 || measure->failed)) {
    values[ERRORS] = measure->failed;
    values[LATE] = measure->failed ? NAN : measure->late;
    values[LATENCY] = mean_of (&measure->latency);
    for (int i = 0; measure->names[i] != NULL; i++)
      values[N_OWN + i] = mean_of (&measure->means[i]);
  } else if (over) {
    begin_window (measure, now);
    over = FALSE;
  }
  if (over)
    begin_window (measure, now);
  g_mutex_unlock (&measure->lock);
  return over;
}
