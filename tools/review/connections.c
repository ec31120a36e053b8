/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libsoup would take any number, and wait for ever. So connections are accepted here: beyond a
 * number they are closed at once, and those that bring no request to its end are after a minute,
 * however often they send a byte. */
#include "connections.h"

#define MAX_CONNECTIONS 64
/* Seconds that nothing may happen, and that a request may take. */
#define SILENCE 20
#define PATIENCE 60

struct _ReviewConnections {
  SoupServer *server;
  GSocketService *service;
  GTlsCertificate *certificate; /* or NULL */
  guint port, timer;
  GHashTable *open; /* of GSocketConnection, which it does not own */
};

static GQuark
get_quark (void)
{
  return g_quark_from_static_string ("review-since");
}

/* The time of the last answer is kept with the address object, which the server hands on. */
static void
set_since (GSocketAddress *address)
{
  gint64 *since = g_new (gint64, 1);

  *since = g_get_monotonic_time ();
  g_object_set_qdata_full (G_OBJECT (address), get_quark (), since, g_free);
}

void
review_connections_note (SoupServerMessage *message)
{
  GSocketAddress *address = soup_server_message_get_remote_address (message);

  if (address != NULL)
    set_since (address);
}

static void
forget (gpointer data, GObject *connection)
{
  ReviewConnections *connections = data;

  g_hash_table_remove (connections->open, connection);
}

static gboolean
accept_connection (
    GSocketService *service, GSocketConnection *connection, GObject *source, gpointer data)
{
  ReviewConnections *connections = data;
  g_autoptr (GSocketAddress) local = NULL, remote = NULL;
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (GError) error = NULL;

  if (g_hash_table_size (connections->open) >= MAX_CONNECTIONS)
    return TRUE;
  local = g_socket_connection_get_local_address (connection, NULL);
  remote = g_socket_connection_get_remote_address (connection, NULL);
  if (local == NULL || remote == NULL)
    return TRUE;
  g_socket_set_timeout (g_socket_connection_get_socket (connection), SILENCE);
  stream = connections->certificate != NULL ? g_tls_server_connection_new (G_IO_STREAM (connection),
                                                  connections->certificate, &error)
                                            : g_object_ref (G_IO_STREAM (connection));
  if (stream == NULL)
    return TRUE;
  set_since (remote);
  g_hash_table_insert (connections->open, connection, g_object_ref (remote));
  g_object_weak_ref (G_OBJECT (connection), forget, connections);
  soup_server_accept_iostream (connections->server, stream, local, remote, &error);
  return TRUE;
}

static gboolean
sweep (gpointer data)
{
  ReviewConnections *connections = data;
  const gint64 now = g_get_monotonic_time ();
  GHashTableIter iter;
  gpointer connection, address;

  g_hash_table_iter_init (&iter, connections->open);
  while (g_hash_table_iter_next (&iter, &connection, &address)) {
    const gint64 *since = g_object_get_qdata (address, get_quark ());

    if (now - *since > PATIENCE * G_USEC_PER_SEC)
      g_socket_shutdown (g_socket_connection_get_socket (connection), TRUE, TRUE, NULL);
  }
  return G_SOURCE_CONTINUE;
}

ReviewConnections *
review_connections_new (SoupServer *server, const char *address, guint port,
    GTlsCertificate *certificate, GError **error)
{
  g_autoptr (ReviewConnections) connections = g_new0 (ReviewConnections, 1);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new_from_string (address, port);
  g_autoptr (GSocketAddress) bound = NULL;

  connections->server = g_object_ref (server);
  connections->open = g_hash_table_new_full (NULL, NULL, NULL, g_object_unref);
  connections->service = g_socket_service_new ();
  g_set_object (&connections->certificate, certificate);
  if (wanted == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "\"%s\" is no address, such as 127.0.0.1 or ::1", address);
    return NULL;
  }
  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (connections->service), wanted,
          G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &bound, error))
    return NULL;
  connections->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  g_signal_connect (connections->service, "incoming", G_CALLBACK (accept_connection), connections);
  connections->timer = g_timeout_add_seconds (5, sweep, connections);
  return g_steal_pointer (&connections);
}

void
review_connections_free (ReviewConnections *connections)
{
  GHashTableIter iter;
  gpointer connection;

  if (connections->timer != 0)
    g_source_remove (connections->timer);
  g_signal_handlers_disconnect_by_data (connections->service, connections);
  g_socket_service_stop (connections->service);
  g_socket_listener_close (G_SOCKET_LISTENER (connections->service));
  g_hash_table_iter_init (&iter, connections->open);
  while (g_hash_table_iter_next (&iter, &connection, NULL))
    g_object_weak_unref (connection, forget, connections);
  g_object_unref (connections->service);
  g_hash_table_unref (connections->open);
  g_clear_object (&connections->certificate);
  g_object_unref (connections->server);
  g_free (connections);
}

guint
review_connections_get_port (const ReviewConnections *connections)
{
  return connections->port;
}
