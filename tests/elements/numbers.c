/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator plays what takes or makes neither pictures nor sound: tensors of pictures, of several
 * pictures, of windows of sound and of tensors, and says what would be right. */
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>

#include <generative/operator.h>

#include "doubtful.h"

#include "../staged.h"

#define PIXELS (SIDE * SIDE * 3)
#define PICTURES "video/x-raw,format=(string)RGB,width=8,height=8,framerate=(fraction)10/1"
#define TENSORS "other/tensors,format=(string)static,num_tensors=1,types=(string)float32"

static char *folder, *path;

/* A number of each item of x, whose shape's first extent is left: the mean of all others. */
static GenTensor *
mean (GenGraph *graph, GenTensor *x)
{
  g_autoptr (GError) error = NULL;
  const gint64 axes[] = { 1 };
  GenTensor *flat = gen_unary (graph, "Flatten", x, &error);

  g_assert_no_error (error);
  flat = gen_graph_op (graph, "ReduceMean", &flat, 1, 1, &error, "axes", GEN_INTS, 1, axes, NULL);
  g_assert_no_error (error);
  return flat;
}

static GstHarness *
open_harness (const char *properties, const char *sink)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s %s", path, properties);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, sink);
  return harness;
}

static GstBuffer *
make_picture (guint8 value)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, PIXELS, NULL);

  gst_buffer_memset (buffer, 0, value, PIXELS);
  return buffer;
}

static GstBuffer *
make_numbers (const float *numbers, gsize n)
{
  return gst_buffer_new_memdup (numbers, n * sizeof *numbers);
}

/* The only number in the next buffer, which goes. */
static float
take_number (GstHarness *harness)
{
  g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);
  float number;

  g_assert_nonnull (buffer);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, sizeof number);
  gst_buffer_extract (buffer, 0, &number, sizeof number);
  return number;
}

static void
assert_dimensions (GstHarness *harness, const char *dimensions)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (harness->sinkpad);

  g_assert_cmpstr (
      gst_structure_get_string (gst_caps_get_structure (caps, 0), "dimensions"), ==, dimensions);
}

static void
assert_refused (const char *source, const char *properties, const char *says)
{
  g_autofree char *launch =
      g_strdup_printf ("%s ! generator model=%s %s ! fakesink", source, path, properties);
  gboolean failed;
  g_autofree char *words = play_for_words (launch, &failed);

  g_assert_true (failed);
  assert_says (words, says);
}

/* A score of a picture, and what looks like a sound of several channels. */
static void
test_of_pictures (void)
{
  for (int boxes = 0; boxes < 2; boxes++) {
    g_autoptr (GenGraph) graph = gen_graph_new ("score");
    const gint64 dims[] = { 1, 2, 2048 };
    GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, 1, FALSE), *y = mean (graph, x);
    g_autoptr (GstBuffer) made = NULL;
    GstHarness *harness;
    float number;

    say_range (graph, "generative.input-range", "0,255");
    if (boxes)
      y = gen_binary (graph, "Expand", y, gen_graph_ints (graph, dims, 3), NULL);
    save_model (graph, y, path);
    harness = open_harness ("", PICTURES);
    made = gst_harness_push_and_pull (harness, make_picture (77));
    g_assert_cmpuint (gst_buffer_get_size (made), ==, (boxes ? 4096 : 1) * sizeof number);
    gst_buffer_extract (made, 0, &number, sizeof number);
    g_assert_cmpfloat_with_epsilon (number, 77, 1e-4);
    assert_dimensions (harness, boxes ? "2048:2:1:1" : "1:1:1:1");
    gst_harness_teardown (harness);
  }
}

/* Depth without an axis of channels is a grey picture where it is as large as what comes. */
static void
test_plane (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("depth");
  const gint64 axes[] = { 1 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 16, 16));
  GenTensor *y = gen_graph_op (graph, "ReduceMean", &x, 1, 1, NULL, "axes", GEN_INTS, 1, axes,
      "keepdims", GEN_INT, (gint64)0, NULL);
  GstHarness *harness;
  g_autoptr (GstBuffer) made = NULL;

  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  save_model (graph, y, path);
  harness = open_harness ("", "video/x-raw,format=RGB,width=16,height=16,framerate=10/1");
  gst_harness_set_sink_caps_str (
      harness, "video/x-raw,format=GRAY8,width=16,height=16,framerate=10/1");
  made = gst_buffer_new_allocate (NULL, 768, NULL);
  gst_buffer_memset (made, 0, 90, 768);
  made = gst_harness_push_and_pull (harness, made);
  g_assert_cmpuint (gst_buffer_get_size (made), ==, 256);
  g_assert_cmpint (gst_buffer_memcmp (made, 0, (guint8[]){ 90, 90 }, 2), ==, 0);
  gst_harness_teardown (harness);
}

