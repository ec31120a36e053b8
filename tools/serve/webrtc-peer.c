/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* webrtcbin tells in threads of its own what has become of what it was asked for: all of it comes
 * to the main loop as a call, which is forgotten where the peer has been freed meanwhile. Whoever
 * holds such a call holds the peer's memory, and nothing else of it. */
#define GST_USE_UNSTABLE_API
#include "webrtc-peer.h"

#include <gio/gio.h>
#include <gst/webrtc/webrtc.h>
#include <string.h>

#include "../../lib/serve/congestion.h"
#include "webrtc-channel.h"

/* Milliseconds that what was said last has until the connection is gone. */
#define LAST_WORDS 100

typedef struct {
  const ServeWebrtcMedium *medium;
  GstElement *sender; /* in the bin */
  GenCongestion congestion;
} Sending;

struct _ServeWebrtcPeer {
  ServeWebrtcOffer *offer;
  const ServeWebrtcIce *ice;
  ServeReaper *reaper;
  const ServeWebrtcPeerEvents *events;
  gpointer data;
  GstElement *pipeline; /* NULL: it is freed */
  GstElement *webrtc;   /* in it */
  GArray *sending;      /* of Sending */
  ServeWebrtcChannel *channel;
  guint watch, handshake, lost, pulse; /* sources of the main loop, or 0 */
  gboolean answered, connected, ended;
};

/* --- calls to the main loop --- */

typedef void (*Function) (ServeWebrtcPeer *peer, gpointer value);

typedef struct {
  ServeWebrtcPeer *peer;
  Function function;
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

static void
release_peer (gpointer data)
{
  g_atomic_rc_box_release_full (data, clear_peer);
}

static void
unref_peer (gpointer data, GClosure *closure)
{
  release_peer (data);
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
  release_peer (call->peer);
  g_free (call);
}

/* `value` is taken. */
static void
call_later (ServeWebrtcPeer *peer, Function function, gpointer value, GDestroyNotify free_value)
{
  Call *call = g_new (Call, 1);

  call->peer = g_atomic_rc_box_acquire (peer);
  call->function = function;
  call->value = value;
  call->free_value = free_value;
  g_idle_add_full (G_PRIORITY_DEFAULT, run_call, call, free_call);
}

static void
connect_peer (ServeWebrtcPeer *peer, gpointer instance, const char *name, GCallback callback)
{
  g_signal_connect_data (instance, name, callback, g_atomic_rc_box_acquire (peer), unref_peer, 0);
}

static GstPromise *
promise_call (ServeWebrtcPeer *peer, GstPromiseChangeFunc function)
{
  return gst_promise_new_with_change_func (function, g_atomic_rc_box_acquire (peer), release_peer);
}

/* --- how it ends --- */

static void
clear_source (guint *source)
{
  if (*source != 0)
    g_source_remove (*source);
  *source = 0;
}

static void
end (ServeWebrtcPeer *peer, const char *reason)
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

static void
fail (ServeWebrtcPeer *peer, gpointer value)
{
  end (peer, ((GError *)value)->message);
}

/* The error of a promise, or NULL. */
static GError *
get_error (GstPromise *promise)
{
  const GstStructure *reply = NULL;
  GError *error = NULL;

  if (gst_promise_wait (promise) != GST_PROMISE_RESULT_REPLIED)
    return g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "the connection was given up");
  reply = gst_promise_get_reply (promise);
  if (reply != NULL && gst_structure_has_field (reply, "error"))
    gst_structure_get (reply, "error", G_TYPE_ERROR, &error, NULL);
  return error;
}

/* --- the answer --- */

static void
finish_answer (ServeWebrtcPeer *peer, gpointer value)
{
  g_autoptr (GstWebRTCSessionDescription) local = NULL;
  g_autofree char *text = NULL;
  GstWebRTCICEGatheringState state;

  g_object_get (peer->webrtc, "ice-gathering-state", &state, "local-description", &local, NULL);
  if (peer->answered || peer->ended || local == NULL ||
      state != GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE)
    return;
  peer->answered = TRUE;
  text = gst_sdp_message_as_text (local->sdp);
  peer->events->answered (peer, text, NULL, peer->data);
}

static void
on_local (GstPromise *promise, gpointer data)
{
  GError *error = get_error (promise);

  gst_promise_unref (promise);
  if (error != NULL)
    call_later (data, fail, error, (GDestroyNotify)g_error_free);
  else
    call_later (data, finish_answer, NULL, NULL);
}

static void
on_gathering (GstElement *webrtc, GParamSpec *spec, gpointer data)
{
  call_later (data, finish_answer, NULL, NULL);
}

static void
set_local (ServeWebrtcPeer *peer, gpointer value)
{
  g_signal_emit_by_name (
      peer->webrtc, "set-local-description", value, promise_call (peer, on_local));
}

