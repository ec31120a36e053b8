/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that follow a sound: they lie where it lies, and are made as it comes. Seeking is for
 * whoever makes the sound, and what is known of the stream is known there. */
#include "latentsrc.h"

#include "../shared/frame-answers.h"
#include "../shared/frame-time.h"

GST_DEBUG_CATEGORY_EXTERN (latent_src_debug);
#define GST_CAT_DEFAULT latent_src_debug

static GstLatentRate
get_rate (const GstLatentSrc *self)
{
  return (GstLatentRate){ self->rate_numerator, self->rate_denominator };
}

GstFlowReturn
gst_latent_src_listen (GstLatentSrc *self)
{
  const GstLatentRate rate = get_rate (self);
  GstSegment segment;
  GstFlowReturn result;
  gboolean moved;

  result = gst_latent_sound_wait (&self->sound, &rate, &self->frame, &segment, &moved);
  if (!moved)
    return result;
  self->latent.advance = 0;
  self->offset =
      GST_CLOCK_TIME_IS_VALID (segment.time) ? (gint64)segment.start - (gint64)segment.time : 0;
  gst_base_src_new_segment (GST_BASE_SRC (self), &segment);
  return result;
}

/* A walk's own speed is counted by frames; what the sound adds is summed up. */
void
gst_latent_src_follow (GstLatentSrc *self)
{
  const GstLatentRate rate = get_rate (self);
  const GstLatentSpeed speed = { self->latent.speed, self->taken.sound_speed,
    self->taken.speed_follows };

  gst_latent_sound_follow (
      &self->sound, &rate, self->frame, &speed, &self->latent.advance, self->heard);
}

void
gst_latent_src_follow_rate (GstLatentSrc *self, int numerator, int denominator)
{
  GstClockTime time;

  if (!self->follows || self->rate_numerator == 0 || numerator == 0)
    return;
  time = gst_generative_frame_time (self->frame, self->rate_numerator, self->rate_denominator);
  self->frame = gst_generative_time_frame (time, numerator, denominator);
  if (gst_generative_frame_time (self->frame, numerator, denominator) < time)
    self->frame++;
}

/* --- events --- */

/* `seek` with times in place of frames. NULL when it cannot be. (transfer full) */
static GstEvent *
seek_by_time (const GstLatentSrc *self, GstEvent *seek)
{
  const GstFrameAnswers answers = {
    .numerator = self->rate_numerator, .denominator = self->rate_denominator, .size = self->size
  };
  GstSeekType start_type, stop_type;
  GstSeekFlags flags;
  gint64 start, stop;
  GstFormat format;
  GstEvent *event;
  double rate;

  gst_event_parse_seek (seek, &rate, &format, &flags, &start_type, &start, &stop_type, &stop);
  if (format == GST_FORMAT_TIME)
    return gst_event_ref (seek);
  if (!gst_frame_answers_convert (&answers, format, start, GST_FORMAT_TIME, &start) ||
      !gst_frame_answers_convert (&answers, format, stop, GST_FORMAT_TIME, &stop))
    return NULL;
  event = gst_event_new_seek (rate, GST_FORMAT_TIME, flags, start_type, start, stop_type, stop);
  gst_event_set_seqnum (event, gst_event_get_seqnum (seek));
  return event;
}

static gboolean
pass_seek (GstLatentSrc *self, GstPad *pad, GstEvent *seek)
{
  GstEvent *event;
  double rate;

  gst_event_parse_seek (seek, &rate, NULL, NULL, NULL, NULL, NULL, NULL);
  if (rate < 0) {
    GST_WARNING_OBJECT (self, "a sound cannot be followed backwards");
    return FALSE;
  }
  event = seek_by_time (self, seek);
  if (event == NULL) {
    GST_WARNING_OBJECT (self, "a seek by frames needs to know how many a second has");
    return FALSE;
  }
  return gst_pad_push_event (pad, event);
}

