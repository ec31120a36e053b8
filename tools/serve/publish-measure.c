/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include <generative/metric.h>

#include "../../elements/shared/score.h"
#include "../../lib/base/json-members.h"
#include "publish-private.h"
#include "session-bin.h"
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
  double window; /* seconds */
  gint64 since;
  /* What a frame adds to takes no lock: */
  _Atomic guint frames, timed;
  _Atomic gint64 microseconds; /* that the timed ones took */
  _Atomic gint64 came;         /* when one went into the generator; 0: none is in it */
  _Atomic gboolean failed, late;
  char **names; /* of figures of meters, ended by NULL */
  GMutex lock;  /* of what meters tell: */
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

/* Names of the metrics that have the figures, each once, with commas between them. (transfer full)
 */
static char *
list_metrics (char **figures)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();

  for (int i = 0; figures[i] != NULL; i++) {
    const GenMetric *metric;

    if (gen_metric_find_field (figures[i], &metric) != NULL &&
        !g_ptr_array_find (names, metric->name, NULL))
      g_ptr_array_add (names, (char *)metric->name);
  }
  g_ptr_array_add (names, NULL);
  return g_strjoinv (",", (char **)names->pdata);
}

char *
serve_publish_describe_meters (const ServeModel *model)
{
  const ServePublishSettings *settings =
      serve_configuration_find (model->configuration, &serve_section_publish, model->name);
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *metrics = NULL;
  g_auto (GStrv) names = NULL;

  if (settings == NULL)
    return NULL;
  names = list_names (settings);
  metrics = list_metrics (names);
  if (settings->discriminator != NULL) {
    g_autofree char *escaped = g_strescape (settings->discriminator, NULL);

    g_string_append_printf (line, "discriminator model=\"%s\"", escaped);
  }
  if (*metrics != '\0')
    g_string_append_printf (line, "%squalitymeter metrics=%s", line->len > 0 ? " ! " : "", metrics);
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
  g_mutex_lock (&measure->lock);
  for (int i = 0; measure->names[i] != NULL; i++) {
    double value;

    if (gst_structure_get_double (structure, measure->names[i], &value))
      add (&measure->means[i], value);
  }
  g_mutex_unlock (&measure->lock);
}

static void
on_message (GstMessage *message, gpointer data)
{
  ServeMeasure *measure = data;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    measure->failed = TRUE;
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_QOS)
    measure->late = TRUE;
}

static GstPadProbeReturn
on_frame_in (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  ServeMeasure *measure = data;

  measure->came = g_get_monotonic_time ();
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_frame_out (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  ServeMeasure *measure = data;

  const gint64 came = atomic_exchange (&measure->came, 0);

  measure->frames++;
  if (came > 0) {
    measure->microseconds += g_get_monotonic_time () - came;
    measure->timed++;
  }
  return GST_PAD_PROBE_OK;
}

/* A frame has one of these, and a buffer of sound one for each window that ends in it. */
static GstPadProbeReturn
on_frame_measured (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta (buffer, &state)) != NULL)
    if (gst_meta_info_is_custom (meta->info) &&
        gst_custom_meta_has_name ((GstCustomMeta *)meta, GST_GENERATIVE_SCORE))
      take_scores (data, gst_custom_meta_get_structure ((GstCustomMeta *)meta));
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
  GstElement *bin = serve_session_get_bin (session);
  GstElement *generator = serve_session_get_generator (session);
  GstElement *meters = serve_session_bin_get_meters (bin);

  g_mutex_init (&measure->lock);
  measure->window = settings->window;
  measure->names = list_names (settings);
  measure->means = g_new0 (Mean, g_strv_length (measure->names) + 1);
  measure->since = g_get_monotonic_time ();
  serve_watched_bin_watch (SERVE_WATCHED_BIN (bin), on_message, measure, measure_free);
  probe (generator, "sink", on_frame_in, measure);
  probe (generator, "src", on_frame_out, measure);
  if (meters != NULL)
    probe (meters, "src", on_frame_measured, measure);
  return measure;
}

static void
begin_window (ServeMeasure *measure, gint64 now)
{
  measure->since = now;
  measure->frames = measure->timed = 0;
  measure->microseconds = 0;
  measure->failed = measure->late = FALSE;
  g_mutex_lock (&measure->lock);
  memset (measure->means, 0, g_strv_length (measure->names) * sizeof (Mean));
  g_mutex_unlock (&measure->lock);
}

void
serve_measure_restart (ServeMeasure *measure)
{
  begin_window (measure, g_get_monotonic_time ());
}

static double
mean_of (const Mean *mean)
{
  return mean->n > 0 ? mean->sum / mean->n : NAN;
}

gboolean
serve_measure_take (ServeMeasure *measure, gint64 now, double *values)
{
  const gboolean failed = measure->failed;
  const guint timed = measure->timed;

  /* A failure is told at once, and a session that nobody takes frames of tells nothing. */
  if (!failed && (double)(now - measure->since) < measure->window * G_USEC_PER_SEC)
    return FALSE;
  if (!failed && measure->frames == 0) {
    begin_window (measure, now);
    return FALSE;
  }
  values[ERRORS] = failed;
  values[LATE] = failed ? NAN : measure->late;
  values[LATENCY] = timed > 0 ? (double)measure->microseconds / timed / G_USEC_PER_SEC : NAN;
  g_mutex_lock (&measure->lock);
  for (int i = 0; measure->names[i] != NULL; i++)
    values[N_OWN + i] = mean_of (&measure->means[i]);
  g_mutex_unlock (&measure->lock);
  begin_window (measure, now);
  return TRUE;
}

/* --- requests --- */

double *
serve_measure_request (guint n, gboolean failed, double latency)
{
  double *values = g_new (double, n);

  for (guint i = 0; i < n; i++)
    values[i] = NAN;
  values[ERRORS] = failed;
  values[LATE] = failed ? NAN : 0;
  values[LATENCY] = latency;
  return values;
}
