/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models that score a sound: how late they are, another one in their place, numbers that are none,
 * what is refused, and what they remember. */
#include "sound-scores.h"

/* A window longer, where it is held; nothing to speak of where it is not. */
static void
test_latency (void)
{
  Fixture f;

  open_fixture (&f, LENGTH, 1, "action=drop", GST_AUDIO_NE (F32));
  g_assert_cmpuint (gst_harness_query_latency (f.harness), >=, time_of (LENGTH));
  g_assert_cmpuint (gst_harness_query_latency (f.harness), <, time_of (LENGTH) + 50 * GST_MSECOND);
  close_fixture (&f);
  open_fixture (&f, LENGTH, 1, "action=tag", GST_AUDIO_NE (F32));
  g_assert_cmpuint (gst_harness_query_latency (f.harness), ==, 0);
  close_fixture (&f);
}

/* Another model, of shorter windows, in the middle of one. */
static void
test_reload (void)
{
  g_autofree char *next = NULL;
  g_autoptr (GstElement) judge = NULL;
  gboolean changed = FALSE;
  Fixture f;

  open_fixture (&f, LENGTH * 2, 1, "action=drop threshold=-9", GST_AUDIO_NE (F32));
  next = g_build_filename (f.folder, "next.onnx", NULL);
  save_mean (next, LENGTH, 1, "8000", 0);
  gst_harness_push (f.harness, make_buffer (0, 2000, 1, FALSE));
  judge = gst_harness_find_element (f.harness, "discriminator");
  g_object_set (judge, "model", next, NULL);
  for (guint64 first = 2000; !changed; first += 10) {
    g_autoptr (GstMessage) message = NULL;

    gst_harness_push (f.harness, make_buffer (first, 10, 1, FALSE));
    while (!changed && (message = gst_bus_pop_filtered (f.bus, GST_MESSAGE_ELEMENT)) != NULL) {
      changed =
          gst_structure_has_name (gst_message_get_structure (message), "discriminator-reload");
      g_clear_pointer (&message, gst_message_unref);
    }
    g_usleep (1000);
    g_assert_cmpuint (first, <, 10000000);
  }
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  for (guint64 come = 0;;) {
    g_autoptr (GstBuffer) buffer = gst_harness_try_pull (f.harness);
    guint64 frames;

    if (buffer == NULL)
      break;
    frames = gst_buffer_get_size (buffer) / sizeof (float);
    assert_samples (buffer, come, frames, 1, FALSE);
    come += frames;
  }
  close_fixture (&f);
}

/* No number is no score: it is told, and does not pass. */
static void
test_no_number (void)
{
  g_autoptr (GstBuffer) first = NULL;
  GstMapInfo map;
  GstBuffer *bad;
  Fixture f;

  open_fixture (&f, LENGTH, 1, "action=drop threshold=-9", GST_AUDIO_NE (F32));
  bad = make_buffer (0, LENGTH, 1, FALSE);
  gst_buffer_map (bad, &map, GST_MAP_WRITE);
  ((float *)map.data)[7] = NAN;
  gst_buffer_unmap (bad, &map);
  gst_harness_push (f.harness, bad);
  pull_gap (&f, 0, LENGTH);
  gst_harness_push (f.harness, make_buffer (LENGTH, LENGTH, 1, FALSE));
  first = pull (&f, LENGTH, LENGTH, TRUE);
  close_fixture (&f);
}

static void
test_words (void)
{
  static const struct {
    const char *rate; /* that the model says */
    const char *launch, *text;
    gboolean fails;
  } cases[] = {
    { "8000",
        "audiotestsrc num-buffers=9 ! audio/x-raw,rate=16000 ! discriminator model=%s ! "
        "fakesink",
        "takes sound of 1 channels at 8000 Hz: put audioconvert", TRUE },
    { "8000", "videotestsrc num-buffers=9 ! discriminator model=%s ! fakesink",
        "takes sound of 1 channels", TRUE },
    { "8000", "audiotestsrc num-buffers=9 ! discriminator window=0.5 model=%s ! fakesink",
        "takes 1024 samples at 8000 Hz, which are 0.128: leave it unset", TRUE },
    { NULL,
        "audiotestsrc num-buffers=9 ! discriminator model=%s ! audio/x-raw,rate=16000 ! "
        "fakesink",
        "16000 are assumed", FALSE },
    { NULL,
        "audiotestsrc num-buffers=9 ! discriminator sample-rate=11025 model=%s ! "
        "audio/x-raw,rate=11025 ! fakesink",
        "", FALSE },
    { "8000",
        "audiotestsrc wave=silence num-buffers=9 ! discriminator action=drop threshold=5 model=%s "
        "! "
        "fakesink",
        "Nothing passed: none of the 9 windows has a score of at least 5, the threshold; the best "
        "one is 0.",
        FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);
    g_auto (GStrv) parts = g_strsplit (cases[i].launch, "%s", 2);
    g_autofree char *launch = g_strjoinv (model, parts), *words = NULL;
    gboolean failed = FALSE;

    save_mean (model, LENGTH, 1, cases[i].rate, 0);
    words = play_for_words (launch, &failed);
    g_assert_true (failed == cases[i].fails);
    g_assert_nonnull (strstr (words, cases[i].text));
    if (*cases[i].text == '\0')
      g_assert_cmpstr (words, ==, "");
    scratch_remove (folder);
  }
}

