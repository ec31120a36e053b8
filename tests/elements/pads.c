/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator plays further outputs on pads of their own: in step, of several frames in a run, tile
 * by tile; which of them may be asked for, and how the others fare where one has enough or goes. */
#include <gst/check/gstharness.h>

#include "matting.h"

static char *folder;

typedef struct {
  GstHarness *main, *mask, *numbers;
} Three;

static Three
open_three (const char *properties)
{
  g_autofree char *launch =
      g_strdup_printf ("generator model=%s/matting.onnx %s", folder, properties);
  g_autoptr (GError) error = NULL;
  GstElement *generator = gst_parse_launch (launch, &error);
  g_autoptr (GstPad) mask = NULL, numbers = NULL;
  Three three;

  g_assert_no_error (error);
  /* Before it starts. */
  mask = gst_element_request_pad_simple (generator, "src_pha");
  numbers = gst_element_request_pad_simple (generator, "src_emb");
  three.mask = gst_harness_new_with_element (generator, NULL, "src_pha");
  three.numbers = gst_harness_new_with_element (generator, NULL, "src_emb");
  three.main = gst_harness_new_with_element (generator, "sink", "src");
  gst_harness_set_sink_caps_str (three.main, "video/x-raw,format=(string)RGB");
  gst_harness_set_src_caps_str (three.main, "video/x-raw," CAPS);
  gst_object_unref (generator);
  return three;
}

static void
close_three (Three *three)
{
  gst_harness_teardown (three->main);
  gst_harness_teardown (three->mask);
  gst_harness_teardown (three->numbers);
}

/* In step, each with its own caps. */
static void
test_pads (void)
{
  Three three = open_three ("outputs=fgr");

  for (guint i = 0; i < 3; i++) {
    GstBuffer *mask, *numbers;

    gst_harness_push (three.main, make_frame (i, (guint8)(20 * i), 100, 50));
    assert_bytes (
        gst_harness_pull (three.main), 3 * PIXELS, (const guint8[]){ (guint8)(10 * i), 50, 25 }, 3);
    mask = gst_harness_pull (three.mask);
    g_assert_cmpuint (GST_BUFFER_PTS (mask), ==, i * GST_SECOND / 10);
    assert_bytes (mask, PIXELS, (const guint8[]){ (guint8)(20 * i) }, 1);
    numbers = gst_harness_pull (three.numbers);
    assert_floats (numbers, (const float[]){ 20 * (float)i, 100, 50 }, 3);
    gst_buffer_unref (numbers);
  }
  {
    g_autofree char *caps = current_format (three.mask->sinkpad);

    g_assert_nonnull (strstr (caps, "GRAY8"));
    g_assert_nonnull (strstr (caps, "10/1"));
  }
  gst_harness_push_event (three.main, gst_event_new_eos ());
  for (guint i = 0; i < 5; i++) {
    static const GstEventType wanted[] = { GST_EVENT_STREAM_START, GST_EVENT_CAPS,
      GST_EVENT_SEGMENT, GST_EVENT_TAG, GST_EVENT_EOS };
    GstEvent *event = gst_harness_pull_event (three.mask);

    g_assert_cmpint (GST_EVENT_TYPE (event), ==, wanted[i]);
    gst_event_unref (event);
  }
  close_three (&three);
}

/* What a model stretches is displayed in the shape of what it is made of. */
static void
test_pads_of_aspect (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("narrow");
  g_autofree char *path = g_build_filename (folder, "narrow.onnx", NULL);
  g_autofree char *launch = g_strdup_printf ("generator model=%s outputs=a", path);
  g_autoptr (GError) error = NULL;
  const gint64 kernel[] = { 1, 5 };
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, 1, FALSE);
  GenTensor *y = gen_graph_op (
      graph, "AveragePool", &x, 1, 1, &error, "kernel_shape", GEN_INTS, 2, kernel, NULL);
  GstElement *generator;
  GstHarness *main, *branch;
  g_autofree char *caps = NULL;

  g_assert_no_error (error);
  add_output (graph, scale (graph, y, 1), "a");
  add_output (graph, scale (graph, y, 0.5f), "b");
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
  generator = gst_parse_launch (launch, &error);
  g_assert_no_error (error);
  gst_object_unref (gst_element_request_pad_simple (generator, "src_b"));
  branch = gst_harness_new_with_element (generator, NULL, "src_b");
  main = gst_harness_new_with_element (generator, "sink", "src");
  gst_harness_set_src_caps_str (main, "video/x-raw," CAPS);
  gst_harness_push (main, make_frame (0, 200, 100, 50));
  caps = current_format (branch->sinkpad);
  assert_says (caps, "width=(int)4, height=(int)8");
  assert_says (caps, "pixel-aspect-ratio=(fraction)2/1");
  gst_harness_teardown (main);
  gst_harness_teardown (branch);
  gst_object_unref (generator);
}

