/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libsoup would take any number, and wait for ever. So connections are accepted here: beyond a
 * number they are closed at once; those that bring no request to its end are after a while,
 * however often they send a byte; and those that read an answer byte by byte are, too. */
#include "connections.h"

#include "descriptors.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kept-stream.h"

/* Seconds that nothing may happen, and after which connections are looked at. */
#define SILENCE 20
#define LOOK_EVERY 1
/* Descriptors that are left to whoever is connected. */
#define KEPT 16
/* Bytes of an answer that are read in a second, at least, once those are over. */
#define SLOWEST 2048

typedef enum {
  PHASE_ASKING,    /* a request is waited for, or on its way */
  PHASE_MAKING,    /* it is here, and being answered */
  PHASE_ANSWERING, /* the answer is on its way */
  PHASE_HELD,      /* the answer is somebody else's */
} Phase;

/* What is known of a connection. It is kept with the address object, which the server hands on. */
typedef struct {
  Phase phase;
  gint64 since; /* of g_get_monotonic_time */
  guint64 bytes;
  GSource *arrival; /* waits for its first byte; NULL: libsoup has it */
  GSocket *socket; /* which has the address, so that this has no reference; NULL once it has gone */
  HttpKeptStream *kept; /* which libsoup has, or NULL */
} Progress;

struct _HttpConnections {
  SoupServer *server;
  GSocketService *service;
  GTlsCertificate *certificate; /* or NULL */
  HttpConnectionsLimits limits;
  guint port, timer;
  int silent;       /* the other end of what libsoup listens to, or -1 */
  GHashTable *open; /* of GSocketConnection, which it does not own, to GSocketAddress */
};

/* --- how far each of them is --- */

static GQuark
get_quark (void)
{
  return g_quark_from_static_string ("http-progress");
}

static Progress *
get_progress (SoupServerMessage *message)
{
  GSocketAddress *address = soup_server_message_get_remote_address (message);

  return address != NULL ? g_object_get_qdata (G_OBJECT (address), get_quark ()) : NULL;
}

GSocket *
http_connections_get_socket (SoupServerMessage *message)
{
  const Progress *progress = get_progress (message);

  return progress != NULL ? progress->socket : NULL;
}

static void
set_phase (SoupServerMessage *message, Phase phase)
{
  Progress *progress = get_progress (message);

  if (progress == NULL)
    return;
  progress->phase = phase;
  progress->since = g_get_monotonic_time ();
  progress->bytes = 0;
}

static void
note_headers (SoupServerMessage *message, gpointer data)
{
  const Progress *progress = get_progress (message);

  if (progress != NULL && progress->phase != PHASE_HELD)
    set_phase (message, PHASE_ANSWERING);
}

static void
note_bytes (SoupServerMessage *message, guint size, gpointer data)
{
  Progress *progress = get_progress (message);

  if (progress != NULL)
    progress->bytes += size;
}

/* A connection that is closed after its answer says so: else a client has sent the next request on
 * it by then, and cannot know whether anybody has read that. */
static void
say_close (SoupServerMessage *message)
{
  soup_message_headers_replace (
      soup_server_message_get_response_headers (message), "Connection", "close");
}

static void
note_request (SoupServerMessage *message, gpointer data)
{
  const Progress *progress = get_progress (message);

  if (progress == NULL || soup_check_version (3, 4, 0))
    return;
  if (progress->kept != NULL)
    http_kept_stream_set_between (progress->kept, FALSE);
  else
    say_close (message);
}

static void
note_start (SoupServer *server, SoupServerMessage *message, gpointer data)
{
  const HttpConnections *connections = data;

  if (connections->silent < 0)
    say_close (message);
  g_signal_connect (message, "got-headers", G_CALLBACK (note_request), NULL);
  g_signal_connect (message, "wrote-headers", G_CALLBACK (note_headers), NULL);
  g_signal_connect (message, "wrote-body-data", G_CALLBACK (note_bytes), NULL);
}

static void
note_read (SoupServer *server, SoupServerMessage *message, gpointer data)
{
  set_phase (message, PHASE_MAKING);
}

