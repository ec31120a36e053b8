/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* Frame numbers and times at a constant rate of `numerator` / `denominator` frames a second. The
 * two functions are each other's inverse, so that seeking to the time of a frame finds it. */

/* When a frame begins. */
static inline GstClockTime
gst_generative_frame_time (guint64 frame, int numerator, int denominator)
{
  return gst_util_uint64_scale (frame, (guint64)denominator * GST_SECOND, (guint64)numerator);
}

/* The last frame that begins at `time` or before. */
static inline guint64
gst_generative_time_frame (GstClockTime time, int numerator, int denominator)
{
  return gst_util_uint64_scale_ceil (
             time + 1, (guint64)numerator, (guint64)denominator * GST_SECOND) -
         1;
}
