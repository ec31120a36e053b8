/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* discriminator as a gate: which frames are selected, by a threshold, as the best of some or by
 * rejection sampling; what becomes of the others, and of time; what a calibration makes of scores.
 */
#include <generative/calibration.h>
#include <generative/rejection.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <json-glib/json-glib.h>

#include <math.h>
#include <string.h>

#include "doubtful.h"

enum { LENGTH = 128, RATE = 8000 };

#define INTERVAL (GST_SECOND / 25)
#define PICTURE_CAPS "video/x-raw,format=GRAY8,width=8,height=8,framerate=25/1"
#define SOUND_CAPS "audio/x-raw,format=F32LE,layout=interleaved,rate=8000,channels=1"

static char *folder;

/* The score is the mean of what goes in, or its logarithm: of black, none. */
static char *
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

static void
open_of (Fixture *f, const char *model, const char *properties, const char *caps)
{
  g_autofree char *launch = g_strdup_printf ("discriminator model=%s %s", model, properties);

  *f = (Fixture){ .harness = gst_harness_new_parse (launch), .bus = gst_bus_new () };
  gst_element_set_bus (f->harness->element, f->bus);
  gst_harness_set_src_caps_str (f->harness, caps);
}

static void
open_fixture (Fixture *f, const char *properties)
{
  g_autofree char *model = save_judge (&GEN_SHAPE (1, 1, 8, 8), FALSE, NULL);

  open_of (f, model, properties, PICTURE_CAPS);
}

static void
close_fixture (Fixture *f)
{
  gst_bus_set_flushing (f->bus, TRUE);
  gst_element_set_bus (f->harness->element, NULL);
  gst_object_unref (f->bus);
  gst_harness_teardown (f->harness);
}

static GstElement *
find_judge (Fixture *f)
{
  return gst_harness_find_element (f->harness, "discriminator");
}

static GstBuffer *
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
static void
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
static GstBuffer *
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

static void
expect (Fixture *f, guint8 value, guint number, gboolean discont)
{
  g_autoptr (GstBuffer) buffer = pull (f, value, number);

  g_assert_true (GST_BUFFER_IS_DISCONT (buffer) == discont);
}

static void
expect_nothing (Fixture *f)
{
  g_assert_null (gst_harness_try_pull (f->harness));
}

/* The frames of which the gap events that have come tell. (transfer full) */
static char *
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

static double
accept_rate (Fixture *f)
{
  g_autoptr (GstElement) judge = find_judge (f);
  double rate;

  g_object_get (judge, "accept-rate", &rate, NULL);
  return rate;
}

/* What the summary says. (transfer full) */
static GstStructure *
find_summary (Fixture *f)
{
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_ELEMENT);

    g_assert_nonnull (message);
    if (gst_message_has_name (message, "generative-summary"))
      return gst_structure_copy (gst_message_get_structure (message));
  }
}

static gint64
count_of (const GstStructure *summary, const char *name)
{
  gint64 n = -1;

  g_assert_true (gst_structure_get_int64 (summary, name, &n));
  return n;
}

static void
flush (Fixture *f)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (f->harness, gst_event_new_flush_start ());
  gst_harness_push_event (f->harness, gst_event_new_flush_stop (FALSE));
  gst_harness_push_event (f->harness, gst_event_new_segment (&segment));
}

/* --- what becomes of those that are not selected --- */

static void
test_drop (void)
{
  g_autoptr (GstStructure) summary = NULL;
  Fixture f;

  open_fixture (&f, "action=drop threshold=0.5");
  g_assert_cmpfloat (accept_rate (&f), ==, -1);
  PUSH (&f, 10, 200, 20, 30, 210, 220, 40);
  expect (&f, 200, 1, TRUE);
  expect (&f, 210, 4, TRUE);
  expect (&f, 220, 5, FALSE);
  expect_nothing (&f);
  ASSERT_GAPS (&f, "0 2 3 6 ");
  g_assert_cmpfloat_with_epsilon (accept_rate (&f), 3 / 7., 1e-12);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  summary = find_summary (&f);
  g_assert_cmpint (count_of (summary, "frames"), ==, 7);
  g_assert_cmpint (count_of (summary, "passed"), ==, 3);
  g_assert_cmpint (count_of (summary, "dropped"), ==, 4);
  close_fixture (&f);
}