static void
on_answer (GstPromise *promise, gpointer data)
{
  GError *error = get_error (promise);
  GstWebRTCSessionDescription *answer = NULL;

  if (error == NULL)
    gst_structure_get (gst_promise_get_reply (promise), "answer",
        GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &answer, NULL);
  if (answer == NULL && error == NULL)
    error = g_error_new (G_IO_ERROR, G_IO_ERROR_FAILED, "webrtcbin has made no answer");
  gst_promise_unref (promise);
  if (error != NULL)
    call_later (data, fail, error, (GDestroyNotify)g_error_free);
  else
    call_later (data, set_local, answer, (GDestroyNotify)gst_webrtc_session_description_free);
}

static const ServeWebrtcMedium *
find_medium (ServeWebrtcPeer *peer, guint line)
{
  for (guint i = 0; i < peer->offer->media->len; i++) {
    const ServeWebrtcMedium *medium = peer->offer->media->pdata[i];

    if (medium->line == line)
      return medium;
  }
  return NULL;
}

/* What is not answered is inactive. */
static void
choose_formats (ServeWebrtcPeer *peer)
{
  const GstWebRTCRTPTransceiverDirection direction =
      peer->events->received != NULL ? GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY
                                     : GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY;
  g_autoptr (GArray) transceivers = NULL;

  g_signal_emit_by_name (peer->webrtc, "get-transceivers", &transceivers);
  for (guint i = 0; i < transceivers->len; i++) {
    GstWebRTCRTPTransceiver *transceiver =
        g_array_index (transceivers, GstWebRTCRTPTransceiver *, i);
    const ServeWebrtcMedium *medium;
    guint line;

    g_object_get (transceiver, "mlineindex", &line, NULL);
    medium = find_medium (peer, line);
    if (medium == NULL) {
      g_object_set (transceiver, "direction", GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_INACTIVE, NULL);
      continue;
    }
    /* What was lost is sent anew to those that ask for it, and asked for. */
    g_object_set (transceiver, "direction", direction, "codec-preferences", medium->caps, "do-nack",
        TRUE, NULL);
  }
}

static void
answer_offer (ServeWebrtcPeer *peer, gpointer value)
{
  g_autoptr (GError) error = NULL;

  choose_formats (peer);
  if (!peer->events->prepare (peer, peer->data, &error)) {
    end (peer, error->message);
    return;
  }
  g_signal_emit_by_name (peer->webrtc, "create-answer", NULL, promise_call (peer, on_answer));
}

static void
on_remote (GstPromise *promise, gpointer data)
{
  GError *error = get_error (promise);

  gst_promise_unref (promise);
  if (error != NULL)
    call_later (data, fail, error, (GDestroyNotify)g_error_free);
  else
    call_later (data, answer_offer, NULL, NULL);
}

static void
set_remote (ServeWebrtcPeer *peer)
{
  GstSDPMessage *sdp = NULL;
  g_autoptr (GstWebRTCSessionDescription) offer = NULL;

  gst_sdp_message_copy (peer->offer->sdp, &sdp);
  offer = gst_webrtc_session_description_new (GST_WEBRTC_SDP_TYPE_OFFER, sdp);
  g_signal_emit_by_name (
      peer->webrtc, "set-remote-description", offer, promise_call (peer, on_remote));
}

/* --- while it is connected --- */

/* What arrives at the other side, of each that is sent. */
static void
adapt (ServeWebrtcPeer *peer, gpointer value)
{
  const double lost = *(double *)value;

  for (guint i = 0; i < peer->sending->len; i++) {
    Sending *sending = &g_array_index (peer->sending, Sending, i);

    if (strcmp (sending->medium->codec->medium, "video") == 0 &&
        gen_congestion_update (&sending->congestion, lost))
      serve_webrtc_codec_set_bitrate (
          sending->medium->codec, sending->sender, sending->congestion.bitrate);
  }
}

static gboolean
find_loss (GQuark field, const GValue *value, gpointer data)
{
  const GstStructure *stats =
      GST_VALUE_HOLDS_STRUCTURE (value) ? gst_value_get_structure (value) : NULL;
  double *lost = data, here;

  if (stats != NULL && gst_structure_get_double (stats, "fraction-lost", &here))
    *lost = MAX (*lost, here);
  return TRUE;
}

static void
on_stats (GstPromise *promise, gpointer data)
{
  const GstStructure *reply = gst_promise_wait (promise) == GST_PROMISE_RESULT_REPLIED
                                  ? gst_promise_get_reply (promise)
                                  : NULL;
  double lost = -1;

  if (reply != NULL)
    gst_structure_foreach (reply, find_loss, &lost);
  gst_promise_unref (promise);
  if (lost >= 0)
    call_later (data, adapt, g_memdup2 (&lost, sizeof lost), g_free);
}

