/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* latentsrc: caps, frames against the library, seeking in both formats, live mode, keyframes and
 * directions from files, mixing, errors. */
#include <generative/latent-change.h>
#include <generative/npy.h>
#include <gst/check/gstharness.h>
#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>

#include <string.h>

#include "../scratch.h"
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
assert_latents (GstBuffer *buffer, const GenLatent *latent, guint64 frame)
{
  gsize n = latent->length * latent->count;
  g_autofree float *expected = g_new (float, n);
  GstMapInfo map;

  g_assert_nonnull (buffer);
  gen_latent_fill (latent, frame, 30, 1, expected);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_assert_cmpmem (map.data, map.size, expected, n * sizeof (float));
  g_assert_cmpuint (GPOINTER_TO_SIZE (map.data) % 64, ==, 0);
  gst_buffer_unmap (buffer, &map);
}

static void
assert_frame (GstBuffer *buffer, const GenLatent *latent, guint64 frame)
{
  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, frame);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, gst_util_uint64_scale (frame, GST_SECOND, 30));
  assert_latents (buffer, latent, frame);
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

/* A part of a film has the latents that it has in the whole, at times of its own. */
static void
test_first_frame (void)
{
  GstHarness *harness = harness_new (
      "latentsrc dimensions=20 seed=4 walk=slerp first-frame=4000 num-buffers=70", NULL);
  GenLatent latent = GEN_LATENT_DEFAULTS;

  latent.length = 20;
  latent.seed = 4;
  latent.walk = GEN_WALK_SLERP;
  gst_harness_play (harness);
  for (guint64 frame = 0; frame < 70; frame++) {
    GstBuffer *buffer = gst_harness_pull (harness);

    assert_latents (buffer, &latent, 4000 + frame);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, gst_util_uint64_scale (frame, GST_SECOND, 30));
    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, frame);
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

/* --- files, mixing --- */

static char *folder;

static char *
save_lines (const char *name, const char *text)
{
  char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

static char *
save_numbers (const char *name, GenShape shape, const float *numbers)
{
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  gen_npy_save (path, GEN_TYPE_FLOAT32, &shape, numbers, &error);
  g_assert_no_error (error);
  return path;
}

static void
assert_numbers (GstBuffer *buffer, const float *expected, gsize n)
{
  GstMapInfo map;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_assert_cmpmem (map.data, map.size, expected, n * sizeof (float));
  gst_buffer_unmap (buffer, &map);
}

/* Walks along a file, which seeking finds the places of, too. */
static void
test_keyframes (void)
{
  g_autofree char *path = save_lines ("walk.jsonl", "{\"time\": 0, \"seed\": 7, \"frame\": 31}\n"
                                                    "{\"time\": 1.5, \"latent\": [1, 2, 3]}\n"
                                                    "{\"time\": 2, \"frame\": 5}\n");
  g_autofree char *launch = g_strdup_printf (
      "latentsrc dimensions=3:2 seed=4 walk=slerp keyframe-location=%s ! fakesink name=sink "
      "signal-handoffs=true sync=false",
      path);
  g_autoptr (GenKeyframes) keyframes = gen_keyframes_load (path, NULL);
  GenLatent latent = GEN_LATENT_DEFAULTS;

  latent.length = 3;
  latent.count = 2;
  latent.seed = 4;
  latent.walk = GEN_WALK_SLERP;
  latent.path = keyframes;
  for (guint64 first = 0; first < 90; first += 45) {
    Player player;

    player_open (&player, launch);
    g_assert_true (gst_element_seek (player.pipeline, 1, GST_FORMAT_DEFAULT, GST_SEEK_FLAG_FLUSH,
        GST_SEEK_TYPE_SET, (gint64)first, GST_SEEK_TYPE_SET, 90));
    player_play_to_end (&player);
    g_assert_cmpuint (player.buffers->len, ==, 90 - first);
    for (guint i = 0; i < player.buffers->len; i++)
      assert_frame (player.buffers->pdata[i], &latent, first + i);
    assert_numbers (player.buffers->pdata[45 - first], (const float[]){ 1, 2, 3, 1, 2, 3 }, 6);
    player_close (&player);
  }
}

/* Directions by weights, and by an amount that a controller moves. */
static void
test_directions (void)
{
  static const float numbers[] = { 1, 0, 0, 0, 1, 2 };
  g_autofree char *path = save_numbers ("directions.npy", GEN_SHAPE (2, 3), numbers);
  g_autofree char *launch = g_strdup_printf (
      "latentsrc name=l dimensions=3:2 direction-location=%s direction-weights=\"<0.5,-2.0>\"",
      path);
  g_autoptr (GenDirections) directions = gen_directions_load (path, NULL);
  GstHarness *harness = harness_new (launch, NULL);
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (harness->element), "l");
  GstControlSource *control = gst_interpolation_control_source_new ();
  GenLatent latent = GEN_LATENT_DEFAULTS;

  g_object_set (control, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
  gst_timed_value_control_source_set (GST_TIMED_VALUE_CONTROL_SOURCE (control), 0, 0);
  gst_timed_value_control_source_set (GST_TIMED_VALUE_CONTROL_SOURCE (control), GST_SECOND, 3);
  gst_object_add_control_binding (GST_OBJECT (source),
      gst_direct_control_binding_new_absolute (GST_OBJECT (source), "direction-amount", control));
  gst_object_unref (control);
  latent.length = 3;
  latent.count = 2;
  gst_harness_play (harness);
  for (guint64 frame = 0; frame <= 30; frame += 1) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);
    const double amount = 3 * (double)GST_BUFFER_PTS (buffer) / GST_SECOND;
    float expected[6];

    gen_latent_fill (&latent, frame, 30, 1, expected);
    if (amount > 0)
      gen_latent_push (
          &latent, directions, (const double[]){ 0.5 * amount, -2 * amount }, 2, expected);
    assert_numbers (buffer, expected, 6);
  }
  gst_harness_teardown (harness);
}

