/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thread that trains: takes batch after batch, validates, has checkpoints written, and ends
 * when it has done what was asked for, the data has ended, or it gets no better. */
#include "../shared/debug.h"
#include "gantrainer.h"

GST_DEBUG_CATEGORY_EXTERN (gan_trainer_debug);
#define GST_CAT_DEFAULT gan_trainer_debug

/* Microseconds between reports. */
#define REPORT_TIME G_TIME_SPAN_SECOND

/* Pictures in an epoch. Under the mutex. */
static guint64
epoch_length (const GstGanTrainer *self)
{
  return self->epoch_samples > 0 ? self->epoch_samples : self->dataset_length;
}

/* The step after which training ends; 0 when only the data ends it. An epoch whose last batch is
 * not full is not rounded up: its pictures are in the next epoch's first batch. Under the mutex. */
static guint64
last_step (const GstGanTrainer *self)
{
  guint64 length = epoch_length (self), steps = self->max_steps;

  if (self->epochs > 0 && length > 0) {
    guint64 by_epochs = MAX (self->epochs * length / self->settings.batch_size, 1);

    steps = steps > 0 ? MIN (steps, by_epochs) : by_epochs;
  }
  return steps;
}

guint64
gst_gan_trainer_epoch_length (GstGanTrainer *self)
{
  guint64 length;

  g_mutex_lock (&self->mutex);
  length = epoch_length (self);
  g_mutex_unlock (&self->mutex);
  return length;
}

guint64
gst_gan_trainer_last_step (GstGanTrainer *self)
{
  guint64 step;

  g_mutex_lock (&self->mutex);
  step = last_step (self);
  g_mutex_unlock (&self->mutex);
  return step;
}

/* Whether validation says that more steps are of no use. */
static gboolean
is_stale (const GstGanTrainer *self)
{
  return self->early_stopping > 0 && self->progress.stale >= self->early_stopping;
}

/* Whether no further batch is wanted. The last step comes nearer when the data turns out to have
 * pictures that cannot be decoded. Under the mutex. */
static gboolean
has_enough (const GstGanTrainer *self)
{
  guint64 end = last_step (self);

  return self->stopping || is_stale (self) || (end > 0 && gen_trainer_steps (self->trainer) >= end);
}

/* The next batch, or NULL when there is none any more, or none is wanted. */
static GenFeed *
take_batch (GstGanTrainer *self)
{
  GenFeed *batch = NULL;

  g_mutex_lock (&self->mutex);
  while (!has_enough (self) && self->read == self->write && !self->data_ended)
    g_cond_wait (&self->cond, &self->mutex);
  if (!has_enough (self) && self->read < self->write) {
    batch = self->batches[self->read % GST_GAN_TRAINER_BATCHES];
    self->busy = TRUE;
  }
  g_mutex_unlock (&self->mutex);
  return batch;
}

static void
give_batch_back (GstGanTrainer *self)
{
  g_mutex_lock (&self->mutex);
  self->busy = FALSE;
  self->read++;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);
}

static gboolean
is_stopping (GstGanTrainer *self)
{
  gboolean stopping;

  g_mutex_lock (&self->mutex);
  stopping = self->stopping;
  g_mutex_unlock (&self->mutex);
  return stopping;
}

/* Measure on the validation pictures, once all are there, or leave it where training is to stop.
 * FALSE when it failed. */
static gboolean
validate (GstGanTrainer *self)
{
  guint64 step = gen_trainer_steps (self->trainer);
  GenTrainingProgress before = self->progress;
  g_autoptr (GError) error = NULL;
  gboolean best;

  if (!gst_gan_trainer_validates (self) || self->validated_step == step)
    return TRUE;
  g_mutex_lock (&self->mutex);
  while (!self->validation_ended && !self->stopping)
    g_cond_wait (&self->cond, &self->mutex);
  g_mutex_unlock (&self->mutex);
  if (is_stopping (self))
    return TRUE;
  if (!gen_validation_measure (self->validation, self->trainer, &self->validated, &error)) {
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("pad validation: %s", error->message), (NULL));
    return FALSE;
  }
  self->validated_step = step;
  self->unsaved = TRUE; /* how it compares with the best */
  best = gen_training_progress_note (&self->progress, step, self->validated.frechet);
  gst_gan_trainer_report_validation (self, best);
  return !best || gst_gan_trainer_save_best (self, &before);
}

