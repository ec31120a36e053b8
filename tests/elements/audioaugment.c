/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* audioaugment: windows against the library, in whatever buffers a stream comes; which number a
 * window goes by, and what passes untouched. */
#include "audioaugment.h"

#include "../scratch.h"

/* Each buffer is a window of the number that its offset says, in any order. */
static void
test_buffers (void)
{
  const GenAugmentSettings settings = settings_of (SETTINGS);

  for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++) {
    const Kind *kind = &kinds[k];
    GstHarness *harness = harness_new (SETTINGS, kind);

    for (guint i = 0; i < 20; i++) {
      const guint64 number = i * 7 % 20;
      /* Of any length, one of a single frame among them. */
      const guint64 length = 1 + i * 137;
      GstBuffer *buffer = new_buffer (kind, number * length, length);
      g_autoptr (GByteArray) wanted =
          expected (kind, &settings, number * length, (number + 1) * length, length);

      GST_BUFFER_OFFSET (buffer) = number;
      buffer = gst_harness_push_and_pull (harness, buffer);
      g_assert_cmpint (gst_buffer_memcmp (buffer, 0, wanted->data, wanted->len), ==, 0);
      g_assert_cmpuint (gst_buffer_get_size (buffer), ==, wanted->len);
      g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, number);
      gst_buffer_unref (buffer);
    }
    gst_harness_teardown (harness);
  }
}

/* Without an offset the position tells the number, and without a time the order. */
static void
test_numbers (void)
{
  const GenAugmentSettings settings = settings_of ("noise=0.5 seed=6");
  GstHarness *harness = harness_new ("noise=0.5 seed=6", &kinds[0]);

  for (guint i = 0; i < 12; i++) {
    const guint64 number = i < 6 ? 5000 - 300 * i : i - 6;
    GstBuffer *buffer = new_buffer (&kinds[0], number * LENGTH, LENGTH);
    g_autoptr (GByteArray) wanted =
        expected (&kinds[0], &settings, number * LENGTH, (number + 1) * LENGTH, LENGTH);

    if (i < 6)
      GST_BUFFER_PTS (buffer) = time_of (number);
    buffer = gst_harness_push_and_pull (harness, buffer);
    g_assert_cmpint (gst_buffer_memcmp (buffer, 0, wanted->data, wanted->len), ==, 0);
    gst_buffer_unref (buffer);
  }
  gst_harness_teardown (harness);
}

/* However the stream is cut, windows are the same; the last one is a part. */
static void
test_chunks (void)
{
  static const gsize chunks[] = { 1, 7, 480, LENGTH, 3 * LENGTH, 100000 };
  const GenAugmentSettings settings = settings_of (SETTINGS);
  const guint64 end = 10 * LENGTH + 345;

  for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++)
    for (gsize c = 0; c < G_N_ELEMENTS (chunks); c++) {
      GstHarness *harness = harness_new ("length=1000 " SETTINGS, &kinds[k]);
      g_autoptr (GByteArray) bytes = NULL;

      push_frames (harness, &kinds[k], 0, end, chunks[c]);
      g_assert_true (gst_harness_push_event (harness, gst_event_new_eos ()));
      g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 11);
      bytes = pull_all (harness, &kinds[k], 0);
      assert_expected (bytes, &kinds[k], &settings, 0, end, LENGTH);
      gst_harness_teardown (harness);
    }
}

/* Integers are within one step of what float32 gets. */
static void
test_formats (void)
{
  const Kind floats = { FALSE, 2 }, integers = { TRUE, 2 };
  GstHarness *of_floats = harness_new ("length=1000 " SETTINGS, &floats);
  GstHarness *of_integers = harness_new ("length=1000 " SETTINGS, &integers);
  g_autoptr (GByteArray) a = NULL, b = NULL;

  push_frames (of_floats, &floats, 0, 20 * LENGTH, 333);
  push_frames (of_integers, &integers, 0, 20 * LENGTH, 480);
  a = pull_all (of_floats, &floats, 0);
  b = pull_all (of_integers, &integers, 0);
  g_assert_cmpuint (a->len, ==, 20 * LENGTH * frame_of (&floats));
  g_assert_cmpuint (b->len, ==, 20 * LENGTH * frame_of (&integers));
  for (gsize i = 0; i < 20 * LENGTH * 2; i++)
    g_assert_cmpfloat_with_epsilon (
        CLAMP (((float *)a->data)[i] * 32768, -32768, 32767), ((gint16 *)b->data)[i], 1);
  gst_harness_teardown (of_floats);
  gst_harness_teardown (of_integers);
}

