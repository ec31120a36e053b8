/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames in CUDA memory. */
#pragma once

#include "../shared/cuda-filter.h"
#include "augment-frame.h"

#include <generative/augment-device.h>

/* The device, and the plan for frames of a kind. */
typedef struct {
  GstGenerativeCudaFilter filter;
  GenAugmentDevice *plan; /* NULL: none is compiled */
} GstVideoAugmentDevice;

/* Give up what was compiled. */
void gst_video_augment_device_close (GstVideoAugmentDevice *device);

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