/* A seek forgets what has been left out. What time has no frames in the source has none still. */
static void
test_restamp (void)
{
  GstBuffer *late;
  Fixture f;

  open_fixture (&f, "action=drop threshold=0.5 restamp=true");
  PUSH (&f, 10, 200, 20, 30, 210, 220, 40, 230);
  expect (&f, 200, 0, FALSE);
  expect (&f, 210, 1, FALSE);
  expect (&f, 220, 2, FALSE);
  expect (&f, 230, 3, FALSE);
  ASSERT_GAPS (&f, "");
  PUSH (&f, 50);
  late = make_frame (20, 240);
  GST_BUFFER_FLAG_SET (late, GST_BUFFER_FLAG_DISCONT);
  gst_harness_push (f.harness, late);
  /* Of 9 frames 5 were left out, and 20 is 11 behind the last of them. */
  expect (&f, 240, 15, TRUE);
  gst_harness_push_event (f.harness, gst_event_new_gap (21 * INTERVAL, INTERVAL));
  ASSERT_GAPS (&f, "16 ");
  flush (&f);
  f.next = 100;
  PUSH (&f, 10, 200);
  expect (&f, 200, 100, TRUE);
  close_fixture (&f);
}

/* Time that goes back, further than has been left out, goes back to where the segment begins. */
static void
test_restamp_backwards (void)
{
  static const guint starts[] = { 0, 10 };

  for (gsize i = 0; i < G_N_ELEMENTS (starts); i++) {
    GstSegment segment;
    Fixture f;

    open_fixture (&f, "action=drop threshold=0.5 restamp=true");
    gst_segment_init (&segment, GST_FORMAT_TIME);
    segment.start = starts[i] * INTERVAL;
    gst_harness_push_event (f.harness, gst_event_new_segment (&segment));
    f.next = starts[i];
    PUSH (&f, 10, 20, 30, 40, 200);
    expect (&f, 200, starts[i], FALSE);
    f.next = starts[i] + 1;
    PUSH (&f, 210, 220, 20, 230);
    expect (&f, 210, starts[i], FALSE);
    expect (&f, 220, starts[i] + 1, FALSE);
    expect (&f, 230, starts[i] + 2, FALSE);
    close_fixture (&f);
  }
}

/* What is late behind is late in front as well, in the time that is told there. */
static void
test_qos (void)
{
  GstEvent *event = NULL;
  GstClockTimeDiff late;
  GstClockTime time;
  double proportion;
  GstQOSType type;
  Fixture f;

  open_fixture (&f, "action=drop threshold=0.5 restamp=true");
  PUSH (&f, 10, 20, 30, 200);
  expect (&f, 200, 0, FALSE);
  gst_harness_push_upstream_event (
      f.harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1.5, 7 * GST_MSECOND, 0));
  while ((event = gst_harness_try_pull_upstream_event (f.harness)) != NULL &&
         GST_EVENT_TYPE (event) != GST_EVENT_QOS)
    gst_event_unref (event);
  g_assert_nonnull (event);
  gst_event_parse_qos (event, &type, &proportion, &late, &time);
  g_assert_cmpuint (time, ==, 3 * INTERVAL);
  g_assert_cmpint (late, ==, 7 * GST_MSECOND);
  g_assert_cmpfloat (proportion, ==, 1.5);
  gst_event_unref (event);
  close_fixture (&f);
}

static gboolean
is_repeated (GstBuffer *buffer)
{
  return gst_structure_has_field_typed (score_of (buffer), "repeated", G_TYPE_INT64);
}

static void
expect_repeated (Fixture *f, guint8 value, guint number, gboolean repeated)
{
  g_autoptr (GstBuffer) buffer = pull (f, value, number);
  double score;

  g_assert_true (is_repeated (buffer) == repeated);
  g_assert_true (gst_structure_get_double (score_of (buffer), "score", &score));
  g_assert_cmpfloat_with_epsilon (score, value / 255., 1e-5);
  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, number);
}

