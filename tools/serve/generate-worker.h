/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The warm players of a thread, of which each comes with its first use. */
#pragma once

#include "generate-run.h"
#include "generate-sizes.h"

typedef struct _ServeWorker ServeWorker;

/* `settings` and `sizes` stay. (transfer full) */
ServeWorker *serve_worker_new (const ServePlayerSettings *settings, const ServeSizes *sizes);
void serve_worker_free (ServeWorker *worker);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServeWorker, serve_worker_free)

/* Let it have a player for runs of one, of media, which is taken. */
void serve_worker_give (ServeWorker *worker, ServePlayer *player);
/* Play the first of `n` results, which agree and whose works are taken: as many as go into the run
 * of the size that suits them, `*n`. (transfer full) */
ServeRun *serve_worker_play (ServeWorker *worker, const ServeResult *results, guint *n);
/* Let it have all players, compiled, at once. FALSE where one cannot be had. */
gboolean serve_worker_prepare (ServeWorker *worker);
