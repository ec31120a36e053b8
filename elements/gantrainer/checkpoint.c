/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gantrainer's checkpoint: whether its folder may be written to, and when and how it is. What was
 * learned with patience must not be lost by a habit or a hurry: nothing trained is replaced
 * unasked, and whatever ends training, the last step is written, unless it has diverged. */
#include "../shared/debug.h"
#include "gantrainer.h"

GST_DEBUG_CATEGORY_EXTERN (gan_trainer_debug);
#define GST_CAT_DEFAULT gan_trainer_debug

/* Microseconds after which a checkpoint is due in any case: some nets take a minute for a step. */
#define CHECKPOINT_TIME (10 * G_TIME_SPAN_MINUTE)

static gboolean
check_resume (GstGanTrainer *self)
{
  if (!self->resume)
    return TRUE;
  if (self->overwrite) {
    GST_ELEMENT_ERROR (self, RESOURCE, SETTINGS,
        ("resume goes on from the checkpoint, and overwrite begins anew: only one of them can be "
         "true"),
        (NULL));
    return FALSE;
  }
  if (gen_checkpoint_exists (self->checkpoint))
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, NOT_FOUND,
      ("resume: the folder '%s' has no " GEN_CHECKPOINT_STATE " to go on from", self->checkpoint),
      (NULL));
  return FALSE;
}

/* Training anew takes a folder without a checkpoint, or a word for it. */
static gboolean
check_replaced (GstGanTrainer *self)
{
  const char *present = gen_checkpoint_find (self->checkpoint);

  if (self->resume || self->overwrite || present == NULL)
    return TRUE;
  GST_ELEMENT_ERROR (self, RESOURCE, OPEN_WRITE,
      ("checkpoint: the folder '%s' has trained models already; %soverwrite=true begins anew and "
       "replaces them, another folder keeps both",
          self->checkpoint,
          gen_checkpoint_exists (self->checkpoint) ? "resume=true goes on with them, " : ""),
      ("there is a file '%s'", present));
  return FALSE;
}

gboolean
gst_gan_trainer_take_folder (GstGanTrainer *self)
{
  g_autoptr (GError) error = NULL;

  if (!check_resume (self))
    return FALSE;
  self->lock = gen_checkpoint_lock (self->checkpoint, &error);
  if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_AGAIN))
    GST_ELEMENT_ERROR (self, RESOURCE, BUSY, ("checkpoint: %s", error->message), (NULL));
  else if (error != NULL)
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_WRITE, ("checkpoint: %s", error->message), (NULL));
  if (self->lock == NULL)
    return FALSE;
  if (!check_replaced (self)) {
    gst_gan_trainer_give_folder_back (self);
    return FALSE;
  }
  return TRUE;
}

void
gst_gan_trainer_give_folder_back (GstGanTrainer *self)
{
  g_clear_pointer (&self->lock, gen_checkpoint_unlock);
}

gboolean
gst_gan_trainer_checkpoint_is_due (GstGanTrainer *self, guint64 step)
{
  if (self->checkpoint_interval == 0)
    return FALSE;
  return step % self->checkpoint_interval == 0 ||
         g_get_monotonic_time () - self->saved_time >= CHECKPOINT_TIME;
}

void
gst_gan_trainer_post_failure (GstGanTrainer *self, const GError *error)
{
  if (gen_checkpoint_exists (self->checkpoint))
    GST_ELEMENT_ERROR (self, STREAM, FAILED,
        ("%s; the last checkpoint in '%s' is kept", error->message, self->checkpoint), (NULL));
  else
    GST_ELEMENT_ERROR (self, STREAM, FAILED,
        ("%s; there is no checkpoint yet in '%s'", error->message, self->checkpoint), (NULL));
}

/* Tell of a checkpoint that could not be written; TRUE where training may go on. */
static gboolean
complain (GstGanTrainer *self, const GError *error, gboolean last)
{
  if (g_error_matches (error, GEN_TRAINER_ERROR, GEN_TRAINER_ERROR_DIVERGED)) {
    self->unsaved = FALSE;
    gst_gan_trainer_post_failure (self, error);
    return FALSE;
  }
  if (last) {
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("checkpoint: %s", error->message), (NULL));
    return FALSE;
  }
  GST_ELEMENT_WARNING (self, RESOURCE, WRITE,
      ("checkpoint: %s; training goes on, and the next checkpoint is tried", error->message),
      (NULL));
  return TRUE;
}

gboolean
gst_gan_trainer_save (GstGanTrainer *self, gboolean last)
{
  g_autoptr (GVariant) settings = NULL;
  g_autoptr (GError) error = NULL;

  if (!self->unsaved)
    return TRUE;
  settings = g_variant_ref_sink (gst_gan_trainer_describe_settings (self, FALSE));
  self->saved_time = g_get_monotonic_time ();
  if (!gen_checkpoint_save (self->trainer, self->checkpoint, settings, &self->progress, &error))
    return complain (self, error, last);
  self->unsaved = FALSE;
  GST_INFO_OBJECT (self, "checkpoint '%s' at step %" G_GUINT64_FORMAT ", saved in %.1f ms",
      self->checkpoint, gen_trainer_steps (self->trainer), gst_generative_since (self->saved_time));
  if (self->replacing)
    gen_checkpoint_remove_rest (self->trainer, self->checkpoint, &self->progress);
  self->replacing = FALSE;
  return TRUE;
}

gboolean
gst_gan_trainer_save_best (GstGanTrainer *self, const GenTrainingProgress *before)
{
  g_autofree char *folder = g_build_filename (self->checkpoint, GEN_CHECKPOINT_BEST, NULL);
  g_autoptr (GError) error = NULL;

  if (gen_checkpoint_save_models (self->trainer, folder, &error))
    return gst_gan_trainer_save (self, FALSE);
  self->progress = *before;
  return complain (self, error, FALSE);
}
