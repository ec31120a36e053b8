/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The protocols by which mounts are watched: a line each. */
#include "protocol.h"

#include "../../lib/base/family.h"
#include "error.h"

const ServeProtocol *const serve_protocols[] = {
  &serve_protocol_rtsp,
  &serve_protocol_hls,
  &serve_protocol_mjpeg,
  &serve_protocol_webrtc,
  NULL,
};

const ServeProtocol *
serve_protocol_find (const char *name, GError **error)
{
  return GEN_FAMILY_FIND (
      serve_protocols, name, "protocol", SERVE_ERROR, SERVE_ERROR_NOT_FOUND, error);
}
