/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* WHIP: what is published to a mount is what its sessions see in the place of its source, and its
 * model, if it has one, plays; so it is watched by all protocols of the mount. One at a time
 * publishes to a mount. Sessions that see what he sends end when he goes. */
#include <gio/gio.h>
#include <string.h>

#include "webrtc.h"

static gboolean
is_published (ServeWebrtcConnection *connection)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, connection->webrtc->connections);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const ServeWebrtcConnection *other = value;

    if (other->role == connection->role && other->mount == connection->mount)
      return TRUE;
  }
  return FALSE;
}

/* What a model of latents alone plays is nobody's to send. */
static gboolean
check_mount (ServeWebrtcConnection *connection, GError **error)
{
  const ServeMount *mount = connection->mount;

  if (mount->model != NULL && (mount->model->takes == NULL || mount->model->dimensions > 0)) {
    g_set_error (error, SERVE_ERROR, SERVE_ERROR_CONFLICT,
        "nothing can be published to %s, whose model %s takes latents", mount->name,
        mount->model->name);
    return FALSE;
  }
  if (!is_published (connection))
    return TRUE;
  g_set_error (
      error, SERVE_ERROR, SERVE_ERROR_CONFLICT, "somebody publishes to %s already", mount->name);
  return FALSE;
}

static gboolean
open_publication (ServeWebrtcConnection *connection, GError **error)
{
  JsonObject *details;

  if (!check_mount (connection, error))
    return FALSE;
  connection->id = g_uuid_string_random ();
  connection->relay = serve_relay_new ();
  details = json_object_new ();
  json_object_set_string_member (details, "mount", connection->mount->name);
  return serve_server_audit (
      connection->webrtc->server, "stream-published", connection->client, details, error);
}

static void
close_publication (ServeWebrtcConnection *connection)
{
  if (connection->published)
    serve_mount_set_source (connection->mount, NULL, NULL);
  if (connection->relay != NULL)
    serve_relay_end (connection->relay);
  g_clear_pointer (&connection->relay, serve_relay_unref);
}

/* --- what comes --- */

static GstElement *
make_source (gpointer relay, GError **error)
{
  GstElement *source = serve_relay_make_source (relay);

  if (source == NULL)
    g_set_error (
        error, SERVE_ERROR, SERVE_ERROR_BUSY, "what is published has not come yet, or has ended");
  return source;
}

static gboolean
prepare (ServeWebrtcPeer *peer, gpointer data, GError **error)
{
  g_autoptr (GstClock) clock = serve_relay_get_clock ();

  gst_pipeline_use_clock (GST_PIPELINE (serve_webrtc_peer_get_bin (peer)), clock);
  return TRUE;
}

static gboolean
link_all (GstPad *pad, GstElement *receiver, GstElement *sink)
{
  g_autoptr (GstPad) end = gst_element_get_static_pad (receiver, "sink");

  return gst_element_link (receiver, sink) && gst_element_sync_state_with_parent (sink) &&
         gst_element_sync_state_with_parent (receiver) &&
         gst_pad_link (pad, end) == GST_PAD_LINK_OK;
}

static void
received (ServeWebrtcPeer *peer, GstPad *pad, const ServeWebrtcMedium *medium, gpointer data)
{
  ServeWebrtcConnection *connection = data;
  const ServeLimits *limits = connection->webrtc->server->configuration->limits;
  GstBin *bin = serve_webrtc_peer_get_bin (peer);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) receiver =
      serve_webrtc_codec_make_receiver (medium->codec, limits->width, limits->height, &error);
  GstElement *sink;

  if (receiver == NULL) {
    GST_ELEMENT_ERROR (bin, STREAM, DECODE, ("%s", error->message), (NULL));
    return;
  }
  sink = serve_relay_add_sink (connection->relay, medium->codec->medium);
  gst_bin_add_many (bin, receiver, sink, NULL);
  if (!link_all (pad, receiver, sink))
    GST_ELEMENT_ERROR (
        bin, STREAM, DECODE, ("%s cannot be decoded", medium->codec->encoding), (NULL));
}

/* From now on sessions see it. */
static void
alive (ServeWebrtcPeer *peer, gpointer data)
{
  ServeWebrtcConnection *connection = data;

  if (connection->published)
    return;
  connection->published = TRUE;
  serve_mount_set_source (connection->mount, make_source, connection->relay);
}

static const ServeWebrtcPeerEvents events = {
  .prepare = prepare,
  .answered = serve_webrtc_answered,
  .received = received,
  .alive = alive,
  .ended = serve_webrtc_ended,
};

const ServeWebrtcRole serve_webrtc_whip = {
  .name = "whip",
  .scope = SERVE_SCOPE_PUBLISH,
  .direction = SERVE_WEBRTC_RECEIVE,
  .events = &events,
  .openapi =
      "{\"summary\":\"Publish to a mount by WebRTC (WHIP, RFC 9725)\","
      "\"requestBody\":{\"required\":true,\"content\":{\"application/sdp\":{\"schema\":{"
      "\"type\":\"string\"}}}},"
      "\"responses\":{\"201\":{\"description\":\"The answer; Location is that of the connection\","
      "\"content\":{\"application/sdp\":{\"schema\":{\"type\":\"string\"}}}}}}",
  .open = open_publication,
  .close = close_publication,
};
