/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/augment-policy.h>
#include <gst/video/video.h>

/* A stream of masks that move as the frames of the same numbers do: a sink pad, and the source pad
 * that belongs to it. A mask waits until its frame has been drawn, as settings may change from
 * frame to frame. */
typedef struct _GstVideoAugmentMask GstVideoAugmentMask;

/* What a frame was drawn by. */
typedef struct {
  guint64 number, clip;
  int width, height;
  GenAugmentSettings settings;
} GstVideoAugmentDrawn;

/* Both pads are added to `element` as mask_sink_N and mask_src_N. */
GstVideoAugmentMask *gst_video_augment_mask_new (
    GstElement *element, GstPadTemplate *sink_template, GstPadTemplate *src_template, guint number);
/* Removes them. */
void gst_video_augment_mask_free (GstVideoAugmentMask *mask);
GstPad *gst_video_augment_mask_get_pad (GstVideoAugmentMask *mask);

/* A frame has been drawn. Waits where masks are far behind frames. */
void gst_video_augment_mask_offer (GstVideoAugmentMask *mask, const GstVideoAugmentDrawn *drawn);
/* While it is interrupted nobody waits, and what has been offered is forgotten. */
void gst_video_augment_mask_interrupt (GstVideoAugmentMask *mask, gboolean interrupted);
/* Whether no further frame will come. */
void gst_video_augment_mask_end (GstVideoAugmentMask *mask, gboolean ended);

/* The number of a frame, whatever stream it is of: its offset, or what follows from time and rate,
 * or else how many there have been, of which `counted` is one more then. */
guint64 gst_video_augment_frame_number (
    GstBuffer *buffer, const GstVideoInfo *info, guint64 *counted);
