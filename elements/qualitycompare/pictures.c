/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames and those that they should be. A frame's partner is what the reference shows in the middle
 * of the time that the frame is shown, or of that of the reference's frames where these are
 * shorter: so times that are rounded, as containers have them, do not matter, and of streams of
 * different rates each frame is compared with what a viewer would have seen. */
#include "qualitycompare.h"

#include "../shared/debug.h"
#include "../shared/frames.h"
#include "../shared/model-file.h"

GST_DEBUG_CATEGORY_EXTERN (quality_compare_debug);
#define GST_CAT_DEFAULT quality_compare_debug

/* Containers round times to milliseconds. */
#define LEAST_SLACK GST_MSECOND

typedef enum {
  PARTNER_FOUND,
  PARTNER_MISSING,
  PARTNER_TO_COME,
} Partner;

void
gst_quality_compare_forget_pictures (GstQualityCompare *self)
{
  gst_quality_moment_clear (&self->shown);
  self->shown_used = self->head_used = FALSE;
}

static gint64
half_of_shorter (gint64 a, gint64 b)
{
  const gint64 shorter = a > 0 && b > 0 ? MIN (a, b) : MAX (a, b);

  return MAX (shorter / 2, (gint64)LEAST_SLACK);
}

/* The reference's next frame is over. */
static void
leave_head (GstQualityCompare *self)
{
  g_auto (GstQualityMoment) gone = { 0 };

  gst_quality_side_take (&self->reference, &gone);
  if (!self->head_used && !gst_quality_moment_is_gap (&gone))
    self->unused++;
  self->head_used = FALSE;
}

static void
forget_shown (GstQualityCompare *self)
{
  if (self->shown.buffer != NULL && !self->shown_used)
    self->unused++;
  gst_quality_moment_clear (&self->shown);
  self->shown_used = FALSE;
}

/* It is shown until the next one is, whenever that is. */
static void
show_head (GstQualityCompare *self)
{
  forget_shown (self);
  gst_quality_side_take (&self->reference, &self->shown);
  self->shown_used = self->head_used;
  self->head_used = FALSE;
}

static Partner
use (GstQualityCompare *self, const GstQualityMoment *frame, gboolean *used,
    GstQualityMoment *partner)
{
  self->used_again += *used;
  *used = TRUE;
  *partner = *frame;
  gst_buffer_ref (partner->buffer);
  return PARTNER_FOUND;
}

static Partner
use_shown (GstQualityCompare *self, GstQualityMoment *partner)
{
  return self->shown.buffer != NULL ? use (self, &self->shown, &self->shown_used, partner)
                                    : PARTNER_MISSING;
}

static Partner
find_partner (GstQualityCompare *self, const GstQualityMoment *judged, gboolean late,
    GstQualityMoment *partner)
{
  GstQualitySide *reference = &self->reference;
  const gint64 offset = gst_quality_compare_get_offset (self);
  g_auto (GstQualityMoment) head = { 0 };

  while (gst_quality_side_peek (reference, &head)) {
    const gint64 slack = half_of_shorter (judged->duration, head.duration);
    const gint64 place = judged->time - offset + slack;

    if (head.time > place)
      return use_shown (self, partner);
    if (gst_quality_moment_is_gap (&head) ||
        (head.duration > 0 && place >= head.time + head.duration + slack / 2)) {
      forget_shown (self);
      leave_head (self);
    } else if (head.duration == 0) {
      show_head (self);
    } else {
      forget_shown (self);
      return use (self, &head, &self->head_used, partner);
    }
  }
  return gst_quality_side_is_over (reference) || late ? use_shown (self, partner) : PARTNER_TO_COME;
}

/* --- judging --- */

