/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* discriminator plays models that remember: from frame to frame and window to window, and from the
 * beginning after a flush, a seek or a gap; their parameters while frames pass; and another model
 * that goes on with what the one before remembers. */
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <math.h>

#include "doubtful.h"

enum { LENGTH = 128, RATE = 8000 };

static char *folder;

/* The score is gain * mean of x + level / 2 + bias, and what it is without the bias is `level` in
 * the next run. `said`: the model says so. */
static char *
save_recurrent (const char *name, const GenShape *shape, float bias, gboolean said)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("judge");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, shape);
  GenTensor *level = gen_graph_add_input (graph, "level", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1));
  GenTensor *gain = gen_graph_add_input (graph, "gain", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  GenTensor *flat = gen_unary (graph, "Flatten", x, &error), *mean, *kept, *next;

  mean = gen_graph_op (
      graph, "ReduceMean", &flat, 1, 1, &error, "axes", GEN_INTS, 1, (const gint64[]){ 1 }, NULL);
  g_assert_no_error (error);
  kept = gen_binary (graph, "Mul", level, gen_graph_float (graph, 0.5f), &error);
  next = gen_binary (graph, "Add", gen_binary (graph, "Mul", mean, gain, &error), kept, &error);
  g_assert_no_error (error);
  gen_graph_add_output (
      graph, gen_binary (graph, "Add", next, gen_graph_float (graph, bias), &error));
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.sample-rate", "8000");
  if (said)
    g_hash_table_insert (
        graph->metadata, g_strdup ("generative.states"), g_strdup_printf ("level=%s", next->name));
  save_model (graph, next, path);
  return g_strdup_printf ("level=%s", next->name);
}

static GstHarness *
open_harness (const char *model, const char *properties, const char *caps)
{
  g_autofree char *launch =
      g_strdup_printf ("discriminator model=%s/%s %s", folder, model, properties);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

#define PICTURE_CAPS "video/x-raw,format=GRAY8,width=8,height=8,framerate=10/1"
#define SOUND_CAPS "audio/x-raw,format=F32LE,layout=interleaved,rate=8000,channels=1"

static GstBuffer *
make_frame (guint number, guint8 value)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, SIDE * SIDE, NULL);

  gst_buffer_memset (buffer, 0, value, SIDE * SIDE);
  GST_BUFFER_PTS (buffer) = number * GST_SECOND / 10;
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 10;
  return buffer;
}

/* A window of samples that are all `value`. */
static GstBuffer *
make_window (guint number, float value)
{
  float samples[LENGTH];
  GstBuffer *buffer;

  for (guint i = 0; i < LENGTH; i++)
    samples[i] = value;
  buffer = gst_buffer_new_memdup (samples, sizeof samples);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (number * LENGTH, GST_SECOND, RATE);
  GST_BUFFER_DURATION (buffer) = gst_util_uint64_scale (LENGTH, GST_SECOND, RATE);
  return buffer;
}

/* The score of what is pushed. */
static double
score (GstHarness *harness, GstBuffer *buffer)
{
  g_autoptr (GstBuffer) made = gst_harness_push_and_pull (harness, buffer);
  GstCustomMeta *meta = gst_buffer_get_custom_meta (made, "generative-score");
  double value = NAN;

  g_assert_nonnull (meta);
  g_assert_true (gst_structure_get_double (gst_custom_meta_get_structure (meta), "score", &value));
  return value;
}

static void
assert_near (double value, double wanted)
{
  g_assert_cmpfloat_with_epsilon (value, wanted, 1e-5);
}

static void
push_segment (GstHarness *harness)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
}

static void
flush (GstHarness *harness)
{
  gst_harness_push_event (harness, gst_event_new_flush_start ());
  gst_harness_push_event (harness, gst_event_new_flush_stop (FALSE));
  push_segment (harness);
}

static void
test_pictures (void)
{
  GstHarness *harness = open_harness ("picture.onnx", "parameters=gain=1", PICTURE_CAPS);
  GstBuffer *jump = make_frame (40, 255);
  double level = 0;

  for (guint i = 0; i < 100; i++) {
    const guint8 value = (guint8)((i * 97) % 256);

    level = value / 255.0 + 0.5 * level;
    assert_near (score (harness, make_frame (i, value)), level);
  }
  flush (harness);
  assert_near (score (harness, make_frame (0, 255)), 1);
  assert_near (score (harness, make_frame (1, 255)), 1.5);
  push_segment (harness);
  assert_near (score (harness, make_frame (2, 255)), 1);
  gst_harness_push_event (harness, gst_event_new_gap (GST_SECOND, GST_SECOND));
  assert_near (score (harness, make_frame (30, 255)), 1);
  assert_near (score (harness, make_frame (31, 255)), 1.5);
  GST_BUFFER_FLAG_SET (jump, GST_BUFFER_FLAG_DISCONT);
  assert_near (score (harness, jump), 1);
  gst_harness_teardown (harness);
}

