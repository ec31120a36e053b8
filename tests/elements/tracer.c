/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tracer: frames and times of elements, messages, and what several threads and parameters do.
 */
#include "tracer.h"

static void
test_frames (void)
{
  play ("fakesrc name=frames-source num-buffers=7 sizetype=fixed sizemax=100 datarate=1000 ! "
        "identity name=frames-through ! fakesink name=sink signal-handoffs=true");
  g_assert_cmpfloat (told ("generative_stage_frames_total", "frames-source", NULL), ==, 7);
  g_assert_cmpfloat (told ("generative_stage_bytes_total", "frames-source", NULL), ==, 700);
  g_assert_cmpfloat (told ("generative_stage_frames_total", "frames-through", NULL), ==, 7);
  g_assert_cmpfloat (told ("generative_stage_seconds", "frames-through", NULL), ==, 7);
  /* A source has nothing that comes in, a sink nothing that goes out. */
  g_assert_cmpfloat (told ("generative_stage_seconds", "frames-source", NULL), ==, -1);
  g_assert_cmpfloat (told ("generative_stage_seconds", "sink", NULL), ==, -1);
  g_assert_cmpfloat (told ("generative_stage_frames_total", "sink", NULL), >=, 7);
}

/* Elements within bins are told, and the bins are not. */
static void
test_bins (void)
{
  play ("fakesrc num-buffers=5 datarate=1000 sizetype=fixed sizemax=8 ! "
        "( name=bins-bin identity name=bins-one ! queue name=bins-two ) ! "
        "fakesink name=sink signal-handoffs=true");
  g_assert_cmpfloat (told ("generative_stage_frames_total", "bins-one", NULL), ==, 5);
  g_assert_cmpfloat (told ("generative_stage_frames_total", "bins-two", NULL), ==, 5);
  g_assert_cmpfloat (told ("generative_stage_seconds", "bins-two", NULL), ==, 5);
  g_assert_cmpfloat (told ("generative_stage_frames_total", "bins-bin", NULL), ==, -1);
}

/* Each of four frames is held for at least 5 ms. */
static void
test_seconds (void)
{
  g_autofree char *told_text = NULL;
  const char *sum;

  play ("fakesrc num-buffers=4 datarate=1000 sizetype=fixed sizemax=8 ! "
        "identity name=seconds sleep-time=5000 ! fakesink name=sink signal-handoffs=true");
  g_assert_cmpfloat (told ("generative_stage_seconds", "seconds", NULL), ==, 4);
  told_text = text ();
  sum = strstr (told_text, "generative_stage_seconds_sum{element=\"seconds\"");
  g_assert_nonnull (sum);
  g_assert_cmpfloat (g_ascii_strtod (strchr (sum, '}') + 1, NULL), >=, 0.02);
  g_assert_nonnull (strstr (told_text,
      "generative_stage_seconds_bucket{element=\"seconds\",factory=\"identity\",le=\"0.0025\"} 0"));
}

/* What an element hands on in another segment is still found by its running time. */
static void
test_segments (void)
{
  GstHarness *harness = harness_of ("identity name=segments single-segment=true", GREY);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = 100 * GST_SECOND;
  g_assert_true (gst_harness_push_event (harness, gst_event_new_segment (&segment)));
  for (guint i = 0; i < 5; i++) {
    gst_harness_push (harness, grey (0, 100000 + 100 * i));
    gst_buffer_unref (gst_harness_pull (harness));
  }
  g_assert_cmpfloat (told ("generative_stage_seconds", "segments", NULL), ==, 5);
  gst_harness_teardown (harness);
}

/* Of what has no time it is not known how long it took. */
static void
test_timeless (void)
{
  GstHarness *harness = harness_of ("identity name=timeless", GREY);

  for (guint i = 0; i < 3; i++) {
    GstBuffer *buffer = grey (0, 0);

    GST_BUFFER_PTS (buffer) = GST_CLOCK_TIME_NONE;
    gst_harness_push (harness, buffer);
  }
  g_assert_cmpfloat (told ("generative_stage_frames_total", "timeless", NULL), ==, 3);
  g_assert_cmpfloat (told ("generative_stage_seconds", "timeless", NULL), ==, 0);
  gst_harness_teardown (harness);
}

