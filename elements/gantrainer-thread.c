/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The thread that trains: takes batch after batch, says how it goes, writes checkpoints, and ends
 * when it has done what was asked for, or the data has ended. */
#include "gantrainer.h"

#include <stdio.h>
#include <unistd.h>

#include <generative/checkpoint.h>

/* Microseconds between messages, and between lines where no terminal shows them. */
#define REPORT_TIME G_TIME_SPAN_SECOND
#define PRINT_TIME (30 * G_TIME_SPAN_SECOND)

static guint64
epoch_length (GstGanTrainer *self)
{
  guint64 length;

  g_mutex_lock (&self->mutex);
  length = self->epoch_samples > 0 ? self->epoch_samples : self->dataset_length;
  g_mutex_unlock (&self->mutex);
  return length;
}

/* The step after which training ends; 0 when only the data ends it. An epoch whose last batch is
 * not full is not rounded up: its pictures are in the next epoch's first batch. */
static guint64
last_step (GstGanTrainer *self)
{
  guint64 length = epoch_length (self), steps = self->max_steps;

  if (self->epochs > 0 && length > 0) {
    guint64 by_epochs = MAX (self->epochs * length / self->settings.batch_size, 1);

    steps = steps > 0 ? MIN (steps, by_epochs) : by_epochs;
  }
  return steps;
}

static void
print (GstGanTrainer *self, const char *line, gboolean last)
{
  gint64 now = g_get_monotonic_time ();

  if (self->silent)
    return;
  if (isatty (STDERR_FILENO)) {
    fprintf (stderr, "\r%s\033[K%s", line, last ? "\n" : "");
  } else if (last || now - self->printed_time >= PRINT_TIME) {
    self->printed_time = now;
    fprintf (stderr, "%s\n", line);
  }
  fflush (stderr);
}

/* The curves of TensorBoard. A full disk is a warning once, and no reason to stop. */
static void
log_figures (GstGanTrainer *self, const GenTrainerFigures *figures, double rate)
{
  const struct {
    const char *tag;
    double value;
  } scalars[] = {
    { "loss/discriminator", figures->discriminator_loss },
    { "loss/generator", figures->generator_loss },
    { "accuracy/real", figures->accuracy_on_real },
    { "accuracy/fake", figures->accuracy_on_fake },
    { "speed/steps_per_second", rate },
  };
  g_autoptr (GError) error = NULL;

  for (guint i = 0; self->events != NULL && i < G_N_ELEMENTS (scalars); i++)
    if (!gen_event_file_scalar (self->events, gen_trainer_steps (self->trainer), scalars[i].tag,
            scalars[i].value, &error)) {
      GST_ELEMENT_WARNING (self, RESOURCE, WRITE, ("log-dir: %s", error->message), (NULL));
      g_clear_pointer (&self->events, gen_event_file_free);
      return;
    }
}

static void
open_log (GstGanTrainer *self)
{
  g_autofree char *folder = self->log_dir != NULL
                                ? g_strdup (self->log_dir)
                                : g_build_filename (self->checkpoint, "logs", NULL);
  g_autoptr (GError) error = NULL;

  self->events = gen_event_file_new (folder, gen_trainer_steps (self->trainer), &error);
  if (self->events == NULL)
    GST_ELEMENT_WARNING (self, RESOURCE, OPEN_WRITE, ("log-dir: %s", error->message), (NULL));
}

static void
report (GstGanTrainer *self, const GenTrainerFigures *figures, gboolean last)
{
  gint64 now = g_get_monotonic_time ();
  guint64 step = gen_trainer_steps (self->trainer), end = last_step (self);
  guint64 length = epoch_length (self);
  double seconds = MAX (now - self->reported_time, 1) * 1e-6, rate, left = -1;
  guint64 epoch = length > 0 ? self->samples / length : 0;
  g_autofree char *line = NULL, *remaining = NULL;

  if (last) {
    seconds = MAX (now - self->start_time, 1) * 1e-6;
    rate = (step - self->first_step) / seconds;
  } else {
    rate = (step - self->reported_step) / seconds;
  }
  if (end > 0 && rate > 0)
    left = end > step ? (end - step) / rate : 0;
  self->reported_step = step;
  self->reported_time = now;
  log_figures (self, figures, rate);

  remaining = left >= 0 ? g_strdup_printf (", %.0f s left", left) : g_strdup ("");
  line = g_strdup_printf ("%s: step %" G_GUINT64_FORMAT ", epoch %" G_GUINT64_FORMAT
                          ", %.1f steps/s, loss D %.3f G %.3f%s",
      GST_OBJECT_NAME (self), step, epoch, rate, figures->discriminator_loss,
      figures->generator_loss, remaining);
  print (self, line, last);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("gantrainer-progress", "step", G_TYPE_UINT64, step, "epoch",
              G_TYPE_UINT64, epoch, "samples-per-second", G_TYPE_DOUBLE,
              rate * self->settings.batch_size, "seconds-left", G_TYPE_DOUBLE, left,
              "discriminator-loss", G_TYPE_DOUBLE, figures->discriminator_loss, "generator-loss",
              G_TYPE_DOUBLE, figures->generator_loss, "accuracy-on-real", G_TYPE_DOUBLE,
              figures->accuracy_on_real, "accuracy-on-fake", G_TYPE_DOUBLE,
              figures->accuracy_on_fake, NULL)));
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_progress (GST_OBJECT (self),
          last ? GST_PROGRESS_TYPE_COMPLETE : GST_PROGRESS_TYPE_CONTINUE, "training", line));
}

