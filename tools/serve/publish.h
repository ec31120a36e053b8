/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* New versions of models are published: found in their folders, loaded and played by themselves,
 * tried on a share of the sessions, and promoted or rolled back, by what is measured there or at
 * once by somebody. In the main loop's thread. */
#pragma once

#include <json-glib/json-glib.h>

#include "../../lib/serve/rollout.h"
#include "server.h"

typedef struct _ServePublishing ServePublishing;

/* Begin: models that a state file remembers play the version that it says, and folders are looked
 * at from now on. NULL with `error`. (transfer full) */
ServePublishing *serve_publishing_new (ServeServer *server, GError **error);
void serve_publishing_free (ServePublishing *publishing);

/* A session begins: it may see the version that is being tried, and is measured. */
void serve_publishing_add (ServePublishing *publishing, ServeSession *session);
void serve_publishing_remove (ServePublishing *publishing, ServeSession *session);

/* The version of `model` that is tried; NULL: none is. (transfer none) */
const ServeVersion *serve_publishing_find_candidate (
    ServePublishing *publishing, const ServeModel *model);
/* Whether it is to make what `request` (who asks, and for what) is for. */
gboolean serve_publishing_tries (
    ServePublishing *publishing, const ServeModel *model, const char *request);
/* `version` has made what a request asked for, or has failed; the first of each of its results came
 * after `latency` seconds on average, NaN where there was none. */
void serve_publishing_note (ServePublishing *publishing, const ServeModel *model,
    const char *version, gboolean failed, double latency);

/* The element of a session's bin that measures its figures, where there are any: a launch line, or
 * NULL. (transfer full) */
char *serve_publish_describe_meters (const ServeModel *model);

/* What is told of a model's versions. (transfer full) */
JsonObject *serve_publishing_describe (ServePublishing *publishing, const ServeModel *model);
/* Play `version` (NULL: the one that is tried, or the last one there is) in all sessions, at once,
 * or the one before. FALSE with `error` (SERVE_ERROR). */
gboolean serve_publishing_promote (ServePublishing *publishing, ServeModel *model,
    const char *version, const char *by, GError **error);
gboolean serve_publishing_roll_back (
    ServePublishing *publishing, ServeModel *model, const char *by, GError **error);
void serve_publish_routes_add (ServeServer *server);
