/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator plays models that remember: from frame to frame, from the beginning after a seek, a
 * gap, another size, and on where another model takes their place; and parameters while it plays.
 */
#include <gst/check/gstharness.h>
#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>

#include <sys/stat.h>

#include "doubtful.h"

static char *folder;

/* A grey picture of any size: y = share * x + (1 - share) * h, and h becomes y. Numbers are bytes
 * / 255. */
static void
save_average (const char *path, float gain)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("average");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIDE, SIDE));
  GenTensor *h =
      gen_graph_add_input (graph, "h_in", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIDE, SIDE));
  GenTensor *share = gen_graph_add_input (graph, "share", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  GenTensor *new = gen_binary (graph, "Mul", x, share, &error), *next, *y;
  GenTensor *rest = gen_binary (graph, "Sub", gen_graph_float (graph, 1), share, &error);
  GenTensor *kept = gen_binary (graph, "Mul", h, rest, &error);

  next = gen_binary (graph, "Add", new, kept, &error);
  y = gen_binary (graph, "Mul", next, gen_graph_float (graph, gain), &error);
  g_assert_no_error (error);
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  for (int d = 2; d < 4; d++)
    x->shape.dims[d] = h->shape.dims[d] = y->shape.dims[d] = next->shape.dims[d] = -1;
  gen_graph_add_output (graph, y);
  g_hash_table_insert (
      graph->metadata, g_strdup ("generative.states"), g_strdup_printf ("h_in=%s", next->name));
  save_model (graph, next, path);
}

static GstHarness *
open_harness (const char *properties)
{
  g_autofree char *launch =
      g_strdup_printf ("generator model=%s/average.onnx %s", folder, properties);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=(string)GRAY8,width=4,height=4,framerate=(fraction)10/1");
  return harness;
}

static GstBuffer *
make_frame (guint number, guint8 value, gsize size)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

  gst_buffer_memset (buffer, 0, value, size);
  GST_BUFFER_PTS (buffer) = number * GST_SECOND / 10;
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 10;
  return buffer;
}

/* What comes of a frame of `value`. */
static int
push_sized (GstHarness *harness, guint number, guint8 value, gsize size)
{
  g_autoptr (GstBuffer) made =
      gst_harness_push_and_pull (harness, make_frame (number, value, size));
  guint8 byte;

  g_assert_nonnull (made);
  gst_buffer_extract (made, 0, &byte, 1);
  return byte;
}

static int
push (GstHarness *harness, guint number, guint8 value)
{
  return push_sized (harness, number, value, 16);
}

static void
assert_near (int value, double wanted)
{
  if (ABS (value - wanted) > 1)
    g_error ("%d should be %g", value, wanted);
}

/* The average of what has come so far, over many frames; floats do not drift. */
static void
test_carried (void)
{
  GstHarness *harness = open_harness ("parameters=share=0.25");
  double average = 0;

  for (guint i = 0; i < 10000; i++) {
    const guint8 value = (guint8)((i * 97) % 256);

    average = 0.25 * value + 0.75 * average;
    assert_near (push (harness, i, value), average);
  }
  gst_harness_teardown (harness);
}

static void
test_begun_anew (void)
{
  GstHarness *harness = open_harness ("parameters=share=0.5");
  GstBuffer *jump = make_frame (40, 200, 16);
  guint8 byte;

  assert_near (push (harness, 0, 200), 100);
  assert_near (push (harness, 1, 200), 150);
  /* A flush. */
  gst_harness_push_event (harness, gst_event_new_flush_start ());
  gst_harness_push_event (harness, gst_event_new_flush_stop (FALSE));
  {
    GstSegment segment;

    gst_segment_init (&segment, GST_FORMAT_TIME);
    gst_harness_push_event (harness, gst_event_new_segment (&segment));
  }
  assert_near (push (harness, 2, 200), 100);
  assert_near (push (harness, 3, 200), 150);
  /* A gap. */
  gst_harness_push_event (harness, gst_event_new_gap (GST_SECOND, GST_SECOND));
  assert_near (push (harness, 30, 200), 100);
  assert_near (push (harness, 31, 200), 150);
  /* Something is missing. */
  GST_BUFFER_FLAG_SET (jump, GST_BUFFER_FLAG_DISCONT);
  jump = gst_harness_push_and_pull (harness, jump);
  gst_buffer_extract (jump, 0, &byte, 1);
  assert_near (byte, 100);
  gst_buffer_unref (jump);
  assert_near (push (harness, 41, 200), 150);
  /* Another size. */
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=(string)GRAY8,width=8,height=8,framerate=(fraction)10/1");
  assert_near (push_sized (harness, 42, 200, 64), 100);
  gst_harness_teardown (harness);
}

