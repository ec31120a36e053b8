/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "sound-windows.h"

#include "label-meta.h"
#include "sound-jump.h"

void
gst_generative_windows_init (GstGenerativeWindows *windows)
{
  *windows = (GstGenerativeWindows){ 0 };
  gst_generative_windows_forget (windows);
}

static void
forget_said (GstGenerativeWindows *windows, guint64 end)
{
  GstBuffer *said;

  while ((said = g_queue_peek_head (&windows->said)) != NULL && GST_BUFFER_OFFSET_END (said) <= end)
    gst_buffer_unref (g_queue_pop_head (&windows->said));
}

void
gst_generative_windows_clear (GstGenerativeWindows *windows)
{
  forget_said (windows, G_MAXUINT64);
  gst_generative_queue_free (&windows->queue);
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
  gst_generative_queue_clear (&windows->queue);
  forget_said (windows, G_MAXUINT64);
  windows->first = windows->come = windows->covered = 0;
  windows->pts = GST_CLOCK_TIME_NONE;
  windows->offset = GST_BUFFER_OFFSET_NONE;
  windows->item = GST_GENERATIVE_NO_ITEM;
}

gboolean
gst_generative_windows_jumps (const GstGenerativeWindows *windows, GstBuffer *buffer)
{
  if (windows->come == 0)
    return FALSE;
  return GST_BUFFER_IS_DISCONT (buffer) ||
         gst_generative_sound_jumps (buffer, gst_generative_windows_time (windows, windows->come));
}

gboolean
gst_generative_windows_leaves_item (const GstGenerativeWindows *windows, GstBuffer *buffer)
{
  return windows->come > 0 && gst_generative_label_find_item (buffer) != windows->item;
}

guint64
gst_generative_windows_missing (const GstGenerativeWindows *windows)
{
  const guint64 end = windows->first + windows->window;

  return end > windows->come ? end - windows->come : 0;
}

/* GstBufferForeachMetaFunc: a meta that tells how samples lie does not go with others. */
static gboolean
is_not_of_memory (GstBuffer *buffer, GstMeta **meta, gpointer data)
{
  if (gst_meta_api_type_has_tag (
          (*meta)->info->api, g_quark_from_static_string (GST_META_TAG_MEMORY_STR)))
    *meta = NULL;
  return TRUE;
}

/* Keep what `buffer` says of the next `frames` frames. */
static void
keep_said (GstGenerativeWindows *windows, GstBuffer *buffer, guint64 frames)
{
  GstBuffer *said = gst_buffer_new ();

  gst_buffer_copy_into (said, buffer, GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_META, 0, -1);
  gst_buffer_foreach_meta (said, is_not_of_memory, NULL);
  GST_BUFFER_OFFSET (said) = windows->come;
  GST_BUFFER_OFFSET_END (said) = windows->come + frames;
  g_queue_push_tail (&windows->said, said);
}

void
gst_generative_windows_push (
    GstGenerativeWindows *windows, GstBuffer *buffer, guint64 from, guint64 frames, gboolean keeps)
{
  const gsize size = (gsize)frames * windows->frame_size;

  if (windows->come == 0) {
    windows->pts = GST_BUFFER_PTS (buffer);
    windows->offset = GST_BUFFER_OFFSET (buffer);
    windows->item = gst_generative_label_find_item (buffer);
  }
  if (keeps)
    keep_said (windows, buffer, frames);
  gst_buffer_extract (buffer, (gsize)from * windows->frame_size,
      gst_generative_queue_extend (&windows->queue, size), size);
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
  gst_generative_queue_drop (&windows->queue, (gsize)(end - windows->first) * windows->frame_size);
  forget_said (windows, end);
  windows->first = end;
}

/* The frames from the first one in the queue to `end`, with what was said of them. */
static GstBuffer *
copy_frames (const GstGenerativeWindows *windows, guint64 end)
{
  GstBuffer *buffer = gst_buffer_new_memdup (gst_generative_queue_first (&windows->queue),
      (gsize)(end - windows->first) * windows->frame_size);
  GstBufferCopyFlags flags = GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_META;

  for (const GList *i = windows->said.head; i != NULL; i = i->next) {
    GstBuffer *said = i->data;

    if (GST_BUFFER_OFFSET (said) >= end)
      break;
    gst_buffer_copy_into (buffer, said, flags, 0, -1);
    flags = GST_BUFFER_COPY_META;
  }
  return buffer;
}

GstBuffer *
gst_generative_windows_take (GstGenerativeWindows *windows, guint64 sent, guint64 end)
{
  const guint64 begin = CLAMP (sent, windows->first, end);
  GstBuffer *buffer;

  gst_generative_windows_leave (windows, begin);
  if (begin == end)
    return NULL;
  buffer = copy_frames (windows, end);
  gst_generative_windows_leave (windows, end);
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
