/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models of one picture of 8 x 8 that make more doubt than pictures, and what is said of them. */
#pragma once

#include <generative/onnx.h>
#include <gst/gst.h>

#include <string.h>

#include "../scratch.h"

#define SIDE 8

static inline GenTensor *
add_picture (GenGraph *graph, GenDataType type, gint64 batch, gboolean channels_last)
{
  return gen_graph_add_input (graph, "x", type,
      channels_last ? &GEN_SHAPE (batch, SIDE, SIDE, 3) : &GEN_SHAPE (batch, 3, SIDE, SIDE));
}

static inline void
say_range (GenGraph *graph, const char *key, const char *range)
{
  g_hash_table_insert (graph->metadata, g_strdup (key), g_strdup (range));
}

static inline void
save_model (GenGraph *graph, GenTensor *made, const char *path)
{
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (made);
  gen_graph_add_output (graph, made);
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* Play `launch`: all warnings, a line each, and the error that ends it, if there is one.
 * (transfer full) */
static inline char *
play_for_words (const char *launch, gboolean *failed)
{
  g_autoptr (GError) parse_error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &parse_error);
  g_autoptr (GstBus) bus = NULL;
  GString *words = g_string_new (NULL);

  g_assert_no_error (parse_error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (gboolean ended = FALSE; !ended;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING | GST_MESSAGE_EOS);
    g_autoptr (GError) error = NULL;

    g_assert_nonnull (message);
    ended = GST_MESSAGE_TYPE (message) != GST_MESSAGE_WARNING;
    *failed = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
      gst_message_parse_warning (message, &error, NULL);
    else if (*failed)
      gst_message_parse_error (message, &error, NULL);
    if (error != NULL)
      g_string_append_printf (words, "%s\n", error->message);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return g_string_free (words, FALSE);
}

static inline guint
count_words (const char *text, const char *words)
{
  guint n = 0;

  for (const char *at = strstr (text, words); at != NULL; at = strstr (at + 1, words))
    n++;
  return n;
}

static inline void
assert_says (const char *text, const char *words)
{
  if (strstr (text, words) == NULL)
    g_error ("\"%s\" lacks \"%s\"", text, words);
}
