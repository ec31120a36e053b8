/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How the server is watched: its counters at /metrics, figures that are made of them each second,
 * for the page and for alerts, and what is done when an alert begins or ends. In the main loop's
 * thread. */
#pragma once

#include "../server.h"

typedef struct _ServeWatch ServeWatch;

/* Add the routes /metrics and /v1/status, and have the pipelines of the process traced. */
ServeWatch *serve_watch_new (ServeServer *server);
void serve_watch_free (ServeWatch *watch);
/* Whether serve_watch_load would take it: nothing changes. */
gboolean serve_watch_check (
    const ServeWatch *watch, const ServeConfiguration *configuration, GError **error);
/* Take over what the configuration says of alerts. FALSE with `error`, which names file, key and
 * what would be right: all stays as it was. */
gboolean serve_watch_load (
    ServeWatch *watch, const ServeConfiguration *configuration, GError **error);
/* Look each second from now on, and no more. */
void serve_watch_start (ServeWatch *watch);
void serve_watch_stop (ServeWatch *watch);

/* A request has come, for `route` (NULL: for none). */
void serve_watch_request (ServeWatch *watch, ServeRequest *request, const ServeRoute *route);
/* A file, "audit" or "state", could not be written. */
void serve_watch_write_failed (ServeWatch *watch, const char *file);
/* A session begins, or ends. */
void serve_watch_session (ServeWatch *watch, const ServeSession *session, gboolean begins);
