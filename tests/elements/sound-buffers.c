/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What generator makes of the strangest buffers of sound: of any size, at other rates, broken,
 * backwards. */
#include "sound-models.h"

static GstBuffer *
make_noise (guint frames, int channels, gboolean int16, guint64 first)
{
  const gsize n = (gsize)frames * (gsize)channels;
  g_autofree float *noise = g_new (float, n + 1);
  GenRandom random = gen_random_new (4, "noise", 0);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, n * (int16 ? 2 : 4), NULL);
  GstMapInfo map;

  gen_random_uniform (&random, 0, first * (guint64)channels, noise, n);
  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < n; i++)
    if (int16)
      ((gint16 *)map.data)[i] = (gint16)(noise[i] * 20000);
    else
      ((float *)map.data)[i] = noise[i];
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

/* Take what there is: its samples, as float32. (transfer full) */
static GArray *
take (GstHarness *harness, gboolean int16)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (float));

  for (GstBuffer *buffer; (buffer = gst_harness_try_pull (harness)) != NULL;) {
    GstMapInfo map;

    gst_buffer_map (buffer, &map, GST_MAP_READ);
    for (gsize i = 0; i < map.size / (int16 ? 2 : 4); i++) {
      const float v = int16 ? (float)((gint16 *)map.data)[i] / 32768 : ((float *)map.data)[i];

      g_array_append_val (all, v);
    }
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
  return all;
}

/* However the samples come, in buffers of one, of seven or of ten seconds, with empty ones and gaps
 * between them, they are the same. */
static void
test_sizes (void)
{
  enum { ALL = 10 * 8000 };
  static const guint sizes[] = { ALL, 1, 7, 480 };

  for (int kind = 0; kind < 3; kind++) {
    const int channels = kind == 2 ? 8 : 2;
    const gboolean int16 = kind == 1;
    g_autofree char *path = g_build_filename (folder, "wide.onnx", NULL);
    g_autofree char *launch =
        g_strdup_printf ("generator model=%s precision=fp32 kernels=rules", path);
    g_autofree char *caps =
        g_strdup_printf ("audio/x-raw,format=%s,layout=interleaved,rate=8000,channels=%d%s",
            int16 ? GST_AUDIO_NE (S16) : GST_AUDIO_NE (F32), channels,
            channels > 2 ? ",channel-mask=(bitmask)0" : "");
    g_autoptr (GArray) first = NULL;

    save_filter (path, channels);
    for (gsize s = 0; s < G_N_ELEMENTS (sizes); s++) {
      const guint n = s == 0 ? 1 : sizes[s] == 1 ? 3000 : ALL / sizes[s];
      GstHarness *harness = gst_harness_new_parse (launch);
      g_autoptr (GArray) made = NULL;

      gst_harness_set_sink_caps_str (harness, caps);
      gst_harness_set_src_caps_str (harness, caps);
      for (guint i = 0; i < n; i++) {
        GstBuffer *buffer = make_noise (sizes[s], channels, int16, (guint64)i * sizes[s]);

        GST_BUFFER_PTS (buffer) = gst_util_uint64_scale ((guint64)i * sizes[s], GST_SECOND, 8000);
        if (i % 5 == 1)
          GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
        g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
        if (i % 100 == 0)
          g_assert_cmpint (gst_harness_push (harness, gst_buffer_new ()), ==, GST_FLOW_OK);
      }
      gst_harness_push_event (harness, gst_event_new_eos ());
      made = take (harness, int16);
      g_assert_cmpuint (made->len, ==, n * sizes[s] * (guint)channels);
      if (s == 0)
        first = g_array_ref (made);
      /* But for the end, which the shorter ones have earlier. */
      for (guint i = 0; i < made->len - 8 * (guint)channels; i++)
        g_assert_cmpfloat_with_epsilon (g_array_index (made, float, i),
            g_array_index (first, float, i), int16 ? 1.01 / 32768 : 2e-6);
      gst_harness_teardown (harness);
    }
  }
}

/* Another rate in the middle ends one sound and begins another. */
static void
test_other_rate (void)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s", filter);
  GstHarness *harness = gst_harness_new_parse (launch);
  g_autoptr (GstCaps) caps = NULL;
  guint64 come = 0;
  int rate = 0;

  gst_harness_set_src_caps_str (harness,
      "audio/x-raw,format=" GST_AUDIO_NE (F32) ",layout=interleaved,rate=44100,channels=2");
  gst_harness_push (harness, make_noise (5000, 2, FALSE, 0));
  gst_harness_set_src_caps_str (harness,
      "audio/x-raw,format=" GST_AUDIO_NE (S16) ",layout=interleaved,rate=16000,channels=2");
  for (GstBuffer *buffer; (buffer = gst_harness_try_pull (harness)) != NULL;) {
    come += gst_buffer_get_size (buffer) / 8;
    gst_buffer_unref (buffer);
  }
  g_assert_cmpuint (come, ==, 5000);
  gst_harness_push (harness, make_noise (3000, 2, TRUE, 0));
  gst_harness_push_event (harness, gst_event_new_eos ());
  caps = gst_pad_get_current_caps (harness->sinkpad);
  g_assert_true (gst_structure_get_int (gst_caps_get_structure (caps, 0), "rate", &rate));
  g_assert_cmpint (rate, ==, 16000);
  gst_harness_teardown (harness);
}