/* Buffers that come back are used again. */
static void
test_pads_of_pool (void)
{
  Three three = open_three ("outputs=fgr");
  GstBuffer *first = NULL;

  for (guint i = 0; i < 3; i++) {
    GstBuffer *mask;

    gst_harness_push (three.main, make_frame (i, 20, 100, 50));
    mask = gst_harness_pull (three.mask);
    g_assert_true (first == NULL || first == mask);
    g_assert_cmpuint (GST_BUFFER_PTS (mask), ==, i * GST_SECOND / 10);
    first = mask;
    gst_buffer_unref (mask);
  }
  close_three (&three);
}

/* Of several frames in a run, and a flush drops all that waits. */
static void
test_pads_of_batch (void)
{
  Three three = open_three ("outputs=fgr batch-size=2");

  for (guint i = 0; i < 2; i++)
    gst_harness_push (three.main, make_frame (i, (guint8)(20 * i), 100, 50));
  for (guint i = 0; i < 2; i++) {
    GstBuffer *numbers = gst_harness_pull (three.numbers);

    assert_bytes (gst_harness_pull (three.mask), PIXELS, (const guint8[]){ (guint8)(20 * i) }, 1);
    assert_floats (numbers, (const float[]){ 20 * (float)i, 100, 50 }, 3);
    gst_buffer_unref (numbers);
  }
  gst_harness_push (three.main, make_frame (3, 1, 2, 3));
  gst_harness_push_event (three.main, gst_event_new_flush_start ());
  gst_harness_push_event (three.main, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (three.main, gst_event_new_eos ());
  g_assert_cmpuint (gst_harness_buffers_in_queue (three.mask), ==, 0);
  close_three (&three);
}

enum { WIDE = 20, HIGH = 12 };

/* A picture "fgr" of half of a picture, and "pha", the mean of its red over 3 x 3 pixels. */
static void
save_blur (const char *path)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("blur");
  g_autoptr (GError) error = NULL;
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, -1, FALSE), *weights, *mean;
  float kernel[3 * 9] = { 0 };

  for (int i = 0; i < 9; i++)
    kernel[i] = 1 / 9.0f;
  weights = gen_graph_add_constant (graph, "weights", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 3, 3),
      g_bytes_new (kernel, sizeof kernel));
  mean = gen_graph_op (graph, "Conv", (GenTensor *[]){ x, weights }, 2, 1, &error, "pads", GEN_INTS,
      4, (const gint64[]){ 1, 1, 1, 1 }, NULL);
  g_assert_no_error (error);
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  add_output (graph, scale (graph, x, 0.5f), "fgr");
  add_output (graph, mean, "pha");
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static guint8
red_at (int x, int y)
{
  return x < 0 || y < 0 || x >= WIDE || y >= HIGH ? 0 : (guint8)(x * 97 + y * 41);
}

static double
mean_at (int x, int y)
{
  double sum = 0;

  for (int dy = -1; dy <= 1; dy++)
    for (int dx = -1; dx <= 1; dx++)
      sum += red_at (x + dx, y + dy);
  return sum / 9;
}

/* A picture that is another one at each pixel. */
static GstBuffer *
make_gradient (void)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 3 * WIDE * HIGH, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (int i = 0; i < WIDE * HIGH; i++)
    map.data[3 * i] = map.data[3 * i + 1] = map.data[3 * i + 2] = red_at (i % WIDE, i / WIDE);
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

