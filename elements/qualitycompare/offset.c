/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* By how much the judged stream comes later than what it should be. Where it is to be found, both
 * streams are held until there is enough of them; then all that was held is judged as well. */
#include "qualitycompare.h"

#include <generative/alignment.h>

#include "../shared/sample-numbers.h"

#include <math.h>

GST_DEBUG_CATEGORY_EXTERN (quality_compare_debug);
#define GST_CAT_DEFAULT quality_compare_debug

gint64
gst_quality_compare_get_offset (GstQualityCompare *self)
{
  gint64 offset;

  GST_OBJECT_LOCK (self);
  offset = self->offset;
  GST_OBJECT_UNLOCK (self);
  return offset;
}

/* How much of each stream is looked at: at the farthest shift, half of it has a partner. */
static gint64
look_at (GstQualityCompare *self)
{
  gint64 length;

  GST_OBJECT_LOCK (self);
  length = 2 * (gint64)self->search;
  GST_OBJECT_UNLOCK (self);
  return length;
}

/* What is judged waits for the reference where that comes later. */
void
gst_quality_compare_update_latency (GstQualityCompare *self)
{
  const gint64 offset = gst_quality_compare_get_offset (self);
  GstClockTime latency = (GstClockTime)(MAX (-offset, 0) + self->judged.interval);

  if (self->searches)
    latency += (GstClockTime)(3 * look_at (self) / 2);
  gst_aggregator_set_latency (GST_AGGREGATOR (self), latency, GST_CLOCK_TIME_NONE);
}

static gint64
begin_of (const GstQualitySide *side)
{
  const GstQualityMoment *first = g_queue_peek_head ((GQueue *)&side->held);

  return first->time;
}

static gint64
end_of (const GstQualitySide *side)
{
  const GstQualityMoment *last = g_queue_peek_tail ((GQueue *)&side->held);

  return last->time + last->duration;
}

/* Hold a side's buffers up to `end`. FALSE where more are to come. */
static gboolean
hold_until (GstQualitySide *side, gint64 end)
{
  while (g_queue_is_empty (&side->held) || end_of (side) < end)
    if (!gst_quality_side_hold (side))
      return gst_aggregator_pad_is_eos (side->pad);
  return TRUE;
}

/* --- pictures --- */

static GArray *
reduce_all (GstQualityCompare *self, const GstQualitySide *side, gint64 offset)
{
  const GstVideoInfo *info = &side->format.video;
  GArray *frames = g_array_new (FALSE, FALSE, sizeof (GenAlignmentFrame));

  for (const GList *i = side->held.head; i != NULL; i = i->next) {
    const GstQualityMoment *moment = i->data;
    GenAlignmentFrame reduced = { .time = moment->time - offset };
    GstVideoFrame frame;

    if (gst_quality_moment_is_gap (moment) ||
        !gst_video_frame_map (&frame, info, moment->buffer, GST_MAP_READ))
      continue;
    gen_alignment_reduce (
        &(GenPicture){ .data = GST_VIDEO_FRAME_PLANE_DATA (&frame, 0),
            .width = GST_VIDEO_INFO_WIDTH (info),
            .height = GST_VIDEO_INFO_HEIGHT (info),
            .channels = GST_VIDEO_INFO_FORMAT (info) == GST_VIDEO_FORMAT_RGB ? 3 : 1,
            .stride = GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0) },
        &reduced);
    gst_video_frame_unmap (&frame);
    g_array_append_val (frames, reduced);
  }
  return frames;
}

static gboolean
align_pictures (GstQualityCompare *self, gint64 offset, gint64 search, GenAlignment *found)
{
  g_autoptr (GArray) judged = reduce_all (self, &self->judged, offset);
  g_autoptr (GArray) reference = reduce_all (self, &self->reference, 0);

  return gen_align_pictures ((const GenAlignmentFrame *)(void *)judged->data, judged->len,
      (const GenAlignmentFrame *)(void *)reference->data, reference->len, search, found);
}

/* --- sounds --- */

/* The mean of the channels of what is held, from time `begin` on. */
static GArray *
mix (const GstQualitySide *side, gint64 begin)
{
  const GstAudioInfo *info = &side->format.sound;
  const guint channels = (guint)GST_AUDIO_INFO_CHANNELS (info);
  GArray *mixed = g_array_new (FALSE, FALSE, sizeof (float));
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (float));
  guint skipped;

  for (const GList *i = side->held.head; i != NULL; i = i->next) {
    const GstQualityMoment *moment = i->data;
    GstMapInfo map;
    guint frames;

    if (!gst_buffer_map (moment->buffer, &map, GST_MAP_READ))
      continue;
    frames = (guint)(map.size / (gsize)GST_AUDIO_INFO_BPF (info));
    g_array_set_size (numbers, frames * channels);
    gst_generative_read_samples (info, map.data, frames, (float *)(void *)numbers->data);
    gst_buffer_unmap (moment->buffer, &map);
    for (guint k = 0; k < frames; k++) {
      float sum = 0;

      for (guint c = 0; c < channels; c++)
        sum += g_array_index (numbers, float, k *channels + c) / (float)channels;
      g_array_append_val (mixed, sum);
    }
  }
  skipped = (guint)llround (
      (double)MAX (begin - begin_of (side), 0) * GST_AUDIO_INFO_RATE (info) / GST_SECOND);
  g_array_remove_range (mixed, 0, MIN (skipped, mixed->len));
  return mixed;
}

