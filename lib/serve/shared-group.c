/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who plays the same, and the plans for it. Members are in pipelines that have nothing in common
 * but the process, so that they can only find each other here: this is, beside that of packed
 * weights (lib/device/shared.c), the one registry of the process. A group goes with its last
 * member. */
#include "shared-private.h"

#include <string.h>

#include "../graph/same.h"
#include "../model/model-private.h"

/* Of how many runs of a new plan the shortest tells how long they take. */
#define TRIALS 3

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static GPtrArray *all;       /* GenSharedGroup; NULL when there are none */
static GenBatchFigures gone; /* of groups that there were */

/* --- what can be shared --- */

/* How many items the model itself takes, whatever whoever plays it gives it at once; -1: any. */
static gint64
batch_of (const GenModel *model, const GenModelUse *use)
{
  for (guint i = 0; i < model->graph->inputs->len; i++)
    if (strcmp (model->inputs[i].name, use->input.name) == 0)
      return model->inputs[i].batch;
  return use->input.batch;
}

static const char *
find_obstacle (const GenPlayer *player, const GenModelUse *use)
{
  const GenModel *model = gen_player_model (player);

  if (use == NULL)
    return "it is not prepared";
  if (gen_player_options (player)->device != &gen_device_cpu)
    return "it plays on another device than the CPU";
  if (gen_model_opens (model, use))
    return "its shapes hang on what it computes";
  if (use->frames != 1 || use->window > 1 || use->made > 1)
    return "several frames make a run already";
  if (use->n_inputs > 0 || use->n_outputs > 0 || use->in_parts)
    return "it has further inputs or outputs, or plays pictures in parts";
  if (batch_of (model, use) > 0)
    return "the model takes a certain number of items";
  if (model->spectra != NULL)
    return "it plays a sound, whose pieces follow each other";
  if (gen_graph_draws (model->graph))
    return "the model draws random numbers";
  return NULL;
}

static gboolean
options_same (const GenPlanOptions *a, const GenPlanOptions *b)
{
  return a->device == b->device && a->threads == b->threads && a->seed == b->seed &&
         a->precision == b->precision && a->no_fusion == b->no_fusion && a->choice == b->choice &&
         g_strcmp0 (a->choices, b->choices) == 0;
}

static gboolean
models_same (const GenModel *a, const GenModel *b)
{
  return a->runs == b->runs && a->sampler == b->sampler && gen_graph_same (a->graph, b->graph);
}

/* --- plans for several frames --- */

/* A player for `frames` frames, which has been tried against `one`; NULL with `error`. */
static GenPlayer *
compile (GenSharedGroup *group, GenPlayer *one, int frames, GError **error)
{
  const GenPlayerOptions options = { .plan = group->plan };
  g_autoptr (GenPlayer) player = gen_player_new (group->model, &options);
  GenModelUse use = group->use;

  use.frames = frames;
  use.input.batch = batch_of (group->model, &group->use);
  if (!gen_player_prepare (player, &use, NULL, error))
    return NULL;
  if (!gen_shared_fits (player, one, frames)) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID,
        "the model does not take as many latents as frames");
    return NULL;
  }
  if (!gen_shared_try (player, one, error))
    return NULL;
  return g_steal_pointer (&player);
}

static double
time_run (GenPlayer *player)
{
  gint64 best = G_MAXINT64;

  for (guint i = 0; i < TRIALS; i++) {
    const gint64 began = g_get_monotonic_time ();

    if (gen_player_run (player, NULL))
      best = MIN (best, g_get_monotonic_time () - began);
  }
  gen_player_take_not_finite (player);
  return (double)MAX (best, 1);
}

/* From now on there are runs of `frames`. */
static void
put (GenSharedGroup *group, GenPlayer *player, guint frames, double time)
{
  pthread_mutex_lock (&group->lock);
  group->players[frames] = player;
  group->largest = frames;
  gen_batch_policy_allow (group->policy, frames, TRUE);
  gen_batch_policy_note (group->policy, frames, time);
  gen_shared_wake_next (group);
  pthread_mutex_unlock (&group->lock);
}

static void
refuse (GenSharedGroup *group, const GError *error)
{
  g_debug ("runs are of one frame each: %s", error->message);
  pthread_mutex_lock (&group->lock);
  group->refused = g_strdup (error->message);
  /* Each by its own player, which is the same for all of them as well. */
  if (group->largest == 0)
    gen_batch_policy_allow (group->policy, 1, TRUE);
  group->largest = MAX (group->largest, 1);
  gen_shared_wake_next (group);
  pthread_mutex_unlock (&group->lock);
}

/* All that there are to be, the smallest first; or the one. */
static gboolean
compile_all (GenSharedGroup *group, GError **error)
{
  const GenPlayerOptions options = { .plan = group->plan };
  const guint most = group->options.most;
  guint frames = group->options.exact ? most : MIN (most, 2);
  g_autoptr (GenPlayer) one = gen_player_new (group->model, &options);

  if (!gen_player_prepare (one, &group->use, NULL, error))
    return FALSE;
  while (!g_atomic_int_get (&group->closing)) {
    GenPlayer *player = compile (group, one, (int)frames, error);

    if (player == NULL)
      return FALSE;
    put (group, player, frames, time_run (player));
    if (frames == most)
      break;
    frames = MIN (2 * frames, most);
  }
  return TRUE;
}

