/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How long frames take through an element that computes, as it turns out while it does. */
#include "latency.h"

/* What is allowed for is a frame interval above the longest run that was told of: half of it is
 * kept, so that the pipeline knows before frames are late, and is not told of each millisecond. */
static gboolean
has_grown (const GstGenerativeLatency *latency, GstClockTime run_time)
{
  GstClockTime slack = MAX (latency->interval / 2, latency->longest / 8);

  return latency->longest == 0 || run_time > latency->longest + slack;
}

void
gst_generative_latency_begin (
    GstGenerativeLatency *latency, GstClockTime held, GstClockTime interval)
{
  latency->held = held;
  latency->interval = interval;
  latency->longest = 0;
}

void
gst_generative_latency_note (
    GstGenerativeLatency *latency, GstElement *element, GstClockTime run_time)
{
  if (!has_grown (latency, run_time))
    return;
  latency->longest = run_time;
  GST_OBJECT_LOCK (element);
  latency->own = latency->held + run_time + latency->interval;
  GST_OBJECT_UNLOCK (element);
  GST_DEBUG_OBJECT (element, "a run takes %" GST_TIME_FORMAT ", latency is %" GST_TIME_FORMAT,
      GST_TIME_ARGS (run_time), GST_TIME_ARGS (latency->own));
  gst_element_post_message (element, gst_message_new_latency (GST_OBJECT (element)));
}

gboolean
gst_generative_latency_answer (
    GstGenerativeLatency *latency, GstBaseTransform *base, GstQuery *query)
{
  GstClockTime least, most, own;
  gboolean live;

  if (!gst_pad_peer_query (GST_BASE_TRANSFORM_SINK_PAD (base), query))
    return FALSE;
  gst_query_parse_latency (query, &live, &least, &most);
  GST_OBJECT_LOCK (base);
  own = latency->own;
  latency->live = live;
  latency->upstream = least;
  GST_OBJECT_UNLOCK (base);
  if (GST_CLOCK_TIME_IS_VALID (most))
    most += own;
  gst_query_set_latency (query, live, least + own, most);
  return TRUE;
}
