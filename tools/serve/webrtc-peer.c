/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <gio/gio.h>

#include "webrtc-peer-private.h"

/* Milliseconds that what was said last has until the connection is gone. */
#define LAST_WORDS 100

/* --- calls to the main loop --- */

typedef struct {
  ServeWebrtcPeer *peer;
  ServeWebrtcFunction function;
  gpointer value;
  GDestroyNotify free_value;
} Call;

static void
clear_peer (gpointer data)
{
  ServeWebrtcPeer *peer = data;

  serve_webrtc_offer_free (peer->offer);
  g_array_unref (peer->sending);
}

void
serve_webrtc_peer_release (gpointer data)
{
  g_atomic_rc_box_release_full (data, clear_peer);
}

static void
unref_peer (gpointer data, GClosure *closure)
{
  serve_webrtc_peer_release (data);
}

static gboolean
run_call (gpointer data)
{
  Call *call = data;

  if (call->peer->pipeline != NULL)
    call->function (call->peer, call->value);
  return G_SOURCE_REMOVE;
}

static void
free_call (gpointer data)
{
  Call *call = data;

  if (call->free_value != NULL && call->value != NULL)
    call->free_value (call->value);
  serve_webrtc_peer_release (call->peer);
  g_free (call);
}

void
serve_webrtc_peer_call (
    ServeWebrtcPeer *peer, ServeWebrtcFunction function, gpointer value, GDestroyNotify free_value)
{
  Call *call = g_new (Call, 1);

  call->peer = g_atomic_rc_box_acquire (peer);
  call->function = function;
  call->value = value;
  call->free_value = free_value;
  g_idle_add_full (G_PRIORITY_DEFAULT, run_call, call, free_call);
}

void
serve_webrtc_peer_connect (
    ServeWebrtcPeer *peer, gpointer instance, const char *name, GCallback callback)
{
  g_signal_connect_data (instance, name, callback, g_atomic_rc_box_acquire (peer), unref_peer, 0);
}

GstPromise *
serve_webrtc_peer_promise (ServeWebrtcPeer *peer, GstPromiseChangeFunc function)
{
  return gst_promise_new_with_change_func (
      function, g_atomic_rc_box_acquire (peer), serve_webrtc_peer_release);
}

/* --- from the beginning to the end --- */

void
serve_webrtc_peer_end (ServeWebrtcPeer *peer, const char *reason)
{
  if (peer->ended)
    return;
  peer->ended = TRUE;
  if (peer->answered) {
    peer->events->ended (peer, reason, peer->data);
    return;
  }
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, reason);

  peer->events->answered (peer, NULL, error, peer->data);
}

static gboolean
on_handshake_time (gpointer data)
{
  ServeWebrtcPeer *peer = data;

  peer->handshake = 0;
  serve_webrtc_peer_end (peer, "no connection was made in time");
  return G_SOURCE_REMOVE;
}

static gboolean
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  ServeWebrtcPeer *peer = data;
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_LATENCY)
    gst_bin_recalculate_latency (GST_BIN (peer->pipeline));
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return G_SOURCE_CONTINUE;
  gst_message_parse_error (message, &error, NULL);
  serve_webrtc_peer_end (peer, error->message);
  return G_SOURCE_CONTINUE;
}

gboolean
serve_webrtc_peer_check (GError **error)
{
  static const struct {
    const char *element, *package;
  } needed[] = {
    { "webrtcbin", "gstreamer1.0-plugins-bad" },
    { "nicesrc", "gstreamer1.0-nice" },
    { "dtlssrtpenc", "gstreamer1.0-plugins-bad" },
    { "srtpenc", "gstreamer1.0-plugins-bad" },
    { "rtpbin", "gstreamer1.0-plugins-good" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (needed); i++) {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (needed[i].element);

    if (factory != NULL)
      continue;
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
        "WebRTC needs the element %s, which the package %s has", needed[i].element,
        needed[i].package);
    return FALSE;
  }
  return TRUE;
}

