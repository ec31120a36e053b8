/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of a peer share. webrtcbin tells in threads of its own what has become of what it
 * was asked for: all of it comes to the main loop as a call, which is forgotten where the peer has
 * been freed meanwhile. Whoever holds such a call holds the peer's memory, and nothing else of it.
 */
#pragma once

#define GST_USE_UNSTABLE_API
#include <gst/webrtc/webrtc.h>

#include "../../lib/serve/congestion.h"
#include "webrtc-channel.h"
#include "webrtc-peer.h"

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
  guint silent; /* seconds since something came */
  gint heard;   /* whether something has since that was looked at; by atomic operations */
};

/* --- calls to the main loop --- */

typedef void (*ServeWebrtcFunction) (ServeWebrtcPeer *peer, gpointer value);

/* Call `function` there, unless the peer is freed by then. `value` is taken. */
void serve_webrtc_peer_call (
    ServeWebrtcPeer *peer, ServeWebrtcFunction function, gpointer value, GDestroyNotify free_value);
/* Of whoever holds a peer's memory: g_atomic_rc_box_acquire, and this. */
void serve_webrtc_peer_release (gpointer peer);
/* A signal and a promise that hold it; `data` of what they call is the peer. */
void serve_webrtc_peer_connect (
    ServeWebrtcPeer *peer, gpointer instance, const char *name, GCallback callback);
GstPromise *serve_webrtc_peer_promise (ServeWebrtcPeer *peer, GstPromiseChangeFunc function);

/* --- what happens to it --- */

/* It has ended: whoever has it is told, once. */
void serve_webrtc_peer_end (ServeWebrtcPeer *peer, const char *reason);
/* Begin with its offer; in webrtc-answer.c. */
void serve_webrtc_peer_answer (ServeWebrtcPeer *peer);
/* From its connection on; in webrtc-follow.c. */
void serve_webrtc_peer_follow (ServeWebrtcPeer *peer);
/* Ask how much of what is sent arrives, and send no more than that; in webrtc-send.c. */
void serve_webrtc_peer_adapt (ServeWebrtcPeer *peer);