/* As buffers, those of a gap pass as they are. */
static void
test_gap_buffer (void)
{
  GstHarness *harness = harness_new ("noise=1", &kinds[0]);
  GstBuffer *buffer = new_buffer (&kinds[0], 0, 100), *plain = gst_buffer_copy_deep (buffer);
  GstMapInfo map;

  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
  buffer = gst_harness_push_and_pull (harness, buffer);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP));
  gst_buffer_map (plain, &map, GST_MAP_READ);
  g_assert_cmpint (gst_buffer_memcmp (buffer, 0, map.data, map.size), ==, 0);
  gst_buffer_unmap (plain, &map);
  gst_buffer_unref (plain);
  gst_buffer_unref (buffer);
  gst_harness_teardown (harness);
}

/* With nothing to do, the very buffer goes on, though others hold it, too. */
static void
test_idle (void)
{
  static const char *const settings[] = { "", "seed=4 probability=0.5", "gain=6 probability=0",
    "length=100", "length=30 noise=0.5 probability=0" };

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
    GstHarness *harness = harness_new (settings[i], &kinds[1]);
    GstBuffer *in = new_buffer (&kinds[1], 0, 333), *out;

    GST_BUFFER_OFFSET (in) = 17;
    out = gst_harness_push_and_pull (harness, gst_buffer_ref (in));
    g_assert_true (in == out);
    g_assert_cmpuint (GST_BUFFER_OFFSET (out), ==, 17);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
    gst_harness_teardown (harness);
  }
}

/* A buffer that others hold is left alone, and one that is a window is that window. */
static void
test_shared (void)
{
  static const char *const settings[] = { "gain=6", "gain=6 length=1000" };

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    for (int shared = 0; shared < 2; shared++) {
      GstHarness *harness = harness_new (settings[i], &kinds[0]);
      GstBuffer *in = new_buffer (&kinds[0], 0, LENGTH), *plain = gst_buffer_copy_deep (in), *out;
      GstMapInfo map;

      out = gst_harness_push_and_pull (harness, shared ? gst_buffer_ref (in) : in);
      g_assert_true ((in != out) == shared);
      g_assert_true (gst_buffer_map (plain, &map, GST_MAP_READ));
      g_assert_cmpint (gst_buffer_memcmp (out, 0, map.data, map.size), !=, 0);
      if (shared)
        g_assert_cmpint (gst_buffer_memcmp (in, 0, map.data, map.size), ==, 0);
      gst_buffer_unmap (plain, &map);
      if (shared)
        gst_buffer_unref (in);
      gst_buffer_unref (out);
      gst_buffer_unref (plain);
      gst_harness_teardown (harness);
    }
}

static void
test_latency (void)
{
  GstHarness *harness = harness_new ("length=1000 gain=6", &kinds[0]);

  g_assert_cmpuint (gst_harness_query_latency (harness), ==, time_of (LENGTH));
  gst_harness_teardown (harness);
  harness = harness_new ("gain=6", &kinds[0]);
  g_assert_cmpuint (gst_harness_query_latency (harness), ==, 0);
  gst_harness_teardown (harness);
}

/* A stream without times, and one that is not whole frames. */
static void
test_doubtful (void)
{
  static const char *const settings[] = { SETTINGS, "length=1000 " SETTINGS };

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
    GstHarness *harness = harness_new (settings[i], &kinds[3]);
    guint n;

    for (int b = 0; b < 20; b++) {
      GstBuffer *buffer = new_buffer (&kinds[3], (guint64)b * 100, 100);

      gst_buffer_set_size (buffer, 100 * 16 - b);
      g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
    }
    gst_harness_push_event (harness, gst_event_new_eos ());
    n = gst_harness_buffers_in_queue (harness);
    g_assert_cmpuint (n, ==, i == 0 ? 20 : 2);
    for (guint b = 0; b < n; b++) {
      GstBuffer *buffer = gst_harness_pull (harness);

      g_assert_false (GST_BUFFER_PTS_IS_VALID (buffer));
      if (i == 1)
        g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, b * LENGTH);
      gst_buffer_unref (buffer);
    }
    gst_harness_teardown (harness);
  }
}

