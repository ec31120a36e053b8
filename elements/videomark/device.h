/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames in CUDA memory. */
#pragma once

#include <generative/mark-device.h>

#include "../shared/cuda-filter.h"

/* The device, and the plan for frames of a kind. */
typedef struct {
  GstGenerativeCudaFilter filter;
  GenPictureMarkDevice *plan; /* NULL: none is compiled */
} GstVideoMarkDevice;

/* Give up what was compiled: the pattern is another one now. */
void gst_video_mark_device_close (GstVideoMarkDevice *device);

/* Mark it, in place; what goes wrong is posted by the element. */
GstFlowReturn gst_video_mark_device_apply (GstVideoMarkDevice *device, const GenPictureMark *mark,
    const GstVideoInfo *info, GstBuffer *buffer, double strength);