/* Directions by their names, which change while it plays. */
static void
test_named_directions (void)
{
  static const float numbers[] = { 1, 0, 0, 0, 1, 2 };
  static const char *const names[] = { "smile", "age" };
  static const struct {
    const char *direction, *weights;
    double amounts[2];
  } cases[] = {
    { "age", NULL, { 0, 3 } },
    { "age, smile", NULL, { 3, 3 } },
    { "age,smile", "<0.5,-1.0>", { -3, 1.5 } },
    { NULL, "<0.5>", { 1.5, 0 } },
    { NULL, NULL, { 3, 0 } },
  };
  g_autofree char *path = g_build_filename (folder, "named.npz", NULL);
  g_autofree char *launch = g_strdup_printf (
      "latentsrc name=l dimensions=3 direction-location=%s direction=smile direction-amount=3",
      path);
  g_autoptr (GenDirections) directions = gen_directions_new (names, 2, 1, 3, numbers);
  GstHarness *harness = NULL;
  g_autoptr (GstElement) source = NULL;
  GenLatent latent = GEN_LATENT_DEFAULTS;

  g_assert_true (gen_directions_save (directions, path, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstBuffer) buffer = NULL;
    float expected[3];

    harness = harness_new (launch, NULL);
    source = gst_bin_get_by_name (GST_BIN (harness->element), "l");
    gst_util_set_object_arg (
        G_OBJECT (source), "direction-weights", cases[i].weights != NULL ? cases[i].weights : "<>");
    g_object_set (source, "direction", cases[i].direction, NULL);
    latent.length = 3;
    gst_harness_play (harness);
    buffer = gst_harness_pull (harness);
    gen_latent_fill (&latent, 0, 30, 1, expected);
    gen_latent_push (&latent, directions, cases[i].amounts, 2, expected);
    assert_numbers (buffer, expected, 3);
    if (i == 0) {
      double last = 0;

      /* Frames that have been made by then are as they were; from some frame on it is another. */
      g_object_set (source, "direction", "smile", NULL);
      for (int frame = 1; last < 2; frame++) {
        g_autoptr (GstBuffer) next = gst_harness_pull (harness);
        GstMapInfo map;

        gen_latent_fill (&latent, (guint64)frame, 30, 1, expected);
        g_assert_true (gst_buffer_map (next, &map, GST_MAP_READ));
        last = ((const float *)(void *)map.data)[0] - expected[0];
        gst_buffer_unmap (next, &map);
      }
      g_assert_cmpfloat_with_epsilon (last, 3, 1e-5);
    }
    g_clear_object (&source);
    gst_harness_teardown (harness);
  }
}

