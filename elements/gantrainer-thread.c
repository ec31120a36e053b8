/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thread that trains: takes batch after batch, validates, writes checkpoints, and ends when it
 * has done what was asked for, the data has ended, or it gets no better. */
#include "gantrainer.h"

/* Microseconds between reports. */
#define REPORT_TIME G_TIME_SPAN_SECOND

guint64
gst_gan_trainer_epoch_length (GstGanTrainer *self)
{
  guint64 length;

  g_mutex_lock (&self->mutex);
  length = self->epoch_samples > 0 ? self->epoch_samples : self->dataset_length;
  g_mutex_unlock (&self->mutex);
  return length;
}

/* The step after which training ends; 0 when only the data ends it. An epoch whose last batch is
 * not full is not rounded up: its pictures are in the next epoch's first batch. */
guint64
gst_gan_trainer_last_step (GstGanTrainer *self)
{
  guint64 length = gst_gan_trainer_epoch_length (self), steps = self->max_steps;

  if (self->epochs > 0 && length > 0) {
    guint64 by_epochs = MAX (self->epochs * length / self->settings.batch_size, 1);

    steps = steps > 0 ? MIN (steps, by_epochs) : by_epochs;
  }
  return steps;
}

/* The next batch, or NULL when there is none any more. */
static GenFeed *
take_batch (GstGanTrainer *self)
{
  GenFeed *batch = NULL;

  g_mutex_lock (&self->mutex);
  while (!self->stopping && self->read == self->write && !self->data_ended)
    g_cond_wait (&self->cond, &self->mutex);
  if (!self->stopping && self->read < self->write) {
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

static gboolean
save (GstGanTrainer *self)
{
  g_autoptr (GVariant) settings = g_variant_ref_sink (gst_gan_trainer_describe_settings (self));
  g_autoptr (GError) error = NULL;

  if (gen_checkpoint_save (self->trainer, self->checkpoint, settings, &self->progress, &error))
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("checkpoint: %s", error->message), (NULL));
  return FALSE;
}

static gboolean
save_best (GstGanTrainer *self)
{
  g_autofree char *folder = g_build_filename (self->checkpoint, "best", NULL);
  g_autoptr (GError) error = NULL;

  if (gen_checkpoint_save_models (self->trainer, folder, &error))
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("checkpoint: %s", error->message), (NULL));
  return FALSE;
}

/* Measure on the validation pictures, once all are there. FALSE when it failed, or training is to
 * stop. */
static gboolean
validate (GstGanTrainer *self)
{
  guint64 step = gen_trainer_steps (self->trainer);
  g_autoptr (GError) error = NULL;
  gboolean best;

  if (!gst_gan_trainer_validates (self) || self->validated_step == step)
    return TRUE;
  g_mutex_lock (&self->mutex);
  while (!self->validation_ended && !self->stopping)
    g_cond_wait (&self->cond, &self->mutex);
  g_mutex_unlock (&self->mutex);
  if (is_stopping (self))
    return FALSE;
  if (!gen_validation_measure (self->validation, self->trainer, &self->validated, &error)) {
    GST_ELEMENT_ERROR (self, STREAM, FAILED, ("pad validation: %s", error->message), (NULL));
    return FALSE;
  }
  self->validated_step = step;
  best = gen_training_progress_note (&self->progress, step, self->validated.frechet);
  gst_gan_trainer_report_validation (self, best);
  return !best || save_best (self);
}

/* Whether validation says that more steps are of no use. */
static gboolean
is_stale (const GstGanTrainer *self)
{
  return self->early_stopping > 0 && self->progress.stale >= self->early_stopping;
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
  if (self->checkpoint_interval > 0 && step % self->checkpoint_interval == 0)
    return save (self);
  return TRUE;
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
  g_autoptr (GError) error = NULL;
  gboolean stepped = gen_trainer_step_feed (self->trainer, batch, figures, &error);

  give_batch_back (self);
  if (stepped) {
    self->progress.samples += self->settings.batch_size;
    return TRUE;
  }
  GST_ELEMENT_ERROR (self, STREAM, FAILED,
      ("%s; the last checkpoint in '%s' is kept", error->message, self->checkpoint), (NULL));
  return FALSE;
}

/* Steps until the end. TRUE when training ended as it should. */
static gboolean
train (GstGanTrainer *self)
{
  GenTrainerFigures figures = { 0 };
  GenFeed *batch;
  guint64 end;

  while (!is_stale (self) && ((end = gst_gan_trainer_last_step (self)) == 0 ||
                                 gen_trainer_steps (self->trainer) < end)) {
    batch = take_batch (self);
    if (batch == NULL)
      break;
    if (!check_epochs (self) || !make_step (self, batch, &figures) || !after_step (self, &figures))
      return FALSE;
  }
  if (is_stopping (self))
    return FALSE;
  if (gen_trainer_steps (self->trainer) == 0) {
    GST_ELEMENT_ERROR (self, STREAM, FAILED,
        ("the data ended after %u pictures, which are fewer than the batch-size %d", self->slot,
            self->settings.batch_size),
        (NULL));
    return FALSE;
  }
  if (!validate (self) || !save (self))
    return FALSE;
  gst_gan_trainer_log_nets (self);
  gst_gan_trainer_report (self, &figures, TRUE);
  return gst_gan_trainer_preview_update (self, TRUE, NULL);
}

static gpointer
run (gpointer data)
{
  GstGanTrainer *self = data;
  gboolean done;

  self->first_step = self->reported_step = gen_trainer_steps (self->trainer);
  self->validated_step = G_MAXUINT64;
  self->start_time = self->reported_time = self->printed_time = g_get_monotonic_time ();
  gst_gan_trainer_report_start (self);
  done = train (self);
  gst_gan_trainer_report_end (self, done, is_stopping (self));
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
