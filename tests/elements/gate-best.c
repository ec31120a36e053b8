/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* discriminator as a gate: the best of some frames. */
#include "gate.h"

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

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  g_test_add_func ("/gate-best/best", test_best);
  g_test_add_func ("/gate-best/best-restamped", test_best_restamped);
  g_test_add_func ("/gate-best/best-tagged", test_best_tagged);
  g_test_add_func ("/gate-best/best-held", test_best_held);
  g_test_add_func ("/gate-best/best-events", test_best_events);
  g_test_add_func ("/gate-best/latency", test_latency);
  g_test_add_func ("/gate-best/no-score", test_no_score);
  status = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return status;
}