/* Routers are asked for nothing that nobody has asked for. */
static void
set_agent (GObject *agent)
{
  g_autoptr (GObject) nice = NULL;

  if (g_object_class_find_property (G_OBJECT_GET_CLASS (agent), "agent") != NULL)
    g_object_get (agent, "agent", &nice, NULL);
  if (nice != NULL && g_object_class_find_property (G_OBJECT_GET_CLASS (nice), "upnp") != NULL)
    g_object_set (nice, "upnp", FALSE, NULL);
}

static void
set_ice (ServeWebrtcPeer *peer)
{
  const ServeWebrtcIce *ice = peer->ice;
  g_autoptr (GObject) agent = NULL;
  gboolean done;

  g_object_set (peer->webrtc, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
  if (ice->stun != NULL)
    g_object_set (peer->webrtc, "stun-server", ice->stun, NULL);
  for (int i = 0; ice->turn != NULL && ice->turn[i] != NULL; i++)
    g_signal_emit_by_name (peer->webrtc, "add-turn-server", ice->turn[i], &done);
  g_object_get (peer->webrtc, "ice-agent", &agent, NULL);
  set_agent (agent);
  if (ice->address != NULL)
    g_signal_emit_by_name (agent, "add-local-ip-address", ice->address, &done);
  if (ice->port_most > 0)
    g_object_set (agent, "min-rtp-port", ice->port_least, "max-rtp-port", ice->port_most, NULL);
}

ServeWebrtcPeer *
serve_webrtc_peer_new (ServeWebrtcOffer *offer, const ServeWebrtcIce *ice, ServeReaper *reaper,
    const ServeWebrtcPeerEvents *events, gpointer data, GError **error)
{
  ServeWebrtcPeer *peer = g_atomic_rc_box_new0 (ServeWebrtcPeer);
  g_autoptr (GstBus) bus = NULL;

  peer->offer = offer;
  peer->ice = ice;
  peer->reaper = reaper;
  peer->events = events;
  peer->data = data;
  peer->sending = g_array_new (FALSE, FALSE, sizeof (Sending));
  peer->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
  peer->webrtc = gst_element_factory_make ("webrtcbin", NULL);
  if (peer->webrtc == NULL) {
    serve_webrtc_peer_check (error);
    serve_webrtc_peer_free (peer);
    return NULL;
  }
  serve_webrtc_peer_follow (peer);
  gst_bin_add (GST_BIN (peer->pipeline), peer->webrtc);
  set_ice (peer);
  bus = gst_element_get_bus (peer->pipeline);
  peer->watch = gst_bus_add_watch (bus, on_message, peer);
  peer->handshake = g_timeout_add_seconds (ice->handshake_seconds, on_handshake_time, peer);
  gst_element_set_state (peer->pipeline, GST_STATE_PLAYING);
  serve_webrtc_peer_answer (peer);
  return peer;
}

void
serve_webrtc_peer_free (ServeWebrtcPeer *peer)
{
  guint wait = 0;

  peer->ended = TRUE;
  g_clear_handle_id (&peer->watch, g_source_remove);
  g_clear_handle_id (&peer->handshake, g_source_remove);
  g_clear_handle_id (&peer->lost, g_source_remove);
  g_clear_handle_id (&peer->pulse, g_source_remove);
  if (peer->channel != NULL)
    wait = LAST_WORDS;
  g_clear_pointer (&peer->channel, serve_webrtc_channel_free);
  serve_reaper_take (peer->reaper, g_steal_pointer (&peer->pipeline), wait);
  serve_webrtc_peer_release (peer);
}

void
serve_webrtc_peer_say (ServeWebrtcPeer *peer, const char *text)
{
  if (peer->channel != NULL)
    serve_webrtc_channel_say (peer->channel, text);
}

GstBin *
serve_webrtc_peer_get_bin (ServeWebrtcPeer *peer)
{
  return GST_BIN (peer->pipeline);
}

const ServeWebrtcOffer *
serve_webrtc_peer_get_offer (ServeWebrtcPeer *peer)
{
  return peer->offer;
}

gboolean
serve_webrtc_peer_is_connected (ServeWebrtcPeer *peer)
{
  return peer->connected;
}

void
serve_webrtc_peer_add_candidate (ServeWebrtcPeer *peer, guint line, const char *candidate)
{
  g_signal_emit_by_name (peer->webrtc, "add-ice-candidate", line, candidate);
}
