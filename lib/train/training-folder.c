/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether a training's folder may be written to, and when and how it is. What was learned with
 * patience must not be lost by a habit or a hurry: nothing trained is replaced unasked, and
 * whatever ends training, the last step is written, unless it has diverged. */
#include "training-folder.h"

#include <glib/gstdio.h>

#include "checkpoint-files.h"
#include "training-comparison.h"
#include "training-continual.h"

/* Microseconds after which a checkpoint is due in any case: some nets take a minute for a step. */
#define CHECKPOINT_TIME (10 * G_TIME_SPAN_MINUTE)

/* A file of the checkpoint that is damaged makes one wonder about the others. */
static gboolean
check_description (const GenTrainingSettings *settings, GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (gen_checkpoint_check_description (settings->checkpoint, &reason))
    return TRUE;
  g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_NO_STATE,
      "resume: %s; training goes on from " GEN_CHECKPOINT_STATE
      " alone, and does so once that file is removed, but cannot tell then which settings are "
      "others than before",
      reason->message);
  return FALSE;
}

/* There are models, and no state to go on from. */
static void
refuse_models (const GenTrainingSettings *settings, const GenTrainingEvents *events,
    GenTrainingError code, const char *setting, GError **error)
{
  g_autofree char *overwrite = gen_training_name_flag (events, "overwrite");

  g_set_error (error, GEN_TRAINING_ERROR, code,
      "%s: the folder '%s' has models, but no " GEN_CHECKPOINT_STATE
      " to go on from, as a training leaves it that was ended within its first checkpoint; %s "
      "begins anew and replaces them, and weights=%s with another checkpoint begins with them",
      setting, settings->checkpoint, overwrite, settings->checkpoint);
}

static gboolean
check_resume (const GenTrainingSettings *settings, const GenTrainingEvents *events, GError **error)
{
  if (!settings->resume)
    return TRUE;
  if (settings->overwrite) {
    g_autofree char *resume = gen_training_name_flag (events, "resume");
    g_autofree char *overwrite = gen_training_name_flag (events, "overwrite");

    g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
        "%s goes on from the checkpoint, and %s begins anew: only one of them can be", resume,
        overwrite);
    return FALSE;
  }
  if (gen_checkpoint_exists (settings->checkpoint))
    return check_description (settings, error);
  if (gen_checkpoint_find (settings->checkpoint) != NULL) {
    refuse_models (settings, events, GEN_TRAINING_ERROR_NO_STATE, "resume", error);
    return FALSE;
  }
  g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_NO_STATE,
      "resume: the folder '%s' has no " GEN_CHECKPOINT_STATE
      " to go on from, nor any model; without resume, training begins there",
      settings->checkpoint);
  return FALSE;
}

/* Training anew takes a folder without a checkpoint, or a word for it. */
static gboolean
check_replaced (
    const GenTrainingSettings *settings, const GenTrainingEvents *events, GError **error)
{
  const char *present = gen_checkpoint_find (settings->checkpoint);
  g_autofree char *resume = gen_training_name_flag (events, "resume");
  g_autofree char *overwrite = gen_training_name_flag (events, "overwrite");
  const gboolean resumes = gen_checkpoint_exists (settings->checkpoint);

  if (settings->resume || settings->overwrite || present == NULL)
    return TRUE;
  g_debug ("there is a file '%s'", present);
  if (!resumes) {
    refuse_models (settings, events, GEN_TRAINING_ERROR_FOLDER, "checkpoint", error);
    return FALSE;
  }
  g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_FOLDER,
      "checkpoint: the folder '%s' has trained models already; %s goes on with them, %s begins "
      "anew "
      "and replaces them, another folder keeps both",
      settings->checkpoint, resume, overwrite);
  return FALSE;
}

static gboolean
is_same_folder (const char *one, const char *other)
{
  GStatBuf a, b;

  return g_stat (one, &a) == 0 && g_stat (other, &b) == 0 && a.st_dev == b.st_dev &&
         a.st_ino == b.st_ino;
}

/* Nets that training reads, now and when it goes on, are not in its way. */
static gboolean
check_taught_by (const GenTrainingSettings *settings, GError **error)
{
  const GenTrainerSettings *trainer = &settings->trainer;
  g_autofree char *teacher =
      trainer->teacher_model != NULL ? g_path_get_dirname (trainer->teacher_model) : NULL;
  const char *folders[] = { trainer->tokenizer_folder, teacher,
    gen_training_continual_keeps (settings) ? settings->weights : NULL };
  static const char *const names[] = { "tokenizer", "teacher-model", "weights" };

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    if (folders[i] != NULL && is_same_folder (folders[i], settings->checkpoint)) {
      g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_FOLDER,
          "checkpoint: the folder '%s' is that of %s, whose nets would be replaced; another folder "
          "keeps both",
          settings->checkpoint, names[i]);
      return FALSE;
    }
  return TRUE;
}

gboolean
gen_training_folder_take (GenTrainingFolder *folder, const GenTrainingSettings *settings,
    const GenTrainingEvents *events, GError **error)
{
  g_autoptr (GError) failure = NULL;

  *folder = (GenTrainingFolder){
    .settings = settings, .events = events, .replacing = settings->overwrite
  };
  if (!check_resume (settings, events, error) || !check_taught_by (settings, error))
    return FALSE;
  folder->lock = gen_checkpoint_lock (settings->checkpoint, &failure);
  if (folder->lock == NULL) {
    gboolean busy = g_error_matches (failure, G_FILE_ERROR, G_FILE_ERROR_AGAIN);

    g_set_error (error, GEN_TRAINING_ERROR,
        busy ? GEN_TRAINING_ERROR_BUSY : GEN_TRAINING_ERROR_FOLDER, "checkpoint: %s",
        failure->message);
    return FALSE;
  }
  if (check_replaced (settings, events, error))
    return TRUE;
  gen_training_folder_give_back (folder);
  return FALSE;
}