static void
note_end (SoupServer *server, SoupServerMessage *message, gpointer data)
{
  const Progress *progress = get_progress (message);

  set_phase (message, PHASE_ASKING);
  if (progress != NULL && progress->kept != NULL)
    http_kept_stream_set_between (progress->kept, TRUE);
}

void
http_connections_hold (SoupServerMessage *message)
{
  set_phase (message, PHASE_HELD);
}

static gboolean
is_too_slow (const HttpConnections *connections, const Progress *progress, gint64 now)
{
  const gint64 seconds =
      (now - progress->since) / G_USEC_PER_SEC - (gint64)connections->limits.patience;

  switch (progress->phase) {
  case PHASE_ASKING:
    return seconds >= 0;
  case PHASE_ANSWERING:
    return seconds >= 0 && progress->bytes < (guint64)seconds * SLOWEST;
  case PHASE_MAKING:
  case PHASE_HELD:
    return FALSE;
  }
  return FALSE;
}

/* The other end has closed it, which libsoup does not notice between two requests. */
static gboolean
is_gone (GSocketConnection *connection, const Progress *progress)
{
  const int fd = g_socket_get_fd (g_socket_connection_get_socket (connection));
  char byte;

  return progress->phase == PHASE_ASKING && recv (fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static gboolean
sweep (gpointer data)
{
  HttpConnections *connections = data;
  const gint64 now = g_get_monotonic_time ();
  GHashTableIter iter;
  gpointer connection, address;

  g_hash_table_iter_init (&iter, connections->open);
  while (g_hash_table_iter_next (&iter, &connection, &address)) {
    const Progress *progress = g_object_get_qdata (address, get_quark ());

    if (is_gone (connection, progress) || is_too_slow (connections, progress, now))
      g_socket_shutdown (g_socket_connection_get_socket (connection), TRUE, TRUE, NULL);
  }
  return G_SOURCE_CONTINUE;
}

/* --- accepting --- */

static void
forget (gpointer data, GObject *connection)
{
  HttpConnections *connections = data;
  GObject *address = g_hash_table_lookup (connections->open, connection);
  Progress *progress = g_object_get_qdata (address, get_quark ());

  progress->socket = NULL;
  g_hash_table_remove (connections->open, connection);
}

static gboolean
is_same_host (GSocketAddress *a, GSocketAddress *b)
{
  return G_IS_INET_SOCKET_ADDRESS (a) && G_IS_INET_SOCKET_ADDRESS (b) &&
         g_inet_address_equal (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (a)),
             g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (b)));
}

/* It stands for many. */
static gboolean
is_proxy (const HttpConnections *connections, GSocketAddress *remote)
{
  return connections->limits.proxies != NULL && G_IS_INET_SOCKET_ADDRESS (remote) &&
         http_proxies_has (connections->limits.proxies,
             g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote)));
}

static gboolean
has_room (HttpConnections *connections, GSocketAddress *remote)
{
  GHashTableIter iter;
  gpointer connection, address;
  guint all = 0, own = 0;

  g_hash_table_iter_init (&iter, connections->open);
  while (g_hash_table_iter_next (&iter, &connection, &address)) {
    if (is_gone (connection, g_object_get_qdata (address, get_quark ())))
      continue;
    all++;
    own += is_same_host (address, remote);
  }
  return all < connections->limits.most &&
         (connections->limits.most_per_address == 0 || is_proxy (connections, remote) ||
             own < connections->limits.most_per_address);
}

static void
forget_kept (gpointer data, GObject *stream)
{
  Progress *progress = g_object_get_qdata (data, get_quark ());

  progress->kept = NULL;
  g_object_unref (data);
}

/* Before 3.4 libsoup keeps what its client leaves between two requests for ever. What has TLS, it
 * has to know as such, so that it cannot be helped: there each request has a connection. */
static GIOStream *
keep (GSocketConnection *connection, GSocketAddress *remote)
{
  Progress *progress = g_object_get_qdata (G_OBJECT (remote), get_quark ());
  GIOStream *stream = http_kept_stream_new (connection);

  progress->kept = HTTP_KEPT_STREAM (stream);
  g_object_weak_ref (G_OBJECT (stream), forget_kept, g_object_ref (remote));
  return stream;
}

