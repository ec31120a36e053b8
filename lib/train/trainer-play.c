/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The nets of a trainer as they play: what they make, how they do, and their models. */
#include "trainer-private.h"

#include <math.h>
#include <string.h>

#include <generative/random.h>

#include "spectral-norm.h"
#include "state-file.h"

/* With how many samples nets are checked. */
#define CHECKED 16

void
gen_trainer_player_clear (GenTrainerPlayer *player)
{
  g_clear_pointer (&player->plan, gen_plan_free);
  gen_step_graph_clear (&player->built);
  player->filled = FALSE;
}

static const GenBinding *
present (GenTrainer *trainer, const GenWeight *weight, gboolean average)
{
  return gen_plan_find (
      trainer->plan, average && weight->average != NULL ? weight->average : weight->state);
}

/* What the optimiser makes of a weight that it has changed. */
static void
average_weight (GenTrainer *trainer, const GenWeight *weight, void *numbers, gsize size)
{
  const GenOptimizer *optimizer = trainer->settings.optimizer;
  g_autofree char *name = g_strconcat (weight->state, ".", optimizer->states[0], NULL);
  const GenBinding *state = gen_plan_find (trainer->plan, name);

  if (state != NULL)
    optimizer->average (
        &trainer->settings.optimizer_settings, state->data, numbers, size / sizeof (float));
}

/* A rank that was taken away has no average that fades. */
static void
drop_ranks (GenTrainer *trainer, const GenWeight *weight, float *numbers)
{
  const GenBinding *now = present (trainer, weight, FALSE);

  for (gsize i = 0; i < now->size / sizeof *numbers; i++)
    if (((const float *)now->data)[i] == 0)
      numbers[i] = 0;
}

void
gen_trainer_read_weight (GenTrainer *trainer, const GenWeight *weight, gboolean average, void *to)
{
  const GenBinding *from = present (trainer, weight, average), *direction;

  memcpy (to, from->data, from->size);
  if (trainer->settings.optimizer->average != NULL)
    average_weight (trainer, weight, to, from->size);
  if (weight->ranks)
    drop_ranks (trainer, weight, to);
  if (weight->direction == NULL)
    return;
  direction = gen_plan_find (trainer->plan, weight->direction);
  gen_spectral_norm_fold (
      to, from->size / sizeof (float), direction->data, direction->size / sizeof (float));
}

static gboolean
open_player (GenTrainer *trainer, GenTrainerPlayer *player, GenStepPurpose purpose, GError **error)
{
  GenPlanOptions options = gen_trainer_plan_options (&trainer->settings);

  if (player->plan != NULL)
    return TRUE;
  options.seed = trainer->settings.seed;
  if (gen_step_graph_build (&player->built, purpose, trainer->nets, &trainer->settings, error))
    player->plan = gen_plan_new (player->built.graph, &options, error);
  if (player->plan != NULL)
    return TRUE;
  gen_trainer_player_clear (player);
  return FALSE;
}

/* Give the player the weights of the moment. */
static gboolean
prepare (GenTrainer *trainer, GenTrainerPlayer *player, GenStepPurpose purpose, gboolean average,
    GError **error)
{
  if (!open_player (trainer, player, purpose, error))
    return FALSE;
  if (player->filled && player->step == trainer->step && player->average == average)
    return TRUE;
  if (!gen_plan_fetch_states (trainer->plan, error))
    return FALSE;
  for (guint i = 0; i < trainer->training.n_nets; i++)
    for (guint k = 0; k < trainer->training.weights[i]->len; k++) {
      const GenWeight *weight = g_ptr_array_index (trainer->training.weights[i], k);
      const GenBinding *to = gen_plan_find (player->plan, weight->state);

      if (to != NULL)
        gen_trainer_read_weight (trainer, weight, average, to->data);
    }
  gen_plan_states_changed (player->plan);
  player->step = trainer->step;
  player->average = average;
  player->filled = TRUE;
  return TRUE;
}

/* --- what they make --- */

/* Outputs, each of a batch, become what is shown of one after the other. */
static void
read_shown (GenPlan *plan, guint n_shown, gsize n, gsize size, float *samples)
{
  for (guint k = 0; k < n_shown; k++) {
    const float *shown = gen_plan_output (plan, k)->data;

    for (gsize i = 0; i < n; i++)
      memcpy (samples + (i * n_shown + k) * size, shown + i * size, size * sizeof (float));
  }
}

/* Each class in turn. */
static void
fill_classes (GenTrainerPlayer *player, gsize first, gsize n)
{
  const GenStepGraph *built = &player->built;
  gint64 *labels;

  if (built->labels < 0)
    return;
  labels = gen_plan_input (player->plan, (guint)built->labels)->data;
  for (gsize i = 0; i < n; i++)
    labels[i] = (gint64)(first + i) % built->classes;
}

void
gen_trainer_stop_by (GenTrainer *trainer, const int *stop)
{
  trainer->stop = stop;
}

