/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* [limits]: what clients may ask for. */
#include "../configuration.h"

#define FIELD(name) G_STRUCT_OFFSET (ServeLimits, name)

static const ServeKey keys[] = {
  { "sessions", SERVE_KEY_INTEGER, FIELD (sessions), "64", 1, 100000,
      .blurb = "how many streams play at once" },
  { "sessions-per-client", SERVE_KEY_INTEGER, FIELD (sessions_per_client), "8", 1, 100000,
      .blurb = "how many of them one token or address has" },
  { "session-seconds", SERVE_KEY_INTEGER, FIELD (session_seconds), "0", 0, 31536000,
      .blurb = "how long a stream plays, 0 for as long as somebody watches" },
  { "idle-seconds", SERVE_KEY_INTEGER, FIELD (idle_seconds), "30", 1, 86400,
      .blurb = "how long a stream plays that nobody watches" },
  { "drain-seconds", SERVE_KEY_INTEGER, FIELD (drain_seconds), "30", 0, 86400,
      .blurb = "how long streams may play on once the server is told to end" },
  { "requests-per-minute", SERVE_KEY_INTEGER, FIELD (requests_per_minute), "1200", 0, 1000000,
      .blurb = "how many requests a token or address makes in a minute, 0 for any number" },
  { "connections", SERVE_KEY_INTEGER, FIELD (connections), "512", 1, 100000,
      .blurb = "how many connections are open at once" },
  { "connections-per-client", SERVE_KEY_INTEGER, FIELD (connections_per_client), "64", 1, 100000,
      .blurb = "how many of them one address has" },
  { "request-seconds", SERVE_KEY_INTEGER, FIELD (request_seconds), "60", 1, 3600,
      .blurb = "how many seconds a request may take to come, and a connection may wait for one" },
  { "body-bytes", SERVE_KEY_INTEGER, FIELD (body_bytes), "1048576", 1024, 1 << 30,
      .blurb = "how many bytes a request has at most" },
  { "pictures", SERVE_KEY_INTEGER, FIELD (pictures), "64", 1, 100000,
      .blurb = "how many results an answer has at most" },
  { "film-frames", SERVE_KEY_INTEGER, FIELD (frames), "1800", 1, 1000000,
      .blurb = "how many frames a film has at most that is asked for" },
  { "queue", SERVE_KEY_INTEGER, FIELD (queue), "64", 1, 100000,
      .blurb = "how many requests wait for being generated" },
  { "width", SERVE_KEY_INTEGER, FIELD (width), "4096", 16, 32767,
      .blurb = "how wide a stream is at most, in pixels" },
  { "height", SERVE_KEY_INTEGER, FIELD (height), "4096", 16, 32767,
      .blurb = "how high a stream is at most, in pixels" },
  { "framerate", SERVE_KEY_NUMBER, FIELD (framerate), "120", 1, 1000,
      .blurb = "how many frames a second a stream has at most" },
};

const ServeSection serve_section_limits = {
  .name = "limits",
  .blurb = "What clients may ask for",
  .size = sizeof (ServeLimits),
  .keys = keys,
  .n_keys = G_N_ELEMENTS (keys),
};
