/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include "publish.h"

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

Publication *publish_find (ServePublishing *publishing, const ServeModel *model);
/* Write down what has been decided: into the audit log, the state file, and what is told. FALSE
 * with `error`: it is not to be done. */
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
/* The last version in the model's folder, where it comes behind the current one, its file is as it
 * was at the look before, and it has not been refused; NULL: there is none. To be asked at each
 * look. (transfer full) */
ServeVersion *publish_find_version (Publication *publication);
