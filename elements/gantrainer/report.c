/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How training is going, told on the bus, on the terminal, and to TensorBoard. */
#include "gantrainer.h"

#include <stdio.h>
#include <unistd.h>

GST_DEBUG_CATEGORY_EXTERN (gan_trainer_debug);
#define GST_CAT_DEFAULT gan_trainer_debug

/* Microseconds between lines where no terminal shows them. */
#define PRINT_TIME (30 * G_TIME_SPAN_SECOND)

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

static void
post (GstGanTrainer *self, GstStructure *structure)
{
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_element (GST_OBJECT (self), structure));
}

static void
post_progress_message (GstGanTrainer *self, GstProgressType type, const char *text)
{
  gst_element_post_message (
      GST_ELEMENT (self), gst_message_new_progress (GST_OBJECT (self), type, "training", text));
}

/* Before PLAYING, something in progress says that the pipeline is not ready for it, and whoever
 * plays it waits for the end, as gst-launch-1.0 does: the preview would stand still. */
static void
post_progress (GstGanTrainer *self, GstProgressType type, const char *text)
{
  if (!self->progressing && GST_STATE (self) != GST_STATE_PLAYING)
    return;
  if (!self->progressing)
    post_progress_message (self, GST_PROGRESS_TYPE_START, "Training started");
  self->progressing = type == GST_PROGRESS_TYPE_CONTINUE;
  post_progress_message (self, type, text);
}

/* The log is no reason to stop: where it cannot be written, a warning says so once. `error` is what
 * `written` may have set, which is known when both are. */
static void
check_log (GstGanTrainer *self, gboolean written, GError **error)
{
  if (written)
    return;
  GST_ELEMENT_WARNING (self, RESOURCE, WRITE, ("log-dir: %s", (*error)->message), (NULL));
  g_clear_pointer (&self->log, gen_training_log_free);
}

void
gst_gan_trainer_log_nets (GstGanTrainer *self)
{
  g_auto (GenPicture) wall = { 0 };
  g_autoptr (GError) error = NULL;

  if (self->log != NULL)
    check_log (self,
        gst_gan_trainer_draw_wall (self, &wall, &error) &&
            gen_training_log_nets (self->log, &wall, &error),
        &error);
}

/* Whoever goes on with other settings may mean it, or have forgotten them. */
static void
warn_of_changes (GstGanTrainer *self)
{
  g_autoptr (GVariant) settings =
      g_variant_ref_sink (gst_gan_trainer_describe_settings (self, TRUE));
  g_autofree char *changes = gen_checkpoint_changes (self->checkpoint, settings);

  if (changes != NULL)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("resume: '%s' goes on with other settings: %s", self->checkpoint, changes), (NULL));
}

void
gst_gan_trainer_report_start (GstGanTrainer *self)
{
  g_autofree char *folder = self->log_dir != NULL
                                ? g_strdup (self->log_dir)
                                : g_build_filename (self->checkpoint, "logs", NULL);
  g_autoptr (GError) error = NULL;

  if (self->resume)
    warn_of_changes (self);
  self->log = gen_training_log_new (
      folder, self->trainer, gst_gan_trainer_describe_settings (self, FALSE), &error);
  if (self->log == NULL)
    GST_ELEMENT_WARNING (self, RESOURCE, OPEN_WRITE, ("log-dir: %s", error->message), (NULL));
}

static char *
make_line (
    GstGanTrainer *self, const GenTrainerFigures *figures, guint64 epoch, double rate, double left)
{
  GString *line = g_string_new (GST_OBJECT_NAME (self));

  g_string_append_printf (line,
      ": step %" G_GUINT64_FORMAT ", epoch %" G_GUINT64_FORMAT ", %.1f steps/s, loss D %.3f G %.3f",
      gen_trainer_steps (self->trainer), epoch, rate, figures->discriminator_loss,
      figures->generator_loss);
  if (self->validated_step != G_MAXUINT64)
    g_string_append_printf (line, ", Frechet %.4f (best %.4f at step %" G_GUINT64_FORMAT ")",
        self->validated.frechet, self->progress.best, self->progress.best_step);
  if (figures->skipped > 0)
    g_string_append_printf (line, ", %" G_GUINT64_FORMAT " updates skipped", figures->skipped);
  if (left >= 0)
    g_string_append_printf (line, ", %.0f s left", left);
  return g_string_free (line, FALSE);
}

