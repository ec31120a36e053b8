/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who makes what requests ask for, of one version of a model: threads with warm generators each. A
 * run of the model has a result of one request, one of the next, and so on, as many as there are
 * and its sizes allow, so that a large request does not hold up small ones. Threads and generators
 * come with the load. */
#pragma once

#include <generative/model.h>

#include "generate-sizes.h"
#include "generate-work.h"

typedef struct _ServePool ServePool;

typedef struct {
  ServePlayerSettings player; /* its texts are copied */
  ServeSizes sizes;           /* of runs */
  guint threads;              /* at most */
  guint queue;                /* requests at most; 0: any number */
} ServePoolSettings;

/* Loads the model, which takes a while; for any thread. `model` is the same as it was read before.
 * NULL with `error`, as where it takes something that no request has. (transfer full) */
ServePool *serve_pool_new (
    const char *name, GenModel *model, const ServePoolSettings *settings, GError **error);
ServePool *serve_pool_ref (ServePool *pool);
/* With the last one its threads end, once they have made what they are at; nobody waits for them.
 */
void serve_pool_unref (ServePool *pool);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ServePool, serve_pool_unref)
/* Take nothing more, and wait for its threads to end. */
void serve_pool_finish (ServePool *pool);

const GenServeFacts *serve_pool_facts (const ServePool *pool);
const GenModel *serve_pool_model (const ServePool *pool);
const char *serve_pool_file_name (const ServePool *pool);
/* The SHA-256 of its file, or NULL. */
const char *serve_pool_hash (const ServePool *pool);

/* Have it made. FALSE with `error` where there are too many already. */
gboolean serve_pool_push (ServePool *pool, ServeWork *work, GError **error);
/* Something of it was taken, or it was cancelled: there may be more to do. */
void serve_pool_kick (ServePool *pool);
/* Who has it but for its owner: answers that are under way. */
guint serve_pool_count (ServePool *pool);
/* Those of them of which something has not been begun. */
guint serve_pool_count_waiting (ServePool *pool);