static void
test_errors (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline =
      gst_parse_launch ("fakesrc ! identity name=failing error-after=3 ! fakesink", &error);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  g_assert_no_error (error);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  /* Once, and not once more for each bin that hands it on. */
  g_assert_cmpfloat (told ("generative_errors_total", "failing", "gst-core-error-quark"), ==, 1);
}

static void
test_training (void)
{
  g_autoptr (GstElement) element =
      gst_object_ref_sink (gst_element_factory_make ("identity", "training"));

  post (element,
      gst_structure_new ("modeltrainer-progress", "step", G_TYPE_UINT64, G_GUINT64_CONSTANT (12),
          "loss", G_TYPE_DOUBLE, 0.5, "recipe", G_TYPE_STRING, "diffusion", NULL));
  g_assert_cmpfloat (told ("generative_training", "training", "step"), ==, 12);
  g_assert_cmpfloat (told ("generative_training", "training", "loss"), ==, 0.5);
  g_assert_cmpfloat (told ("generative_training", "training", "recipe"), ==, -1);
  post (element, gst_structure_new ("modeltrainer-progress", "loss", G_TYPE_DOUBLE, 0.25, NULL));
  g_assert_cmpfloat (told ("generative_training", "training", "loss"), ==, 0.25);
  post (element, gst_structure_new ("content-gate", "state", G_TYPE_STRING, "closed", NULL));
  g_assert_cmpfloat (told ("generative_gate_closed", "training", NULL), ==, 1);
  post (element, gst_structure_new ("content-gate", "state", G_TYPE_STRING, "open", NULL));
  g_assert_cmpfloat (told ("generative_gate_closed", "training", NULL), ==, 0);
}

/* Pipelines come and go while somebody looks around. */
static gpointer
play_often (gpointer data)
{
  for (guint i = 0; i < 10; i++) {
    g_autofree char *launch =
        g_strdup_printf ("fakesrc num-buffers=50 datarate=1000 sizetype=fixed sizemax=8 ! queue "
                         "name=often-%u ! fakesink name=sink signal-handoffs=true",
            GPOINTER_TO_UINT (data));

    play (launch);
  }
  return NULL;
}

static void
test_threads (void)
{
  GThread *threads[3];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("play", play_often, GUINT_TO_POINTER (i));
  for (guint i = 0; i < 200; i++)
    gather ();
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++) {
    g_autofree char *name = g_strdup_printf ("often-%u", i);

    g_thread_join (threads[i]);
    g_assert_cmpfloat (told ("generative_stage_frames_total", name, NULL), ==, 500);
    g_assert_cmpfloat (dropped (name, NULL), ==, -1);
  }
}

static void
refuse (const char *parameters, const char *text_of)
{
  GstTracer *refused;

  g_test_expect_message ("generative", G_LOG_LEVEL_WARNING, text_of);
  refused = g_object_new (tracer_type (), "params", parameters, NULL);
  g_test_assert_expected_messages ();
  gst_object_unref (refused);
}

static void
test_parameters (void)
{
  refuse ("interval=1", "*where its figures go is not said*file=metrics.prom*");
  refuse ("fiel=a.prom", "*parameter fiel: there are file*interval and window*by*");
  refuse ("file=a.prom,interval=0", "*parameter interval: *0.1 to 3600*");
  refuse ("file=a.prom,by=colour", "*parameter by: *element or factory*");
  refuse ("file=", "*are no parameters*");
}

int
main (int argc, char **argv)
{
  tracer_begin (&argc, &argv);
  g_test_add_func ("/tracer/frames", test_frames);
  g_test_add_func ("/tracer/bins", test_bins);
  g_test_add_func ("/tracer/seconds", test_seconds);
  g_test_add_func ("/tracer/segments", test_segments);
  g_test_add_func ("/tracer/timeless", test_timeless);
  g_test_add_func ("/tracer/errors", test_errors);
  g_test_add_func ("/tracer/training", test_training);
  g_test_add_func ("/tracer/threads", test_threads);
  g_test_add_func ("/tracer/parameters", test_parameters);
  return tracer_run ();
}
