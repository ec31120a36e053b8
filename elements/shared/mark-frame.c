/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "mark-frame.h"

#include "stream-time.h"

void
gst_generative_mark_frame_init (GenMarkFrame *marked, const GstVideoFrame *frame)
{
  const GstVideoInfo *info = &frame->info;

  *marked = (GenMarkFrame){ .width = GST_VIDEO_FRAME_WIDTH (frame),
    .height = GST_VIDEO_FRAME_HEIGHT (frame),
    .n = GST_VIDEO_INFO_IS_RGB (info) ? 3 : 1,
    .step = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, 0),
    .bits = GST_VIDEO_FRAME_COMP_DEPTH (frame, 0),
    .shift = GST_VIDEO_FORMAT_INFO_SHIFT (info->finfo, 0),
    .full_range =
        GST_VIDEO_INFO_IS_RGB (info) || info->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255 };
  for (int i = 0; i < marked->n; i++) {
    marked->samples[i] = GST_VIDEO_FRAME_COMP_DATA (frame, i);
    marked->stride[i] = GST_VIDEO_FRAME_COMP_STRIDE (frame, i);
  }
}

GstCaps *
gst_generative_mark_caps (const GstCaps *caps, GstCaps *filter, gboolean learned)
{
  static GstStaticCaps seen =
      GST_STATIC_CAPS (GST_VIDEO_CAPS_MAKE (GST_GENERATIVE_LEARNED_MARK_FORMATS));
  g_autoptr (GstCaps) formats = learned ? gst_static_caps_get (&seen) : gst_caps_new_any ();
  g_autoptr (GstCaps) taken = gst_caps_intersect ((GstCaps *)caps, formats);

  if (filter == NULL)
    return g_steal_pointer (&taken);
  return gst_caps_intersect_full (filter, taken, GST_CAPS_INTERSECT_FIRST);
}

void
gst_generative_mark_times (GstBaseTransform *base, const GstVideoInfo *info, GstBuffer *buffer,
    GstClockTime *next, gint64 *begin, gint64 *end)
{
  GstClockTime time = gst_generative_stream_time (&base->segment, GST_BUFFER_PTS (buffer));
  GstClockTime duration = GST_BUFFER_DURATION (buffer);

  if (!GST_CLOCK_TIME_IS_VALID (time))
    time = *next;
  if (!GST_CLOCK_TIME_IS_VALID (duration))
    duration = info->fps_n > 0
                   ? gst_util_uint64_scale (GST_SECOND, (guint64)info->fps_d, (guint64)info->fps_n)
                   : GST_SECOND / 25;
  *next = time + duration;
  *begin = (gint64)time;
  *end = (gint64)*next;
}
