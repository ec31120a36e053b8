/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What plays changes while it plays: another file, another model or another batch, made ready on a
 * thread of its own and waiting there until it is taken over between two frames. What cannot be
 * played in its place is said, and what there is plays on. */
#pragma once

#include "../shared/model-file.h"
#include "play.h"
#include "settings.h"

typedef struct {
  GstGeneratorPlay *play;
  GstGeneratorSettings *settings;
  GstGeneratorSuccessor *next; /* atomic: to be taken at the next frame */

  /* Under the element's object lock. */
  GenModel *newest;    /* which plays or is going to; NULL: what was there at the start */
  GstFileWatch *watch; /* NULL while stopped */
} GstGeneratorChange;

/* From now on; the file at `path` is looked at, or none where that is NULL. */
void gst_generator_change_begin (GstGeneratorChange *change, const char *path);
void gst_generator_change_end (GstGeneratorChange *change);
/* The property GST_GENERATOR_… `number` has been set; under the object lock. */
void gst_generator_change_follow (GstGeneratorChange *change, guint number);

/* Whether something waits to be taken over. */
gboolean gst_generator_change_is_ready (GstGeneratorChange *change);
/* It, or NULL. (transfer full) */
GstGeneratorSuccessor *gst_generator_change_take (GstGeneratorChange *change);
