/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The stream of latents: which frame stands at which time, and what is in it. */
#include "latentsrc.h"

#include <string.h>

#include "../shared/debug.h"
#include "../shared/frame-time.h"
#include "../shared/frame-answers.h"
#include "../shared/origin-meta.h"

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

static GstFrameAnswers
get_answers (GstLatentSrc *self)
{
  int num_buffers;

  g_object_get (self, "num-buffers", &num_buffers, NULL);
  return (GstFrameAnswers){ .numerator = self->rate_numerator,
    .denominator = self->rate_denominator,
    .size = self->size,
    .count = num_buffers > 0 ? (guint64)num_buffers : 0 };
}

gboolean
gst_latent_src_query (GstBaseSrc *base, GstQuery *query)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);
  const GstFrameAnswers answers = get_answers (self);
  gboolean handled, result = gst_latent_src_follow_query (self, query, &handled);

  if (!handled)
    result = gst_frame_answers_query (&answers, base, query, &handled);
  return handled ? result : gst_latent_src_get_parent_class ()->query (base, query);
}

/* Seeks that cannot be followed are refused here, where nothing has been flushed yet. */
gboolean
gst_latent_src_event (GstBaseSrc *base, GstEvent *event)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);
  const GstFrameAnswers answers = get_answers (self);

  if (self->follows)
    return gst_latent_src_follow_event (self, event);
  if (GST_EVENT_TYPE (event) == GST_EVENT_SEEK &&
      !gst_frame_answers_can_seek (&answers, base, event))
    return FALSE;
  return gst_latent_src_get_parent_class ()->event (base, event);
}

/* Frames without times have no places. */
gboolean
gst_latent_src_is_seekable (GstBaseSrc *base)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);

  return !gst_base_src_is_live (base) && (self->rate_denominator == 0 || self->rate_numerator > 0);
}

gboolean
gst_latent_src_do_seek (GstBaseSrc *base, GstSegment *segment)
{
  GstLatentSrc *self = GST_LATENT_SRC (base);
  const GstFrameAnswers answers = get_answers (self);

  gst_latent_sound_restart (&self->sound);
  self->ended = FALSE;
  if (self->follows)
    return TRUE;
  self->reverse = segment->rate < 0;
  self->position = gst_frame_answers_begin (&answers, segment);
  self->moved = TRUE;
  return TRUE;
}

void
gst_latent_src_get_times (
    GstBaseSrc *base, GstBuffer *buffer, GstClockTime *start, GstClockTime *end)
{
  *start = *end = GST_CLOCK_TIME_NONE;
  if (gst_base_src_is_live (base) && GST_BUFFER_PTS_IS_VALID (buffer)) {
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
  if (self->rate_numerator == 0)
    self->frame = 0;
  else if (!self->reverse)
    self->frame = gst_latent_src_time_frame (self, self->position);
  else if (self->position > 0)
    self->frame = gst_latent_src_time_frame (self, self->position - 1);
  else
    self->ended = TRUE;
}

/* The settings as they are now, of the lengths that were negotiated. */
static void
take_settings (GstLatentSrc *self)
{
  GenLatent latent;

  GST_OBJECT_LOCK (self);
  latent = self->settings;
  self->drawn = self->first_frame + self->frame;
  gst_latent_src_take_changes (self);
  GST_OBJECT_UNLOCK (self);
  latent.length = self->latent.length;
  latent.count = self->latent.count;
  latent.advance = self->latent.advance;
  latent.path = self->path;
  self->latent = latent;
}

/* Whether frames have the times that they need. */
static gboolean
check_times (GstLatentSrc *self)
{
  const char *mover, *remedy;

  GST_OBJECT_LOCK (self);
  mover = self->follows                          ? "they follow a sound, which has times"
          : self->path != NULL                   ? "property keyframe-location has times"
          : self->settings.walk != GEN_WALK_NONE ? "property walk moves with time"
                                                 : NULL;
  remedy = self->follows || self->path != NULL ? "" : "walk=none, or ";
  GST_OBJECT_UNLOCK (self);
  if (self->rate_numerator > 0 || mover == NULL)
    return TRUE;
  GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
      ("The next element wants frames without times (framerate=0/1), but %s: %sa framerate such as "
       "30/1",
          mover, remedy),
      (NULL));
  return FALSE;
}

