/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The other side of one WebRTC connection, by webrtcbin, which answers an offer: from the
 * description of the peer to its end. All functions are called, and all events told, in the thread
 * of the main loop, but for `received`. A peer that is not connected in time, is lost or goes is
 * told of as ended, once, and then to be freed. */
#pragma once

#include "reaper.h"
#include "webrtc-offer.h"

typedef struct _ServeWebrtcPeer ServeWebrtcPeer;

/* How peers find each other. */
typedef struct {
  char *address;    /* the only one of this machine that is told of; NULL: all of them */
  char *stun;       /* "stun://host:port", or NULL */
  char **turn;      /* "turn://user:password@host:port", NULL-terminated; or NULL */
  guint port_least; /* of UDP; 0: any */
  guint port_most;
  guint handshake_seconds; /* until a connection stands */
  guint lost_seconds;      /* that one may be lost for until it has ended */
} ServeWebrtcIce;

typedef struct {
  /* The offer is understood: what is sent is to be added now (serve_webrtc_peer_send). FALSE with
   * `error`: it cannot be. */
  gboolean (*prepare) (ServeWebrtcPeer *peer, gpointer data, GError **error);
  /* The answer with all candidates; or NULL, and `error` says why there is none. */
  void (*answered) (ServeWebrtcPeer *peer, const char *answer, const GError *error, gpointer data);
  /* The peer sends `medium`, as RTP by `pad`, which is to be linked before this returns, in a
   * thread of webrtcbin's. NULL: it sends nothing. */
  void (*received) (
      ServeWebrtcPeer *peer, GstPad *pad, const ServeWebrtcMedium *medium, gpointer data);
  /* What is said on the data channel; what is returned is said back. (transfer full) NULL: there
   * are no data channels. */
  char *(*told) (ServeWebrtcPeer *peer, const char *text, gpointer data);
  /* About once a second as long as it is connected. */
  void (*alive) (ServeWebrtcPeer *peer, gpointer data);
  /* Why it has ended, in words for a log. */
  void (*ended) (ServeWebrtcPeer *peer, const char *reason, gpointer data);
} ServeWebrtcPeerEvents;

/* Whether webrtcbin and what it needs is there. */
gboolean serve_webrtc_peer_check (GError **error);

/* Answer `offer`, which is taken. `ice`, `reaper`, which ends its pipeline, and `events` stay. */
ServeWebrtcPeer *serve_webrtc_peer_new (ServeWebrtcOffer *offer, const ServeWebrtcIce *ice,
    ServeReaper *reaper, const ServeWebrtcPeerEvents *events, gpointer data, GError **error);
/* Say something on the data channel, if it has one. */
void serve_webrtc_peer_say (ServeWebrtcPeer *peer, const char *text);
/* End it; what was said last still goes out. */
void serve_webrtc_peer_free (ServeWebrtcPeer *peer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServeWebrtcPeer, serve_webrtc_peer_free)

/* The pipeline that it is in, which plays: for what makes or takes its media. */
GstBin *serve_webrtc_peer_get_bin (ServeWebrtcPeer *peer);
const ServeWebrtcOffer *serve_webrtc_peer_get_offer (ServeWebrtcPeer *peer);
/* Send the raw frames of `source`, a pad in the same bin, as `medium`. Its bits a second follow
 * what arrives, up to `bitrate`; `rate` is that of pictures. */
gboolean serve_webrtc_peer_send (ServeWebrtcPeer *peer, GstPad *source,
    const ServeWebrtcMedium *medium, guint bitrate, ServeRate rate, GError **error);
/* A candidate of the peer's. */
void serve_webrtc_peer_add_candidate (ServeWebrtcPeer *peer, guint line, const char *candidate);
gboolean serve_webrtc_peer_is_connected (ServeWebrtcPeer *peer);
