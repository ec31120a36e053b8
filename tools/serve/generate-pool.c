/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-pool.h"

#include "generate-facts-of.h"
#include "generate-turns.h"
#include "generate-worker.h"

/* What is left to encode of a run is offered to other threads from so many microseconds on. */
#define WORTH_OFFERING 300

struct _ServePool {
  ServePoolSettings settings;
  GenModel *model;
  char *path, *device, *precision, *parameters, *file_name, *hash;
  GenServeFacts *facts;

  GMutex lock;
  GCond changed;
  GQueue works;   /* ServeWork; the one whose turn is next comes first */
  GQueue offered; /* ServeRun: of which others may encode some */
  guint references, threads, idle;
  gboolean ended;
  ServePlayer *first; /* that has told the facts, for whoever works first */
};

/* --- threads --- */

static void
pool_free (ServePool *pool)
{
  g_queue_clear_full (&pool->works, (GDestroyNotify)serve_work_unref);
  g_queue_clear_full (&pool->offered, (GDestroyNotify)serve_run_unref);
  g_clear_pointer (&pool->first, serve_player_free);
  g_clear_pointer (&pool->facts, gen_serve_facts_unref);
  g_free (pool->path);
  gen_model_unref (pool->model);
  g_free (pool->device);
  g_free (pool->precision);
  g_free (pool->parameters);
  g_free (pool->file_name);
  g_free (pool->hash);
  g_cond_clear (&pool->changed);
  g_mutex_clear (&pool->lock);
  g_free (pool);
}

/* The last one takes the pool with it, where nobody has it any more. */
static void
leave (ServePool *pool)
{
  gboolean last;

  g_mutex_lock (&pool->lock);
  last = --pool->threads == 0 && pool->references == 0;
  g_cond_broadcast (&pool->changed);
  g_mutex_unlock (&pool->lock);
  if (last)
    pool_free (pool);
}

static gpointer run (gpointer data);

/* Those that nothing is to be made of any more, as where clients have left. Under the lock. */
static void
drop_exhausted (ServePool *pool)
{
  for (GList *item = pool->works.head, *next; item != NULL; item = next) {
    next = item->next;
    if (!serve_work_is_exhausted (item->data))
      continue;
    serve_work_unref (item->data);
    g_queue_delete_link (&pool->works, item);
  }
}

/* One more looks, who wakes another one where there is still more to do. Under the lock. */
static void
wake (ServePool *pool)
{
  g_cond_signal (&pool->changed);
  if (pool->idle > 0 || pool->threads == pool->settings.threads)
    return;
  pool->threads++;
  g_thread_unref (g_thread_new ("generate", run, pool));
}

/* One of which there is something left, or NULL. Under the lock. */
static ServeRun *
find_offered (ServePool *pool)
{
  ServeRun *run;

  while ((run = g_queue_peek_head (&pool->offered)) != NULL) {
    if (serve_run_left (run) > 0)
      return serve_run_ref (run);
    serve_run_unref (g_queue_pop_head (&pool->offered));
  }
  return NULL;
}

static void
offer (ServePool *pool, ServeRun *run)
{
  g_mutex_lock (&pool->lock);
  g_queue_push_tail (&pool->offered, serve_run_ref (run));
  wake (pool);
  g_mutex_unlock (&pool->lock);
}

static void
withdraw (ServePool *pool, ServeRun *run)
{
  g_mutex_lock (&pool->lock);
  if (g_queue_remove (&pool->offered, run))
    serve_run_unref (run);
  g_mutex_unlock (&pool->lock);
}

/* By others, too, where it takes so long. */
static void
encode (ServePool *pool, ServeRun *run)
{
  const gint64 began = g_get_monotonic_time ();
  gboolean offered;

  serve_run_finish_next (run);
  offered = (g_get_monotonic_time () - began) * serve_run_left (run) >= WORTH_OFFERING;
  if (offered)
    offer (pool, run);
  while (serve_run_finish_next (run))
    ;
  if (offered)
    withdraw (pool, run);
}

static void
make (ServePool *pool, ServeWorker *worker, const ServeResult *results, guint n)
{
  while (n > 0) {
    guint played = n;
    g_autoptr (ServeRun) run = serve_worker_play (worker, results, &played);

    encode (pool, run);
    results += played;
    n -= played;
  }
}

/* Whether there was anything to do. Under the lock, which others have meanwhile. */
static gboolean
do_some (ServePool *pool, ServeWorker *worker)
{
  ServeResult results[GEN_BATCH_MAX];
  g_autoptr (ServeRun) offered = find_offered (pool);
  guint n = 0;

  if (offered == NULL)
    n = serve_turns_take (&pool->works, serve_sizes_largest (&pool->settings.sizes), results);
  if (offered == NULL && n == 0)
    return FALSE;
  if (pool->works.length > 0 || (offered != NULL && serve_run_left (offered) > 1))
    wake (pool);
  g_mutex_unlock (&pool->lock);
  while (offered != NULL && serve_run_finish_next (offered))
    ;
  make (pool, worker, results, n);
  g_clear_pointer (&offered, serve_run_unref);
  g_mutex_lock (&pool->lock);
  return TRUE;
}

