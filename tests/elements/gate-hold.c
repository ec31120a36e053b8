/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* contentgate: what is held, by waiting and behind a slate; and flushes while it waits. */
#include <generative/hold-folder.h>
#include <generative/picture.h>

#include <string.h>

#include "gate-stream.h"

static void
decide (const char *path, guint64 number, GenDecision decision)
{
  const GenHoldDecision made = { .decision = decision };
  g_autoptr (GError) error = NULL;

  g_assert_true (gen_hold_decide (path, number, &made, &error));
  g_assert_no_error (error);
}

/* Decides on the items of a folder as they come: the odd ones pass. */
static gpointer
review (gpointer data)
{
  const char *path = data;

  for (guint64 number = 1; number <= 3; number++) {
    g_autofree char *told = g_strdup_printf ("%s/%06u.json", path, (guint)number);
    g_autofree char *media = g_strdup_printf ("%s/%06u.png", path, (guint)number);
    g_auto (GenPicture) picture = { 0 };

    while (!g_file_test (told, G_FILE_TEST_EXISTS))
      g_usleep (1000);
    g_assert_true (gen_picture_load (&picture, media, 1, NULL));
    g_assert_cmpint (picture.width, ==, SIZE);
    decide (path, number, number % 2 ? GEN_DECISION_APPROVE : GEN_DECISION_REJECT);
  }
  return NULL;
}

static void
test_wait (void)
{
  g_autofree char *path = g_build_filename (folder, "wait", NULL);
  GThread *thread = g_thread_new ("review", review, path);
  static const guint expected[] = { 0, 1, 3, 4 };
  Fixture f;

  open_fixture (
      &f, "model=%s/bright.onnx action=hold hold-mode=wait hold-location=%s/wait", PICTURE);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpint (gst_harness_push (f.harness, make_picture (i == 0 || i == 4 ? 50 : 200, i)),
        ==, GST_FLOW_OK);
  g_thread_join (thread);
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_try_pull (f.harness);

    g_assert_nonnull (buffer);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, expected[i] * GST_SECOND / 10);
    g_assert_cmpint (count_changed (buffer, i == 1 || i == 2 ? 200 : 50), ==, 0);
  }
  g_assert_cmpuint (count_messages (&f, "content-gate-held"), ==, 3);
  close_fixture (&f);
}

/* Nobody decides. */
static void
test_policy (void)
{
  static const char *const policies[] = { "reject", "approve" };

  for (guint i = 0; i < 2; i++) {
    g_autofree char *properties =
        g_strdup_printf ("model=%%s/bright.onnx action=hold hold-mode=wait hold-location=%%s/%s "
                         "hold-timeout=0.01 hold-policy=%s",
            policies[i], policies[i]);
    g_autofree char *path = g_build_filename (folder, policies[i], NULL);
    g_auto (GenHoldDecision) decision = { 0 };
    g_autoptr (GstBuffer) buffer = NULL;
    Fixture f;

    open_fixture (&f, properties, PICTURE);
    g_assert_cmpint (gst_harness_push (f.harness, make_picture (200, 0)), ==, GST_FLOW_OK);
    buffer = gst_harness_try_pull (f.harness);
    g_assert_cmpint (buffer != NULL, ==, i == 1);
    g_assert_true (gen_hold_get_decision (path, 1, &decision, NULL));
    g_assert_cmpint (decision.decision, ==, i == 1 ? GEN_DECISION_APPROVE : GEN_DECISION_REJECT);
    g_assert_cmpstr (decision.by, ==, "hold-policy");
    close_fixture (&f);
  }
}

static gpointer
push_held (gpointer data)
{
  return GINT_TO_POINTER (gst_harness_push (data, make_picture (200, 0)));
}

/* A decision that nobody can read does not keep the time from being up, and approves of nothing. */
static void
test_unreadable (void)
{
  g_autofree char *path = g_build_filename (folder, "odd", "000001.decision.json", NULL);
  GThread *thread;
  GstFlowReturn flow;
  Fixture f;

  open_fixture (&f,
      "model=%s/bright.onnx action=hold hold-mode=wait hold-location=%s/odd hold-timeout=1 "
      "hold-policy=approve",
      PICTURE);
  thread = g_thread_new ("push", push_held, f.harness);
  while (count_messages (&f, "content-gate-held") == 0)
    g_usleep (1000);
  g_assert_true (g_file_set_contents (path, "{\"decision\":\"appr", -1, NULL));
  flow = (GstFlowReturn)GPOINTER_TO_INT (g_thread_join (thread));
  g_assert_cmpint (flow, ==, GST_FLOW_OK);
  g_assert_null (gst_harness_try_pull (f.harness));
  g_assert_cmpuint (count_messages (&f, "warning"), ==, 1);
  close_fixture (&f);
}

/* A stream that goes on shows nothing of it until it is approved. */
static void
test_live (void)
{
  g_autofree char *path = g_build_filename (folder, "live", NULL);
  Fixture f;
  guint i = 0;

  open_fixture (
      &f, "model=%s/bright.onnx action=hold hold-mode=slate hold-location=%s/live", PICTURE);
  g_assert_cmpint (push_picture (&f, 50, i++), ==, 0);
  for (; i < 5; i++)
    g_assert_cmpint (push_picture (&f, 200, i), ==, PIXELS);
  decide (path, 1, GEN_DECISION_APPROVE);
  for (; push_picture (&f, 200, i) != 0; i++) {
    g_assert_cmpuint (i, <, 10000);
    g_usleep (1000);
  }
  g_assert_cmpint (push_picture (&f, 200, ++i), ==, 0);
  g_assert_cmpint (push_picture (&f, 50, ++i), ==, 0);
  /* The next time is another one. */
  g_assert_cmpint (push_picture (&f, 200, ++i), ==, PIXELS);
  g_assert_cmpuint (count_messages (&f, "content-gate-held"), ==, 2);
  close_fixture (&f);
}

/* Who waits is let go by a flush, and by the end. */
static void
test_flush (void)
{
  for (guint i = 0; i < 2; i++) {
    GThread *thread;
    GstFlowReturn flow;
    Fixture f;

    open_fixture (&f,
        "model=%s/bright.onnx action=hold hold-mode=wait hold-timeout=0 hold-location=%s/flush",
        PICTURE);
    thread = g_thread_new ("push", push_held, f.harness);
    while (count_messages (&f, "content-gate-held") == 0)
      g_usleep (1000);
    if (i == 0)
      gst_harness_push_event (f.harness, gst_event_new_flush_start ());
    else
      gst_element_set_state (f.harness->element, GST_STATE_NULL);
    flow = (GstFlowReturn)GPOINTER_TO_INT (g_thread_join (thread));
    g_assert_cmpint (flow, ==, GST_FLOW_FLUSHING);
    close_fixture (&f);
  }
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  save_bright ("bright.onnx", FALSE);
  g_test_add_func ("/gate-hold/wait", test_wait);
  g_test_add_func ("/gate-hold/policy", test_policy);
  g_test_add_func ("/gate-hold/unreadable", test_unreadable);
  g_test_add_func ("/gate-hold/live", test_live);
  g_test_add_func ("/gate-hold/flush", test_flush);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
