/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parameters of the model that plays, numbers that stay as they are from frame to frame, each
 * an object with properties of its own: GstChildProxy names them, and controllers move them. */
#pragma once

#include <generative/player.h>
#include <gst/gst.h>

#define GST_TYPE_GENERATOR_PARAMETER (gst_generator_parameter_get_type ())
G_DECLARE_FINAL_TYPE (
    GstGeneratorParameter, gst_generator_parameter, GST, GENERATOR_PARAMETER, GstObject)

typedef struct {
  GstElement *element;   /* a GstChildProxy */
  GPtrArray *parameters; /* GstGeneratorParameter, under the element's object lock */
} GstGeneratorParameters;

void gst_generator_parameters_init (GstGeneratorParameters *self, GstElement *element);
void gst_generator_parameters_clear (GstGeneratorParameters *self);
/* The part of GstChildProxy. (transfer full) */
GObject *gst_generator_parameters_get (GstGeneratorParameters *self, guint i);
guint gst_generator_parameters_count (GstGeneratorParameters *self);

/* Let there be those of `model`, which is about to play. */
void gst_generator_parameters_follow (GstGeneratorParameters *self, const GenModel *model);
/* Let `model`, which has just been read, stand at what somebody has set. For any thread. */
void gst_generator_parameters_set (GstGeneratorParameters *self, GenModel *model);
/* Set those that `text` names, "strength=0.6,bits=1:0:1". FALSE with `error` where there is none of
 * that name. */
gboolean gst_generator_parameters_say (
    GstGeneratorParameters *self, const GenModel *model, const char *text, GError **error);
/* Let `player` have what was set since, or is controlled, for a frame of that time. FALSE with
 * `error` where it cannot be; what can be is. */
gboolean gst_generator_parameters_give (
    GstGeneratorParameters *self, GenPlayer *player, GstClockTime stream_time, GError **error);
