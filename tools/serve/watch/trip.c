/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "trip.h"

#include <string.h>

#include "families.h"

/* Of an id that a client has given. */
#define ID_MOST 64
/* Of a request whose client has left, as proxies have it: nobody was told it. */
#define STATUS_LEFT 499

typedef struct {
  ServeRequest *request; /* as long as its message is there */
  const char *route, *method;
  char *id;
  GenCounters *counters;
  ServeSpans *spans;
  ServeSpan span;
  GenCounter *sent; /* as it goes: a stream may never end */
  gint64 began;
  guint64 bytes;
  gboolean logs, streams, counted;
  gboolean whole; /* the answer has gone */
} Trip;

static void
trip_free (gpointer data, GClosure *closure)
{
  Trip *trip = data;

  gen_counters_unref (trip->counters);
  if (trip->spans != NULL)
    serve_spans_unref (trip->spans);
  g_free (trip->id);
  g_free (trip);
}

/* --- its name --- */

static gboolean
is_id (const char *text)
{
  const size_t length = strlen (text);

  for (size_t i = 0; i < length; i++)
    if (!g_ascii_isalnum (text[i]) && strchr ("._-", text[i]) == NULL)
      return FALSE;
  return length > 0 && length <= ID_MOST;
}

/* The client's own, so that its log and ours speak of the same, or one of ours. (transfer full) */
static char *
make_id (SoupServerMessage *message)
{
  const char *given = http_request_header (message, "X-Request-Id");

  return is_id (given) ? g_strdup (given)
                       : g_strdup_printf ("%08x%08x", g_random_int (), g_random_int ());
}

/* Names that anybody may make up are none of a label's values. */
static const char *
known_method (const char *method)
{
  static const char *const known[] = { "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT" };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_str_equal (method, known[i]))
      return known[i];
  return "other";
}

/* --- on its way --- */

static void
observe (Trip *trip)
{
  const double seconds = (double)(g_get_monotonic_time () - trip->began) / G_USEC_PER_SEC;

  if (trip->counted)
    return;
  trip->counted = TRUE;
  gen_counter_observe (gen_counters_take (trip->counters, &serve_count_request_seconds,
                           (const char *[]){ trip->route }),
      seconds);
}

/* What goes on as long as somebody watches takes as long as it takes to begin. */
static void
on_headers (SoupServerMessage *message, gpointer data)
{
  Trip *trip = data;
  const SoupEncoding encoding =
      soup_message_headers_get_encoding (soup_server_message_get_response_headers (message));

  trip->streams = encoding == SOUP_ENCODING_CHUNKED || encoding == SOUP_ENCODING_EOF;
  if (trip->streams)
    observe (trip);
}

static void
on_body (SoupServerMessage *message, guint size, gpointer data)
{
  Trip *trip = data;

  trip->bytes += size;
  gen_counter_add (trip->sent, size);
}

static void
on_whole (SoupServerMessage *message, gpointer data)
{
  Trip *trip = data;

  trip->whole = TRUE;
}

/* libsoup has an error of the server where a client does not take the answer. */
static guint
status_of (const Trip *trip, SoupServerMessage *message)
{
  if (trip->request->broken)
    return SOUP_STATUS_INTERNAL_SERVER_ERROR;
  if (trip->request->left || !trip->whole)
    return STATUS_LEFT;
  return soup_server_message_get_status (message);
}

/* Whoever is told to come back later is answered as he should be. */
static gboolean
has_failed (guint status)
{
  return status >= 500 && status != SOUP_STATUS_SERVICE_UNAVAILABLE;
}

static void
log_trip (const Trip *trip, SoupServerMessage *message, guint status)
{
  const char *path = g_uri_get_path (soup_server_message_get_uri (message));
  const double seconds = (double)(g_get_monotonic_time () - trip->began) / G_USEC_PER_SEC;
  g_autofree char *status_text = g_strdup_printf ("%u", status);
  g_autofree char *bytes = g_strdup_printf ("%" G_GUINT64_FORMAT, trip->bytes);
  g_autofree char *took = g_strdup_printf ("%.6f", seconds);

  g_log_structured (G_LOG_DOMAIN, has_failed (status) ? G_LOG_LEVEL_WARNING : G_LOG_LEVEL_INFO,
      "GENERATIVE_REQUEST", trip->id, "GENERATIVE_METHOD", trip->method, "GENERATIVE_PATH", path,
      "GENERATIVE_ROUTE", trip->route, "GENERATIVE_STATUS", status_text, "GENERATIVE_BYTES", bytes,
      "GENERATIVE_SECONDS", took, "GENERATIVE_CLIENT", trip->request->client, "GENERATIVE_TRACE",
      trip->span.trace, "MESSAGE", "%s %s %u", trip->method, path, status);
}

static void
on_finished (SoupServerMessage *message, gpointer data)
{
  Trip *trip = data;
  const guint status = status_of (trip, message);
  g_autofree char *status_text = g_strdup_printf ("%u", status);

  observe (trip);
  gen_counter_change (gen_counters_take (trip->counters, &serve_count_requests_active, NULL), -1);
  gen_counter_add (gen_counters_take (trip->counters, &serve_count_requests,
                       (const char *[]){ trip->route, trip->method, status_text }),
      1);
  if (trip->logs || has_failed (status))
    log_trip (trip, message, status);
  if (trip->spans != NULL)
    serve_spans_add (trip->spans, &trip->span, trip->method, trip->route, status);
}

void
serve_trip_begin (ServeRequest *request, const ServeRoute *route, GenCounters *counters,
    ServeSpans *spans, gboolean logs)
{
  SoupServerMessage *message = request->message;
  Trip *trip = g_new0 (Trip, 1);

  trip->request = request;
  trip->route = route != NULL ? g_intern_string (route->path) : "none";
  trip->method = known_method (request->method);
  trip->id = make_id (message);
  trip->counters = gen_counters_ref (counters);
  trip->spans = spans != NULL ? serve_spans_ref (spans) : NULL;
  trip->sent =
      gen_counters_take (counters, &serve_count_response_bytes, (const char *[]){ trip->route });
  trip->began = g_get_monotonic_time ();
  trip->logs = logs;
  serve_span_begin (&trip->span, http_request_header (message, "traceparent"));
  soup_message_headers_replace (
      soup_server_message_get_response_headers (message), "X-Request-Id", trip->id);
  gen_counter_change (gen_counters_take (counters, &serve_count_requests_active, NULL), 1);
  g_signal_connect (message, "wrote-headers", G_CALLBACK (on_headers), trip);
  g_signal_connect (message, "wrote-body-data", G_CALLBACK (on_body), trip);
  g_signal_connect (message, "wrote-body", G_CALLBACK (on_whole), trip);
  g_signal_connect_data (message, "finished", G_CALLBACK (on_finished), trip, trip_free, 0);
}
