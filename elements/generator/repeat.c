/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that go on as they came, between others that are made, and when all these are shown. */
#include "repeat.h"

/* Whether the next element looks where planes lie: then buffers of its pool say so. */
static gboolean
reads_meta (const GstGeneratorPlay *play)
{
  g_autoptr (GstBufferPool) pool = gst_base_transform_get_buffer_pool (play->base);
  GstStructure *config = pool != NULL ? gst_buffer_pool_get_config (pool) : NULL;
  gboolean reads;

  if (config == NULL)
    return FALSE;
  reads = gst_buffer_pool_config_has_option (config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  gst_structure_free (config);
  return reads;
}

/* Whether the next element can read `frame`, which somebody else has laid out. */
static gboolean
can_go_on (const GstGeneratorPlay *play, const GstVideoInfo *info, GstBuffer *frame)
{
  const GstVideoMeta *meta = gst_buffer_get_video_meta (frame);

  for (guint p = 0; meta != NULL && p < meta->n_planes; p++)
    if (meta->offset[p] != info->offset[p] || meta->stride[p] != info->stride[p])
      return reads_meta (play);
  return TRUE;
}

/* `from` as the next element wants it, into `to`. */
static gboolean
copy_picture (const GstGeneratorFormat *format, GstBuffer *from, GstBuffer *to)
{
  GstVideoFrame source, copy;
  gboolean good;

  if (!gst_video_frame_map (&source, &format->in_info, from, GST_MAP_READ))
    return FALSE;
  good = gst_video_frame_map (&copy, &format->out_info, to, GST_MAP_WRITE);
  if (good) {
    good = gst_video_frame_copy (&copy, &source);
    gst_video_frame_unmap (&copy);
  }
  gst_video_frame_unmap (&source);
  return good;
}

/* The same picture, in a buffer of its own where the next element cannot read that of `frame`. */
static GstFlowReturn
repeat (GstGeneratorPlay *play, const GstGeneratorFormat *format, gboolean elsewhere,
    GstBuffer *frame, GstBuffer **copy)
{
  GstFlowReturn result;

  if (!elsewhere && can_go_on (play, &format->out_info, frame)) {
    *copy = gst_buffer_copy (frame);
    return GST_FLOW_OK;
  }
  result = gst_generator_play_allocate (play, frame, copy);
  if (result != GST_FLOW_OK || copy_picture (format, frame, *copy))
    return result;
  gst_clear_buffer (copy);
  GST_ELEMENT_ERROR (
      play->base, RESOURCE, READ, ("A frame cannot be read to be passed on"), (NULL));
  return GST_FLOW_ERROR;
}

GstFlowReturn
gst_generator_repeat_part (GstGeneratorPlay *play, const GstGeneratorFormat *format,
    gboolean elsewhere, GstBuffer *frame, guint k, guint n, GstBuffer **part)
{
  const GstClockTime whole = GST_BUFFER_DURATION (frame);
  GstFlowReturn result = repeat (play, format, elsewhere, frame, part);

  if (result != GST_FLOW_OK)
    return result;
  if (GST_CLOCK_TIME_IS_VALID (whole)) {
    const GstClockTime from = whole * k / n;

    GST_BUFFER_DURATION (*part) = whole * (k + 1) / n - from;
    if (k > 0)
      GST_BUFFER_PTS (*part) += from;
  }
  if (k > 0)
    GST_BUFFER_FLAG_UNSET (*part, GST_BUFFER_FLAG_DISCONT);
  GST_BUFFER_DTS (*part) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_OFFSET (*part) = GST_BUFFER_OFFSET_END (*part) = GST_BUFFER_OFFSET_NONE;
  return GST_FLOW_OK;
}

void
gst_generator_stamp_part (GstBuffer *made, GstClockTime a, GstClockTime b, guint k, guint n)
{
  const GstClockTime first = MIN (a, b), whole = MAX (a, b) - first, from = whole * k / n;

  GST_BUFFER_DTS (made) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_OFFSET (made) = GST_BUFFER_OFFSET_END (made) = GST_BUFFER_OFFSET_NONE;
  if (!GST_CLOCK_TIME_IS_VALID (a) || !GST_CLOCK_TIME_IS_VALID (b)) {
    GST_BUFFER_PTS (made) = GST_CLOCK_TIME_NONE;
    if (GST_BUFFER_DURATION_IS_VALID (made))
      GST_BUFFER_DURATION (made) /= n;
    return;
  }
  GST_BUFFER_PTS (made) = first + from;
  GST_BUFFER_DURATION (made) = whole * (k + 1) / n - from;
}
