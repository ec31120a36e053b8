/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time: latencies that live pipelines are told and can be configured with, frames that would be
 * late, frames without a rate, buffers without a time, and segments that do not count time. */
#include "../../elements/shared/latency.h"

#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "models.h"
#include "player.h"

#define INTERVAL (GST_SECOND / 5)
#define LATENTS                                                                                    \
  "other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"                       \
  "dimensions=(string)3,framerate=(fraction)"

static char *folder;

/* --- latency --- */

static guint
count_messages (GstBus *bus, GstMessageType type)
{
  GstMessage *message;
  guint n = 0;

  while ((message = gst_bus_pop_filtered (bus, type)) != NULL) {
    gst_message_unref (message);
    n++;
  }
  return n;
}

/* The longest run and an interval; told where runs become longer by a good part of an interval. */
static void
test_growth (void)
{
  static const struct {
    GstClockTime run, own; /* in milliseconds */
    guint told;
  } runs[] = { { 10, 150, 1 }, { 12, 150, 0 }, { 29, 150, 0 }, { 31, 171, 1 }, { 5, 171, 0 },
    { 50, 171, 0 }, { 400, 540, 1 }, { 440, 540, 0 }, { 451, 591, 1 } };
  g_autoptr (GstElement) element =
      gst_object_ref_sink (gst_element_factory_make ("fakesink", NULL));
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstGenerativeLatency latency = { 0 };

  gst_element_set_bus (element, bus);
  gst_generative_latency_begin (&latency, 100 * GST_MSECOND, 40 * GST_MSECOND);
  for (gsize i = 0; i < G_N_ELEMENTS (runs); i++) {
    gst_generative_latency_note (&latency, element, runs[i].run * GST_MSECOND);
    g_assert_cmpuint (latency.own, ==, runs[i].own * GST_MSECOND);
    g_assert_cmpuint (count_messages (bus, GST_MESSAGE_LATENCY), ==, runs[i].told);
  }
  /* Other caps: what was is forgotten. */
  gst_generative_latency_begin (&latency, 0, 40 * GST_MSECOND);
  gst_generative_latency_note (&latency, element, GST_MSECOND);
  g_assert_cmpuint (latency.own, ==, 41 * GST_MSECOND);
  gst_element_set_bus (element, NULL);
}

static GstPadProbeReturn
answer_bounded (GstPad *pad, GstPadProbeInfo *info, gpointer most)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return GST_PAD_PROBE_OK;
  gst_query_set_latency (query, TRUE, 10 * GST_MSECOND, *(GstClockTime *)most);
  return GST_PAD_PROBE_HANDLED;
}

/* What the element adds stands on both ends of what upstream says. */
static void
test_answers (void)
{
  GstClockTime bounds[] = { 10 * GST_MSECOND, 90 * GST_MSECOND, GST_CLOCK_TIME_NONE };

  for (gsize i = 0; i < G_N_ELEMENTS (bounds); i++) {
    g_autofree char *launch = g_strdup_printf ("generator model=%s/model batch-size=3", folder);
    GstHarness *harness = gst_harness_new_parse (launch);
    g_autoptr (GstQuery) query = gst_query_new_latency ();
    g_autoptr (GstPad) sink = gst_element_get_static_pad (harness->element, "sink");
    g_autoptr (GstPad) source = gst_element_get_static_pad (harness->element, "src");
    GstClockTime least, most;
    gboolean live;

    gst_pad_add_probe (
        harness->srcpad, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM, answer_bounded, &bounds[i], NULL);
    gst_harness_set_src_caps_str (harness, LATENTS "5/1");
    gst_harness_push (harness, gst_buffer_new_wrapped (g_malloc0 (12), 12));
    g_assert_true (gst_pad_query (source, query));
    gst_query_parse_latency (query, &live, &least, &most);
    g_assert_true (live);
    /* Two intervals to gather, one for runs to vary in, and a run. */
    g_assert_cmpuint (least, >, 10 * GST_MSECOND + 3 * INTERVAL);
    if (GST_CLOCK_TIME_IS_VALID (bounds[i]))
      g_assert_cmpuint (most - bounds[i], ==, least - 10 * GST_MSECOND);
    else
      g_assert_cmpuint (most, ==, GST_CLOCK_TIME_NONE);
    gst_harness_teardown (harness);
  }
}