/* Until a frame is selected there is none to hold, after a flush as at the beginning. */
static void
test_hold_last (void)
{
  g_autoptr (GstQuery) drain = gst_query_new_drain ();
  g_autoptr (GstStructure) summary = NULL;
  Fixture f;

  open_fixture (&f, "action=hold-last threshold=0.5");
  PUSH (&f, 10, 20, 200, 30, 40, 210, 50);
  expect_repeated (&f, 200, 2, FALSE);
  expect_repeated (&f, 200, 3, TRUE);
  expect_repeated (&f, 200, 4, TRUE);
  expect_repeated (&f, 210, 5, FALSE);
  expect_repeated (&f, 210, 6, TRUE);
  ASSERT_GAPS (&f, "0 1 ");
  /* What is drained is copied. */
  g_assert_true (gst_pad_peer_query (f.harness->srcpad, drain));
  PUSH (&f, 60);
  expect_repeated (&f, 210, 7, TRUE);
  flush (&f);
  PUSH (&f, 70, 220, 80);
  expect_repeated (&f, 220, 9, FALSE);
  expect_repeated (&f, 220, 10, TRUE);
  ASSERT_GAPS (&f, "8 ");
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  summary = find_summary (&f);
  g_assert_cmpint (count_of (summary, "repeated"), ==, 5);
  g_assert_cmpint (count_of (summary, "dropped"), ==, 3);
  g_assert_cmpint (count_of (summary, "passed"), ==, 3);
  close_fixture (&f);
}

static void
push_wide (Fixture *f, guint8 value)
{
  GstBuffer *buffer = make_frame (f->next++, value), *right = make_frame (0, value);

  g_assert_cmpint (
      gst_harness_push (f->harness, gst_buffer_append (buffer, right)), ==, GST_FLOW_OK);
}

/* A frame of another size is none to hold. */
static void
test_hold_last_caps (void)
{
  g_autoptr (GstBuffer) repeated = NULL;
  Fixture f;

  open_fixture (&f, "action=hold-last threshold=0.5");
  PUSH (&f, 200, 10);
  expect_repeated (&f, 200, 0, FALSE);
  expect_repeated (&f, 200, 1, TRUE);
  gst_harness_set_src_caps_str (
      f.harness, "video/x-raw,format=GRAY8,width=16,height=8,framerate=25/1");
  push_wide (&f, 20);
  expect_nothing (&f);
  ASSERT_GAPS (&f, "2 ");
  push_wide (&f, 210);
  push_wide (&f, 30);
  expect_repeated (&f, 210, 3, FALSE);
  repeated = pull (&f, 210, 4);
  g_assert_true (is_repeated (repeated));
  g_assert_cmpuint (gst_buffer_get_size (repeated), ==, 128);
  close_fixture (&f);
}

/* An action that changes while frames pass. */
static void
test_changes (void)
{
  g_autoptr (GstElement) judge = NULL;
  Fixture f;

  open_fixture (&f, "action=drop threshold=0.5");
  judge = find_judge (&f);
  PUSH (&f, 10, 200, 20);
  gst_util_set_object_arg (G_OBJECT (judge), "action", "tag");
  PUSH (&f, 30, 40);
  gst_util_set_object_arg (G_OBJECT (judge), "select", "best");
  gst_util_set_object_arg (G_OBJECT (judge), "action", "drop");
  g_object_set (judge, "candidates", 2, NULL);
  PUSH (&f, 50, 60, 70);
  /* One waits, which is the best of one now. */
  g_object_set (judge, "candidates", 1, NULL);
  gst_util_set_object_arg (G_OBJECT (judge), "select", "threshold");
  PUSH (&f, 210, 220);
  expect (&f, 200, 1, TRUE);
  expect (&f, 30, 3, TRUE);
  expect (&f, 40, 4, FALSE);
  expect (&f, 60, 6, TRUE);
  expect (&f, 210, 8, TRUE);
  expect (&f, 220, 9, FALSE);
  expect_nothing (&f);
  close_fixture (&f);
}

