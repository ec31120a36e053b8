/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* WebRTC: mounts are watched by WHEP (draft-ietf-wish-whep), and fed by WHIP (RFC 9725). Both are
 * the same over HTTP: an offer is posted, and answered by the address of a connection, to which
 * more candidates are sent, and which is deleted. What they differ in is a role. */
#pragma once

#include "relay.h"
#include "server.h"
#include "webrtc-peer.h"

typedef struct {
  ServeServer *server;
  const ServeWebrtcSettings *settings;
  ServeWebrtcIce ice;
  ServeReaper *reaper;
  GHashTable *connections; /* id to ServeWebrtcConnection */
  GHashTable *watched;     /* name of a mount that is shared to its ServeShared */
  GPtrArray *routes;       /* of ServeRoute */
} ServeWebrtc;

typedef struct _ServeWebrtcConnection ServeWebrtcConnection;
typedef struct _ServeShared ServeShared;

typedef struct {
  const char *name; /* as in paths */
  ServeScope scope;
  ServeWebrtcDirection direction;
  const ServeWebrtcPeerEvents *events;
  const char *openapi; /* of the offer */
  /* Get what the connection needs, its id among it. FALSE with `error`. */
  gboolean (*open) (ServeWebrtcConnection *connection, GError **error);
  /* Give it back. */
  void (*close) (ServeWebrtcConnection *connection);
} ServeWebrtcRole;

extern const ServeWebrtcRole serve_webrtc_whep, serve_webrtc_whip;

struct _ServeWebrtcConnection {
  ServeWebrtc *webrtc;
  const ServeWebrtcRole *role;
  char *id, *tag, *client;
  ServeMount *mount;
  ServeWebrtcPeer *peer;      /* NULL: not yet */
  SoupServerMessage *message; /* that the answer goes to; NULL: it has gone */

  ServeSession *session; /* that is watched */
  ServeShared *shared;   /* the same of a mount that is shared */
  ServeRelay *relay;     /* that is published to */
  gboolean published;
};

/* --- connections, in webrtc-connection.c --- */

/* Answer a request with an offer. */
void serve_webrtc_connect (ServeWebrtc *webrtc, const ServeWebrtcRole *role, ServeRequest *request);
/* That of the path of a request which may have it, or NULL after having answered. */
ServeWebrtcConnection *serve_webrtc_find (
    ServeWebrtc *webrtc, const ServeWebrtcRole *role, ServeRequest *request);
/* Candidates of its peer come. */
void serve_webrtc_trickle (ServeWebrtcConnection *connection, ServeRequest *request);
/* End it; a request that waits for its answer is told `reason`. */
void serve_webrtc_end (ServeWebrtcConnection *connection, const char *reason);
/* What all roles do when that is told of the peer. */
void serve_webrtc_answered (
    ServeWebrtcPeer *peer, const char *answer, const GError *error, gpointer connection);
void serve_webrtc_ended (ServeWebrtcPeer *peer, const char *reason, gpointer connection);

/* --- servers of ICE, in webrtc-servers.c --- */

/* Headers that say which there are. */
void serve_webrtc_add_servers (const ServeWebrtc *webrtc, SoupServerMessage *message);
/* Answer OPTIONS by them. */
void serve_webrtc_tell (ServeRequest *request, gpointer webrtc);

/* --- mounts that are shared, in webrtc-shared.c --- */

/* The one stream of `mount`, which plays as long as anybody holds it. It is forgotten by
 * `webrtc->watched` when it ends. NULL with `error`. (transfer full) */
ServeShared *serve_shared_get (ServeWebrtc *webrtc, ServeMount *mount, GError **error);
void serve_shared_unref (ServeShared *shared);
ServeSession *serve_shared_get_session (ServeShared *shared);
/* A bin with a pad "video", "audio" or both. (transfer floating) */
GstElement *serve_shared_make_source (ServeShared *shared);
