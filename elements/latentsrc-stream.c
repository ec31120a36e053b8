/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stream of latents: which frame stands at which time, and what is in it. */
#include "latentsrc.h"

#include <string.h>

#include "debug.h"
#include "frame-time.h"

GST_DEBUG_CATEGORY_EXTERN (latent_src_debug);
#define GST_CAT_DEFAULT latent_src_debug

static GstClockTime
gst_latent_src_frame_time (GstLatentSrc *self, guint64 frame)
{
  return gst_generative_frame_time (frame, self->rate_numerator, self->rate_denominator);
}

static guint64
gst_latent_src_time_frame (GstLatentSrc *self, GstClockTime time)
{
  return gst_generative_time_frame (time, self->rate_numerator, self->rate_denominator);
}

static gboolean
gst_latent_src_convert (GstLatentSrc *self, GstFormat from, gint64 value, GstFormat to, gint64 *out)
{
  guint64 frame;

  if (from == to || value == -1) {
    *out = value;
    return TRUE;
  }
  if (self->rate_numerator == 0 || self->size == 0 || value < 0)
    return FALSE;
  if (from == GST_FORMAT_TIME)
    frame = gst_latent_src_time_frame (self, (GstClockTime)value);
  else if (from == GST_FORMAT_DEFAULT)
    frame = (guint64)value;
  else if (from == GST_FORMAT_BYTES)
    frame = (guint64)value / self->size;
  else
    return FALSE;

  if (to == GST_FORMAT_TIME)
    *out = (gint64)gst_latent_src_frame_time (self, frame);
  else if (to == GST_FORMAT_DEFAULT)
    *out = (gint64)frame;
  else if (to == GST_FORMAT_BYTES)
    *out = (gint64)(frame * self->size);
  else
    return FALSE;
  return TRUE;
}

gboolean
gst_latent_src_query (GstBaseSrc *base, GstQuery *query)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);

  switch (GST_QUERY_TYPE (query)) {
  case GST_QUERY_CONVERT: {
    GstFormat from, to;
    gint64 value, result;

    gst_query_parse_convert (query, &from, &value, &to, &result);
    if (!gst_latent_src_convert (self, from, value, to, &result))
      return FALSE;
    gst_query_set_convert (query, from, value, to, result);
    return TRUE;
  }
  case GST_QUERY_DURATION: {
    GstFormat format;
    gint64 frames, result;
    int num_buffers;

    gst_query_parse_duration (query, &format, NULL);
    g_object_get (self, "num-buffers", &num_buffers, NULL);
    frames = num_buffers;
    if (frames < 0 || !gst_latent_src_convert (self, GST_FORMAT_DEFAULT, frames, format, &result))
      return gst_latent_src_get_parent_class ()->query (base, query);
    gst_query_set_duration (query, format, result);
    return TRUE;
  }
  default:
    return gst_latent_src_get_parent_class ()->query (base, query);
  }
}

gboolean
gst_latent_src_is_seekable (GstBaseSrc *base)
{
  return !gst_base_src_is_live (base);
}

gboolean
gst_latent_src_do_seek (GstBaseSrc *base, GstSegment *segment)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);

  self->reverse = segment->rate < 0;
  if (self->reverse && !GST_CLOCK_TIME_IS_VALID (segment->stop)) {
    GST_WARNING_OBJECT (self, "playing backwards needs a stop position to begin at");
    return FALSE;
  }
  self->position = self->reverse ? segment->stop : segment->start;
  self->moved = TRUE;
  self->ended = FALSE;
  return TRUE;
}

void
gst_latent_src_get_times (
    GstBaseSrc *base, GstBuffer *buffer, GstClockTime *start, GstClockTime *end)
{
  *start = *end = GST_CLOCK_TIME_NONE;
  if (gst_base_src_is_live (base)) {
    *start = GST_BUFFER_PTS (buffer);
    *end = *start + GST_BUFFER_DURATION (buffer);
  }
}

/* Where the pipeline's clock stands in live mode, so that a source that joins a running
 * pipeline begins now and not in the past. */
static GstClockTime
gst_latent_src_running_time (GstLatentSrc *self)
{
  g_autoptr (GstClock) clock = gst_element_get_clock (GST_ELEMENT (self));
  GstClockTime now, base;

  if (!gst_base_src_is_live (GST_BASE_SRC (self)) || clock == NULL)
    return 0;
  now = gst_clock_get_time (clock);
  base = gst_element_get_base_time (GST_ELEMENT (self));
  return now > base ? now - base : 0;
}

/* Follow the last seek. */
static void
gst_latent_src_move (GstLatentSrc *self)
{
  self->moved = FALSE;
  if (!self->reverse)
    self->frame = gst_latent_src_time_frame (self, self->position);
  else if (self->position > 0)
    self->frame = gst_latent_src_time_frame (self, self->position - 1);
  else
    self->ended = TRUE;
}

