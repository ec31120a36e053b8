/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A protocol by which mounts are watched: a file or a folder, and a line in the list of
 * protocols.c. It asks for sessions, plays them in pipelines of its own, and closes them. */
#pragma once

#include <json-glib/json-glib.h>

#include "mount.h"

typedef struct _ServeServer ServeServer;

typedef struct {
  const char *name, *blurb;
  /* Get ready: open ports, add routes. What it returns is handed to the others. NULL with `error`.
   */
  gpointer (*start) (ServeServer *server, GError **error);
  /* A mount that has the protocol. FALSE with `error`: it cannot be watched so. */
  gboolean (*add_mount) (gpointer state, ServeMount *mount, GError **error);
  /* No new sessions of it. */
  void (*remove_mount) (gpointer state, ServeMount *mount);
  /* Members that say where a mount is, such as "rtsp": "rtsp://127.0.0.1:8554/faces", for whoever
   * reaches the server as `host`; may be NULL. `mount` and `host` may be NULL: members of the line
   * that the server prints when it is ready, such as "rtsp-port": 8554. */
  void (*describe) (gpointer state, const ServeMount *mount, const char *host, JsonObject *object);
  /* The studio file was read again: take over what is new of it besides the mounts; may be NULL. */
  void (*reload) (gpointer state);
  /* Sessions are closed by now. Free the state. */
  void (*stop) (gpointer state);
} ServeProtocol;

extern const ServeProtocol serve_protocol_hls;
extern const ServeProtocol serve_protocol_mjpeg;
extern const ServeProtocol serve_protocol_rtsp;
extern const ServeProtocol serve_protocol_webrtc;

/* All of them, ended by NULL. */
extern const ServeProtocol *const serve_protocols[];

const ServeProtocol *serve_protocol_find (const char *name, GError **error);