/* Of a frame that is made tile by tile, several tiles in a run. */
static void
test_pads_of_tiles (void)
{
  g_autofree char *path = g_build_filename (folder, "blur.onnx", NULL);
  g_autofree char *launch =
      g_strdup_printf ("generator model=%s outputs=fgr tile=auto batch-size=4", path);
  GstElement *generator = gst_parse_launch (launch, NULL);
  g_autoptr (GstPad) pad = gst_element_request_pad_simple (generator, "src_pha");
  GstHarness *mask, *main;
  GstMapInfo frame, made;

  save_blur (path);
  mask = gst_harness_new_with_element (generator, NULL, "src_pha");
  main = gst_harness_new_with_element (generator, "sink", "src");
  gst_object_unref (generator);
  gst_harness_set_sink_caps_str (main, "video/x-raw,format=(string)RGB");
  gst_harness_set_src_caps_str (
      main, "video/x-raw,format=(string)RGB,width=20,height=12,framerate=(fraction)10/1");
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GstBuffer) picture = gst_harness_push_and_pull (main, make_gradient ());
    g_autoptr (GstBuffer) alpha = gst_harness_pull (mask);

    g_assert_cmpuint (gst_buffer_get_size (alpha), ==, WIDE * HIGH);
    gst_buffer_map (picture, &frame, GST_MAP_READ);
    gst_buffer_map (alpha, &made, GST_MAP_READ);
    for (int p = 0; p < WIDE * HIGH; p++) {
      g_assert_cmpfloat_with_epsilon (made.data[p], mean_at (p % WIDE, p / WIDE), 0.6);
      g_assert_cmpfloat_with_epsilon (frame.data[3 * p], red_at (p % WIDE, p / WIDE) / 2.0, 0.6);
    }
    gst_buffer_unmap (alpha, &made);
    gst_buffer_unmap (picture, &frame);
  }
  gst_harness_teardown (main);
  gst_harness_teardown (mask);
}

/* Another model of such outputs takes the place of the one that plays. */
static void
test_pads_of_other_model (void)
{
  g_autofree char *path = g_build_filename (folder, "other.onnx", NULL);
  Three three = open_three ("outputs=fgr");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  GstElement *generator = three.main->element;

  gst_element_set_bus (generator, bus);
  save_matting (path, -1, 0.25f);
  gst_harness_push (three.main, make_frame (0, 200, 100, 48));
  gst_buffer_unref (gst_harness_pull (three.mask));
  gst_buffer_unref (gst_harness_pull (three.main));
  g_object_set (generator, "model", path, NULL);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (message);
  gst_harness_push (three.main, make_frame (1, 200, 100, 48));
  assert_bytes (gst_harness_pull (three.main), 3 * PIXELS, (const guint8[]){ 50, 25, 12 }, 3);
  assert_bytes (gst_harness_pull (three.mask), PIXELS, (const guint8[]){ 200 }, 1);
  gst_element_set_bus (generator, NULL);
  close_three (&three);
}

static GstPadProbeReturn
answer_eos (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  gst_buffer_unref (GST_PAD_PROBE_INFO_BUFFER (info));
  GST_PAD_PROBE_INFO_FLOW_RETURN (info) = GST_FLOW_EOS;
  return GST_PAD_PROBE_HANDLED;
}

/* What is behind one pad has enough: the others go on. */
static void
test_pads_fare_apart (void)
{
  Three three = open_three ("outputs=fgr");
  g_autoptr (GstPad) source = gst_element_get_static_pad (three.main->element, "src");
  g_autoptr (GstPad) mask = gst_element_get_static_pad (three.main->element, "src_pha");
  g_autoptr (GstPad) numbers = gst_element_get_static_pad (three.main->element, "src_emb");

  gst_pad_add_probe (source, GST_PAD_PROBE_TYPE_BUFFER, answer_eos, NULL, NULL);
  g_assert_cmpint (gst_harness_push (three.main, make_frame (0, 1, 2, 3)), ==, GST_FLOW_OK);
  g_assert_cmpint (gst_harness_push (three.main, make_frame (1, 1, 2, 3)), ==, GST_FLOW_OK);
  g_assert_cmpuint (gst_harness_buffers_received (three.mask), ==, 2);
  gst_pad_add_probe (mask, GST_PAD_PROBE_TYPE_BUFFER, answer_eos, NULL, NULL);
  gst_pad_add_probe (numbers, GST_PAD_PROBE_TYPE_BUFFER, answer_eos, NULL, NULL);
  g_assert_cmpint (gst_harness_push (three.main, make_frame (2, 1, 2, 3)), ==, GST_FLOW_EOS);
  close_three (&three);
}

/* --- asking for them, and letting go --- */

/* That pad `name` is not to be had, and why. */
static void
assert_no_pad (GstElement *generator, const char *template, const char *name, const char *words)
{
  GstElementClass *klass = GST_ELEMENT_GET_CLASS (generator);
  GstPadTemplate *of = gst_element_class_get_pad_template (klass, template);
  const guint16 n_pads = generator->numpads;
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (generator, bus);
  g_assert_null (klass->request_new_pad (generator, of, name, NULL));
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_parse_warning (message, &error, NULL);
  assert_says (error->message, words);
  g_assert_cmpuint (generator->numpads, ==, n_pads);
  gst_element_set_bus (generator, NULL);
}

