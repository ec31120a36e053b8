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

/* What has been asked so far of what comes in by all pads. */
typedef struct {
  GstPad *main;
  gboolean live, answered;
  GstClockTime least, most;
} Asking;

/* GstElementForeachPadFunc. What waits for several is as late as the latest, and may be as late as
 * the least patient lets it. */
static gboolean
ask (GstElement *element, GstPad *pad, gpointer data)
{
  Asking *asking = data;
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  GstClockTime least, most;
  gboolean live;

  if (!gst_pad_peer_query (pad, query))
    return TRUE;
  asking->answered |= pad == asking->main;
  gst_query_parse_latency (query, &live, &least, &most);
  if (!live && pad != asking->main)
    return TRUE;
  asking->live |= live;
  asking->least = MAX (asking->least, least);
  asking->most = MIN (asking->most, most); /* none is the greatest number */
  return TRUE;
}

gboolean
gst_generative_latency_answer (
    GstGenerativeLatency *latency, GstBaseTransform *base, GstQuery *query)
{
  Asking asking = { .main = GST_BASE_TRANSFORM_SINK_PAD (base), .most = GST_CLOCK_TIME_NONE };
  GstClockTime own;

  gst_element_foreach_sink_pad (GST_ELEMENT (base), ask, &asking);
  if (!asking.answered)
    return FALSE;
  GST_OBJECT_LOCK (base);
  own = latency->own;
  latency->live = asking.live;
  latency->upstream = asking.least;
  GST_OBJECT_UNLOCK (base);
  if (GST_CLOCK_TIME_IS_VALID (asking.most))
    asking.most += own;
  gst_query_set_latency (query, asking.live, asking.least + own, asking.most);
  return TRUE;
}

void
gst_generative_latency_add (GstQuery *query, GstClockTime own)
{
  GstClockTime least, most;
  gboolean live;

  gst_query_parse_latency (query, &live, &least, &most);
  gst_query_set_latency (
      query, live, least + own, GST_CLOCK_TIME_IS_VALID (most) ? most + own : most);
}