/* --- the best --- */

static void
test_best (void)
{
  g_autoptr (GstStructure) summary = NULL;
  GstMessage *message;
  Fixture f;

  open_fixture (&f, "action=drop select=best candidates=3 post-messages=true");
  PUSH (&f, 10, 30, 20, 200);
  expect (&f, 30, 1, TRUE);
  expect_nothing (&f);
  ASSERT_GAPS (&f, "0 2 ");
  /* Equals: the first one. */
  PUSH (&f, 210, 210);
  expect (&f, 210, 4, TRUE);
  /* What is left at the end is decided on, too. */
  PUSH (&f, 70, 60);
  expect_nothing (&f);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  expect (&f, 70, 6, TRUE);
  ASSERT_GAPS (&f, "3 5 7 ");
  for (guint i = 0; i < 8; i++) {
    guint64 frame, pts;
    gint64 passed;

    message = gst_bus_pop_filtered (f.bus, GST_MESSAGE_ELEMENT);
    g_assert_true (gst_structure_get (gst_message_get_structure (message), "frame", G_TYPE_UINT64,
        &frame, "pts", G_TYPE_UINT64, &pts, "passed", G_TYPE_INT64, &passed, NULL));
    g_assert_cmpuint (frame, ==, i);
    g_assert_cmpuint (pts, ==, i * INTERVAL);
    g_assert_cmpint (passed, ==, i == 1 || i == 4 || i == 6);
    gst_message_unref (message);
  }
  summary = find_summary (&f);
  g_assert_cmpint (count_of (summary, "passed"), ==, 3);
  g_assert_cmpfloat_with_epsilon (accept_rate (&f), 3 / 8., 1e-12);
  close_fixture (&f);
}

static void
test_best_restamped (void)
{
  Fixture f;

  open_fixture (&f, "action=drop select=best candidates=4 restamp=true");
  PUSH (&f, 10, 30, 20, 0, 50, 60, 70, 80, 90, 10, 20, 30);
  expect (&f, 30, 0, FALSE);
  expect (&f, 80, 1, FALSE);
  expect (&f, 90, 2, FALSE);
  ASSERT_GAPS (&f, "");
  close_fixture (&f);
}

/* With action=tag all frames pass, when it is known which one is selected. */
static void
test_best_tagged (void)
{
  Fixture f;

  open_fixture (&f, "select=best candidates=2");
  PUSH (&f, 10);
  expect_nothing (&f);
  PUSH (&f, 20);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GstBuffer) buffer = pull (&f, (guint8)(10 * (i + 1)), i);
    gint64 passed = -1;

    g_assert_true (gst_structure_get_int64 (score_of (buffer), "passed", &passed));
    g_assert_cmpint (passed, ==, i);
  }
  ASSERT_GAPS (&f, "");
  close_fixture (&f);
}

static void
test_best_held (void)
{
  Fixture f;

  open_fixture (&f, "action=hold-last select=best candidates=3");
  PUSH (&f, 10, 30, 20, 40, 50, 60);
  expect (&f, 30, 1, TRUE);
  expect (&f, 30, 2, FALSE);
  expect (&f, 30, 3, FALSE);
  expect (&f, 30, 4, FALSE);
  expect (&f, 60, 5, FALSE);
  ASSERT_GAPS (&f, "0 ");
  close_fixture (&f);
}

/* Events keep their place among the frames that wait; a flush throws both away; caps and segments
 * let go of what waits. */
