/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a trainer comes to PAUSED: without anybody behind it, it is a sink, which waits for data, so
 * that an error of the first of it is seen before PLAYING. */
#include <gst/gst.h>

#include "../scratch.h"

#define FRAMES "video/x-raw,format=GRAY8,width=28,height=28,framerate=10/1"
#define SIZE (28 * 28)
#define TRAINER "modeltrainer name=t preset=autoencoder width=2 batch-size=2 silent=true "

typedef struct {
  GstElement *pipeline, *trainer, *source;
  GstBus *bus;
  char *folder;
} Run;

static Run
run_new (const char *format)
{
  Run run = { .folder = scratch_new () };
  g_autofree char *launch = g_strdup_printf (format, run.folder);
  g_autoptr (GError) error = NULL;

  run.pipeline = gst_parse_launch (launch, &error);
  g_assert_no_error (error);
  run.bus = gst_element_get_bus (run.pipeline);
  run.trainer = gst_bin_get_by_name (GST_BIN (run.pipeline), "t");
  run.source = gst_bin_get_by_name (GST_BIN (run.pipeline), "source");
  return run;
}

static void
run_end (Run *run)
{
  g_assert_cmpint (
      gst_element_set_state (run->pipeline, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  g_clear_object (&run->source);
  g_clear_object (&run->trainer);
  g_clear_object (&run->bus);
  g_clear_object (&run->pipeline);
  scratch_remove (run->folder);
  g_free (run->folder);
}

static void
push (const Run *run, gsize size)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new_allocate (NULL, size, NULL);
  GstFlowReturn flow;

  gst_buffer_memset (buffer, 0, 100, size);
  g_signal_emit_by_name (run->source, "push-buffer", buffer, &flow);
  g_assert_cmpint (flow, ==, GST_FLOW_OK);
}

static void
end_data (const Run *run)
{
  GstFlowReturn flow;

  g_signal_emit_by_name (run->source, "end-of-stream", &flow);
}

static GstMessageType
next (const Run *run, GstMessageType types)
{
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (run->bus, 60 * GST_SECOND, types);

  g_assert_nonnull (message);
  return GST_MESSAGE_TYPE (message);
}

/* Wait until the pipeline, and the trainer in it, is in `state`. */
static void
wait_for (const Run *run, GstState state)
{
  GstState reached;

  g_assert_cmpint (gst_element_get_state (run->pipeline, &reached, NULL, 60 * GST_SECOND), ==,
      GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (reached, ==, state);
  g_assert_cmpint (GST_STATE (run->trainer), ==, state);
}

static void
assert_waits (const Run *run)
{
  g_assert_cmpint (gst_element_get_state (run->trainer, NULL, NULL, 0), ==, GST_STATE_CHANGE_ASYNC);
  g_assert_cmpint (GST_STATE (run->trainer), ==, GST_STATE_READY);
}

#define SOURCE "appsrc name=source caps=" FRAMES " format=time ! "
#define PUSHED SOURCE TRAINER "checkpoint=%s/m async=true "

static void
test_waits (void)
{
  Run run = run_new (PUSHED);

  g_assert_cmpint (
      gst_element_set_state (run.pipeline, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_ASYNC);
  assert_waits (&run);
  push (&run, SIZE);
  wait_for (&run, GST_STATE_PAUSED);
  g_assert_cmpint (next (&run, GST_MESSAGE_ASYNC_DONE), ==, GST_MESSAGE_ASYNC_DONE);
  g_assert_cmpint (
      gst_element_set_state (run.pipeline, GST_STATE_PLAYING), !=, GST_STATE_CHANGE_FAILURE);
  wait_for (&run, GST_STATE_PLAYING);
  for (guint i = 0; i < 3; i++)
    push (&run, SIZE);
  end_data (&run);
  g_assert_cmpint (next (&run, GST_MESSAGE_ERROR | GST_MESSAGE_EOS), ==, GST_MESSAGE_EOS);
  run_end (&run);
}

/* To PLAYING at once, and to PAUSED before data comes. */
static void
test_goes_on (void)
{
  Run run = run_new (PUSHED);

  gst_element_set_state (run.pipeline, GST_STATE_PLAYING);
  assert_waits (&run);
  gst_element_set_state (run.pipeline, GST_STATE_PAUSED);
  assert_waits (&run);
  gst_element_set_state (run.pipeline, GST_STATE_PLAYING);
  push (&run, SIZE);
  wait_for (&run, GST_STATE_PLAYING);
  run_end (&run);
}

/* By itself it goes on to what was asked for. */
static void
test_alone (void)
{
  g_autofree char *folder = scratch_new (), *checkpoint = g_build_filename (folder, "m", NULL);
  g_autoptr (GstElement) trainer = gst_element_factory_make ("modeltrainer", NULL);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (trainer, "sink");
  g_autoptr (GstCaps) caps = gst_caps_from_string (FRAMES);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, SIZE, NULL);
  GstSegment segment;

  gst_object_ref_sink (trainer);
  gst_util_set_object_arg (G_OBJECT (trainer), "preset", "autoencoder");
  g_object_set (
      trainer, "checkpoint", checkpoint, "batch-size", 2, "silent", TRUE, "async", TRUE, NULL);
  gst_buffer_memset (buffer, 0, 100, SIZE);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  g_assert_cmpint (gst_element_set_state (trainer, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_ASYNC);
  gst_pad_send_event (sink, gst_event_new_stream_start ("pictures"));
  gst_pad_send_event (sink, gst_event_new_caps (caps));
  gst_pad_send_event (sink, gst_event_new_segment (&segment));
  g_assert_cmpint (GST_STATE (trainer), ==, GST_STATE_READY);
  g_assert_cmpint (gst_pad_chain (sink, buffer), ==, GST_FLOW_OK);
  g_assert_cmpint (
      gst_element_get_state (trainer, NULL, NULL, 60 * GST_SECOND), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (GST_STATE (trainer), ==, GST_STATE_PLAYING);
  g_assert_cmpint (gst_element_set_state (trainer, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  scratch_remove (folder);
}

/* What is wrong with the first of the data comes before PAUSED, which is never reached. */
static void
assert_refused (Run *run)
{
  g_assert_cmpint (next (run, GST_MESSAGE_ERROR | GST_MESSAGE_ASYNC_DONE | GST_MESSAGE_EOS), ==,
      GST_MESSAGE_ERROR);
  assert_waits (run);
  run_end (run);
}

static void
test_refuses (void)
{
  Run label = run_new (SOURCE "modeltrainer name=t preset=classifier classes=2 silent=true "
                              "async=true checkpoint=%s/m");
  Run none = run_new (PUSHED), small = run_new (PUSHED);

  gst_element_set_state (label.pipeline, GST_STATE_PAUSED);
  push (&label, SIZE);
  assert_refused (&label);
  gst_element_set_state (small.pipeline, GST_STATE_PAUSED);
  push (&small, 1);
  assert_refused (&small);
  gst_element_set_state (none.pipeline, GST_STATE_PAUSED);
  end_data (&none);
  assert_refused (&none);
}

/* Stopped while it waits, and begun again: what was waited for then is nothing to what is now. */
static void
test_stops (void)
{
  Run run = run_new (PUSHED);

  for (guint i = 0; i < 20; i++) {
    gst_element_set_state (run.pipeline, GST_STATE_PLAYING);
    if (i % 2 == 1)
      push (&run, SIZE);
    g_assert_cmpint (
        gst_element_set_state (run.pipeline, GST_STATE_READY), ==, GST_STATE_CHANGE_SUCCESS);
    g_assert_cmpint (GST_STATE (run.trainer), ==, GST_STATE_READY);
  }
  gst_element_set_state (run.pipeline, GST_STATE_PAUSED);
  assert_waits (&run);
  push (&run, SIZE);
  wait_for (&run, GST_STATE_PAUSED);
  run_end (&run);
}

/* A flush takes nothing of the state away, and none that was not there. */
static void
test_flushes (void)
{
  Run run = run_new (PUSHED);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (run.trainer, "sink");

  gst_element_set_state (run.pipeline, GST_STATE_PAUSED);
  gst_pad_send_event (sink, gst_event_new_flush_start ());
  gst_pad_send_event (sink, gst_event_new_flush_stop (TRUE));
  assert_waits (&run);
  push (&run, SIZE);
  wait_for (&run, GST_STATE_PAUSED);
  gst_pad_send_event (sink, gst_event_new_flush_start ());
  gst_pad_send_event (sink, gst_event_new_flush_stop (TRUE));
  wait_for (&run, GST_STATE_PAUSED);
  run_end (&run);
}

/* Live data comes in PLAYING alone. */
static void
test_live (void)
{
  Run run = run_new ("videotestsrc is-live=true num-buffers=8 ! " FRAMES " ! " TRAINER
                     "checkpoint=%s/m max-steps=2 async=true");

  g_assert_cmpint (
      gst_element_set_state (run.pipeline, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_NO_PREROLL);
  gst_element_set_state (run.pipeline, GST_STATE_PLAYING);
  g_assert_cmpint (next (&run, GST_MESSAGE_ERROR | GST_MESSAGE_EOS), ==, GST_MESSAGE_EOS);
  g_assert_cmpint (GST_STATE (run.trainer), ==, GST_STATE_PLAYING);
  run_end (&run);
}

/* Who shows the preview waits for it, and the trainer does not. */
static void
test_linked (void)
{
  Run run = run_new (PUSHED "! fakesink name=sink");

  gst_element_set_state (run.pipeline, GST_STATE_PAUSED);
  g_assert_cmpint (
      gst_element_get_state (run.trainer, NULL, NULL, 0), ==, GST_STATE_CHANGE_SUCCESS);
  push (&run, SIZE);
  wait_for (&run, GST_STATE_PAUSED);
  run_end (&run);
}

/* Who does not ask it to wait is not waited for. */
static void
test_does_not_wait (void)
{
  Run run = run_new (SOURCE TRAINER "checkpoint=%s/m");

  g_assert_cmpint (
      gst_element_set_state (run.pipeline, GST_STATE_PLAYING), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (GST_STATE (run.trainer), ==, GST_STATE_PLAYING);
  run_end (&run);
}

/* What goes on with nothing left to do ends like what has done it. */
static void
test_idle (void)
{
  const char *format =
      "videotestsrc num-buffers=8 ! " FRAMES " ! " TRAINER "checkpoint=%s/m max-steps=2 async=true";
  Run run = run_new (format);

  gst_element_set_state (run.pipeline, GST_STATE_PLAYING);
  g_assert_cmpint (next (&run, GST_MESSAGE_ERROR | GST_MESSAGE_EOS), ==, GST_MESSAGE_EOS);
  gst_element_set_state (run.pipeline, GST_STATE_NULL);
  g_object_set (run.trainer, "resume", TRUE, NULL);
  gst_element_set_state (run.pipeline, GST_STATE_PLAYING);
  g_assert_cmpint (next (&run, GST_MESSAGE_ERROR | GST_MESSAGE_EOS), ==, GST_MESSAGE_EOS);
  run_end (&run);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/trainer-states/waits", test_waits);
  g_test_add_func ("/trainer-states/goes-on", test_goes_on);
  g_test_add_func ("/trainer-states/alone", test_alone);
  g_test_add_func ("/trainer-states/refuses", test_refuses);
  g_test_add_func ("/trainer-states/stops", test_stops);
  g_test_add_func ("/trainer-states/flushes", test_flushes);
  g_test_add_func ("/trainer-states/live", test_live);
  g_test_add_func ("/trainer-states/linked", test_linked);
  g_test_add_func ("/trainer-states/does-not-wait", test_does_not_wait);
  g_test_add_func ("/trainer-states/idle", test_idle);
  return g_test_run ();
}
