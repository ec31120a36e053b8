/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A training: takes batch after batch, validates, has checkpoints written, and ends when it has
 * done what was asked for, the data has ended, or it gets no better. */
#include "training-private.h"

#include <string.h>

#include <generative/random.h>

#include "batch-queue-private.h"
#include "checkpoint-files.h"
#include "few-samples.h"
#include "training-classes.h"
#include "training-comparison.h"
#include "training-continual.h"
#include "training-members.h"
#include "trainer-private.h"
#include "training-nets.h"
#include "training-uses.h"

/* Made sounds that the log has, to listen to. */
#define LOGGED_SOUNDS 4

/* --- from settings to a training --- */

gboolean
gen_training_validates (const GenTraining *training)
{
  const GenTrainingCallbacks *callbacks = &training->events.callbacks;

  return callbacks->validates != NULL && callbacks->validates (training->events.data);
}

gboolean
gen_training_tests (const GenTraining *training)
{
  const GenTrainingCallbacks *callbacks = &training->events.callbacks;

  return callbacks->tests != NULL && callbacks->tests (training->events.data);
}

static gboolean
check (const GenTraining *training, GError **error)
{
  const GenTrainingSettings *settings = &training->settings;
  g_autoptr (GError) failure = NULL;

  if (settings->checkpoint == NULL || *settings->checkpoint == '\0') {
    g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
        "checkpoint: a folder must be named");
    return FALSE;
  }
  if (settings->validation_metric != NULL && !gen_training_validates (training) &&
      !gen_training_tests (training)) {
    g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
        "validation-metric: there are no samples to validate or to test by");
    return FALSE;
  }
  if (settings->early_stopping > 0 && !gen_training_validates (training)) {
    g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
        "early-stopping: nothing tells when training gets no better");
    return FALSE;
  }
  if (settings->rate_schedule == &gen_rate_schedule_plateau && !gen_training_validates (training)) {
    g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
        "learning-rate-schedule: plateau wants samples to validate by");
    return FALSE;
  }
  if (settings->trainer.optimizer->average != NULL &&
      settings->rate_schedule != &gen_rate_schedule_constant) {
    g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING,
        "learning-rate-schedule: optimizer=%s averages in the place of a schedule; constant is "
        "wanted, with warm-up-steps or without, not %s",
        settings->trainer.optimizer->name, settings->rate_schedule->name);
    return FALSE;
  }
  if (gen_trainer_settings_check (&settings->trainer, &failure))
    return TRUE;
  g_set_error (error, GEN_TRAINING_ERROR, GEN_TRAINING_ERROR_SETTING, "%s", failure->message);
  return FALSE;
}

GenTraining *
gen_training_new_empty (
    const GenTrainingSettings *settings, const GenTrainingCallbacks *callbacks, gpointer data)
{
  GenTraining *training = g_new0 (GenTraining, 1);

  g_mutex_init (&training->lock);
  g_cond_init (&training->changed);
  gen_training_settings_copy (settings, &training->settings);
  training->events = (GenTrainingEvents){ *callbacks, data };
  gen_training_validation_init (&training->validation, gen_validation_new (settings->trainer.seed),
      settings->validation_samples);
  gen_training_test_init (&training->test, settings);
  return training;
}

/* Whoever follows goes on from the folder, and does not write there. */
static gboolean
take_folder (GenTraining *training, GError **error)
{
  const GenTrainingSettings *settings = &training->settings;
  const GenTrainingEvents *events = &training->events;

  if (gen_training_leads (training))
    return gen_training_folder_take (&training->folder, settings, events, error);
  gen_training_follow (training);
  return gen_training_folder_follow (&training->folder, settings, events, error);
}

GenTraining *
gen_training_new (const GenTrainingSettings *settings, const GenTrainingCallbacks *callbacks,
    gpointer data, GError **error)
{
  g_autoptr (GenTraining) training = gen_training_new_empty (settings, callbacks, data);
  gboolean well;

  if (!gen_training_join (training, error))
    return NULL;
  well = gen_training_nets_resolve (&training->settings, &training->events, error) &&
         gen_training_uses_check (&training->settings, error) && check (training, error) &&
         gen_training_find_objective (training, NULL, error) && take_folder (training, error);
  if (!gen_training_agree (training, well, error))
    return NULL;
  return g_steal_pointer (&training);
}