static gboolean
align_sounds (GstQualityCompare *self, gint64 offset, gint64 search, GenAlignment *found)
{
  const double rate = GST_AUDIO_INFO_RATE (&self->judged.format.sound);
  const gint64 begin = MAX (begin_of (&self->judged) - offset, begin_of (&self->reference));
  g_autoptr (GArray) judged = mix (&self->judged, begin + offset);
  g_autoptr (GArray) reference = mix (&self->reference, begin);
  const gboolean done = gen_align_sounds ((const float *)(void *)judged->data, judged->len,
      (const float *)(void *)reference->data, reference->len,
      (gsize)llround ((double)search * rate / GST_SECOND), found);

  found->offset = llround ((double)found->offset * GST_SECOND / rate);
  return done;
}

/* --- the search --- */

static void
search_held (GstQualityCompare *self)
{
  const gint64 offset = gst_quality_compare_get_offset (self), search = look_at (self) / 2;
  GenAlignment found = { 0 };
  gboolean done = FALSE;

  if (!g_queue_is_empty (&self->judged.held) && !g_queue_is_empty (&self->reference.held))
    done = self->judged.format.is_sound ? align_sounds (self, offset, search, &found)
                                        : align_pictures (self, offset, search, &found);
  if (!done) {
    GST_ELEMENT_WARNING (self, STREAM, FAILED,
        ("Property search: at no offset within %" G_GINT64_FORMAT
         " ms are both streams alike (likeness %.2f at best, and %.2f is asked for); the offset "
         "stays at %" G_GINT64_FORMAT " ms. A wider search also looks at more of both",
            search / (gint64)GST_MSECOND, found.likeness, GEN_ALIGNMENT_LEAST,
            offset / (gint64)GST_MSECOND),
        (NULL));
    return;
  }
  self->likeness = found.likeness;
  GST_OBJECT_LOCK (self);
  self->offset = offset + found.offset;
  GST_OBJECT_UNLOCK (self);
  GST_INFO_OBJECT (self, "the judged stream comes %" GST_STIME_FORMAT " later, likeness %.3f",
      GST_STIME_ARGS (offset + found.offset), found.likeness);
  g_object_notify (G_OBJECT (self), "offset");
}

/* Hold as much of both as is looked at; neither waits for the other one. FALSE where more is to
 * come. */
static gboolean
hold_both (GstQualityCompare *self, gint64 offset)
{
  const gint64 length = look_at (self);
  gboolean whole = hold_until (&self->judged, G_MININT64);
  gint64 begin;

  whole = hold_until (&self->reference, G_MININT64) && whole;
  if (g_queue_is_empty (&self->judged.held) || g_queue_is_empty (&self->reference.held))
    return whole;
  begin = MAX (begin_of (&self->judged) - offset, begin_of (&self->reference));
  whole = hold_until (&self->judged, begin + offset + length);
  return hold_until (&self->reference, begin + length) && whole;
}

/* Pictures and their sound are not alike: what is between them is a figure. */
static void
leave_search (GstQualityCompare *self)
{
  self->searches = FALSE;
  gst_quality_compare_update_latency (self);
  GST_ELEMENT_WARNING (self, LIBRARY, SETTINGS,
      ("Property search: the offset between pictures and their sound is not looked for in advance, "
       "and measured as audio-video-offset; property offset stays as it is"),
      (NULL));
}

GstFlowReturn
gst_quality_compare_find_offset (GstQualityCompare *self, gboolean now)
{
  if (self->searches && gst_quality_compare_is_accompanied (self))
    leave_search (self);
  if (!self->searches)
    return GST_FLOW_OK;
  if (!hold_both (self, gst_quality_compare_get_offset (self)) && !now)
    return GST_AGGREGATOR_FLOW_NEED_DATA;
  self->searches = FALSE;
  if (self->reference.has_format && self->judged.has_format) {
    if (!gst_quality_compare_check (self))
      return GST_FLOW_ERROR;
    search_held (self);
  }
  gst_quality_compare_update_latency (self);
  return GST_FLOW_OK;
}

GstClockTime
gst_quality_compare_search_end (GstQualityCompare *self)
{
  const gint64 length = look_at (self);

  if (!self->searches || g_queue_is_empty (&self->judged.held))
    return GST_CLOCK_TIME_NONE;
  return (GstClockTime)MAX (begin_of (&self->judged) + length, 0);
}
