/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is sent to a peer: an encoder for each medium, whose rate follows what arrives. */
#include <gio/gio.h>
#include <string.h>

#include "webrtc-peer-private.h"

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
    serve_webrtc_peer_call (data, adapt, g_memdup2 (&lost, sizeof lost), g_free);
}

void
serve_webrtc_peer_adapt (ServeWebrtcPeer *peer)
{
  if (peer->sending->len > 0)
    g_signal_emit_by_name (
        peer->webrtc, "get-stats", NULL, serve_webrtc_peer_promise (peer, on_stats));
}

static void
end_of_stream (ServeWebrtcPeer *peer, gpointer value)
{
  serve_webrtc_peer_end (peer, "what is sent has come to its end");
}

/* webrtcbin keeps an end of stream to itself. */
static GstPadProbeReturn
on_event (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    serve_webrtc_peer_call (data, end_of_stream, NULL, NULL);
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
    guint bitrate, ServeRate rate, GError **error)
{
  g_autoptr (GstElement) sender =
      serve_webrtc_codec_make_sender (medium->codec, medium->payload, bitrate, rate, error);
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
      g_atomic_rc_box_acquire (peer), serve_webrtc_peer_release);
  gen_congestion_init (&sending.congestion, bitrate);
  g_array_append_val (peer->sending, sending);
  return TRUE;
}
