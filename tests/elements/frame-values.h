/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Frames that are all of one value, by which they are known again, and what plays them. */
#pragma once

#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "doubtful.h"

#define CAPS "video/x-raw,format=(string)RGB,width=16,height=16"
#define BYTES (16 * 16 * 3)
#define INTERVAL (GST_SECOND / 10)

/* Where the models are. */
static char *folder;

static inline GstHarness *
open_harness (const char *name, const char *said, const char *caps)
{
  g_autofree char *launch =
      g_strdup_printf ("generator model=%s/%s %s", folder, name, said != NULL ? said : "");
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

/* A frame whose bytes are all `value`. */
static inline GstBuffer *
make_frame (gsize size, GstClockTime time, GstClockTime duration, guint8 value)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

  gst_buffer_memset (buffer, 0, value, size);
  GST_BUFFER_PTS (buffer) = time;
  GST_BUFFER_DURATION (buffer) = duration;
  return buffer;
}

static inline guint8
value_of (int number)
{
  return (guint8)((number * 37 + 11) % 251);
}

static inline void
push (GstHarness *harness, int number)
{
  GstBuffer *frame =
      make_frame (BYTES, (GstClockTime)number * INTERVAL, INTERVAL, value_of (number));

  g_assert_cmpint (gst_harness_push (harness, frame), ==, GST_FLOW_OK);
}

static inline int
byte_of (GstBuffer *buffer)
{
  guint8 byte;

  g_assert_cmpuint (gst_buffer_extract (buffer, 0, &byte, 1), ==, 1);
  g_assert_cmpint (gst_buffer_memcmp (buffer, 0, &byte, 1), ==, 0);
  return byte;
}

static inline void
assert_empty (GstHarness *harness)
{
  g_autoptr (GstBuffer) more = gst_harness_try_pull (harness);

  g_assert_null (more);
}

static inline void
push_segment (GstHarness *harness, double rate)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = rate;
  segment.stop = 1000 * GST_SECOND;
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
}

static inline GstClockTime
ask_latency (GstHarness *harness)
{
  g_autoptr (GstElement) generator = gst_harness_find_element (harness, "generator");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (generator, "src");
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  GstClockTime least;

  g_assert_true (gst_pad_query (pad, query));
  gst_query_parse_latency (query, NULL, &least, NULL);
  return least;
}

static inline void
assert_refused (const char *model, const char *said, const char *behind, const char *words)
{
  gboolean failed;
  g_autofree char *launch =
      g_strdup_printf ("videotestsrc num-buffers=3 ! video/x-raw,format=RGB,width=16,height=16 ! "
                       "generator model=%s/%s %s ! %s fakesink",
          folder, model, said, behind);
  g_autofree char *text = play_for_words (launch, &failed);

  g_assert_true (failed);
  assert_says (text, words);
}
