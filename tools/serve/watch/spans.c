/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "spans.h"

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>
#include <string.h>

#include "../../../lib/base/json-file.h"

#include <generative/version.h>

/* Seconds between two posts, and spans that wait for one. */
#define EVERY 5
#define WAIT_MOST 1024

struct _ServeSpans {
  gatomicrefcount references;
  SoupSession *session;
  char *url;
  GQueue waiting; /* JsonNode */
  guint timer;
  gboolean failed; /* which was told */
};

/* --- one --- */

/* `n` digits of `text`, not all of them 0. */
static gboolean
read_digits (const char *text, guint n, char *digits)
{
  gboolean some = FALSE;

  for (guint i = 0; i < n; i++) {
    if (!g_ascii_isxdigit (text[i]) || g_ascii_isupper (text[i]))
      return FALSE;
    some |= text[i] != '0';
  }
  memcpy (digits, text, n);
  digits[n] = '\0';
  return some;
}

static void
make_digits (guint n, char *digits)
{
  for (guint i = 0; i < n; i += 8)
    g_snprintf (digits + i, 9, "%08x", g_random_int ());
}

/* 00-TRACE-PARENT-FLAGS; later versions may have more behind it. */
static gboolean
read_parent (ServeSpan *span, const char *text)
{
  const size_t length = strlen (text);

  if (length < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-' ||
      strncmp (text, "ff", 2) == 0 || (strncmp (text, "00", 2) == 0 && length != 55))
    return FALSE;
  if (!g_ascii_isxdigit (text[53]) || !g_ascii_isxdigit (text[54]) ||
      !read_digits (text + 3, 32, span->trace) || !read_digits (text + 36, 16, span->parent))
    return FALSE;
  span->sampled = (g_ascii_xdigit_value (text[54]) & 1) != 0;
  return TRUE;
}

void
serve_span_begin (ServeSpan *span, const char *traceparent)
{
  *span = (ServeSpan){ .began = g_get_real_time (), .sampled = TRUE };
  make_digits (16, span->id);
  if (read_parent (span, traceparent))
    return;
  make_digits (32, span->trace);
  span->parent[0] = '\0';
}

/* --- as OTLP has them --- */

static void
add_attribute (JsonArray *attributes, const char *name, const char *kind, const char *value)
{
  JsonObject *attribute = json_object_new (), *of = json_object_new ();

  json_object_set_string_member (of, kind, value);
  json_object_set_string_member (attribute, "key", name);
  json_object_set_object_member (attribute, "value", of);
  json_array_add_object_element (attributes, attribute);
}

/* 64-bit numbers are texts there. */
static void
set_time (JsonObject *object, const char *name, gint64 microseconds)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT "000", microseconds);

  json_object_set_string_member (object, name, text);
}

static JsonObject *
span_to_json (const ServeSpan *span, const char *method, const char *route, guint status)
{
  g_autofree char *name = g_strdup_printf ("%s %s", method, route);
  g_autofree char *status_text = g_strdup_printf ("%u", status);
  JsonObject *object = json_object_new (), *outcome = json_object_new ();
  JsonArray *attributes = json_array_new ();

  json_object_set_string_member (object, "traceId", span->trace);
  json_object_set_string_member (object, "spanId", span->id);
  if (span->parent[0] != '\0')
    json_object_set_string_member (object, "parentSpanId", span->parent);
  json_object_set_string_member (object, "name", name);
  json_object_set_int_member (object, "kind", 2); /* a server's */
  set_time (object, "startTimeUnixNano", span->began);
  set_time (object, "endTimeUnixNano", MAX (g_get_real_time (), span->began));
  add_attribute (attributes, "http.request.method", "stringValue", method);
  add_attribute (attributes, "http.route", "stringValue", route);
  add_attribute (attributes, "http.response.status_code", "intValue", status_text);
  json_object_set_array_member (object, "attributes", attributes);
  json_object_set_int_member (outcome, "code", status >= 500 ? 2 : 0);
  json_object_set_object_member (object, "status", outcome);
  return object;
}

