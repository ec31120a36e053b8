/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Windows of a sound and what they should be. Places are counted in frames since running time 0, so
 * that both streams are matched to the sample; what buffers say of time is looked at where a
 * stretch begins. */
#include "qualitycompare.h"

#include "../shared/debug.h"
#include "../shared/sample-numbers.h"

#include <math.h>

GST_DEBUG_CATEGORY_EXTERN (quality_compare_debug);
#define GST_CAT_DEFAULT quality_compare_debug

void
gst_quality_compare_forget_sounds (GstQualityCompare *self)
{
  gst_generative_windows_forget (&self->windows);
  gst_quality_compare_forget_heard (self);
}

void
gst_quality_compare_begin_sounds (GstQualityCompare *self)
{
  const GstAudioInfo *info = &self->judged.format.sound;
  const int rate = GST_AUDIO_INFO_RATE (info);
  guint64 window, hop;

  GST_OBJECT_LOCK (self);
  window = (guint64)MAX (llround (self->window * rate), 1);
  hop = self->hop > 0 ? (guint64)MAX (llround (self->hop * rate), 1) : window;
  GST_OBJECT_UNLOCK (self);
  gst_quality_compare_forget_sounds (self);
  gst_generative_windows_begin (&self->windows, info, window, MIN (hop, window));
}

/* --- windows --- */

static gint64
offset_frames (GstQualityCompare *self)
{
  return gst_quality_compare_place_of (self, gst_quality_compare_get_offset (self));
}

/* The `frames` frames at the head of the queue. */
static GenSample
read_window (GstQualityCompare *self, guint64 frames)
{
  const GstAudioInfo *info = &self->judged.format.sound;
  const gsize n = (gsize)frames * (gsize)GST_AUDIO_INFO_CHANNELS (info);

  if (self->n_samples < n) {
    g_free (self->samples);
    self->samples = g_new (float, n);
    self->n_samples = n;
  }
  gst_generative_read_samples (
      info, gst_generative_queue_first (&self->windows.queue), frames, self->samples);
  return gst_quality_compare_as_sound (self, self->samples, frames);
}

static gboolean
is_finite (const GenSample *sample)
{
  const gsize n = sample->sound.frames * (gsize)sample->sound.channels;

  for (gsize i = 0; i < n; i++)
    if (!isfinite (sample->sound.data[i]))
      return FALSE;
  return TRUE;
}

static void
notice_not_finite (GstQualityCompare *self, const GenSample *window, const GenSample *reference)
{
  if (self->told_not_finite || (is_finite (window) && is_finite (reference)))
    return;
  self->told_not_finite = TRUE;
  GST_ELEMENT_WARNING (self, STREAM, FAILED,
      ("Window %" G_GUINT64_FORMAT " of pad %s has samples that are not finite (NaN or infinite): "
       "such windows have no figures. Further ones are not reported",
          self->reporting.frame, is_finite (window) ? "reference" : "sink"),
      (NULL));
}

static gboolean
judge_window (GstQualityCompare *self, guint64 frames)
{
  const gint64 place = self->first + (gint64)self->windows.first - offset_frames (self);
  GenSample window, reference;

  if (!gst_quality_compare_recall (self, place, (gint64)frames, &reference))
    return gst_quality_compare_judge (self, NULL, NULL, 0, 0);
  window = read_window (self, frames);
  notice_not_finite (self, &window, &reference);
  return gst_quality_compare_judge (self, &window, &reference,
      gst_quality_compare_time_of (self, self->first + (gint64)self->windows.first),
      gst_quality_compare_time_of (self, place));
}

/* Judge the `frames` frames at the head of the queue and tell it on `buffer`, or on none. */
static gboolean
end_window (GstQualityCompare *self, guint64 frames, GstBuffer *buffer, guint nth)
{
  GstGenerativeWindows *windows = &self->windows;

  return judge_window (self, frames) &&
         gst_generative_reporting_emit (&self->reporting, buffer,
             gst_generative_windows_time (windows, windows->first), nth, self->reporting.values);
}

