/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Trainings of pictures that a test source makes, played to their end, and what they leave. */
#pragma once

#include <generative/checkpoint.h>
#include <gst/gst.h>

#include <string.h>

#include "../scratch.h"

#define SOURCE                                                                                     \
  "videotestsrc pattern=zone-plate kx2=20 ky2=20 kt=1 num-buffers=%d ! "                           \
  "video/x-raw,format=GRAY8,width=28,height=28 ! "

/* Of messages named modeltrainer-`what`, how many have each of `fields`, numbers. */
typedef struct {
  const char *what;
  const char *const *fields;
  guint n;
} Told;

static inline void
note (GstMessage *message, Told *told)
{
  g_autofree char *name = g_strconcat ("modeltrainer-", told->what, NULL);
  double value;

  if (!gst_message_has_name (message, name))
    return;
  for (const char *const *field = told->fields; *field != NULL; field++)
    g_assert_true (gst_structure_get_double (gst_message_get_structure (message), *field, &value));
  told->n++;
}

/* Run the pipeline to its end. */
static inline void
play (const char *description, Told *told)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (description, &error);
  g_autoptr (GstBus) bus = NULL;
  gboolean ended = FALSE;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!ended) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop (bus, 60 * GST_SECOND);

    g_assert_nonnull (message);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      gst_message_parse_error (message, &error, NULL);
    g_assert_no_error (error);
    if (told != NULL)
      note (message, told);
    ended = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* Run what fails: the text of its error. (transfer full) */
static inline char *
play_to_error (const char *description)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (description, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return g_strdup (error->message);
}

static inline char *
read_file (const char *folder, const char *name, gsize *size)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  char *data;

  g_file_get_contents (path, &data, size, &error);
  g_assert_no_error (error);
  return data;
}

static inline void
assert_same (const char *one, const char *other, const char *name)
{
  gsize n, m;
  g_autofree char *a = read_file (one, name, &n), *b = read_file (other, name, &m);

  g_assert_cmpmem (a, n, b, m);
}