/* {"resourceSpans":[{"resource":…,"scopeSpans":[{"scope":…,"spans":[…]}]}]} (transfer full) */
static char *
take_batch (ServeSpans *spans)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  JsonObject *whole = json_object_new (), *of_resource = json_object_new ();
  JsonObject *resource = json_object_new (), *of_scope = json_object_new ();
  JsonObject *scope = json_object_new ();
  JsonArray *resources = json_array_new (), *scopes = json_array_new ();
  JsonArray *list = json_array_new (), *attributes = json_array_new ();
  JsonObject *span;

  while ((span = g_queue_pop_head (&spans->waiting)) != NULL)
    json_array_add_object_element (list, span);
  json_object_set_string_member (scope, "name", "generative-serve");
  json_object_set_string_member (scope, "version", GEN_VERSION);
  json_object_set_object_member (of_scope, "scope", scope);
  json_object_set_array_member (of_scope, "spans", list);
  json_array_add_object_element (scopes, of_scope);
  add_attribute (attributes, "service.name", "stringValue", "generative-serve");
  add_attribute (attributes, "host.name", "stringValue", g_get_host_name ());
  json_object_set_array_member (resource, "attributes", attributes);
  json_object_set_object_member (of_resource, "resource", resource);
  json_object_set_array_member (of_resource, "scopeSpans", scopes);
  json_array_add_object_element (resources, of_resource);
  json_object_set_array_member (whole, "resourceSpans", resources);
  json_node_take_object (node, whole);
  return gen_json_to_text (node, FALSE);
}

/* --- posting --- */

static void
on_answer (GObject *object, GAsyncResult *result, gpointer data)
{
  ServeSpans *spans = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) answer =
      soup_session_send_and_read_finish (SOUP_SESSION (object), result, &error);
  SoupMessage *message = soup_session_get_async_result_message (SOUP_SESSION (object), result);
  const guint status = answer != NULL ? soup_message_get_status (message) : 0;
  const gboolean good = status >= 200 && status < 300;

  if (!good && !spans->failed)
    g_warning ("traces are not taken by %s: %s", spans->url,
        error != NULL ? error->message : soup_message_get_reason_phrase (message));
  spans->failed = !good;
  serve_spans_unref (spans);
}

void
serve_spans_flush (ServeSpans *spans)
{
  g_autofree char *text = NULL;
  g_autoptr (GBytes) body = NULL;
  g_autoptr (SoupMessage) message = NULL;

  if (spans->waiting.length == 0)
    return;
  text = take_batch (spans);
  body = g_bytes_new (text, strlen (text));
  message = soup_message_new (SOUP_METHOD_POST, spans->url);
  soup_message_set_request_body_from_bytes (message, "application/json", body);
  soup_session_send_and_read_async (
      spans->session, message, G_PRIORITY_LOW, NULL, on_answer, serve_spans_ref (spans));
}

static gboolean
post (gpointer data)
{
  ServeSpans *spans = data;

  spans->timer = 0;
  serve_spans_flush (spans);
  return G_SOURCE_REMOVE;
}

void
serve_spans_add (
    ServeSpans *spans, const ServeSpan *span, const char *method, const char *route, guint status)
{
  if (!span->sampled)
    return;
  if (spans->waiting.length >= WAIT_MOST)
    json_object_unref (g_queue_pop_head (&spans->waiting));
  g_queue_push_tail (&spans->waiting, span_to_json (span, method, route, status));
  if (spans->timer == 0)
    spans->timer = g_timeout_add_seconds (EVERY, post, spans);
}

ServeSpans *
serve_spans_new (const char *url)
{
  ServeSpans *spans = g_new0 (ServeSpans, 1);

  g_atomic_ref_count_init (&spans->references);
  spans->url = g_strdup (url);
  spans->session =
      soup_session_new_with_options ("timeout", 10, "user-agent", "generative-serve", NULL);
  g_queue_init (&spans->waiting);
  return spans;
}

ServeSpans *
serve_spans_ref (ServeSpans *spans)
{
  g_atomic_ref_count_inc (&spans->references);
  return spans;
}

void
serve_spans_unref (ServeSpans *spans)
{
  if (!g_atomic_ref_count_dec (&spans->references))
    return;
  g_clear_handle_id (&spans->timer, g_source_remove);
  g_queue_clear_full (&spans->waiting, (GDestroyNotify)json_object_unref);
  g_object_unref (spans->session);
  g_free (spans->url);
  g_free (spans);
}
