/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* qualitycompare in streams as they are: live ones of which one says nothing, seeks and gaps while
 * it compares, QoS, and what is said where both cannot be compared. */
#include "pair.h"
#include "player.h"

#define LIVE                                                                                       \
  "videotestsrc is-live=true num-buffers=%d ! "                                                    \
  "video/x-raw,format=GRAY8,width=32,height=32,framerate=30/1 ! c.sink "                           \
  "videotestsrc is-live=true ! video/x-raw,format=GRAY8,width=32,height=32,framerate=30/1 ! "      \
  "valve name=valve drop=true ! c.reference qualitycompare name=c metrics=psnr ! fakesink"

/* --- live --- */

/* A reference that sends nothing, again and again: sources that have not negotiated by the time
 * that the latency is asked for do not know theirs. */
static void
test_silent_reference (void)
{
  for (int i = 0; i < 10; i++) {
    g_autoptr (GstElement) pipeline = launch (LIVE, 4);
    g_autoptr (GstStructure) summary = NULL;

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    summary = wait_for_end (pipeline);
    g_assert_nonnull (summary);
    g_assert_cmpint (count (summary, "frames"), ==, 0);
    g_assert_cmpint (count (summary, "without-reference"), ==, 4);
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
}

static GstPadProbeReturn
on_query (GstPad *pad, GstPadProbeInfo *info, gpointer deaf)
{
  const gboolean asked = GST_QUERY_TYPE (GST_PAD_PROBE_INFO_QUERY (info)) == GST_QUERY_LATENCY;

  return asked && g_atomic_int_get ((gint *)deaf) ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

/* The same where the latency is known long after everything has come to rest. */
static void
test_late_latency (void)
{
  g_autoptr (GstElement) pipeline = launch (LIVE, 6);
  g_autoptr (GstElement) valve = gst_bin_get_by_name (GST_BIN (pipeline), "valve");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (valve, "src");
  g_autoptr (GstStructure) summary = NULL;
  gint deaf = TRUE;

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM, on_query, &deaf, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_usleep (400 * 1000);
  g_atomic_int_set (&deaf, FALSE);
  summary = wait_for_end (pipeline);
  g_assert_nonnull (summary);
  g_assert_cmpint (count (summary, "without-reference"), ==, 6);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* Paused, played and stopped while nobody knows the latency: nothing is left behind. */
static void
test_never_known (void)
{
  g_autoptr (GstElement) pipeline = launch (LIVE, 6);
  g_autoptr (GstElement) valve = gst_bin_get_by_name (GST_BIN (pipeline), "valve");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (valve, "src");
  gint deaf = TRUE;

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM, on_query, &deaf, NULL);
  for (int i = 0; i < 5; i++) {
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    g_usleep ((gulong)i * 13 * 1000);
    gst_element_set_state (pipeline, i % 2 == 0 ? GST_STATE_PAUSED : GST_STATE_NULL);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* --- seeks, gaps, QoS --- */

/* Seeks, one after the other, while frames are compared. */
static void
test_seeks (void)
{
  g_autoptr (GstElement) pipeline = launch (
      "videotestsrc pattern=ball ! video/x-raw,format=GRAY8,width=32,height=32,framerate=25/1 ! "
      "queue ! c.sink videotestsrc pattern=ball ! "
      "video/x-raw,format=GRAY8,width=32,height=32,framerate=25/1 ! queue ! c.reference "
      "qualitycompare name=c metrics=ssim ! fakesink");
  g_autoptr (GstStructure) summary = NULL;

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  g_assert_cmpint (
      gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND), ==, GST_STATE_CHANGE_SUCCESS);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (int i = 0; i < 12; i++) {
    g_usleep ((gulong)(i % 4) * 3000);
    g_assert_true (gst_element_seek (pipeline, 1, GST_FORMAT_TIME,
        GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_SET, i * 10 * INTERVAL,
        GST_SEEK_TYPE_SET, (i * 10 + 30) * INTERVAL));
  }
  summary = wait_for_end (pipeline);
  g_assert_nonnull (summary);
  g_assert_cmpint (count (summary, "without-reference"), ==, 0);
  g_assert_cmpint (count (summary, "frames"), >=, 30);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* Events of both streams, in their place among the frames. */
static void
push_both (Pair *pair, GstEvent *event)
{
  gst_harness_push_event (pair->judged, gst_event_ref (event));
  gst_harness_push_event (pair->reference, event);
}

static void
push_frames (Pair *pair, int n, int add)
{
  for (int i = 0; i < n; i++) {
    gst_harness_push (pair->judged, make_frame (i, add, (guint64)i * INTERVAL));
    gst_harness_push (pair->reference, make_frame (i, 0, (guint64)i * INTERVAL));
  }
}

/* What was flushed is gone, and what comes next is compared with its own. */
static void
test_flush (void)
{
  g_autoptr (GstBuffer) last = NULL;
  GstSegment segment;
  Pair pair;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  pair_open (&pair, "metrics", "psnr", NULL);
  set_caps (&pair, GREY, GREY);
  push_frames (&pair, 6, 3);
  for (int i = 0; i < 5; i++)
    gst_buffer_unref (gst_harness_pull (pair.judged));
  /* One of them waits for its partner. */
  gst_harness_push (pair.judged, make_frame (6, 3, 6 * INTERVAL));
  push_both (&pair, gst_event_new_flush_start ());
  push_both (&pair, gst_event_new_flush_stop (TRUE));
  while ((last = gst_harness_try_pull (pair.judged)) != NULL)
    g_clear_pointer (&last, gst_buffer_unref);
  push_both (&pair, gst_event_new_segment (&segment));
  push_frames (&pair, 5, 4);
  for (int i = 0; i < 4; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (pair.judged);

    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, i * INTERVAL);
    g_assert_cmpfloat_with_epsilon (
        number (score_of (buffer), "psnr"), 10 * log10 (255.0 * 255 / 16), 1e-9);
  }
  pair_close (&pair);
}

/* A gap of either stream: of the judged one it passes, and of the reference it has no partner. */
static void
test_gaps (void)
{
  for (int of_reference = 0; of_reference < 2; of_reference++) {
    GPtrArray *streams[] = { g_ptr_array_new (), g_ptr_array_new () };
    g_autoptr (GstStructure) summary = NULL;
    int gaps;
    Pair pair;

    pair_open (&pair, "metrics", "psnr", NULL);
    set_caps (&pair, GREY, GREY);
    for (guint64 i = 0; i < 9; i++)
      for (int k = 0; k < 2; k++)
        g_ptr_array_add (
            streams[k], i >= 3 && i < 5 && k == of_reference
                            ? (gpointer)gst_event_new_gap (i * INTERVAL, INTERVAL)
                            : (gpointer)make_frame ((int)i, k == 0 ? 2 : 0, i * INTERVAL));
    gaps = play_counting (&pair, GST_EVENT_GAP, streams[0], streams[1]);
    for (int i = 0; i < (of_reference ? 9 : 7); i++) {
      g_autoptr (GstBuffer) buffer = gst_harness_pull (pair.judged);

      g_assert_cmpint (gst_structure_has_field (score_of (buffer), "psnr"), ==,
          !of_reference || i < 3 || i >= 5);
    }
    g_assert_cmpint (gaps, ==, of_reference ? 0 : 2);
    summary = find_message (&pair, GST_MESSAGE_ELEMENT, SUMMARY);
    g_assert_cmpint (count (summary, "without-reference"), ==, of_reference ? 2 : 0);
    g_assert_cmpint (count (summary, "reference-unused"), ==, of_reference ? 0 : 2);
    g_assert_cmpint (count (summary, "frames"), ==, 7);
    pair_close (&pair);
  }
}

static int
count_qos (GstHarness *harness)
{
  GstEvent *event;
  int n = 0;

  while ((event = gst_harness_try_pull_upstream_event (harness)) != NULL) {
    n += GST_EVENT_TYPE (event) == GST_EVENT_QOS;
    gst_event_unref (event);
  }
  return n;
}

/* Frames that are shown late are the judged stream's: the reference is not shown. */
static void
test_qos (void)
{
  Pair pair;

  pair_open (&pair, "metrics", "psnr", NULL);
  set_caps (&pair, GREY, GREY);
  push_frames (&pair, 3, 2);
  gst_buffer_unref (gst_harness_pull (pair.judged));
  g_assert_true (gst_harness_push_upstream_event (
      pair.judged, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 0.5, 80 * GST_MSECOND, INTERVAL)));
  g_assert_cmpint (count_qos (pair.judged), ==, 1);
  g_assert_cmpint (count_qos (pair.reference), ==, 0);
  pair_close (&pair);
}

/* --- sounds --- */

/* A window in which the reference is no number has no figures, and it is told whose fault it is. */
static void
test_reference_not_finite (void)
{
  static const float nothings[] = { NAN, INFINITY, -INFINITY };

  for (gsize k = 0; k < G_N_ELEMENTS (nothings); k++) {
    g_autoptr (GPtrArray) judged = make_sounds (RATE, 800, 0, 0.5f, 0.05f);
    GPtrArray *reference = make_sounds (RATE, 800, 0, 0.5f, 0);
    g_autoptr (GArray) numbers = NULL;
    g_autoptr (GstStructure) summary = NULL;
    Pair pair;

    gst_buffer_fill (reference->pdata[3], 1200, &nothings[k], sizeof nothings[k]);
    pair_open (&pair, "metrics", "snr,si-sdr,log-spectral-distance", "window", 0.1, NULL);
    set_caps (&pair, SOUND, SOUND);
    play (&pair, g_ptr_array_ref (judged), reference);
    numbers = pull_numbers (&pair, judged->len, "si-sdr");
    g_assert_cmpuint (numbers->len, ==, 10);
    for (guint i = 0; i < numbers->len; i++)
      g_assert_cmpint (isnan (g_array_index (numbers, double, i)) != 0, ==, i == 3);
    assert_warning (&pair, "of pad reference has samples that are not finite");
    summary = find_message (&pair, GST_MESSAGE_ELEMENT, SUMMARY);
    g_assert_cmpint (count (summary, "without-reference"), ==, 0);
    g_assert_true (isfinite (number (summary, "si-sdr-overall")));
    pair_close (&pair);
  }
}

/* --- what cannot be compared --- */

/* The error is ours, and the first, whichever of both comes first, and with no queue anywhere. */
static void
test_says_what_differs (void)
{
  static const struct {
    const char *judged, *reference, *says[3];
  } cases[] = {
    { "videotestsrc num-buffers=9 ! video/x-raw,format=GRAY8,width=32,height=24",
        "videotestsrc num-buffers=9 ! video/x-raw,format=GRAY8,width=64,height=48",
        { "32x24", "64x48", "videoscale" } },
    { "videotestsrc num-buffers=9 ! videoconvert ! video/x-raw,format=RGB,width=32,height=24",
        "videotestsrc num-buffers=9 ! videoscale ! video/x-raw,format=RGB,width=16,height=16",
        { "32x24", "16x16", "videoscale" } },
    { "videotestsrc num-buffers=9 ! video/x-raw,format=GRAY8",
        "videotestsrc num-buffers=9 ! video/x-raw,format=RGB", { "GRAY8", "RGB", "videoconvert" } },
    { "audiotestsrc num-buffers=9 ! audio/x-raw,rate=16000,channels=1",
        "audiotestsrc num-buffers=9 ! audio/x-raw,rate=48000,channels=2",
        { "1 channels at 16000", "2 at 48000", "audioresample" } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (int first = 0; first < 2; first++) {
      g_autoptr (GstElement) pipeline =
          launch ("%s ! identity sleep-time=%d ! c.sink %s ! identity sleep-time=%d ! c.reference "
                  "qualitycompare name=c window=0.01 ! fakesink",
              cases[i].judged, first == 0 ? 0 : 20000, cases[i].reference, first == 0 ? 20000 : 0);
      g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
      g_autoptr (GstMessage) message = NULL;
      g_autoptr (GError) error = NULL;

      gst_element_set_state (pipeline, GST_STATE_PLAYING);
      message =
          gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
      g_assert_nonnull (message);
      g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ERROR);
      gst_message_parse_error (message, &error, NULL);
      for (gsize k = 0; k < G_N_ELEMENTS (cases[i].says); k++)
        if (strstr (error->message, cases[i].says[k]) == NULL)
          g_error ("\"%s\" does not say \"%s\"", error->message, cases[i].says[k]);
      gst_element_set_state (pipeline, GST_STATE_NULL);
    }
}

/* GstPadProbeCallback: what comes waits. */
static GstPadProbeReturn
hold (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  return GST_PAD_PROBE_OK;
}

/* Play, with nothing coming to `later` before what pad reference of `c` takes is like what comes to
 * its pad sink. */
static void
play_in_order (GstElement *pipeline)
{
  g_autoptr (GstElement) later = gst_bin_get_by_name (GST_BIN (pipeline), "later");
  g_autoptr (GstElement) c = gst_bin_get_by_name (GST_BIN (pipeline), "c");
  g_autoptr (GstPad) held = gst_element_get_static_pad (later, "sink");
  g_autoptr (GstPad) reference = gst_element_get_static_pad (c, "reference");
  g_autoptr (GstCaps) any = gst_pad_query_caps (reference, NULL);
  const gulong probe =
      gst_pad_add_probe (held, GST_PAD_PROBE_TYPE_BLOCK_DOWNSTREAM, hold, NULL, NULL);
  gboolean like = FALSE;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!like) {
    g_autoptr (GstCaps) caps = gst_pad_query_caps (reference, NULL);

    like = !gst_caps_is_equal (caps, any);
    g_usleep (1000);
  }
  gst_pad_remove_probe (held, probe);
}

/* Who can follow does: a scaler, a converter and a resampler in front of the second one. */
static void
test_follows (void)
{
  static const char *const lines[] = {
    "videotestsrc num-buffers=6 ! video/x-raw,format=I420,width=48,height=32 ! c.sink "
    "videotestsrc num-buffers=6 ! video/x-raw,format=RGB,width=96,height=64 ! "
    "identity name=later ! videoscale ! videoconvert ! c.reference",
    "audiotestsrc num-buffers=20 ! audio/x-raw,rate=16000,channels=1 ! c.sink "
    "audiotestsrc num-buffers=60 ! audio/x-raw,rate=48000,channels=2 ! "
    "identity name=later ! audioconvert ! audioresample ! c.reference",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autoptr (GstElement) pipeline =
        launch ("%s qualitycompare name=c window=0.1 ! fakesink", lines[i]);
    g_autoptr (GstStructure) summary = NULL;

    play_in_order (pipeline);
    summary = wait_for_end (pipeline);
    g_assert_nonnull (summary);
    g_assert_cmpint (count (summary, "frames"), >=, 6);
    g_assert_cmpint (count (summary, "without-reference"), <=, 1);
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/qualitycompare-streams/silent-reference", test_silent_reference);
  g_test_add_func ("/qualitycompare-streams/late-latency", test_late_latency);
  g_test_add_func ("/qualitycompare-streams/never-known", test_never_known);
  g_test_add_func ("/qualitycompare-streams/seeks", test_seeks);
  g_test_add_func ("/qualitycompare-streams/flush", test_flush);
  g_test_add_func ("/qualitycompare-streams/gaps", test_gaps);
  g_test_add_func ("/qualitycompare-streams/qos", test_qos);
  g_test_add_func ("/qualitycompare-streams/reference-not-finite", test_reference_not_finite);
  g_test_add_func ("/qualitycompare-streams/says-what-differs", test_says_what_differs);
  g_test_add_func ("/qualitycompare-streams/follows", test_follows);
  return g_test_run ();
}