static void
test_sounds (void)
{
  GstHarness *harness = open_harness ("sound.onnx", "parameters=gain=2", SOUND_CAPS);
  double level = 0;

  for (guint i = 0; i < 100; i++) {
    const float value = (float)(i % 9) / 16;

    level = 2 * value + 0.5 * level;
    assert_near (score (harness, make_window (i, value)), level);
  }
  flush (harness);
  assert_near (score (harness, make_window (0, 0.5f)), 1);
  assert_near (score (harness, make_window (1, 0.5f)), 1.5);
  /* What does not follow in time. */
  assert_near (score (harness, make_window (50, 0.5f)), 1);
  assert_near (score (harness, make_window (51, 0.5f)), 1.5);
  gst_harness_push_event (harness, gst_event_new_gap (GST_SECOND, GST_SECOND));
  assert_near (score (harness, make_window (100, 0.5f)), 1);
  gst_harness_teardown (harness);
}

static void
test_parameters (void)
{
  GstHarness *harness = open_harness ("picture.onnx", "parameters=gain=1", PICTURE_CAPS);
  g_autoptr (GstElement) judge = gst_harness_find_element (harness, "discriminator");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (judge, bus);
  assert_near (score (harness, make_frame (0, 255)), 1);
  g_object_set (judge, "parameters", "gain=0.25", NULL);
  assert_near (score (harness, make_frame (1, 255)), 0.75);
  gst_child_proxy_set (GST_CHILD_PROXY (judge), "gain::value", 0.0, NULL);
  assert_near (score (harness, make_frame (2, 255)), 0.375);
  g_object_set (judge, "parameters", "part=0.5", NULL);
  assert_near (score (harness, make_frame (3, 255)), 0.1875);
  message = gst_bus_timed_pop_filtered (bus, 0, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_parse_warning (message, &error, NULL);
  assert_says (error->message, "no parameter 'part'");
  gst_element_set_bus (judge, NULL);
  gst_harness_teardown (harness);
}

/* Which says nothing: the properties do. */
static void
test_said (void)
{
  g_autofree char *states = save_recurrent ("silent.onnx", &GEN_SHAPE (1, 1, SIDE, SIDE), 0, FALSE);
  g_autofree char *properties =
      g_strdup_printf ("parameters=gain=1 states=%s shapes=1:1:8:8", states);
  GstHarness *harness = open_harness ("silent.onnx", properties, PICTURE_CAPS);

  assert_near (score (harness, make_frame (0, 255)), 1);
  assert_near (score (harness, make_frame (1, 255)), 1.5);
  gst_harness_teardown (harness);
}

/* The new model goes on with what the old one remembers. */
static void
test_reloaded (void)
{
  GstHarness *harness = open_harness ("picture.onnx", "parameters=gain=1", PICTURE_CAPS);
  g_autoptr (GstElement) judge = gst_harness_find_element (harness, "discriminator");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autofree char *path = g_build_filename (folder, "higher.onnx", NULL);
  g_autofree char *states = save_recurrent ("higher.onnx", &GEN_SHAPE (1, 1, SIDE, SIDE), 10, TRUE);
  double made = 0;

  gst_element_set_bus (judge, bus);
  assert_near (score (harness, make_frame (0, 255)), 1);
  g_object_set (judge, "model", path, NULL);
  /* Zeros halve what is remembered, until it is there. */
  for (guint i = 1; i < 1000 && made < 10; i++) {
    g_usleep (10000);
    made = score (harness, make_frame (i, 0));
    assert_near (made - (made > 9 ? 10 : 0), ldexp (1, -(int)i));
  }
  g_assert_cmpfloat (made, >, 9);
  gst_element_set_bus (judge, NULL);
  gst_harness_teardown (harness);
}

static void
assert_refused (const char *source, const char *model, const char *properties, const char *words)
{
  gboolean failed;
  g_autofree char *launch = g_strdup_printf (
      "%s ! discriminator model=%s/%s %s ! fakesink", source, folder, model, properties);
  g_autofree char *text = play_for_words (launch, &failed);

  g_assert_true (failed);
  assert_says (text, words);
}

static void
test_refused (void)
{
  const char *picture = "videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8,width=8,height=8";

  assert_refused (picture, "picture.onnx", "", "its input 'gain' (float32 [1]) takes no frames");
  assert_refused (picture, "picture.onnx", "parameters=gain=1,part=2", "part");
  assert_refused ("videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8,width=16,height=8",
      "picture.onnx", "parameters=gain=1", "one picture at a time since it remembers");
}

int
main (int argc, char **argv)
{
  g_autofree char *picture = NULL, *sound = NULL;
  int failed;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  picture = save_recurrent ("picture.onnx", &GEN_SHAPE (1, 1, SIDE, SIDE), 0, TRUE);
  sound = save_recurrent ("sound.onnx", &GEN_SHAPE (1, LENGTH), 0, TRUE);
  g_test_add_func ("/score-states/pictures", test_pictures);
  g_test_add_func ("/score-states/sounds", test_sounds);
  g_test_add_func ("/score-states/parameters", test_parameters);
  g_test_add_func ("/score-states/said", test_said);
  g_test_add_func ("/score-states/reloaded", test_reloaded);
  g_test_add_func ("/score-states/refused", test_refused);
  failed = g_test_run ();
  scratch_remove (folder);
  return failed;
}
