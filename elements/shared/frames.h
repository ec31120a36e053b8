/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/model.h>
#include <gst/base/gstbasetransform.h>
#include <gst/video/video.h>

/* Between video frames as GStreamer describes them and as plans read and write them. */

/* Formats whose pixels hold pictures of 1, 3 or 4 channels without arithmetic, the plainest
 * first, and behind them those that encoders want and decoders give. A model can make any of
 * GST_GENERATIVE_OUTPUT_FORMATS; what it can take is fewer, since colour is not grey. */
#define GST_GENERATIVE_INPUT_FORMATS                                                               \
  "{ GRAY8, RGB, BGR, RGBx, BGRx, RGBA, BGRA, RGBP, BGRP, GBR, NV12, I420 }"
#define GST_GENERATIVE_OUTPUT_FORMATS GST_GENERATIVE_INPUT_FORMATS

/* Let `structure` have the formats for `channels`, of those that it names where it does, those of
 * GST_GENERATIVE_CUDA_FORMATS where they are `on_device`, and with `subsampled` those in which
 * pixels share chroma. FALSE when there are none. */
gboolean gst_generative_formats_set (GstStructure *structure, int channels, gboolean is_input,
    gboolean on_device, gboolean subsampled);

/* Of `caps`, which the next element takes, those of video whose pixels each have chroma of their
 * own; all where there is none. An element that takes everything would else be given what it
 * happens to name first, and one that knows but one range of colours, as JPEG does, the wrong
 * range. (transfer full) */
GstCaps *gst_generative_prefer_whole_chroma (GstCaps *caps);

/* How the frames of `info` lie in memory, for a model's pictures of `channels` in `columns`
 * side by side. FALSE when planes differ in their strides where they should not. */
gboolean gst_generative_layout (
    const GstVideoInfo *info, int channels, int columns, gboolean is_input, GenFrameLayout *layout);

/* The same of a mapped frame, whose strides may differ from its caps'. */
gboolean gst_generative_layout_of_frame (const GstVideoFrame *frame, int channels, int columns,
    gboolean is_input, GenFrameLayout *layout);

/* Whether `buffer` holds a frame of `info`, where its video meta says that it lies or else as caps
 * do: nobody else looks before a plan reads it. FALSE with an error of GST_STREAM_ERROR. */
gboolean gst_generative_check_frame (const GstVideoInfo *info, GstBuffer *buffer, GError **error);
/* That `buffer` has fewer bytes than the `wanted` ones, or more than can be. Returns FALSE. */
gboolean gst_generative_fail_size (GstBuffer *buffer, gsize wanted, GError **error);

/* Where a plan's plane `plane` begins that is `rows` rows of a mapped frame, from the pixel in
 * column `x` and row `y` on. */
guint8 *gst_generative_frame_plane (
    const GstVideoFrame *frame, const GenFrameLayout *layout, int plane, int x, int y, int rows);

/* The part of decide_allocation that sees to a pool of video frames with aligned memory: the next
 * element's, or one of our own where there is none. `device` writes them. */
gboolean gst_generative_decide_pool (
    GstBaseTransform *base, GstQuery *query, const GstVideoInfo *info, const GenDevice *device);
/* The part of propose_allocation: `device` is to read the frames. Nothing is changed where memory
 * is proposed already. */
void gst_generative_propose_allocator (GstQuery *query, const GenDevice *device);