static void
test_best_events (void)
{
  static const GstEventType through[] = { GST_EVENT_CAPS, GST_EVENT_SEGMENT };
  GstEvent *event;
  Fixture f;

  open_fixture (&f, "action=drop select=best candidates=3");
  while ((event = gst_harness_try_pull_event (f.harness)) != NULL)
    gst_event_unref (event);
  PUSH (&f, 10);
  gst_harness_push_event (f.harness,
      gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new_empty ("between")));
  gst_harness_push_event (f.harness, gst_event_new_gap (90 * INTERVAL, INTERVAL));
  g_assert_null (gst_harness_try_pull_event (f.harness));
  PUSH (&f, 30, 20);
  event = gst_harness_pull_event (f.harness); /* the gap of the first frame */
  g_assert_cmpint (GST_EVENT_TYPE (event), ==, GST_EVENT_GAP);
  gst_event_unref (event);
  event = gst_harness_pull_event (f.harness);
  g_assert_true (gst_event_has_name (event, "between"));
  gst_event_unref (event);
  ASSERT_GAPS (&f, "90 2 ");
  expect (&f, 30, 1, TRUE);

  PUSH (&f, 100, 110);
  gst_harness_push_event (f.harness, gst_event_new_gap (91 * INTERVAL, INTERVAL));
  flush (&f);
  ASSERT_GAPS (&f, "");
  PUSH (&f, 40, 50, 60);
  expect (&f, 60, 7, TRUE);
  expect_nothing (&f);
  for (gsize i = 0; i < G_N_ELEMENTS (through); i++) {
    GstSegment segment;

    gst_segment_init (&segment, GST_FORMAT_TIME);
    PUSH (&f, 80, 70);
    expect_nothing (&f);
    if (through[i] == GST_EVENT_SEGMENT)
      gst_harness_push_event (f.harness, gst_event_new_segment (&segment));
    else
      gst_harness_set_src_caps_str (f.harness, PICTURE_CAPS ",pixel-aspect-ratio=2/1");
    expect (&f, 80, f.next - 2, i > 0);
  }
  close_fixture (&f);
}

/* A live pipeline is told how long frames wait, from the first one on. */
static void
test_latency (void)
{
  static const struct {
    const char *properties;
    guint waits;
  } cases[] = { { "select=best candidates=5 action=drop", 4 }, { "action=drop", 0 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstClockTime latency;
    Fixture f;

    open_fixture (&f, cases[i].properties);
    gst_harness_set_upstream_latency (f.harness, 3 * GST_MSECOND);
    PUSH (&f, 10);
    latency = gst_harness_query_latency (f.harness);
    g_assert_cmpuint (latency, >=, 3 * GST_MSECOND + cases[i].waits * INTERVAL);
    /* A frame's interval is for runs that take longer. */
    g_assert_cmpuint (latency, <, 3 * GST_MSECOND + (cases[i].waits + 2) * INTERVAL);
    close_fixture (&f);
  }
}

/* What has no score is never the best; where none has one, nothing passes, and a warning says so.
 */
static void
test_no_score (void)
{
  g_autofree char *model = save_judge (&GEN_SHAPE (1, 1, 8, 8), TRUE, NULL);
  gboolean told = FALSE;
  Fixture f;

  open_of (&f, model, "action=drop select=best candidates=2", PICTURE_CAPS);
  PUSH (&f, 0, 10, 20, 0);
  expect (&f, 10, 1, TRUE);
  expect (&f, 20, 2, FALSE);
  PUSH (&f, 0, 0);
  expect_nothing (&f);
  close_fixture (&f);

  open_of (&f, model, "action=drop select=rejection burn-in=1", PICTURE_CAPS);
  PUSH (&f, 0, 0, 0, 0);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  expect_nothing (&f);
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (f.bus, GST_MESSAGE_WARNING);
    g_autoptr (GError) warning = NULL;

    if (message == NULL)
      break;
    gst_message_parse_warning (message, &warning, NULL);
    told = told || strstr (warning->message, "select=rejection took none of the 4 frames; none has "
                                             "a score that is a number") != NULL;
  }
  g_assert_true (told);
  close_fixture (&f);
}

/* --- by chance --- */