static void
test_refused (void)
{
  Three three = open_three ("outputs=fgr");
  GstElement *generator = three.main->element;
  g_autofree char *launch = g_strdup_printf ("generator model=%s/matting.onnx outputs=fgr", folder);
  g_autoptr (GstElement) stopped = gst_parse_launch (launch, NULL);
  g_autoptr (GstPad) pad = NULL, side = NULL;

  assert_no_pad (stopped, "src_%s", NULL, "is asked for by its name (src_pha, sink_mask)");
  assert_no_pad (stopped, "src_%s", "src_%s", "is asked for by its name");
  assert_no_pad (stopped, "sink_%s", "sink_%u", "is asked for by its name");
  pad = gst_element_request_pad_simple (stopped, "src_pha");
  side = gst_element_request_pad_simple (stopped, "sink_mask");
  g_assert_nonnull (pad);
  g_assert_nonnull (side);
  assert_no_pad (stopped, "src_%s", "src_pha", "There is a pad src_pha already");
  assert_no_pad (stopped, "sink_%s", "sink_mask", "There is a pad sink_mask already");
  /* One that has been let go may be asked for again. */
  gst_element_release_request_pad (stopped, pad);
  gst_clear_object (&pad);
  pad = gst_element_request_pad_simple (stopped, "src_pha");
  g_assert_nonnull (pad);
  /* While it plays. */
  gst_harness_push (three.main, make_frame (0, 1, 2, 3));
  assert_no_pad (
      generator, "src_%s", "src_seg", "Pad src_seg is asked for while the element plays");
  assert_no_pad (
      generator, "sink_%s", "sink_mask", "Pad sink_mask is asked for while the element plays");
  close_three (&three);
}

/* Names of what the model does not have are told of as it starts, whichever side they are of. */
static void
test_unknown (void)
{
  static const struct {
    const char *pads, *words;
  } cases[] = {
    { "g.src_nothing ! fakesink", "no output 'nothing'; there are: pha, fgr" },
    { "videotestsrc num-buffers=1 ! g.sink_nothing", "no input 'nothing'" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *launch =
        g_strdup_printf ("videotestsrc num-buffers=1 ! video/x-raw," CAPS " ! generator name=g "
                         "model=%s/matting.onnx outputs=fgr ! fakesink %s",
            folder, cases[i].pads);
    g_autofree char *said = NULL;
    gboolean failed;

    said = play_for_words (launch, &failed);
    g_assert_true (failed);
    assert_says (said, cases[i].words);
  }
}

static GstPadProbeReturn
hold (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  g_atomic_int_set ((gint *)data, TRUE);
  return GST_PAD_PROBE_OK;
}

static gpointer
push_first (gpointer data)
{
  return GINT_TO_POINTER (gst_harness_push (data, make_frame (0, 1, 2, 3)));
}

/* A pad that goes while it is pushed on ends its branch, and nothing else. */
static void
test_released (void)
{
  Three three = open_three ("outputs=fgr");
  g_autoptr (GstPad) mask = gst_element_get_static_pad (three.main->element, "src_pha");
  GThread *thread;
  gint held = FALSE;

  gst_pad_add_probe (mask, GST_PAD_PROBE_TYPE_BLOCK | GST_PAD_PROBE_TYPE_BUFFER, hold, &held, NULL);
  thread = g_thread_new ("frames", push_first, three.main);
  while (!g_atomic_int_get (&held))
    g_usleep (1000);
  gst_element_release_request_pad (three.main->element, mask);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_OK);
  for (guint i = 1; i < 4; i++)
    g_assert_cmpint (gst_harness_push (three.main, make_frame (i, 1, 2, 3)), ==, GST_FLOW_OK);
  g_assert_cmpuint (gst_harness_buffers_received (three.main), ==, 4);
  g_assert_cmpuint (gst_harness_buffers_received (three.numbers), ==, 4);
  g_assert_cmpuint (gst_harness_buffers_received (three.mask), ==, 0);
  close_three (&three);
}

int
main (int argc, char **argv)
{
  g_autofree char *path = NULL;
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  path = g_build_filename (folder, "matting.onnx", NULL);
  save_matting (path, -1, 0.5f);
  g_test_add_func ("/pads/of-pool", test_pads_of_pool);
  g_test_add_func ("/pads/of-tiles", test_pads_of_tiles);
  g_test_add_func ("/pads/step", test_pads);
  g_test_add_func ("/pads/step/aspect", test_pads_of_aspect);
  g_test_add_func ("/pads/batch", test_pads_of_batch);
  g_test_add_func ("/pads/other-model", test_pads_of_other_model);
  g_test_add_func ("/pads/apart", test_pads_fare_apart);
  g_test_add_func ("/pads/refused", test_refused);
  g_test_add_func ("/pads/unknown", test_unknown);
  g_test_add_func ("/pads/released", test_released);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
