/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-pool.h"

#include <time.h>

#include "generate-facts-of.h"
#include "generate-turns.h"
#include "generate-worker.h"

/* What is left to encode of a run is offered to other threads from so many microseconds on. */
#define WORTH_OFFERING 300
/* A run that takes at most so many microseconds is made where requests are read: to go to a thread
 * and back takes as long, and those that are read at once have their results in one. */
#define QUICK_RUN 500

struct _ServePool {
  ServePoolSettings settings;
  GenModel *model;
  char *path, *device, *precision, *parameters, *file_name, *hash;
  GenServeFacts *facts;

  GMutex lock;
  GCond changed;
  GQueue works;   /* ServeWork; the one whose turn is next comes first */
  GQueue quick;   /* the same, of those that are made in the main loop */
  GQueue offered; /* ServeRun: of which others may encode some */
  guint references, threads, idle;
  gboolean ended;
  ServePlayer *first; /* that has told the facts, for whoever works first */

  /* Of the main loop's thread. */
  ServeWorker *here; /* NULL: runs take too long */
  GSource *source;   /* that makes what is quick; NULL: there is nothing to be made */
};

/* --- threads --- */

static void
pool_free (ServePool *pool)
{
  g_queue_clear_full (&pool->works, (GDestroyNotify)serve_work_unref);
  g_queue_clear_full (&pool->quick, (GDestroyNotify)serve_work_unref);
  g_clear_pointer (&pool->here, serve_worker_free);
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
drop_exhausted (GQueue *works)
{
  for (GList *item = works->head, *next; item != NULL; item = next) {
    next = item->next;
    if (!serve_work_is_exhausted (item->data))
      continue;
    serve_work_unref (item->data);
    g_queue_delete_link (works, item);
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

/* Microseconds that this thread has had of a processor: others that want it tell nothing of how
 * long something takes. */
static gint64
thread_time (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

/* By others, too, where it takes so long. */
static void
encode (ServePool *pool, ServeRun *run)
{
  const gint64 began = thread_time ();
  gboolean offered;

  serve_run_finish_next (run);
  offered = (thread_time () - began) * serve_run_left (run) >= WORTH_OFFERING;
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
  const guint n =
      serve_turns_take (&pool->works, serve_sizes_largest (&pool->settings.sizes), results);
  g_autoptr (ServeRun) offered = n == 0 ? find_offered (pool) : NULL;

  if (n == 0 && offered == NULL)
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

/* --- in the main loop --- */

/* A run each time, so that what comes meanwhile is read between them. */
static gboolean
make_here (gpointer data)
{
  ServePool *pool = data;
  ServeResult results[GEN_BATCH_MAX];
  guint n;

  g_mutex_lock (&pool->lock);
  n = serve_turns_take (&pool->quick, serve_sizes_largest (&pool->settings.sizes), results);
  g_mutex_unlock (&pool->lock);
  if (n == 0) {
    g_clear_pointer (&pool->source, g_source_unref);
    return G_SOURCE_REMOVE;
  }
  make (pool, pool->here, results, n);
  return G_SOURCE_CONTINUE;
}

/* Once what has come at the same moment has been read. */
static void
start_here (ServePool *pool)
{
  g_autoptr (GMainContext) context = NULL;

  if (pool->source != NULL)
    return;
  context = g_main_context_ref_thread_default ();
  pool->source = g_idle_source_new ();
  g_source_set_priority (pool->source, G_PRIORITY_DEFAULT);
  g_source_set_callback (pool->source, make_here, pool, NULL);
  g_source_attach (pool->source, context);
}

static void
stop_here (ServePool *pool)
{
  if (pool->source != NULL)
    g_source_destroy (pool->source);
  g_clear_pointer (&pool->source, g_source_unref);
}

/* Where runs are quick, all that they want is there from the beginning. */
static void
prepare_here (ServePool *pool)
{
  if (!serve_sizes_are_within (&pool->settings.sizes, QUICK_RUN))
    return;
  pool->here = serve_worker_new (&pool->settings.player, &pool->settings.sizes);
  serve_worker_give (pool->here, g_steal_pointer (&pool->first));
  if (!serve_worker_prepare (pool->here))
    g_clear_pointer (&pool->here, serve_worker_free);
}

/* --- what is to be made --- */

/* Under the lock. */
static void
push (ServePool *pool, ServeWork *work)
{
  if (pool->here != NULL && serve_work_is_quick (work)) {
    g_queue_push_tail (&pool->quick, serve_work_ref (work));
    start_here (pool);
  } else {
    g_queue_push_tail (&pool->works, serve_work_ref (work));
    wake (pool);
  }
}

gboolean
serve_pool_push (ServePool *pool, ServeWork *work, GError **error)
{
  const guint most = pool->settings.queue;
  gboolean taken;

  g_mutex_lock (&pool->lock);
  taken = !pool->ended && (most == 0 || pool->works.length + pool->quick.length < most);
  if (taken)
    push (pool, work);
  g_mutex_unlock (&pool->lock);
  return taken || gen_serve_refuse (error, GEN_SERVE_TOO_MANY, NULL,
                      "%u requests wait for model %s already", most, pool->facts->name);
}

void
serve_pool_kick (ServePool *pool)
{
  g_mutex_lock (&pool->lock);
  drop_exhausted (&pool->works);
  drop_exhausted (&pool->quick);
  if (pool->works.length > 0)
    wake (pool);
  if (pool->quick.length > 0 && !pool->ended)
    start_here (pool);
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
  count = pool->works.length + pool->quick.length;
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
  if (pool->facts == NULL)
    return NULL;
  prepare_here (pool);
  return g_steal_pointer (&pool);
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
  if (--pool->references == 0) {
    pool->ended = TRUE;
    stop_here (pool);
    g_cond_broadcast (&pool->changed);
  }
  unused = pool->references == 0 && pool->threads == 0;
  g_mutex_unlock (&pool->lock);
  if (unused)
    pool_free (pool);
}

void
serve_pool_finish (ServePool *pool)
{
  stop_here (pool);
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
