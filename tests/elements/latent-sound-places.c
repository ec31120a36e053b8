/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* latentsrc that follows a sound with gaps, segments, flushes and other caps. */
#include "latent-sound.h"

/* A gap is silence, told by an event or by times; what comes twice is heard once. */
static void
test_gaps (void)
{
  enum { FROM = 10000, TO = 25000 };
  g_autofree float *reference = NULL;

  for (int way = 0; way < 4; way++) {
    GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
    g_autofree float *latents = NULL;

    push (harness, 0, FROM, 1, FALSE);
    if (way == 0) {
      GstBuffer *silence =
          gst_buffer_new_wrapped (g_malloc0 ((TO - FROM) * 4), (gsize)(TO - FROM) * 4);

      GST_BUFFER_PTS (silence) = time_of (FROM);
      gst_harness_push (harness, silence);
    } else if (way == 1) {
      gst_harness_push_event (
          harness, gst_event_new_gap (time_of (FROM), time_of (TO) - time_of (FROM)));
    }
    if (way == 3)
      push (harness, 5000, FROM, 1, FALSE);
    push (harness, TO, SAMPLES, 1, FALSE);
    latents = pull_to_end (harness);
    if (way == 0)
      reference = g_steal_pointer (&latents);
    else
      assert_same (latents, reference, FRAMES);
    gst_harness_teardown (harness);
  }
}

/* Segments: where the sound lies in its stream tells the frame, and times follow the segment. */
static void
test_segments (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
  g_autofree float *reference = make_reference (SOURCE), *latents = NULL;
  GstBuffer *buffer;

  push (harness, 0, 10 * FRAME + 100, 1, FALSE);
  /* A new one, without a flush: what was heard becomes frames first. */
  push_segment (harness, 7 * GST_SECOND, 0, 1);
  buffer = make_sound (0, SAMPLES, 1, FALSE);
  GST_BUFFER_PTS (buffer) = 7 * GST_SECOND;
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  gst_harness_push_event (harness, gst_event_new_eos ());
  latents = pull (harness, 0, 11);
  assert_same (latents, reference, 10);
  for (guint64 frame = 0; frame < FRAMES; frame++) {
    g_autoptr (GstBuffer) made = gst_harness_pull (harness);
    GstMapInfo map;

    g_assert_cmpuint (GST_BUFFER_OFFSET (made), ==, frame);
    g_assert_cmpuint (
        GST_BUFFER_PTS (made), ==, 7 * GST_SECOND + gst_util_uint64_scale (frame, GST_SECOND, 30));
    gst_buffer_map (made, &map, GST_MAP_READ);
    g_assert_cmpmem (map.data, map.size, reference + frame * LENGTH, LENGTH * sizeof (float));
    gst_buffer_unmap (made, &map);
  }
  wait_for_end (harness);
  gst_harness_teardown (harness);
}

/* What is said again changes nothing. */
static void
test_again (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
  g_autofree float *reference = make_reference (SOURCE), *latents = NULL;
  g_autoptr (GstCaps) caps = NULL;

  push (harness, 0, 5000, 1, FALSE);
  caps = gst_pad_get_current_caps (harness->srcpad);
  push_segment (harness, 0, 0, 1);
  gst_harness_push_event (harness, gst_event_new_caps (caps));
  push (harness, 5000, SAMPLES, 1, FALSE);
  latents = pull_to_end (harness);
  assert_same (latents, reference, FRAMES);
  gst_harness_teardown (harness);
}

/* A sound that begins late, or in the middle, has the frames of its place. */
static void
test_late_beginning (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);

  push (harness, 20 * FRAME + 5, 22 * FRAME, 1, FALSE);
  gst_harness_push_event (harness, gst_event_new_eos ());
  g_free (pull (harness, 20, 2));
  wait_for_end (harness);
  gst_harness_teardown (harness);
}

/* Other caps in the middle: frames go on. */
static void
test_caps (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);

  push (harness, 0, 10 * FRAME, 1, FALSE);
  gst_harness_set_src_caps_str (harness,
      "audio/x-raw,format=S16LE,layout=interleaved,rate=44100,channels=2,channel-mask=(bitmask)3");
  push (harness, 10 * FRAME, SAMPLES, 2, TRUE);
  g_free (pull_to_end (harness));
  gst_harness_teardown (harness);
}

