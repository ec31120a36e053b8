/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* discriminator as a gate: what becomes of frames that are not selected, of time, and of settings
 * that make no sense. */
#include "gate.h"

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
  g_test_add_func ("/gate/seek", test_seek);
  g_test_add_func ("/gate/errors", test_errors);
  g_test_add_func ("/gate/bounds", test_bounds);
  status = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return status;
}
