/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "webrtc.h"

#include <gio/gio.h>
#include <string.h>

/* --- routes --- */

typedef void (*Handle) (ServeWebrtc *webrtc, const ServeWebrtcRole *role, ServeRequest *request);

static void
handle_trickle (ServeWebrtc *webrtc, const ServeWebrtcRole *role, ServeRequest *request)
{
  ServeWebrtcConnection *connection = serve_webrtc_find (webrtc, role, request);

  if (connection != NULL)
    serve_webrtc_trickle (connection, request);
}

static void
handle_end (ServeWebrtc *webrtc, const ServeWebrtcRole *role, ServeRequest *request)
{
  ServeWebrtcConnection *connection = serve_webrtc_find (webrtc, role, request);

  if (connection == NULL)
    return;
  serve_webrtc_end (connection, "the peer has gone");
  soup_server_message_set_status (request->message, SOUP_STATUS_OK, NULL);
}

static void
watch (ServeRequest *request, gpointer webrtc)
{
  serve_webrtc_connect (webrtc, &serve_webrtc_whep, request);
}

static void
watch_trickle (ServeRequest *request, gpointer webrtc)
{
  handle_trickle (webrtc, &serve_webrtc_whep, request);
}

static void
watch_end (ServeRequest *request, gpointer webrtc)
{
  handle_end (webrtc, &serve_webrtc_whep, request);
}

static void
publish (ServeRequest *request, gpointer webrtc)
{
  serve_webrtc_connect (webrtc, &serve_webrtc_whip, request);
}

static void
publish_trickle (ServeRequest *request, gpointer webrtc)
{
  handle_trickle (webrtc, &serve_webrtc_whip, request);
}

static void
publish_end (ServeRequest *request, gpointer webrtc)
{
  handle_end (webrtc, &serve_webrtc_whip, request);
}

#define TRICKLE                                                                                    \
  "{\"summary\":\"Candidates of a connection\",\"requestBody\":{\"required\":true,\"content\":{"   \
  "\"application/trickle-ice-sdpfrag\":{\"schema\":{\"type\":\"string\"}}}},"                      \
  "\"responses\":{\"204\":{\"description\":\"They are taken\"}}}"
#define TELL                                                                                       \
  "{\"summary\":\"Servers of ICE that peers may use, by headers Link\",\"responses\":{\"204\":{"   \
  "\"description\":\"The servers\"}}}"
#define END                                                                                        \
  "{\"summary\":\"End a connection\",\"responses\":{\"200\":{\"description\":\"It has ended\"}}}"

static void
add_routes (ServeWebrtc *webrtc)
{
  const struct {
    const char *method, *path;
    const ServeWebrtcRole *role;
    ServeHandler handler;
    const char *openapi;
  } routes[] = {
    { "POST", "/mounts/{name}/whep", &serve_webrtc_whep, watch, serve_webrtc_whep.openapi },
    { "OPTIONS", "/mounts/{name}/whep", &serve_webrtc_whep, serve_webrtc_tell, TELL },
    { "PATCH", "/mounts/{name}/whep/{id}", &serve_webrtc_whep, watch_trickle, TRICKLE },
    { "DELETE", "/mounts/{name}/whep/{id}", &serve_webrtc_whep, watch_end, END },
    { "POST", "/mounts/{name}/whip", &serve_webrtc_whip, publish, serve_webrtc_whip.openapi },
    { "OPTIONS", "/mounts/{name}/whip", &serve_webrtc_whip, serve_webrtc_tell, TELL },
    { "PATCH", "/mounts/{name}/whip/{id}", &serve_webrtc_whip, publish_trickle, TRICKLE },
    { "DELETE", "/mounts/{name}/whip/{id}", &serve_webrtc_whip, publish_end, END },
  };

  for (guint i = 0; i < G_N_ELEMENTS (routes); i++)
    g_ptr_array_add (
        webrtc->routes, serve_http_add (webrtc->server->http, routes[i].method, routes[i].path,
                            routes[i].role->scope, routes[i].handler, webrtc, routes[i].openapi));
}

/* --- how peers find each other --- */