/* What passes is what the library says of the same log odds. */
static void
test_rejection (void)
{
  static const char *const calibrations[] = { NULL, "platt,slope=3,intercept=-1",
    "platt,maximum=2.5,slope=3,intercept=-1" };

  for (gsize i = 0; i < G_N_ELEMENTS (calibrations); i++) {
    g_autofree char *model = save_judge (&GEN_SHAPE (1, 1, 8, 8), FALSE, calibrations[i]);
    g_autoptr (GenCalibration) calibration =
        calibrations[i] != NULL ? gen_calibration_parse (calibrations[i], NULL) : NULL;
    GenRejectionSettings settings = GEN_REJECTION_DEFAULTS;
    g_autoptr (GenRejection) rejection = NULL;
    guint passed = 0;
    Fixture f;

    settings.gamma = -1;
    settings.seed = 9;
    settings.burn_in = i == 2 ? 0 : 100;
    if (calibration != NULL)
      settings.maximum = calibration->maximum;
    rejection = gen_rejection_new (&settings);
    open_of (&f, model, "action=drop select=rejection gamma=-1 seed=9", PICTURE_CAPS);
    for (guint k = 0; k < 400; k++) {
      const guint8 value = (guint8)(k * 37);
      const double score = (double)((float)value / 255);
      const gboolean wanted = gen_rejection_take (rejection,
          calibration != NULL ? gen_log_odds (gen_calibration_apply (calibration, score)) : score);

      PUSH (&f, value);
      if (wanted)
        gst_buffer_unref (pull (&f, value, k));
      else
        expect_nothing (&f);
      passed += wanted;
    }
    g_assert_cmpuint (passed, >, 20);
    g_assert_cmpuint (passed, <, 380);
    g_assert_cmpfloat_with_epsilon (accept_rate (&f), passed / (400. - settings.burn_in), 1e-12);
    close_fixture (&f);
  }
}

/* --- calibration --- */

static double
number_of (GstBuffer *buffer, const char *name)
{
  double value = NAN;

  g_assert_true (gst_structure_get_double (score_of (buffer), name, &value));
  return value;
}

static void
test_calibrated (void)
{
  /* A half at 0.8. */
  const char *calibration = "platt,slope=10,intercept=-8";
  g_autofree char *model = save_judge (&GEN_SHAPE (-1, 1, 8, 8), FALSE, calibration);
  g_autoptr (GstStructure) summary = NULL;
  GstBuffer *buffer, *wall;
  Fixture f;

  open_of (&f, model, "action=drop threshold=0.5", PICTURE_CAPS);
  PUSH (&f, 190, 210);
  buffer = pull (&f, 210, 1);
  g_assert_cmpfloat_with_epsilon (number_of (buffer, "score"), 210 / 255., 1e-5);
  g_assert_cmpfloat_with_epsilon (
      number_of (buffer, "probability"), 1 / (1 + exp (8 - 10 * 210 / 255.)), 1e-4);
  gst_buffer_unref (buffer);
  expect_nothing (&f);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  summary = find_summary (&f);
  g_assert_true (gst_structure_has_field_typed (summary, "probability", GST_TYPE_STRUCTURE));
  close_fixture (&f);

  open_of (&f, model, "action=drop threshold=0.5 calibration=none", PICTURE_CAPS);
  PUSH (&f, 120, 190);
  buffer = pull (&f, 190, 1);
  g_assert_false (gst_structure_has_field (score_of (buffer), "probability"));
  gst_buffer_unref (buffer);
  close_fixture (&f);

  /* Of a wall the mean of the probabilities, not that of the mean score. */
  open_of (&f, model, "", "video/x-raw,format=GRAY8,width=8,height=16,framerate=25/1");
  wall = gst_buffer_new_allocate (NULL, 128, NULL);
  gst_buffer_memset (wall, 0, 255, 64);
  gst_buffer_memset (wall, 64, 51, 64);
  buffer = gst_harness_push_and_pull (f.harness, wall);
  g_assert_cmpfloat_with_epsilon (
      number_of (buffer, "probability"), (1 / (1 + exp (-2)) + 1 / (1 + exp (6))) / 2, 1e-5);
  gst_buffer_unref (buffer);
  close_fixture (&f);
}

/* --- sound --- */

static GstBuffer *
make_window (guint number, float value)
{
  float samples[LENGTH];
  GstBuffer *buffer;

  for (guint i = 0; i < LENGTH; i++)
    samples[i] = value;
  buffer = gst_buffer_new_memdup (samples, sizeof samples);
  GST_BUFFER_PTS (buffer) = number * GST_SECOND * LENGTH / RATE;
  GST_BUFFER_DURATION (buffer) = GST_SECOND * LENGTH / RATE;
  return buffer;
}