/* The class of each latent, as one number of a row that is 1, or as its index. */
static gboolean
gst_latent_src_write_classes (GstLatentSrc *self, guint8 *data)
{
  gsize size = gen_data_type_size (self->second_type);
  int chosen;

  GST_OBJECT_LOCK (self);
  chosen = self->class;
  GST_OBJECT_UNLOCK (self);
  if (chosen >= 0 && self->n_classes > 0 && (guint32)chosen >= self->n_classes) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS,
        ("Property class is %d, but there are %u classes, which count from 0", chosen,
            self->n_classes),
        (NULL));
    return FALSE;
  }
  if (chosen < 0 && self->n_classes == 0) {
    GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS,
        ("Property class is -1, but classes, of which one is to be drawn, is 0"), (NULL));
    return FALSE;
  }
  memset (data, 0, self->sizes[1]);
  for (gsize v = 0; v < self->latent.count; v++) {
    guint32 class = chosen >= 0
                        ? (guint32)chosen
                        : gen_latent_class (&self->latent, self->frame, self->rate_numerator,
                              self->rate_denominator, v, self->n_classes);
    gint64 number = self->second == SECOND_INDEX ? class : 1;
    gsize at = (v * self->second_length + (self->second == SECOND_INDEX ? 0 : class)) * size;

    if (self->second_type == GEN_TYPE_FLOAT32)
      *(float *)(data + at) = (float)number;
    else if (self->second_type == GEN_TYPE_INT64)
      *(gint64 *)(data + at) = number;
    else
      *(gint32 *)(data + at) = (gint32)number;
  }
  return TRUE;
}

static gboolean
gst_latent_src_write_second (GstLatentSrc *self, guint8 *data)
{
  GenLatent latent = self->latent;

  if (self->second != SECOND_LATENT)
    return gst_latent_src_write_classes (self, data);
  latent.length = self->second_length;
  latent.stream = 1;
  gen_latent_fill (
      &latent, self->frame, self->rate_numerator, self->rate_denominator, (float *)data);
  return TRUE;
}

static gboolean
gst_latent_src_write (GstLatentSrc *self, GstBuffer *buffer)
{
  guint n = self->second == SECOND_NONE ? 1 : 2;

  for (guint i = 0; i < n; i++) {
    gboolean written = TRUE;
    GstMapInfo map;

    if (!gst_buffer_map_range (buffer, i, n > 1 ? 1 : -1, &map, GST_MAP_WRITE)) {
      GST_ELEMENT_ERROR (
          self, RESOURCE, WRITE, ("The next element's buffer cannot be written"), (NULL));
      return FALSE;
    }
    if (map.size < self->sizes[i]) {
      GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("The next element's buffer is too small"),
          ("%" G_GSIZE_FORMAT " bytes are needed", self->sizes[i]));
      written = FALSE;
    } else if (i == 0) {
      gen_latent_fill (&self->latent, self->frame, self->rate_numerator, self->rate_denominator,
          (float *)map.data);
    } else {
      written = gst_latent_src_write_second (self, map.data);
    }
    gst_buffer_unmap (buffer, &map);
    if (!written)
      return FALSE;
  }
  if (n == 1)
    gst_buffer_set_size (buffer, (gssize)self->size);
  return TRUE;
}

GstFlowReturn
gst_latent_src_fill (GstPushSrc *push, GstBuffer *buffer)
{
  GstLatentSrc *self = GST_LATENT_SRC (push);
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);

  if (self->moved)
    gst_latent_src_move (self);
  if (self->ended)
    return GST_FLOW_EOS;
  if (!GST_CLOCK_TIME_IS_VALID (self->live_offset))
    self->live_offset = gst_latent_src_running_time (self);

  gst_object_sync_values (GST_OBJECT (self), gst_latent_src_frame_time (self, self->frame));
  if (!gst_latent_src_write (self, buffer))
    return GST_FLOW_ERROR;

  GST_BUFFER_PTS (buffer) = self->live_offset + gst_latent_src_frame_time (self, self->frame);
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (buffer) = self->live_offset +
                                 gst_latent_src_frame_time (self, self->frame + 1) -
                                 GST_BUFFER_PTS (buffer);
  GST_BUFFER_OFFSET (buffer) = self->frame;
  GST_BUFFER_OFFSET_END (buffer) = self->frame + 1;
  GST_LOG_OBJECT (self, GST_GENERATIVE_FRAME_FORMAT ": drawn in %.3f ms",
      GST_GENERATIVE_FRAME_ARGS (buffer), gst_generative_since (began));
  if (self->reverse) {
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    self->ended = self->frame == 0;
    self->frame--;
  } else {
    self->frame++;
  }
  return GST_FLOW_OK;
}