/* The only address that peers are told of: that which the server listens on, if it is one. */
static char *
find_address (const ServeWebrtc *webrtc)
{
  const char *listens = webrtc->server->configuration->server->address;
  g_autoptr (GInetAddress) address = NULL;

  if (webrtc->settings->address != NULL)
    return g_strdup (webrtc->settings->address);
  if (g_ascii_strcasecmp (listens, "localhost") == 0)
    return g_strdup ("127.0.0.1");
  address = g_inet_address_new_from_string (listens);
  return address == NULL || g_inet_address_get_is_any (address) ? NULL : g_strdup (listens);
}

static void
set_ice (ServeWebrtc *webrtc)
{
  const ServeWebrtcSettings *settings = webrtc->settings;

  webrtc->ice = (ServeWebrtcIce){
    .address = find_address (webrtc),
    .stun = settings->stun,
    .turn = settings->turn,
    .port_least = (guint)settings->port_least,
    .port_most = (guint)settings->port_most,
    .handshake_seconds = (guint)settings->handshake_seconds,
    .lost_seconds = (guint)settings->lost_seconds,
  };
}

/* --- the protocol --- */

static gpointer
start (ServeServer *server, GError **error)
{
  ServeWebrtc *webrtc;

  if (!serve_webrtc_peer_check (error))
    return NULL;
  webrtc = g_new0 (ServeWebrtc, 1);
  webrtc->server = server;
  webrtc->settings = serve_configuration_get (server->configuration, &serve_section_webrtc);
  webrtc->connections = g_hash_table_new (g_str_hash, g_str_equal);
  webrtc->watched = g_hash_table_new (g_str_hash, g_str_equal);
  webrtc->routes = g_ptr_array_new ();
  webrtc->reaper = serve_reaper_new ();
  set_ice (webrtc);
  add_routes (webrtc);
  return webrtc;
}

static gboolean
add_mount (gpointer state, ServeMount *mount, GError **error)
{
  return TRUE;
}

static void
end_all (ServeWebrtc *webrtc)
{
  g_autoptr (GList) all = g_hash_table_get_values (webrtc->connections);

  for (GList *item = all; item != NULL; item = item->next)
    serve_webrtc_end (item->data, "the server ends");
}

/* Who watches goes on until his session ends; what is published is published to nobody. */
static void
remove_mount (gpointer state, ServeMount *mount)
{
  ServeWebrtc *webrtc = state;
  g_autoptr (GList) all = g_hash_table_get_values (webrtc->connections);

  for (GList *item = all; item != NULL; item = item->next) {
    ServeWebrtcConnection *connection = item->data;

    if (connection->mount == mount && connection->role == &serve_webrtc_whip)
      serve_webrtc_end (connection, "its mount was taken away");
  }
}

static void
describe (gpointer state, const ServeMount *mount, const char *host, JsonObject *object)
{
  const ServeWebrtcRole *roles[] = { &serve_webrtc_whep, &serve_webrtc_whip };

  for (guint i = 0; mount != NULL && i < G_N_ELEMENTS (roles); i++) {
    g_autofree char *path = g_strdup_printf ("/mounts/%s/%s", mount->name, roles[i]->name);

    json_object_set_string_member (object, roles[i]->name, path);
  }
}

static void
stop (gpointer state)
{
  ServeWebrtc *webrtc = state;

  end_all (webrtc);
  serve_reaper_free (webrtc->reaper);
  for (guint i = 0; i < webrtc->routes->len; i++)
    serve_http_remove (webrtc->server->http, webrtc->routes->pdata[i]);
  g_ptr_array_unref (webrtc->routes);
  g_hash_table_unref (webrtc->connections);
  g_hash_table_unref (webrtc->watched);
  g_free (webrtc->ice.address);
  g_free (webrtc);
}

const ServeProtocol serve_protocol_webrtc = {
  .name = "webrtc",
  .blurb = "WebRTC: WHEP to watch, WHIP to publish",
  .start = start,
  .add_mount = add_mount,
  .remove_mount = remove_mount,
  .describe = describe,
  .stop = stop,
};