/* What is due between two steps. */
static gboolean
after_step (GstGanTrainer *self, const GenTrainerFigures *figures)
{
  guint64 step = gen_trainer_steps (self->trainer);
  g_autoptr (GError) error = NULL;

  if (g_get_monotonic_time () - self->reported_time >= REPORT_TIME)
    gst_gan_trainer_report (self, figures, FALSE);
  if (self->log_interval > 0 && step % self->log_interval == 0)
    gst_gan_trainer_log_nets (self);
  if (step % self->preview_interval == 0 && !gst_gan_trainer_preview_update (self, FALSE, &error)) {
    GST_ELEMENT_ERROR (self, LIBRARY, FAILED, ("%s", error->message), (NULL));
    return FALSE;
  }
  if (step % self->validation_interval == 0 && !validate (self))
    return FALSE;
  return !gst_gan_trainer_checkpoint_is_due (self, step) || gst_gan_trainer_save (self, FALSE);
}

/* By the first batch, the size of an epoch must be known if it is asked for. */
static gboolean
check_epochs (GstGanTrainer *self)
{
  if (self->epochs == 0 || gst_gan_trainer_epoch_length (self) > 0)
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
      ("epochs: the data does not say how many pictures an epoch has; set epoch-samples"), (NULL));
  return FALSE;
}

static gboolean
make_step (GstGanTrainer *self, GenFeed *batch, GenTrainerFigures *figures)
{
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  g_autoptr (GError) error = NULL;
  gboolean stepped = gen_trainer_step_feed (self->trainer, batch, figures, &error);

  give_batch_back (self);
  self->unsaved = stepped; /* what a step that failed has left is worth nothing */
  if (stepped) {
    GST_LOG_OBJECT (self, "step %" G_GUINT64_FORMAT ": loss D %g G %g in %.3f ms",
        gen_trainer_steps (self->trainer), figures->discriminator_loss, figures->generator_loss,
        gst_generative_since (began));
    self->progress.samples += self->settings.batch_size;
    return TRUE;
  }
  gst_gan_trainer_post_failure (self, error);
  return FALSE;
}

/* Steps until the end, or until training is stopped. FALSE when it failed. */
static gboolean
train (GstGanTrainer *self, GenTrainerFigures *figures)
{
  GenFeed *batch;

  while ((batch = take_batch (self)) != NULL)
    if (!check_epochs (self) || !make_step (self, batch, figures) || !after_step (self, figures))
      return FALSE;
  if (is_stopping (self))
    return TRUE;
  if (gen_trainer_steps (self->trainer) == 0) {
    GST_ELEMENT_ERROR (self, STREAM, FAILED,
        ("the data ended after %u pictures, which are fewer than the batch-size %d", self->slot,
            self->settings.batch_size),
        (NULL));
    return FALSE;
  }
  return validate (self);
}

/* Tell and show what came of it. */
static void
conclude (GstGanTrainer *self, const GenTrainerFigures *figures)
{
  g_autoptr (GError) error = NULL;

  gst_gan_trainer_log_nets (self);
  if (gen_trainer_steps (self->trainer) > self->first_step)
    gst_gan_trainer_report (self, figures, TRUE);
  else
    gst_gan_trainer_report_idle (self);
  if (!gst_gan_trainer_preview_update (self, TRUE, &error))
    GST_ELEMENT_WARNING (self, LIBRARY, FAILED, ("%s", error->message), (NULL));
}

static gpointer
run (gpointer data)
{
  GstGanTrainer *self = data;
  GenTrainerFigures figures = { 0 };
  gboolean trained, stopped, done;

  self->first_step = self->reported_step = gen_trainer_steps (self->trainer);
  self->validated_step = G_MAXUINT64;
  self->progressing = FALSE;
  self->start_time = self->reported_time = self->printed_time = self->saved_time =
      g_get_monotonic_time ();
  gst_gan_trainer_report_start (self);
  trained = train (self, &figures);
  /* Whatever ended it, what was learned is kept. */
  trained = gst_gan_trainer_save (self, TRUE) && trained;
  stopped = trained && is_stopping (self);
  done = trained && !stopped;
  if (done)
    conclude (self, &figures);
  gst_gan_trainer_report_end (self, done, stopped);
  g_mutex_lock (&self->mutex);
  self->ended = TRUE;
  self->flow = done ? GST_FLOW_EOS : GST_FLOW_ERROR;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->mutex);
  if (done && GST_OBJECT_FLAG_IS_SET (self, GST_ELEMENT_FLAG_SINK))
    gst_element_post_message (GST_ELEMENT (self), gst_message_new_eos (GST_OBJECT (self)));
  return NULL;
}

void
gst_gan_trainer_start_training (GstGanTrainer *self)
{
  gst_gan_trainer_preview_start (self);
  self->thread = g_thread_new ("gantrainer", run, self);
}

void
gst_gan_trainer_stop_training (GstGanTrainer *self)
{
  g_clear_pointer (&self->thread, g_thread_join);
}