/* A flush from where the sound comes from goes on, and everything begins anew, whenever it comes.
 */
static void
test_flush (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
  g_autofree float *reference = make_reference (SOURCE);

  for (int i = 0; i < 60; i++) {
    push (harness, 0, 1 + i % 13 * 700, 1, FALSE);
    if (i % 5 == 4) {
      gst_harness_push_event (harness, gst_event_new_eos ());
      wait_for_end (harness);
    }
    gst_harness_push_event (harness, gst_event_new_flush_start ());
    gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
    g_assert_false (GST_PAD_IS_FLUSHING (harness->sinkpad));
    g_assert_false (GST_PAD_IS_EOS (harness->sinkpad));
    while (gst_harness_buffers_in_queue (harness) > 0)
      gst_buffer_unref (gst_harness_pull (harness));
    push_segment (harness, 0, 0, 1);
    if (i % 20 == 19) {
      g_autofree float *latents = NULL;

      push_pieces (harness, 3000, 1, FALSE);
      latents = pull_to_end (harness);
      assert_same (latents, reference, FRAMES);
      gst_harness_push_event (harness, gst_event_new_flush_start ());
      gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
      push_segment (harness, 0, 0, 1);
    }
  }
  gst_harness_teardown (harness);
}

/* Played backwards, or without times. */
static void
test_refused_segments (void)
{
  for (int way = 0; way < 2; way++) {
    GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autoptr (GstMessage) message = NULL;
    GstSegment segment;

    gst_element_set_bus (harness->element, bus);
    gst_segment_init (&segment, way == 0 ? GST_FORMAT_TIME : GST_FORMAT_BYTES);
    segment.rate = way == 0 ? -1 : 1;
    segment.stop = GST_SECOND;
    gst_harness_push_event (harness, gst_event_new_segment (&segment));
    g_assert_cmpint (push (harness, 0, FRAME, 1, FALSE), ==, GST_FLOW_ERROR);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    g_assert_nonnull (message);
    gst_bus_set_flushing (bus, TRUE);
    gst_harness_teardown (harness);
  }
}

/* A sound of a rate that none has. */
static void
test_rate (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps_str (
      harness, "audio/x-raw,format=F32LE,layout=interleaved,rate=2147483647,channels=1");
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION);
  g_assert_nonnull (strstr (error->message, "rate=2147483647"));
  gst_bus_set_flushing (bus, TRUE);
  gst_harness_teardown (harness);
}

static gpointer
push_years (gpointer harness)
{
  gst_harness_push_event (harness, gst_event_new_gap (0, 100000000 * GST_SECOND));
  return NULL;
}

/* A frame that takes years of sound is made for no longer than the source plays. */
static void
test_endless_frame (void)
{
  GstHarness *harness = open_harness (SOURCE, "F32LE", 1);
  GThread *thread;
  gint64 began;

  gst_harness_set_sink_caps_str (harness, "other/tensors,framerate=(fraction)1/1000000000");
  thread = g_thread_new ("push", push_years, harness);
  g_usleep (100 * G_TIME_SPAN_MILLISECOND);
  began = g_get_monotonic_time ();
  gst_element_set_state (harness->element, GST_STATE_NULL);
  g_assert_cmpint (g_get_monotonic_time () - began, <, 5 * G_TIME_SPAN_SECOND);
  g_thread_join (thread);
  gst_harness_teardown (harness);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/latent-sound/gaps", test_gaps);
  g_test_add_func ("/latent-sound/segments", test_segments);
  g_test_add_func ("/latent-sound/again", test_again);
  g_test_add_func ("/latent-sound/late-beginning", test_late_beginning);
  g_test_add_func ("/latent-sound/caps", test_caps);
  g_test_add_func ("/latent-sound/flush", test_flush);
  g_test_add_func ("/latent-sound/refused-segments", test_refused_segments);
  g_test_add_func ("/latent-sound/rate", test_rate);
  g_test_add_func ("/latent-sound/endless-frame", test_endless_frame);
  return g_test_run ();
}