static GIOStream *
wrap (HttpConnections *connections, GSocketConnection *connection, GSocketAddress *remote)
{
  GIOStream *stream;

  if (connections->certificate == NULL)
    return soup_check_version (3, 4, 0) ? g_object_ref (G_IO_STREAM (connection))
                                        : keep (connection, remote);
  stream = g_tls_server_connection_new (G_IO_STREAM (connection), connections->certificate, NULL);
  /* Clients show no certificates: the system's authorities, which each connection would have a copy
   * of, vouch for nobody. */
  if (stream != NULL)
    g_tls_connection_set_database (G_TLS_CONNECTION (stream), NULL);
  return stream;
}

/* Somebody who has said nothing yet. */
typedef struct {
  HttpConnections *connections;
  GSocketConnection *connection;
  GSocketAddress *local, *remote;
} Arrival;

static void
arrival_free (gpointer data)
{
  Arrival *arrival = data;
  Progress *progress = g_object_get_qdata (G_OBJECT (arrival->remote), get_quark ());

  progress->arrival = NULL;
  g_object_unref (arrival->connection);
  g_object_unref (arrival->local);
  g_object_unref (arrival->remote);
  g_free (arrival);
}

/* GSocketSourceFunc. Whoever leaves without a word is none of libsoup's business. */
static gboolean
hand_on (GSocket *socket, GIOCondition condition, gpointer data)
{
  const Arrival *arrival = data;
  g_autoptr (GIOStream) stream = NULL;
  char byte;

  if (recv (g_socket_get_fd (socket), &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
    return G_SOURCE_REMOVE;
  stream = wrap (arrival->connections, arrival->connection, arrival->remote);
  if (stream != NULL)
    soup_server_accept_iostream (
        arrival->connections->server, stream, arrival->local, arrival->remote, NULL);
  return G_SOURCE_REMOVE;
}

/* It is libsoup's once its first byte is here. */
static GSource *
await (HttpConnections *connections, GSocketConnection *connection, GSocketAddress *local,
    GSocketAddress *remote)
{
  GSocket *socket = g_socket_connection_get_socket (connection);
  g_autoptr (GSource) source = g_socket_create_source (socket, G_IO_IN, NULL);
  Arrival *arrival = g_new0 (Arrival, 1);

  *arrival = (Arrival){ .connections = connections,
    .connection = g_object_ref (connection),
    .local = g_object_ref (local),
    .remote = g_object_ref (remote) };
  g_source_set_callback (source, G_SOURCE_FUNC (hand_on), arrival, arrival_free);
  g_source_attach (source, g_main_context_get_thread_default ());
  /* The context has it. */
  return source;
}

static gboolean
accept_connection (
    GSocketService *service, GSocketConnection *connection, GObject *source, gpointer data)
{
  HttpConnections *connections = data;
  g_autoptr (GSocketAddress) local = NULL, remote = NULL;
  Progress *progress;

  local = g_socket_connection_get_local_address (connection, NULL);
  remote = g_socket_connection_get_remote_address (connection, NULL);
  if (local == NULL || remote == NULL || !has_room (connections, remote) ||
      http_descriptors_are_short (KEPT))
    return TRUE;
  g_socket_set_timeout (g_socket_connection_get_socket (connection), SILENCE);
  /* Headers and body are written one after another: nothing waits for the first to be acknowledged.
   */
  g_socket_set_option (
      g_socket_connection_get_socket (connection), IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  progress = g_new0 (Progress, 1);
  progress->since = g_get_monotonic_time ();
  progress->socket = g_socket_connection_get_socket (connection);
  g_object_set_qdata_full (G_OBJECT (remote), get_quark (), progress, g_free);
  g_hash_table_insert (connections->open, connection, g_object_ref (remote));
  g_object_weak_ref (G_OBJECT (connection), forget, connections);
  progress->arrival = await (connections, connection, local, remote);
  return TRUE;
}

/* libsoup closes each connection after an answer, and does not say so, where it listens to nothing
 * itself. What it listens to here is a socket that nobody has the other end of. */
static void
keep_alive (HttpConnections *connections)
{
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) error = NULL;
  int ends[2];

  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    return;
  connections->silent = ends[1];
  socket = g_socket_new_from_fd (ends[0], &error);
  if (socket == NULL)
    close (ends[0]);
  else if (!soup_server_listen_socket (connections->server, socket, 0, &error))
    g_debug ("connections are closed after each answer: %s", error->message);
}

HttpConnections *
http_connections_new (
    SoupServer *server, GTlsCertificate *certificate, const HttpConnectionsLimits *limits)
{
  HttpConnections *connections = g_new0 (HttpConnections, 1);

  connections->server = g_object_ref (server);
  connections->limits = *limits;
  connections->open = g_hash_table_new_full (NULL, NULL, NULL, g_object_unref);
  connections->service = g_socket_service_new ();
  /* Of many that come at once, none has to ask again, a second later at the earliest. */
  g_socket_listener_set_backlog (G_SOCKET_LISTENER (connections->service), SOMAXCONN);
  g_set_object (&connections->certificate, certificate);
  g_signal_connect (connections->service, "incoming", G_CALLBACK (accept_connection), connections);
  g_signal_connect (server, "request-started", G_CALLBACK (note_start), connections);
  g_signal_connect (server, "request-read", G_CALLBACK (note_read), connections);
  g_signal_connect (server, "request-finished", G_CALLBACK (note_end), connections);
  connections->timer = g_timeout_add_seconds (LOOK_EVERY, sweep, connections);
  connections->silent = -1;
  keep_alive (connections);
  return connections;
}

gboolean
http_connections_listen (
    HttpConnections *connections, const char *address, guint port, GError **error)
{
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new_from_string (address, port);
  g_autoptr (GSocketAddress) bound = NULL;

  if (wanted == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "\"%s\" is no address, such as 127.0.0.1 or ::1", address);
    return FALSE;
  }
  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (connections->service), wanted,
          G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &bound, error))
    return FALSE;
  connections->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  return TRUE;
}

