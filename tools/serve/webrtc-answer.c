/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From the offer of a peer to the answer: each step is asked of webrtcbin, and the next one follows
 * when it has been done. */
#include <gio/gio.h>
#include <string.h>

#include "webrtc-peer-private.h"

static void
fail (ServeWebrtcPeer *peer, gpointer value)
{
  serve_webrtc_peer_end (peer, ((GError *)value)->message);
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
    serve_webrtc_peer_call (data, fail, error, (GDestroyNotify)g_error_free);
  else
    serve_webrtc_peer_call (data, finish_answer, NULL, NULL);
}

static void
on_gathering (GstElement *webrtc, GParamSpec *spec, gpointer data)
{
  serve_webrtc_peer_call (data, finish_answer, NULL, NULL);
}

static void
set_local (ServeWebrtcPeer *peer, gpointer value)
{
  g_signal_emit_by_name (
      peer->webrtc, "set-local-description", value, serve_webrtc_peer_promise (peer, on_local));
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
    serve_webrtc_peer_call (data, fail, error, (GDestroyNotify)g_error_free);
  else
    serve_webrtc_peer_call (
        data, set_local, answer, (GDestroyNotify)gst_webrtc_session_description_free);
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
    /* One of ours that has no medium yet. */
    if (line == G_MAXUINT)
      continue;
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
    serve_webrtc_peer_end (peer, error->message);
    return;
  }
  g_signal_emit_by_name (
      peer->webrtc, "create-answer", NULL, serve_webrtc_peer_promise (peer, on_answer));
}

static void
on_remote (GstPromise *promise, gpointer data)
{
  GError *error = get_error (promise);

  gst_promise_unref (promise);
  if (error != NULL)
    serve_webrtc_peer_call (data, fail, error, (GDestroyNotify)g_error_free);
  else
    serve_webrtc_peer_call (data, answer_offer, NULL, NULL);
}

/* What comes has the format that was chosen, and not the first one of its medium: webrtcbin takes
 * that, unless there is a transceiver that is for another one. */
static void
add_receivers (ServeWebrtcPeer *peer)
{
  for (guint i = 0; i < peer->offer->media->len; i++) {
    const ServeWebrtcMedium *medium = peer->offer->media->pdata[i];
    g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;

    g_signal_emit_by_name (peer->webrtc, "add-transceiver",
        GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, medium->caps, &transceiver);
    /* What is lost of pictures is asked for. */
    g_object_set (transceiver, "do-nack", strcmp (medium->codec->medium, "video") == 0, NULL);
  }
}

void
serve_webrtc_peer_answer (ServeWebrtcPeer *peer)
{
  GstSDPMessage *sdp = NULL;
  g_autoptr (GstWebRTCSessionDescription) offer = NULL;

  if (peer->events->received != NULL)
    add_receivers (peer);
  serve_webrtc_peer_connect (
      peer, peer->webrtc, "notify::ice-gathering-state", G_CALLBACK (on_gathering));
  gst_sdp_message_copy (peer->offer->sdp, &sdp);
  offer = gst_webrtc_session_description_new (GST_WEBRTC_SDP_TYPE_OFFER, sdp);
  g_signal_emit_by_name (
      peer->webrtc, "set-remote-description", offer, serve_webrtc_peer_promise (peer, on_remote));
}
