/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The answers of sources whose frame N stands at the time N / rate, which is all that seeking and
 * asking come down to. */
#include "frame-answers.h"

#include "frame-time.h"

gboolean
gst_frame_answers_convert (
    const GstFrameAnswers *answers, GstFormat from, gint64 value, GstFormat to, gint64 *result)
{
  const gboolean by_time = from == GST_FORMAT_TIME || to == GST_FORMAT_TIME;
  const gboolean by_bytes = from == GST_FORMAT_BYTES || to == GST_FORMAT_BYTES;
  guint64 frame;

  if (from == to || value == -1) {
    *result = value;
    return TRUE;
  }
  if (value < 0 || (by_time && answers->numerator == 0) || (by_bytes && answers->size == 0))
    return FALSE;
  if (from == GST_FORMAT_TIME)
    frame =
        gst_generative_time_frame ((GstClockTime)value, answers->numerator, answers->denominator);
  else if (from == GST_FORMAT_DEFAULT)
    frame = (guint64)value;
  else if (from == GST_FORMAT_BYTES)
    frame = (guint64)value / answers->size;
  else
    return FALSE;

  if (to == GST_FORMAT_TIME)
    *result = (gint64)gst_generative_frame_time (frame, answers->numerator, answers->denominator);
  else if (to == GST_FORMAT_DEFAULT)
    *result = (gint64)frame;
  else if (to == GST_FORMAT_BYTES)
    *result = (gint64)(frame * answers->size);
  else
    return FALSE;
  return TRUE;
}

/* The stream's length; FALSE where it is endless or not known in that format. */
static gboolean
get_duration (const GstFrameAnswers *answers, GstFormat format, gint64 *duration)
{
  return answers->count > 0 && gst_frame_answers_convert (answers, GST_FORMAT_DEFAULT,
                                   (gint64)answers->count, format, duration);
}

static gboolean
answer_convert (const GstFrameAnswers *answers, GstQuery *query)
{
  gint64 value, result;
  GstFormat from, to;

  gst_query_parse_convert (query, &from, &value, &to, &result);
  if (!gst_frame_answers_convert (answers, from, value, to, &result))
    return FALSE;
  gst_query_set_convert (query, from, value, to, result);
  return TRUE;
}

/* Whether a place in `format` can be sought at all. */
static gboolean
is_seekable (const GstFrameAnswers *answers, GstBaseSrc *base, GstFormat format)
{
  gint64 ignored;

  return GST_BASE_SRC_GET_CLASS (base)->is_seekable (base) &&
         gst_frame_answers_convert (answers, format, 0, GST_FORMAT_TIME, &ignored);
}

static gboolean
answer_seeking (const GstFrameAnswers *answers, GstBaseSrc *base, GstQuery *query)
{
  gint64 duration = -1;
  GstFormat format;

  gst_query_parse_seeking (query, &format, NULL, NULL, NULL);
  get_duration (answers, format, &duration);
  gst_query_set_seeking (query, format, is_seekable (answers, base, format), 0, duration);
  return TRUE;
}

/* A frame goes out when the clock reaches its time, and has the time until the next one to get
 * somewhere; nothing is lost where it is waited for longer. */
static gboolean
answer_latency (const GstFrameAnswers *answers, GstBaseSrc *base, GstQuery *query)
{
  GstClockTime frame = 0;

  if (answers->denominator == 0)
    return FALSE;
  if (answers->numerator > 0)
    frame = gst_generative_frame_time (1, answers->numerator, answers->denominator);
  gst_query_set_latency (query, gst_base_src_is_live (base), frame, GST_CLOCK_TIME_NONE);
  return TRUE;
}

gboolean
gst_frame_answers_query (
    const GstFrameAnswers *answers, GstBaseSrc *base, GstQuery *query, gboolean *handled)
{
  GstFormat format;
  gint64 duration;

  *handled = TRUE;
  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_CONVERT:
    return answer_convert (answers, query);
  case GST_QUERY_SEEKING:
    return answer_seeking (answers, base, query);
  case GST_QUERY_LATENCY:
    return answer_latency (answers, base, query);
  case GST_QUERY_DURATION:
    gst_query_parse_duration (query, &format, NULL);
    *handled = get_duration (answers, format, &duration);
    if (*handled)
      gst_query_set_duration (query, format, duration);
    return *handled;
  default:
    *handled = FALSE;
    return FALSE;
  }
}

/* Played backwards, a stream begins at its end: one has to be named where there is none. */
static gboolean
has_end (const GstFrameAnswers *answers, GstBaseSrc *base, GstSeekType type, gint64 stop)
{
  if (answers->count > 0 || (type == GST_SEEK_TYPE_SET && stop >= 0))
    return TRUE;
  return type == GST_SEEK_TYPE_NONE && GST_CLOCK_TIME_IS_VALID (base->segment.stop);
}

gboolean
gst_frame_answers_can_seek (const GstFrameAnswers *answers, GstBaseSrc *base, GstEvent *event)
{
  GstSeekType start_type, stop_type;
  gint64 start, stop;
  GstFormat format;
  double rate;

  gst_event_parse_seek (event, &rate, &format, NULL, &start_type, &start, &stop_type, &stop);
  /* Before caps are known, the source remembers seeks, and times are all that it can follow. */
  if (answers->denominator > 0 && !is_seekable (answers, base, format)) {
    GST_WARNING_OBJECT (
        base, "a seek to a place in the format %s is refused", gst_format_get_name (format));
    return FALSE;
  }
  if (rate < 0 && !has_end (answers, base, stop_type, stop)) {
    GST_WARNING_OBJECT (base, "playing backwards needs a stop position to begin at");
    return FALSE;
  }
  return TRUE;
}

GstClockTime
gst_frame_answers_begin (const GstFrameAnswers *answers, GstSegment *segment)
{
  gint64 end;

  if (segment->rate < 0 && get_duration (answers, GST_FORMAT_TIME, &end))
    segment->stop = MAX (MIN (segment->stop, (GstClockTime)end), segment->start);
  if (segment->rate < 0)
    segment->position = segment->stop;
  return segment->position;
}
