/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What analyses have found in a frame, as GStreamer's analytics library has it since 1.24. Where
 * the plugin is built without (analytics-none.c), nothing is such a meta. */
#pragma once

#include <generative/augment.h>
#include <gst/gst.h>

/* Whether it is one, which the following looks after. */
gboolean gst_video_augment_analytics_are (const GstMeta *meta);
/* Detected objects move along as regions do; an oriented box becomes an upright one around it. With
 * one that is not left enough go its relations. Classes and tracks stay; what else there is hangs
 * on places that nobody here knows, and goes. */
void gst_video_augment_analytics_move (
    GstBuffer *buffer, const GenAugmentPictureDraw *draw, double min_visibility);