gboolean
gst_latent_src_follow_event (GstLatentSrc *self, GstEvent *event)
{
  g_autoptr (GstPad) pad = gst_latent_sound_get_pad (&self->sound);

  if (pad != NULL && GST_EVENT_TYPE (event) == GST_EVENT_SEEK)
    return pass_seek (self, pad, event);
  if (pad != NULL && GST_EVENT_TYPE (event) == GST_EVENT_LATENCY)
    gst_pad_push_event (pad, gst_event_ref (event));
  return gst_latent_src_get_parent_class ()->event (GST_BASE_SRC (self), event);
}

/* What an application sends to the element goes the same way. */
gboolean
gst_latent_src_send_event (GstElement *element, GstEvent *event)
{
  GstLatentSrc *self = GST_LATENT_SRC (element);
  g_autoptr (GstPad) pad = gst_latent_sound_get_pad (&self->sound);
  gboolean result;

  if (pad == NULL || GST_EVENT_TYPE (event) != GST_EVENT_SEEK)
    return GST_ELEMENT_CLASS (gst_latent_src_get_parent_class ())->send_event (element, event);
  result = pass_seek (self, pad, event);
  gst_event_unref (event);
  return result;
}

/* --- queries --- */

/* A frame waits for all of its sound. */
static gboolean
answer_latency (GstLatentSrc *self, GstPad *pad, GstQuery *query)
{
  GstClockTime min = 0, max = GST_CLOCK_TIME_NONE, frame = 0;
  gboolean live = FALSE;

  if (self->rate_numerator == 0 || !gst_pad_peer_query (pad, query))
    return FALSE;
  gst_query_parse_latency (query, &live, &min, &max);
  frame = gst_generative_frame_time (1, self->rate_numerator, self->rate_denominator);
  min += frame;
  if (GST_CLOCK_TIME_IS_VALID (max))
    max += frame;
  gst_query_set_latency (query, live, min, max);
  return TRUE;
}

/* A length, or a seekable range, in the format that is asked for. */
static gboolean
from_time (const GstLatentSrc *self, gint64 time, GstFormat format, gint64 *value)
{
  const GstFrameAnswers answers = {
    .numerator = self->rate_numerator, .denominator = self->rate_denominator, .size = self->size
  };

  return gst_frame_answers_convert (&answers, GST_FORMAT_TIME, time, format, value);
}

static gboolean
answer_duration (GstLatentSrc *self, GstPad *pad, GstQuery *query)
{
  gint64 duration;
  GstFormat format;

  gst_query_parse_duration (query, &format, NULL);
  if (!gst_pad_peer_query_duration (pad, GST_FORMAT_TIME, &duration) ||
      !from_time (self, duration, format, &duration))
    return FALSE;
  gst_query_set_duration (query, format, duration);
  return TRUE;
}

static gboolean
answer_seeking (GstLatentSrc *self, GstPad *pad, GstQuery *query)
{
  g_autoptr (GstQuery) asked = gst_query_new_seeking (GST_FORMAT_TIME);
  gint64 start = 0, stop = -1;
  gboolean seekable = FALSE;
  GstFormat format;

  gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
  if (gst_pad_peer_query (pad, asked))
    gst_query_parse_seeking (asked, NULL, &seekable, &start, &stop);
  if (!from_time (self, start, format, &start) || !from_time (self, stop, format, &stop))
    return FALSE;
  gst_query_set_seeking (query, format, seekable, start, stop);
  return TRUE;
}

gboolean
gst_latent_src_follow_query (GstLatentSrc *self, GstQuery *query, gboolean *handled)
{
  g_autoptr (GstPad) pad = self->follows ? gst_latent_sound_get_pad (&self->sound) : NULL;

  *handled = pad != NULL;
  switch (pad != NULL ? GST_QUERY_TYPE (query) : GST_QUERY_UNKNOWN) {
  case GST_QUERY_LATENCY:
    return answer_latency (self, pad, query);
  case GST_QUERY_DURATION:
    return answer_duration (self, pad, query);
  case GST_QUERY_SEEKING:
    return answer_seeking (self, pad, query);
  default:
    *handled = FALSE;
    return FALSE;
  }
}
