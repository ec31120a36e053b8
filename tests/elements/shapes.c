/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator plays pictures of all shapes that exporters give them, by itself or by a property that
 * the error names: without a batch, with one more extent, with every extent free, in fours. */
#include <gst/check/gstharness.h>

#include "doubtful.h"

#include "../staged.h"

#define WIDTH 48
#define HEIGHT 32
#define BYTES (WIDTH * HEIGHT * 3)
#define CAPS "video/x-raw,format=(string)RGB,width=48,height=32,framerate=(fraction)10/1"
#define FREE GEN_SHAPE (-1, -1, -1, -1)

static char *folder, *path;

/* Pictures as they are: `x` of a shape and type goes through, times the second input if there is
 * one. */
static void
save_same (GenDataType type, GenShape shape, const char *second)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("same");
  g_autoptr (GError) error = NULL;
  GenShape known = shape;
  GenTensor *x, *y;

  for (int d = 0; d < known.rank; d++)
    known.dims[d] = known.dims[d] > 0 ? known.dims[d] : d == 1 ? 3 : 1;
  x = gen_graph_add_input (graph, "x", type, &known);
  y = second == NULL ? gen_unary (graph, "Identity", x, &error)
                     : gen_binary (graph, "Mul", x,
                           gen_graph_add_input (graph, second, type, &GEN_SHAPE (1)), &error);
  g_assert_no_error (error);
  x->shape = y->shape = shape;
  if (type != GEN_TYPE_UINT8) {
    say_range (graph, "generative.input-range", "0,1");
    say_range (graph, "generative.output-range", "0,1");
  }
  save_model (graph, y, path);
}

static GstBuffer *
make_noise (guint seed)
{
  guint8 *bytes = g_malloc (BYTES);
  GstBuffer *buffer;

  for (guint i = 0; i < BYTES; i++)
    bytes[i] = (guint8)((i * 37 + seed * 101) % 256);
  buffer = gst_buffer_new_wrapped (bytes, BYTES);
  GST_BUFFER_PTS (buffer) = seed * GST_SECOND / 10;
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 10;
  return buffer;
}

/* Four frames come out as they went in, or `factor` times as bright. */
static void
assert_plays (const char *properties, double factor)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s %s", path, properties);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, CAPS);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpint (gst_harness_push (harness, make_noise (i)), ==, GST_FLOW_OK);
  for (guint i = 0; i < 4; i++) {
    g_autoptr (GstBuffer) made = gst_harness_try_pull (harness), came = make_noise (i);
    GstMapInfo is, was;

    g_assert_nonnull (made);
    gst_buffer_map (made, &is, GST_MAP_READ);
    gst_buffer_map (came, &was, GST_MAP_READ);
    g_assert_cmpuint (is.size, ==, was.size);
    for (gsize k = 0; k < is.size; k++)
      g_assert_cmpfloat (ABS (is.data[k] - factor * was.data[k]), <=, 0.51);
    gst_buffer_unmap (made, &is);
    gst_buffer_unmap (came, &was);
  }
  gst_harness_teardown (harness);
}

static void
assert_refused (const char *properties, const char *words)
{
  gboolean failed;
  g_autofree char *launch =
      g_strdup_printf ("videotestsrc num-buffers=4 ! video/x-raw,format=RGB,width=48,height=32 ! "
                       "generator model=%s %s ! fakesink",
          path, properties);
  g_autofree char *text = play_for_words (launch, &failed);

  g_assert_true (failed);
  assert_says (text, words);
}

static void
test_known (void)
{
  static const GenShape shapes[] = { { 4, { 1, 3, HEIGHT, WIDTH } }, { 3, { 3, HEIGHT, WIDTH } },
    { 3, { HEIGHT, WIDTH, 3 } }, { 5, { 1, 1, 3, HEIGHT, WIDTH } },
    { 5, { 1, 3, 1, HEIGHT, WIDTH } }, { 4, { -1, HEIGHT, WIDTH, 3 } }, { 4, { -1, 3, -1, -1 } } };
  static const GenDataType types[] = { GEN_TYPE_FLOAT32, GEN_TYPE_FLOAT16, GEN_TYPE_UINT8 };

  for (gsize i = 0; i < G_N_ELEMENTS (shapes); i++)
    for (gsize t = 0; t < G_N_ELEMENTS (types); t++) {
      g_autofree char *text = gen_shape_to_string (&shapes[i]);

      g_test_message ("%s %s", gen_data_type_name (types[t]), text);
      save_same (types[t], shapes[i], NULL);
      assert_plays ("", 1);
    }
}

/* What a property says, or the file beside the model. */
static void
test_free (void)
{
  static const char *const said[] = { "shapes=1:3:-1:-1", "shapes=x=1:3:-1:-1", "shapes=-1:3:32:48",
    "shapes=\"x = 1:3:-1:-1\"" };
  g_autofree char *beside = g_strconcat (path, ".modelinfo", NULL);

  save_same (GEN_TYPE_FLOAT32, FREE, NULL);
  assert_refused ("", "property shapes=x=1:3:-1:-1");
  for (gsize i = 0; i < G_N_ELEMENTS (said); i++)
    assert_plays (said[i], 1);
  g_assert_true (g_file_set_contents (beside, "[x]\ndims=1,3,-1,-1\n", -1, NULL));
  assert_plays ("", 1);
  /* The property comes first. */
  g_assert_true (g_file_set_contents (beside, "[x]\ndims=1,5,-1,-1\n", -1, NULL));
  assert_refused ("", "pictures");
  assert_plays ("shapes=1:3:-1:-1", 1);
  g_assert_true (g_file_set_contents (beside, "[x]\ndims=1,three\n", -1, NULL));
  assert_refused ("", "key dims of the .modelinfo file has \"1,three\" for 'x'");
  g_unlink (beside);
}