/* Two channels that cannot lie upon the picture are no mask of it. */
static void
test_grid (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("grid");
  const gint64 dims[] = { 1, 2, 3, 5 };
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, 1, FALSE);
  g_autoptr (GstBuffer) made = NULL;
  GstHarness *harness;

  say_range (graph, "generative.input-range", "0,255");
  save_model (graph,
      gen_binary (graph, "Expand", mean (graph, x), gen_graph_ints (graph, dims, 4), NULL), path);
  harness = open_harness ("", PICTURES);
  made = gst_harness_push_and_pull (harness, make_picture (7));
  g_assert_cmpuint (gst_buffer_get_size (made), ==, 30 * sizeof (float));
  assert_dimensions (harness, "5:3:2:1");
  gst_harness_teardown (harness);
}

/* A number of the two or three pictures around each. */
static void
test_of_several_pictures (void)
{
  const guint8 values[] = { 10, 40, 70 };
  const float wanted[] = { 20, 40, 60 };
  g_autoptr (GenGraph) graph = gen_graph_new ("clip");
  GenTensor *x =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 3, SIDE, SIDE));
  GstHarness *harness;

  say_range (graph, "generative.input-range", "0,255");
  save_model (graph, mean (graph, x), path);
  harness = open_harness ("", PICTURES);
  for (int i = 0; i < 3; i++) {
    GstBuffer *picture = make_picture (values[i]);

    GST_BUFFER_PTS (picture) = (GstClockTime)i * GST_SECOND / 10;
    gst_harness_push (harness, picture);
  }
  gst_harness_push_event (harness, gst_event_new_eos ());
  for (int i = 0; i < 3; i++)
    g_assert_cmpfloat_with_epsilon (take_number (harness), wanted[i], 1e-4);
  gst_harness_teardown (harness);
}

/* y = h + mean (x) of x [1, 3, 5], or [1, -1, 12], and h becomes y. */
static void
save_counter (gboolean free_length)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("counter");
  GenTensor *x = gen_graph_add_input (graph, "features", GEN_TYPE_FLOAT32,
      free_length ? &GEN_SHAPE (1, 1, 12) : &GEN_SHAPE (1, 3, 5));
  GenTensor *h = gen_graph_add_input (graph, "h_0", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1));
  GenTensor *y = gen_binary (graph, "Add", mean (graph, x), h, NULL);
  GenTensor *next = gen_unary (graph, "Identity", y, NULL);

  gen_graph_add_output (graph, y);
  g_hash_table_insert (
      graph->metadata, g_strdup ("generative.states"), g_strdup_printf ("h_0=%s", next->name));
  if (free_length)
    x->shape.dims[1] = -1;
  save_model (graph, next, path);
}

/* Features that lie as the model has them, one or several in a buffer, and what it remembers. */
static void
test_of_tensors (void)
{
  const char *const caps[] = { TENSORS ",dimensions=(string)5:3:1:1,framerate=(fraction)10/1",
    TENSORS ",dimensions=(string)5:3:2:1,framerate=(fraction)10/1" };
  float numbers[30];

  save_counter (FALSE);
  for (int i = 0; i < 30; i++)
    numbers[i] = i < 15 ? 1 : 2;
  for (int several = 0; several < 2; several++) {
    GstHarness *harness = open_harness ("", caps[several]);
    float made[2];

    if (several) {
      g_autoptr (GstBuffer) both = gst_harness_push_and_pull (harness, make_numbers (numbers, 30));

      g_assert_cmpuint (gst_buffer_extract (both, 0, made, sizeof made), ==, sizeof made);
      g_assert_cmpfloat_with_epsilon (made[0], 1, 1e-5);
      g_assert_cmpfloat_with_epsilon (made[1], 3, 1e-5);
    } else {
      gst_harness_push (harness, make_numbers (numbers, 15));
      gst_harness_push (harness, make_numbers (numbers + 15, 15));
      g_assert_cmpfloat_with_epsilon (take_number (harness), 1, 1e-5);
      g_assert_cmpfloat_with_epsilon (take_number (harness), 3, 1e-5);
    }
    gst_harness_teardown (harness);
  }
}

/* A file of numbers has no times. */
static void
test_of_file (void)
{
  static const float numbers[15] = { 0 };
  GstHarness *harness;
  GstSegment segment;

  save_counter (FALSE);
  harness = open_harness ("", TENSORS ",dimensions=(string)5:3:1:1,framerate=(fraction)10/1");
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
  gst_harness_push (harness, make_numbers (numbers, 15));
  g_assert_cmpfloat (take_number (harness), ==, 0);
  gst_harness_teardown (harness);
}

