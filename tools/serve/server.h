/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The server: what it was told to do, and what it does. */
#pragma once

#include <generative/audit-log.h>

#include "../../lib/serve/counters.h"
#include "configuration.h"
#include "error.h"
#include "http.h"
#include "model.h"
#include "mount.h"
#include "protocol.h"
#include "session.h"

typedef struct _ServeWatch ServeWatch;

struct _ServeServer {
  ServeConfiguration *configuration;
  GHashTable *models, *mounts; /* by their names */
  GHashTable *sessions;        /* by their ids; those that are closed are not among them */
  GHashTable *clients;         /* owner to the number of its sessions */
  ServeHttp *http;
  GenCounters *counters;
  ServeWatch *watch;
  GenAuditLog *audit;                  /* or NULL */
  struct _ServePublishing *publishing; /* once models have been loaded */
  struct _ServeGenerate *generate;     /* what is made for requests, once it has been started */
  GPtrArray *playing;                  /* the protocols that have been started */
  GMainLoop *loop;                     /* or NULL: it has none yet */
  gboolean ready, draining;
  gboolean failed; /* an alert ends it */
  guint timer, drain_timer;
  gint64 started;
};

/* NULL with `error`. `configuration` is taken. */
ServeServer *serve_server_new (ServeConfiguration *configuration, GError **error);
void serve_server_free (ServeServer *server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServeServer, serve_server_free)

/* Load models, and look at mounts. FALSE with `error`, which names what is wrong. */
gboolean serve_server_load (ServeServer *server, GError **error);
/* Start protocols, and answer. */
gboolean serve_server_start (ServeServer *server, GError **error);
/* End once all sessions have ended, or their time is over; at once, if it drains already. */
void serve_server_drain (ServeServer *server);
/* The same, as something is wrong: whoever started it may start it anew. */
void serve_server_fail (ServeServer *server);
/* Close all sessions, protocols and ports. */
void serve_server_stop (ServeServer *server);
/* Read the studio file again, and take over what can be without touching sessions: tokens, limits,
 * mounts. FALSE with `error`: all stays as it was. */
gboolean serve_server_reload (ServeServer *server, GError **error);

ServeModel *serve_server_find_model (ServeServer *server, const char *name, GError **error);
ServeMount *serve_server_find_mount (ServeServer *server, const char *name, GError **error);
ServeSession *serve_server_find_session (ServeServer *server, const char *id, GError **error);
/* Generators of sessions of `model` play its current version from their next frame on. */
void serve_server_turn_sessions (ServeServer *server, ServeModel *model);
/* Members that say where a mount is watched by whoever reaches the server as `host`, or, where both
 * are NULL, on which ports protocols are. */
void serve_server_describe (
    ServeServer *server, const ServeMount *mount, const char *host, JsonObject *object);
/* Write down what is done, and sign it. FALSE with `error`: it is not to be done. `details` are
 * taken. */
gboolean serve_server_audit (
    ServeServer *server, const char *event, const char *by, JsonObject *details, GError **error);

/* Routes of the server itself: health, models, mounts, sessions; in routes.c. */
void serve_routes_add (ServeServer *server);
