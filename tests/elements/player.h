/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <gst/gst.h>

#include <string.h>

/* A pipeline that keeps the buffers it plays; its sink is a fakesink named "sink" with
 * signal-handoffs. */
typedef struct {
  GstElement *pipeline;
  GstBus *bus;
  GMutex lock;
  GPtrArray *buffers;
} Player;

static inline void
on_handoff (GstElement *sink, GstBuffer *buffer, GstPad *pad, Player *player)
{
  g_mutex_lock (&player->lock);
  g_ptr_array_add (player->buffers, gst_buffer_ref (buffer));
  g_mutex_unlock (&player->lock);
}

static inline void
player_open (Player *player, const char *launch)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) sink = NULL;
  GstStateChangeReturn result;

  player->pipeline = gst_parse_launch (launch, &error);
  g_assert_no_error (error);
  player->bus = gst_element_get_bus (player->pipeline);
  player->buffers = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_buffer_unref);
  g_mutex_init (&player->lock);
  sink = gst_bin_get_by_name (GST_BIN (player->pipeline), "sink");
  g_signal_connect (sink, "handoff", G_CALLBACK (on_handoff), player);
  gst_element_set_state (player->pipeline, GST_STATE_PAUSED);
  result = gst_element_get_state (player->pipeline, NULL, NULL, 20 * GST_SECOND);
  g_assert_cmpint (result, ==, GST_STATE_CHANGE_SUCCESS);
}

static inline void
player_play_to_end (Player *player)
{
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (player->pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      player->bus, 20 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (message), ==, "eos");
}

static inline void
player_close (Player *player)
{
  gst_element_set_state (player->pipeline, GST_STATE_NULL);
  g_ptr_array_unref (player->buffers);
  gst_object_unref (player->bus);
  gst_object_unref (player->pipeline);
  g_mutex_clear (&player->lock);
}

/* The pipeline must fail with this error, in a text that has these words. */
static inline void
player_assert_error (const char *launch, GQuark domain, int code, const char *words)
{
  g_autoptr (GError) parse_error = NULL, error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &parse_error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  g_assert_no_error (parse_error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  g_assert_nonnull (message);
  g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (message), ==, "error");
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, domain, code);
  if (strstr (error->message, words) == NULL)
    g_error ("\"%s\" lacks \"%s\"", error->message, words);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}
