/* SPDX-License-Identifier: LGPL-2.1-or-later */
#define GST_USE_UNSTABLE_API
#include "watch.h"

#include <generative/version.h>
#include <gst/gsttracer.h>
#include <gst/gsttracerfactory.h>

#include "../generate.h"
#include "alarms.h"
#include "devices.h"
#include "families.h"
#include "figures.h"
#include "scale.h"
#include "trip.h"

#define LOOK_EVERY 1

struct _ServeWatch {
  ServeServer *server;
  GstTracer *tracer; /* NULL: the plugin is not there */
  ServeFigures *figures;
  ServeScale scale;
  ServeDevices *devices; /* NULL: there are none */
  ServeAlarms *alarms;   /* NULL until they are loaded */
  ServeSpans *spans;     /* NULL: nobody wants traces */
  GHashTable *models;    /* a model's name to the counter of its version */
  guint timer;
};

/* --- the pipelines --- */

/* Of all that this process plays. (transfer full) */
static GstTracer *
trace (GenCounters *counters)
{
  g_autoptr (GstPluginFeature) feature =
      gst_registry_find_feature (gst_registry_get (), "generative", GST_TYPE_TRACER_FACTORY);
  g_autoptr (GstPluginFeature) loaded = feature != NULL ? gst_plugin_feature_load (feature) : NULL;

  if (loaded == NULL) {
    g_message ("figures of pipelines are not told: the tracer \"generative\" is not there");
    return NULL;
  }
  return g_object_new (gst_tracer_factory_get_tracer_type (GST_TRACER_FACTORY (loaded)), "params",
      "by=factory,interval=1,window=10", "counters", counters, NULL);
}

/* --- how things are --- */

static void
set (ServeWatch *watch, const GenCounterFamily *family, double value)
{
  gen_counter_set (gen_counters_take (watch->server->counters, family, NULL), value);
}

/* The version that is played now, in place of the one before. */
static void
set_model (ServeWatch *watch, const ServeModel *model)
{
  GenCounters *counters = watch->server->counters;
  const char *const values[] = { model->settings->record.name, model->current.name };
  GenCounter *counter = gen_counters_take (counters, &serve_count_model, values);
  GenCounter *before = g_hash_table_lookup (watch->models, values[0]);

  gen_counter_set (counter, 1);
  if (before != NULL)
    gen_counters_release (counters, before);
  g_hash_table_replace (watch->models, g_strdup (values[0]), counter);
}

static void
set_state (ServeWatch *watch)
{
  const ServeServer *server = watch->server;
  GHashTableIter iter;
  gpointer model;

  set (watch, &serve_count_connections, serve_http_count_connections (server->http));
  if (server->generate != NULL)
    set (watch, &serve_count_requests_waiting, serve_generate_count_waiting (server->generate));
  set (watch, &serve_count_sessions_most, server->configuration->limits->sessions);
  set (watch, &serve_count_ready, server->ready && !server->draining);
  g_hash_table_iter_init (&iter, server->models);
  while (g_hash_table_iter_next (&iter, NULL, &model))
    set_model (watch, model);
}

static gboolean
look (gpointer data)
{
  ServeWatch *watch = data;
  const gint64 now = g_get_monotonic_time ();

  set_state (watch);
  serve_scale_look (&watch->scale, watch->server, now);
  if (watch->devices != NULL)
    serve_devices_look (watch->devices);
  if (watch->tracer != NULL)
    g_signal_emit_by_name (watch->tracer, "gather");
  serve_figures_look (watch->figures, now);
  if (watch->alarms != NULL && serve_alarms_check (watch->alarms, now))
    serve_server_fail (watch->server);
  return G_SOURCE_CONTINUE;
}

void
serve_watch_write_failed (ServeWatch *watch, const char *file)
{
  const char *const values[] = { file };

  gen_counter_add (
      gen_counters_take (watch->server->counters, &serve_count_write_failures, values), 1);
}

/* --- what is told --- */

static void
answer_metrics (ServeRequest *request, gpointer data)
{
  ServeWatch *watch = data;
  GString *text = g_string_new (NULL);
  g_autoptr (GBytes) bytes = NULL;

  set_state (watch);
  gen_counters_append_text (watch->server->counters, text);
  bytes = g_string_free_to_bytes (text);
  http_answer_bytes (
      request->message, SOUP_STATUS_OK, "text/plain; version=0.0.4; charset=utf-8", bytes);
}

