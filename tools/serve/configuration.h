/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A studio file: what a server is to do. */
#pragma once

#include "keys.h"

/* [server] */
typedef struct {
  ServeRecord record;
  char *address; /* to listen on */
  int port, rtsp_port;
  char *rtsp_url;          /* without a path; NULL: where HTTP is, and rtsp_port */
  char *certificate, *key; /* of TLS, for all protocols; NULL: none */
  gboolean without_tls;    /* others may reach it all the same */
  char *tokens;            /* file of who may do what; NULL: whoever reaches the server may all */
  GStrv anonymous;         /* scopes that take no token */
  GStrv hosts;             /* that the header Host may name besides */
  GStrv proxies;           /* addresses and networks of those in front */
  GStrv cors;              /* origins of other pages that may ask */
  char *audit, *audit_key; /* the audit log, and what signs it; NULL: none */
  int log;                 /* a ServeLog */
  gboolean log_requests;
  char *traces; /* URL of a collector of traces; NULL: none */
} ServeServerSettings;

enum {
  SERVE_LOG_TEXT,
  SERVE_LOG_JSON,
  SERVE_LOG_JOURNAL,
};

/* [limits]; 0 is no limit, where that is said. */
typedef struct {
  ServeRecord record;
  int sessions, sessions_per_client;
  int session_seconds; /* 0: none */
  int idle_seconds, drain_seconds;
  int requests_per_minute; /* 0: none */
  int connections, connections_per_client;
  int request_seconds;
  int body_bytes;
  int pictures; /* in an answer, */
  int frames;   /* or in its film */
  int queue;    /* requests that wait to be generated */
  int width, height;
  double framerate;
} ServeLimits;

/* [batch] */
typedef struct {
  ServeRecord record;
  int most;
  double wait_ms;
} ServeBatchSettings;

/* [models.NAME] */
typedef struct {
  ServeRecord record;
  char *location; /* an ONNX file, or a folder of versions */
  char *device, *precision;
  int threads; /* 0: one for each core */
  char *parameters;
} ServeModelSettings;

/* [mounts.NAME] */
typedef struct {
  ServeRecord record;
  char *model, *pipeline; /* one of both */
  char *source;           /* what a model that takes pictures or sound plays, a launch line */
  char *path;             /* of RTSP: "/NAME" where nothing is said */
  int width, height;      /* 0: as they come */
  ServeRate framerate;
  char *walk;
  double speed;
  double seed;     /* whole */
  int class;       /* -1: drawn */
  gboolean shared; /* all clients of it see one session */
  GStrv protocols;
  int codec;
  int bitrate; /* kbit/s; 0: by the size */
} ServeMountSettings;

/* [alerts.NAME] */
typedef struct {
  ServeRecord record;
  char *when;                     /* a condition on figures (watch/figures.h) */
  char *webhook, *webhook_secret; /* URL, and the file of what signs; NULL: none */
  GStrv command;
  int command_seconds;
  gboolean end; /* the server ends when it begins */
} ServeAlertSettings;

enum {
  SERVE_CODEC_H264,
  SERVE_CODEC_VP8,
};

/* [publish.NAME], of model NAME */
typedef struct {
  ServeRecord record;
  double share;  /* of sessions that get a new version */
  double window; /* seconds */
  int least;
  double confidence, minutes;
  int undecided; /* a ServeUndecided */
  int failures;
  double errors, late, latency; /* how much worse each may become */
  JsonObject *figures;          /* the same of others, by their names; or NULL */
  char *discriminator, *state;
} ServePublishSettings;

enum {
  SERVE_UNDECIDED_ROLL_BACK,
  SERVE_UNDECIDED_PROMOTE,
  SERVE_UNDECIDED_KEEP,
};

extern const ServeSection serve_section_server, serve_section_limits, serve_section_batch,
    serve_section_models, serve_section_mounts, serve_section_alerts, serve_section_publish,
    serve_section_webrtc;

/* [webrtc] */
typedef struct {
  ServeRecord record;
  char *address, *stun;
  GStrv turn;
  int port_least, port_most;
  int handshakes, handshake_seconds, lost_seconds;
} ServeWebrtcSettings;

struct _ServeConfiguration {
  gint ref_count;
  char *path;   /* of the file, for errors; NULL: of none */
  char *folder; /* from which on paths are */
  gboolean
      quick; /* of models alone, by the command line: what cannot be watched of them is left out */
  GHashTable *lines;
  GHashTable *records; /* ServeSection to GPtrArray of records */

  const ServeServerSettings *server;
  const ServeLimits *limits;
  const ServeBatchSettings *batch;
  const GPtrArray *models, *mounts; /* of ServeModelSettings and ServeMountSettings */
};

/* Read the file `path`. NULL with `error`. (transfer full) */
ServeConfiguration *serve_configuration_load (const char *path, GError **error);
/* The same of a text, which `path` is the name of. */
ServeConfiguration *serve_configuration_parse (
    const char *text, gsize size, const char *path, GError **error);
/* Whoever keeps a record keeps its configuration. */
ServeConfiguration *serve_configuration_ref (const ServeConfiguration *configuration);
void serve_configuration_unref (ServeConfiguration *configuration);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServeConfiguration, serve_configuration_unref)

/* In place of what the file says; -1: as it says. Before anybody uses them. */
void serve_configuration_set_ports (ServeConfiguration *configuration, int port, int rtsp_port);

/* Whether two records of a section say the same. */
gboolean serve_record_equal (gconstpointer a, gconstpointer b);

/* The record of a section that is one: of nothing but defaults where the file has none. */
gconstpointer serve_configuration_get (
    const ServeConfiguration *configuration, const ServeSection *section);
/* The records of a section that is named, in the order of their names. */
const GPtrArray *serve_configuration_list (
    const ServeConfiguration *configuration, const ServeSection *section);
/* The one that is called so, or NULL. */
gconstpointer serve_configuration_find (
    const ServeConfiguration *configuration, const ServeSection *section, const char *name);