/* Samples in a row of any length, [1, T], are sound where the property says their rate. */
static void
test_rows (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *launch = g_strdup_printf (
      "audiotestsrc wave=silence num-buffers=9 ! discriminator sample-rate=8000 window=0.25 "
      "action=drop threshold=9 model=%s ! fakesink",
      model);
  g_autoptr (GenGraph) graph = gen_graph_new ("judge");
  g_autoptr (GError) error = NULL;
  const gint64 channel[] = { 1, 1, -1 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH)), *y;
  g_autofree char *words = NULL;
  gboolean failed;

  y = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, channel, 3), &error);
  y = gen_unary (graph, "GlobalAveragePool", y, &error);
  y = gen_unary (graph, "Flatten", y, &error);
  g_assert_no_error (error);
  x->shape.dims[1] = -1;
  save_model (graph, y, model);
  words = play_for_words (launch, &failed);
  g_assert_false (failed);
  /* 9 buffers of 1,024 samples, by windows of 2,000 */
  assert_says (words, "none of the 5 windows has a score of at least 9");
  scratch_remove (folder);
}

/* A row of any length, as the model says, which fits one length alone: the error names property
 * window, with which it scores. */
static void
test_one_length (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);
  g_autofree float *zeros = g_new0 (float, LENGTH);
  g_autoptr (GenGraph) graph = gen_graph_new ("judge");
  g_autoptr (GError) error = NULL;
  const gint64 channel[] = { 1, 1, -1 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH));
  GenTensor *bias = gen_graph_add_constant (graph, "bias", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH),
      g_bytes_new (zeros, LENGTH * sizeof (float)));
  GenTensor *y = gen_binary (graph, "Add", x, bias, &error);

  y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, channel, 3), &error);
  y = gen_unary (graph, "GlobalAveragePool", y, &error);
  y = gen_unary (graph, "Flatten", y, &error);
  g_assert_no_error (error);
  x->shape.dims[1] = -1;
  save_model (graph, y, model);
  for (int said = 0; said < 2; said++) {
    g_autofree char *launch = g_strdup_printf ("audiotestsrc num-buffers=9 ! discriminator "
                                               "sample-rate=8000 %s model=%s ! fakesink",
        said ? "window=0.128" : "", model);
    gboolean failed;
    g_autofree char *words = play_for_words (launch, &failed);

    g_assert_true (failed == !said);
    if (!said)
      assert_says (words, "windows have 8000 samples: where it takes one length only, property "
                          "window says which");
  }
  scratch_remove (folder);
}

/* What is dropped is silence to a player, and what follows comes in its time: audiorate, which puts
 * in what is missing, has as many samples as there were. The half waves below zero are dropped. */
static void
test_players_stay_in_time (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *file = g_build_filename (folder, "sound.raw", NULL);
  g_autofree char *launch = g_strdup_printf (
      "audiotestsrc num-buffers=400 samplesperbuffer=160 freq=0.9 ! "
      "audio/x-raw,rate=8000,channels=1,format=" GST_AUDIO_NE (
          S16) " ! discriminator action=drop threshold=0 model=%s ! audiorate ! filesink "
               "location=%s",
      model, file);
  g_autofree char *words = NULL, *bytes = NULL;
  gboolean failed = FALSE;
  gsize size;

  save_mean (model, LENGTH, 1, "8000", 0);
  words = play_for_words (launch, &failed);
  g_assert_false (failed);
  g_assert_true (g_file_get_contents (file, &bytes, &size, NULL));
  g_assert_cmpuint (size, ==, 400 * 160 * 2);
  scratch_remove (folder);
}

static void
test_state_cycles (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *launch = g_strdup_printf (
      "audiotestsrc ! audio/x-raw,rate=8000,channels=1 ! discriminator name=d model=%s ! fakesink",
      model);
  g_autoptr (GstElement) pipeline = NULL, judge = NULL;

  save_mean (model, LENGTH, 1, "8000", 0);
  pipeline = gst_parse_launch (launch, NULL);
  judge = gst_bin_get_by_name (GST_BIN (pipeline), "d");
  for (int i = 0; i < 60; i++) {
    g_object_set (judge, "action", i % 2, "threshold", i % 3 == 0 ? -9.0 : 0.0, NULL);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    if (i % 4 != 0)
      gst_element_get_state (pipeline, NULL, NULL, i % 4 * GST_MSECOND);
    gst_element_set_state (pipeline, i % 5 == 0 ? GST_STATE_READY : GST_STATE_NULL);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sound-score-models/latency", test_latency);
  g_test_add_func ("/sound-score-models/reload", test_reload);
  g_test_add_func ("/sound-score-models/no-number", test_no_number);
  g_test_add_func ("/sound-score-models/words", test_words);
  g_test_add_func ("/sound-score-models/rows", test_rows);
  g_test_add_func ("/sound-score-models/one-length", test_one_length);
  g_test_add_func ("/sound-score-models/players-stay-in-time", test_players_stay_in_time);
  g_test_add_func ("/sound-score-models/state-cycles", test_state_cycles);
  return g_test_run ();
}
