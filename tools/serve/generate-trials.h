/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Versions that are tried make a share of what requests ask for: each by a pool that is loaded
 * beside the current one's when the first request comes, and goes with the first one after the
 * trial. In the main loop's thread. */
#pragma once

#include "generate-pools.h"

typedef struct _ServeTrials ServeTrials;

/* Of models that `pools` has. (transfer full) */
ServeTrials *serve_trials_new (ServeServer *server, const ServePools *pools);
/* Once what is being made and loaded has ended. */
void serve_trials_free (ServeTrials *trials);

/* The pool of the version of `model` that is tried, where that is to make what `client` asks for
 * with `seed`: always the same of both. NULL: the current version makes it, as it does until the
 * other one is loaded. (transfer none) */
ServePool *serve_trials_choose (
    ServeTrials *trials, ServeModel *model, const char *client, guint64 seed);
/* Which version a pool is of, one of these or that of `model`; NULL: of one before. */
const char *serve_trials_name (
    const ServeTrials *trials, const ServeModel *model, const ServePool *pool);

/* Requests that have not been answered, and those of them that wait for being generated. */
guint serve_trials_count (const ServeTrials *trials);
guint serve_trials_count_waiting (const ServeTrials *trials);
