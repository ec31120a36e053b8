/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/picture-mark.h>
#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

/* The formats in which pictures are marked, and marks are found: those with luma in a plane or at
 * every so many bytes, and RGB. */
#if G_BYTE_ORDER == G_LITTLE_ENDIAN
#define GST_GENERATIVE_MARK_WORDS "I420_10LE, I422_10LE, Y444_10LE, P010_10LE, GRAY16_LE"
#else
#define GST_GENERATIVE_MARK_WORDS "I420_10BE, I422_10BE, Y444_10BE, P010_10BE, GRAY16_BE"
#endif
#define GST_GENERATIVE_MARK_FORMATS                                                                \
  "{ I420, NV12, YV12, NV21, Y42B, Y444, NV16, YUY2, UYVY, GRAY8, " GST_GENERATIVE_MARK_WORDS      \
  ", RGB, BGR, RGBx, BGRx, xRGB, xBGR, RGBA, BGRA, ARGB, ABGR, GBR, RGBP, BGRP }"

/* A mapped frame as the library has it, which points to it. */
void gst_generative_mark_frame_init (GenMarkFrame *marked, const GstVideoFrame *frame);

/* What nets of learned marks see. */
#define GST_GENERATIVE_LEARNED_MARK_FORMATS                                                        \
  "{ RGB, BGR, RGBx, BGRx, xRGB, xBGR, RGBA, BGRA, ARGB, ABGR, GBR, RGBP, BGRP }"

/* The part of transform_caps: which of `caps` may be on the other side, of those whose formats a
 * net sees where there is one (`learned`), and of `filter`. (transfer full) */
GstCaps *gst_generative_mark_caps (const GstCaps *caps, GstCaps *filter, gboolean learned);
/* From when to when a frame of `info` is shown, in the time of the stream; what has no times is due
 * at `next`, which becomes when the one behind it is. */
void gst_generative_mark_times (GstBaseTransform *base, const GstVideoInfo *info, GstBuffer *buffer,
    GstClockTime *next, gint64 *begin, gint64 *end);
