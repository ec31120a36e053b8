/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results of one or more requests that are made in one run of a model. What was played is encoded
 * result by result, by as many threads as take part. */
#pragma once

#include "generate-work.h"

typedef struct _ServeRun ServeRun;

/* One result that is to be made. */
typedef struct {
  ServeWork *work;
  guint number;
} ServeResult;

/* Play `n` results, which agree (serve_work_agrees) and whose works are taken, by `player`, whose
 * runs have at least as many frames. What fails, fails for all of them. (transfer full) */
ServeRun *serve_run_play (const ServeResult *results, guint n, ServePlayer *player);
/* Results that cannot be played. `error` is taken. (transfer full) */
ServeRun *serve_run_fail (const ServeResult *results, guint n, GError *error);
ServeRun *serve_run_ref (ServeRun *run);
void serve_run_unref (ServeRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServeRun, serve_run_unref)

/* Encode the next one of those that nobody has begun. FALSE: there is none. For any thread. */
gboolean serve_run_finish_next (ServeRun *run);
/* How many nobody has begun. */
guint serve_run_left (ServeRun *run);
