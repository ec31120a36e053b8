/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gst-rtsp-server would take any number of connections, and wait for ever for what they ask. So
 * those beyond a number are closed at once, and those that have not set up a stream are after a
 * while. */
#include "rtsp.h"

#include "../http/descriptors.h"

/* Descriptors that are left to whoever is connected. */
#define KEPT 16
#define ADDRESS "rtsp-address"
#define EXCESS "rtsp-excess"
#define SINCE "rtsp-since" /* the second in which it came, or had a stream last */

static guint
get_second (void)
{
  return (guint)(g_get_monotonic_time () / G_USEC_PER_SEC);
}

static void
note_second (GstRTSPClient *client)
{
  g_object_set_data (G_OBJECT (client), SINCE, GUINT_TO_POINTER (get_second ()));
}

/* Connections go in threads of their own, so that their addresses are kept from the beginning. */
static void
note_address (GstRTSPClient *client)
{
  const GstRTSPConnection *connection = gst_rtsp_client_get_connection (client);

  g_object_set_data_full (
      G_OBJECT (client), ADDRESS, g_strdup (gst_rtsp_connection_get_ip (connection)), g_free);
}

static const char *
get_address (GstRTSPClient *client)
{
  return g_object_get_data (G_OBJECT (client), ADDRESS);
}

/* Whether `client` is one too many besides the others, among which it may be listed by now. */
static gboolean
is_excess (GstRTSPServer *rtsp, GstRTSPClient *client, const ServeLimits *limits)
{
  GList *clients = gst_rtsp_server_client_filter (rtsp, NULL, NULL);
  const char *address = get_address (client);
  int n = 0, of_address = 0;

  for (const GList *other = clients; other != NULL; other = other->next) {
    if (other->data == client)
      continue;
    n++;
    of_address += g_strcmp0 (get_address (other->data), address) == 0;
  }
  g_list_free_full (clients, g_object_unref);
  return http_descriptors_are_short (KEPT) || n >= limits->connections ||
         of_address >= limits->connections_per_client;
}

static GstRTSPFilterResult
filter_excess (GstRTSPServer *rtsp, GstRTSPClient *client, gpointer data)
{
  return g_object_get_data (G_OBJECT (client), EXCESS) != NULL ? GST_RTSP_FILTER_REMOVE
                                                               : GST_RTSP_FILTER_KEEP;
}

static gboolean
close_excess (gpointer data)
{
  gst_rtsp_server_client_filter (data, filter_excess, NULL);
  return G_SOURCE_REMOVE;
}

static void
on_connected (GstRTSPServer *rtsp, GstRTSPClient *client, gpointer data)
{
  const ServeServer *server = data;

  note_second (client);
  note_address (client);
  if (!is_excess (rtsp, client, server->configuration->limits))
    return;
  g_object_set_data (G_OBJECT (client), EXCESS, GINT_TO_POINTER (1));
  /* Not while it is being taken in. */
  g_idle_add_full (G_PRIORITY_DEFAULT, close_excess, g_object_ref (rtsp), g_object_unref);
}

static gboolean
has_stream (GstRTSPClient *client)
{
  GList *sessions = gst_rtsp_client_session_filter (client, NULL, NULL);
  const gboolean has = sessions != NULL;

  g_list_free_full (sessions, g_object_unref);
  return has;
}

/* It ends as if its client had gone. Taken from the server's list, a connection whose handshake
 * still waits would never be freed. */
static void
shut (GstRTSPClient *client)
{
  GstRTSPConnection *connection = gst_rtsp_client_get_connection (client);
  GSocket *socket = connection != NULL ? gst_rtsp_connection_get_read_socket (connection) : NULL;

  if (socket != NULL)
    g_socket_shutdown (socket, TRUE, TRUE, NULL);
}

static GstRTSPFilterResult
filter_idle (GstRTSPServer *rtsp, GstRTSPClient *client, gpointer data)
{
  const ServeServer *server = data;
  const guint since = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (client), SINCE));

  if (has_stream (client))
    note_second (client);
  else if (get_second () - since >= (guint)server->configuration->limits->request_seconds)
    shut (client);
  return GST_RTSP_FILTER_KEEP;
}

void
rtsp_clients_limit (GstRTSPServer *rtsp, ServeServer *server)
{
  g_signal_connect (rtsp, "client-connected", G_CALLBACK (on_connected), server);
}

void
rtsp_clients_sweep (GstRTSPServer *rtsp, ServeServer *server)
{
  gst_rtsp_server_client_filter (rtsp, filter_idle, server);
}