static GstElement *
get_generator (GstHarness *harness)
{
  return gst_harness_find_element (harness, "generator");
}

static void
test_parameters (void)
{
  GstHarness *harness = open_harness ("parameters=share=1");
  g_autoptr (GstElement) generator = get_generator (harness);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (generator, bus);
  assert_near (push (harness, 0, 200), 200);
  g_object_set (generator, "parameters", "share=0.5", NULL);
  assert_near (push (harness, 1, 100), 150);
  /* What is wrong is told, and changes nothing. */
  g_object_set (generator, "parameters", "part=0.5", NULL);
  assert_near (push (harness, 2, 100), 125);
  message = gst_bus_timed_pop_filtered (bus, 0, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_parse_warning (message, &error, NULL);
  assert_says (error->message, "no parameter 'part'");
  gst_element_set_bus (generator, NULL);
  gst_harness_teardown (harness);
}

/* As an object with properties of its own, which gst-launch-1.0 and controllers name. */
static void
test_children (void)
{
  GstHarness *harness = open_harness ("share::value=0.5");
  g_autoptr (GstElement) generator = get_generator (harness);
  GstChildProxy *proxy = GST_CHILD_PROXY (generator);
  g_autoptr (GstControlSource) ramp = gst_interpolation_control_source_new ();
  g_autoptr (GObject) share = NULL;
  double value;

  assert_near (push (harness, 0, 200), 100);
  g_assert_cmpuint (gst_child_proxy_get_children_count (proxy), ==, 1);
  share = gst_child_proxy_get_child_by_name (proxy, "share");
  gst_child_proxy_get (proxy, "share::value", &value, NULL);
  g_assert_cmpfloat (value, ==, 0.5);
  gst_child_proxy_set (proxy, "share::value", 1.0, NULL);
  assert_near (push (harness, 1, 40), 40);
  g_object_set (generator, "parameters", "share=0.25", NULL);
  assert_near (push (harness, 2, 80), 50);
  gst_child_proxy_get (proxy, "share::value", &value, NULL);
  g_assert_cmpfloat (value, ==, 0.25);
  /* From 0 at the start to 1 after a second. */
  g_object_set (ramp, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
  gst_timed_value_control_source_set (GST_TIMED_VALUE_CONTROL_SOURCE (ramp), 0, 0);
  gst_timed_value_control_source_set (GST_TIMED_VALUE_CONTROL_SOURCE (ramp), GST_SECOND, 1);
  gst_object_add_control_binding (GST_OBJECT (share),
      gst_direct_control_binding_new_absolute (GST_OBJECT (share), "value", ramp));
  assert_near (push (harness, 5, 100), 75);
  assert_near (push (harness, 10, 10), 10);
  gst_harness_teardown (harness);
}

static void
assert_refused (const char *properties, const char *words)
{
  gboolean failed;
  g_autofree char *launch =
      g_strdup_printf ("videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8,width=8,height=8 ! "
                       "generator model=%s/average.onnx %s ! fakesink",
          folder, properties);
  g_autofree char *text = play_for_words (launch, &failed);

  g_assert_true (failed);
  assert_says (text, words);
}

/* A file beside the model that would never end. */
static void
test_pipe_beside (void)
{
  g_autofree char *beside = g_build_filename (folder, "average.onnx.modelinfo", NULL);

  g_assert_cmpint (mkfifo (beside, 0600), ==, 0);
  assert_refused ("parameters=share=1", "is no regular file");
  g_assert_cmpint (g_unlink (beside), ==, 0);
}

static void
test_frames_beside (void)
{
  g_autofree char *beside = g_build_filename (folder, "average.onnx.modelinfo", NULL);

  g_assert_true (g_file_set_contents (beside, "[x]\nframes=-2\n", -1, NULL));
  assert_refused ("parameters=share=1", "key frames of the .modelinfo file is \"-2\"");
  g_assert_cmpint (g_unlink (beside), ==, 0);
}

/* What a model remembers may be all that it makes. */
static void
test_played_state (void)
{
  g_autofree char *path = g_build_filename (folder, "sum.onnx", NULL);
  g_autofree char *launch = g_strdup_printf ("generator model=%s/sum.onnx", folder);
  g_autoptr (GenGraph) graph = gen_graph_new ("sum");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 4, 4));
  GenTensor *h = gen_graph_add_input (graph, "h", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 4, 4));
  GenTensor *y = gen_binary (graph, "Add", x, h, &error);
  GstHarness *harness;

  g_assert_no_error (error);
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  g_hash_table_insert (
      graph->metadata, g_strdup ("generative.states"), g_strdup_printf ("h=%s", y->name));
  save_model (graph, y, path);
  harness = gst_harness_new_parse (launch);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=(string)GRAY8,width=4,height=4,framerate=(fraction)10/1");
  for (guint i = 0; i < 5; i++)
    assert_near (push (harness, i, 20), 20 * (i + 1));
  gst_harness_teardown (harness);
}

