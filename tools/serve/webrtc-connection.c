/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The HTTP of WHIP and WHEP. An offer is looked at as a whole before anything is started for it,
 * and as few connections as may be are on their way at a time, each for a bounded while: nobody
 * holds the server by handshakes that he does not end. */
#include <gio/gio.h>
#include <string.h>

#include "../../lib/base/json-file.h"
#include "../../lib/serve/ice-fragment.h"
#include "http-private.h"
#include "webrtc.h"

#define SDP "application/sdp"
#define FRAGMENT "application/trickle-ice-sdpfrag"
#define STATUS_UNPROCESSABLE 422
#define STATUS_PRECONDITION_REQUIRED 428

/* --- from the beginning to the end --- */

/* A page knows by it that it is to wait for nothing more. */
static void
say_end (ServeWebrtcConnection *connection, const char *reason)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;

  json_object_set_string_member (object, "ended", reason);
  node = json_node_init_object (json_node_alloc (), object);
  text = gen_json_to_text (node, FALSE);
  serve_webrtc_peer_say (connection->peer, text);
}

static void
free_connection (ServeWebrtcConnection *connection)
{
  g_clear_pointer (&connection->peer, serve_webrtc_peer_free);
  connection->role->close (connection);
  serve_mount_unref (connection->mount);
  g_free (connection->id);
  g_free (connection->tag);
  g_free (connection->client);
  g_free (connection);
}

static ServeRequest *
take_request (ServeWebrtcConnection *connection)
{
  return connection->message != NULL
             ? serve_request_new (connection->webrtc->server, connection->message, NULL)
             : NULL;
}

static void
send_answer (ServeWebrtcConnection *connection, ServeRequest *request)
{
  serve_request_free (request);
  soup_server_message_unpause (connection->message);
  g_clear_object (&connection->message);
}

void
serve_webrtc_end (ServeWebrtcConnection *connection, const char *reason)
{
  ServeRequest *request = take_request (connection);

  g_info (
      "%s %s of %s: %s", connection->role->name, connection->id, connection->mount->name, reason);
  say_end (connection, reason);
  if (request != NULL) {
    serve_request_fail (
        request, STATUS_UNPROCESSABLE, NULL, "the offer is not answered: %s", reason);
    send_answer (connection, request);
  }
  g_hash_table_remove (connection->webrtc->connections, connection->id);
  free_connection (connection);
}

void
serve_webrtc_ended (ServeWebrtcPeer *peer, const char *reason, gpointer data)
{
  serve_webrtc_end (data, reason);
}

/* --- the offer --- */

static gboolean
accepts_sdp (SoupServerMessage *message)
{
  const char *accept = http_request_header (message, "Accept");

  return *accept == '\0' || strstr (accept, SDP) != NULL || strstr (accept, "*/*") != NULL ||
         strstr (accept, "application/*") != NULL;
}

static const char *
get_type (SoupServerMessage *message)
{
  return soup_message_headers_get_content_type (
      soup_server_message_get_request_headers (message), NULL);
}

static gboolean
check_headers (ServeRequest *request)
{
  if (g_strcmp0 (get_type (request->message), SDP) != 0) {
    soup_message_headers_replace (
        soup_server_message_get_response_headers (request->message), "Accept-Post", SDP);
    serve_request_fail (request, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, NULL, SDP " is wanted");
    return FALSE;
  }
  if (accepts_sdp (request->message))
    return TRUE;
  serve_request_fail (request, SOUP_STATUS_NOT_ACCEPTABLE, NULL, "the answer is " SDP);
  return FALSE;
}

static guint
count_handshakes (ServeWebrtc *webrtc)
{
  GHashTableIter iter;
  gpointer connection;
  guint n = 0;

  g_hash_table_iter_init (&iter, webrtc->connections);
  while (g_hash_table_iter_next (&iter, NULL, &connection)) {
    ServeWebrtcPeer *peer = ((ServeWebrtcConnection *)connection)->peer;

    n += peer == NULL || !serve_webrtc_peer_is_connected (peer);
  }
  return n;
}

/* Sessions have limits of their own; here are counted those that share one, or publish. */
static gboolean
check_room (ServeWebrtc *webrtc, GError **error)
{
  const ServeLimits *limits = webrtc->server->configuration->limits;

  if (webrtc->server->draining) {
    g_set_error (error, SERVE_ERROR, SERVE_ERROR_DRAINING, "the server ends");
    return FALSE;
  }
  if (count_handshakes (webrtc) >= (guint)webrtc->settings->handshakes) {
    g_set_error (error, SERVE_ERROR, SERVE_ERROR_BUSY,
        "webrtc.handshakes, %d, are on their way already", webrtc->settings->handshakes);
    return FALSE;
  }
  if (limits->connections > 0 &&
      g_hash_table_size (webrtc->connections) >= (guint)limits->connections) {
    g_set_error (error, SERVE_ERROR, SERVE_ERROR_BUSY, "limits.connections, %d, stand already",
        limits->connections);
    return FALSE;
  }
  return TRUE;
}

