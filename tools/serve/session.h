/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A session: the stream of one client, or the one that all clients of a shared mount see. It has
 * its own walk and parameters; weights are shared. Whoever makes it puts its bin into a pipeline of
 * its own, and drops what a slow client does not take behind it. In the main loop's thread alone,
 * but for the counters. */
#pragma once

#include <gst/gst.h>
#include <json-glib/json-glib.h>

#include "mount.h"

typedef struct _ServeServer ServeServer;
typedef struct _ServeSession ServeSession;

/* The server closes it: nobody watches it, its time is over, or somebody says so. Whoever plays it
 * takes its pipeline down. */
typedef void (*ServeSessionClosed) (ServeSession *session, gpointer data);

/* A new session of `mount`, for `owner` (the client of a request, or NULL for all), by a protocol.
 * NULL with `error` (SERVE_ERROR): there are as many as there may be, or the server drains.
 * (transfer full) */
ServeSession *serve_session_new (ServeServer *server, ServeMount *mount, const char *owner,
    const char *protocol, GError **error);
ServeSession *serve_session_ref (ServeSession *session);
void serve_session_unref (ServeSession *session);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServeSession, serve_session_unref)

/* Call `closed` once, when it is closed by anybody. NULL: nobody any more. */
void serve_session_set_closed (ServeSession *session, ServeSessionClosed closed, gpointer data);
/* Close it, and count it no more. It may have been before. */
void serve_session_close (ServeSession *session);
gboolean serve_session_is_closed (const ServeSession *session);
/* Somebody watches it still. From any thread. */
void serve_session_touch (ServeSession *session);

/* When that was, and when it began: of g_get_monotonic_time. */
gint64 serve_session_get_touched (ServeSession *session);
gint64 serve_session_get_started (const ServeSession *session);

const char *serve_session_get_id (const ServeSession *session);
const char *serve_session_get_owner (const ServeSession *session);
const char *serve_session_get_protocol (const ServeSession *session);
ServeMount *serve_session_get_mount (const ServeSession *session);
/* A bin with source pads "video", "audio" or both: raw, live, of the mount's size and rate; frames
 * that are not taken in time are dropped at its end. (transfer none) */
GstElement *serve_session_get_bin (ServeSession *session);
/* The generator in it, or NULL. */
GstElement *serve_session_get_generator (ServeSession *session);

/* Set a parameter, from the next frame on: seed, class, walk, speed, truncation, or one of the
 * model's by its name. FALSE with `error` (SERVE_ERROR_INVALID), which says what would be right. */
gboolean serve_session_set (
    ServeSession *session, const char *name, const char *value, GError **error);
/* The same of all members of an object, or of none of them. */
gboolean serve_session_set_all (ServeSession *session, JsonObject *values, GError **error);
/* All that clients are told of it. (transfer full) */
JsonObject *serve_session_describe (ServeSession *session);