/* What is mixed with is what stands in a file. */
static void
test_mixing_location (void)
{
  static const float numbers[] = { 1, 2, 3, 5, 6, 7 };
  g_autofree char *path = save_numbers ("others.npy", GEN_SHAPE (2, 3), numbers);
  static const struct {
    const char *more;
    float expected[3];
  } cases[] = {
    { "walk=none mixing-amount=1 mixing-time=1", { 5, 6, 7 } },
    { "walk=none mixing-amount=1 mixing-time=0.7", { 1, 2, 3 } },
    { "walk=linear mixing-amount=1 mixing-time=0.5", { 3, 4, 5 } },
    { "walk=linear mixing-amount=1 mixing-time=9", { 5, 6, 7 } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *launch =
        g_strdup_printf ("latentsrc dimensions=3 mixing-location=%s %s", path, cases[i].more);
    GstHarness *harness = harness_new (launch, NULL);

    gst_harness_play (harness);
    for (int frame = 0; frame < 3; frame++) {
      g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);

      assert_numbers (buffer, cases[i].expected, 3);
    }
    gst_harness_teardown (harness);
  }
}

/* A vector for each of four layers: the same in all, of another seed in the last two. */
static void
test_mixing (void)
{
  static const struct {
    const char *launch;
    double amount;
    gsize count, first, last;
    gboolean repeat;
  } cases[] = {
    { "dimensions=8:4 repeat-vector=true mixing-amount=1 mixing-first=2", 1, 4, 2, G_MAXSIZE,
        TRUE },
    { "dimensions=8:4 mixing-amount=0.25 mixing-first=1 mixing-last=2", 0.25, 4, 1, 2, FALSE },
    { "dimensions=32 mixing-amount=1 mixing-first=5 mixing-last=20", 1, 1, 5, 20, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *launch =
        g_strdup_printf ("latentsrc seed=3 walk=slerp mixing-seed=8 %s", cases[i].launch);
    GstHarness *harness = harness_new (launch, NULL);
    GenLatent latent = GEN_LATENT_DEFAULTS, other;

    latent.length = 32 / cases[i].count;
    latent.count = cases[i].count;
    latent.walk = GEN_WALK_SLERP;
    latent.repeat = cases[i].repeat;
    latent.seed = 3;
    other = latent;
    other.seed = 8;
    gst_harness_play (harness);
    for (guint64 frame = 0; frame < 40; frame++) {
      g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);
      float expected[32], others[32];

      gen_latent_fill (&latent, frame, 30, 1, expected);
      gen_latent_fill (&other, frame, 30, 1, others);
      gen_latent_mix (&latent, others, cases[i].amount, cases[i].first, cases[i].last, expected);
      assert_numbers (buffer, expected, 32);
      if (cases[i].repeat) {
        g_assert_cmpmem (expected, 32, expected + 8, 32);
        g_assert_cmpmem (others, 32, expected + 16, 32);
      }
    }
    gst_harness_teardown (harness);
  }
}

/* Without a sound, nothing that is for one does anything. */
static void
test_no_sound (void)
{
  GstHarness *harness = harness_new (
      "latentsrc walk=slerp distribution=truncated sound-speed=50 bass=9 sound-truncation=-1",
      NULL);
  GenLatent latent = GEN_LATENT_DEFAULTS;

  latent.walk = GEN_WALK_SLERP;
  latent.distribution = GEN_DISTRIBUTION_TRUNCATED;
  gst_harness_play (harness);
  for (guint64 frame = 0; frame < 40; frame++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);

    assert_frame (buffer, &latent, frame);
  }
  gst_harness_teardown (harness);
}

