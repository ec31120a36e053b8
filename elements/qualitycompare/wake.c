/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In live pipelines an aggregator waits no longer than the latency says, and asks for that whenever
 * something wakes it. Until a source has negotiated, it may not know its latency; where the other
 * pad is full by then, and this source sends nothing, nothing wakes the aggregator any more. So the
 * latency is asked for from here, until somebody knows it: that wakes it, and lets the pipeline ask
 * again, whose sinks have not heard of it either. */
#include "qualitycompare.h"

GST_DEBUG_CATEGORY_EXTERN (quality_compare_debug);
#define GST_CAT_DEFAULT quality_compare_debug

/* Each time twice as late as before, since it may take long, or for ever. */
#define FIRST_WAIT (20 * GST_MSECOND)
#define LONGEST_WAIT GST_SECOND

static void ask_in (GstQualityCompare *self, GstClockTime wait);

static gboolean
ask (GstClock *clock, GstClockTime time, GstClockID id, gpointer data)
{
  GstQualityCompare *self = data;
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  GstClockTime wait;
  gboolean live;

  if (gst_pad_query (GST_AGGREGATOR_SRC_PAD (self), query)) {
    gst_query_parse_latency (query, &live, NULL, NULL);
    if (live)
      gst_element_post_message (GST_ELEMENT (self), gst_message_new_latency (GST_OBJECT (self)));
    return TRUE;
  }
  GST_OBJECT_LOCK (self);
  wait = MIN (2 * self->ask_wait, LONGEST_WAIT);
  GST_OBJECT_UNLOCK (self);
  ask_in (self, wait);
  return TRUE;
}

/* The pipeline's own clock may stand still. */
static void
ask_in (GstQualityCompare *self, GstClockTime wait)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  GstClockID id = gst_clock_new_single_shot_id (clock, gst_clock_get_time (clock) + wait);

  GST_OBJECT_LOCK (self);
  if (self->asks) {
    g_clear_pointer (&self->ask_id, gst_clock_id_unref);
    self->ask_id = gst_clock_id_ref (id);
    self->ask_wait = wait;
    gst_clock_id_wait_async (id, ask, gst_object_ref (self), gst_object_unref);
  }
  GST_OBJECT_UNLOCK (self);
  gst_clock_id_unref (id);
}

void
gst_quality_compare_begin_asking (GstQualityCompare *self)
{
  GST_OBJECT_LOCK (self);
  self->asks = TRUE;
  GST_OBJECT_UNLOCK (self);
  ask_in (self, FIRST_WAIT);
}

void
gst_quality_compare_end_asking (GstQualityCompare *self)
{
  GstClockID id;

  GST_OBJECT_LOCK (self);
  self->asks = FALSE;
  id = g_steal_pointer (&self->ask_id);
  GST_OBJECT_UNLOCK (self);
  if (id == NULL)
    return;
  gst_clock_id_unschedule (id);
  gst_clock_id_unref (id);
}