/* Without a rate there is no walk, and any will do. */
static void
fill (GstLatentSrc *self, const GenLatent *latent, guint8 *data)
{
  gen_latent_fill (
      latent, self->drawn, MAX (self->rate_numerator, 1), self->rate_denominator, (float *)data);
}

/* The class of each latent, as one number of a row that is 1, or as its index. */
static gboolean
gst_latent_src_write_classes (GstLatentSrc *self, GstBuffer *buffer, guint8 *data)
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
    guint32 class =
        chosen >= 0 ? (guint32)chosen
                    : gen_latent_class (&self->latent, self->drawn, MAX (self->rate_numerator, 1),
                          self->rate_denominator, v, self->n_classes);
    gint64 number = self->second == SECOND_INDEX ? class : 1;
    gsize at = (v * self->second_length + (self->second == SECOND_INDEX ? 0 : class)) * size;

    if (self->second_type == GEN_TYPE_FLOAT32)
      *(float *)(data + at) = (float)number;
    else if (self->second_type == GEN_TYPE_INT64)
      *(gint64 *)(data + at) = number;
    else
      *(gint32 *)(data + at) = (gint32)number;
    gst_generative_origin_add_class (buffer, (int)class);
  }
  return TRUE;
}

static gboolean
gst_latent_src_write_second (GstLatentSrc *self, GstBuffer *buffer, guint8 *data)
{
  GenLatent latent = self->latent;

  if (self->second != SECOND_LATENT)
    return gst_latent_src_write_classes (self, buffer, data);
  latent.length = self->second_length;
  latent.stream = 1;
  latent.path = NULL;
  fill (self, &latent, data);
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
      g_autoptr (GError) error = NULL;

      fill (self, &self->latent, map.data);
      written = gst_latent_src_change (self, (float *)map.data, &error);
      if (!written)
        GST_ELEMENT_ERROR (self, LIBRARY, SETTINGS, ("%s", error->message), (NULL));
    } else {
      written = gst_latent_src_write_second (self, buffer, map.data);
    }
    gst_buffer_unmap (buffer, &map);
    if (!written)
      return FALSE;
  }
  if (n == 1)
    gst_buffer_set_size (buffer, (gssize)self->size);
  return TRUE;
}

/* Its times, where there is a rate. */
static void
stamp (GstLatentSrc *self, GstBuffer *buffer)
{
  gint64 begin, end;

  if (self->rate_numerator == 0)
    return;
  if (!GST_CLOCK_TIME_IS_VALID (self->live_offset))
    self->live_offset = gst_latent_src_running_time (self);
  begin = (gint64)(self->live_offset + gst_latent_src_frame_time (self, self->frame));
  end = (gint64)(self->live_offset + gst_latent_src_frame_time (self, self->frame + 1));
  GST_BUFFER_PTS (buffer) = (GstClockTime)MAX (begin + self->offset, 0);
  GST_BUFFER_DURATION (buffer) =
      (GstClockTime)MAX (end + self->offset, 0) - GST_BUFFER_PTS (buffer);
}

GstFlowReturn
gst_latent_src_fill (GstPushSrc *push, GstBuffer *buffer)
{
  GstLatentSrc *self = GST_LATENT_SRC (push);
  gint64 began = gst_generative_log_clock (GST_CAT_DEFAULT);
  GstFlowReturn result = GST_FLOW_OK;
  gboolean written;

  if (!check_times (self))
    return GST_FLOW_ERROR;
  if (self->follows)
    result = gst_latent_src_listen (self);
  else if (self->moved)
    gst_latent_src_move (self);
  if (result != GST_FLOW_OK || self->ended)
    return result != GST_FLOW_OK ? result : GST_FLOW_EOS;
  if (self->rate_numerator > 0)
    gst_object_sync_values (GST_OBJECT (self), gst_latent_src_frame_time (self, self->frame));
  take_settings (self);
  if (self->follows)
    gst_latent_src_follow (self);
  written = gst_latent_src_write (self, buffer);
  gst_latent_src_drop_changes (self);
  if (!written)
    return GST_FLOW_ERROR;
  stamp (self, buffer);
  GST_BUFFER_OFFSET (buffer) = self->frame;
  GST_BUFFER_OFFSET_END (buffer) = self->frame + 1;
  gst_generative_origin_add_latents (
      buffer, self->latent.seed, self->drawn, (guint)self->latent.count);
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
