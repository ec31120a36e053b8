/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/video/video.h>

/* A second stream, whose frames wait for those of the element's own: a sink pad and a short queue.
 * Its frames are taken in their order by the streaming thread of the element's own stream. */
typedef struct _GstVideoAugmentPartner GstVideoAugmentPartner;

/* The pad, which the caller adds to `element`; its caps are those that `own` has, as soon as it has
 * any. */
GstVideoAugmentPartner *gst_video_augment_partner_new (GstPadTemplate *pad_template, GstPad *own);
void gst_video_augment_partner_free (GstVideoAugmentPartner *partner);
GstPad *gst_video_augment_partner_get_pad (GstVideoAugmentPartner *partner);

/* While it is interrupted nobody waits for a frame: the own stream is flushed, or ends. */
void gst_video_augment_partner_interrupt (GstVideoAugmentPartner *partner, gboolean interrupted);
/* The next `n` frames and what they are like. FLUSHING when it is interrupted; EOS when there are
 * not as many any more. (transfer full) */
GstFlowReturn gst_video_augment_partner_take (
    GstVideoAugmentPartner *partner, GstBuffer **frames, guint n, GstVideoInfo *info);