/* The next batch, or NULL when there is none any more. */
static const float *
take_batch (GstGanTrainer *self, gboolean *stopped)
{
  const float *batch = NULL;

  g_mutex_lock (&self->mutex);
  while (!self->stopping && self->read == self->write && !self->data_ended)
    g_cond_wait (&self->cond, &self->mutex);
  *stopped = self->stopping;
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
save (GstGanTrainer *self)
{
  g_autoptr (GError) error = NULL;

  if (gen_checkpoint_save (self->trainer, self->checkpoint, self->samples, &error))
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("checkpoint: %s", error->message), (NULL));
  return FALSE;
}

/* What is due between two steps. */
static gboolean
after_step (GstGanTrainer *self, const GenTrainerFigures *figures)
{
  guint64 step = gen_trainer_steps (self->trainer);
  g_autoptr (GError) error = NULL;

  if (g_get_monotonic_time () - self->reported_time >= REPORT_TIME)
    report (self, figures, FALSE);
  if (step % self->preview_interval == 0 && !gst_gan_trainer_preview_update (self, FALSE, &error)) {
    GST_ELEMENT_ERROR (self, LIBRARY, FAILED, ("%s", error->message), (NULL));
    return FALSE;
  }
  if (self->checkpoint_interval > 0 && step % self->checkpoint_interval == 0)
    return save (self);
  return TRUE;
}

/* By the first batch, the size of an epoch must be known if it is asked for. */
static gboolean
check_epochs (GstGanTrainer *self)
{
  if (self->epochs == 0 || epoch_length (self) > 0)
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
      ("epochs: the data does not say how many pictures an epoch has; set epoch-samples"), (NULL));
  return FALSE;
}

/* Steps until the end. TRUE when training ended as it should. */
static gboolean
train (GstGanTrainer *self, gboolean *stopped)
{
  GenTrainerFigures figures = { 0 };
  g_autoptr (GError) error = NULL;
  guint64 end;
  const float *batch;

  while ((end = last_step (self)) == 0 || gen_trainer_steps (self->trainer) < end) {
    gboolean stepped;

    batch = take_batch (self, stopped);
    if (batch == NULL)
      break;
    if (!check_epochs (self))
      return FALSE;
    stepped = gen_trainer_step (self->trainer, batch, &figures, &error);
    give_batch_back (self);
    if (!stepped) {
      GST_ELEMENT_ERROR (self, STREAM, FAILED,
          ("%s; the last checkpoint in '%s' is kept", error->message, self->checkpoint), (NULL));
      return FALSE;
    }
    self->samples += self->settings.batch_size;
    if (!after_step (self, &figures))
      return FALSE;
  }
  if (*stopped)
    return FALSE;
  if (gen_trainer_steps (self->trainer) == 0) {
    GST_ELEMENT_ERROR (self, STREAM, FAILED,
        ("the data ended after %u pictures, which are fewer than the batch-size %d", self->slot,
            self->settings.batch_size),
        (NULL));
    return FALSE;
  }
  if (!save (self))
    return FALSE;
  report (self, &figures, TRUE);
  return gst_gan_trainer_preview_update (self, TRUE, NULL);
}

static gpointer
run (gpointer data)
{
  GstGanTrainer *self = data;
  gboolean stopped = FALSE, done;

  self->first_step = self->reported_step = gen_trainer_steps (self->trainer);
  self->start_time = self->reported_time = self->printed_time = g_get_monotonic_time ();
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_progress (GST_OBJECT (self), GST_PROGRESS_TYPE_START,
                              "training", "Training started"));
  open_log (self);
  done = train (self, &stopped);
  g_clear_pointer (&self->events, gen_event_file_free);
  if (!done)
    gst_element_post_message (
        GST_ELEMENT (self), gst_message_new_progress (GST_OBJECT (self),
                                stopped ? GST_PROGRESS_TYPE_CANCELED : GST_PROGRESS_TYPE_ERROR,
                                "training", stopped ? "Training was stopped" : "Training failed"));
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