static void
test_warm_up (void)
{
  GstHarness *harness = open_harness ("parameters=share=0.5 warm-up=3");

  assert_near (push (harness, 0, 200), 200 * (1 - 1 / 16.0));
  assert_near (push (harness, 1, 0), 100 * (1 - 1 / 16.0));
  gst_harness_push_event (harness, gst_event_new_gap (GST_SECOND, GST_SECOND));
  assert_near (push (harness, 30, 100), 100 * (1 - 1 / 16.0));
  g_assert_null (gst_harness_try_pull (harness));
  gst_harness_teardown (harness);
}

/* A file that changes: the new model goes on with what the old one remembers. */
static void
test_reloaded (void)
{
  GstHarness *harness = open_harness ("parameters=share=0.5");
  g_autoptr (GstElement) generator = get_generator (harness);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autofree char *path = g_build_filename (folder, "louder.onnx", NULL);

  gst_element_set_bus (generator, bus);
  save_average (path, 0.5f);
  assert_near (push (harness, 0, 200), 100);
  assert_near (push (harness, 1, 200), 150);
  g_object_set (generator, "model", path, NULL);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (message);
  assert_near (push (harness, 2, 200), 0.5 * 175);
  gst_element_set_bus (generator, NULL);
  gst_harness_teardown (harness);
}

/* A picture `ratio` times as large. */
static void
save_zoom (const char *path)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("zoom");
  const float ones[] = { 1, 1 };
  const GenShape any = GEN_SHAPE (1, 1, -1, -1);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &any);
  GenTensor *ratio = gen_graph_add_input (graph, "ratio", GEN_TYPE_FLOAT32, &GEN_SHAPE (1));
  GenTensor *parts[] = { gen_graph_add_constant (graph, "ones", GEN_TYPE_FLOAT32, &GEN_SHAPE (2),
                             g_bytes_new (ones, sizeof ones)),
    ratio, ratio };
  GenTensor *scales = gen_graph_add_value (graph, "scales"), *y = gen_graph_add_value (graph, "y");
  GenTensor *inputs[] = { x, NULL, scales };

  gen_node_set_int (
      gen_graph_add_node (graph, "", NULL, "Concat", GEN_OPSET, parts, 3, &scales, 1, NULL), "axis",
      0);
  gen_graph_add_node (graph, "", NULL, "Resize", GEN_OPSET, inputs, 3, &y, 1, NULL);
  y->type = GEN_TYPE_FLOAT32;
  y->shape = any;
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  save_model (graph, y, path);
}

/* A parameter that shapes hang on: another model is made of the file, and caps follow. */
static void
test_shape (void)
{
  g_autofree char *path = g_build_filename (folder, "zoom.onnx", NULL);
  g_autofree char *launch =
      g_strdup_printf ("generator model=%s/zoom.onnx parameters=ratio=2", folder);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstElement) generator = NULL;
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GstBuffer) made = NULL;
  GstHarness *harness;

  save_zoom (path);
  harness = gst_harness_new_parse (launch);
  generator = get_generator (harness);
  gst_element_set_bus (generator, bus);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=(string)GRAY8,width=4,height=4,framerate=(fraction)10/1");
  made = gst_harness_push_and_pull (harness, make_frame (0, 50, 16));
  g_assert_cmpuint (gst_buffer_get_size (made), ==, 64);
  gst_clear_buffer (&made);
  g_object_set (generator, "parameters", "ratio=4", NULL);
  gst_buffer_unref (gst_harness_push_and_pull (harness, make_frame (1, 50, 16)));
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (message);
  made = gst_harness_push_and_pull (harness, make_frame (2, 50, 16));
  g_assert_cmpuint (gst_buffer_get_size (made), ==, 256);
  gst_element_set_bus (generator, NULL);
  gst_harness_teardown (harness);
}

