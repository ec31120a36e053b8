/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

/* The stream time of `pts` in `segment`: none outside of it, and where it does not count time. */
static inline GstClockTime
gst_generative_stream_time (const GstSegment *segment, GstClockTime pts)
{
  if (segment->format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID (pts))
    return GST_CLOCK_TIME_NONE;
  return gst_segment_to_stream_time (segment, GST_FORMAT_TIME, pts);
}

/* The running time of `pts` in `segment`: none outside of it, and where it does not count time, as
 * that of a file does. */
static inline GstClockTime
gst_generative_running_time (const GstSegment *segment, GstClockTime pts)
{
  if (segment->format != GST_FORMAT_TIME)
    return GST_CLOCK_TIME_NONE;
  return gst_segment_to_running_time (segment, GST_FORMAT_TIME, pts);
}

/* Set the controlled properties of `element` to what they are at `pts` in `segment`. Buffers
 * without a time, outside of the segment, or in a segment that does not count time leave them as
 * they are.
 */
static inline void
gst_generative_sync_values (gpointer element, const GstSegment *segment, GstClockTime pts)
{
  const GstClockTime time = gst_generative_stream_time (segment, pts);

  if (GST_CLOCK_TIME_IS_VALID (time))
    gst_object_sync_values (GST_OBJECT (element), time);
}
