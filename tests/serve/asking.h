/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server within a test that is asked by a client of HTTP in the same main loop. */
#pragma once

#include <libsoup/soup.h>

#include "serving.h"

typedef struct {
  Serving serving;
  SoupSession *session;
  char *url;
} Fixture;

/* Of what has been loaded. */
static inline void
begin_asking (Fixture *f)
{
  g_autoptr (GError) error = NULL;

  serve_server_start (f->serving.server, &error);
  g_assert_no_error (error);
  f->session = soup_session_new_with_options ("max-conns", 16, "max-conns-per-host", 16, NULL);
  f->url = g_strdup_printf ("http://127.0.0.1:%u", serve_http_get_port (f->serving.server->http));
}

static inline void
close_fixture (Fixture *f)
{
  soup_session_abort (f->session);
  g_object_unref (f->session);
  serving_close (&f->serving);
  g_free (f->url);
}

typedef struct {
  SoupMessage *message;
  GBytes *body;
  gboolean done;
} Answer;

static inline void
answer_clear (Answer *answer)
{
  g_clear_object (&answer->message);
  g_clear_pointer (&answer->body, g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Answer, answer_clear)

static inline void
on_answer (GObject *session, GAsyncResult *result, gpointer data)
{
  Answer *answer = data;

  answer->body = soup_session_send_and_read_finish (SOUP_SESSION (session), result, NULL);
  answer->done = TRUE;
}

/* `body` NULL: GET. */
static inline void
begin (Fixture *f, const char *path, const char *body, const char *accept,
    GCancellable *cancellable, Answer *answer)
{
  g_autofree char *url = g_strconcat (f->url, path, NULL);
  g_autoptr (GBytes) bytes = body != NULL ? g_bytes_new (body, strlen (body)) : NULL;

  *answer = (Answer){ .message = soup_message_new (body != NULL ? "POST" : "GET", url) };
  if (body != NULL)
    soup_message_set_request_body_from_bytes (answer->message, "application/json", bytes);
  if (accept != NULL)
    soup_message_headers_replace (
        soup_message_get_request_headers (answer->message), "Accept", accept);
  soup_session_send_and_read_async (
      f->session, answer->message, G_PRIORITY_DEFAULT, cancellable, on_answer, answer);
}

static inline void
finish (Answer *answer)
{
  while (!answer->done)
    g_main_context_iteration (NULL, TRUE);
}

/* Answered with `status`. */
static inline void
ask (Fixture *f, const char *path, const char *body, const char *accept, guint status,
    Answer *answer)
{
  begin (f, path, body, accept, NULL, answer);
  finish (answer);
  if (soup_message_get_status (answer->message) != status)
    g_error ("%s was answered with %u and not %u: %.*s", body != NULL ? body : path,
        soup_message_get_status (answer->message), status,
        answer->body != NULL ? (int)g_bytes_get_size (answer->body) : 0,
        answer->body != NULL ? (const char *)g_bytes_get_data (answer->body, NULL) : "");
}
