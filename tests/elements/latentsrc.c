/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* latentsrc: caps, frames against the library, seeking in both formats, live mode, errors. */
#include <generative/latent.h>
#include <gst/check/gstharness.h>

#include <string.h>

#include "player.h"

static GstHarness *
harness_new (const char *launch, const char *caps)
{
  GstHarness *harness = gst_harness_new_parse (launch);

  if (caps != NULL)
    gst_harness_set_sink_caps_str (harness, caps);
  return harness;
}

static void
assert_frame (GstBuffer *buffer, const GenLatent *latent, guint64 frame)
{
  gsize n = latent->length * latent->count;
  g_autofree float *expected = g_new (float, n);
  GstMapInfo map;

  g_assert_nonnull (buffer);
  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, frame);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, gst_util_uint64_scale (frame, GST_SECOND, 30));
  gen_latent_fill (latent, frame, 30, 1, expected);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_assert_cmpmem (map.data, map.size, expected, n * sizeof (float));
  g_assert_cmpuint (GPOINTER_TO_SIZE (map.data) % 64, ==, 0);
  gst_buffer_unmap (buffer, &map);
}

static void
test_frames (void)
{
  GstHarness *harness = harness_new (
      "latentsrc dimensions=20:3 seed=4 walk=slerp distribution=spherical num-buffers=70", NULL);
  GenLatent latent = GEN_LATENT_DEFAULTS;

  latent.length = 20;
  latent.count = 3;
  latent.seed = 4;
  latent.walk = GEN_WALK_SLERP;
  latent.distribution = GEN_DISTRIBUTION_SPHERICAL;
  gst_harness_play (harness);
  for (guint64 frame = 0; frame < 70; frame++) {
    GstBuffer *buffer = gst_harness_pull (harness);

    assert_frame (buffer, &latent, frame);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer), ==,
        gst_util_uint64_scale (frame + 1, GST_SECOND, 30));
    gst_buffer_unref (buffer);
  }
  gst_harness_teardown (harness);
}

/* What each pair of property and next element's caps negotiates. */
static void
test_caps (void)
{
  static const struct {
    const char *launch, *sink, *dimensions;
    int numerator;
  } cases[] = {
    { "latentsrc", NULL, "100:1:1:1", 30 },
    { "latentsrc dimensions=64", NULL, "64:1:1:1", 30 },
    { "latentsrc dimensions=64:1:1", NULL, "64:1:1:1", 30 },
    { "latentsrc dimensions=2:3:4:5:6", NULL, "2:3:4:5:6", 30 },
    { "latentsrc", "other/tensors,dimensions=(string)128:1:1:1", "128:1:1:1", 30 },
    { "latentsrc", "other/tensors,dimensions=(string)128:16,framerate=(fraction)25/1", "128:16",
        25 },
    /* The same in another spelling. */
    { "latentsrc dimensions=100", "other/tensors,dimensions=(string)100", "100", 30 },
    { "latentsrc dimensions=100:1", "other/tensors,dimensions=(string)100:1:1", "100:1:1", 30 },
    { "latentsrc", "other/tensors,dimensions=(string){ 5:1:1:1, 7:1:1:1 }", "5:1:1:1", 30 },
    { "latentsrc dimensions=7", "other/tensors,dimensions=(string){ 5:1:1:1, 7:1:1:1 }", "7:1:1:1",
        30 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstHarness *harness = harness_new (cases[i].launch, cases[i].sink);
    GstBuffer *buffer;
    const GstStructure *structure;
    GstCaps *caps;
    int numerator, denominator;

    gst_harness_play (harness);
    buffer = gst_harness_pull (harness);
    g_assert_nonnull (buffer);
    caps = gst_pad_get_current_caps (harness->sinkpad);
    structure = gst_caps_get_structure (caps, 0);
    g_assert_cmpstr (gst_structure_get_string (structure, "dimensions"), ==, cases[i].dimensions);
    g_assert_true (gst_structure_get_fraction (structure, "framerate", &numerator, &denominator));
    g_assert_cmpint (numerator, ==, cases[i].numerator);
    g_assert_cmpint (denominator, ==, 1);
    g_assert_cmpstr (gst_structure_get_string (structure, "types"), ==, "float32");
    gst_caps_unref (caps);
    gst_buffer_unref (buffer);
    gst_harness_teardown (harness);
  }
}

/* A model's own order of extents: ones come first, and the vector is still 100 numbers. */
static void
test_leading_ones (void)
{
  GstHarness *harness = harness_new ("latentsrc dimensions=1:1:100:2 distribution=spherical", NULL);
  GenLatent latent = GEN_LATENT_DEFAULTS;
  GstBuffer *buffer;

  latent.count = 2;
  latent.distribution = GEN_DISTRIBUTION_SPHERICAL;
  gst_harness_play (harness);
  buffer = gst_harness_pull (harness);
  assert_frame (buffer, &latent, 0);
  gst_buffer_unref (buffer);
  gst_harness_teardown (harness);
}

static void
test_seek (void)
{
  static const struct {
    double rate;
    GstFormat format;
    gint64 start, stop;
    guint64 first;
    guint count;
    int step;
  } cases[] = {
    { 1, GST_FORMAT_TIME, 10 * GST_SECOND, 11 * GST_SECOND, 300, 30, 1 },
    { 1, GST_FORMAT_DEFAULT, 1000007, 1000010, 1000007, 3, 1 },
    /* The very time that frame 7 carries, which is rounded down. */
    { 1, GST_FORMAT_TIME, 233333333, 266666666, 7, 1, 1 },
    /* Within frame 7. */
    { 1, GST_FORMAT_TIME, 250000000, 266666666, 7, 1, 1 },
    { -1, GST_FORMAT_TIME, 0, GST_SECOND / 2, 14, 15, -1 },
    { -1, GST_FORMAT_DEFAULT, 5, 9, 8, 4, -1 },
  };
  GenLatent latent = GEN_LATENT_DEFAULTS;

  latent.seed = 3;
  latent.walk = GEN_WALK_LOOP;
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    Player player;

    player_open (
        &player, "latentsrc seed=3 walk=loop ! fakesink name=sink signal-handoffs=true sync=false");
    g_assert_true (gst_element_seek (player.pipeline, cases[i].rate, cases[i].format,
        GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_SET, cases[i].start,
        GST_SEEK_TYPE_SET, cases[i].stop));
    player_play_to_end (&player);
    g_assert_cmpuint (player.buffers->len, ==, cases[i].count);
    for (guint b = 0; b < cases[i].count; b++)
      assert_frame (player.buffers->pdata[b], &latent, cases[i].first + (gint)b * cases[i].step);
    player_close (&player);
  }
}