/* One run, unless nobody wants it any more. What is stopped between the runs for one result leaves
 * states that are good for no other. */
static gboolean
run (const GenTrainer *trainer, GenTrainerPlayer *player, GError **error)
{
  if (trainer->stop == NULL || g_atomic_int_get (trainer->stop) == 0)
    return gen_plan_run (player->plan, error);
  gen_trainer_player_clear (player);
  g_set_error_literal (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STOPPED, "training was stopped");
  return FALSE;
}

static gboolean
play (GenTrainer *trainer, GenTrainerPlayer *player, const float *latents, gsize n, float *samples,
    GError **error)
{
  const gsize latent_size = gen_trainer_latent_size (trainer);
  const gsize size = gen_trainer_frame_size (trainer);
  const guint n_shown = trainer->settings.recipe->n_shown;
  const gsize batch = (gsize)trainer->settings.batch_size;

  gen_plan_bind_input (player->plan, 0, NULL);
  for (gsize first = 0; first < n; first += batch) {
    const gsize count = MIN (batch, n - first);

    memcpy (gen_plan_input (player->plan, 0)->data, latents + first * latent_size,
        count * latent_size * sizeof (float));
    fill_classes (player, first, batch);
    gen_plan_set_draw (player->plan, first / batch);
    for (guint i = 0; i < player->built.runs; i++)
      if (!run (trainer, player, error))
        return FALSE;
    read_shown (player->plan, n_shown, count, size, samples + first * n_shown * size);
  }
  return TRUE;
}

gboolean
gen_trainer_play (GenTrainer *trainer, gboolean average, const float *latents, gsize n,
    float *samples, GError **error)
{
  return prepare (trainer, &trainer->made, GEN_STEP_PLAYS, average, error) &&
         play (trainer, &trainer->made, latents, n, samples, error);
}

gboolean
gen_trainer_make (GenTrainer *trainer, gboolean average, const float *latents, gsize n,
    GenSample *samples, GError **error)
{
  const gsize size = gen_trainer_frame_size (trainer);
  const gsize n_made = n * trainer->settings.recipe->n_shown;
  g_autofree float *numbers = g_new (float, size *n_made);
  float low, high;

  if (!gen_trainer_play (trainer, average, latents, n, numbers, error))
    return FALSE;
  gen_trainer_range (trainer, &low, &high);
  for (gsize i = 0; i < n_made; i++)
    samples[i].medium->from_numbers (&samples[i], low, high, numbers + size * i);
  return TRUE;
}

gboolean
gen_trainer_draw (GenTrainer *trainer, gboolean average, const float *latents, int columns,
    int rows, GenPicture *wall, GError **error)
{
  const GenFormat format = gen_trainer_format (trainer);
  gsize n = (gsize)columns * (gsize)rows;
  g_autofree GenSample *samples = g_new0 (GenSample, n);
  gboolean made;

  for (gsize i = 0; i < n; i++)
    gen_sample_init (&samples[i], &format);
  made = gen_trainer_make (
      trainer, average, latents, n / trainer->settings.recipe->n_shown, samples, error);
  if (made)
    gen_sample_draw_wall (samples, columns, rows, wall);
  for (gsize i = 0; i < n; i++)
    gen_sample_clear (&samples[i]);
  return made;
}

/* --- how they do --- */

/* The samples from `first` on, and then the first ones again, as a batch. */
static void
fill_batch (GenTrainer *trainer, const float *samples, const gint64 *labels, gsize first, gsize n)
{
  const GenStepGraph *built = &trainer->measured.built;
  GenPlan *plan = trainer->measured.plan;
  const gsize size = gen_trainer_sample_size (trainer);
  const gsize batch = (gsize)trainer->settings.batch_size;
  g_autofree gint64 *classes = g_new0 (gint64, batch);

  for (gsize i = 0; i < batch; i++) {
    const gsize from = (first + i) % n;

    if (built->samples >= 0)
      memcpy ((float *)gen_plan_input (plan, (guint)built->samples)->data + i * size,
          samples + from * size, size * sizeof (float));
    if (labels != NULL)
      classes[i] = labels[from];
  }
  if (built->labels >= 0)
    memcpy (gen_plan_input (plan, (guint)built->labels)->data, classes, batch * sizeof *classes);
  if (built->shares >= 0)
    gen_trainer_bind_classes (built, plan, classes, batch);
}

