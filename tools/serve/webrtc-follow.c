/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection while it stands: whether it does, what is said on its data channel, and what comes.
 */
#include "webrtc-peer-private.h"

static gboolean
on_pulse (gpointer data)
{
  ServeWebrtcPeer *peer = data;

  serve_webrtc_peer_adapt (peer);
  if (peer->events->alive != NULL)
    peer->events->alive (peer, peer->data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_lost_time (gpointer data)
{
  ServeWebrtcPeer *peer = data;

  peer->lost = 0;
  serve_webrtc_peer_end (peer, "the connection was lost");
  return G_SOURCE_REMOVE;
}

static void
set_connected (ServeWebrtcPeer *peer)
{
  peer->connected = TRUE;
  g_clear_handle_id (&peer->handshake, g_source_remove);
  g_clear_handle_id (&peer->lost, g_source_remove);
  if (peer->pulse != 0)
    return;
  peer->pulse = g_timeout_add_seconds (1, on_pulse, peer);
  on_pulse (peer);
}

static void
follow_connection (ServeWebrtcPeer *peer, gpointer value)
{
  GstWebRTCPeerConnectionState state;

  g_object_get (peer->webrtc, "connection-state", &state, NULL);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
    set_connected (peer);
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_FAILED)
    serve_webrtc_peer_end (peer, "there is no way between the two sides (ICE has failed)");
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED)
    serve_webrtc_peer_end (peer, "the peer has gone");
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_DISCONNECTED && peer->lost == 0)
    peer->lost = g_timeout_add_seconds (peer->ice->lost_seconds, on_lost_time, peer);
}

static void
on_connection (GstElement *webrtc, GParamSpec *spec, gpointer data)
{
  serve_webrtc_peer_call (data, follow_connection, NULL, NULL);
}

static char *
on_told (const char *text, gpointer data)
{
  ServeWebrtcPeer *peer = data;

  return peer->events->told (peer, text, peer->data);
}

/* One is enough. */
static void
take_channel (ServeWebrtcPeer *peer, gpointer value)
{
  ServeWebrtcChannel **channel = value;

  if (peer->channel == NULL)
    peer->channel = g_steal_pointer (channel);
  else
    serve_webrtc_channel_close (*channel);
}

static void
free_channel (gpointer value)
{
  ServeWebrtcChannel **channel = value;

  g_clear_pointer (channel, serve_webrtc_channel_free);
  g_free (channel);
}

/* It has to listen before this returns, or what is said first is lost; and is known to the peer
 * before that is told, since calls keep their order. */
static void
on_channel (GstElement *webrtc, GObject *object, gpointer data)
{
  ServeWebrtcChannel *channel = serve_webrtc_channel_new (object, on_told, data);

  serve_webrtc_channel_ref (channel);
  serve_webrtc_peer_call (data, take_channel, g_memdup2 (&channel, sizeof channel), free_channel);
  serve_webrtc_channel_listen (channel, object);
  serve_webrtc_channel_unref (channel);
}

static void
on_pad (GstElement *webrtc, GstPad *pad, gpointer data)
{
  ServeWebrtcPeer *peer = data;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  int payload = -1;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC || caps == NULL)
    return;
  gst_structure_get_int (gst_caps_get_structure (caps, 0), "payload", &payload);
  for (guint i = 0; i < peer->offer->media->len; i++) {
    const ServeWebrtcMedium *medium = peer->offer->media->pdata[i];

    if (medium->payload == payload)
      peer->events->received (peer, pad, medium, peer->data);
  }
}

void
serve_webrtc_peer_follow (ServeWebrtcPeer *peer)
{
  serve_webrtc_peer_connect (
      peer, peer->webrtc, "notify::connection-state", G_CALLBACK (on_connection));
  if (peer->events->told != NULL)
    serve_webrtc_peer_connect (peer, peer->webrtc, "on-data-channel", G_CALLBACK (on_channel));
  if (peer->events->received != NULL)
    serve_webrtc_peer_connect (peer, peer->webrtc, "pad-added", G_CALLBACK (on_pad));
}