static void
test_queries (void)
{
  Player player;
  gint64 value;

  player_open (
      &player, "latentsrc num-buffers=45 ! fakesink name=sink signal-handoffs=true sync=false");
  g_assert_true (gst_element_query_duration (player.pipeline, GST_FORMAT_TIME, &value));
  g_assert_cmpint (value, ==, 1500 * GST_MSECOND);
  g_assert_true (gst_element_query_duration (player.pipeline, GST_FORMAT_DEFAULT, &value));
  g_assert_cmpint (value, ==, 45);
  g_assert_true (
      gst_element_query_convert (player.pipeline, GST_FORMAT_DEFAULT, 90, GST_FORMAT_TIME, &value));
  g_assert_cmpint (value, ==, 3 * GST_SECOND);
  player_close (&player);
}

/* Frames come when the clock reaches them, and not all at once. */
static void
test_live (void)
{
  GstHarness *harness = harness_new ("latentsrc is-live=true", NULL);
  GenLatent latent = GEN_LATENT_DEFAULTS;

  gst_harness_use_testclock (harness);
  gst_harness_play (harness);
  for (guint64 frame = 0; frame < 5; frame++) {
    GstBuffer *buffer;

    g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 0);
    g_assert_true (gst_harness_crank_single_clock_wait (harness));
    buffer = gst_harness_pull (harness);
    assert_frame (buffer, &latent, frame);
    gst_buffer_unref (buffer);
  }
  gst_harness_teardown (harness);
}

/* The bus says what is wrong, and names the property. */
static void
test_errors (void)
{
  static const struct {
    const char *dimensions, *sink, *text;
  } cases[] = {
    { "many", "ANY", "\"many\" should be a whole number" },
    { "10:0", "ANY", "\"0\" should be a whole number" },
    { "100000:100000:1", "ANY", "more than" },
    { "1:2:3:4:5:6:7:8:9", "ANY", "1 to 8 extents" },
    { "64", "other/tensors,dimensions=(string)100:1:1:1",
        "Property dimensions is 64:1:1:1, but the next element takes 100:1:1:1" },
    { NULL, "other/tensors,dimensions=(string)ten", "\"ten\" should be a whole number" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GstElement) pipeline =
        gst_parse_launch ("latentsrc name=source ! capsfilter name=filter ! fakesink", &error);
    g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
    g_autoptr (GstElement) filter = gst_bin_get_by_name (GST_BIN (pipeline), "filter");
    g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
    g_autoptr (GstMessage) message = NULL;

    g_assert_no_error (error);
    g_object_set (source, "dimensions", cases[i].dimensions, NULL);
    gst_util_set_object_arg (G_OBJECT (filter), "caps", cases[i].sink);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR);
    g_assert_nonnull (message);
    gst_message_parse_error (message, &error, NULL);
    if (strstr (error->message, cases[i].text) == NULL)
      g_error ("\"%s\" lacks \"%s\"", error->message, cases[i].text);
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/latentsrc/frames", test_frames);
  g_test_add_func ("/latentsrc/caps", test_caps);
  g_test_add_func ("/latentsrc/leading-ones", test_leading_ones);
  g_test_add_func ("/latentsrc/seek", test_seek);
  g_test_add_func ("/latentsrc/queries", test_queries);
  g_test_add_func ("/latentsrc/live", test_live);
  g_test_add_func ("/latentsrc/errors", test_errors);
  return g_test_run ();
}
