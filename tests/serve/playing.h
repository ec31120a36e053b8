/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions that are played in a test. */
#pragma once

#include <gst/gst.h>

#include "serving.h"

#define PATIENCE (20 * G_USEC_PER_SEC)

/* A session that plays; its frames are kept as bytes. */
typedef struct {
  ServeSession *session;
  GstElement *pipeline;
  GAsyncQueue *frames; /* of GBytes */
  GAsyncQueue *sounds;
  GstClockTime expected; /* when the next frame is due; the sink's thread's */
  gint lost;             /* how often none has come; atomic */
} Playing;

static inline void
on_handoff (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  Playing *playing = data;
  GstMapInfo map;

  if (playing->expected > 0 && GST_BUFFER_PTS (buffer) > playing->expected + GST_MSECOND)
    g_atomic_int_inc (&playing->lost);
  playing->expected = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_async_queue_push (playing->frames, g_bytes_new (map.data, map.size));
  gst_buffer_unmap (buffer, &map);
}

static inline void
on_sound (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  Playing *playing = data;

  g_async_queue_push (playing->sounds, gst_buffer_ref (buffer));
}

static inline void
link_sink (Playing *playing, const char *pad, GCallback handoff)
{
  GstElement *sink = gst_element_factory_make ("fakesink", pad);

  gst_bin_add (GST_BIN (playing->pipeline), sink);
  g_object_set (sink, "sync", FALSE, "signal-handoffs", TRUE, NULL);
  g_signal_connect (sink, "handoff", handoff, playing);
  g_assert_true (
      gst_element_link_pads (serve_session_get_bin (playing->session), pad, sink, "sink"));
}

static inline void
playing_new (Serving *s, Playing *playing, const char *mount, const char *owner)
{
  g_autoptr (GError) error = NULL;

  playing->session = serve_session_new (s->server, serving_mount (s, mount), owner, "test", &error);
  g_assert_no_error (error);
  playing->frames = g_async_queue_new_full ((GDestroyNotify)g_bytes_unref);
  playing->sounds = g_async_queue_new_full ((GDestroyNotify)gst_buffer_unref);
  playing->pipeline = gst_pipeline_new (NULL);
  gst_bin_add (GST_BIN (playing->pipeline), serve_session_get_bin (playing->session));
  link_sink (playing, "video", G_CALLBACK (on_handoff));
}

static inline void
playing_begin (Playing *playing)
{
  g_assert_cmpint (
      gst_element_set_state (playing->pipeline, GST_STATE_PLAYING), !=, GST_STATE_CHANGE_FAILURE);
}

/* (transfer full) */
static inline GBytes *
playing_next (Playing *playing)
{
  GBytes *frame = g_async_queue_timeout_pop (playing->frames, PATIENCE);

  if (frame == NULL) {
    g_autoptr (GstBus) bus = gst_element_get_bus (playing->pipeline);
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    g_autoptr (GError) error = NULL;

    if (message != NULL)
      gst_message_parse_error (message, &error, NULL);
    g_error ("no frame comes: %s", error != NULL ? error->message : "and nothing is said");
  }
  return frame;
}

static inline void
playing_end (Playing *playing)
{
  gst_element_set_state (playing->pipeline, GST_STATE_NULL);
  serve_session_close (playing->session);
  serve_session_unref (playing->session);
  gst_object_unref (playing->pipeline);
  g_async_queue_unref (playing->frames);
  g_async_queue_unref (playing->sounds);
}