static void
close_nets (GenTraining *training)
{
  GenBatchQueue *queue;

  g_mutex_lock (&training->lock);
  queue = g_steal_pointer (&training->queue);
  g_mutex_unlock (&training->lock);
  g_clear_pointer (&queue, gen_batch_queue_free);
  g_clear_pointer (&training->shown, g_free);
  g_clear_pointer (&training->trainer, gen_trainer_free);
}

void
gen_training_free (GenTraining *training)
{
  close_nets (training);
  gen_training_folder_give_back (&training->folder);
  gen_training_validation_clear (&training->validation);
  gen_training_test_clear (&training->test);
  gen_training_settings_clear (&training->settings);
  g_strfreev (training->class_names);
  g_free (training->class_map);
  g_clear_pointer (&training->group, gen_exchange_group_free);
  g_mutex_clear (&training->lock);
  g_cond_clear (&training->changed);
  g_free (training);
}

int
gen_training_wall_columns (const GenTraining *training)
{
  const int side_by_side = (int)training->settings.trainer.recipe->n_shown;
  const int columns = training->settings.preview_columns;

  return MAX (columns / side_by_side, 1) * side_by_side;
}

/* Latents, or silence and grey until samples have come. */
static void
prepare_shown (GenTraining *training)
{
  const GenTrainingSettings *settings = &training->settings;
  const GenRecipe *recipe = settings->trainer.recipe;
  const GenRandom random = gen_random_new (settings->trainer.seed, GEN_STREAM_PREVIEW_LATENT, 0);
  gsize n;

  training->n_shown =
      (gsize)gen_training_wall_columns (training) * settings->preview_rows / recipe->n_shown;
  n = training->n_shown * gen_trainer_latent_size (training->trainer);
  training->shown = g_new0 (float, n);
  if (recipe->made_of == GEN_MADE_OF_LATENTS)
    gen_random_normal (&random, 0, 0, training->shown, n);
  else if (settings->resume)
    training->shown_from_data = gen_training_comparison_load (settings->checkpoint, training->shown,
        gen_trainer_latent_size (training->trainer), training->n_shown);
}

/* Of each batch, how many samples of this member's part are the data's. */
static guint
fresh_part (const GenTraining *training)
{
  return gen_training_continual_fresh (&training->settings) /
         gen_exchange_size (training->exchange);
}

/* Samples of a step that come to this member. */
static gsize
part_size (const GenTraining *training)
{
  return (gsize)gen_trainer_settings (training->trainer)->batch_size;
}

/* The first samples are what the preview shows, where it is made of samples. */
static void
note_samples (GenTraining *training, const GenTrainerBatch *batch)
{
  const gsize size = gen_trainer_sample_size (training->trainer);
  const gsize wanted = training->n_shown - training->shown_from_data;
  const gsize n = MIN (wanted, part_size (training));

  if (n == 0 || training->settings.trainer.recipe->made_of != GEN_MADE_OF_SAMPLES)
    return;
  memcpy (training->shown + training->shown_from_data * size, gen_feed_data (batch->samples),
      n * size * sizeof (float));
  training->shown_from_data += n;
}

static gboolean
open_nets (GenTraining *training, int threads, GError **error)
{
  GenTrainingSettings *settings = &training->settings;
  const int asked = settings->trainer.threads;

  settings->trainer.threads = threads;
  training->trainer =
      gen_training_nets_make (settings, &training->events, &training->format, error);
  settings->trainer.threads = asked;
  if (training->trainer == NULL)
    return FALSE;
  if (training->class_names != NULL)
    gen_trainer_name_classes (training->trainer, (const char *const *)training->class_names);
  if (!gen_training_continual_remember (training->trainer, settings, error))
    return FALSE;
  training->progress = (GenTrainingProgress)GEN_TRAINING_PROGRESS_START;
  if (settings->resume &&
      !gen_checkpoint_load (training->trainer, settings->checkpoint, &training->progress, error))
    return FALSE;
  if (!gen_training_find_objective (training, training->format.medium, error))
    return FALSE;
  gen_training_take_objective (training);
  gen_trainer_stop_by (training->trainer, &training->stopping);
  training->skipped = training->progress.samples / gen_exchange_size (training->exchange);
  training->first_step = gen_trainer_steps (training->trainer);
  prepare_shown (training);
  return TRUE;
}

