/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-pool.h"

#include "generate-facts-of.h"

typedef enum {
  AS_MEDIA,
  AS_NUMBERS,
  N_KINDS,
} Kind;

struct _ServePool {
  ServePoolSettings settings;
  GenModel *model;
  char *path, *device, *precision, *parameters, *file_name, *hash;
  GenServeFacts *facts;

  GMutex lock;
  GCond changed;
  GQueue works; /* ServeWork; the one whose turn is next comes first */
  guint references, threads, idle;
  gboolean ended;
  ServePlayer *first; /* that has told the facts, for whoever works first */
};

typedef struct {
  ServePool *pool;
  ServePlayer *players[N_KINDS]; /* NULL: there has been no use for it */
} Worker;

/* --- players --- */

static ServePlayer *
make_player (const ServePool *pool, Kind kind, GError **error)
{
  ServePlayerSettings settings = pool->settings.player;

  settings.numbers = kind == AS_NUMBERS;
  return serve_player_new (&settings, error);
}

static ServePlayer *
get_player (Worker *worker, Kind kind, GError **error)
{
  ServePool *pool = worker->pool;
  ServePlayer **player = &worker->players[kind];

  if (*player != NULL)
    return *player;
  if (kind == AS_MEDIA) {
    g_mutex_lock (&pool->lock);
    *player = g_steal_pointer (&pool->first);
    g_mutex_unlock (&pool->lock);
  }
  if (*player == NULL)
    *player = make_player (pool, kind, error);
  return *player;
}

/* --- threads --- */

/* The next result of the request whose turn it is, which goes to the end then. Under the lock. */
static ServeWork *
find_work (ServePool *pool, guint *number)
{
  for (guint n = pool->works.length; n > 0; n--) {
    ServeWork *work = g_queue_pop_head (&pool->works);
    gboolean found = serve_work_next (work, number);

    if (serve_work_is_exhausted (work)) {
      if (found)
        return work;
      serve_work_unref (work);
      continue;
    }
    g_queue_push_tail (&pool->works, work);
    if (found)
      return serve_work_ref (work);
  }
  return NULL;
}

static void
do_work (Worker *worker, ServeWork *work, guint number)
{
  const Kind kind = serve_work_wants_numbers (work) ? AS_NUMBERS : AS_MEDIA;
  GError *error = NULL;
  ServePlayer *player = get_player (worker, kind, &error);

  if (player != NULL)
    serve_work_make (work, number, player);
  else
    serve_work_fail (work, error);
}

static void
pool_free (ServePool *pool)
{
  g_queue_clear_full (&pool->works, (GDestroyNotify)serve_work_unref);
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

static gpointer
run (gpointer data)
{
  ServePool *pool = data;
  Worker worker = { .pool = pool };
  ServeWork *work;
  guint number;

  g_mutex_lock (&pool->lock);
  while (!pool->ended) {
    work = find_work (pool, &number);
    if (work == NULL) {
      pool->idle++;
      g_cond_wait (&pool->changed, &pool->lock);
      pool->idle--;
      continue;
    }
    if (pool->works.length > 0)
      wake (pool);
    g_mutex_unlock (&pool->lock);
    do_work (&worker, work, number);
    serve_work_unref (work);
    g_mutex_lock (&pool->lock);
  }
  g_mutex_unlock (&pool->lock);
  for (int i = 0; i < N_KINDS; i++)
    g_clear_pointer (&worker.players[i], serve_player_free);
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
  pool->first = make_player (pool, AS_MEDIA, error);
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
