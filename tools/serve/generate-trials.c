/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate-trials.h"

#include "publish.h"

struct _ServeTrials {
  ServeServer *server;
  const ServePools *pools;
  GHashTable *trials; /* name of a model to Trial */
};

typedef struct {
  const ServePools *pools;
  ServeModel *model;
  ServeVersion *version;
  GenModel *facts;
  GThread *thread;
  gint is_loaded;  /* atomic: there is */
  ServePool *pool; /* this, or NULL where it cannot be played */
} Trial;

/* --- loading --- */

static void
free_trial (gpointer data)
{
  Trial *trial = data;

  if (trial->thread != NULL)
    g_thread_join (trial->thread);
  if (trial->pool != NULL)
    serve_pool_finish (trial->pool);
  g_clear_pointer (&trial->pool, serve_pool_unref);
  g_clear_pointer (&trial->facts, gen_model_unref);
  serve_version_free (trial->version);
  serve_model_unref (trial->model);
  g_free (trial);
}

static gpointer
load (gpointer data)
{
  Trial *trial = data;
  g_autoptr (GError) error = NULL;

  trial->pool = serve_pools_make (
      trial->pools, trial->model->settings, trial->version->path, trial->facts, &error);
  if (trial->pool == NULL)
    g_warning ("%s: requests are not made by %s: %s", trial->model->name, trial->version->name,
        error->message);
  g_atomic_int_set (&trial->is_loaded, TRUE);
  return NULL;
}

static void
begin (ServeTrials *trials, ServeModel *model, const ServeVersion *version)
{
  Trial *trial = g_new0 (Trial, 1);
  g_autoptr (GError) error = NULL;

  *trial = (Trial){ .pools = trials->pools,
    .model = serve_model_ref (model),
    .version = serve_version_copy (version),
    .facts = serve_model_load_version (model, version, &error) };
  if (trial->facts != NULL)
    trial->thread = g_thread_new ("load", load, trial);
  else
    trial->is_loaded = TRUE;
  g_hash_table_replace (trials->trials, g_strdup (model->name), trial);
}

/* --- which version --- */

/* The trial of that version, or NULL; one of another version, or of none, goes as soon as nobody
 * has to wait for that. */
static Trial *
find_trial (ServeTrials *trials, const ServeModel *model, const ServeVersion *version)
{
  Trial *trial = g_hash_table_lookup (trials->trials, model->name);

  if (trial == NULL || (version != NULL && trial->model == model &&
                           g_str_equal (trial->version->path, version->path)))
    return trial;
  if (g_atomic_int_get (&trial->is_loaded) &&
      (trial->pool == NULL || serve_pool_count (trial->pool) == 0))
    g_hash_table_remove (trials->trials, model->name);
  return NULL;
}

/* The pool of the version that is tried, once it is loaded. */
static ServePool *
follow (ServeTrials *trials, ServeModel *model)
{
  const ServeVersion *version = serve_publishing_find_candidate (trials->server->publishing, model);
  const Trial *trial = find_trial (trials, model, version);

  if (version != NULL && trial == NULL && !g_hash_table_contains (trials->trials, model->name))
    begin (trials, model, version);
  return trial != NULL && g_atomic_int_get (&trial->is_loaded) ? trial->pool : NULL;
}

ServePool *
serve_trials_choose (ServeTrials *trials, ServeModel *model, const char *client, guint64 seed)
{
  ServePublishing *publishing = trials->server->publishing;
  g_autofree char *request = g_strdup_printf ("%s %" G_GUINT64_FORMAT, client, seed);
  ServePool *pool = publishing != NULL ? follow (trials, model) : NULL;

  return pool != NULL && serve_publishing_tries (publishing, model, request) ? pool : NULL;
}

const char *
serve_trials_name (const ServeTrials *trials, const ServeModel *model, const ServePool *pool)
{
  const Trial *trial = g_hash_table_lookup (trials->trials, model->name);

  if (trial != NULL && g_atomic_int_get (&trial->is_loaded) && trial->pool == pool)
    return trial->version->name;
  return serve_pool_model (pool) == model->facts ? model->current.name : NULL;
}

/* --- figures --- */

static guint
sum_up (const ServeTrials *trials, guint (*count) (ServePool *pool))
{
  GHashTableIter iter;
  gpointer value;
  guint sum = 0;

  g_hash_table_iter_init (&iter, trials->trials);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    const Trial *trial = value;

    if (g_atomic_int_get (&trial->is_loaded) && trial->pool != NULL)
      sum += count (trial->pool);
  }
  return sum;
}

guint
serve_trials_count (const ServeTrials *trials)
{
  return sum_up (trials, serve_pool_count);
}

guint
serve_trials_count_waiting (const ServeTrials *trials)
{
  return sum_up (trials, serve_pool_count_waiting);
}

/* --- from beginning to end --- */

ServeTrials *
serve_trials_new (ServeServer *server, const ServePools *pools)
{
  ServeTrials *trials = g_new0 (ServeTrials, 1);

  trials->server = server;
  trials->pools = pools;
  trials->trials = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, free_trial);
  return trials;
}

void
serve_trials_free (ServeTrials *trials)
{
  g_hash_table_unref (trials->trials);
  g_free (trials);
}