/* Plays to the end; no element has a word to say. */
static void
play_in_peace (const char *launch)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstBus) bus = NULL;
  gboolean ended = FALSE;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!ended) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING | GST_MESSAGE_LATENCY);

    g_assert_nonnull (message);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_LATENCY) {
      gst_bin_recalculate_latency (GST_BIN (pipeline));
      continue;
    }
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
      gst_message_parse_warning (message, &error, NULL);
    else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      gst_message_parse_error (message, &error, NULL);
    if (error != NULL)
      g_error ("%s: %s", launch, error->message);
    ended = TRUE;
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* Live and without a rate, among other elements. */
static void
test_pipelines (void)
{
  static const char *const launches[] = {
    "latentsrc is-live=true num-buffers=8 ! fakesink sync=true",
    "latentsrc is-live=true num-buffers=8 ! generator model=%s/model ! fakesink sync=true",
    "latentsrc is-live=true num-buffers=8 ! generator model=%s/model batch-size=4 ! queue ! "
    "fakesink sync=true qos=true",
    "latentsrc is-live=true num-buffers=8 ! generator model=%s/model ! compositor name=mixer ! "
    "fakesink sync=true videotestsrc is-live=true num-buffers=8 ! mixer.",
    "latentsrc is-live=true num-buffers=8 ! generator model=%s/model ! tee name=both ! queue ! "
    "videorate ! video/x-raw,framerate=10/1 ! fakesink sync=true "
    "both. ! queue ! discriminator model=%s/score ! qualitymeter ! videoaugment noise=0.1 ! "
    "fakesink sync=true",
    "latentsrc num-buffers=8 ! other/tensors,framerate=0/1 ! generator model=%s/model ! "
    "video/x-raw,framerate=0/1 ! discriminator model=%s/score ! qualitymeter ! "
    "videoaugment noise=0.1 ! fakesink",
    "latentsrc num-buffers=8 ! other/tensors,framerate=0/1 ! generator model=%s/model "
    "batch-size=3 ! videorate ! video/x-raw,framerate=10/1 ! fakesink",
    "videotestsrc num-buffers=8 ! video/x-raw,format=GRAY8,width=4,height=4,framerate=0/1,"
    "max-framerate=30/1 ! discriminator model=%s/score ! qualitymeter ! videoaugment noise=0.1 ! "
    "gantrainer checkpoint=%s/checkpoint batch-size=1 max-steps=1 silent=true",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (launches); i++) {
    g_auto (GStrv) parts = g_strsplit (launches[i], "%s", -1);
    g_autofree char *launch = g_strjoinv (folder, parts);

    play_in_peace (launch);
  }
}

/* A live source knows its latency once it knows its rate. */
static void
test_source (void)
{
  GstHarness *harness = gst_harness_new_parse ("latentsrc is-live=true");
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  g_autoptr (GstPad) pad = gst_element_get_static_pad (harness->element, "src");
  GstClockTime least, most;
  gboolean live;

  gst_harness_set_sink_caps_str (harness, "other/tensors,framerate=5/1");
  gst_harness_use_testclock (harness);
  gst_harness_play (harness);
  g_assert_true (gst_harness_crank_single_clock_wait (harness));
  gst_buffer_unref (gst_harness_pull (harness));
  g_assert_true (gst_pad_query (pad, query));
  gst_query_parse_latency (query, &live, &least, &most);
  g_assert_true (live);
  g_assert_cmpuint (least, ==, INTERVAL);
  g_assert_cmpuint (most, ==, GST_CLOCK_TIME_NONE);
  gst_harness_teardown (harness);
}

