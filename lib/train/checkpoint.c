/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Checkpoints. Several files cannot be replaced at once; so one of them, the state, is all that
 * matters for going on, and the others follow from it. */
#include <generative/checkpoint.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include <generative/onnx.h>
#include <generative/version.h>

#include "checkpoint-files.h"
#include "state-file.h"
#include "trainer-private.h"

#define AVERAGE "ema.onnx"

/* The file of a net. (transfer full) */
static char *
model_file (const GenNetRole *role)
{
  return g_strconcat (role->name, ".onnx", NULL);
}

char *
gen_checkpoint_adapter_file (const GenNetRole *role)
{
  return g_strconcat (role != NULL ? role->name : "ema", ".adapter.safetensors", NULL);
}

char *
gen_checkpoint_model (const char *folder, const GenNetRole *role)
{
  g_autofree char *file = role != NULL ? model_file (role) : g_strdup (AVERAGE);

  return g_build_filename (folder, file, NULL);
}

GPtrArray *
gen_checkpoint_list_files (void)
{
  GPtrArray *files = g_ptr_array_new_with_free_func (g_free);

  g_ptr_array_add (files, g_strdup (GEN_CHECKPOINT_STATE));
  for (guint i = 0; gen_net_role_list ()[i] != NULL; i++) {
    g_ptr_array_add (files, model_file (gen_net_role_list ()[i]));
    g_ptr_array_add (files, gen_checkpoint_adapter_file (gen_net_role_list ()[i]));
  }
  g_ptr_array_add (files, g_strdup (AVERAGE));
  g_ptr_array_add (files, gen_checkpoint_adapter_file (NULL));
  g_ptr_array_add (files, g_strdup (GEN_CHECKPOINT_DESCRIPTION));
  return files;
}

gboolean
gen_checkpoint_check (const char *folder, GError **error)
{
  if (g_mkdir_with_parents (folder, 0777) == 0 && g_access (folder, W_OK | X_OK) == 0)
    return TRUE;
  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno),
      "cannot write a checkpoint to the folder '%s': %s", folder, g_strerror (errno));
  return FALSE;
}

gboolean
gen_checkpoint_exists (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, GEN_CHECKPOINT_STATE, NULL);

  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

const char *
gen_checkpoint_find (const char *folder)
{
  g_autoptr (GPtrArray) files = gen_checkpoint_list_files ();

  for (guint i = 0; i < files->len; i++) {
    const char *file = g_ptr_array_index (files, i);
    g_autofree char *path = g_build_filename (folder, file, NULL);
    g_autofree char *best = g_build_filename (folder, GEN_CHECKPOINT_BEST, file, NULL);

    if (g_file_test (path, G_FILE_TEST_EXISTS) || g_file_test (best, G_FILE_TEST_EXISTS))
      return g_intern_string (file);
  }
  return NULL;
}

static gboolean
save_model (GenGraph *graph, const char *folder, const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  gboolean saved = gen_onnx_save (graph, path, error);

  gen_graph_unref (graph);
  return saved;
}

/* A file for each net. */
static gboolean
save_nets (GenTrainer *trainer, const char *folder, GError **error)
{
  const GenRecipe *recipe = gen_trainer_settings (trainer)->recipe;
  GenGraph *nets[GEN_RECIPE_MAX_NETS] = { NULL };
  gboolean saved = TRUE;

  for (guint i = 0; recipe->nets[i].role != NULL; i++)
    nets[i] = gen_trainer_export (trainer, i, FALSE);
  if (recipe->relate != NULL)
    recipe->relate (nets);
  for (guint i = 0; recipe->nets[i].role != NULL; i++) {
    g_autofree char *file = model_file (recipe->nets[i].role);

    saved = saved && save_model (gen_graph_ref (nets[i]), folder, file, error);
    gen_graph_unref (nets[i]);
  }
  return saved;
}

/* A file for the adapters of each net that has some, and of the average. */
static gboolean
save_adapters (GenTrainer *trainer, const char *folder, GError **error)
{
  const GenRecipeNet *nets = gen_trainer_settings (trainer)->recipe->nets;
  const int averaged = gen_trainer_averaged_net (trainer);

  for (guint i = 0; nets[i].role != NULL; i++)
    for (guint average = 0; average <= (i == (guint)averaged); average++) {
      g_autofree char *file = gen_checkpoint_adapter_file (average ? NULL : nets[i].role);
      g_autofree char *path = g_build_filename (folder, file, NULL);

      if (gen_trainer_is_adapted (trainer, i) &&
          !gen_trainer_save_adapter (trainer, i, average != 0, path, error))
        return FALSE;
    }
  return TRUE;
}

/* The keys of the progress in the state's metadata. */
enum {
  KEY_SAMPLES,
  KEY_BEST,
  KEY_BEST_STEP,
  KEY_STALE,
  KEY_PLATEAUS,
  KEY_RANDOM_STREAMS,
  KEY_VALIDATED_STEP,
  KEY_FIGURE,
  KEY_BEGAN_AS,
  N_KEYS,
};
static const char *const keys[N_KEYS + 1] = { "samples", "best-frechet", "best-step",
  "validations-since-best", "plateaus", "random-streams", "validated-step", "best-figure",
  "weights-sha256", NULL };