gboolean
http_connections_adopt (HttpConnections *connections, int fd, GError **error)
{
  g_autoptr (GSocket) socket = g_socket_new_from_fd (fd, error);
  g_autoptr (GSocketAddress) bound = NULL;

  if (socket == NULL ||
      !g_socket_listener_add_socket (G_SOCKET_LISTENER (connections->service), socket, NULL, error))
    return FALSE;
  bound = g_socket_get_local_address (socket, NULL);
  if (G_IS_INET_SOCKET_ADDRESS (bound))
    connections->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  return TRUE;
}

void
http_connections_close (HttpConnections *connections)
{
  g_socket_service_stop (connections->service);
  g_socket_listener_close (G_SOCKET_LISTENER (connections->service));
}

void
http_connections_free (HttpConnections *connections)
{
  GHashTableIter iter;
  gpointer connection, address;

  g_source_remove (connections->timer);
  if (connections->silent >= 0)
    close (connections->silent);
  g_signal_handlers_disconnect_by_data (connections->server, connections);
  g_signal_handlers_disconnect_by_data (connections->service, connections);
  http_connections_close (connections);
  g_hash_table_iter_init (&iter, connections->open);
  while (g_hash_table_iter_next (&iter, &connection, &address)) {
    Progress *progress = g_object_get_qdata (address, get_quark ());

    g_object_weak_unref (connection, forget, connections);
    progress->socket = NULL;
    if (progress->arrival != NULL)
      g_source_destroy (progress->arrival);
  }
  g_object_unref (connections->service);
  g_hash_table_unref (connections->open);
  g_clear_object (&connections->certificate);
  g_object_unref (connections->server);
  g_free (connections);
}

guint
http_connections_get_port (const HttpConnections *connections)
{
  return connections->port;
}

guint
http_connections_count (const HttpConnections *connections)
{
  return g_hash_table_size (connections->open);
}

void
http_connections_set_certificate (HttpConnections *connections, GTlsCertificate *certificate)
{
  g_set_object (&connections->certificate, certificate);
}

void
http_connections_set_limits (HttpConnections *connections, const HttpConnectionsLimits *limits)
{
  connections->limits = *limits;
}