/* A wrong one, of any kind, is told of in a warning that names it, and what played plays on. */
static void
test_wrong_shape (void)
{
  static const char *const wrong[] = { "ratio=0", "ratio=nan", "ratio=-2", "ratio=0.1",
    "ratio=0.01", "ratio=1e8" };
  g_autofree char *path = g_build_filename (folder, "zoom.onnx", NULL);
  g_autofree char *launch =
      g_strdup_printf ("generator model=%s/zoom.onnx parameters=ratio=2", folder);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstElement) generator = NULL;
  GstHarness *harness;

  save_zoom (path);
  harness = gst_harness_new_parse (launch);
  generator = get_generator (harness);
  gst_element_set_bus (generator, bus);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=(string)GRAY8,width=4,height=4,framerate=(fraction)10/1");
  gst_buffer_unref (gst_harness_push_and_pull (harness, make_frame (0, 50, 16)));
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++) {
    g_autoptr (GstMessage) message = NULL;
    g_autoptr (GError) warning = NULL;
    g_autoptr (GstBuffer) made = NULL;

    g_object_set (generator, "parameters", wrong[i], NULL);
    gst_buffer_unref (gst_harness_push_and_pull (harness, make_frame (2 * i + 1, 50, 16)));
    message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_WARNING);
    g_assert_nonnull (message);
    gst_message_parse_warning (message, &warning, NULL);
    g_test_message ("%s: %s", wrong[i], warning->message);
    assert_says (warning->message, "zoom.onnx");
    assert_says (warning->message, "ratio");
    made = gst_harness_push_and_pull (harness, make_frame (2 * i + 2, 50, 16));
    g_assert_cmpuint (gst_buffer_get_size (made), ==, 64);
    while (gst_bus_have_pending (bus))
      gst_message_unref (gst_bus_pop (bus));
  }
  gst_element_set_bus (generator, NULL);
  gst_harness_teardown (harness);
}

/* Of a state of the wrong size, parameters say nothing. */
static void
test_shape_of_state (void)
{
  g_autofree char *launch =
      g_strdup_printf ("videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8,width=8,height=8 ! "
                       "generator model=%s/average.onnx parameters=share=1 shapes=h_in=1:1:9:9 ! "
                       "fakesink",
          folder);
  gboolean failed;
  g_autofree char *text = play_for_words (launch, &failed);

  g_assert_true (failed);
  assert_says (text, "average.onnx");
  assert_says (text, "[1, 1, 9, 9]");
  g_assert_null (strstr (text, "property parameters"));
}

static void
test_refused (void)
{
  assert_refused ("", "property parameters=share=1");
  assert_refused ("parameters=share=much", "numbers with colons");
  assert_refused ("parameters=share=1:2:3", "share");
  assert_refused ("parameters=share=nan", "numbers with colons");
  assert_refused ("parameters=share=1e300", "numbers with colons");
  assert_refused ("parameters=share=1,share=0.5", "names 'share' twice");
  assert_refused ("parameters=share=1 frames=5", "takes one picture at a time");
  assert_refused ("parameters=share=1 states=h_in=h", "'h', which is no output");
}

/* --- refused --- */

static void
assert_model_refused (const char *name, const char *properties, const char *words)
{
  g_autofree char *launch = g_strdup_printf ("videotestsrc num-buffers=2 ! "
                                             "video/x-raw,format=GRAY8,width=8,height=8 ! "
                                             "generator model=%s/%s %s ! fakesink",
      folder, name, properties);
  gboolean failed;
  g_autofree char *text = play_for_words (launch, &failed);

  g_assert_true (failed);
  assert_says (text, words);
  assert_says (text, name);
}

/* What is remembered, a row of pictures of `extent`, which may be free, becomes more with each
 * frame. */
