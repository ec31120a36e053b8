/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What plays changes while it plays: another file, another model or another batch, made ready on a
 * thread of its own and waiting there until it is taken over between two frames. What cannot be
 * played in its place is said, and what there is plays on. */
#pragma once

#include "../shared/succession.h"
#include "../shared/model-parameters.h"
#include "play.h"
#include "settings.h"

typedef struct {
  GstGeneratorPlay *play;
  GstGeneratorSettings *settings;
  GstGenerativeParameters *given;
  GstSuccession succession; /* of GstGeneratorSuccessor, to be taken at the next frame */
  /* What was made ready last, which plays or is going to; NULL: what was there at the start. Under
   * the element's object lock. */
  GenModel *newest;
  gint said; /* atomic: which properties of parameters are to be looked at before the next frame */
  /* Since a model was last read, and the last one could not be played; under the object lock. */
  gboolean scales_changed, refused;
} GstGeneratorChange;

void gst_generator_change_init (GstGeneratorChange *change, GstGeneratorPlay *play,
    GstGeneratorSettings *settings, GstGenerativeParameters *given);
/* From now on; the file at `path` is looked at, or none where that is NULL. */
void gst_generator_change_begin (GstGeneratorChange *change, const char *path);
void gst_generator_change_end (GstGeneratorChange *change);
/* What plays has been taken over: its adapters count as adapter-scale has come to say meanwhile. */
void gst_generator_change_follow_adapters (GstGeneratorChange *change);
/* The property GST_GENERATOR_… `number` has been set; under the object lock. */
void gst_generator_change_follow (GstGeneratorChange *change, guint number);
/* What properties parameters and adapter-scale say that have been set since this was last asked, in
 * the words of the first, to be freed; NULL: nothing. Shapes may hang on it, and then a model is
 * made ready that has it. */
char *gst_generator_change_take_parameters (GstGeneratorChange *change);
/* Whether frames of fixed `caps` suit the model of `ports`, in size and format; `input` is then
 * what they are. */
gboolean gst_generator_suits (GstBaseTransform *base, const GstGeneratorPorts *ports, GstCaps *caps,
    GstGeneratorInput *input);