/* gantrainer's preview is no part of the stream that is trained on. */
static void
test_preview (void)
{
  g_autofree char *launch = g_strdup_printf ("gantrainer checkpoint=%s/preview", folder);
  GstHarness *harness = gst_harness_new_parse (launch);
  g_autoptr (GstQuery) latency = gst_query_new_latency ();
  g_autoptr (GstQuery) seeking = gst_query_new_seeking (GST_FORMAT_TIME);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (harness->element, "src");
  GstClockTime least, most;
  GstEvent *event;
  gboolean live, seekable;

  gst_harness_set_upstream_latency (harness, GST_SECOND);
  g_assert_true (gst_pad_query (pad, latency));
  gst_query_parse_latency (latency, &live, &least, &most);
  g_assert_false (live);
  g_assert_cmpuint (least, ==, 0);
  g_assert_cmpuint (most, ==, GST_CLOCK_TIME_NONE);
  g_assert_true (gst_pad_query (pad, seeking));
  gst_query_parse_seeking (seeking, NULL, &seekable, NULL, NULL);
  g_assert_false (seekable);
  g_assert_false (
      gst_pad_send_event (pad, gst_event_new_seek (1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
                                   GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_NONE, -1)));
  while ((event = gst_harness_try_pull_upstream_event (harness)) != NULL) {
    g_assert_cmpint (GST_EVENT_TYPE (event), !=, GST_EVENT_SEEK);
    gst_event_unref (event);
  }
  gst_harness_teardown (harness);
}

/* --- frames that would be late --- */

static GstBuffer *
make_latent (GstClockTime time)
{
  GstBuffer *buffer = gst_buffer_new_wrapped (g_malloc0 (12), 12);

  GST_BUFFER_PTS (buffer) = time;
  return buffer;
}

/* Push frames 46 to 53, at 10 s of running time being those of frame 50; which come out? */
static char *
push_frames (gboolean live, GstClockTimeDiff allowed)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s/model", folder);
  GstHarness *harness = gst_harness_new_parse (launch);
  g_autoptr (GstBus) bus = gst_bus_new ();
  GString *came = g_string_new (NULL);
  GstClockTime time = 10 * GST_SECOND;
  guint64 dropped = 0;
  GstMessage *message;

  gst_element_set_bus (harness->element, bus);
  gst_harness_use_testclock (harness);
  gst_harness_set_live (harness, live);
  gst_harness_set_time (harness, time);
  gst_harness_set_src_caps_str (harness, LATENTS "5/1");
  gst_harness_push (harness, make_latent (46 * INTERVAL));
  gst_harness_query_latency (harness);
  /* The sink comes to frame 46 as late as it may come, or later. */
  gst_harness_push_upstream_event (
      harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1.5,
                   (GstClockTimeDiff)(time - 46 * INTERVAL) - allowed, 46 * INTERVAL));
  for (guint frame = 47; frame < 54; frame++)
    g_assert_cmpint (gst_harness_push (harness, make_latent (frame * INTERVAL)), ==, GST_FLOW_OK);
  for (guint n = gst_harness_buffers_in_queue (harness); n > 0; n--) {
    GstBuffer *buffer = gst_harness_pull (harness);

    g_string_append_printf (came, "%u ", (guint)(GST_BUFFER_PTS (buffer) / INTERVAL));
    gst_buffer_unref (buffer);
  }
  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_QOS)) != NULL) {
    gst_message_parse_qos_stats (message, NULL, NULL, &dropped);
    gst_message_unref (message);
  }
  g_string_append_printf (came, "- %u", (guint)dropped);
  gst_element_set_bus (harness->element, NULL);
  gst_harness_teardown (harness);
  return g_string_free (came, FALSE);
}