static void
save_growing (const char *path, gint64 extent)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("grow");
  const GenShape one = GEN_SHAPE (1, 1, extent, extent), any = GEN_SHAPE (1, -1, extent, extent);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &one);
  GenTensor *h = gen_graph_add_input (graph, "h_in", GEN_TYPE_FLOAT32, &any);
  GenTensor *y = gen_graph_add_value (graph, "y"), *more = gen_graph_add_value (graph, "h_out");
  GenTensor *both[] = { h, x };

  gen_graph_add_node (graph, "", NULL, "Neg", GEN_OPSET, &x, 1, &y, 1, NULL);
  gen_node_set_int (
      gen_graph_add_node (graph, "", NULL, "Concat", GEN_OPSET, both, 2, &more, 1, NULL), "axis",
      1);
  y->type = more->type = GEN_TYPE_FLOAT32;
  y->shape = one;
  more->shape = any;
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  gen_graph_add_output (graph, y);
  save_model (graph, more, path);
}

/* The borders of a picture go: of a small one nothing is left. */
static void
save_crop (const char *path)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("crop");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 64, 64));
  GenTensor *y = gen_graph_op (graph, "Slice",
      (GenTensor *[]){ x, gen_graph_ints (graph, (const gint64[]){ 4, 4 }, 2),
          gen_graph_ints (graph, (const gint64[]){ -4, -4 }, 2),
          gen_graph_ints (graph, (const gint64[]){ 2, 3 }, 2) },
      4, 1, &error, NULL);

  g_assert_no_error (error);
  for (int d = 2; d < 4; d++)
    x->shape.dims[d] = y->shape.dims[d] = -1;
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  save_model (graph, y, path);
}

static void
test_refused_shapes (void)
{
  g_autofree char *grow = g_build_filename (folder, "grow.onnx", NULL);
  g_autofree char *spread = g_build_filename (folder, "spread.onnx", NULL);
  g_autofree char *crop = g_build_filename (folder, "crop.onnx", NULL);
  g_autofree char *zoom = g_build_filename (folder, "far.onnx", NULL);

  save_growing (grow, 8);
  save_growing (spread, -1);
  save_crop (crop);
  save_zoom (zoom);
  assert_model_refused ("grow.onnx", "",
      "state 'h_in' goes into a run as [1, 4, 8, 8] and comes out of output 'h_out' as "
      "[1, 5, 8, 8]");
  assert_model_refused ("spread.onnx", "",
      "state 'h_in' goes into a run as [1, 4, 8, 8] and comes out of output 'h_out' as "
      "[1, 5, 8, 8]");
  assert_model_refused ("crop.onnx", "", "of frames of 8 x 8 it makes pictures of 0 x 0");
  assert_model_refused (
      "far.onnx", "parameters=ratio=1e9", "shapes hang on what property parameters says of ratio");
  assert_model_refused ("far.onnx", "parameters=ratio=0", "an extent of 1024 times 0 is 0");
  assert_model_refused (
      "far.onnx", "parameters=ratio=0", "shapes hang on what property parameters says of ratio");
  assert_model_refused (
      "far.onnx", "parameters=ratio=0.1", "it makes pictures of 0 x 0, which are nothing");
}

int
main (int argc, char **argv)
{
  g_autofree char *path = NULL;
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  path = g_build_filename (folder, "average.onnx", NULL);
  save_average (path, 1);

  g_test_add_func ("/states/carried", test_carried);
  g_test_add_func ("/states/begun-anew", test_begun_anew);
  g_test_add_func ("/states/parameters", test_parameters);
  g_test_add_func ("/states/children", test_children);
  g_test_add_func ("/states/warm-up", test_warm_up);
  g_test_add_func ("/states/refused-shapes", test_refused_shapes);
  g_test_add_func ("/states/reloaded", test_reloaded);
  g_test_add_func ("/states/shape", test_shape);
  g_test_add_func ("/states/wrong-shape", test_wrong_shape);
  g_test_add_func ("/states/shape-of-state", test_shape_of_state);
  g_test_add_func ("/states/refused", test_refused);
  g_test_add_func ("/states/pipe-beside", test_pipe_beside);
  g_test_add_func ("/states/frames-beside", test_frames_beside);
  g_test_add_func ("/states/played", test_played_state);
  result = g_test_run ();

  scratch_remove (folder);
  g_free (folder);
  return result;
}
