/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sound-windows.h"

/* Times that differ from what follows by less are of clocks that are not quite the same, as sinks
 * of sound have it too. */
#define TOLERANCE (40 * GST_MSECOND)

void
gst_generative_windows_init (GstGenerativeWindows *windows)
{
  *windows = (GstGenerativeWindows){ .queue = gst_adapter_new () };
  gst_generative_windows_forget (windows);
}

void
gst_generative_windows_clear (GstGenerativeWindows *windows)
{
  g_clear_object (&windows->queue);
}

void
gst_generative_windows_begin (
    GstGenerativeWindows *windows, const GstAudioInfo *info, guint64 window, guint64 hop)
{
  windows->window = window;
  windows->hop = hop;
  windows->frame_size = (gsize)GST_AUDIO_INFO_BPF (info);
  windows->rate = (guint64)GST_AUDIO_INFO_RATE (info);
}

void
gst_generative_windows_forget (GstGenerativeWindows *windows)
{
  gst_adapter_clear (windows->queue);
  windows->first = windows->come = windows->covered = 0;
  windows->pts = GST_CLOCK_TIME_NONE;
  windows->offset = GST_BUFFER_OFFSET_NONE;
}

gboolean
gst_generative_windows_jumps (const GstGenerativeWindows *windows, GstBuffer *buffer)
{
  const GstClockTime expected = gst_generative_windows_time (windows, windows->come);

  if (windows->come == 0)
    return FALSE;
  if (GST_BUFFER_IS_DISCONT (buffer))
    return TRUE;
  return GST_CLOCK_TIME_IS_VALID (expected) && GST_BUFFER_PTS_IS_VALID (buffer) &&
         ABS (GST_CLOCK_DIFF (expected, GST_BUFFER_PTS (buffer))) > (GstClockTimeDiff)TOLERANCE;
}

guint64
gst_generative_windows_missing (const GstGenerativeWindows *windows)
{
  const guint64 end = windows->first + windows->window;

  return end > windows->come ? end - windows->come : 0;
}

void
gst_generative_windows_push (
    GstGenerativeWindows *windows, GstBuffer *buffer, guint64 from, guint64 frames, gboolean keeps)
{
  const GstBufferCopyFlags flags =
      keeps ? GST_BUFFER_COPY_ALL : GST_BUFFER_COPY_MEMORY | GST_BUFFER_COPY_DEEP;

  if (windows->come == 0) {
    windows->pts = GST_BUFFER_PTS (buffer);
    windows->offset = GST_BUFFER_OFFSET (buffer);
  }
  gst_adapter_push (
      windows->queue, gst_buffer_copy_region (buffer, flags, (gsize)from * windows->frame_size,
                          (gsize)frames * windows->frame_size));
  windows->come += frames;
}

GstClockTime
gst_generative_windows_time (const GstGenerativeWindows *windows, guint64 frame)
{
  if (!GST_CLOCK_TIME_IS_VALID (windows->pts))
    return GST_CLOCK_TIME_NONE;
  return windows->pts + gst_util_uint64_scale (frame, GST_SECOND, windows->rate);
}

guint64
gst_generative_windows_measured (GstGenerativeWindows *windows)
{
  windows->covered = MAX (windows->covered, windows->first + windows->window);
  return windows->first + windows->hop;
}

void
gst_generative_windows_leave (GstGenerativeWindows *windows, guint64 end)
{
  gst_adapter_flush (windows->queue, (gsize)(end - windows->first) * windows->frame_size);
  windows->first = end;
}

GstBuffer *
gst_generative_windows_take (GstGenerativeWindows *windows, guint64 sent, guint64 end)
{
  const guint64 begin = CLAMP (sent, windows->first, end);
  GstBuffer *buffer;

  gst_generative_windows_leave (windows, begin);
  if (begin == end)
    return NULL;
  buffer = gst_buffer_make_writable (
      gst_adapter_take_buffer_fast (windows->queue, (gsize)(end - begin) * windows->frame_size));
  windows->first = end;
  GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DISCONT);
  GST_BUFFER_PTS (buffer) = gst_generative_windows_time (windows, begin);
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (buffer) =
      GST_CLOCK_TIME_IS_VALID (windows->pts)
          ? gst_generative_windows_time (windows, end) - GST_BUFFER_PTS (buffer)
          : gst_util_uint64_scale (end - begin, GST_SECOND, windows->rate);
  GST_BUFFER_OFFSET (buffer) = GST_BUFFER_OFFSET_END (buffer) = GST_BUFFER_OFFSET_NONE;
  if (windows->offset != GST_BUFFER_OFFSET_NONE) {
    GST_BUFFER_OFFSET (buffer) = windows->offset + begin;
    GST_BUFFER_OFFSET_END (buffer) = windows->offset + end;
  }
  return buffer;
}
