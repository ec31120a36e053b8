/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server that is watched within a test, until what is waited for has come. */
#pragma once

#include "asking.h"

#define PATIENCE (30 * G_USEC_PER_SEC)

#define STUDIO "[server]\nport = 0\nrtsp-port = 0\n"

/* Iterate until `done` says so. */
static inline void
wait_for (gboolean (*done) (gpointer data), gpointer data)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE;

  while (!done (data)) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_main_context_iteration (NULL, TRUE);
  }
}

static inline gboolean
is_true (gpointer flag)
{
  return *(gboolean *)flag;
}

static inline void
start (Serving *s, const char *text)
{
  g_autoptr (GError) error = NULL;

  serving_open (s);
  serving_load (s, text);
  serve_server_start (s->server, &error);
  g_assert_no_error (error);
}

/* What is answered with `status` to a request with a header, or none (NULL). (transfer full) */
static inline GBytes *
get (Serving *s, const char *path, guint status, const char *header, const char *value)
{
  g_autofree char *url =
      g_strdup_printf ("http://127.0.0.1:%u%s", serve_http_get_port (s->server->http), path);
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autoptr (SoupMessage) message = soup_message_new (SOUP_METHOD_GET, url);
  Answer answer = { .message = message };

  if (header != NULL)
    soup_message_headers_append (soup_message_get_request_headers (message), header, value);
  soup_session_send_and_read_async (session, message, 0, NULL, on_answer, &answer);
  wait_for (is_true, &answer.done);
  g_assert_cmpuint (soup_message_get_status (message), ==, status);
  return answer.body;
}
