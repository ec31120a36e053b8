/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* Key points of a picture, as a GstCustomMeta: `points`, an array of doubles, x and y of each point
 * in turn, in pixels from the upper left corner of the frame; they may lie outside of it. What else
 * the structure has, as names or confidences, is its writer's, and stays with them: points are
 * never dropped, nor is their order changed. Elements that scale pictures scale them. */
#define GST_GENERATIVE_KEYPOINTS "generative-keypoints"

/* Make the meta known; from the class_init of whoever adds or reads it. */
void gst_generative_keypoints_register (void);
/* Whether a meta is one. */
gboolean gst_generative_keypoints_are (const GstMeta *meta);

typedef void (*GstGenerativePointFunc) (double *x, double *y, gpointer data);
/* Let `function` change each point. What is no array of pairs of doubles is left as it is. */
void gst_generative_keypoints_change (
    GstCustomMeta *meta, GstGenerativePointFunc function, gpointer data);