static gboolean
take_in (GstQualityCompare *self, GstBuffer *buffer, guint64 frames)
{
  GstGenerativeWindows *windows = &self->windows;
  guint nth = 0;

  for (guint64 i = 0; i < frames;) {
    const guint64 piece = MIN (frames - i, gst_generative_windows_missing (windows));

    gst_generative_windows_push (windows, buffer, i, piece, FALSE);
    i += piece;
    if (gst_generative_windows_missing (windows) > 0)
      continue;
    if (!end_window (self, windows->window, buffer, nth++))
      return FALSE;
    gst_generative_windows_leave (windows, gst_generative_windows_measured (windows));
    gst_quality_compare_leave_heard (
        self, self->first + (gint64)windows->first - offset_frames (self));
  }
  return TRUE;
}

/* What is left, where it is half a window and more, or all there was. */
static gboolean
end_stretch (GstQualityCompare *self)
{
  GstGenerativeWindows *windows = &self->windows;
  const guint64 unheard = windows->come - windows->covered;
  gboolean done = TRUE;

  if (unheard > 0 && (windows->covered == 0 || 2 * unheard >= windows->window))
    done = end_window (self, windows->come - windows->first, NULL, 0);
  gst_generative_windows_forget (windows);
  return done;
}

/* --- the stream --- */

static GstFlowReturn
end (GstQualityCompare *self, gboolean late)
{
  g_auto (GstQualityMoment) next = { 0 };
  const gint64 place = self->first + (gint64)self->windows.come - offset_frames (self);
  GstFlowReturn flow;

  if (self->windows.come == 0)
    return GST_FLOW_EOS;
  flow = gst_quality_compare_hear (self, place, late);
  if (flow != GST_FLOW_OK)
    return flow;
  self->goes_on =
      gst_quality_compare_heard_end (self) > place + 1 ||
      (gst_quality_side_peek (&self->reference, &next) && !gst_quality_moment_is_gap (&next));
  return end_stretch (self) ? GST_FLOW_EOS : GST_FLOW_ERROR;
}

/* Whether what comes does not follow what has come. */
static gboolean
jumps (GstQualityCompare *self, const GstQualityMoment *judged)
{
  return self->windows.come > 0 &&
         (gst_quality_moment_is_gap (judged) ||
             gst_generative_windows_jumps (&self->windows, judged->buffer));
}

/* Judge the windows that end in a buffer, and send it on. */
static GstFlowReturn
judge_buffer (GstQualityCompare *self, GstQualityMoment *judged, guint64 frames)
{
  GstBuffer *buffer;

  gst_quality_side_take (&self->judged, judged);
  buffer = gst_buffer_make_writable (g_steal_pointer (&judged->buffer));
  if (self->windows.come == 0)
    self->first = gst_quality_compare_place_of (self, judged->time);
  if (take_in (self, buffer, frames))
    return gst_quality_compare_push (self, buffer);
  gst_buffer_unref (buffer);
  return GST_FLOW_ERROR;
}

GstFlowReturn
gst_quality_compare_next_sound (GstQualityCompare *self, gboolean late)
{
  g_auto (GstQualityMoment) judged = { 0 };
  GstFlowReturn flow;
  gint64 begin;
  guint64 frames;

  if (!gst_quality_side_peek (&self->judged, &judged))
    return gst_quality_side_is_over (&self->judged) ? end (self, late)
                                                    : GST_AGGREGATOR_FLOW_NEED_DATA;
  begin = self->windows.come > 0 ? self->first + (gint64)self->windows.come
                                 : gst_quality_compare_place_of (self, judged.time);
  frames = gst_buffer_get_size (judged.buffer) / self->windows.frame_size;
  if (jumps (self, &judged))
    frames = 0;
  flow = gst_quality_compare_hear (self, begin + (gint64)frames - offset_frames (self), late);
  if (flow != GST_FLOW_OK)
    return flow;
  if (jumps (self, &judged)) {
    gst_quality_compare_interrupt (self);
    return end_stretch (self) ? GST_FLOW_OK : GST_FLOW_ERROR;
  }
  if (!gst_quality_moment_is_gap (&judged))
    return judge_buffer (self, &judged, frames);
  gst_quality_side_take (&self->judged, &judged);
  gst_quality_compare_push_gap (self, &judged);
  return GST_FLOW_OK;
}
