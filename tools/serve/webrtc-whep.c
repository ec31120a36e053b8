/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* WHEP: a mount is watched. Each connection has a session of its own, but on mounts that are
 * shared; what it says on its data channel sets the session's parameters, as PATCH
 * /v1/sessions/{id} does. */
#include <gio/gio.h>
#include <string.h>

#include "../../lib/base/json-file.h"
#include "webrtc.h"

/* Of sound, bits a second: Opus for music, both channels. */
#define SOUND_BITRATE 96000

/* --- the session --- */

static void
on_closed (ServeSession *session, gpointer data)
{
  serve_webrtc_end (data, "the session was closed");
}

static gboolean
open_shared (ServeWebrtcConnection *connection, GError **error)
{
  connection->shared = serve_shared_get (connection->webrtc, connection->mount, error);
  if (connection->shared == NULL)
    return FALSE;
  connection->session = serve_session_ref (serve_shared_get_session (connection->shared));
  connection->id = g_uuid_string_random ();
  return TRUE;
}

static gboolean
open_session (ServeWebrtcConnection *connection, GError **error)
{
  if (connection->mount->settings->shared)
    return open_shared (connection, error);
  connection->session = serve_session_new (
      connection->webrtc->server, connection->mount, connection->client, "webrtc", error);
  if (connection->session == NULL)
    return FALSE;
  connection->id = g_strdup (serve_session_get_id (connection->session));
  serve_session_set_closed (connection->session, on_closed, connection);
  return TRUE;
}

static void
close_session (ServeWebrtcConnection *connection)
{
  if (connection->session != NULL && connection->shared == NULL) {
    serve_session_set_closed (connection->session, NULL, NULL);
    serve_session_close (connection->session);
  }
  g_clear_pointer (&connection->session, serve_session_unref);
  g_clear_pointer (&connection->shared, serve_shared_unref);
}

/* --- what is sent --- */

static guint
get_bitrate (const ServeMount *mount, const ServeWebrtcMedium *medium)
{
  const ServeMountSettings *settings = mount->settings;

  return strcmp (medium->codec->medium, "audio") == 0
             ? SOUND_BITRATE
             : 1000 * (guint)serve_mount_get_bitrate (mount, settings->width, settings->height);
}

static const ServeWebrtcMedium *
find_medium (const ServeWebrtcOffer *offer, const char *name)
{
  for (guint i = 0; i < offer->media->len; i++) {
    const ServeWebrtcMedium *medium = offer->media->pdata[i];

    if (strcmp (medium->codec->medium, name) == 0)
      return medium;
  }
  return NULL;
}

/* What the peer does not want is thrown away. */
static gboolean
discard (GstBin *bin, GstPad *pad)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) end = gst_element_get_static_pad (sink, "sink");

  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add (bin, sink);
  return gst_pad_link (pad, end) == GST_PAD_LINK_OK && gst_element_sync_state_with_parent (sink);
}

static gboolean
send_pad (ServeWebrtcConnection *connection, ServeWebrtcPeer *peer, GstElement *source,
    const char *name, GError **error)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (source, name);
  const ServeWebrtcMedium *medium = find_medium (serve_webrtc_peer_get_offer (peer), name);

  if (pad == NULL)
    return TRUE;
  return medium != NULL
             ? serve_webrtc_peer_send (peer, pad, medium, get_bitrate (connection->mount, medium),
                   connection->mount->framerate, error)
             : discard (serve_webrtc_peer_get_bin (peer), pad);
}

static gboolean
prepare (ServeWebrtcPeer *peer, gpointer data, GError **error)
{
  ServeWebrtcConnection *connection = data;
  GstElement *source = connection->shared != NULL ? serve_shared_make_source (connection->shared)
                                                  : serve_session_get_bin (connection->session);

  if (source == NULL) {
    g_set_error (error, SERVE_ERROR, SERVE_ERROR_FAILED, "the stream has ended");
    return FALSE;
  }
  gst_bin_add (serve_webrtc_peer_get_bin (peer), source);
  return send_pad (connection, peer, source, "video", error) &&
         send_pad (connection, peer, source, "audio", error) &&
         gst_element_sync_state_with_parent (source);
}

static void
alive (ServeWebrtcPeer *peer, gpointer data)
{
  serve_session_touch (((ServeWebrtcConnection *)data)->session);
}

/* --- what is told --- */

static char *
reply (const GError *error)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autoptr (JsonNode) node = NULL;

  json_object_set_boolean_member (object, "ok", error == NULL);
  if (error != NULL)
    json_object_set_string_member (object, "error", error->message);
  node = json_node_init_object (json_node_alloc (), object);
  return gen_json_to_text (node, FALSE);
}

static gboolean
set_parameters (ServeWebrtcConnection *connection, const char *text, GError **error)
{
  g_autoptr (JsonNode) node = gen_json_from_request (text, NULL);

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node)) {
    g_set_error (error, SERVE_ERROR, SERVE_ERROR_INVALID,
        "an object of JSON is wanted, such as {\"class\":3}");
    return FALSE;
  }
  return serve_session_set_all (connection->session, json_node_get_object (node), error);
}

static char *
told (ServeWebrtcPeer *peer, const char *text, gpointer data)
{
  g_autoptr (GError) error = NULL;

  set_parameters (data, text, &error);
  return reply (error);
}

static const ServeWebrtcPeerEvents events = {
  .prepare = prepare,
  .answered = serve_webrtc_answered,
  .told = told,
  .alive = alive,
  .ended = serve_webrtc_ended,
};

const ServeWebrtcRole serve_webrtc_whep = {
  .name = "whep",
  .scope = SERVE_SCOPE_WATCH,
  .direction = SERVE_WEBRTC_SEND,
  .events = &events,
  .openapi =
      "{\"summary\":\"Watch a mount by WebRTC (WHEP)\","
      "\"requestBody\":{\"required\":true,\"content\":{\"application/sdp\":{\"schema\":{"
      "\"type\":\"string\"}}}},"
      "\"responses\":{\"201\":{\"description\":\"The answer; Location is that of the connection\","
      "\"content\":{\"application/sdp\":{\"schema\":{\"type\":\"string\"}}}}}}",
  .open = open_session,
  .close = close_session,
};
