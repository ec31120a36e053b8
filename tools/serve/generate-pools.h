/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which models can be asked for something to be made: a pool for each (generate-pool.h), and
 * another one, loaded beside it, when another version becomes the current one. In the main loop's
 * thread. */
#pragma once

#include "generate-pool.h"
#include "server.h"

typedef struct _ServePools ServePools;

/* Loads generators of all models that the server has. A model that cannot be asked for anything is
 * served all the same, where it can be watched; NULL with `error` where nothing can be played at
 * all. (transfer full) */
ServePools *serve_pools_new (ServeServer *server, GError **error);
/* Once what is being made and loaded has ended. */
void serve_pools_free (ServePools *pools);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServePools, serve_pools_free)

/* Those that can be asked by a list of fields, of ServePool. (transfer container) */
GPtrArray *serve_pools_list (ServePools *pools, const GenServeField *fields);
/* That of the model `name` (NULL: the only one that can be asked so). NULL with `error`, which says
 * which there are. (transfer none) */
ServePool *serve_pools_find (
    ServePools *pools, const GenServeField *fields, const char *name, GError **error);
/* The pool of a file, of a model that is served, which takes a while; for any thread. NULL with
 * `error`. (transfer full) */
ServePool *serve_pools_make (const ServePools *pools, const ServeModelSettings *said,
    const char *path, GenModel *facts, GError **error);
/* Requests that have not been answered, */
guint serve_pools_count (ServePools *pools);
/* and those of them that wait for being generated. */
guint serve_pools_count_waiting (ServePools *pools);
