/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A server within a test that is told of what happens: it keeps the first post that it takes. */
#pragma once

#include <libsoup/soup.h>

#include "../../tools/http/connections.h"

typedef struct {
  SoupServer *soup;
  HttpConnections *connections;
  guint refuse; /* how many to refuse yet */
  guint posts;
  char *body, *time, *signature;
  gboolean done;
} Hook;

static inline void
take_post (SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query,
    gpointer data)
{
  Hook *hook = data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const SoupMessageBody *body = soup_server_message_get_request_body (message);

  hook->posts++;
  if (hook->refuse > 0) {
    hook->refuse--;
    soup_server_message_set_status (message, 500, NULL);
    return;
  }
  if (!hook->done) {
    hook->body = g_strndup (body->data, (gsize)body->length);
    hook->time = g_strdup (soup_message_headers_get_one (headers, "Generative-Time"));
    hook->signature = g_strdup (soup_message_headers_get_one (headers, "Generative-Signature"));
  }
  soup_server_message_set_status (message, 200, NULL);
  hook->done = TRUE;
}

/* Its address. (transfer full) */
static inline char *
hook_open (Hook *hook, guint refuse)
{
  const HttpConnectionsLimits limits = { .most = 16, .most_per_address = 16 };
  g_autoptr (GError) error = NULL;

  *hook = (Hook){ .soup = soup_server_new (NULL, NULL), .refuse = refuse };
  soup_server_add_handler (hook->soup, "/hook", take_post, hook, NULL);
  hook->connections = http_connections_new (hook->soup, NULL, &limits);
  http_connections_listen (hook->connections, "127.0.0.1", 0, &error);
  g_assert_no_error (error);
  return g_strdup_printf (
      "http://127.0.0.1:%u/hook", http_connections_get_port (hook->connections));
}

static inline void
hook_close (Hook *hook)
{
  http_connections_free (hook->connections);
  soup_server_disconnect (hook->soup);
  g_object_unref (hook->soup);
  g_free (hook->body);
  g_free (hook->time);
  g_free (hook->signature);
}
