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

/* The element of a session's bin that measures its figures, where there are any: a launch line, or
 * NULL. (transfer full) */
char *serve_publish_describe_meters (const ServeModel *model);

/* --- publish-state.c: what is remembered of a model --- */

typedef struct {
  char *stable, *previous; /* versions; NULL: none is known */
  GHashTable *refused;     /* version to why it is not played */
} ServePublishState;

void serve_publish_state_clear (ServePublishState *state);
/* FALSE with `error` where the file is there and is not one of these. */
gboolean serve_publish_state_load (ServePublishState *state, const char *path, GError **error);
gboolean serve_publish_state_save (
    const ServePublishState *state, const char *path, GError **error);

/* --- publish-warm.c --- */

/* Play a few frames of `version` in a thread of its own, as sessions will: whether it can be, and
 * so that what is measured and compiled is at hand. `done` is called in the main loop's thread,
 * with NULL or what is wrong, unless `cancellable` was cancelled. */
typedef void (*ServeWarmed) (const GError *error, gpointer data);
void serve_publish_warm (const ServeModel *model, const ServeVersion *version,
    GCancellable *cancellable, ServeWarmed done, gpointer data);

/* --- publish-measure.c: what a session sees --- */

typedef struct _ServeMeasure ServeMeasure;

/* The figures of all sessions of a model, in the order in which measures have them: errors, late,
 * latency, and those of the settings. (transfer full: of GenRolloutFigure) */
GArray *serve_measure_figures (const ServePublishSettings *settings);

/* Measure `session` from now on, once, before it plays. (transfer none: it is the bin's) */
ServeMeasure *serve_measure_new (ServeSession *session, const ServePublishSettings *settings);
/* What is measured from now on is of another version. */
void serve_measure_restart (ServeMeasure *measure);
/* If a window is over at `now`: TRUE, and its values, one for each figure, NaN where there is none;
 * the next one begins. */
gboolean serve_measure_take (ServeMeasure *measure, gint64 now, double *values);

/* --- publish-routes.c --- */

/* What is told of a model's versions. (transfer full) */
JsonObject *serve_publishing_describe (ServePublishing *publishing, const ServeModel *model);
/* Play `version` (NULL: the one that is tried, or the last one there is) in all sessions, at once,
 * or the one before. FALSE with `error` (SERVE_ERROR). */
gboolean serve_publishing_promote (ServePublishing *publishing, ServeModel *model,
    const char *version, const char *by, GError **error);
gboolean serve_publishing_roll_back (
    ServePublishing *publishing, ServeModel *model, const char *by, GError **error);
void serve_publish_routes_add (ServeServer *server);
