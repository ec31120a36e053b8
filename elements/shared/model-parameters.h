/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parameters of the model that plays, numbers that stay as they are from frame to frame, each
 * an object with properties of its own: GstChildProxy names them, and controllers move them. */
#pragma once

#include <generative/player.h>
#include <gst/gst.h>

#define GST_TYPE_GENERATIVE_PARAMETER (gst_generative_parameter_get_type ())
G_DECLARE_FINAL_TYPE (
    GstGenerativeParameter, gst_generative_parameter, GST, GENERATIVE_PARAMETER, GstObject)

typedef struct {
  GstElement *element;   /* a GstChildProxy */
  GPtrArray *parameters; /* GstGenerativeParameter, under the element's object lock */
} GstGenerativeParameters;

void gst_generative_parameters_init (GstGenerativeParameters *self, GstElement *element);
void gst_generative_parameters_clear (GstGenerativeParameters *self);
/* The part of GstChildProxy. (transfer full) */
GObject *gst_generative_parameters_get (GstGenerativeParameters *self, guint i);
guint gst_generative_parameters_count (GstGenerativeParameters *self);

/* FALSE with `error` where nobody has said which number one of `model` stands at. */
gboolean gst_generative_parameters_check (const GenModel *model, GError **error);
/* Let there be those of `model`, which is about to play. */
void gst_generative_parameters_follow (GstGenerativeParameters *self, const GenModel *model);
/* Let `model`, which has just been read, stand at what somebody has set. For any thread. */
void gst_generative_parameters_set (GstGenerativeParameters *self, GenModel *model);
/* Before a frame of that time: set those that `text` (or NULL), "strength=0.6,bits=1:0:1", names,
 * and let `player` have what was set since, or is controlled. What cannot be is told in a warning,
 * and changes nothing. */
void gst_generative_parameters_give (
    GstGenerativeParameters *self, GenPlayer *player, const char *text, GstClockTime stream_time);
