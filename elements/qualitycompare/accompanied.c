/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames and the sound that goes with them: with each frame goes what was heard since the one
 * before, so that no frame has to say how long it lasts, and nothing is left out. */
#include "qualitycompare.h"

#include "../shared/debug.h"

GST_DEBUG_CATEGORY_EXTERN (quality_compare_debug);
#define GST_CAT_DEFAULT quality_compare_debug

gboolean
gst_quality_compare_is_accompanied (const GstQualityCompare *self)
{
  return self->judged.has_format && !self->judged.format.is_sound && self->reference.has_format &&
         self->reference.format.is_sound;
}

void
gst_quality_compare_forget_accompaniment (GstQualityCompare *self)
{
  self->accompanied = FALSE;
  gst_quality_compare_forget_heard (self);
}

/* Whether the sound that comes next begins at `place`, with which no sound goes that there was. */
static gboolean
begins_at (GstQualityCompare *self, gint64 place)
{
  g_auto (GstQualityMoment) next = { 0 };

  return gst_quality_side_peek (&self->reference, &next) && !gst_quality_moment_is_gap (&next) &&
         gst_quality_compare_place_of (self, next.time) == place;
}

/* What goes with a frame at `place` of the sound. FALSE where there is none: it has not come, or
 * there is a hole. */
static gboolean
find_sound (GstQualityCompare *self, gint64 place, GenSample *sound)
{
  if (!self->accompanied && !self->heard_began) {
    if (!begins_at (self, place))
      return FALSE;
    self->heard_first = place;
  }
  if (place > gst_quality_compare_heard_end (self))
    return FALSE;
  if (self->accompanied && gst_quality_compare_recall (self, self->accompanied_to,
                               MAX (place - self->accompanied_to, 0), sound))
    return TRUE;
  if (self->accompanied)
    gst_quality_compare_interrupt (self);
  self->accompanied = gst_quality_compare_recall (self, place, 0, sound);
  self->accompanied_to = place;
  return self->accompanied;
}

static gboolean
judge_frame (GstQualityCompare *self, GstBuffer *buffer, gint64 time, gint64 place)
{
  GenSample frame, sound;
  GstVideoFrame mapped;
  gboolean done;

  if (!find_sound (self, place, &sound))
    return gst_quality_compare_judge (self, NULL, NULL, time, 0);
  if (!gst_quality_compare_map_picture (self, &self->judged, buffer, &mapped, &frame))
    return FALSE;
  done = gst_quality_compare_judge (
      self, &frame, &sound, time, gst_quality_compare_time_of (self, place));
  gst_video_frame_unmap (&mapped);
  self->accompanied_to = MAX (place, self->accompanied_to);
  gst_quality_compare_leave_heard (self, self->accompanied_to);
  return done;
}

/* Nothing is judged any more. */
static GstFlowReturn
end (GstQualityCompare *self)
{
  g_auto (GstQualityMoment) next = { 0 };

  self->goes_on =
      gst_quality_side_peek (&self->reference, &next) && !gst_quality_moment_is_gap (&next);
  return GST_FLOW_EOS;
}

GstFlowReturn
gst_quality_compare_next_accompanied (GstQualityCompare *self, gboolean late)
{
  const gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  g_auto (GstQualityMoment) judged = { 0 };
  GstBuffer *buffer;
  GstFlowReturn flow;
  gint64 place;

  if (!gst_quality_side_peek (&self->judged, &judged))
    return gst_quality_side_is_over (&self->judged) ? end (self) : GST_AGGREGATOR_FLOW_NEED_DATA;
  if (gst_quality_moment_is_gap (&judged)) {
    gst_quality_side_take (&self->judged, &judged);
    gst_quality_compare_push_gap (self, &judged);
    return GST_FLOW_OK;
  }
  place = gst_quality_compare_place_of (self, judged.time - gst_quality_compare_get_offset (self));
  flow = gst_quality_compare_hear (self, place, late);
  if (flow != GST_FLOW_OK)
    return flow;
  gst_quality_side_take (&self->judged, &judged);
  buffer = gst_buffer_make_writable (g_steal_pointer (&judged.buffer));
  if (judge_frame (self, buffer, judged.time, place) &&
      gst_generative_reporting_emit (
          &self->reporting, buffer, GST_BUFFER_PTS (buffer), 0, self->reporting.values)) {
    GST_LOG_OBJECT (self, "frame at %" GST_STIME_FORMAT " and its sound in %.3f ms",
        GST_STIME_ARGS (judged.time), gst_generative_since (began));
    return gst_quality_compare_push (self, buffer);
  }
  gst_buffer_unref (buffer);
  return GST_FLOW_ERROR;
}