static void
expect_window (Fixture *f, float value, guint number, gsize frames)
{
  g_autoptr (GstBuffer) buffer = gst_harness_try_pull (f->harness);
  float first;

  g_assert_nonnull (buffer);
  gst_buffer_extract (buffer, 0, &first, sizeof first);
  g_assert_cmpfloat (first, ==, value);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, frames * sizeof (float));
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, number * GST_SECOND * LENGTH / RATE);
}

/* Windows are chosen among as frames are; the rest of the sound, less than half a window, goes with
 * the last one. */
static void
test_sound (void)
{
  static const float values[] = { 0.1f, 0.3f, 0.2f, 0.6f, 0.5f, 0.4f, 0.7f };
  static const struct {
    const char *properties;
    guint first, second, third; /* where in time they are */
  } cases[] = { { "", 1, 3, 6 }, { "restamp=true", 0, 1, 2 } };
  g_autofree char *model = save_judge (&GEN_SHAPE (1, 1, LENGTH), FALSE, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *properties =
        g_strdup_printf ("action=drop select=best candidates=3 %s", cases[i].properties);
    GstBuffer *rest;
    Fixture f;

    open_of (&f, model, properties, SOUND_CAPS);
    for (guint k = 0; k < G_N_ELEMENTS (values); k++)
      gst_harness_push (f.harness, make_window (k, values[k]));
    rest = make_window (7, 0.8f);
    gst_buffer_set_size (rest, 40 * sizeof (float));
    gst_harness_push (f.harness, rest);
    expect_window (&f, 0.3f, cases[i].first, LENGTH);
    expect_window (&f, 0.6f, cases[i].second, LENGTH);
    expect_nothing (&f);
    gst_harness_push_event (f.harness, gst_event_new_eos ());
    expect_window (&f, 0.7f, cases[i].third, LENGTH);
    expect_window (&f, 0.8f, cases[i].third + 1, 40);
    expect_nothing (&f);
    close_fixture (&f);
  }
}

/* With action=tag each window is told whether it is the best one, and all sound passes. */
static void
test_sound_tagged (void)
{
  g_autofree char *model = save_judge (&GEN_SHAPE (1, 1, LENGTH), FALSE, NULL);
  Fixture f;

  open_of (&f, model, "select=best candidates=2", SOUND_CAPS);
  for (guint i = 0; i < 4; i++)
    gst_harness_push (f.harness, make_window (i, 0.1f * (float)(i + 1)));
  for (guint i = 0; i < 4; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_try_pull (f.harness);
    gint64 passed = -1;

    g_assert_nonnull (buffer);
    g_assert_true (gst_structure_get_int64 (score_of (buffer), "passed", &passed));
    g_assert_cmpint (passed, ==, i % 2);
  }
  close_fixture (&f);
}

/* --- in pipelines --- */

typedef struct {
  guint frames, gaps; /* that the times between frames had */
  GstClockTime first, next;
} Watched;

static GstPadProbeReturn
watch (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  Watched *watched = data;

  if (watched->frames++ == 0)
    watched->first = GST_BUFFER_PTS (buffer);
  else if (GST_CLOCK_DIFF (watched->next, GST_BUFFER_PTS (buffer)) > GST_USECOND)
    watched->gaps++;
  watched->next = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
  return GST_PAD_PROBE_OK;
}

/* A seek begins anew, where it goes: of frames that have passed by then nothing is left, neither
 * what waited nor what was left out of time. */
