/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gantrainer puts together what stands in files of their own and knows nothing of it: properties,
 * the preview on the src pad, messages, and the library's GenTraining. What stands here is shared
 * by the element (gantrainer.c) and its sink pads (pads.c). */
#pragma once

#include "messages.h"
#include "preview.h"
#include "properties.h"
#include "samples.h"

G_BEGIN_DECLS

#define GST_TYPE_GAN_TRAINER (gst_gan_trainer_get_type ())
G_DECLARE_FINAL_TYPE (GstGanTrainer, gst_gan_trainer, GST, GAN_TRAINER, GstElement)

struct _GstGanTrainer {
  GstElement parent;
  GstPad *sink, *src;
  GstPad *validation_pad; /* on request, else NULL */

  GenTrainingSettings settings; /* properties, fixed from READY to PAUSED on */

  /* From READY to PAUSED on. */
  GenTraining *training;
  GThread *thread; /* that trains, once there are caps */
  GstGanTrainerPreview preview;
  GstGanTrainerMessages messages;

  /* The streaming threads'. */
  GstGanTrainerSamples training_data, validation_data;
};

/* --- gantrainer.c --- */

/* Train on samples as self->training_data has them, which come by the training's queue. FALSE when
 * an error was posted. */
gboolean gst_gan_trainer_begin (GstGanTrainer *self);

/* --- pads.c --- */

/* A sink pad made from its template: "sink" or "validation". */
GstPad *gst_gan_trainer_new_sink (GstPadTemplate *pad_template);

G_END_DECLS
