/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * GstTrainer: what gantrainer and modeltrainer are. It puts together what stands in files of their
 * own and knows nothing of it: properties, the preview on the src pad, messages, how a sink
 * comes to PAUSED, and the library's GenTraining. What stands here is shared by the element
 * (trainer.c) and its sink pads (pads.c).
 */
#pragma once

#include "messages.h"
#include "preroll.h"
#include "preview.h"
#include "properties.h"
#include "samples.h"

G_BEGIN_DECLS

#define GST_TYPE_TRAINER (gst_trainer_get_type ())
#define GST_TRAINER_CLASS(klass)                                                                   \
  (G_TYPE_CHECK_CLASS_CAST ((klass), GST_TYPE_TRAINER, GstTrainerClass))
#define GST_TRAINER(object) (G_TYPE_CHECK_INSTANCE_CAST ((object), GST_TYPE_TRAINER, GstTrainer))

typedef struct _GstTrainer GstTrainer;
typedef struct {
  GstElementClass parent_class;
} GstTrainerClass;

GType gst_trainer_get_type (void);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstTrainer, gst_object_unref)

/* Samples that are not trained on. */
typedef struct {
  GstPad *pad;               /* on request, else NULL */
  GstTrainerSamples samples; /* the streaming thread's */
  /* Of a data set: samples in it, 0 where it does not say, and those that have come. Likewise. */
  guint length, n_come;
  /* What its classes are called, and the numbers that training has for them; NULL where its own
   * are as good. Likewise. */
  gboolean has_asked;
  char **names;
  int *classes;
} GstTrainerHeld;

struct _GstTrainer {
  GstElement parent;
  GstPad *sink, *src;
  GstTrainerHeld validation, test;

  /* Properties, fixed from READY to PAUSED on. */
  GenTrainingSettings settings;
  gboolean async;

  /* From READY to PAUSED on. */
  GenTraining *training;
  GThread *thread; /* that trains, once there are caps */
  GstTrainerPreroll preroll;
  GstTrainerPreview preview;
  GstTrainerMessages messages;

  /* The streaming thread's, while it is started. */
  GstTrainerSamples training_data;
  gboolean refused;  /* nothing can be trained on them, which was said */
  gboolean has_part; /* the source makes this process's part of the samples alone */
};

/* --- trainer.c --- */

/* The properties of an element that trains `recipe`; any where it is NULL. */
void gst_trainer_install (GstTrainerClass *klass, const GenRecipe *recipe, GType presets);

/* Train on samples as self->training_data has them, which come by the training's queue. FALSE when
 * an error was posted. */
gboolean gst_trainer_begin (GstTrainer *self);

/* --- pads.c --- */

/* A sink pad made from its template: "sink", "validation" or "test". */
GstPad *gst_trainer_new_sink (GstPadTemplate *pad_template);

/* Other data may come, whose classes are not asked for yet. */
void gst_trainer_forget_classes (GstTrainerHeld *held);

G_END_DECLS
