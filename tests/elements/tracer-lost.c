/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tracer: frames that are lost, each by its reason, and those that wait. */
#include "tracer.h"

/* A queue whose first frame is on its way out, and stays there. */
typedef struct {
  GstHarness *harness;
  GstPad *pad;
  gulong probe;
  GMutex lock;
  GCond changed;
  gboolean held; /* under the lock */
} Held;

static GstPadProbeReturn
hold (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  Held *held = data;

  g_mutex_lock (&held->lock);
  held->held = TRUE;
  g_cond_broadcast (&held->changed);
  g_mutex_unlock (&held->lock);
  return GST_PAD_PROBE_OK;
}

static void
held_open (Held *held, const char *launch, guint frames)
{
  *held = (Held){ .harness = gst_harness_new_parse (launch) };
  g_mutex_init (&held->lock);
  g_cond_init (&held->changed);
  held->pad = gst_element_get_static_pad (held->harness->element, "src");
  held->probe = gst_pad_add_probe (
      held->pad, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, hold, held, NULL);
  gst_harness_set_src_caps_str (held->harness, GREY);
  gst_harness_push (held->harness, grey (0, 0));
  g_mutex_lock (&held->lock);
  while (!held->held)
    g_cond_wait (&held->changed, &held->lock);
  g_mutex_unlock (&held->lock);
  for (guint i = 1; i < frames; i++)
    gst_harness_push (held->harness, grey (0, 100 * i));
  gather ();
  gather ();
}

static void
held_let_go (Held *held)
{
  gst_pad_remove_probe (held->pad, held->probe);
}

static void
held_close (Held *held)
{
  gst_object_unref (held->pad);
  gst_harness_teardown (held->harness);
  g_mutex_clear (&held->lock);
  g_cond_clear (&held->changed);
}

#define TWO "max-size-buffers=2 max-size-time=0 max-size-bytes=0 leaky=downstream"

/* Of ten frames one is on its way, two wait, and seven were let go. */
static void
test_leaky (void)
{
  Held held;

  held_open (&held, "queue name=leaky " TWO, 10);
  g_assert_cmpfloat (dropped ("leaky", "leaky"), ==, 7);
  g_assert_cmpfloat (told ("generative_queue_buffers", "leaky", NULL), ==, 2);
  g_assert_cmpfloat (told ("generative_queue_bytes", "leaky", NULL), ==, 128);
  held_let_go (&held);
  for (guint i = 0; i < 3; i++)
    gst_buffer_unref (gst_harness_pull (held.harness));
  gather ();
  gather ();
  g_assert_cmpfloat (dropped ("leaky", "leaky"), ==, 7);
  g_assert_cmpfloat (told ("generative_queue_buffers", "leaky", NULL), ==, 0);
  g_assert_cmpfloat (told ("generative_stage_frames_total", "leaky", NULL), ==, 3);
  g_assert_cmpfloat (told ("generative_stage_seconds", "leaky", NULL), ==, 3);
  held_close (&held);
}

/* What a flush takes is no loss of a full queue. */
static void
test_flush (void)
{
  GstSegment segment;
  Held held;

  held_open (&held, "queue name=flushed " TWO, 6);
  g_assert_cmpfloat (dropped ("flushed", "leaky"), ==, 3);
  gst_harness_push_event (held.harness, gst_event_new_flush_start ());
  gst_harness_push_event (held.harness, gst_event_new_flush_stop (TRUE));
  gather ();
  gather ();
  g_assert_cmpfloat (dropped ("flushed", "flush"), ==, 2);
  g_assert_cmpfloat (dropped ("flushed", "leaky"), ==, 3);
  held_let_go (&held);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (held.harness, gst_event_new_segment (&segment));
  gst_harness_push (held.harness, grey (0, 0));
  gst_buffer_unref (gst_harness_pull (held.harness));
  gather ();
  gather ();
  g_assert_cmpfloat (dropped ("flushed", "flush"), ==, 2);
  g_assert_cmpfloat (dropped ("flushed", "leaky"), ==, 3);
  held_close (&held);
}

/* What waits when a pipeline stops is none either. */
static void
test_stop (void)
{
  Held held;

  held_open (&held, "queue name=stopped", 3);
  gst_element_set_state (held.harness->element, GST_STATE_NULL);
  gather ();
  gather ();
  g_assert_cmpfloat (dropped ("stopped", NULL), ==, -1);
  held_let_go (&held);
  held_close (&held);
}

static void
test_valve (void)
{
  GstHarness *harness = harness_of ("valve name=valve drop=true", GREY);

  for (guint i = 0; i < 4; i++)
    gst_harness_push (harness, grey (0, 100 * i));
  gather ();
  gather ();
  g_assert_cmpfloat (dropped ("valve", "valve"), ==, 4);
  gst_harness_teardown (harness);
}

/* 20 frames a second become 5. */
static void
test_rate (void)
{
  play ("videotestsrc num-buffers=20 ! video/x-raw,framerate=20/1,width=8,height=8 ! "
        "videorate name=rated ! video/x-raw,framerate=5/1 ! "
        "fakesink name=sink signal-handoffs=true");
  g_assert_cmpfloat (
      told ("generative_stage_frames_total", "rated", NULL) + dropped ("rated", "rate"), ==, 20);
  g_assert_cmpfloat (dropped ("rated", "rate"), >, 10);
}

/* A discriminator that finds nothing good enough, one after one that lets all pass. */
static void
test_gate (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = g_build_filename (folder, "d.onnx", NULL);
  g_autofree char *launch = g_strdup_printf ("discriminator name=gate-open model=%s threshold=0.1 "
                                             "action=drop ! discriminator name=gate-shut model=%s "
                                             "threshold=0.9 action=drop",
      model, model);
  GstHarness *harness;

  save_discriminator (model, 8, 0.5f);
  harness = harness_of (launch, GREY);
  for (guint i = 0; i < 6; i++)
    g_assert_cmpint (gst_harness_push (harness, grey (0, 100 * i)), ==, GST_FLOW_OK);
  gather ();
  g_assert_cmpfloat (dropped ("gate-shut", "gate"), ==, 6);
  g_assert_cmpfloat (dropped ("gate-open", "gate"), ==, -1);
  g_assert_cmpfloat (told ("generative_stage_frames_total", "gate-open", NULL), ==, 6);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* Frames that come too late are told on the bus: a filter leaves them out itself. */
static void
test_late (void)
{
  GstHarness *harness = harness_of ("videobalance name=late", "video/x-raw,format=RGB,width=4,"
                                                              "height=4,framerate=10/1");

  gst_harness_push (harness, grey (0, 0));
  gst_harness_push_upstream_event (
      harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, 10 * GST_SECOND, 0));
  for (guint i = 1; i < 4; i++)
    gst_harness_push (harness, grey (0, 100 * i));
  g_assert_cmpfloat (dropped ("late", "qos"), ==, 3);
  gst_harness_teardown (harness);
}

int
main (int argc, char **argv)
{
  tracer_begin (&argc, &argv);
  g_test_add_func ("/tracer-lost/leaky", test_leaky);
  g_test_add_func ("/tracer-lost/flush", test_flush);
  g_test_add_func ("/tracer-lost/stop", test_stop);
  g_test_add_func ("/tracer-lost/valve", test_valve);
  g_test_add_func ("/tracer-lost/rate", test_rate);
  g_test_add_func ("/tracer-lost/gate", test_gate);
  g_test_add_func ("/tracer-lost/late", test_late);
  return tracer_run ();
}
