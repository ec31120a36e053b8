/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "relay.h"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

/* What a source keeps that is not read: of pictures those that are looked at next; of sound, whose
 * loss is heard, half a second in the usual pieces. */
static const struct {
  const char *name;
  guint64 buffers;
} media[] = {
  { "video", 2 },
  { "audio", 50 },
};
#define MEDIA G_N_ELEMENTS (media)

struct _ServeRelay {
  GMutex lock; /* of all that follows, held for no longer than it takes to hand a frame on */
  GPtrArray *sources[MEDIA]; /* of GstAppSrc */
  gboolean has[MEDIA], ended;
};

static void
clear_relay (gpointer data)
{
  ServeRelay *relay = data;

  for (guint i = 0; i < MEDIA; i++)
    g_ptr_array_unref (relay->sources[i]);
  g_mutex_clear (&relay->lock);
}

ServeRelay *
serve_relay_new (void)
{
  ServeRelay *relay = g_atomic_rc_box_new0 (ServeRelay);

  g_mutex_init (&relay->lock);
  for (guint i = 0; i < MEDIA; i++)
    relay->sources[i] = g_ptr_array_new_with_free_func (gst_object_unref);
  return relay;
}

ServeRelay *
serve_relay_ref (ServeRelay *relay)
{
  return g_atomic_rc_box_acquire (relay);
}

void
serve_relay_unref (ServeRelay *relay)
{
  g_atomic_rc_box_release_full (relay, clear_relay);
}

GstClock *
serve_relay_get_clock (void)
{
  return gst_system_clock_obtain ();
}

/* --- what comes --- */

/* When the frame is due, by the clock; GST_CLOCK_TIME_NONE: nobody knows. */
static GstClockTime
get_time (GstElement *sink, GstSample *sample)
{
  const GstClockTime running = gst_segment_to_running_time (gst_sample_get_segment (sample),
      GST_FORMAT_TIME, GST_BUFFER_PTS (gst_sample_get_buffer (sample)));

  return GST_CLOCK_TIME_IS_VALID (running) ? gst_element_get_base_time (sink) + running
                                           : GST_CLOCK_TIME_NONE;
}

/* The buffer as it is in the time of a source, which may not play yet. */
static void
hand_on (GstAppSrc *source, GstSample *sample, GstClockTime time)
{
  const GstClockTime base = gst_element_get_base_time (GST_ELEMENT (source));
  g_autoptr (GstBuffer) buffer = NULL;
  g_autoptr (GstSample) timed = NULL;

  if (GST_STATE (source) != GST_STATE_PLAYING || !GST_CLOCK_TIME_IS_VALID (time) || time < base)
    return;
  buffer = gst_buffer_copy (gst_sample_get_buffer (sample));
  GST_BUFFER_PTS (buffer) = time - base;
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  timed = gst_sample_new (buffer, gst_sample_get_caps (sample), NULL, NULL);
  gst_app_src_push_sample (source, timed);
}

static GstFlowReturn
on_sample (GstAppSink *sink, gpointer data)
{
  ServeRelay *relay = data;
  g_autoptr (GstSample) sample = gst_app_sink_pull_sample (sink);
  const guint medium = GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (sink), "medium"));
  GstClockTime time;

  if (sample == NULL)
    return GST_FLOW_EOS;
  time = get_time (GST_ELEMENT (sink), sample);
  g_mutex_lock (&relay->lock);
  for (guint i = 0; i < relay->sources[medium]->len; i++)
    hand_on (relay->sources[medium]->pdata[i], sample, time);
  g_mutex_unlock (&relay->lock);
  return GST_FLOW_OK;
}

GstElement *
serve_relay_add_sink (ServeRelay *relay, const char *name)
{
  GstElement *sink = gst_element_factory_make ("appsink", NULL);
  GstAppSinkCallbacks callbacks = { .new_sample = on_sample };
  const guint medium = g_str_equal (name, media[0].name) ? 0 : 1;

  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  g_object_set_data (G_OBJECT (sink), "medium", GUINT_TO_POINTER (medium));
  gst_app_sink_set_callbacks (
      GST_APP_SINK (sink), &callbacks, serve_relay_ref (relay), (GDestroyNotify)serve_relay_unref);
  g_mutex_lock (&relay->lock);
  relay->has[medium] = TRUE;
  g_mutex_unlock (&relay->lock);
  return sink;
}

/* --- what goes --- */

typedef struct {
  ServeRelay *relay;
  GstElement *sources[MEDIA];
} Reader;

/* The bin of a reader is gone. */
static void
leave (gpointer data)
{
  Reader *reader = data;

  g_mutex_lock (&reader->relay->lock);
  for (guint i = 0; i < MEDIA; i++)
    if (reader->sources[i] != NULL)
      g_ptr_array_remove_fast (reader->relay->sources[i], reader->sources[i]);
  g_mutex_unlock (&reader->relay->lock);
  serve_relay_unref (reader->relay);
  g_free (reader);
}

static GstElement *
add_source (GstBin *bin, guint medium)
{
  GstElement *source = gst_element_factory_make ("appsrc", NULL);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (source, "src");

  g_object_set (source, "is-live", TRUE, "format", GST_FORMAT_TIME, "max-buffers",
      media[medium].buffers, "max-bytes", (guint64)0, "leaky-type", GST_APP_LEAKY_TYPE_DOWNSTREAM,
      "min-latency", (gint64)0, NULL);
  gst_bin_add (bin, source);
  gst_element_add_pad (GST_ELEMENT (bin), gst_ghost_pad_new (media[medium].name, pad));
  return source;
}

GstElement *
serve_relay_make_source (ServeRelay *relay)
{
  GstElement *bin = NULL;
  Reader *reader = g_new0 (Reader, 1);

  reader->relay = serve_relay_ref (relay);
  g_mutex_lock (&relay->lock);
  for (guint i = 0; i < MEDIA; i++) {
    if (!relay->has[i] || relay->ended)
      continue;
    bin = bin != NULL ? bin : gst_bin_new (NULL);
    reader->sources[i] = add_source (GST_BIN (bin), i);
    g_ptr_array_add (relay->sources[i], gst_object_ref (reader->sources[i]));
  }
  g_mutex_unlock (&relay->lock);
  if (bin == NULL)
    leave (reader);
  else
    g_object_set_data_full (G_OBJECT (bin), "relay", reader, leave);
  return bin;
}

void
serve_relay_end (ServeRelay *relay)
{
  g_mutex_lock (&relay->lock);
  relay->ended = TRUE;
  for (guint i = 0; i < MEDIA; i++)
    for (guint k = 0; k < relay->sources[i]->len; k++)
      gst_app_src_end_of_stream (relay->sources[i]->pdata[k]);
  g_mutex_unlock (&relay->lock);
}