gboolean
gen_training_folder_follow (GenTrainingFolder *folder, const GenTrainingSettings *settings,
    const GenTrainingEvents *events, GError **error)
{
  *folder = (GenTrainingFolder){ .settings = settings, .events = events };
  return check_resume (settings, events, error);
}

void
gen_training_folder_give_back (GenTrainingFolder *folder)
{
  g_clear_pointer (&folder->lock, gen_checkpoint_unlock);
  g_clear_pointer (&folder->data, g_variant_unref);
  g_clear_pointer (&folder->found, g_variant_unref);
  gen_training_cost_clear (&folder->cost);
}

gboolean
gen_training_folder_is_due (const GenTrainingFolder *folder, guint64 step)
{
  const guint64 interval = folder->settings->checkpoint_interval;

  if (interval == 0)
    return FALSE;
  return step % interval == 0 || g_get_monotonic_time () - folder->saved_time >= CHECKPOINT_TIME;
}

void
gen_training_folder_tell_failure (const GenTrainingFolder *folder, const GError *error)
{
  const char *path = folder->settings->checkpoint;

  if (gen_checkpoint_exists (path))
    gen_training_fail (folder->events, GEN_TRAINING_ERROR_FAILED,
        "%s; the last checkpoint in '%s' is kept", error->message, path);
  else
    gen_training_fail (folder->events, GEN_TRAINING_ERROR_FAILED,
        "%s; there is no checkpoint yet in '%s'", error->message, path);
}

/* Tell of a checkpoint that could not be written; TRUE where training may go on. */
static gboolean
complain (GenTrainingFolder *folder, const GError *error, gboolean last)
{
  if (g_error_matches (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED)) {
    folder->unsaved = FALSE;
    gen_training_folder_tell_failure (folder, error);
    return FALSE;
  }
  if (last) {
    gen_training_fail (folder->events, GEN_TRAINING_ERROR_WRITE, "checkpoint: %s", error->message);
    return FALSE;
  }
  gen_training_warn (folder->events, GEN_TRAINING_ERROR_WRITE,
      "checkpoint: %s; training goes on, and the next checkpoint is tried", error->message);
  return TRUE;
}

/* What is of the training that is replaced. */
static void
remove_rest (
    const GenTrainingFolder *folder, GenTrainer *trainer, const GenTrainingProgress *progress)
{
  gen_checkpoint_remove_rest (trainer, folder->settings->checkpoint, progress);
  if (!gen_training_comparison_is_wanted (folder->settings))
    gen_training_comparison_remove (folder->settings);
}

/* What training.json says of how it came. (transfer full) */
static GVariant *
describe (GenTrainingFolder *folder)
{
  GVariant *cost = gen_training_cost_describe (&folder->cost);
  g_autoptr (GVariant) settings =
      g_variant_ref_sink (gen_training_settings_describe (folder->settings, FALSE));
  g_auto (GVariantDict) all = G_VARIANT_DICT_INIT (settings);

  if (folder->data != NULL)
    g_variant_dict_insert_value (&all, GEN_CHECKPOINT_DATA, folder->data);
  if (folder->found != NULL)
    g_variant_dict_insert_value (&all, GEN_CHECKPOINT_FOUND, folder->found);
  if (cost != NULL)
    g_variant_dict_insert_value (&all, GEN_CHECKPOINT_COST, cost);
  if (folder->epoch_length > 0)
    g_variant_dict_insert (&all, GEN_CHECKPOINT_EPOCH, "t", folder->epoch_length);
  return g_variant_ref_sink (g_variant_dict_end (&all));
}

gboolean
gen_training_folder_save (GenTrainingFolder *folder, GenTrainer *trainer,
    const GenTrainingProgress *progress, gboolean last)
{
  const char *path = folder->settings->checkpoint;
  const GenTrainingCallbacks *callbacks = &folder->events->callbacks;
  g_autoptr (GVariant) settings = NULL;
  g_autoptr (GError) error = NULL;

  if (!folder->unsaved)
    return TRUE;
  settings = describe (folder);
  folder->saved_time = g_get_monotonic_time ();
  if (!gen_checkpoint_save (trainer, path, settings, progress, &error))
    return complain (folder, error, last);
  folder->unsaved = FALSE;
  if (callbacks->saved != NULL)
    callbacks->saved (g_get_monotonic_time () - folder->saved_time, folder->events->data);
  if (folder->replacing)
    remove_rest (folder, trainer, progress);
  folder->replacing = FALSE;
  return TRUE;
}

gboolean
gen_training_folder_save_best (GenTrainingFolder *folder, GenTrainer *trainer,
    GenTrainingProgress *progress, const GenTrainingProgress *before)
{
  g_autofree char *path =
      g_build_filename (folder->settings->checkpoint, GEN_CHECKPOINT_BEST, NULL);
  g_autoptr (GError) error = NULL;

  if (gen_checkpoint_save_models (trainer, path, &error))
    return gen_training_folder_save (folder, trainer, progress, FALSE);
  *progress = *before;
  return complain (folder, error, FALSE);
}

gboolean
gen_training_folder_save_test (GenTrainingFolder *folder, GenTrainer *trainer,
    const GenTrainingProgress *progress, JsonObject *test, GError **error)
{
  g_autoptr (GVariant) settings = describe (folder);

  return gen_checkpoint_describe (
      trainer, folder->settings->checkpoint, settings, progress, test, error);
}
