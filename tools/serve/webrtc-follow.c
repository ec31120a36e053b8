/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection while it stands: whether it does, what is said on its data channel, and what comes.
 */
#include "webrtc-peer-private.h"

/* Seconds: whoever watches reports every five, or seven by chance (RFC 3550, 6.2), and whoever
 * publishes sends. */
#define SILENCE 8

static gboolean
on_lost_time (gpointer data)
{
  ServeWebrtcPeer *peer = data;

  peer->lost = 0;
  serve_webrtc_peer_end (peer, "the connection was lost");
  return G_SOURCE_REMOVE;
}

static void
lose (ServeWebrtcPeer *peer)
{
  if (peer->lost == 0)
    peer->lost = g_timeout_add_seconds (peer->ice->lost_seconds, on_lost_time, peer);
}

/* Who goes without a word, as a process that is killed does, is not missed by ICE. */
static void
listen (ServeWebrtcPeer *peer)
{
  if (g_atomic_int_compare_and_exchange (&peer->heard, TRUE, FALSE)) {
    peer->silent = 0;
    g_clear_handle_id (&peer->lost, g_source_remove);
  } else if (++peer->silent == SILENCE) {
    lose (peer);
  }
}

static gboolean
on_pulse (gpointer data)
{
  ServeWebrtcPeer *peer = data;

  listen (peer);
  serve_webrtc_peer_adapt (peer);
  if (peer->events->alive != NULL)
    peer->events->alive (peer, peer->data);
  return G_SOURCE_CONTINUE;
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
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_DISCONNECTED)
    lose (peer);
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

/* A peer may send what was not chosen, such as a second picture: left alone, it would end the
 * connection. */
static void
drop (ServeWebrtcPeer *peer, GstPad *pad)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) end = NULL;

  if (sink == NULL)
    return;
  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  end = gst_element_get_static_pad (sink, "sink");
  gst_bin_add (GST_BIN (peer->pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  gst_pad_link (pad, end);
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

    if (medium->payload == payload) {
      peer->events->received (peer, pad, medium, peer->data);
      return;
    }
  }
  drop (peer, pad);
}

static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  g_atomic_int_set (&((ServeWebrtcPeer *)data)->heard, TRUE);
  return GST_PAD_PROBE_OK;
}

/* All that the peer sends comes by an element of ICE, somewhere in webrtcbin. */
static void
on_element (GstBin *pipeline, GstBin *bin, GstElement *element, gpointer data)
{
  const GstElementFactory *factory = gst_element_get_factory (element);
  g_autoptr (GstPad) pad = NULL;

  if (factory == NULL || g_strcmp0 (GST_OBJECT_NAME (factory), "nicesrc") != 0)
    return;
  pad = gst_element_get_static_pad (element, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_packet,
      g_atomic_rc_box_acquire (data), serve_webrtc_peer_release);
}

void
serve_webrtc_peer_follow (ServeWebrtcPeer *peer)
{
  serve_webrtc_peer_connect (peer, peer->pipeline, "deep-element-added", G_CALLBACK (on_element));
  serve_webrtc_peer_connect (
      peer, peer->webrtc, "notify::connection-state", G_CALLBACK (on_connection));
  if (peer->events->told != NULL)
    serve_webrtc_peer_connect (peer, peer->webrtc, "on-data-channel", G_CALLBACK (on_channel));
  if (peer->events->received != NULL)
    serve_webrtc_peer_connect (peer, peer->webrtc, "pad-added", G_CALLBACK (on_pad));
}