/* --- how long it lasts --- */

/* Samples of training in an epoch. Where each is one of both classes, half of what comes. Under the
 * lock. */
static guint64
epoch_length (const GenTraining *training)
{
  const GenTrainingSettings *settings = &training->settings;
  const guint64 length =
      settings->epoch_samples > 0 ? settings->epoch_samples : training->epoch_samples;

  return settings->trainer.recipe->frames_of == GEN_FRAMES_OF_CLASSES ? length / 2 : length;
}

/* The step after which training ends; 0 when only the data ends it. An epoch whose last batch is
 * not full is not rounded up: its samples are in the next epoch's first batch. Under the lock. */
static guint64
last_step (const GenTraining *training)
{
  const GenTrainingSettings *settings = &training->settings;
  const guint64 length = epoch_length (training);
  guint64 steps = settings->max_steps;

  if (settings->epochs > 0 && length > 0) {
    guint64 by_epochs =
        MAX (settings->epochs * length / gen_training_continual_fresh (settings), 1);

    steps = steps > 0 ? MIN (steps, by_epochs) : by_epochs;
  }
  return steps;
}

/* No more batches are taken than training has steps to make. Under the lock. */
static void
limit_queue (GenTraining *training)
{
  const guint64 end = last_step (training), first = training->first_step;

  if (training->queue == NULL)
    return;
  gen_batch_queue_set_limit (training->queue, end == 0      ? G_MAXUINT64
                                              : end > first ? end - first
                                                            : 0);
}

static GenTrainingPlace
find_place (GenTraining *training)
{
  GenTrainingPlace place = { .progress = &training->progress };

  g_mutex_lock (&training->lock);
  place.epoch_length = epoch_length (training);
  place.last_step = last_step (training);
  g_mutex_unlock (&training->lock);
  return place;
}

/* The last step comes nearer when the data turns out to have samples that cannot be decoded. */
void
gen_training_set_epoch (GenTraining *training, guint64 samples)
{
  g_mutex_lock (&training->lock);
  training->epoch_samples = samples;
  limit_queue (training);
  g_mutex_unlock (&training->lock);
}

void
gen_training_set_dealt_by_place (GenTraining *training)
{
  g_atomic_int_set (&training->dealt_by_place, TRUE);
}

void
gen_training_set_classes (GenTraining *training, int classes)
{
  training->data_classes = classes;
  if (training->settings.options.classes != 0)
    return;
  training->settings.options.classes = classes;
  training->classes_follow = TRUE;
}

void
gen_training_name_classes (GenTraining *training, const char *const *names)
{
  gboolean named = FALSE;

  for (guint i = 0; names[i] != NULL; i++) {
    g_autofree char *number = g_strdup_printf ("%u", i);

    named = named || !g_str_equal (names[i], number);
  }
  g_strfreev (training->class_names);
  training->class_names = named ? g_strdupv ((char **)names) : NULL;
}

void
gen_training_note_data (GenTraining *training, GVariant *data)
{
  g_clear_pointer (&training->folder.data, g_variant_unref);
  training->folder.data = g_variant_ref_sink (data);
}

void
gen_training_note_found (GenTraining *training, GVariant *found)
{
  g_clear_pointer (&training->folder.found, g_variant_unref);
  training->folder.found = g_variant_ref_sink (found);
}