static gpointer
run (gpointer data)
{
  ServePool *pool = data;
  g_autoptr (ServeWorker) worker = serve_worker_new (&pool->settings.player, &pool->settings.sizes);

  g_mutex_lock (&pool->lock);
  if (pool->first != NULL)
    serve_worker_give (worker, g_steal_pointer (&pool->first));
  while (!pool->ended) {
    if (do_some (pool, worker))
      continue;
    pool->idle++;
    g_cond_wait (&pool->changed, &pool->lock);
    pool->idle--;
  }
  g_mutex_unlock (&pool->lock);
  g_clear_pointer (&worker, serve_worker_free);
  leave (pool);
  return NULL;
}

gboolean
serve_pool_push (ServePool *pool, ServeWork *work, GError **error)
{
  const guint most = pool->settings.queue;
  gboolean taken;

  g_mutex_lock (&pool->lock);
  taken = !pool->ended && (most == 0 || pool->works.length < most);
  if (taken) {
    g_queue_push_tail (&pool->works, serve_work_ref (work));
    wake (pool);
  }
  g_mutex_unlock (&pool->lock);
  return taken || gen_serve_refuse (error, GEN_SERVE_TOO_MANY, NULL,
                      "%u requests wait for model %s already", most, pool->facts->name);
}

void
serve_pool_kick (ServePool *pool)
{
  g_mutex_lock (&pool->lock);
  drop_exhausted (pool);
  if (pool->works.length > 0)
    wake (pool);
  g_mutex_unlock (&pool->lock);
}

guint
serve_pool_count (ServePool *pool)
{
  guint count;

  g_mutex_lock (&pool->lock);
  count = pool->references - 1;
  g_mutex_unlock (&pool->lock);
  return count;
}

guint
serve_pool_count_waiting (ServePool *pool)
{
  guint count;

  g_mutex_lock (&pool->lock);
  count = pool->works.length;
  g_mutex_unlock (&pool->lock);
  return count;
}

/* --- the pool --- */

static void
copy_settings (ServePool *pool, const ServePoolSettings *settings)
{
  ServePlayerSettings *player = &pool->settings.player;

  pool->settings = *settings;
  player->model = pool->path = g_strdup (settings->player.model);
  player->device = pool->device = g_strdup (settings->player.device);
  player->precision = pool->precision = g_strdup (settings->player.precision);
  player->parameters = pool->parameters = g_strdup (settings->player.parameters);
}

ServePool *
serve_pool_new (
    const char *name, GenModel *model, const ServePoolSettings *settings, GError **error)
{
  g_autoptr (ServePool) pool = g_new0 (ServePool, 1);

  g_mutex_init (&pool->lock);
  g_cond_init (&pool->changed);
  pool->references = 1;
  pool->model = gen_model_ref (model);
  copy_settings (pool, settings);
  pool->file_name = g_path_get_basename (pool->path);
  pool->hash = gen_provenance_hash_file (pool->path, NULL);
  pool->first = serve_player_new (&pool->settings.player, error);
  if (pool->first == NULL)
    return NULL;
  pool->facts = serve_facts_of (name, model, pool->first, error);
  return pool->facts != NULL ? g_steal_pointer (&pool) : NULL;
}

ServePool *
serve_pool_ref (ServePool *pool)
{
  g_mutex_lock (&pool->lock);
  pool->references++;
  g_mutex_unlock (&pool->lock);
  return pool;
}

void
serve_pool_unref (ServePool *pool)
{
  gboolean unused;

  g_mutex_lock (&pool->lock);
  if (--pool->references == 0)
    pool->ended = TRUE;
  unused = pool->references == 0 && pool->threads == 0;
  g_cond_broadcast (&pool->changed);
  g_mutex_unlock (&pool->lock);
  if (unused)
    pool_free (pool);
}

void
serve_pool_finish (ServePool *pool)
{
  g_mutex_lock (&pool->lock);
  pool->ended = TRUE;
  g_cond_broadcast (&pool->changed);
  while (pool->threads > 0)
    g_cond_wait (&pool->changed, &pool->lock);
  g_mutex_unlock (&pool->lock);
}

const GenServeFacts *
serve_pool_facts (const ServePool *pool)
{
  return pool->facts;
}

const GenModel *
serve_pool_model (const ServePool *pool)
{
  return pool->model;
}

const char *
serve_pool_file_name (const ServePool *pool)
{
  return pool->file_name;
}

const char *
serve_pool_hash (const ServePool *pool)
{
  return pool->hash;
}