/* How random numbers follow from the seed (random.h). Version 0.1, whose checkpoints do not say,
 * numbered its streams: another order and split of the data, other latents. */
#define RANDOM_STREAMS "named"

/* What `best` is a figure of. */
static const char *
figure_of (GenTrainer *trainer, const GenTrainingProgress *progress)
{
  return progress->figure != NULL ? progress->figure
                                  : gen_recipe_best (gen_trainer_settings (trainer)->recipe);
}

static gboolean
save_state (
    GenTrainer *trainer, const char *folder, const GenTrainingProgress *progress, GError **error)
{
  g_autofree char *path = g_build_filename (folder, GEN_CHECKPOINT_STATE, NULL);
  char samples[32], best[G_ASCII_DTOSTR_BUF_SIZE], best_step[32], stale[32], plateaus[32];
  char validated_step[32];

  g_snprintf (samples, sizeof samples, "%" G_GUINT64_FORMAT, progress->samples);
  g_ascii_dtostr (best, sizeof best, progress->best);
  g_snprintf (best_step, sizeof best_step, "%" G_GUINT64_FORMAT, progress->best_step);
  g_snprintf (stale, sizeof stale, "%" G_GUINT64_FORMAT, progress->stale);
  g_snprintf (plateaus, sizeof plateaus, "%" G_GUINT64_FORMAT, progress->plateaus);
  g_snprintf (
      validated_step, sizeof validated_step, "%" G_GUINT64_FORMAT, progress->validated_step);
  return gen_state_file_save (trainer, path,
      (const char *[]){ keys[KEY_SAMPLES], samples, keys[KEY_BEST], best, keys[KEY_BEST_STEP],
          best_step, keys[KEY_STALE], stale, keys[KEY_PLATEAUS], plateaus, keys[KEY_RANDOM_STREAMS],
          RANDOM_STREAMS, keys[KEY_VALIDATED_STEP], validated_step, keys[KEY_FIGURE],
          figure_of (trainer, progress), trainer->began_as != NULL ? keys[KEY_BEGAN_AS] : NULL,
          trainer->began_as, NULL },
      error);
}

/* What plays what was learned, where it is none of the nets. */
static gboolean
save_assembled (GenTrainer *trainer, const char *folder, GError **error)
{
  const GenTrainerSettings *settings = gen_trainer_settings (trainer);
  const int averaged = gen_trainer_averaged_net (trainer);
  g_autofree char *file = model_file (&gen_net_role_generator);
  g_autoptr (GenGraph) net = NULL;
  GenGraph *assembled;

  if (settings->recipe->assemble == NULL)
    return TRUE;
  net = gen_trainer_export (trainer, (guint)MAX (averaged, 0), averaged >= 0);
  assembled = settings->recipe->assemble (settings, net, error);
  return assembled != NULL && save_model (assembled, folder, file, error);
}

gboolean
gen_checkpoint_save_models (GenTrainer *trainer, const char *folder, GError **error)
{
  const int averaged = gen_trainer_averaged_net (trainer);

  if (!gen_checkpoint_check (folder, error) || !gen_trainer_check (trainer, error) ||
      !save_nets (trainer, folder, error))
    return FALSE;
  if (averaged >= 0 &&
      !save_model (gen_trainer_export (trainer, (guint)averaged, TRUE), folder, AVERAGE, error))
    return FALSE;
  return save_adapters (trainer, folder, error) && save_assembled (trainer, folder, error);
}

gboolean
gen_checkpoint_save (GenTrainer *trainer, const char *folder, GVariant *settings,
    const GenTrainingProgress *progress, GError **error)
{
  return gen_checkpoint_save_models (trainer, folder, error) &&
         gen_checkpoint_describe (trainer, folder, settings, progress, NULL, error) &&
         save_state (trainer, folder, progress, error);
}

static void
remove_file (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  if (g_unlink (path) < 0 && errno != ENOENT)
    g_warning ("cannot remove '%s', which is of an earlier training: %s", path, g_strerror (errno));
}

static void
remove_adapter (const char *folder, const char *best, const GenNetRole *role)
{
  g_autofree char *file = gen_checkpoint_adapter_file (role);

  remove_file (folder, file);
  remove_file (best, file);
}

/* Whether a net of that role, or the average where it is NULL, has adapters. */
static gboolean
has_adapter (GenTrainer *trainer, const GenNetRole *role)
{
  const GenRecipeNet *nets = gen_trainer_settings (trainer)->recipe->nets;
  const int averaged = gen_trainer_averaged_net (trainer);

  if (role == NULL)
    return averaged >= 0 && gen_trainer_is_adapted (trainer, (guint)averaged);
  for (guint i = 0; nets[i].role != NULL; i++)
    if (nets[i].role == role)
      return gen_trainer_is_adapted (trainer, i);
  return FALSE;
}