/* The queue, whose batches have what is replayed. (transfer full) */
static GenBatchQueue *
open_queue (GenTraining *training, GError **error)
{
  GenBatchQueue *queue = gen_batch_queue_new (training->trainer, training->skipped, error);
  GenReplay *replay = NULL;

  if (queue == NULL)
    return NULL;
  gen_batch_queue_map_classes (queue, training->class_map, training->n_mapped);
  if (!gen_training_continual_replay (training->trainer, &training->settings, &replay, error)) {
    gen_batch_queue_free (queue);
    return NULL;
  }
  if (replay != NULL)
    gen_batch_queue_replay (queue, replay, training->first_step);
  if (!training->has_part)
    gen_batch_queue_take_part (
        queue, gen_exchange_rank (training->exchange), gen_exchange_size (training->exchange));
  return queue;
}

gboolean
gen_training_open (GenTraining *training, const GenFormat *format, GError **error)
{
  GenBatchQueue *queue = NULL;
  /* In front of what may fail in one process alone: all have to ask for the same sums. */
  const int threads = gen_training_threads (training);

  gen_training_join_devices (training);
  training->format = *format;
  if (gen_training_classes_settle (training, error) && open_nets (training, threads, error))
    queue = open_queue (training, error);
  gen_training_classes_judge (training);
  if (!gen_training_agree_on_beginning (training, queue != NULL, error)) {
    g_clear_pointer (&queue, gen_batch_queue_free);
    close_nets (training);
    return FALSE;
  }
  g_mutex_lock (&training->lock);
  training->queue = queue;
  limit_queue (training);
  if (training->stopping)
    gen_batch_queue_close (queue);
  g_cond_broadcast (&training->changed);
  g_mutex_unlock (&training->lock);
  return TRUE;
}

GenTrainer *
gen_training_trainer (GenTraining *training)
{
  return training->trainer;
}

const GenFormat *
gen_training_format (const GenTraining *training)
{
  return &training->format;
}

const GenFormat *
gen_training_wait_format (GenTraining *training)
{
  gboolean stopping;

  g_mutex_lock (&training->lock);
  while (training->queue == NULL && !training->stopping)
    g_cond_wait (&training->changed, &training->lock);
  stopping = training->stopping;
  g_mutex_unlock (&training->lock);
  return stopping ? NULL : &training->format;
}

GenBatchQueue *
gen_training_queue (GenTraining *training)
{
  GenBatchQueue *queue;

  g_mutex_lock (&training->lock);
  queue = training->queue;
  g_mutex_unlock (&training->lock);
  return queue;
}

const GenTrainingSettings *
gen_training_settings (const GenTraining *training)
{
  return &training->settings;
}

guint64
gen_training_get_skipped (const GenTraining *training)
{
  return training->skipped;
}

GenTrainingPart
gen_training_get_part (const GenTraining *training)
{
  const guint members = gen_exchange_size (training->exchange);

  return (GenTrainingPart){ .member = gen_exchange_rank (training->exchange),
    .members = members,
    .samples = fresh_part (training) };
}

void
gen_training_set_has_part (GenTraining *training, gboolean has_part)
{
  training->has_part = has_part;
}

void
gen_training_stop (GenTraining *training)
{
  g_mutex_lock (&training->lock);
  g_atomic_int_set (&training->stopping, TRUE);
  if (training->queue != NULL)
    gen_batch_queue_close (training->queue);
  g_cond_broadcast (&training->changed);
  g_mutex_unlock (&training->lock);
  gen_training_validation_close (&training->validation);
  gen_training_validation_close (&training->test.samples);
}

gboolean
gen_training_is_stopping (const GenTraining *training)
{
  return g_atomic_int_get (&training->stopping) != 0;
}

gboolean
gen_training_was_stopped (const GError *error)
{
  return g_error_matches (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_STOPPED);
}

GenTrainingOutcome
gen_training_outcome (GenTraining *training)
{
  GenTrainingOutcome outcome;

  g_mutex_lock (&training->lock);
  outcome = training->outcome;
  g_mutex_unlock (&training->lock);
  return outcome;
}

/* --- what is seen of it --- */