static const char *
get_preferred (const ServeMount *mount)
{
  return mount->settings->codec == SERVE_CODEC_VP8 ? "vp8" : "h264";
}

/* Choose what is sent or taken. FALSE with `error`: there is nothing of it. */
static gboolean
choose (
    const ServeWebrtcRole *role, const ServeMount *mount, ServeWebrtcOffer *offer, GError **error)
{
  const gboolean any = role->direction == SERVE_WEBRTC_RECEIVE;
  g_autoptr (GError) video = NULL, audio = NULL;

  if (any || mount->has_video)
    serve_webrtc_offer_choose (offer, "video", role->direction, get_preferred (mount), &video);
  if (any || mount->has_audio)
    serve_webrtc_offer_choose (offer, "audio", role->direction, NULL, &audio);
  if (offer->media->len > 0)
    return TRUE;
  if (video != NULL || audio != NULL)
    g_propagate_error (error, video != NULL ? g_steal_pointer (&video) : g_steal_pointer (&audio));
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "the offer has no medium that %s",
        any ? "sends pictures or sound (a=sendonly)" : "receives what the mount has (a=recvonly)");
  return FALSE;
}

static ServeWebrtcOffer *
read_offer (const ServeWebrtcRole *role, const ServeMount *mount, ServeRequest *request)
{
  g_autoptr (GBytes) body =
      soup_message_body_flatten (soup_server_message_get_request_body (request->message));
  g_autoptr (GError) error = NULL;
  gsize size;
  const char *text = g_bytes_get_data (body, &size);
  g_autoptr (ServeWebrtcOffer) offer =
      serve_webrtc_offer_parse (text != NULL ? text : "", size, &error);

  if (offer == NULL)
    serve_request_fail (request, SOUP_STATUS_BAD_REQUEST, NULL, "%s", error->message);
  else if (!choose (role, mount, offer, &error))
    serve_request_fail (request, STATUS_UNPROCESSABLE, NULL, "%s", error->message);
  else
    return g_steal_pointer (&offer);
  return NULL;
}

static char *
make_tag (void)
{
  g_autofree char *uuid = g_uuid_string_random ();

  return g_strdup_printf ("\"%s\"", uuid);
}

static ServeWebrtcConnection *
make_connection (ServeWebrtc *webrtc, const ServeWebrtcRole *role, ServeMount *mount,
    ServeRequest *request, GError **error)
{
  ServeWebrtcConnection *connection = g_new0 (ServeWebrtcConnection, 1);

  connection->webrtc = webrtc;
  connection->role = role;
  connection->client = g_strdup (request->client);
  connection->mount = serve_mount_ref (mount);
  connection->tag = make_tag ();
  if (role->open (connection, error))
    return connection;
  free_connection (connection);
  return NULL;
}

/* The answer comes when all candidates are known. */
static void
start (ServeWebrtcConnection *connection, ServeWebrtcOffer *offer, ServeRequest *request)
{
  g_autoptr (GError) error = NULL;

  connection->peer = serve_webrtc_peer_new (offer, &connection->webrtc->ice,
      connection->webrtc->reaper, connection->role->events, connection, &error);
  if (connection->peer == NULL) {
    serve_request_fail_by (request, error);
    free_connection (connection);
    return;
  }
  g_hash_table_insert (connection->webrtc->connections, connection->id, connection);
  connection->message = g_object_ref (request->message);
  soup_server_message_pause (request->message);
}

void
serve_webrtc_connect (ServeWebrtc *webrtc, const ServeWebrtcRole *role, ServeRequest *request)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ServeWebrtcOffer) offer = NULL;
  ServeMount *mount =
      serve_server_find_mount (webrtc->server, serve_request_get (request, "name"), &error);
  ServeWebrtcConnection *connection;

  if (mount != NULL && !serve_mount_has_protocol (mount, "webrtc"))
    g_set_error (&error, SERVE_ERROR, SERVE_ERROR_NOT_FOUND,
        "the mount %s has not the protocol webrtc", mount->name);
  if (error != NULL) {
    serve_request_fail_by (request, error);
    return;
  }
  if (!check_headers (request))
    return;
  offer = read_offer (role, mount, request);
  if (offer == NULL)
    return;
  connection =
      check_room (webrtc, &error) ? make_connection (webrtc, role, mount, request, &error) : NULL;
  if (connection != NULL)
    start (connection, g_steal_pointer (&offer), request);
  else
    serve_request_fail_by (request, error);
}

