/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gantrainer is three files: the element with its sink pad, the thread that trains, and the
 * preview on the src pad. */
#pragma once

#include <gst/video/video.h>

#include <generative/event-file.h>
#include <generative/trainer.h>

G_BEGIN_DECLS

#define GST_TYPE_GAN_TRAINER (gst_gan_trainer_get_type ())
G_DECLARE_FINAL_TYPE (GstGanTrainer, gst_gan_trainer, GST, GAN_TRAINER, GstElement)

/* Batches that may wait for training, the one being trained on included. */
#define GST_GAN_TRAINER_BATCHES 4

struct _GstGanTrainer {
  GstElement parent;
  GstPad *sink, *src;

  /* Properties, fixed from READY to PAUSED on. */
  char *preset, *generator_model, *discriminator_model, *checkpoint, *optimizer, *loss, *log_dir;
  gboolean resume, silent;
  guint64 epochs, epoch_samples, max_steps, checkpoint_interval, preview_interval;
  int preview_columns, preview_rows;
  GenTrainerSettings settings;
  GenPresetOptions options;

  /* The streaming thread's, until training starts. */
  GstVideoInfo info;
  guint64 skip;       /* pictures still to be passed over */
  guint slot;         /* in the batch being filled */
  float numbers[256]; /* for each byte */
  float low, high;    /* numbers for black and white */
  gsize batch_floats; /* numbers in a batch */

  /* Under the mutex; a change of it is told by cond. */
  GMutex mutex;
  GCond cond;
  guint64 read, write; /* batches taken out and put in */
  gboolean busy;       /* batch `read` is being trained on */
  gboolean stopping, flushing, data_ended;
  gboolean ended;     /* training is over */
  GstFlowReturn flow; /* what the sink pad's next buffer gets */
  guint64 dataset_length;
  GstBuffer *preview; /* to be pushed */

  float *batches[GST_GAN_TRAINER_BATCHES];

  /* The training thread's. */
  GThread *thread;
  GenTrainer *trainer;
  GenEventFile *events;
  guint64 samples;
  float *latents, *pictures; /* of the preview */
  guint64 n_previews;
  guint64 first_step, reported_step;
  gint64 start_time, reported_time, printed_time;
};

/* gantrainer-thread.c */
void gst_gan_trainer_start_training (GstGanTrainer *self);
void gst_gan_trainer_stop_training (GstGanTrainer *self);

/* gantrainer-preview.c: called by the training thread. Make a preview when the last one was taken
 * and somebody looks; the `last` one in any case. */
void gst_gan_trainer_preview_start (GstGanTrainer *self);
gboolean gst_gan_trainer_preview_update (GstGanTrainer *self, gboolean last, GError **error);
void gst_gan_trainer_preview_clear (GstGanTrainer *self);

G_END_DECLS