void
gst_gan_trainer_report (GstGanTrainer *self, const GenTrainerFigures *figures, gboolean last)
{
  gint64 now = g_get_monotonic_time (), since = last ? self->start_time : self->reported_time;
  guint64 step = gen_trainer_steps (self->trainer), end = gst_gan_trainer_last_step (self);
  guint64 length = gst_gan_trainer_epoch_length (self);
  guint64 epoch = length > 0 ? self->progress.samples / length : 0;
  double rate =
      (step - (last ? self->first_step : self->reported_step)) / (MAX (now - since, 1) * 1e-6);
  double left = -1;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;
  GstStructure *message;

  if (end > 0 && rate > 0)
    left = last || end <= step ? 0 : (end - step) / rate;
  self->reported_step = step;
  self->reported_time = now;
  if (self->log != NULL)
    check_log (self, gen_training_log_figures (self->log, figures, rate, &error), &error);
  line = make_line (self, figures, epoch, rate, left);
  print (self, line, last);
  GST_DEBUG_OBJECT (self, "%s", line);
  message = gst_structure_new ("gantrainer-progress", "step", G_TYPE_UINT64, step, "epoch",
      G_TYPE_UINT64, epoch, "samples-per-second", G_TYPE_DOUBLE, rate * self->settings.batch_size,
      "seconds-left", G_TYPE_DOUBLE, left, "discriminator-loss", G_TYPE_DOUBLE,
      figures->discriminator_loss, "generator-loss", G_TYPE_DOUBLE, figures->generator_loss,
      "accuracy-on-real", G_TYPE_DOUBLE, figures->accuracy_on_real, "accuracy-on-fake",
      G_TYPE_DOUBLE, figures->accuracy_on_fake, NULL);
  if (figures->discriminator_scale > 0)
    gst_structure_set (message, "discriminator-loss-scale", G_TYPE_DOUBLE,
        figures->discriminator_scale, "generator-loss-scale", G_TYPE_DOUBLE,
        figures->generator_scale, "skipped-updates", G_TYPE_UINT64, figures->skipped, NULL);
  post (self, message);
  post_progress (self, last ? GST_PROGRESS_TYPE_COMPLETE : GST_PROGRESS_TYPE_CONTINUE, line);
}

void
gst_gan_trainer_report_validation (GstGanTrainer *self, gboolean best)
{
  const GenValidationFigures *figures = &self->validated;
  g_autoptr (GError) error = NULL;

  GST_INFO_OBJECT (self,
      "validation at step %" G_GUINT64_FORMAT ": Frechet distance %g of %s over %" G_GUINT64_FORMAT
      " pictures%s",
      self->validated_step, figures->frechet, figures->features, figures->samples,
      best ? ", the best so far" : "");
  if (self->log != NULL)
    check_log (self, gen_training_log_validation (self->log, figures, &error), &error);
  post (
      self, gst_structure_new ("gantrainer-validation", "step", G_TYPE_UINT64, self->validated_step,
                "frechet", G_TYPE_DOUBLE, figures->frechet, "features", G_TYPE_STRING,
                figures->features, "samples", G_TYPE_UINT64, figures->samples, "diversity",
                G_TYPE_DOUBLE, figures->diversity, "accuracy-on-validation", G_TYPE_DOUBLE,
                figures->accuracy_on_validation, "best", G_TYPE_BOOLEAN, best, NULL));
}

void
gst_gan_trainer_report_idle (GstGanTrainer *self)
{
  guint64 end = gst_gan_trainer_last_step (self), step = gen_trainer_steps (self->trainer);
  g_autofree char *text = NULL;

  if (end > 0 && step >= end)
    text = g_strdup_printf ("the checkpoint has made %" G_GUINT64_FORMAT
                            " steps, and training ends after %" G_GUINT64_FORMAT,
        step, end);
  else if (self->early_stopping > 0 && self->progress.stale >= self->early_stopping)
    text = g_strdup_printf ("%" G_GUINT64_FORMAT
                            " validations were no better than the best, and early-stopping is %u",
        self->progress.stale, self->early_stopping);
  else
    text = g_strdup_printf ("the data ended before a batch of pictures that the checkpoint has not "
                            "seen");
  GST_ELEMENT_WARNING (self, STREAM, FAILED, ("resume: nothing was trained: %s", text), (NULL));
  post_progress (self, GST_PROGRESS_TYPE_COMPLETE, "Nothing was trained");
}

/* How to go on. */
static void
tell_stopped (GstGanTrainer *self)
{
  g_autofree char *line = g_strdup_printf ("%s: stopped after step %" G_GUINT64_FORMAT
                                           "; resume=true goes on from '%s'",
      GST_OBJECT_NAME (self), gen_trainer_steps (self->trainer), self->checkpoint);

  print (self, line, TRUE);
}

void
gst_gan_trainer_report_end (GstGanTrainer *self, gboolean done, gboolean stopped)
{
  g_autoptr (GError) error = NULL;

  GST_INFO_OBJECT (self, "training %s after step %" G_GUINT64_FORMAT,
      done      ? "ends"
      : stopped ? "was stopped"
                : "failed",
      gen_trainer_steps (self->trainer));
  if (self->log != NULL)
    check_log (self, gen_training_log_end (self->log, done, &error), &error);
  g_clear_pointer (&self->log, gen_training_log_free);
  if (stopped && gen_trainer_steps (self->trainer) > 0)
    tell_stopped (self);
  if (!done)
    post_progress (self, stopped ? GST_PROGRESS_TYPE_CANCELED : GST_PROGRESS_TYPE_ERROR,
        stopped ? "Training was stopped" : "Training failed");
}
