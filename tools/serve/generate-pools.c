/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-pools.h"

#include <string.h>

#include "generate-share.h"

/* Threads of a model at least, so that a slow encoder does not hold up the next result. Where runs
 * are long enough for one to be made by all cores, or nothing may share one, there are no more. */
#define THREADS_LEAST 2

struct _ServePools {
  ServeServer *server;
  GHashTable *pools;   /* name of a model to ServePool */
  GHashTable *reasons; /* of one that has none to why that is so */
  GPtrArray *turns;    /* Turn: versions that are being loaded */
  guint batch, queue;
};

ServePool *
serve_pools_make (const ServePools *pools, const ServeModelSettings *said, const char *path,
    GenModel *facts, GError **error)
{
  ServePoolSettings settings = {
    .player = { .model = path,
        .device = said->device,
        .precision = said->precision,
        .parameters = said->parameters,
        .threads = said->threads },
    .queue = pools->queue,
  };

  serve_share_try (&settings.player, pools->batch, &settings.sizes);
  settings.threads =
      MAX (THREADS_LEAST, MIN (g_get_num_processors (), serve_sizes_largest (&settings.sizes)));
  return serve_pool_new (said->record.name, facts, &settings, error);
}

/* FALSE with `error` where nothing can be played at all. */
static gboolean
load_pool (ServePools *pools, const ServeModel *model, GError **error)
{
  g_autoptr (GError) failure = NULL;
  ServePool *pool =
      serve_pools_make (pools, model->settings, model->current.path, model->facts, &failure);

  if (pool != NULL) {
    g_hash_table_replace (pools->pools, g_strdup (model->name), pool);
  } else if (g_error_matches (failure, GEN_SERVE_ERROR, GEN_SERVE_UNAVAILABLE)) {
    g_propagate_error (error, g_steal_pointer (&failure));
    return FALSE;
  } else {
    g_hash_table_replace (pools->reasons, g_strdup (model->name), g_strdup (failure->message));
  }
  return TRUE;
}

/* --- another version --- */

typedef struct {
  ServePools *pools;
  ServeModel *model;
  char *path;
  GenModel *facts;
  GThread *thread;
  ServePool *pool; /* NULL with `error` */
  GError *error;
} Turn;

static void
free_turn (gpointer data)
{
  Turn *turn = data;

  if (turn->thread != NULL)
    g_thread_join (turn->thread);
  /* It may have ended without the main loop having seen it. */
  g_idle_remove_by_data (turn);
  g_clear_pointer (&turn->pool, serve_pool_unref);
  g_clear_error (&turn->error);
  gen_model_unref (turn->facts);
  serve_model_unref (turn->model);
  g_free (turn->path);
  g_free (turn);
}

static gboolean
end_turn (gpointer data)
{
  Turn *turn = data;
  ServePools *pools = turn->pools;
  const char *name = turn->model->name;

  if (turn->pool != NULL)
    g_hash_table_replace (pools->pools, g_strdup (name), g_steal_pointer (&turn->pool));
  else if (g_hash_table_contains (pools->pools, name))
    g_warning ("%s: requests go on with the version before: %s", name, turn->error->message);
  else
    g_hash_table_replace (pools->reasons, g_strdup (name), g_strdup (turn->error->message));
  g_ptr_array_remove (pools->turns, turn);
  return G_SOURCE_REMOVE;
}

static gpointer
load_turn (gpointer data)
{
  Turn *turn = data;

  turn->pool =
      serve_pools_make (turn->pools, turn->model->settings, turn->path, turn->facts, &turn->error);
  g_idle_add (end_turn, turn);
  return NULL;
}

static gboolean
is_turning (const ServePools *pools, const ServeModel *model)
{
  for (guint i = 0; i < pools->turns->len; i++)
    if (((const Turn *)pools->turns->pdata[i])->facts == model->facts)
      return TRUE;
  return FALSE;
}

/* Where another version is the current one, it is loaded beside the one that goes on. */
static void
follow (ServePools *pools, ServeModel *model)
{
  const ServePool *pool = g_hash_table_lookup (pools->pools, model->name);
  Turn *turn;

  if ((pool != NULL && serve_pool_model (pool) == model->facts) || is_turning (pools, model))
    return;
  turn = g_new0 (Turn, 1);
  *turn = (Turn){ .pools = pools,
    .model = serve_model_ref (model),
    .path = g_strdup (model->current.path),
    .facts = gen_model_ref (model->facts) };
  g_ptr_array_add (pools->turns, turn);
  turn->thread = g_thread_new ("load", load_turn, turn);
}

/* --- which model --- */

GPtrArray *
serve_pools_list (ServePools *pools, const GenServeField *fields)
{
  GPtrArray *found = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer pool;

  g_hash_table_iter_init (&iter, pools->pools);
  while (g_hash_table_iter_next (&iter, NULL, &pool))
    if (gen_serve_request_suits (fields, serve_pool_facts (pool)))
      g_ptr_array_add (found, pool);
  return found;
}