/* Files that are not what they should be: which property, which file, and where. */
static void
test_file_errors (void)
{
  static const float numbers[12] = { 0 };
  g_autofree char *lines = save_lines ("bad.jsonl", "{\"time\": 0, \"seed\": 1}\n{\"seed\": 2}\n");
  g_autofree char *latents =
      save_lines ("latents.jsonl", "{\"time\": 0, \"seed\": 1}\n\n{\"time\": 3, \"latent\": [1]}");
  g_autofree char *array = save_numbers ("array.npy", GEN_SHAPE (4, 3), numbers);
  g_autofree char *cut = save_lines ("cut.npz", "PK");
  const struct {
    const char *property, *path, *more, *words;
  } cases[] = {
    { "keyframe-location", lines, "", "bad.jsonl: line 2: there is no \"time\"" },
    { "keyframe-location", latents, "",
        "latents.jsonl: line 3: a keyframe has 1 numbers, but a frame has 1 vectors of 100" },
    { "keyframe-location", array, "dimensions=5:2", "array.npy: shape [4, 3]: a keyframe has 3" },
    { "keyframe-location", "/nonexistent/walk.jsonl", "", "/nonexistent/walk.jsonl" },
    { "direction-location", array, "", "array.npy: its shape is [4, 3], but a frame has 1" },
    { "direction-location", lines, "", "bad.jsonl" },
    { "direction-location", array, "dimensions=3 direction-weights=<1.0,1.0,1.0,1.0,1.0>",
        "direction-weights has 5 numbers, but " },
    { "direction-location", cut, "", "cut.npz" },
    { "direction-location", array, "dimensions=3 direction=smile",
        "array.npy has no direction \"smile\"; there are 0, 1, 2, 3" },
    { "direction-location", array, "dimensions=3 direction=2,1 direction-weights=<1.0,1.0,1.0>",
        "direction-weights has 3 numbers, but property direction names 2" },
    { "mixing-location", array, "dimensions=5:2", "array.npy: shape [4, 3]: a keyframe has 3" },
    { "mixing-location", "/nonexistent/others.npy", "", "/nonexistent/others.npy" },
    { "band-directions", array, "dimensions=3", "array.npy has 4 directions, but there are 3" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *launch = g_strdup_printf (
        "latentsrc %s=%s %s ! fakesink", cases[i].property, cases[i].path, cases[i].more);

    player_assert_error (launch, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, cases[i].words);
    player_assert_error (launch, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "Property ");
  }
  player_assert_error ("latentsrc direction-weights=<1.0> ! fakesink", GST_LIBRARY_ERROR,
      GST_LIBRARY_ERROR_SETTINGS, "direction-location, which has what they weigh, is not");
  player_assert_error ("latentsrc direction=smile ! fakesink", GST_LIBRARY_ERROR,
      GST_LIBRARY_ERROR_SETTINGS, "direction-location, which has what it names, is not");
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/latentsrc/frames", test_frames);
  g_test_add_func ("/latentsrc/first-frame", test_first_frame);
  g_test_add_func ("/latentsrc/caps", test_caps);
  g_test_add_func ("/latentsrc/leading-ones", test_leading_ones);
  g_test_add_func ("/latentsrc/seek", test_seek);
  g_test_add_func ("/latentsrc/queries", test_queries);
  g_test_add_func ("/latentsrc/live", test_live);
  g_test_add_func ("/latentsrc/errors", test_errors);
  folder = scratch_new ();
  g_test_add_func ("/latentsrc/keyframes", test_keyframes);
  g_test_add_func ("/latentsrc/directions", test_directions);
  g_test_add_func ("/latentsrc/named-directions", test_named_directions);
  g_test_add_func ("/latentsrc/mixing-location", test_mixing_location);
  g_test_add_func ("/latentsrc/mixing", test_mixing);
  g_test_add_func ("/latentsrc/no-sound", test_no_sound);
  g_test_add_func ("/latentsrc/file-errors", test_file_errors);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
