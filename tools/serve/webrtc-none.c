/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A build without gstreamer-webrtc: whoever asks for WebRTC is told so, and all else is served. */
#include "server.h"

static gpointer
start (ServeServer *server, GError **error)
{
  g_set_error (error, SERVE_ERROR, SERVE_ERROR_FAILED,
      "this program was built without gstreamer-webrtc; docs/dependencies.md says where that is");
  return NULL;
}

const ServeProtocol serve_protocol_webrtc = {
  .name = "webrtc",
  .blurb = "WebRTC: WHEP to watch, WHIP to publish",
  .start = start,
};