gboolean
gst_quality_compare_map_picture (GstQualityCompare *self, const GstQualitySide *side,
    GstBuffer *buffer, GstVideoFrame *frame, GenSample *sample)
{
  const GstVideoInfo *info = &side->format.video;
  g_autoptr (GError) error = NULL;

  if (!gst_generative_check_frame (info, buffer, &error)) {
    gst_generative_post_error (GST_ELEMENT (self), error);
    return FALSE;
  }
  if (!gst_video_frame_map (frame, info, buffer, GST_MAP_READ)) {
    GST_ELEMENT_ERROR (self, RESOURCE, READ,
        ("A frame of pad %s cannot be mapped", GST_PAD_NAME (side->pad)), (NULL));
    return FALSE;
  }
  *sample = gen_sample_of_picture (&(GenPicture){ .data = GST_VIDEO_FRAME_PLANE_DATA (frame, 0),
      .width = GST_VIDEO_INFO_WIDTH (info),
      .height = GST_VIDEO_INFO_HEIGHT (info),
      .channels = GST_VIDEO_INFO_FORMAT (info) == GST_VIDEO_FORMAT_RGB ? 3 : 1,
      .stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0) });
  return TRUE;
}

static gboolean
judge_pair (
    GstQualityCompare *self, GstBuffer *judged, gint64 time, const GstQualityMoment *partner)
{
  GstVideoFrame frames[2];
  GenSample samples[2];
  gboolean done = FALSE;

  if (!gst_quality_compare_check (self) ||
      !gst_quality_compare_map_picture (self, &self->judged, judged, &frames[0], &samples[0]))
    return FALSE;
  if (gst_quality_compare_map_picture (
          self, &self->reference, partner->buffer, &frames[1], &samples[1])) {
    done = gst_quality_compare_judge (self, &samples[0], &samples[1], time, partner->time);
    gst_video_frame_unmap (&frames[1]);
  }
  gst_video_frame_unmap (&frames[0]);
  return done;
}

/* Judge a frame and send it on. (transfer full) of its buffer */
static GstFlowReturn
judge (GstQualityCompare *self, GstQualityMoment *judged, const GstQualityMoment *partner)
{
  const gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  GstBuffer *buffer = gst_buffer_make_writable (g_steal_pointer (&judged->buffer));
  const gboolean done = partner->buffer != NULL
                            ? judge_pair (self, buffer, judged->time, partner)
                            : gst_quality_compare_judge (self, NULL, NULL, judged->time, 0);

  if (!done || !gst_generative_reporting_emit (
                   &self->reporting, buffer, GST_BUFFER_PTS (buffer), 0, self->reporting.values)) {
    gst_buffer_unref (buffer);
    return GST_FLOW_ERROR;
  }
  GST_LOG_OBJECT (self,
      "frame at %" GST_STIME_FORMAT ", compared with that at %" GST_STIME_FORMAT " in %.3f ms",
      GST_STIME_ARGS (judged->time),
      GST_STIME_ARGS (partner->buffer != NULL ? partner->time : GST_CLOCK_STIME_NONE),
      gst_generative_since (began));
  return gst_quality_compare_push (self, buffer);
}

/* Nothing is judged any more. */
static GstFlowReturn
end (GstQualityCompare *self)
{
  g_auto (GstQualityMoment) head = { 0 };

  if (self->head_used)
    leave_head (self);
  self->goes_on =
      gst_quality_side_peek (&self->reference, &head) && !gst_quality_moment_is_gap (&head);
  return GST_FLOW_EOS;
}

GstFlowReturn
gst_quality_compare_next_picture (GstQualityCompare *self, gboolean late)
{
  g_auto (GstQualityMoment) judged = { 0 }, partner = { 0 };

  if (!gst_quality_side_peek (&self->judged, &judged))
    return gst_quality_side_is_over (&self->judged) ? end (self) : GST_AGGREGATOR_FLOW_NEED_DATA;
  if (gst_quality_moment_is_gap (&judged)) {
    gst_quality_side_take (&self->judged, &judged);
    gst_quality_compare_interrupt (self);
    gst_quality_compare_push_gap (self, &judged);
    return GST_FLOW_OK;
  }
  if (find_partner (self, &judged, late, &partner) == PARTNER_TO_COME)
    return GST_AGGREGATOR_FLOW_NEED_DATA;
  gst_quality_side_take (&self->judged, &judged);
  return judge (self, &judged, &partner);
}
