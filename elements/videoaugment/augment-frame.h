/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/augment.h>
#include <gst/video/video.h>

/* Formats that are augmented where they are. */
#define GST_GENERATIVE_AUGMENT_FORMATS                                                             \
  "{ RGB, BGR, RGBA, BGRA, ARGB, ABGR, RGBx, BGRx, xRGB, xBGR, GRAY8, I420, YV12, NV12, NV21, "    \
  "Y42B, Y444 }"

/* A mapped frame as the library has it, which points to it. */
void gst_generative_augment_frame_init (GenAugmentFrame *augmented, const GstVideoFrame *frame);