gboolean
gen_training_measure (GenTraining *training, int *width, int *height, int *channels)
{
  const GenTrainingSettings *settings = &training->settings;
  const GenFormat format = gen_trainer_format (training->trainer);

  return gen_format_measure_wall (&format, gen_training_wall_columns (training),
      settings->preview_rows, width, height, channels);
}

gboolean
gen_training_draw (GenTraining *training, GenPicture *wall, GError **error)
{
  const GenTrainingSettings *settings = &training->settings;

  return gen_trainer_draw (training->trainer, settings->trainer.ema > 0, training->shown,
      gen_training_wall_columns (training), settings->preview_rows, wall, error);
}

/* The first of the preview's. */
static void
log_sounds (GenTraining *training)
{
  const GenTrainingSettings *settings = &training->settings;
  const guint n_shown = settings->trainer.recipe->n_shown;
  const guint n = (guint)MIN (training->n_shown, LOGGED_SOUNDS / n_shown) * n_shown;
  const GenFormat format = gen_trainer_format (training->trainer);
  GenSample sounds[LOGGED_SOUNDS];
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < n; i++)
    gen_sample_init (&sounds[i], &format);
  gen_trainer_make (
      training->trainer, settings->trainer.ema > 0, training->shown, n / n_shown, sounds, &error);
  if (!gen_training_was_stopped (error))
    gen_training_report_sounds (&training->report, sounds, n, error);
  for (guint i = 0; i < n; i++)
    gen_sample_clear (&sounds[i]);
}

static void
log_nets (GenTraining *training)
{
  g_auto (GenPicture) wall = { 0 };
  g_autoptr (GError) error = NULL;
  int width, height, channels;

  if (!gen_training_measure (training, &width, &height, &channels))
    return;
  gen_picture_init (&wall, width, height, channels);
  gen_training_draw (training, &wall, &error);
  if (gen_training_was_stopped (error))
    return;
  gen_training_report_nets (&training->report, &wall, error);
  if (training->format.medium == &gen_medium_sound)
    log_sounds (training);
}

