/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Boxes, whichever meta they are of. */
#pragma once

#include <generative/augment.h>
#include <glib.h>

/* In pixels, from the upper left corner of the frame. */
typedef struct {
  double left, top, right, bottom;
} GstVideoAugmentBox;

/* The smallest box around what becomes of one, cut off at the edges of the frame. FALSE when less
 * than `min_visibility` of its area is left, or nothing. */
gboolean gst_video_augment_box_move (
    const GenAugmentPictureDraw *draw, double min_visibility, GstVideoAugmentBox *box);
/* What of a box is within another. FALSE as above. */
gboolean gst_video_augment_box_cut (
    const GstVideoAugmentBox *by, double min_visibility, GstVideoAugmentBox *box);
/* To whole pixels, as the smallest such box around it. */
void gst_video_augment_box_round (GstVideoAugmentBox *box);
