/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "side.h"

void
gst_quality_moment_clear (GstQualityMoment *moment)
{
  gst_clear_buffer (&moment->buffer);
}

gboolean
gst_quality_moment_is_gap (const GstQualityMoment *moment)
{
  return GST_BUFFER_FLAG_IS_SET (moment->buffer, GST_BUFFER_FLAG_GAP) &&
         gst_buffer_get_size (moment->buffer) == 0;
}

gboolean
gst_quality_side_set_caps (GstQualitySide *side, const GstCaps *caps)
{
  GstScoreFormat format = { 0 };

  format.is_sound = gst_structure_has_name (gst_caps_get_structure (caps, 0), "audio/x-raw");
  if (!(format.is_sound ? gst_audio_info_from_caps (&format.sound, caps)
                        : gst_video_info_from_caps (&format.video, caps)))
    return FALSE;
  side->format = format;
  side->has_format = TRUE;
  side->interval = 0;
  if (!format.is_sound && format.video.fps_n > 0)
    side->interval = gst_util_uint64_scale_int (GST_SECOND, format.video.fps_d, format.video.fps_n);
  return TRUE;
}

void
gst_quality_side_flush (GstQualitySide *side)
{
  GstQualityMoment *moment;

  while ((moment = g_queue_pop_head (&side->held)) != NULL) {
    gst_quality_moment_clear (moment);
    g_free (moment);
  }
  side->next = 0;
}

static gint64
find_duration (const GstQualitySide *side, GstBuffer *buffer)
{
  const GstAudioInfo *sound = &side->format.sound;

  if (side->has_format && side->format.is_sound)
    return gst_util_uint64_scale_int (
        gst_buffer_get_size (buffer) / (gsize)GST_AUDIO_INFO_BPF (sound), GST_SECOND,
        GST_AUDIO_INFO_RATE (sound));
  if (GST_BUFFER_DURATION_IS_VALID (buffer))
    return (gint64)GST_BUFFER_DURATION (buffer);
  return side->interval;
}

/* Frames without a time and without a rate are told apart by their order. */
#define ANY_INTERVAL (40 * GST_MSECOND)

static GstQualityMoment
read_moment (const GstQualitySide *side, GstBuffer *buffer)
{
  GstQualityMoment moment = { buffer, side->next, find_duration (side, buffer) };
  guint64 time;
  int sign = 0;

  GST_OBJECT_LOCK (side->pad);
  if (side->pad->segment.format == GST_FORMAT_TIME && GST_BUFFER_PTS_IS_VALID (buffer))
    sign = gst_segment_to_running_time_full (
        &side->pad->segment, GST_FORMAT_TIME, GST_BUFFER_PTS (buffer), &time);
  GST_OBJECT_UNLOCK (side->pad);
  if (sign != 0)
    moment.time = sign > 0 ? (gint64)time : -(gint64)time;
  else if (moment.duration == 0)
    moment.duration = ANY_INTERVAL;
  return moment;
}

gboolean
gst_quality_side_peek (GstQualitySide *side, GstQualityMoment *moment)
{
  const GstQualityMoment *first = g_queue_peek_head (&side->held);
  GstBuffer *buffer;

  gst_quality_moment_clear (moment);
  if (first != NULL) {
    *moment = *first;
    gst_buffer_ref (moment->buffer);
    return TRUE;
  }
  buffer = gst_aggregator_pad_peek_buffer (side->pad);
  if (buffer != NULL)
    *moment = read_moment (side, buffer);
  return buffer != NULL;
}

static gboolean
take_from_pad (GstQualitySide *side, GstQualityMoment *moment)
{
  GstBuffer *buffer = gst_aggregator_pad_pop_buffer (side->pad);

  if (buffer == NULL)
    return FALSE;
  *moment = read_moment (side, buffer);
  side->next = moment->time + moment->duration;
  return TRUE;
}

gboolean
gst_quality_side_take (GstQualitySide *side, GstQualityMoment *moment)
{
  g_autofree GstQualityMoment *first = g_queue_pop_head (&side->held);

  gst_quality_moment_clear (moment);
  if (first == NULL)
    return take_from_pad (side, moment);
  *moment = *first;
  return TRUE;
}

gboolean
gst_quality_side_hold (GstQualitySide *side)
{
  GstQualityMoment moment;

  if (!take_from_pad (side, &moment))
    return FALSE;
  g_queue_push_tail (&side->held, g_memdup2 (&moment, sizeof moment));
  return TRUE;
}

gboolean
gst_quality_side_is_over (GstQualitySide *side)
{
  return g_queue_is_empty (&side->held) && gst_aggregator_pad_is_eos (side->pad);
}