/* What looks like a picture of one channel, [N, 4, 3, 1], takes numbers where somebody says so, and
 * makes such, which are the sums of its columns. */
static void
test_of_tensors_like_pictures (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("embedder");
  GenTensor *x = gen_graph_add_input (graph, "mel", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 4, 3, 1));
  GenTensor *y =
      gen_binary (graph, "ReduceSum", x, gen_graph_ints (graph, (gint64[]){ 1 }, 1), NULL);
  float numbers[24];
  GstHarness *harness;

  x->shape.dims[0] = y->shape.dims[0] = -1;
  save_model (graph, y, path);
  for (int i = 0; i < 24; i++)
    numbers[i] = (float)i;
  for (int several = 1; several <= 2; several++) {
    g_autofree char *caps =
        g_strdup_printf (TENSORS ",dimensions=(string)1:3:4:%d,framerate=(fraction)10/1", several);
    g_autoptr (GstBuffer) made = NULL;
    float sums[6];

    harness = open_harness ("tensors=true", caps);
    gst_harness_set_sink_caps_str (harness, "other/tensors");
    made = gst_harness_push_and_pull (harness, make_numbers (numbers, 12 * (gsize)several));
    g_assert_cmpuint (gst_buffer_get_size (made), ==, 3 * (gsize)several * sizeof (float));
    gst_buffer_extract (made, 0, sums, sizeof sums);
    for (int i = 0; i < 3 * several; i++)
      g_assert_cmpfloat_with_epsilon (sums[i], 18 + 4 * (i % 3) + 48 * (i / 3), 1e-4);
    gst_harness_teardown (harness);
  }
  assert_refused ("videotestsrc num-buffers=2", "tensors=true",
      "its input 'mel' takes other/tensors,format=static,num_tensors=1,types=float32,"
      "dimensions=1:3:4");
}

/* Vectors that follow each other come one by one where somebody says so. */
static void
test_one_by_one (void)
{
  const float numbers[] = { 1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 3, 3 };
  GstHarness *harness;

  save_counter (TRUE);
  harness = open_harness (
      "shapes=features=1:1:12", TENSORS ",dimensions=(string)12:1:1:1,framerate=(fraction)10/1");
  gst_harness_push (harness, make_numbers (numbers, 12));
  gst_harness_push (harness, make_numbers (numbers, 12));
  g_assert_cmpfloat_with_epsilon (take_number (harness), 3, 1e-5);
  g_assert_cmpfloat_with_epsilon (take_number (harness), 6, 1e-5);
  gst_harness_teardown (harness);
}

/* Integers go in as they are, where somebody says so, which is said. */
static void
test_of_integers (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("bytes");
  g_autoptr (GError) error = NULL;
  const gint32 bytes[] = { 1 << 24, 2, 3, 2 };
  GenTensor *x = gen_graph_add_input (graph, "bytes", GEN_TYPE_INT32, &GEN_SHAPE (1, 4));
  GenTensor *y = gen_graph_op (graph, "Cast", &x, 1, 1, &error, "to", GEN_INT, (gint64)1, NULL);
  GstHarness *harness;

  g_assert_no_error (error);
  save_model (graph, mean (graph, y), path);
  harness = open_harness ("tensors=true",
      "other/tensors,format=(string)static,num_tensors=1,types=(string)int32,"
      "dimensions=(string)4:1:1:1,framerate=(fraction)10/1");
  gst_harness_push (harness, gst_buffer_new_memdup (bytes, sizeof bytes));
  g_assert_cmpfloat_with_epsilon (take_number (harness), (float)(1 << 22) + 1.75f, 1);
  gst_harness_teardown (harness);
  assert_refused ("videotestsrc num-buffers=2", "",
      "property tensors=true has it take them as they are, other/tensors of int32");
  assert_refused ("videotestsrc num-buffers=2", "tensors=true",
      "its input 'bytes' takes other/tensors,format=static,num_tensors=1,types=int32,"
      "dimensions=4:1:1:1");
}

/* A detector that remembers and hears a window and an eighth: what that may mean is told. */
static void
test_context (void)
{
  static const struct {
    const char *properties;
    guint told;
  } cases[] = { { "", 1 }, { "context=64 lookahead=0", 0 }, { "context=0", 0 } };
  g_autoptr (GenGraph) graph = gen_graph_new ("score");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 576));
  GenTensor *h = gen_graph_add_input (graph, "h", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1));
  GenTensor *y = gen_binary (graph, "Add", mean (graph, x), h, &error);
  GenTensor *next = gen_graph_add_value (graph, "hn");

  g_assert_no_error (error);
  gen_graph_add_node (graph, "", NULL, "Identity", GEN_OPSET, &y, 1, &next, 1, &error);
  g_assert_no_error (error);
  g_assert_true (gen_graph_infer (graph, &error));
  say_range (graph, "generative.states", "h=hn");
  gen_graph_add_output (graph, y);
  save_model (graph, next, path);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *launch =
        g_strdup_printf ("audiotestsrc num-buffers=2 ! audio/x-raw,rate=16000,channels=1 ! "
                         "generator model=%s sample-rate=16000 %s ! fakesink",
            path, cases[i].properties);
    gboolean failed;
    g_autofree char *words = play_for_words (launch, &failed);

    g_assert_false (failed);
    g_assert_cmpuint (
        count_words (words, "properties context=64 lookahead=0 say so"), ==, cases[i].told);
  }
}