static gboolean
measure (GenTrainer *trainer, const float *samples, const gint64 *labels, gsize n, gsize number,
    double values[GEN_RECIPE_MAX_FIGURES], float *each, gsize blocks[GEN_RECIPE_MAX_FIGURES],
    GError **error)
{
  GenTrainerPlayer *player = &trainer->measured;
  const gsize batch = (gsize)trainer->settings.batch_size;

  for (guint i = 0; i < GEN_RECIPE_MAX_FIGURES; i++)
    values[i] = 0;
  for (gsize first = 0; first < n; first += batch) {
    const gsize count = MIN (batch, n - first);
    double some[GEN_RECIPE_MAX_FIGURES];

    fill_batch (trainer, samples, labels, first, n);
    gen_plan_set_draw (player->plan, (number + first) / batch);
    if (!run (trainer, player, error))
      return FALSE;
    gen_trainer_read_figures (&player->built, player->plan, count, some);
    if (!gen_trainer_check_figures (trainer, &player->built, player->plan, some, error))
      return FALSE;
    for (guint i = 0; i < GEN_RECIPE_MAX_FIGURES; i++)
      values[i] += some[i] * (double)count / (double)n;
    if (each != NULL)
      gen_trainer_read_each (&player->built, player->plan, count, batch,
          each + first * GEN_RECIPE_MAX_FIGURES, blocks);
  }
  return TRUE;
}

gboolean
gen_trainer_measure_each (GenTrainer *trainer, gboolean average, const float *samples,
    const gint64 *labels, gsize n, gsize first, double values[GEN_RECIPE_MAX_FIGURES], float *each,
    gsize blocks[GEN_RECIPE_MAX_FIGURES], GError **error)
{
  return prepare (trainer, &trainer->measured, GEN_STEP_MEASURES, average, error) &&
         measure (trainer, samples, labels, n, first, values, each, blocks, error);
}

gboolean
gen_trainer_measure (GenTrainer *trainer, gboolean average, const float *samples,
    const gint64 *labels, gsize n, gsize first, double values[GEN_RECIPE_MAX_FIGURES],
    GError **error)
{
  return gen_trainer_measure_each (
      trainer, average, samples, labels, n, first, values, NULL, NULL, error);
}

static gboolean
check_states (GenTrainer *trainer, GError **error)
{
  for (guint i = 0; i < trainer->states->len; i++) {
    const GenBinding *state = gen_trainer_state (trainer, i);

    if (gen_state_is_finite (state->type, state->data, state->size))
      continue;
    g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED,
        "training diverged at step %" G_GINT64_FORMAT
        ": '%s' has values that are no numbers; a smaller learning-rate than %g may help",
        trainer->step, state->name, gen_trainer_get_learning_rate (trainer));
    return FALSE;
  }
  return TRUE;
}

/* Figures of what the nets make of random numbers. A net that makes samples by running again and
 * again is measured, which is one run of it. */
static gboolean
check_made (GenTrainer *trainer, GError **error)
{
  const GenRandom random = gen_random_new (trainer->settings.seed, GEN_STREAM_CHECK_LATENT, 0);
  const gsize n = CHECKED * gen_trainer_latent_size (trainer);
  const gsize n_made = CHECKED * trainer->settings.recipe->n_shown;
  const gsize made = n_made * gen_trainer_frame_size (trainer);
  const gsize measured = CHECKED * gen_trainer_sample_size (trainer);
  g_autofree float *latents = g_new (float, n), *samples = g_new0 (float, MAX (made, measured));
  const gint64 labels[CHECKED] = { 0 };
  double values[GEN_RECIPE_MAX_FIGURES];

  gen_random_normal (&random, 0, 0, latents, n);
  return (trainer->settings.recipe->wrap != NULL ||
             gen_trainer_play (trainer, FALSE, latents, CHECKED, samples, error)) &&
         gen_trainer_measure (trainer, FALSE, samples, labels, CHECKED, 0, values, error);
}

gboolean
gen_trainer_check (GenTrainer *trainer, GError **error)
{
  const int *stop = trainer->stop;
  gboolean good;

  /* What training is stopped with is checked, too. */
  trainer->stop = NULL;
  good = gen_trainer_fetch_states (trainer, error) && check_states (trainer, error) &&
         check_made (trainer, error);
  trainer->stop = stop;
  return good;
}

/* --- their models --- */

int
gen_trainer_averaged_net (const GenTrainer *trainer)
{
  return trainer->settings.ema > 0 ? gen_recipe_averaged_net (trainer->settings.recipe) : -1;
}

GenGraph *
gen_trainer_export (GenTrainer *trainer, guint net, gboolean average)
{
  GenGraph *graph = gen_graph_copy (trainer->nets[net]);
  const GPtrArray *weights = trainer->training.weights[net];

  for (guint i = 0; i < weights->len; i++) {
    const GenWeight *weight = g_ptr_array_index (weights, i);
    GenTensor *to;
    void *numbers;
    gsize size;

    if (weight->constant == NULL)
      continue;
    to = gen_graph_find (graph, weight->constant->name);
    size = gen_tensor_size (to);
    numbers = g_malloc (size);
    gen_trainer_read_weight (trainer, weight, average, numbers);
    g_bytes_unref (to->data);
    to->data = g_bytes_new_take (numbers, size);
  }
  gen_trainer_merge_adapters (trainer, net, average, graph);
  if (trainer->settings.recipe->describe != NULL)
    trainer->settings.recipe->describe (&trainer->settings, net, graph->metadata);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.step"),
      g_strdup_printf ("%" G_GUINT64_FORMAT, gen_trainer_steps (trainer)));
  return graph;
}