static void
test_late (void)
{
  static const struct {
    gboolean live;
    int allowed; /* intervals after its own time that a frame may come */
    const char *came;
  } cases[] = {
    /* A run of frame 48 would be done a little after 10 s, which is too late by that. */
    { FALSE, 2, "46 49 50 51 52 53 - 2" },
    { FALSE, 9, "46 47 48 49 50 51 52 53 - 0" },
    { TRUE, 1, "46 50 51 52 53 - 3" },
    /* The newest frame there is cannot be in time, and is better than none. */
    { TRUE, -3, "46 50 51 52 53 - 3" },
    /* One in a second is made in any case. */
    { FALSE, -6, "46 51 - 6" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *came =
        push_frames (cases[i].live, (GstClockTimeDiff)INTERVAL * cases[i].allowed);

    g_assert_cmpstr (came, ==, cases[i].came);
  }
}

/* --- buffers without a time --- */

static GstHarness *
open_filter (const char *what, GstFormat format, GstBus *bus)
{
  g_autofree char *properties = g_strdup_printf ("%s", what);
  g_auto (GStrv) parts = g_strsplit (properties, "%s", -1);
  g_autofree char *launch = g_strjoinv (folder, parts);
  GstHarness *harness = gst_harness_new_parse (launch);
  GstSegment segment;

  gst_element_set_bus (harness->element, bus);
  gst_harness_push_event (harness, gst_event_new_stream_start ("stream"));
  gst_harness_set_caps_str (harness, "video/x-raw,format=GRAY8,width=4,height=4,framerate=0/1",
      "video/x-raw,format=GRAY8,width=4,height=4,framerate=0/1");
  gst_segment_init (&segment, format);
  segment.start = segment.time = 10;
  segment.stop = 1000;
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
  return harness;
}

/* With controlled properties or without, a frame that has no place in the stream passes as others
 * do. */
static void
test_untimed (void)
{
  static const char *const filters[] = { "discriminator model=%s/score post-messages=true",
    "qualitymeter post-messages=true", "videoaugment noise=0.1" };
  static const GstFormat formats[] = { GST_FORMAT_TIME, GST_FORMAT_BYTES, GST_FORMAT_DEFAULT };
  const GstClockTime times[] = { GST_CLOCK_TIME_NONE, 0, 500, 5000, GST_SECOND };

  for (gsize f = 0; f < G_N_ELEMENTS (filters); f++)
    for (gsize s = 0; s < G_N_ELEMENTS (formats); s++) {
      g_autoptr (GstBus) bus = gst_bus_new ();
      GstHarness *harness = open_filter (filters[f], formats[s], bus);

      for (gsize t = 0; t < G_N_ELEMENTS (times); t++) {
        GstBuffer *buffer = gst_harness_create_buffer (harness, 16);
        g_autoptr (GstMessage) message = NULL;
        guint64 pts;

        gst_buffer_memset (buffer, 0, 7, 16);
        GST_BUFFER_PTS (buffer) = times[t];
        g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
        buffer = gst_harness_pull (harness);
        g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, times[t]);
        gst_buffer_unref (buffer);
        message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
        if (message == NULL)
          continue;
        g_assert_true (gst_structure_get_uint64 (gst_message_get_structure (message), "pts", &pts));
        g_assert_cmpuint (pts, ==, times[t]);
      }
      gst_element_set_bus (harness->element, NULL);
      gst_harness_teardown (harness);
    }
}

/* Latents on demand: no rate, and times that are their own or none. */
static void
test_on_demand (void)
{
  const GstClockTime times[] = { GST_CLOCK_TIME_NONE, 3 * GST_SECOND, 4 * GST_SECOND + 7,
    GST_CLOCK_TIME_NONE };

  for (int batch = 1; batch <= 2; batch++) {
    g_autofree char *launch =
        g_strdup_printf ("generator model=%s/model batch-size=%d", folder, batch);
    GstHarness *harness = gst_harness_new_parse (launch);
    g_autoptr (GstCaps) caps = NULL;
    int numerator = -1, denominator;

    gst_harness_set_src_caps_str (harness, LATENTS "0/1");
    for (gsize t = 0; t < G_N_ELEMENTS (times); t++)
      g_assert_cmpint (gst_harness_push (harness, make_latent (times[t])), ==, GST_FLOW_OK);
    for (gsize t = 0; t < G_N_ELEMENTS (times); t++) {
      GstBuffer *buffer = gst_harness_pull (harness);

      g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, times[t]);
      gst_buffer_unref (buffer);
    }
    caps = gst_pad_get_current_caps (harness->sinkpad);
    g_assert_true (gst_structure_get_fraction (
        gst_caps_get_structure (caps, 0), "framerate", &numerator, &denominator));
    g_assert_cmpint (numerator, ==, 0);
    gst_harness_teardown (harness);
  }
}

int
main (int argc, char **argv)
{
  g_autofree char *model = NULL, *score = NULL;
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  model = g_build_filename (folder, "model", NULL);
  score = g_build_filename (folder, "score", NULL);
  save_generator (model, -1, 3, 4, 50);
  save_discriminator (score, 4, 0.5f);
  g_test_add_func ("/timing/growth", test_growth);
  g_test_add_func ("/timing/answers", test_answers);
  g_test_add_func ("/timing/source", test_source);
  g_test_add_func ("/timing/preview", test_preview);
  g_test_add_func ("/timing/pipelines", test_pipelines);
  g_test_add_func ("/timing/late", test_late);
  g_test_add_func ("/timing/untimed", test_untimed);
  g_test_add_func ("/timing/on-demand", test_on_demand);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