/* The only one, or NULL. */
static const char *
find_only (ServePools *pools, const GenServeField *fields)
{
  g_autoptr (GPtrArray) found = serve_pools_list (pools, fields);

  return found->len == 1 ? serve_pool_facts (found->pdata[0])->name : NULL;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* "there are digits, faces" */
static char *
list_names (ServePools *pools, const GenServeField *fields)
{
  g_autoptr (GPtrArray) names = serve_pools_list (pools, fields);
  g_autofree char *list = NULL;

  if (names->len == 0)
    return g_strdup ("there is none that can be asked so");
  for (guint i = 0; i < names->len; i++)
    names->pdata[i] = serve_pool_facts (names->pdata[i])->name;
  g_ptr_array_sort (names, compare_names);
  g_ptr_array_add (names, NULL);
  list = g_strjoinv (", ", (char **)names->pdata);
  return g_strdup_printf ("there are %s", list);
}

static gboolean
refuse_model (ServePools *pools, const GenServeField *fields, const char *name, GError **error)
{
  g_autofree char *list = list_names (pools, fields);
  const char *reason = name != NULL ? g_hash_table_lookup (pools->reasons, name) : NULL;

  if (name == NULL)
    return gen_serve_refuse (
        error, GEN_SERVE_INVALID, "model", "it is to be said which one: %s", list);
  if (reason != NULL)
    return gen_serve_refuse (error, GEN_SERVE_INVALID, "model", "%s: %s", name, reason);
  if (g_hash_table_contains (pools->pools, name))
    return gen_serve_refuse (error, GEN_SERVE_INVALID, "model",
        "%s makes nothing that can be asked for here; %s", name, list);
  return gen_serve_refuse (error, GEN_SERVE_UNKNOWN, "model", "there is no \"%s\"; %s", name, list);
}

/* One that has come with a studio file that was read again is loaded now. */
static gboolean
has_model (ServePools *pools, const char *name, GError **error)
{
  ServeModel *model = serve_server_find_model (pools->server, name, NULL);

  if (model == NULL)
    return TRUE;
  if (!g_hash_table_contains (pools->reasons, name))
    follow (pools, model);
  if (g_hash_table_contains (pools->pools, name) || g_hash_table_contains (pools->reasons, name))
    return TRUE;
  return gen_serve_refuse (error, GEN_SERVE_UNAVAILABLE, "model", "%s is being loaded", name);
}

ServePool *
serve_pools_find (ServePools *pools, const GenServeField *fields, const char *name, GError **error)
{
  ServePool *pool;

  if (name == NULL)
    name = find_only (pools, fields);
  if (name != NULL && !has_model (pools, name, error))
    return NULL;
  pool = name != NULL && serve_server_find_model (pools->server, name, NULL) != NULL
             ? g_hash_table_lookup (pools->pools, name)
             : NULL;
  if (pool != NULL && gen_serve_request_suits (fields, serve_pool_facts (pool)))
    return pool;
  refuse_model (pools, fields, name, error);
  return NULL;
}

static guint
sum_up (ServePools *pools, guint (*count) (ServePool *pool))
{
  GHashTableIter iter;
  gpointer pool;
  guint sum = 0;

  g_hash_table_iter_init (&iter, pools->pools);
  while (g_hash_table_iter_next (&iter, NULL, &pool))
    sum += count (pool);
  return sum;
}

guint
serve_pools_count (ServePools *pools)
{
  return sum_up (pools, serve_pool_count);
}

guint
serve_pools_count_waiting (ServePools *pools)
{
  return sum_up (pools, serve_pool_count_waiting);
}

/* --- from beginning to end --- */

ServePools *
serve_pools_new (ServeServer *server, GError **error)
{
  g_autoptr (ServePools) pools = g_new0 (ServePools, 1);
  GHashTableIter iter;
  gpointer model;

  pools->server = server;
  pools->pools =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)serve_pool_unref);
  pools->reasons = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  pools->turns = g_ptr_array_new_with_free_func (free_turn);
  pools->batch = (guint)server->configuration->batch->most;
  pools->queue = (guint)server->configuration->limits->queue;
  g_hash_table_iter_init (&iter, server->models);
  while (g_hash_table_iter_next (&iter, NULL, &model))
    if (!load_pool (pools, model, error))
      return NULL;
  return g_steal_pointer (&pools);
}

void
serve_pools_free (ServePools *pools)
{
  GHashTableIter iter;
  gpointer pool;

  g_ptr_array_unref (pools->turns);
  g_hash_table_iter_init (&iter, pools->pools);
  while (g_hash_table_iter_next (&iter, NULL, &pool))
    serve_pool_finish (pool);
  g_hash_table_unref (pools->pools);
  g_hash_table_unref (pools->reasons);
  g_free (pools);
}