/* What is not a number is silence, and told of once; half a frame is an error. */
static void
test_broken (void)
{
  g_autofree char *launch = g_strdup_printf ("generator sample-rate=44100 model=%s", filter);
  g_autoptr (GstElement) generator = NULL;
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GArray) made = NULL;
  GstHarness *harness = gst_harness_new_parse (launch);
  GstMessage *message;

  generator = gst_harness_find_element (harness, "generator");
  gst_element_set_bus (generator, bus);
  gst_harness_set_sink_caps_str (harness, "audio/x-raw,format=" GST_AUDIO_NE (F32));
  gst_harness_set_src_caps_str (harness,
      "audio/x-raw,format=" GST_AUDIO_NE (F32) ",layout=interleaved,rate=44100,channels=2");
  for (int i = 0; i < 4; i++) {
    GstBuffer *buffer = make_noise (2000, 2, FALSE, 0);
    const float broken = i % 2 == 0 ? NAN : INFINITY;

    gst_buffer_fill (buffer, 8 * 1000, &broken, sizeof broken);
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  }
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_unref (message);
  g_assert_null (gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING));
  made = take (harness, FALSE);
  g_assert_cmpuint (made->len, >, 4000);
  for (guint i = 0; i < made->len; i++)
    g_assert_true (isfinite (g_array_index (made, float, i)));
  g_assert_cmpint (
      gst_harness_push (harness, gst_buffer_new_allocate (NULL, 13, NULL)), ==, GST_FLOW_ERROR);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_unref (message);
  gst_bus_set_flushing (bus, TRUE);
  gst_harness_teardown (harness);
}

/* What a filter of one channel makes of noise. (transfer full) */
static GArray *
filter_noise (const char *model)
{
  g_autofree char *launch =
      g_strdup_printf ("generator sample-rate=44100 precision=fp32 kernels=rules model=%s", model);
  GstHarness *harness = gst_harness_new_parse (launch);
  GArray *made;

  gst_harness_set_sink_caps_str (harness, "audio/x-raw,format=" GST_AUDIO_NE (F32));
  gst_harness_set_src_caps_str (harness,
      "audio/x-raw,format=" GST_AUDIO_NE (F32) ",layout=interleaved,rate=44100,channels=1");
  for (guint i = 0; i < 8; i++)
    g_assert_cmpint (gst_harness_push (harness, make_noise (700, 1, FALSE, i)), ==, GST_FLOW_OK);
  gst_harness_push_event (harness, gst_event_new_eos ());
  made = take (harness, FALSE);
  gst_harness_teardown (harness);
  return made;
}

/* Rows of samples, of which nothing but the property sample-rate says that they are sound. */
static void
test_rows (void)
{
  g_autofree char *rows = g_build_filename (folder, "rows.onnx", NULL);
  g_autofree char *plain = g_build_filename (folder, "plain.onnx", NULL);
  g_autofree char *refused =
      g_strdup_printf ("audiotestsrc num-buffers=3 ! generator model=%s ! fakesink", rows);
  g_autofree char *words = NULL;
  g_autoptr (GArray) made = NULL, wanted = NULL;
  gboolean failed;

  save_row_filter (rows);
  save_filter (plain, 1);
  made = filter_noise (rows);
  wanted = filter_noise (plain);
  g_assert_cmpuint (made->len, ==, 8 * 700);
  g_assert_cmpuint (wanted->len, ==, made->len);
  for (guint i = 0; i < made->len; i++)
    g_assert_cmpfloat_with_epsilon (
        g_array_index (made, float, i), g_array_index (wanted, float, i), 1e-6);
  words = play_for_words (refused, &failed);
  g_assert_true (failed);
  assert_says (words, "property sample-rate says so");
}

/* A model that does not say its rate plays at that of what comes, and tells so once. */
static void
test_taken_rate (void)
{
  g_autofree char *silent =
      g_strdup_printf ("audiotestsrc num-buffers=9 ! audio/x-raw,rate=16000 ! "
                       "generator model=%s sample-rate=16000 ! fakesink",
          filter);
  g_autofree char *told = g_strdup_printf ("audiotestsrc num-buffers=9 ! audio/x-raw,rate=16000 ! "
                                           "generator model=%s ! fakesink",
      filter);
  g_autofree char *none = NULL, *one = NULL;
  gboolean failed;

  none = play_for_words (silent, &failed);
  g_assert_false (failed);
  g_assert_cmpstr (none, ==, "");
  one = play_for_words (told, &failed);
  g_assert_false (failed);
  g_assert_cmpuint (count_words (one, "it plays at the 16000 that come"), ==, 1);
  assert_says (one, "Property sample-rate sets it");
}