/* --- the answer --- */

static void
add_headers (ServeWebrtcConnection *connection)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (connection->message);
  g_autofree char *location = g_strdup_printf (
      "/mounts/%s/%s/%s", connection->mount->name, connection->role->name, connection->id);

  soup_message_headers_replace (headers, "Location", location);
  soup_message_headers_replace (headers, "ETag", connection->tag);
  soup_message_headers_replace (headers, "Accept-Patch", FRAGMENT);
  serve_webrtc_add_servers (connection->webrtc, connection->message);
}

void
serve_webrtc_answered (
    ServeWebrtcPeer *peer, const char *answer, const GError *error, gpointer data)
{
  ServeWebrtcConnection *connection = data;
  ServeRequest *request = take_request (connection);
  g_autoptr (GBytes) bytes = NULL;

  if (answer == NULL) {
    if (request != NULL)
      serve_request_free (request);
    serve_webrtc_end (connection, error->message);
    return;
  }
  bytes = g_bytes_new (answer, strlen (answer));
  http_answer_bytes (connection->message, SOUP_STATUS_CREATED, SDP, bytes);
  add_headers (connection);
  send_answer (connection, request);
}

/* --- what comes after it --- */

ServeWebrtcConnection *
serve_webrtc_find (ServeWebrtc *webrtc, const ServeWebrtcRole *role, ServeRequest *request)
{
  ServeWebrtcConnection *connection =
      g_hash_table_lookup (webrtc->connections, serve_request_get (request, "id"));

  /* That of somebody else is not there, for whoever guesses. */
  if (connection != NULL && connection->role == role &&
      strcmp (connection->mount->name, serve_request_get (request, "name")) == 0 &&
      (strcmp (connection->client, request->client) == 0 ||
          (request->scopes & SERVE_SCOPE_ADMINISTRATE) != 0))
    return connection;
  serve_request_fail (request, SOUP_STATUS_NOT_FOUND, "id", "there is no such connection");
  return NULL;
}

/* Whether the request is meant for the connection as it stands: FALSE after having answered. */
static gboolean
check_tag (const ServeWebrtcConnection *connection, ServeRequest *request)
{
  const char *wanted = http_request_header (request->message, "If-Match");

  if (*wanted == '\0')
    serve_request_fail (request, STATUS_PRECONDITION_REQUIRED, NULL,
        "the header If-Match is wanted, with the ETag of the answer");
  else if (strcmp (wanted, connection->tag) != 0 && strcmp (wanted, "*") != 0)
    serve_request_fail (request, SOUP_STATUS_PRECONDITION_FAILED, NULL,
        "the connection is another than If-Match says");
  else
    return TRUE;
  return FALSE;
}

static void
take_fragment (
    ServeWebrtcConnection *connection, const GenIceFragment *fragment, ServeRequest *request)
{
  const ServeWebrtcOffer *offer = serve_webrtc_peer_get_offer (connection->peer);

  if (fragment->user != NULL && strcmp (fragment->user, offer->user) != 0) {
    serve_request_fail (request, STATUS_UNPROCESSABLE, NULL,
        "ICE cannot be restarted: a new connection is to be made");
    return;
  }
  for (guint i = 0; i < fragment->candidates->len; i++) {
    const GenIceCandidate *candidate = fragment->candidates->pdata[i];

    serve_webrtc_peer_add_candidate (connection->peer, candidate->medium, candidate->text);
  }
  soup_server_message_set_status (request->message, SOUP_STATUS_NO_CONTENT, NULL);
}

void
serve_webrtc_trickle (ServeWebrtcConnection *connection, ServeRequest *request)
{
  const ServeWebrtcOffer *offer = serve_webrtc_peer_get_offer (connection->peer);
  g_autoptr (GBytes) body =
      soup_message_body_flatten (soup_server_message_get_request_body (request->message));
  g_autoptr (GenIceFragment) fragment = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;
  const char *text = g_bytes_get_data (body, &size);

  if (g_strcmp0 (get_type (request->message), FRAGMENT) != 0) {
    serve_request_fail (request, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, NULL, FRAGMENT " is wanted");
    return;
  }
  if (!check_tag (connection, request))
    return;
  fragment = gen_ice_fragment_parse (
      text != NULL ? text : "", size, (const char *const *)offer->names->pdata, &error);
  if (fragment != NULL)
    take_fragment (connection, fragment, request);
  else
    serve_request_fail (request, SOUP_STATUS_BAD_REQUEST, NULL, "%s", error->message);
}
