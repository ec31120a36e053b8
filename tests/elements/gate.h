/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A discriminator as a gate within a test: frames are scored by how bright they are. */
#pragma once

#include <generative/calibration.h>
#include <generative/rejection.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <json-glib/json-glib.h>

#include <math.h>
#include <string.h>

#include "doubtful.h"

#define INTERVAL (GST_SECOND / 25)
#define PICTURE_CAPS "video/x-raw,format=GRAY8,width=8,height=8,framerate=25/1"
#define SOUND_CAPS "audio/x-raw,format=F32LE,layout=interleaved,rate=8000,channels=1"

static char *folder;

/* The score is the mean of what goes in, or its logarithm: of black, none. */
static inline char *
save_judge (const GenShape *shape, gboolean logarithm, const char *calibration)
{
  char *path = g_build_filename (folder, "judge.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("judge");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, shape);
  GenTensor *y = gen_unary (graph, "Flatten", x, &error);

  y = gen_graph_op (
      graph, "ReduceMean", &y, 1, 1, &error, "axes", GEN_INTS, 1, (const gint64[]){ 1 }, NULL);
  if (logarithm)
    y = gen_unary (graph, "Log", y, &error);
  g_assert_no_error (error);
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.sample-rate", "8000");
  if (calibration != NULL)
    say_range (graph, GEN_CALIBRATION_METADATA, calibration);
  save_model (graph, y, path);
  return path;
}

typedef struct {
  GstHarness *harness;
  GstBus *bus;
  guint next; /* frame */
} Fixture;

static inline void
open_of (Fixture *f, const char *model, const char *properties, const char *caps)
{
  g_autofree char *launch = g_strdup_printf ("discriminator model=%s %s", model, properties);

  *f = (Fixture){ .harness = gst_harness_new_parse (launch), .bus = gst_bus_new () };
  gst_element_set_bus (f->harness->element, f->bus);
  gst_harness_set_src_caps_str (f->harness, caps);
}

static inline void
open_fixture (Fixture *f, const char *properties)
{
  g_autofree char *model = save_judge (&GEN_SHAPE (1, 1, 8, 8), FALSE, NULL);

  open_of (f, model, properties, PICTURE_CAPS);
}

static inline void
close_fixture (Fixture *f)
{
  gst_bus_set_flushing (f->bus, TRUE);
  gst_element_set_bus (f->harness->element, NULL);
  gst_object_unref (f->bus);
  gst_harness_teardown (f->harness);
}

static inline GstElement *
find_judge (Fixture *f)
{
  return gst_harness_find_element (f->harness, "discriminator");
}

static inline GstBuffer *
make_frame (guint number, guint8 value)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 64, NULL);

  gst_buffer_memset (buffer, 0, value, 64);
  GST_BUFFER_PTS (buffer) = number * INTERVAL;
  GST_BUFFER_DURATION (buffer) = INTERVAL;
  GST_BUFFER_OFFSET (buffer) = number;
  return buffer;
}

/* Push frames of these values, one after the other. */
static inline void
push (Fixture *f, const guint8 *values, guint n)
{
  for (guint i = 0; i < n; i++)
    g_assert_cmpint (
        gst_harness_push (f->harness, make_frame (f->next++, values[i])), ==, GST_FLOW_OK);
}

#define PUSH(f, ...)                                                                               \
  push ((f), (const guint8[]){ __VA_ARGS__ }, sizeof ((const guint8[]){ __VA_ARGS__ }))

static const GstStructure *
score_of (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "generative-score");

  g_assert_nonnull (meta);
  return gst_custom_meta_get_structure (meta);
}

/* What comes next is a frame of `value` in the time of frame `number`. */
static inline GstBuffer *
pull (Fixture *f, guint8 value, guint number)
{
  GstBuffer *buffer = gst_harness_try_pull (f->harness);
  guint8 first;

  g_assert_nonnull (buffer);
  gst_buffer_extract (buffer, 0, &first, 1);
  g_assert_cmpuint (first, ==, value);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, number * INTERVAL);
  g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, INTERVAL);
  return buffer;
}

static inline void
expect (Fixture *f, guint8 value, guint number, gboolean discont)
{
  g_autoptr (GstBuffer) buffer = pull (f, value, number);

  g_assert_true (GST_BUFFER_IS_DISCONT (buffer) == discont);
}

static inline void
expect_nothing (Fixture *f)
{
  g_assert_null (gst_harness_try_pull (f->harness));
}

/* The frames of which the gap events that have come tell. (transfer full) */
static inline char *
list_gaps (Fixture *f)
{
  GString *gaps = g_string_new (NULL);
  GstEvent *event;

  while ((event = gst_harness_try_pull_event (f->harness)) != NULL) {
    GstClockTime pts, duration;

    if (GST_EVENT_TYPE (event) == GST_EVENT_GAP) {
      gst_event_parse_gap (event, &pts, &duration);
      g_assert_cmpuint (duration, ==, INTERVAL);
      g_string_append_printf (gaps, "%u ", (guint)(pts / INTERVAL));
    }
    gst_event_unref (event);
  }
  return g_string_free (gaps, FALSE);
}

#define ASSERT_GAPS(f, wanted)                                                                     \
  G_STMT_START                                                                                     \
  {                                                                                                \
    g_autofree char *gaps = list_gaps (f);                                                         \
    g_assert_cmpstr (gaps, ==, wanted);                                                            \
  }                                                                                                \
  G_STMT_END

static inline double
accept_rate (Fixture *f)
{
  g_autoptr (GstElement) judge = find_judge (f);
  double rate;

  g_object_get (judge, "accept-rate", &rate, NULL);
  return rate;
}

/* What the summary says. (transfer full) */
static inline GstStructure *
find_summary (Fixture *f)
{
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_ELEMENT);

    g_assert_nonnull (message);
    if (gst_message_has_name (message, "generative-summary"))
      return gst_structure_copy (gst_message_get_structure (message));
  }
}

static inline gint64
count_of (const GstStructure *summary, const char *name)
{
  gint64 n = -1;

  g_assert_true (gst_structure_get_int64 (summary, name, &n));
  return n;
}

static inline void
flush (Fixture *f)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (FALSE));
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
}
