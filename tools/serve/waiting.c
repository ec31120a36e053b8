/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What waits is what nobody has taken in time, and what the pipeline keeps on purpose: sinks hold a
 * frame until it is as late as what comes latest may be (the pipeline's latency), and all that
 * while further ones come. Without room for these they would be lost, on and on, where nobody
 * is slow. */
#include "waiting.h"

/* Besides what is kept. */
#define FRAMES_WAIT 2
#define SOUND_WAITS (500 * GST_MSECOND)

static void
set_room (GstElement *queue, const ServeRate *rate, GstClockTime kept)
{
  const guint64 frames = gst_util_uint64_scale_ceil (
      kept, (guint64)rate->numerator, (guint64)rate->denominator * GST_SECOND);
  const gboolean is_video = rate->numerator > 0;

  g_object_set (queue, "max-size-bytes", 0, "max-size-buffers",
      is_video ? FRAMES_WAIT + (guint)MIN (frames, G_MAXINT) : 0, "max-size-time",
      is_video ? (guint64)0 : (guint64)(SOUND_WAITS + kept), NULL);
}

/* By how much what comes may be late. */
static GstClockTime
find_lateness (GstElement *queue)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (queue, "sink");
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  GstClockTime least, most;
  gboolean live;

  if (!gst_pad_peer_query (pad, query))
    return 0;
  gst_query_parse_latency (query, &live, &least, &most);
  return live && GST_CLOCK_TIME_IS_VALID (least) ? least : 0;
}

/* Sinks tell it upstream, whenever it becomes another one; those that do not keep anything say 0,
 * and webrtcbin keeps frames in front of them for as long as they alone may be late. */
static GstPadProbeReturn
look_at_event (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  g_autoptr (GstElement) queue = gst_pad_get_parent_element (pad);
  GstClockTime latency;

  if (GST_EVENT_TYPE (event) != GST_EVENT_LATENCY || queue == NULL)
    return GST_PAD_PROBE_OK;
  gst_event_parse_latency (event, &latency);
  set_room (
      queue, data, MAX (GST_CLOCK_TIME_IS_VALID (latency) ? latency : 0, find_lateness (queue)));
  return GST_PAD_PROBE_OK;
}

void
serve_waiting_limit (GstElement *queue, ServeRate rate)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (queue, "src");

  gst_util_set_object_arg (G_OBJECT (queue), "leaky", "downstream");
  set_room (queue, &rate, 0);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, look_at_event,
      g_memdup2 (&rate, sizeof rate), g_free);
}