static gboolean
on_pulse (gpointer data)
{
  ServeWebrtcPeer *peer = data;

  if (peer->sending->len > 0)
    g_signal_emit_by_name (peer->webrtc, "get-stats", NULL, promise_call (peer, on_stats));
  if (peer->events->alive != NULL)
    peer->events->alive (peer, peer->data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_handshake_time (gpointer data)
{
  ServeWebrtcPeer *peer = data;

  peer->handshake = 0;
  end (peer, "no connection was made in time");
  return G_SOURCE_REMOVE;
}

static gboolean
on_lost_time (gpointer data)
{
  ServeWebrtcPeer *peer = data;

  peer->lost = 0;
  end (peer, "the connection was lost");
  return G_SOURCE_REMOVE;
}

static void
set_connected (ServeWebrtcPeer *peer)
{
  peer->connected = TRUE;
  clear_source (&peer->handshake);
  clear_source (&peer->lost);
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
    end (peer, "there is no way between the two sides (ICE has failed)");
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED)
    end (peer, "the peer has gone");
  else if (state == GST_WEBRTC_PEER_CONNECTION_STATE_DISCONNECTED && peer->lost == 0)
    peer->lost = g_timeout_add_seconds (peer->ice->lost_seconds, on_lost_time, peer);
}

static void
on_connection (GstElement *webrtc, GParamSpec *spec, gpointer data)
{
  call_later (data, follow_connection, NULL, NULL);
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
  call_later (data, take_channel, g_memdup2 (&channel, sizeof channel), free_channel);
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
  end (peer, error->message);
  return G_SOURCE_CONTINUE;
}

/* --- from the beginning to the end --- */

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

static void
connect_events (ServeWebrtcPeer *peer)
{
  connect_peer (peer, peer->webrtc, "notify::ice-gathering-state", G_CALLBACK (on_gathering));
  connect_peer (peer, peer->webrtc, "notify::connection-state", G_CALLBACK (on_connection));
  if (peer->events->told != NULL)
    connect_peer (peer, peer->webrtc, "on-data-channel", G_CALLBACK (on_channel));
  if (peer->events->received != NULL)
    connect_peer (peer, peer->webrtc, "pad-added", G_CALLBACK (on_pad));
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
  gst_bin_add (GST_BIN (peer->pipeline), peer->webrtc);
  set_ice (peer);
  connect_events (peer);
  bus = gst_element_get_bus (peer->pipeline);
  peer->watch = gst_bus_add_watch (bus, on_message, peer);
  peer->handshake = g_timeout_add_seconds (ice->handshake_seconds, on_handshake_time, peer);
  gst_element_set_state (peer->pipeline, GST_STATE_PLAYING);
  set_remote (peer);
  return peer;
}

void
serve_webrtc_peer_free (ServeWebrtcPeer *peer)
{
  guint wait = 0;

  peer->ended = TRUE;
  clear_source (&peer->watch);
  clear_source (&peer->handshake);
  clear_source (&peer->lost);
  clear_source (&peer->pulse);
  if (peer->channel != NULL)
    wait = LAST_WORDS;
  g_clear_pointer (&peer->channel, serve_webrtc_channel_free);
  serve_reaper_take (peer->reaper, g_steal_pointer (&peer->pipeline), wait);
  release_peer (peer);
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

static void
end_of_stream (ServeWebrtcPeer *peer, gpointer value)
{
  end (peer, "what is sent has come to its end");
}

/* webrtcbin keeps an end of stream to itself. */
static GstPadProbeReturn
on_event (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    call_later (data, end_of_stream, NULL, NULL);
  return GST_PAD_PROBE_OK;
}

static gboolean
link_sender (ServeWebrtcPeer *peer, GstPad *source, GstElement *sender, guint line)
{
  g_autofree char *name = g_strdup_printf ("sink_%u", line);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (sender, "sink");
  g_autoptr (GstPad) made = gst_element_get_static_pad (sender, "src");
  g_autoptr (GstPad) taken = gst_element_request_pad_simple (peer->webrtc, name);

  return taken != NULL && gst_pad_link (made, taken) == GST_PAD_LINK_OK &&
         gst_pad_link (source, sink) == GST_PAD_LINK_OK &&
         gst_element_sync_state_with_parent (sender);
}

gboolean
serve_webrtc_peer_send (ServeWebrtcPeer *peer, GstPad *source, const ServeWebrtcMedium *medium,
    guint bitrate, GError **error)
{
  g_autoptr (GstElement) sender =
      serve_webrtc_codec_make_sender (medium->codec, medium->payload, bitrate, error);
  Sending sending = { .medium = medium, .sender = sender };

  if (sender == NULL)
    return FALSE;
  gst_bin_add (GST_BIN (peer->pipeline), sender);
  if (!link_sender (peer, source, sender, medium->line)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s cannot be sent as %s",
        medium->codec->medium, medium->codec->encoding);
    return FALSE;
  }
  gst_pad_add_probe (source, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event,
      g_atomic_rc_box_acquire (peer), release_peer);
  gen_congestion_init (&sending.congestion, bitrate);
  g_array_append_val (peer->sending, sending);
  return TRUE;
}
