/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames in CUDA memory. */
#pragma once

#include "../shared/cuda-frames.h"
#include "augment-frame.h"

#include <generative/augment-device.h>

/* In front of other caps, of pad templates, as what is there had better stay: those of GStreamer's
 * pools that are augmented. */
#ifdef GST_GENERATIVE_HAS_CUDA
#define GST_GENERATIVE_AUGMENT_DEVICE_CAPS                                                         \
  GST_VIDEO_CAPS_MAKE_WITH_FEATURES (                                                              \
      GST_GENERATIVE_CUDA_MEMORY, "{ RGB, BGR, RGBx, BGRx, RGBA, BGRA, NV12, I420 }")              \
  "; "
#else
#define GST_GENERATIVE_AUGMENT_DEVICE_CAPS ""
#endif

/* The device, its context and the plan for frames of a kind. */
typedef struct _GstVideoAugmentDevice GstVideoAugmentDevice;

GstVideoAugmentDevice *gst_video_augment_device_new (GstElement *element);
void gst_video_augment_device_free (GstVideoAugmentDevice *device);
/* The parts of set_context and of answering a context query, whose FALSE says that it asks for
 * something else, or that there is no context. */
void gst_video_augment_device_set_context (GstVideoAugmentDevice *device, GstContext *context);
gboolean gst_video_augment_device_answer (GstVideoAugmentDevice *device, GstQuery *query);
/* Have a context, which is the neighbours' where they have one; FALSE when there is none to be had.
 */
gboolean gst_video_augment_device_open (GstVideoAugmentDevice *device);
/* Give up what was compiled. */
void gst_video_augment_device_close (GstVideoAugmentDevice *device);
/* The context, or NULL. (transfer none) */
GstObject *gst_video_augment_device_context (GstVideoAugmentDevice *device);

/* The name of an augmentation that has no kernel for frames there, of RGB, or of YUV; NULL: all
 * that `settings` ask for have one. */
const char *gst_video_augment_device_lacks (const GenAugmentSettings *settings, gboolean yuv);
/* What of `caps` is not such memory, or can be augmented there by `settings`; none can when it is
 * NULL. (transfer full, both) */
GstCaps *gst_video_augment_device_only (GstCaps *caps, const GenAugmentSettings *settings);

/* Whether `draw` can be done to `buffer`; else `step` is what has no kernel, NULL where it is not
 * there. */
gboolean gst_video_augment_device_can (GstVideoAugmentDevice *device, const GstVideoInfo *info,
    GstBuffer *buffer, const GenAugmentPictureDraw *draw, const char **step);
/* Do it, in place; what goes wrong is posted by the element. */
GstFlowReturn gst_video_augment_device_render (GstVideoAugmentDevice *device,
    const GstVideoInfo *info, GstBuffer *buffer, const GenAugmentPictureDraw *draw);