static void
test_free_refused (void)
{
  save_same (GEN_TYPE_FLOAT32, FREE, NULL);
  assert_refused ("shapes=y=1:3:-1:-1", "property shapes says 'y', which is no input; those are x");
  assert_refused ("shapes=1:3", "property shapes has 1:3 for 'x'");
  assert_refused ("shapes=1:3:0:0", "extents such as 1:3:-1:-1");
  assert_refused ("shapes=1:3:16:16", "put videoscale in front");
  save_same (GEN_TYPE_FLOAT32, GEN_SHAPE (1, 3, HEIGHT, WIDTH), NULL);
  assert_refused ("shapes=1:4:-1:-1", "those that are free there can be said alone");
  assert_plays ("shapes=1:3:-1:-1", 1);
}

/* Of an output nothing can be said: the channels of a picture that are not black. */
static void
test_output_refused (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("some channels");
  GenTensor *x =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, HEIGHT, WIDTH));
  GenTensor *y = staged_node (graph, "ReduceMax", &x, 1);

  gen_node_set_ints (y->producer, "axes", (gint64[]){ 0, 2, 3 }, 3);
  gen_node_set_int (y->producer, "keepdims", 0);
  y = staged_node (graph, "NonZero", &y, 1);
  y = staged_node (
      graph, "Squeeze", (GenTensor *[]){ y, gen_graph_ints (graph, (gint64[]){ 0 }, 1) }, 2);
  y = staged_node (graph, "Gather", (GenTensor *[]){ x, y }, 2);
  gen_node_set_int (y->producer, "axis", 1);
  y->type = GEN_TYPE_FLOAT32;
  y->shape = GEN_SHAPE (1, -1, HEIGHT, WIDTH);
  save_model (graph, y, path);
  assert_refused ("", "is not; export it with a fixed number of channels");
}

/* Frames that come of a format nobody has asked for. */
static void
test_other_channels (void)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s", path);
  GstHarness *harness = NULL;
  g_autoptr (GstElement) generator = NULL;
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  save_same (GEN_TYPE_FLOAT32, GEN_SHAPE (1, 3, HEIGHT, WIDTH), NULL);
  harness = gst_harness_new_parse (launch);
  generator = gst_harness_find_element (harness, "generator");
  gst_element_set_bus (generator, bus);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=(string)GRAY8,width=48,height=32,framerate=(fraction)10/1");
  g_assert_cmpint (gst_harness_push (harness, make_noise (0)), ==, GST_FLOW_NOT_NEGOTIATED);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  assert_says (error->message, "frames are GRAY8, but the model's input 'x' takes pictures of 3");
  gst_element_set_bus (generator, NULL);
  gst_harness_teardown (harness);
}

/* As many as the model takes in a run, and no others. */
static void
test_fours (void)
{
  save_same (GEN_TYPE_FLOAT32, GEN_SHAPE (4, 3, HEIGHT, WIDTH), NULL);
  assert_refused ("", "set property batch-size=4");
  assert_plays ("batch-size=4", 1);
}

static void
test_strength (void)
{
  save_same (GEN_TYPE_FLOAT32, GEN_SHAPE (1, 3, HEIGHT, WIDTH), "s");
  assert_refused ("", "set property parameters=s=1");
  assert_plays ("parameters=s=0.5", 0.5);
}

/* What the file says of an output is not what the model makes: it plays, and that is told. */
static void
test_misdeclared (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("same");
  g_autoptr (GError) error = NULL;
  GenTensor *x =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, HEIGHT, WIDTH));
  GenTensor *y = gen_graph_add_value (graph, "y");
  g_autofree char *words = NULL, *launch = NULL;
  gboolean failed;

  gen_graph_add_node (graph, "", NULL, "Identity", GEN_OPSET, &x, 1, &y, 1, &error);
  g_assert_no_error (error);
  y->type = GEN_TYPE_FLOAT32;
  y->shape = GEN_SHAPE (1, 3, 2 * HEIGHT, 2 * WIDTH);
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  save_model (graph, y, path);
  assert_plays ("", 1);
  launch = g_strdup_printf (
      "videotestsrc num-buffers=2 ! " CAPS " ! generator model=%s ! fakesink", path);
  words = play_for_words (launch, &failed);
  g_assert_false (failed);
  assert_says (words, path);
  assert_says (words, "declares its output 'y' as [1, 3, 64, 96], and makes [1, 3, 32, 48]");
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  path = g_build_filename (folder, "model.onnx", NULL);

  g_test_add_func ("/shapes/known", test_known);
  g_test_add_func ("/shapes/free", test_free);
  g_test_add_func ("/shapes/free-refused", test_free_refused);
  g_test_add_func ("/shapes/output-refused", test_output_refused);
  g_test_add_func ("/shapes/other-channels", test_other_channels);
  g_test_add_func ("/shapes/fours", test_fours);
  g_test_add_func ("/shapes/strength", test_strength);
  g_test_add_func ("/shapes/misdeclared", test_misdeclared);
  result = g_test_run ();

  scratch_remove (folder);
  g_free (folder);
  g_free (path);
  return result;
}