/* Whether a seek backwards gets through generator, and whether what comes of one does. */
static void
assert_backwards (const char *model, int rate, const char *caps, gboolean plays)
{
  g_autofree char *launch = g_strdup_printf ("generator sample-rate=%d model=%s", rate, model);
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *harness = gst_harness_new_parse (launch);
  guint before;
  GstSegment segment;

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps_str (harness, caps);
  before = gst_harness_upstream_events_received (harness);
  gst_harness_push_upstream_event (
      harness, gst_event_new_seek (-1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0,
                   GST_SEEK_TYPE_SET, GST_SECOND));
  g_assert_cmpuint (gst_harness_upstream_events_received (harness) - before, ==, plays ? 1 : 0);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = -1;
  segment.stop = GST_SECOND;
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
  for (int fatal = 0; fatal <= 1; fatal++) {
    g_autoptr (GstMessage) message =
        gst_bus_pop_filtered (bus, fatal ? GST_MESSAGE_ERROR : GST_MESSAGE_WARNING);
    g_autoptr (GError) error = NULL;

    g_assert_true ((message == NULL) == plays);
    if (message == NULL)
      continue;
    (fatal ? gst_message_parse_error : gst_message_parse_warning) (message, &error, NULL);
    g_assert_error (error, GST_CORE_ERROR, GST_CORE_ERROR_SEEK);
    assert_says (error->message, "made forwards");
  }
  gst_element_set_bus (harness->element, NULL);
  gst_harness_teardown (harness);
}

/* Sound is not played backwards, which is said; pictures are. */
static void
test_backwards (void)
{
  static const char latents[] = "other/tensors,format=(string)static,num_tensors=1,types=(string)"
                                "float32,dimensions=(string)4:1:1:1,framerate=(fraction)30/1";

  assert_backwards (filter, RATE,
      "audio/x-raw,format=" GST_AUDIO_NE (F32) ",layout=interleaved,rate=44100,channels=2", FALSE);
  assert_backwards (sounds, RATE, latents, FALSE);
  assert_backwards (pictures, 0, latents, TRUE);
}

/* Channels that lie apart are refused, and audioconvert puts it right. */
static void
test_apart (void)
{
  g_autofree char *refused = g_strdup_printf (
      "audiotestsrc num-buffers=3 ! audio/x-raw,channels=2,layout=non-interleaved ! "
      "generator model=%s ! fakesink",
      filter);
  g_autofree char *taken = g_strdup_printf (
      "audiotestsrc num-buffers=3 ! audio/x-raw,channels=2,layout=non-interleaved ! "
      "audioconvert ! generator sample-rate=44100 model=%s ! fakesink",
      filter);
  g_autofree char *none = NULL;
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GError) error = NULL;
  gboolean failed;

  pipeline = gst_parse_launch_full (refused, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  g_assert_error (error, GST_PARSE_ERROR, GST_PARSE_ERROR_LINK);
  g_assert_null (pipeline);
  none = play_for_words (taken, &failed);
  g_assert_false (failed);
  g_assert_cmpstr (none, ==, "");
}

/* Other channels than the model takes, which nobody asked about; of its rate it says nothing. */
static void
test_unasked (void)
{
  g_autofree char *path = g_build_filename (folder, "two.onnx", NULL);
  g_autofree char *launch = g_strdup_printf ("generator model=%s", path);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  GstHarness *harness;

  save_filter (path, 2);
  harness = gst_harness_new_parse (launch);
  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps_str (
      harness, "audio/x-raw,format=F32LE,layout=interleaved,rate=16000,channels=1");
  gst_harness_push (harness, gst_buffer_new_allocate (NULL, 400, NULL));
  message = gst_bus_timed_pop_filtered (bus, 0, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, "of 2 channels, not audio/x-raw of 1 at 16000 Hz"));
  gst_element_set_bus (harness->element, NULL);
  gst_harness_teardown (harness);
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  save_sound_models ();
  g_test_add_func ("/sound-buffers/sizes", test_sizes);
  g_test_add_func ("/sound-buffers/other-rate", test_other_rate);
  g_test_add_func ("/sound-buffers/broken", test_broken);
  g_test_add_func ("/sound-buffers/rows", test_rows);
  g_test_add_func ("/sound-buffers/taken-rate", test_taken_rate);
  g_test_add_func ("/sound-buffers/backwards", test_backwards);
  g_test_add_func ("/sound-buffers/apart", test_apart);
  g_test_add_func ("/sound-buffers/unasked", test_unasked);
  result = g_test_run ();
  remove_sound_models ();
  return result;
}