/* GThreadFunc. */
static gpointer
run_compiler (gpointer data)
{
  GenSharedGroup *group = data;
  g_autoptr (GError) error = NULL;

  if (!compile_all (group, &error))
    refuse (group, error);
  pthread_mutex_lock (&group->lock);
  group->compiling = FALSE;
  pthread_cond_broadcast (&group->settled);
  pthread_mutex_unlock (&group->lock);
  return NULL;
}

/* Beside what plays, once it is of use. */
static void
start_compiler (GenSharedGroup *group)
{
  pthread_mutex_lock (&group->lock);
  group->compiling = TRUE;
  pthread_mutex_unlock (&group->lock);
  group->compiler = g_thread_new ("shared-plans", run_compiler, group);
}

/* --- figures --- */

static void
add_runs (GenSharedTotals *totals, const GenBatchFigures *figures)
{
  totals->runs += figures->runs;
  totals->frames += figures->frames;
  totals->padding += figures->padding;
}

static void
add_group (GenSharedTotals *totals, GenSharedGroup *group)
{
  GenBatchFigures figures;

  pthread_mutex_lock (&group->lock);
  figures = gen_batch_policy_figures (group->policy);
  totals->members += group->members->len;
  totals->waiting += gen_batch_policy_waiting (group->policy);
  totals->overdue += gen_batch_policy_overdue (group->policy, g_get_monotonic_time ());
  pthread_mutex_unlock (&group->lock);
  add_runs (totals, &figures);
}

GenSharedTotals
gen_shared_totals (void)
{
  GenSharedTotals totals = { 0 };

  pthread_mutex_lock (&all_lock);
  add_runs (&totals, &gone);
  for (guint i = 0; all != NULL && i < all->len; i++)
    add_group (&totals, g_ptr_array_index (all, i));
  pthread_mutex_unlock (&all_lock);
  return totals;
}

/* Under the lock of all. */
static void
keep_figures (const GenSharedGroup *group)
{
  const GenBatchFigures figures = gen_batch_policy_figures (group->policy);

  gone.runs += figures.runs;
  gone.frames += figures.frames;
  gone.padding += figures.padding;
}

/* --- groups --- */

void
gen_shared_init_cond (pthread_cond_t *cond)
{
  pthread_condattr_t attributes;

  /* That of g_get_monotonic_time. */
  pthread_condattr_init (&attributes);
  pthread_condattr_setclock (&attributes, CLOCK_MONOTONIC);
  pthread_cond_init (cond, &attributes);
  pthread_condattr_destroy (&attributes);
}

static GenSharedGroup *
group_new (GenPlayer *player, const GenSharedOptions *options)
{
  GenSharedGroup *group = g_new0 (GenSharedGroup, 1);

  group->model = gen_model_ref (gen_player_model (player));
  group->use = *gen_player_use (player);
  group->plan = *gen_player_options (player);
  group->options = *options;
  group->policy = gen_batch_policy_new (1);
  group->members = g_ptr_array_new ();
  pthread_mutex_init (&group->lock, NULL);
  gen_shared_init_cond (&group->settled);
  if (!options->exact) {
    gen_batch_policy_allow (group->policy, 1, TRUE);
    group->largest = 1;
  }
  return group;
}

static void
group_free (GenSharedGroup *group)
{
  g_atomic_int_set (&group->closing, TRUE);
  if (group->compiler != NULL)
    g_thread_join (group->compiler);
  for (guint i = 0; i <= GEN_SHARED_MAX_FRAMES; i++)
    gen_player_free (group->players[i]);
  gen_batch_policy_free (group->policy);
  g_ptr_array_unref (group->members);
  pthread_cond_destroy (&group->settled);
  pthread_mutex_destroy (&group->lock);
  gen_model_unref (group->model);
  g_free (group->refused);
  g_free (group);
}

/* Under the lock of all. */
static GenSharedGroup *
find (GenPlayer *player, const GenSharedOptions *options)
{
  for (guint i = 0; all != NULL && i < all->len; i++) {
    GenSharedGroup *group = g_ptr_array_index (all, i);

    if (group->options.most == options->most && group->options.exact == options->exact &&
        options_same (&group->plan, gen_player_options (player)) &&
        gen_model_use_equal (&group->use, gen_player_use (player)) &&
        models_same (group->model, gen_player_model (player)))
      return group;
  }
  return NULL;
}

GenSharedGroup *
gen_shared_group_join (GenPlayer *player, const GenSharedOptions *options, GError **error)
{
  const char *obstacle = find_obstacle (player, gen_player_use (player));
  GenSharedGroup *group;

  if (obstacle != NULL) {
    g_set_error (error, GEN_GRAPH_ERROR, GEN_GRAPH_ERROR_INVALID, "%s", obstacle);
    return NULL;
  }
  pthread_mutex_lock (&all_lock);
  group = find (player, options);
  if (group == NULL) {
    group = group_new (player, options);
    if (all == NULL)
      all = g_ptr_array_new ();
    g_ptr_array_add (all, group);
  }
  group->n_members++;
  if (group->compiler == NULL && (group->n_members > 1 || options->exact) && options->most > 1)
    start_compiler (group);
  pthread_mutex_unlock (&all_lock);
  return group;
}

void
gen_shared_group_leave (GenSharedGroup *group)
{
  gboolean last;

  pthread_mutex_lock (&all_lock);
  last = --group->n_members == 0;
  if (last) {
    keep_figures (group);
    g_ptr_array_remove (all, group);
    if (all->len == 0)
      g_clear_pointer (&all, g_ptr_array_unref);
  }
  pthread_mutex_unlock (&all_lock);
  if (last)
    group_free (group);
}