static gboolean
show (GenTraining *training, gboolean last, GError **error)
{
  const GenTrainingCallbacks *callbacks = &training->events.callbacks;
  g_autoptr (GError) failure = NULL;

  if (callbacks->shown == NULL || callbacks->shown (last, training->events.data, &failure) ||
      gen_training_was_stopped (failure))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/* --- steps --- */

/* Whether validation says that more steps are of no use. */
static gboolean
is_stale (const GenTraining *training)
{
  const guint patience = training->settings.early_stopping;

  return patience > 0 && training->progress.stale >= patience;
}

/* Whether the step that a checkpoint was written after was to be validated, which a training that
 * is stopped leaves to the one that goes on. */
static gboolean
is_validation_left (const GenTraining *training)
{
  const guint64 step = training->first_step;

  return step > 0 && step == gen_trainer_steps (training->trainer) &&
         step % training->settings.validation_interval == 0 &&
         training->progress.validated_step != step;
}

/* What is due between two steps. */
static gboolean
after_step (GenTraining *training, const GenTrainerFigures *figures)
{
  const GenTrainingSettings *settings = &training->settings;
  const guint64 step = gen_trainer_steps (training->trainer);
  g_autoptr (GError) error = NULL;

  if (!gen_training_leads (training))
    return TRUE;
  if (gen_training_report_is_due (&training->report)) {
    const GenTrainingPlace place = find_place (training);

    gen_training_report_progress (&training->report, figures, &place, FALSE);
  }
  if (settings->log_interval > 0 && step % settings->log_interval == 0)
    log_nets (training);
  if (step % settings->preview_interval == 0 && !show (training, FALSE, &error)) {
    gen_training_fail (&training->events, GEN_TRAINING_ERROR_PREVIEW, "%s", error->message);
    return FALSE;
  }
  if (step % settings->validation_interval == 0 && !gen_training_validate (training))
    return FALSE;
  return !gen_training_folder_is_due (&training->folder, step) ||
         gen_training_folder_save (
             &training->folder, training->trainer, &training->progress, FALSE);
}

/* By the first batch, how many steps there will be must be known if the learning rate hangs on
 * it. */
static gboolean
check_end (GenTraining *training)
{
  const GenRateSchedule *schedule = training->settings.rate_schedule;

  if (!schedule->needs_end || find_place (training).last_step > 0)
    return TRUE;
  gen_training_fail (&training->events, GEN_TRAINING_ERROR_SETTING,
      "learning-rate-schedule: %s hangs on how many steps there will be; set max-steps or epochs",
      schedule->name);
  return FALSE;
}

static void
set_rate (GenTraining *training)
{
  const GenTrainingSettings *settings = &training->settings;
  const GenRatePlace place = { gen_trainer_steps (training->trainer),
    find_place (training).last_step, training->progress.plateaus };

  gen_trainer_set_learning_rate (training->trainer,
      settings->trainer.learning_rate *
          gen_rate_schedule_share (settings->rate_schedule, &settings->rate, &place));
}

/* By the first batch, the size of an epoch must be known if it is asked for. */
static gboolean
check_epochs (GenTraining *training)
{
  if (training->settings.epochs == 0 || find_place (training).epoch_length > 0)
    return TRUE;
  gen_training_fail (&training->events, GEN_TRAINING_ERROR_SETTING,
      "epochs: the data does not say how many %s an epoch has; set epoch-samples",
      training->format.medium->plural);
  return FALSE;
}

static gboolean
is_silent (const GenTraining *training, const GenTrainerBatch *batch)
{
  const gsize n = gen_trainer_sample_size (training->trainer) * part_size (training);

  return gen_few_samples_are_silent (training->format.medium, gen_feed_data (batch->samples), n);
}

/* Samples are passed over by their number: of data that has grown, in its new order. */
static void
tell_grown (GenTraining *training, guint64 length)
{
  const guint64 before =
      training->settings.resume ? gen_checkpoint_epoch_length (training->settings.checkpoint) : 0;

  if (before > 0 && length > before)
    gen_training_tell (&training->events,
        "resume: an epoch of the data has %" G_GUINT64_FORMAT " %s and had %" G_GUINT64_FORMAT
        ": training goes on behind the first %" G_GUINT64_FORMAT
        " of the new order, so that some of the new ones come in the next epoch, and epochs are "
        "counted by the new length",
        length, training->format.medium->plural, before, training->progress.samples);
}

/* What samples of data that has grown are judged by may have been trained on. */
static void
warn_of_splits (GenTraining *training, guint64 length)
{
  const GenTrainingSettings *settings = &training->settings;
  const char *from = settings->resume ? settings->checkpoint : settings->weights;
  const guint64 before =
      from != NULL && (settings->resume || gen_checkpoint_is_of_data (from, training->folder.data))
          ? gen_checkpoint_epoch_length (from)
          : 0;

  if (before == 0 || length <= before || !g_atomic_int_get (&training->dealt_by_place) ||
      (!gen_training_validates (training) && !gen_training_tests (training)))
    return;
  gen_training_warn (&training->events, GEN_TRAINING_ERROR_SETTING,
      "split-by: the data has grown since '%s' was trained, and by index all of it is dealt to the "
      "splits anew: some of what was trained on is now in validation and test, whose figures are "
      "too good for it. With split-by=content, from the first training on, what was dealt stays",
      from);
}

/* What is worth a word of the first batch. */
static void
look_at_first (GenTraining *training, const GenTrainerBatch *batch)
{
  const int n = training->settings.trainer.batch_size;
  const guint64 length = find_place (training).epoch_length;

  gen_few_samples_warn (&training->events, training->format.medium, length, n);
  tell_grown (training, length);
  warn_of_splits (training, length);
  training->folder.epoch_length = length;
  if (is_silent (training, batch))
    gen_training_warn (&training->events, GEN_TRAINING_ERROR_FAILED,
        "the first %d sounds are digital silence, of which nothing can be learned: is what makes "
        "them muted, or do files begin so?",
        n);
}

static gboolean
make_step (GenTraining *training, GenTrainerBatch *batch, GenTrainerFigures *figures)
{
  const GenTrainingCallbacks *callbacks = &training->events.callbacks;
  const gint64 began = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;
  gboolean stepped;

  stepped = gen_trainer_step_batch (training->trainer, batch, figures, &error);
  if (!stepped && is_silent (training, batch))
    g_prefix_error (&error, "the sounds of the batch are digital silence: ");
  stepped =
      stepped && gen_trainer_remember (training->trainer, batch, fresh_part (training), &error);
  gen_batch_queue_give_back (training->queue);
  training->folder.unsaved = stepped; /* what a step that failed has left is worth nothing */
  if (!stepped) {
    gen_training_folder_tell_failure (&training->folder, error);
    return FALSE;
  }
  training->progress.samples += gen_training_continual_fresh (&training->settings);
  if (callbacks->stepped != NULL)
    callbacks->stepped (figures, g_get_monotonic_time () - began, training->events.data);
  return TRUE;
}

/* The next one, or NULL at the end. */
static GenTrainerBatch *
take_batch (GenTraining *training)
{
  const gint64 began = g_get_monotonic_time ();
  GenTrainerBatch *batch = gen_batch_queue_take (training->queue);

  gen_training_report_wait (&training->report, g_get_monotonic_time () - began);
  return batch;
}

/* The data ended before a batch was full. */
static void
tell_too_few (GenTraining *training)
{
  const GenTrainerSettings *settings = &training->settings.trainer;
  const guint n = gen_batch_queue_get_rest (training->queue);

  if (settings->recipe->frames > 1 && settings->recipe->frames_of == GEN_FRAMES_OF_FILM)
    gen_training_fail (&training->events, GEN_TRAINING_ERROR_FAILED,
        "the data ended after %u samples of %u frames that follow each other, which are fewer than "
        "the batch-size %d; a film of at least %u frames without a cut is wanted",
        n, settings->recipe->frames, settings->batch_size,
        (guint)settings->batch_size + settings->recipe->frames - 1);
  else if (gen_training_continual_fresh (&training->settings) < (guint)settings->batch_size)
    gen_training_fail (&training->events, GEN_TRAINING_ERROR_FAILED,
        "the data ended after %u %s, and a batch takes %u beside those that are replayed; %s", n,
        training->format.medium->plural, gen_training_continual_fresh (&training->settings),
        gen_few_samples_explain (training->format.medium));
  else
    gen_training_fail (&training->events, GEN_TRAINING_ERROR_FAILED,
        "the data ended after %u %s, which are fewer than the batch-size %d; %s", n,
        training->format.medium->plural, settings->batch_size,
        gen_few_samples_explain (training->format.medium));
}

/* What is to be done before a step on `batch`; FALSE when that failed. */
static gboolean
before_step (GenTraining *training, const GenTrainerBatch *batch)
{
  note_samples (training, batch);
  if (gen_trainer_steps (training->trainer) == training->first_step)
    look_at_first (training, batch);
  if (!check_epochs (training) || !check_end (training))
    return FALSE;
  if (!gen_training_leads (training))
    return TRUE;
  return gen_training_compare_before (training) &&
         (!is_validation_left (training) || gen_training_validate (training));
}

/* Behind the last step. FALSE when it failed. */
static gboolean
end_steps (GenTraining *training)
{
  if (gen_trainer_steps (training->trainer) > 0)
    return gen_training_validate (training);
  tell_too_few (training);
  return FALSE;
}

/* Steps until the end, or until training is stopped. FALSE when it failed. */
static gboolean
train (GenTraining *training, GenTrainerFigures *figures)
{
  gboolean well = TRUE;

  for (;;) {
    GenTrainerBatch *batch = NULL;

    if (well && !is_stale (training))
      batch = take_batch (training);
    if (batch != NULL)
      well = before_step (training, batch);
    if (well && batch != NULL)
      set_rate (training);
    switch (gen_training_take_turn (training, well, batch != NULL)) {
    case GEN_TURN_STEP:
      well = make_step (training, batch, figures) && after_step (training, figures);
      break;
    case GEN_TURN_END:
      return end_steps (training);
    case GEN_TURN_STOP:
      return TRUE;
    case GEN_TURN_FAIL:
      return FALSE;
    }
  }
}

/* --- the end --- */

/* The end was there before the first step. */
static void
warn_of_idleness (GenTraining *training)
{
  const guint64 end = find_place (training).last_step;
  const guint64 step = gen_trainer_steps (training->trainer);
  g_autofree char *text = NULL;

  if (end > 0 && step >= end)
    text = g_strdup_printf ("the checkpoint has made %" G_GUINT64_FORMAT
                            " steps, and training ends after %" G_GUINT64_FORMAT,
        step, end);
  else if (is_stale (training))
    text = g_strdup_printf ("%" G_GUINT64_FORMAT
                            " validations were no better than the best, and early-stopping is %u",
        training->progress.stale, training->settings.early_stopping);
  else
    text = g_strdup_printf ("the data ended before a batch of %s that the checkpoint has not seen",
        training->format.medium->plural);
  gen_training_warn (
      &training->events, GEN_TRAINING_ERROR_FAILED, "resume: nothing was trained: %s", text);
}

/* Tell and show what came of it. */
static GenTrainingOutcome
conclude (GenTraining *training, const GenTrainerFigures *figures)
{
  const gboolean trained = gen_trainer_steps (training->trainer) > training->first_step;
  const GenTrainingPlace place = find_place (training);
  g_autoptr (GError) error = NULL;

  log_nets (training);
  if (trained)
    gen_training_report_progress (&training->report, figures, &place, TRUE);
  else
    warn_of_idleness (training);
  if ((trained || !gen_training_continual_is_weighed (&training->settings)) &&
      !gen_training_continual_weigh_after (
          training->trainer, &training->settings, &training->events))
    return GEN_TRAINING_FAILED;
  if (!gen_training_judge (training))
    return GEN_TRAINING_FAILED;
  if (trained)
    gen_training_compare_after (training);
  if (!show (training, TRUE, &error))
    gen_training_warn (&training->events, GEN_TRAINING_ERROR_PREVIEW, "%s", error->message);
  if (gen_training_is_stopping (training))
    return GEN_TRAINING_STOPPED;
  return trained ? GEN_TRAINING_DONE : GEN_TRAINING_IDLE;
}

/* Who leads writes and tells; the others have nothing to say. */
static GenTrainingOutcome
lead (GenTraining *training)
{
  GenTrainerFigures figures = { 0 };
  GenTrainingOutcome outcome = GEN_TRAINING_FAILED;
  gboolean trained;

  gen_training_report_begin (&training->report, &training->settings, &training->objective,
      &training->events, training->trainer);
  training->folder.saved_time = training->report.start_time;
  gen_training_cost_begin (&training->folder.cost,
      training->settings.resume ? training->settings.checkpoint : NULL,
      training->settings.trainer.device->name, gen_training_processes (training));
  trained = train (training, &figures);
  /* Whatever ended it, what was learned is kept. */
  trained =
      gen_training_folder_save (&training->folder, training->trainer, &training->progress, TRUE) &&
      trained;
  if (trained)
    outcome =
        gen_training_is_stopping (training) ? GEN_TRAINING_STOPPED : conclude (training, &figures);
  gen_training_report_end (&training->report, outcome);
  return outcome;
}

static GenTrainingOutcome
follow (GenTraining *training)
{
  GenTrainerFigures figures = { 0 };

  if (!train (training, &figures))
    return GEN_TRAINING_FAILED;
  if (gen_training_is_stopping (training))
    return GEN_TRAINING_STOPPED;
  return gen_trainer_steps (training->trainer) > training->first_step ? GEN_TRAINING_DONE
                                                                      : GEN_TRAINING_IDLE;
}

GenTrainingOutcome
gen_training_run (GenTraining *training)
{
  const GenTrainingOutcome outcome =
      gen_training_leads (training) ? lead (training) : follow (training);

  gen_training_part (training);
  g_mutex_lock (&training->lock);
  training->outcome = outcome;
  gen_batch_queue_close (training->queue);
  g_mutex_unlock (&training->lock);
  return outcome;
}
