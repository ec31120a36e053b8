/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The RTSP server: UDP and TCP, by TLS with the server's certificate where it has one. */
#include "rtsp.h"

#include <string.h>
#include <sys/socket.h>

#include "../http/proxies.h"

/* Threads that answer requests, and seconds between looks for clients that are silent. */
#define THREADS 2
#define SWEEP_SECONDS 5

typedef struct {
  ServeServer *server;
  GstRTSPServer *rtsp;
  GSource *source;
  guint timer, port;
  HttpProxies *proxies; /* as the studio file had them when it began */
} Rtsp;

static gboolean
sweep (gpointer data)
{
  Rtsp *rtsp = data;
  g_autoptr (GstRTSPSessionPool) pool = gst_rtsp_server_get_session_pool (rtsp->rtsp);

  gst_rtsp_session_pool_cleanup (pool);
  rtsp_clients_sweep (rtsp->rtsp, rtsp->server);
  return G_SOURCE_CONTINUE;
}

/* Whether the way that a client would have first, such as "RTP/AVP/TCP;interleaved=0-1", is by its
 * own connection. */
static gboolean
is_interleaved (const char *transport)
{
  const gsize size = strcspn (transport, ";,");

  return size >= 4 && g_ascii_strncasecmp (transport + size - 4, "/TCP", 4) == 0;
}

/* UDP would go to the proxy, and clients would wait in vain: told so, they ask for TCP at once. In
 * the client's thread. */
static GstRTSPStatusCode
check_transport (GstRTSPClient *client, GstRTSPContext *context, gpointer data)
{
  const HttpProxies *proxies = data;
  char *transport = NULL;

  if (gst_rtsp_message_get_header (context->request, GST_RTSP_HDR_TRANSPORT, &transport, 0) !=
          GST_RTSP_OK ||
      is_interleaved (transport) ||
      !http_proxies_has_text (proxies, gst_rtsp_connection_get_ip (context->conn)))
    return GST_RTSP_STS_OK;
  return GST_RTSP_STS_UNSUPPORTED_TRANSPORT;
}

static void
client_connected (GstRTSPServer *server, GstRTSPClient *client, gpointer data)
{
  const Rtsp *rtsp = data;

  g_signal_connect (client, "pre-setup-request", G_CALLBACK (check_transport), rtsp->proxies);
}

static GstRTSPFilterResult
remove_session (GstRTSPSessionPool *pool, GstRTSPSession *session, gpointer data)
{
  return GST_RTSP_FILTER_REMOVE;
}

static GstRTSPFilterResult
remove_client (GstRTSPServer *server, GstRTSPClient *client, gpointer data)
{
  return GST_RTSP_FILTER_REMOVE;
}

static void
stop (gpointer state)
{
  Rtsp *rtsp = state;
  g_autoptr (GstRTSPSessionPool) pool = gst_rtsp_server_get_session_pool (rtsp->rtsp);
  GList *clients;

  g_clear_handle_id (&rtsp->timer, g_source_remove);
  if (rtsp->source != NULL) {
    g_source_destroy (rtsp->source);
    g_source_unref (rtsp->source);
  }
  clients = gst_rtsp_server_client_filter (rtsp->rtsp, remove_client, NULL);
  g_list_free_full (clients, g_object_unref);
  clients = gst_rtsp_session_pool_filter (pool, remove_session, NULL);
  g_list_free_full (clients, g_object_unref);
  g_object_unref (rtsp->rtsp);
  gst_rtsp_thread_pool_cleanup ();
  http_proxies_free (rtsp->proxies);
  g_free (rtsp);
}

/* What may change while it plays: of connections and sessions that are yet to come. */
static void
reload (gpointer state)
{
  Rtsp *rtsp = state;
  const ServeLimits *limits = rtsp->server->configuration->limits;
  g_autoptr (GstRTSPAuth) auth = gst_rtsp_server_get_auth (rtsp->rtsp);
  g_autoptr (GstRTSPSessionPool) pool = gst_rtsp_server_get_session_pool (rtsp->rtsp);

  rtsp_auth_set_certificate (auth, serve_http_get_certificate (rtsp->server->http));
  gst_rtsp_session_pool_set_max_sessions (pool, (guint)limits->connections);
  gst_rtsp_server_set_content_length_limit (rtsp->rtsp, (guint)limits->body_bytes);
}