/* Remove a model that this training has none of. */
static void
remove_role (GenTrainer *trainer, const char *folder, const char *best, const GenNetRole *role)
{
  const GenRecipe *recipe = gen_trainer_settings (trainer)->recipe;
  const GenRecipeNet *nets = recipe->nets;
  g_autofree char *file = model_file (role);

  if (role == &gen_net_role_generator && recipe->assemble != NULL)
    return;
  for (guint i = 0; nets[i].role != NULL; i++)
    if (nets[i].role == role)
      return;
  remove_file (folder, file);
  remove_file (best, file);
}

void
gen_checkpoint_remove_rest (
    GenTrainer *trainer, const char *folder, const GenTrainingProgress *progress)
{
  g_autofree char *best = g_build_filename (folder, GEN_CHECKPOINT_BEST, NULL);
  g_autoptr (GPtrArray) files = gen_checkpoint_list_files ();

  for (guint i = 0; gen_net_role_list ()[i] != NULL; i++) {
    const GenNetRole *role = gen_net_role_list ()[i];

    remove_role (trainer, folder, best, role);
    if (!has_adapter (trainer, role))
      remove_adapter (folder, best, role);
  }
  if (!has_adapter (trainer, NULL))
    remove_adapter (folder, best, NULL);
  if (gen_trainer_averaged_net (trainer) < 0) {
    remove_file (folder, AVERAGE);
    remove_file (best, AVERAGE);
  }
  remove_file (folder, GEN_CHECKPOINT_IMPORTANCE);
  if (!isnan (progress->best))
    return;
  for (guint i = 0; i < files->len; i++)
    remove_file (best, g_ptr_array_index (files, i));
  g_rmdir (best);
}

static void
free_values (char **values)
{
  for (int i = 0; i < N_KEYS; i++)
    g_free (values[i]);
}

/* Going on would mix the data's parts, and could not be repeated. */
static gboolean
refuse_streams (const char *path, char **values, GError **error)
{
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE,
      "%s: is of version 0.1, whose random numbers (the order and split of data, latents, dropout) "
      "this version does not have; go on with that version, or train anew in another folder. The "
      "models beside it can be played as before",
      path);
  free_values (values);
  return FALSE;
}

/* What is held, or comes again, would be of other nets than until now. */
static gboolean
refuse_weights (const char *path, char **values, GError **error)
{
  g_set_error (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STATE,
      "%s: began with other models than those that are in their place now, perhaps since these "
      "were "
      "trained further; what training is held to is read from there again, so that those of before "
      "are wanted",
      path);
  free_values (values);
  return FALSE;
}

gboolean
gen_checkpoint_load (
    GenTrainer *trainer, const char *folder, GenTrainingProgress *progress, GError **error)
{
  g_autofree char *path = g_build_filename (folder, GEN_CHECKPOINT_STATE, NULL);
  char *values[N_KEYS] = { NULL };

  if (!gen_state_file_load (trainer, path, keys, values, error))
    return FALSE;
  if (g_strcmp0 (values[KEY_RANDOM_STREAMS], RANDOM_STREAMS) != 0)
    return refuse_streams (path, values, error);
  /* Those that do not say are taken at their word. */
  if (values[KEY_BEGAN_AS] != NULL && trainer->began_as != NULL &&
      strcmp (values[KEY_BEGAN_AS], trainer->began_as) != 0)
    return refuse_weights (path, values, error);
  *progress = (GenTrainingProgress)GEN_TRAINING_PROGRESS_START;
  if (values[KEY_SAMPLES] != NULL)
    progress->samples = g_ascii_strtoull (values[KEY_SAMPLES], NULL, 10);
  if (values[KEY_BEST] != NULL)
    progress->best = g_ascii_strtod (values[KEY_BEST], NULL);
  if (values[KEY_BEST_STEP] != NULL)
    progress->best_step = g_ascii_strtoull (values[KEY_BEST_STEP], NULL, 10);
  if (values[KEY_STALE] != NULL)
    progress->stale = g_ascii_strtoull (values[KEY_STALE], NULL, 10);
  if (values[KEY_PLATEAUS] != NULL)
    progress->plateaus = g_ascii_strtoull (values[KEY_PLATEAUS], NULL, 10);
  /* Checkpoints that do not say are of steps that have been validated. */
  progress->validated_step = values[KEY_VALIDATED_STEP] != NULL
                                 ? g_ascii_strtoull (values[KEY_VALIDATED_STEP], NULL, 10)
                                 : gen_trainer_steps (trainer);
  progress->figure = g_intern_string (values[KEY_FIGURE]); /* the recipe's, where it is not said */
  free_values (values);
  return TRUE;
}

gboolean
gen_training_progress_note (GenTrainingProgress *progress, guint64 step, double figure)
{
  const gboolean is_no_better =
      progress->better == GEN_BETTER_HIGHER ? figure <= progress->best : figure >= progress->best;

  if (isnan (figure) || is_no_better) {
    progress->stale++;
    return FALSE;
  }
  progress->best = figure;
  progress->best_step = step;
  progress->stale = 0;
  return TRUE;
}