static void
test_seek (void)
{
  g_autofree char *model = save_judge (&GEN_SHAPE (1, 1, 8, 8), FALSE, NULL);
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc pattern=snow num-buffers=1000 ! " PICTURE_CAPS " ! discriminator name=judge "
      "model=%s select=best candidates=4 action=drop restamp=true ! fakesink name=sink sync=false",
      model);
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, NULL);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GstElement) judge = gst_bin_get_by_name (GST_BIN (pipeline), "judge");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  Watched watched = { 0 };
  double rate;
  gulong probe;

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  g_assert_cmpint (
      gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_true (
      gst_element_seek (pipeline, 1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE,
          GST_SEEK_TYPE_SET, 8 * GST_SECOND, GST_SEEK_TYPE_SET, 12 * GST_SECOND));
  probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, watch, &watched, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_pad_remove_probe (pad, probe);
  /* Of 100 frames in four seconds, but for the one that the probe may have come too late for. */
  g_assert_cmpuint (watched.frames, >=, 24);
  g_assert_cmpuint (watched.frames, <=, 25);
  g_assert_cmpuint (watched.gaps, ==, 0);
  g_assert_cmpuint (watched.first, >=, 8 * GST_SECOND);
  g_assert_cmpuint (watched.next, <=, 9 * GST_SECOND + GST_MSECOND);
  g_object_get (judge, "accept-rate", &rate, NULL);
  g_assert_cmpfloat (rate, >, 0.2);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* --- what is wrong --- */

static char *
find_error (const char *launch)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  char *text;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, NULL);
  text = g_strdup (error->message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return text;
}

static void
test_errors (void)
{
  static const struct {
    const char *calibration, *launch, *text;
  } cases[] = {
    { "plat,slope=1", "videotestsrc ! discriminator model=%s ! fakesink",
        "calibration=none goes without" },
    { "platt,slope=1", "videotestsrc ! discriminator model=%s ! fakesink", "\"intercept\"" },
    { "isotonic,scores=2:1,probabilities=0:1", "videotestsrc ! discriminator model=%s ! fakesink",
        "scores should go up" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *model = save_judge (&GEN_SHAPE (1, 1, 8, 8), FALSE, cases[i].calibration);
    g_auto (GStrv) parts = g_strsplit (cases[i].launch, "%s", 2);
    g_autofree char *launch = g_strjoinv (model, parts);
    g_autofree char *text = find_error (launch);

    if (strstr (text, cases[i].text) == NULL)
      g_error ("\"%s\" lacks \"%s\"", text, cases[i].text);
  }
}

/* No candidates at all are no number of them. */
static void
test_bounds (void)
{
  g_autoptr (GstElement) judge = gst_element_factory_make ("discriminator", NULL);
  const GParamSpecUInt *pspec =
      G_PARAM_SPEC_UINT (g_object_class_find_property (G_OBJECT_GET_CLASS (judge), "candidates"));
  GValue value = G_VALUE_INIT;

  gst_object_ref_sink (judge);
  g_assert_cmpuint (pspec->minimum, ==, 1);
  g_value_init (&value, G_TYPE_UINT);
  g_assert_true (g_param_value_validate ((GParamSpec *)pspec, &value));
  g_assert_cmpuint (g_value_get_uint (&value), ==, 1);
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  g_test_add_func ("/gate/drop", test_drop);
  g_test_add_func ("/gate/restamp", test_restamp);
  g_test_add_func ("/gate/restamp-backwards", test_restamp_backwards);
  g_test_add_func ("/gate/qos", test_qos);
  g_test_add_func ("/gate/hold-last", test_hold_last);
  g_test_add_func ("/gate/hold-last-caps", test_hold_last_caps);
  g_test_add_func ("/gate/changes", test_changes);
  g_test_add_func ("/gate/best", test_best);
  g_test_add_func ("/gate/best-restamped", test_best_restamped);
  g_test_add_func ("/gate/best-tagged", test_best_tagged);
  g_test_add_func ("/gate/best-held", test_best_held);
  g_test_add_func ("/gate/best-events", test_best_events);
  g_test_add_func ("/gate/latency", test_latency);
  g_test_add_func ("/gate/no-score", test_no_score);
  g_test_add_func ("/gate/rejection", test_rejection);
  g_test_add_func ("/gate/calibrated", test_calibrated);
  g_test_add_func ("/gate/sound", test_sound);
  g_test_add_func ("/gate/sound-tagged", test_sound_tagged);
  g_test_add_func ("/gate/seek", test_seek);
  g_test_add_func ("/gate/errors", test_errors);
  g_test_add_func ("/gate/bounds", test_bounds);
  status = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return status;
}