/* Those that there are, and all of the server's own. */
static JsonObject *
describe_figures (const ServeWatch *watch)
{
  JsonObject *object = json_object_new ();
  guint n;
  const GenField *fields = serve_figures_fields (watch->figures, &n);
  const double *values = serve_figures_values (watch->figures);

  for (guint i = 0; i < n; i++)
    if (serve_figures_blurb (i) != NULL || !isnan (values[i]))
      gen_json_set_number (object, fields[i].name, values[i]);
  return object;
}

static void
answer_status (ServeRequest *request, gpointer data)
{
  ServeWatch *watch = data;
  const ServeServer *server = watch->server;
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "version", GEN_VERSION);
  json_object_set_string_member (object, "state",
      server->draining ? "draining"
      : server->ready  ? "ready"
                       : "starting");
  gen_json_set_number (
      object, "seconds", (double)(g_get_monotonic_time () - server->started) / G_USEC_PER_SEC);
  json_object_set_object_member (object, "figures", describe_figures (watch));
  json_object_set_array_member (object, "alerts",
      watch->alarms != NULL ? serve_alarms_describe (watch->alarms) : json_array_new ());
  http_answer_json (request->message, SOUP_STATUS_OK, object);
}

/* --- the watch --- */

ServeWatch *
serve_watch_new (ServeServer *server)
{
  ServeWatch *watch = g_new0 (ServeWatch, 1);
  GenCounters *counters = server->counters;

  watch->server = server;
  watch->tracer = trace (counters);
  watch->devices = serve_devices_new (counters);
  watch->figures = serve_figures_new (counters);
  watch->models = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  set (watch, &serve_count_start, (double)g_get_real_time () / G_USEC_PER_SEC);
  gen_counter_set (
      gen_counters_take (counters, &serve_count_build, (const char *[]){ GEN_VERSION }), 1);
  serve_http_add (server->http, "GET", "/metrics", SERVE_SCOPE_WATCH, answer_metrics, watch,
      "{\"summary\":\"Counters in Prometheus' text format\",\"responses\":{\"200\":{"
      "\"description\":\"The counters\",\"content\":{\"text/plain\":{\"schema\":{\"type\":"
      "\"string\"}}}}}}");
  serve_http_add (server->http, "GET", "/v1/status", SERVE_SCOPE_WATCH, answer_status, watch,
      "{\"summary\":\"Figures of the last ten seconds, and alerts\"}");
  return watch;
}

void
serve_watch_free (ServeWatch *watch)
{
  serve_watch_stop (watch);
  gst_clear_object (&watch->tracer);
  g_clear_pointer (&watch->alarms, serve_alarms_free);
  g_clear_pointer (&watch->spans, serve_spans_unref);
  g_clear_pointer (&watch->devices, serve_devices_free);
  serve_figures_free (watch->figures);
  g_hash_table_unref (watch->models);
  g_free (watch);
}

gboolean
serve_watch_check (const ServeWatch *watch, const ServeConfiguration *configuration, GError **error)
{
  return serve_alarms_validate (configuration, watch->figures, error);
}

gboolean
serve_watch_load (ServeWatch *watch, const ServeConfiguration *configuration, GError **error)
{
  ServeAlarms *alarms =
      serve_alarms_new (configuration, watch->figures, watch->server->counters, error);

  if (alarms == NULL)
    return FALSE;
  g_clear_pointer (&watch->alarms, serve_alarms_free);
  watch->alarms = alarms;
  g_clear_pointer (&watch->spans, serve_spans_unref);
  if (configuration->server->traces != NULL)
    watch->spans = serve_spans_new (configuration->server->traces);
  return TRUE;
}

void
serve_watch_start (ServeWatch *watch)
{
  serve_scale_init (&watch->scale, watch->server);
  look (watch);
  watch->timer = g_timeout_add_seconds (LOOK_EVERY, look, watch);
}

void
serve_watch_stop (ServeWatch *watch)
{
  g_clear_handle_id (&watch->timer, g_source_remove);
  if (watch->spans != NULL)
    serve_spans_flush (watch->spans);
}

void
serve_watch_request (ServeWatch *watch, ServeRequest *request, const ServeRoute *route)
{
  const ServeServer *server = watch->server;

  serve_trip_begin (
      request, route, server->counters, watch->spans, server->configuration->server->log_requests);
}

void
serve_watch_session (ServeWatch *watch, const ServeSession *session, gboolean begins)
{
  GenCounters *counters = watch->server->counters;
  const char *const values[] = { serve_session_get_mount (session)->name,
    serve_session_get_protocol (session) };

  gen_counter_change (gen_counters_take (counters, &serve_count_sessions, values), begins ? 1 : -1);
  gen_counter_add (gen_counters_take (counters, &serve_count_sessions_total, values), begins);
}