/* A folder that is none is an error that names its property. */
static void
test_no_folder (void)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (
      "audiotestsrc ! audioaugment background=1 background-folder=/nonexistent-folder ! fakesink",
      NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  message = gst_bus_timed_pop_filtered (bus, 10 * GST_SECOND, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ);
  g_assert_nonnull (strstr (error->message, "background-folder: "));
  g_assert_nonnull (strstr (error->message, "/nonexistent-folder"));
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* A piece of another sound is heard in each window, and of a window it is the same again. */
static void
test_folder (void)
{
  g_autofree char *folder = scratch_new (), *path = g_build_filename (folder, "tone.wav", NULL);
  g_autofree char *launch = g_strdup_printf (
      "audioaugment length=1000 background=0.5 background-folder=%s seed=3", folder);
  g_autoptr (GByteArray) first = NULL, again = NULL, plain = g_byte_array_new ();
  g_auto (GenSound) tone = { 0 };
  GstHarness *harness;

  gen_sound_init (&tone, 8000, 1, 3000);
  for (int t = 0; t < 3000; t++)
    tone.data[t] = (float)sin (t * 0.3);
  g_assert_true (gen_sound_save_wav (&tone, path, GEN_SOUND_WAV_S16, NULL));
  harness = gst_harness_new_parse (launch);
  set_caps (harness, &kinds[2], RATE);
  push_frames (harness, &kinds[2], 0, 4 * LENGTH, 333);
  first = pull_all (harness, &kinds[2], 0);
  g_assert_cmpuint (first->len, ==, 4 * LENGTH * frame_of (&kinds[2]));
  g_byte_array_set_size (plain, first->len);
  fill_samples (&kinds[2], 0, 4 * LENGTH, plain->data);
  g_assert_cmpint (memcmp (first->data, plain->data, first->len), !=, 0);
  seek_to (harness, 2 * LENGTH);
  push_frames (harness, &kinds[2], 2 * LENGTH, 4 * LENGTH, 480);
  again = pull_all (harness, &kinds[2], 2 * LENGTH);
  g_assert_cmpmem (again->data, again->len, first->data + first->len / 2, first->len / 2);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* Each augmentation of the library is a property that can be controlled. */
static void
test_properties (void)
{
  g_autoptr (GstElement) element = gst_element_factory_make ("audioaugment", NULL);
  const GenAugmentation *const *list = gen_augmentation_list (&gen_medium_sound);

  g_assert_nonnull (element);
  gst_object_ref_sink (element);
  for (int i = 0; list[i] != NULL; i++) {
    GParamSpec *spec = g_object_class_find_property (G_OBJECT_GET_CLASS (element), list[i]->name);
    double value;

    g_assert_nonnull (spec);
    g_assert_cmpuint (spec->flags & GST_PARAM_CONTROLLABLE, !=, 0);
    g_assert_cmpstr (g_param_spec_get_blurb (spec), ==, list[i]->description);
    g_object_set (element, list[i]->name, list[i]->maximum / 2, NULL);
    g_object_get (element, list[i]->name, &value, NULL);
    g_assert_cmpfloat (value, ==, list[i]->maximum / 2);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/audioaugment/buffers", test_buffers);
  g_test_add_func ("/audioaugment/numbers", test_numbers);
  g_test_add_func ("/audioaugment/chunks", test_chunks);
  g_test_add_func ("/audioaugment/formats", test_formats);
  g_test_add_func ("/audioaugment/gap-buffer", test_gap_buffer);
  g_test_add_func ("/audioaugment/idle", test_idle);
  g_test_add_func ("/audioaugment/shared", test_shared);
  g_test_add_func ("/audioaugment/latency", test_latency);
  g_test_add_func ("/audioaugment/doubtful", test_doubtful);
  g_test_add_func ("/audioaugment/no-folder", test_no_folder);
  g_test_add_func ("/audioaugment/folder", test_folder);
  g_test_add_func ("/audioaugment/properties", test_properties);
  return g_test_run ();
}
