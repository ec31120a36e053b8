/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A stream cut into windows by the positions of its frames. */
#include "windows.h"

/* Times that are less than a 25th of a second off are those of a container that rounds them, not a
 * jump, where no buffer says that it does not follow. */
#define TOLERANCE 25

static guint64
rate_of (const GstSoundWindows *self)
{
  return (guint64)GST_AUDIO_INFO_RATE (&self->info);
}

static gsize
frame_of (const GstSoundWindows *self)
{
  return (gsize)GST_AUDIO_INFO_BPF (&self->info);
}

void
gst_sound_windows_open (GstSoundWindows *self, const GstAudioInfo *info, guint64 length)
{
  GstStructure *config;

  gst_sound_windows_close (self);
  self->info = *info;
  self->length = length;
  self->pool = gst_buffer_pool_new ();
  config = gst_buffer_pool_get_config (self->pool);
  gst_buffer_pool_config_set_params (config, NULL, (guint)(length * frame_of (self)), 0, 0);
  gst_buffer_pool_set_config (self->pool, config);
  gst_buffer_pool_set_active (self->pool, TRUE);
}

void
gst_sound_windows_forget (GstSoundWindows *self)
{
  gst_clear_buffer (&self->input);
  gst_clear_buffer (&self->window);
  self->position = self->filled = 0;
  self->sure = FALSE;
}

void
gst_sound_windows_close (GstSoundWindows *self)
{
  gst_sound_windows_forget (self);
  if (self->pool != NULL)
    gst_buffer_pool_set_active (self->pool, FALSE);
  gst_clear_object (&self->pool);
  self->length = 0;
}

/* Where `input` lies: where it says, or right behind the last one when that is what it means. */
static guint64
place (const GstSoundWindows *self, const GstBuffer *input)
{
  const guint64 rate = rate_of (self);
  guint64 position, off;

  if (!self->timed)
    return self->position;
  position = gst_util_uint64_scale_round (GST_BUFFER_PTS (input), rate, GST_SECOND);
  off = MAX (position, self->position) - MIN (position, self->position);
  return self->sure && !GST_BUFFER_IS_DISCONT (input) && off < rate / TOLERANCE ? self->position
                                                                                : position;
}

void
gst_sound_windows_push (GstSoundWindows *self, GstBuffer *input)
{
  guint64 position;

  gst_clear_buffer (&self->input);
  self->input = input;
  self->taken = 0;
  self->timed = GST_BUFFER_PTS_IS_VALID (input);
  position = place (self, input);
  self->discont = !self->sure || position != self->position;
  self->position = position;
  self->sure = TRUE;
}

guint64
gst_sound_windows_left (const GstSoundWindows *self)
{
  if (self->input == NULL)
    return 0;
  return gst_buffer_get_size (self->input) / frame_of (self) - self->taken;
}

static void
stamp (GstSoundWindows *self, GstBuffer *buffer, guint64 first, guint64 frames)
{
  const GstClockTime end = gst_util_uint64_scale (first + frames, GST_SECOND, rate_of (self));

  GST_BUFFER_OFFSET (buffer) = first;
  GST_BUFFER_OFFSET_END (buffer) = first + frames;
  if (!self->timed)
    return;
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (first, GST_SECOND, rate_of (self));
  GST_BUFFER_DURATION (buffer) = end - GST_BUFFER_PTS (buffer);
}

static void
mark_jump (GstSoundWindows *self, GstBuffer *buffer)
{
  if (self->discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  else
    GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DISCONT);
  self->discont = FALSE;
}

/* The next `frames` of the input are gone. */
static void
take (GstSoundWindows *self, guint64 frames)
{
  self->taken += frames;
  self->position += frames;
  if (gst_sound_windows_left (self) == 0)
    gst_clear_buffer (&self->input);
}

GstBuffer *
gst_sound_windows_pass (GstSoundWindows *self, guint64 frames)
{
  const gsize frame = frame_of (self);
  GstBuffer *buffer;

  if (self->taken == 0 && frames == gst_sound_windows_left (self)) {
    self->position += frames;
    self->discont = FALSE;
    return g_steal_pointer (&self->input);
  }
  buffer = gst_buffer_copy_region (
      self->input, GST_BUFFER_COPY_ALL, (gsize)self->taken * frame, (gsize)frames * frame);
  stamp (self, buffer, self->position, frames);
  mark_jump (self, buffer);
  take (self, frames);
  return buffer;
}

/* A window that begins with the next frame of the input. */
static gboolean
begin_window (GstSoundWindows *self)
{
  if (gst_buffer_pool_acquire_buffer (self->pool, &self->window, NULL) != GST_FLOW_OK)
    return FALSE;
  mark_jump (self, self->window);
  self->first = self->position;
  self->filled = 0;
  self->gap = TRUE;
  return TRUE;
}

/* Whether the input can be the window. */
static gboolean
is_window (const GstSoundWindows *self)
{
  return self->window == NULL && self->taken == 0 && self->position % self->length == 0 &&
         gst_buffer_get_size (self->input) == (gsize)self->length * frame_of (self) &&
         gst_buffer_is_writable (self->input) && gst_buffer_is_all_memory_writable (self->input);
}

static void
copy_frames (GstSoundWindows *self, guint64 frames)
{
  const gsize frame = frame_of (self), at = (gsize)self->filled * frame;
  GstMapInfo map;

  if (GST_BUFFER_FLAG_IS_SET (self->input, GST_BUFFER_FLAG_GAP) ||
      !gst_buffer_map (self->input, &map, GST_MAP_READ)) {
    gst_buffer_memset (self->window, at, 0, (gsize)frames * frame);
  } else {
    gst_buffer_fill (
        self->window, at, map.data + (gsize)self->taken * frame, (gsize)frames * frame);
    gst_buffer_unmap (self->input, &map);
    self->gap = FALSE;
  }
  self->filled += frames;
  take (self, frames);
}

GstBuffer *
gst_sound_windows_fill (GstSoundWindows *self)
{
  guint64 end;

  if (is_window (self)) {
    GstBuffer *input = self->input;

    stamp (self, input, self->position, self->length);
    mark_jump (self, input);
    self->position += self->length;
    return g_steal_pointer (&self->input);
  }
  if (self->window == NULL && !begin_window (self)) {
    gst_clear_buffer (&self->input);
    return NULL;
  }
  end = (self->first / self->length + 1) * self->length;
  copy_frames (self, MIN (gst_sound_windows_left (self), end - self->position));
  return self->first + self->filled == end ? gst_sound_windows_end (self) : NULL;
}

GstBuffer *
gst_sound_windows_end (GstSoundWindows *self)
{
  if (self->window == NULL)
    return NULL;
  gst_buffer_set_size (self->window, (gssize)((gsize)self->filled * frame_of (self)));
  stamp (self, self->window, self->first, self->filled);
  if (self->gap)
    GST_BUFFER_FLAG_SET (self->window, GST_BUFFER_FLAG_GAP);
  return g_steal_pointer (&self->window);
}
