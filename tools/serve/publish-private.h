/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "publish.h"

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

/* What a request has seen, of `n` figures, NaN of those that sessions alone have. Nothing is late
 * that has no time. (transfer full) */
double *serve_measure_request (guint n, gboolean failed, double latency);

typedef enum {
  PUBLISH_IDLE,
  PUBLISH_WARMING, /* a new version is loaded, and plays by itself */
  PUBLISH_CANARY,  /* it is tried */
} PublishPhase;

/* What is published of a model. */
typedef struct {
  ServePublishing *publishing;
  ServeServer *server;
  ServeModel *model;
  const ServePublishSettings *settings;
  ServePublishState state;
  gboolean unsaved; /* the state's file does not have it */
  PublishPhase phase;
  ServeVersion candidate; /* unless idle */
  GCancellable *warming;
  GenRollout *rollout; /* while it is tried, and what was known at its end */
  GArray *figures;     /* of GenRolloutFigure */
  char *reason;        /* of the last decision, or what is waited for */
  GHashTable
      *stamps; /* versions that were there at the last look, and how large and when written */
} Publication;

/* A session that is measured. */
typedef struct {
  ServeSession *session;
  Publication *publication;
  ServeMeasure *measure;
  GenRolloutSide side;
} PublishedSession;

struct _ServePublishing {
  ServeServer *server;
  ServeConfiguration *configuration; /* of which the settings are */
  GHashTable *publications;          /* by the names of their models */
  GHashTable *sessions;              /* ServeSession to PublishedSession */
  guint timer;
};

/* --- publish.c --- */

/* Do what is due by now: windows that are over, trials that are decided, folders in which something
 * has changed. Each second, as long as the server runs; G_SOURCE_CONTINUE. */
gboolean publish_look (gpointer publishing);
Publication *publish_find (ServePublishing *publishing, const ServeModel *model);
/* Write down what is decided: into the audit log, and what is told. FALSE with `error`: it is not
 * to be done. */
gboolean publish_note (Publication *publication, const char *event, const char *version,
    const char *by, const char *reason, GError **error);
/* All sessions play `version` from their next frame on. */
gboolean publish_turn (ServePublishing *publishing, Publication *publication,
    const ServeVersion *version, GError **error);
/* The version that is tried is tried no more, and not again by itself. */
void publish_refuse (ServePublishing *publishing, Publication *publication, const char *event,
    const char *by, const char *reason);

/* --- publish-folder.c --- */

/* Whether a version is the one that sessions play, but for those that try another one. */
gboolean publish_is_current (const Publication *publication, const ServeVersion *version);
/* Whether somebody has removed the file of that version: sessions go on with it, and none begins.
 */
gboolean publish_has_lost_current (const Publication *publication);
/* The last version in the model's folder, where it comes behind the current one, its file is as it
 * was at the look before, and it has not been refused; NULL: there is none. To be asked at each
 * look. (transfer full) */
ServeVersion *publish_find_version (Publication *publication);