static void
configure (Rtsp *rtsp)
{
  const ServeConfiguration *configuration = rtsp->server->configuration;
  g_autoptr (GstRTSPAuth) auth = rtsp_auth_new (rtsp->server);
  g_autoptr (GstRTSPThreadPool) threads = gst_rtsp_server_get_thread_pool (rtsp->rtsp);
  g_autofree char *port = g_strdup_printf ("%d", configuration->server->rtsp_port);

  gst_rtsp_server_set_auth (rtsp->rtsp, auth);
  gst_rtsp_server_set_address (rtsp->rtsp, configuration->server->address);
  gst_rtsp_server_set_service (rtsp->rtsp, port);
  /* Of many that come at once, none has to ask again, a second later at the earliest. */
  gst_rtsp_server_set_backlog (rtsp->rtsp, SOMAXCONN);
  gst_rtsp_thread_pool_set_max_threads (threads, THREADS);
  rtsp_clients_limit (rtsp->rtsp, rtsp->server);
  reload (rtsp);
}

static gpointer
start (ServeServer *server, GError **error)
{
  Rtsp *rtsp = g_new0 (Rtsp, 1);
  g_autoptr (GError) problem = NULL;

  rtsp->server = server;
  rtsp->proxies =
      http_proxies_new ((const char *const *)server->configuration->server->proxies, NULL);
  rtsp->rtsp = gst_rtsp_server_new ();
  g_signal_connect (rtsp->rtsp, "client-connected", G_CALLBACK (client_connected), rtsp);
  configure (rtsp);
  rtsp->source = gst_rtsp_server_create_source (rtsp->rtsp, NULL, &problem);
  if (rtsp->source == NULL) {
    g_set_error (error, problem->domain, problem->code,
        "server.rtsp-port %d: %s; --rtsp-port=N has another one, and 0 one that is free",
        server->configuration->server->rtsp_port, problem->message);
    stop (rtsp);
    return NULL;
  }
  g_source_attach (rtsp->source, NULL);
  rtsp->port = (guint)gst_rtsp_server_get_bound_port (rtsp->rtsp);
  rtsp->timer = g_timeout_add_seconds (SWEEP_SECONDS, sweep, rtsp);
  return rtsp;
}

static gboolean
add_mount (gpointer state, ServeMount *mount, GError **error)
{
  Rtsp *rtsp = state;
  g_autoptr (GstRTSPMountPoints) points = gst_rtsp_server_get_mount_points (rtsp->rtsp);
  GstRTSPMediaFactory *factory = rtsp_factory_new (rtsp->server, mount, error);

  if (factory != NULL)
    gst_rtsp_mount_points_add_factory (points, mount->path, factory);
  return factory != NULL;
}

static void
remove_mount (gpointer state, ServeMount *mount)
{
  Rtsp *rtsp = state;
  g_autoptr (GstRTSPMountPoints) points = gst_rtsp_server_get_mount_points (rtsp->rtsp);

  gst_rtsp_mount_points_remove_factory (points, mount->path);
}

/* Where clients reach the server: as the studio file has it, or as they reach it by HTTP. (transfer
 * full) */
static char *
find_url (const Rtsp *rtsp, const char *host)
{
  const char *told = rtsp->server->configuration->server->rtsp_url;

  return told != NULL
             ? g_strdup (told)
             : g_strdup_printf (strchr (host, ':') != NULL ? "%s://[%s]:%u" : "%s://%s:%u",
                   serve_http_get_certificate (rtsp->server->http) != NULL ? "rtsps" : "rtsp", host,
                   rtsp->port);
}

static void
describe (gpointer state, const ServeMount *mount, const char *host, JsonObject *object)
{
  const Rtsp *rtsp = state;
  g_autofree char *url = NULL, *uri = NULL;

  if (mount == NULL) {
    json_object_set_int_member (object, "rtsp-port", rtsp->port);
    return;
  }
  url = find_url (rtsp, host);
  uri = g_strconcat (url, mount->path, NULL);
  json_object_set_string_member (object, "rtsp", uri);
}

const ServeProtocol serve_protocol_rtsp = {
  .name = "rtsp",
  .blurb = "RTSP, by UDP or TCP, and by TLS where there is a certificate",
  .start = start,
  .add_mount = add_mount,
  .remove_mount = remove_mount,
  .describe = describe,
  .reload = reload,
  .stop = stop,
};
