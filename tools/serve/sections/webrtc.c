/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [webrtc]: how peers find each other. */
#include <gio/gio.h>

#include "../configuration.h"

#define FIELD(name) G_STRUCT_OFFSET (ServeWebrtcSettings, name)

static const ServeKey keys[] = {
  { "address", SERVE_KEY_TEXT, FIELD (address),
      .blurb =
          "the address of this machine that peers are told of, server.address where nothing is "
          "said" },
  { "stun", SERVE_KEY_TEXT, FIELD (stun),
      .blurb = "a server by which peers behind routers find their addresses, such as "
               "stun://stun.example.org:3478; none where nothing is said" },
  { "turn", SERVE_KEY_WORDS, FIELD (turn), "[]",
      .blurb = "servers that relay where there is no other way, such as "
               "turn://user:password@turn.example.org:3478" },
  { "port-least", SERVE_KEY_INTEGER, FIELD (port_least), "0", 0, 65535,
      .blurb = "the first port of UDP that is used, 0 for any" },
  { "port-most", SERVE_KEY_INTEGER, FIELD (port_most), "0", 0, 65535,
      .blurb = "the last port of UDP that is used, 0 for any" },
  { "handshakes", SERVE_KEY_INTEGER, FIELD (handshakes), "16", 1, 10000,
      .blurb = "how many connections may be on their way to stand at a time" },
  { "handshake-seconds", SERVE_KEY_INTEGER, FIELD (handshake_seconds), "15", 1, 600,
      .blurb = "how many seconds a connection may take until it stands" },
  { "lost-seconds", SERVE_KEY_INTEGER, FIELD (lost_seconds), "10", 1, 600,
      .blurb = "how many seconds a connection may be lost for until it has ended" },
};

static gboolean
check (gpointer record, GError **error)
{
  const ServeWebrtcSettings *webrtc = record;

  if (webrtc->address != NULL && !g_hostname_is_ip_address (webrtc->address))
    return serve_record_fail (
        webrtc, "address", error, "\"%s\" is no IP address, such as 192.0.2.1", webrtc->address);
  if (webrtc->stun != NULL && !g_str_has_prefix (webrtc->stun, "stun://"))
    return serve_record_fail (webrtc, "stun", error,
        "\"%s\" is none, such as stun://stun.example.org:3478", webrtc->stun);
  for (int i = 0; webrtc->turn[i] != NULL; i++)
    if (!g_str_has_prefix (webrtc->turn[i], "turn://") &&
        !g_str_has_prefix (webrtc->turn[i], "turns://"))
      return serve_record_fail (
          webrtc, "turn", error, "one is none, such as turn://user:password@turn.example.org:3478");
  if ((webrtc->port_least == 0) != (webrtc->port_most == 0) ||
      webrtc->port_least > webrtc->port_most)
    return serve_record_fail (webrtc, "port-most", error,
        "port-least and port-most go together, and %d is not below %d", webrtc->port_least,
        webrtc->port_most);
  return TRUE;
}

const ServeSection serve_section_webrtc = {
  .name = "webrtc",
  .blurb = "How peers of WebRTC find each other",
  .size = sizeof (ServeWebrtcSettings),
  .keys = keys,
  .n_keys = G_N_ELEMENTS (keys),
  .check = check,
};
