/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <generative/picture.h>
#include <gst/video/video.h>

/* Lay a grey picture over a frame of 8 bits, its top left corner at x and y, which are even: 0 is
 * black ground that covers the frame by `opacity` (0 to 255), 255 white ink. Colour becomes grey
 * as far as it is covered, and what was transparent is seen. */
void gst_quality_overlay_blend (
    GstVideoFrame *frame, const GenPicture *panel, int x, int y, guint opacity);