/* A score of 512 samples and the 64 before them. */
static void
test_of_sound (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("score");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 576));
  GstHarness *harness;
  float samples[1024];

  save_model (graph, mean (graph, x), path);
  for (int i = 0; i < 1024; i++)
    samples[i] = i < 512 ? 0.25f : 0.5f;
  harness = open_harness ("sample-rate=16000 context=64 lookahead=0",
      "audio/x-raw,format=(string)" GST_AUDIO_NE (
          F32) ",rate=16000,channels=1,layout=(string)interleaved");
  gst_harness_push (harness, make_numbers (samples, 1024));
  g_assert_cmpfloat_with_epsilon (take_number (harness), 0.25f * 512 / 576, 1e-5);
  g_assert_cmpfloat_with_epsilon (take_number (harness), (0.25f * 64 + 0.5f * 512) / 576, 1e-5);
  gst_harness_teardown (harness);
}

/* The picture of a window goes on as numbers before an element that takes these alone. */
static void
test_spectrogram (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("spectrogram");
  const gint64 dims[] = { 1, 1, 32, 64 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 2048));
  GstHarness *harness;
  g_autoptr (GstBuffer) made = NULL;
  float samples[2048];

  save_model (graph, gen_binary (graph, "Reshape", x, gen_graph_ints (graph, dims, 4), NULL), path);
  for (int i = 0; i < 2048; i++)
    samples[i] = (float)i;
  harness = open_harness (
      "sample-rate=16000", "audio/x-raw,format=(string)" GST_AUDIO_NE (
                               F32) ",rate=16000,channels=1,layout=(string)interleaved");
  gst_harness_set_sink_caps_str (
      harness, TENSORS ",dimensions=(string)64:32:1:1,framerate=(fraction)125/16");
  made = gst_harness_push_and_pull (harness, make_numbers (samples, 2048));
  g_assert_cmpint (gst_buffer_memcmp (made, 0, samples, sizeof samples), ==, 0);
  gst_harness_teardown (harness);
}

/* Which of the samples of a sound are not 0. */
static void
save_places (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("places");
  GenTensor *x = gen_graph_add_input (graph, "input", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, -1));
  GenTensor *y = staged_node (graph, "NonZero", &x, 1);

  y->type = GEN_TYPE_INT64;
  y->shape = GEN_SHAPE (2, -1);
  save_model (graph, y, path);
}

static void
test_refused (void)
{
  const char *const pictures = "videotestsrc num-buffers=2";

  save_counter (FALSE);
  assert_refused (pictures, "", "its input 'features' takes other/tensors");
  assert_refused (pictures, "", "dimensions=5:3:1:1");
  assert_refused ("latentsrc num-buffers=2 dimensions=5:4", "",
      "dimensions are 5:4:1:1, but the model's input 'features' takes other/tensors");
  save_counter (TRUE);
  assert_refused (pictures, "", "property shapes=features=1:1:12");
  save_places ();
  assert_refused ("audiotestsrc num-buffers=2", "sample-rate=16000",
      "such as shapes=input=1:576 context=64 lookahead=0");
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  path = g_build_filename (folder, "model.onnx", NULL);
  g_test_add_func ("/numbers/of-pictures", test_of_pictures);
  g_test_add_func ("/numbers/plane", test_plane);
  g_test_add_func ("/numbers/grid", test_grid);
  g_test_add_func ("/numbers/of-several-pictures", test_of_several_pictures);
  g_test_add_func ("/numbers/of-tensors", test_of_tensors);
  g_test_add_func ("/numbers/of-tensors-like-pictures", test_of_tensors_like_pictures);
  g_test_add_func ("/numbers/of-file", test_of_file);
  g_test_add_func ("/numbers/one-by-one", test_one_by_one);
  g_test_add_func ("/numbers/of-integers", test_of_integers);
  g_test_add_func ("/numbers/context", test_context);
  g_test_add_func ("/numbers/of-sound", test_of_sound);
  g_test_add_func ("/numbers/spectrogram", test_spectrogram);
  g_test_add_func ("/numbers/refused", test_refused);
  status = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  g_free (path);
  return status;
}
