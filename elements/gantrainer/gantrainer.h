/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gantrainer is seven files: the element (nets and states), its properties, its sink pads, the
 * thread that trains, the checkpoint that it writes, what it tells of it, and the preview on the
 * src pad. */
#pragma once

#include <gst/video/video.h>

#include <generative/checkpoint.h>
#include <generative/training-log.h>

#include "../shared/interlaced.h"
#include "../shared/model-file.h"
#include "../shared/playing.h"

G_BEGIN_DECLS

#define GST_TYPE_GAN_TRAINER (gst_gan_trainer_get_type ())
G_DECLARE_FINAL_TYPE (GstGanTrainer, gst_gan_trainer, GST, GAN_TRAINER, GstElement)

/* Batches that may wait for training, the one being trained on included. */
#define GST_GAN_TRAINER_BATCHES 4

struct _GstGanTrainer {
  GstElement parent;
  GstPad *sink, *src;
  GstPad *validation_pad; /* on request, else NULL */

  /* Properties, fixed from READY to PAUSED on. */
  char *generator_model, *discriminator_model, *checkpoint, *log_dir;
  int preset, optimizer, loss; /* places in the library's lists */
  gboolean resume, overwrite, silent;
  guint64 epochs, epoch_samples, max_steps, checkpoint_interval, preview_interval;
  guint64 validation_interval, log_interval;
  guint validation_samples, early_stopping;
  int preview_columns, preview_rows;
  GstGenerativeDevice device;
  GstGenerativePrecision precision;
  GenTrainerSettings settings;
  GenPresetOptions options;

  GenCheckpointLock *lock; /* on the checkpoint's folder, from READY to PAUSED on */

  /* The streaming thread's, until training starts. */
  GstVideoInfo info;
  guint64 skip;       /* pictures still to be passed over */
  guint slot;         /* in the batch being filled */
  float low, high;    /* numbers for black and white */
  gsize batch_floats; /* numbers in a batch */

  /* The validation pad's streaming thread's until validation_ended, then the training thread's. */
  GstVideoInfo validation_info;
  GenValidation *validation;

  /* Under the mutex; a change of it is told by cond. */
  GMutex mutex;
  GCond cond;
  guint64 read, write; /* batches taken out and put in */
  gboolean busy;       /* batch `read` is being trained on */
  gboolean stopping, flushing, data_ended, validation_ended;
  gboolean ended;     /* training is over */
  GstFlowReturn flow; /* what the sink pads' next buffers get */
  guint64 dataset_length;
  GstBuffer *preview; /* to be pushed */

  GenFeed *batches[GST_GAN_TRAINER_BATCHES];

  /* The training thread's. */
  GThread *thread;
  GenTrainer *trainer;
  GenTrainingProgress progress;
  GenTrainingLog *log;
  GenValidationFigures validated; /* the last ones */
  guint64 validated_step;         /* G_MAXUINT64 before the first */
  float *latents;                 /* of the preview */
  guint64 n_previews;
  guint64 first_step, reported_step;
  gint64 start_time, reported_time, printed_time, saved_time;
  gboolean progressing; /* a progress message told of the training */
  gboolean unsaved;     /* something has been learned that no checkpoint has */
  gboolean replacing;   /* the folder has an earlier training's checkpoint until this one's first */
};

/* gantrainer-properties.c */
void gst_gan_trainer_install_properties (GObjectClass *object_class);
void gst_gan_trainer_init_properties (GstGanTrainer *self);
void gst_gan_trainer_clear_properties (GstGanTrainer *self);
/* All settings, or those alone that change what is learned, a{sv}. (transfer floating) */
GVariant *gst_gan_trainer_describe_settings (GstGanTrainer *self, gboolean of_learning_only);

/* gantrainer.c: whether somebody gives pictures to validate by. */
gboolean gst_gan_trainer_validates (GstGanTrainer *self);
/* The trainer for pictures of self->info. */
gboolean gst_gan_trainer_open (GstGanTrainer *self, GError **error);
void gst_gan_trainer_close (GstGanTrainer *self);

/* gantrainer-pads.c */
#define GST_GAN_TRAINER_CAPS                                                                       \
  "video/x-raw, format = (string) { GRAY8, RGB }, width = (int) [ 1, 4096 ], "                     \
  "height = (int) [ 1, 4096 ], framerate = (fraction) [ 0, max ]"
/* A sink pad made from its template: "sink" or "validation". */
GstPad *gst_gan_trainer_new_sink (GstGanTrainer *self, GstPadTemplate *pad_template);

/* gantrainer-thread.c */
/* Pictures in an epoch, and the step that training ends after; 0 when it is not known. */
guint64 gst_gan_trainer_epoch_length (GstGanTrainer *self);
guint64 gst_gan_trainer_last_step (GstGanTrainer *self);
void gst_gan_trainer_start_training (GstGanTrainer *self);
void gst_gan_trainer_stop_training (GstGanTrainer *self);

/* gantrainer-checkpoint.c */
/* From READY to PAUSED: the folder is this training's, and nothing in it will be lost that should
 * not; FALSE when an error has been posted. Given back when training has ended. */
gboolean gst_gan_trainer_take_folder (GstGanTrainer *self);
void gst_gan_trainer_give_folder_back (GstGanTrainer *self);
/* Training has failed: an error that says so, and what there is of it. */
void gst_gan_trainer_post_failure (GstGanTrainer *self, const GError *error);
/* By the training thread. Whether a checkpoint is due after `step`. */
gboolean gst_gan_trainer_checkpoint_is_due (GstGanTrainer *self, guint64 step);
/* Write what no checkpoint has; FALSE when an error has been posted. A checkpoint that is not the
 * `last` one may fail: a warning tells of it, and training goes on to the next. */
gboolean gst_gan_trainer_save (GstGanTrainer *self, gboolean last);
/* The best models so far, and the checkpoint, which knows of them. `before` is the progress without
 * this validation, which is gone back to where they cannot be written. */
gboolean gst_gan_trainer_save_best (GstGanTrainer *self, const GenTrainingProgress *before);

/* gantrainer-report.c: called by the training thread. */
void gst_gan_trainer_report_start (GstGanTrainer *self);
void gst_gan_trainer_report (GstGanTrainer *self, const GenTrainerFigures *figures, gboolean last);
void gst_gan_trainer_report_validation (GstGanTrainer *self, gboolean best);
void gst_gan_trainer_log_nets (GstGanTrainer *self);
/* The end was there before the first step. */
void gst_gan_trainer_report_idle (GstGanTrainer *self);
void gst_gan_trainer_report_end (GstGanTrainer *self, gboolean done, gboolean stopped);

/* gantrainer-preview.c. The src pad, which has been made. */
void gst_gan_trainer_preview_prepare (GstPad *pad);
/* Called by the training thread. Make a preview when the last one was taken
 * and somebody looks; the `last` one in any case. */
void gst_gan_trainer_preview_start (GstGanTrainer *self);
gboolean gst_gan_trainer_preview_update (GstGanTrainer *self, gboolean last, GError **error);
void gst_gan_trainer_preview_clear (GstGanTrainer *self);
/* The wall of made pictures, as the preview shows it. (transfer full) by gen_picture_clear. */
gboolean gst_gan_trainer_draw_wall (GstGanTrainer *self, GenPicture *wall, GError **error);

G_END_DECLS
