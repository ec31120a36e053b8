/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Models that make NaN and infinity, or sound beyond full scale: said once, on the bus. */
#include <generative/report.h>
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>

#include "../staged.h"
#include "doubtful.h"

#define LENGTH 3
#define WINDOW 1024

typedef enum { PLAIN, STAGED, TANH } Kind;

/* z [batch, 3]: the roots of 2 (1 - z0) for all numbers, grey pictures of 4 x 4. Latents beyond 1
 * make no picture. */
static void
save_roots (const char *path, gint64 batch, Kind kind)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("roots");
  g_autoptr (GError) error = NULL;
  float weights[LENGTH * 16] = { 0 }, ones[16];
  GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH));
  GenTensor *w, *b, *sum, *y;

  for (int i = 0; i < 16; i++) {
    weights[i] = -2;
    ones[i] = 2;
  }
  w = gen_graph_add_constant (
      graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (LENGTH, 16), g_bytes_new (weights, sizeof weights));
  b = gen_graph_add_constant (
      graph, "b", GEN_TYPE_FLOAT32, &GEN_SHAPE (16), g_bytes_new (ones, sizeof ones));
  sum = gen_graph_op (graph, "Gemm", (GenTensor *[]){ z, w, b }, 3, 1, &error, NULL);
  y = gen_unary (graph, "Sqrt", sum, &error);
  if (kind == TANH)
    y = gen_unary (graph, "Tanh", y, &error);
  g_assert_no_error (error);
  if (kind == STAGED) {
    y = staged_same (graph, y);
    y->type = GEN_TYPE_FLOAT32;
    y->shape = GEN_SHAPE (batch, 16);
  }
  say_range (graph, "generative.output-range", "0,1");
  z->shape.dims[0] = sum->shape.dims[0] = y->shape.dims[0] = batch;
  save_model (graph, y, path);
}

static GstHarness *
open_harness (
    const char *path, const char *properties, int pictures, const char *sink, GstBus **bus)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s %s", path, properties);
  g_autofree char *caps =
      g_strdup_printf ("other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"
                       "dimensions=(string)3:%d:1:1,framerate=(fraction)30/1",
          pictures);
  GstHarness *harness = gst_harness_new_parse (launch);

  *bus = gst_bus_new ();
  gst_element_set_bus (harness->element, *bus);
  if (sink != NULL)
    gst_harness_set_sink_caps_str (harness, sink);
  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

/* Of frame `frame`, the last picture of `pictures` is a bad one or not. */
static void
push (GstHarness *harness, guint frame, int pictures, gboolean bad)
{
  gsize n = (gsize)pictures * LENGTH;
  float *values = g_new0 (float, n);
  GstBuffer *buffer = gst_buffer_new_wrapped (values, n * sizeof (float));

  if (bad)
    values[n - LENGTH] = 3;
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (frame, GST_SECOND, 30);
  GST_BUFFER_OFFSET (buffer) = frame;
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
}

static char *
read_warnings (GstBus *bus)
{
  GString *words = g_string_new (NULL);
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING)) != NULL) {
    g_autoptr (GError) error = NULL;

    gst_message_parse_warning (message, &error, NULL);
    g_assert_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED);
    g_string_append_printf (words, "%s\n", error->message);
    gst_message_unref (message);
  }
  return g_string_free (words, FALSE);
}

static void
close_harness (GstHarness *harness, GstBus *bus)
{
  gst_element_set_bus (harness->element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (harness);
}

/* By all ways in which frames are made. */
static void
test_generator (void)
{
  static const struct {
    gint64 batch;
    Kind kind;
    int pictures;
    const char *properties, *sink;
  } cases[] = {
    { -1, PLAIN, 1, "", NULL },
    { -1, TANH, 1, "", NULL },
    { 1, PLAIN, 1, "", NULL },
    { -1, PLAIN, 4, "", "video/x-raw,format=RGBx" },
    { 1, PLAIN, 4, "", NULL },
    { -1, PLAIN, 1, "batch-size=4", NULL },
    { 1, PLAIN, 1, "batch-size=4", NULL },
    { -1, PLAIN, 1, "", "video/x-raw,format=NV12" },
    { -1, TANH, 4, "batch-size=4", "video/x-raw,format=I420" },
    { -1, STAGED, 1, "", NULL },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "roots.onnx", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *none = NULL, *one = NULL, *further = NULL;
    GstHarness *harness;
    GstBus *bus;

    save_roots (path, cases[i].batch, cases[i].kind);
    harness = open_harness (path, cases[i].properties, cases[i].pictures, cases[i].sink, &bus);
    for (guint frame = 0; frame < 4; frame++)
      push (harness, frame, cases[i].pictures, FALSE);
    none = read_warnings (bus);
    g_assert_cmpstr (none, ==, "");
    for (guint frame = 4; frame < 8; frame++)
      push (harness, frame, cases[i].pictures, frame == 6);
    one = read_warnings (bus);
    g_assert_cmpuint (count_words (one, "not finite"), ==, 1);
    assert_says (one, "in frame 6 its output '");
    assert_says (one, path);
    for (guint frame = 8; frame < 12; frame++)
      push (harness, frame, cases[i].pictures, TRUE);
    further = read_warnings (bus);
    g_assert_cmpstr (further, ==, "");
    close_harness (harness, bus);
  }
  scratch_remove (folder);
}

/* The roots of samples, [1, 1, 1024]: as a sound, a picture or plain numbers. */
static void
save_roots_of_sound (const char *path, const gint64 *made, int rank)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("roots");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, WINDOW));
  GenTensor *y = gen_unary (graph, "Sqrt", x, &error);

  if (made != NULL)
    y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, made, rank), &error);
  g_assert_no_error (error);
  say_range (graph, "generative.output-range", "0,1");
  say_range (graph, "generative.sample-rate", "8000");
  save_model (graph, y, path);
}

/* Whatever is made of windows of a sound. */
static void
test_windows (void)
{
  static const gint64 picture[] = { 1, 1, 32, 32 }, numbers[] = { 1, 32, 4, 8 };
  static const struct {
    const gint64 *made;
    const char *becomes;
  } cases[] = {
    { NULL, "are silent" },
    { picture, "show as black or white" },
    { numbers, "go on as they are" },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "roots.onnx", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *launch = g_strdup_printf ("generator model=%s", path);
    g_autofree char *words = NULL;
    g_autoptr (GstBus) bus = gst_bus_new ();
    GstHarness *harness;

    save_roots_of_sound (path, cases[i].made, 4);
    harness = gst_harness_new_parse (launch);
    gst_element_set_bus (harness->element, bus);
    gst_harness_set_src_caps_str (harness,
        "audio/x-raw,format=" GST_AUDIO_NE (F32) ",layout=interleaved,rate=8000,channels=1");
    for (guint n = 0; n < 6; n++) {
      float *samples = g_new0 (float, WINDOW);

      if (n == 2 || n == 4)
        samples[100] = -1;
      gst_harness_push (harness, gst_buffer_new_wrapped (samples, WINDOW * sizeof (float)));
    }
    words = read_warnings (bus);
    g_assert_cmpuint (count_words (words, "not finite"), ==, 1);
    assert_says (words, "in frame 2 its output '");
    assert_says (words, cases[i].becomes);
    gst_element_set_bus (harness->element, NULL);
    gst_harness_teardown (harness);
  }
  scratch_remove (folder);
}

/* What goes on as it comes, sound 1 to 1. */
static void
save_same (const char *path)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("same");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, WINDOW));
  GenTensor *y = gen_unary (graph, "Identity", x, &error);

  g_assert_no_error (error);
  save_model (graph, y, path);
}

/* Sound that is far beyond full scale is told of once, with the property that helps. */
static void
test_loud (void)
{
  static const struct {
    const char *format;
    float value; /* of all samples */
    const char *said;
  } cases[] = {
    { GST_AUDIO_NE (F32), 3, NULL },
    { GST_AUDIO_NE (F32), -5000, "reaches 5000 times full scale" },
    { GST_AUDIO_NE (S16), 0.5f, NULL },
    { GST_AUDIO_NE (S16), 1, "beyond full scale for more than half" },
  };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "same.onnx", NULL);
  g_autofree char *launch = g_strdup_printf ("generator model=%s sample-rate=8000", path);

  save_same (path);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *caps = g_strdup_printf (
        "audio/x-raw,format=%s,layout=interleaved,rate=8000,channels=1", cases[i].format);
    const gboolean int16 = g_str_equal (cases[i].format, GST_AUDIO_NE (S16));
    g_autofree char *words = NULL;
    g_autoptr (GstBus) bus = gst_bus_new ();
    GstHarness *harness = gst_harness_new_parse (launch);

    gst_element_set_bus (harness->element, bus);
    gst_harness_set_caps_str (harness, caps, caps);
    for (guint n = 0; n < 3; n++) {
      float *samples = g_new0 (float, WINDOW);
      gint16 *shorts = (gint16 *)(gpointer)samples;

      for (gsize k = 0; k < WINDOW; k++)
        if (int16)
          shorts[k] = (gint16)MIN (32768 * cases[i].value, 32767);
        else
          samples[k] = cases[i].value;
      gst_harness_push (harness,
          gst_buffer_new_wrapped (samples, WINDOW * (int16 ? sizeof (gint16) : sizeof (float))));
    }
    words = read_warnings (bus);
    g_assert_cmpuint (count_words (words, "is clipped"), ==, cases[i].said != NULL ? 1 : 0);
    if (cases[i].said != NULL)
      assert_says (words, cases[i].said);
    gst_element_set_bus (harness->element, NULL);
    gst_harness_teardown (harness);
  }
  scratch_remove (folder);
}

/* A batch that ends early has places in which the frames before it lie. */
static void
test_rest_of_batch (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "roots.onnx", NULL);
  g_autofree char *none = NULL;
  GstHarness *harness;
  GstBus *bus;

  save_roots (path, -1, PLAIN);
  harness = open_harness (path, "batch-size=4", 1, NULL, &bus);
  for (guint frame = 0; frame < 6; frame++)
    push (harness, frame, 1, FALSE);
  gst_harness_push_event (harness, gst_event_new_eos ());
  g_assert_cmpuint (gst_harness_buffers_received (harness), ==, 6);
  none = read_warnings (bus);
  g_assert_cmpstr (none, ==, "");
  close_harness (harness, bus);
  scratch_remove (folder);
}

/* Another model is another matter. */
static void
test_reload (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "roots.onnx", NULL);
  g_autofree char *first = NULL, *second = NULL;
  GstHarness *harness;
  GstMessage *message;
  GstBus *bus;

  save_roots (path, -1, PLAIN);
  harness = open_harness (path, "", 1, NULL, &bus);
  push (harness, 0, 1, TRUE);
  first = read_warnings (bus);
  assert_says (first, "in frame 0");
  save_roots (path, -1, TANH);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (message);
  gst_message_unref (message);
  push (harness, 1, 1, FALSE);
  push (harness, 2, 1, TRUE);
  push (harness, 3, 1, TRUE);
  second = read_warnings (bus);
  g_assert_cmpuint (count_words (second, "not finite"), ==, 1);
  assert_says (second, "in frame 2");
  close_harness (harness, bus);
  scratch_remove (folder);
}

/* --- scores --- */

/* The mean of x, minus a half, and then its logarithm: of a dark picture NaN. */
static void
save_judge (const char *path)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("judge");
  g_autoptr (GError) error = NULL;
  const gint64 axes[] = { 1, 2, 3 };
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, 1, FALSE), *y;

  y = gen_graph_op (graph, "ReduceMean", &x, 1, 1, &error, "axes", GEN_INTS, 3, axes, "keepdims",
      GEN_INT, 0, NULL);
  y = gen_binary (graph, "Sub", y, gen_graph_float (graph, 0.5f), &error);
  y = gen_unary (graph, "Log", y, &error);
  g_assert_no_error (error);
  say_range (graph, "generative.input-range", "0,1");
  save_model (graph, y, path);
}

static void
test_discriminator (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "judge.onnx", NULL);
  g_autofree char *report = g_build_filename (folder, "report.jsonl", NULL);

  save_judge (path);
  for (int drops = 0; drops < 2; drops++) {
    g_autofree char *launch = g_strdup_printf (
        "videotestsrc num-buffers=5 pattern=%s ! video/x-raw,format=RGB,width=8,height=8 ! "
        "discriminator model=%s threshold=-100 report=%s action=%s ! fakesink",
        drops ? "black" : "blink", path, report, drops ? "drop" : "tag");
    g_autofree char *words = NULL, *lines = NULL;
    gboolean failed;

    words = play_for_words (launch, &failed);
    g_assert_false (failed);
    g_assert_cmpuint (count_words (words, "which is no score"), ==, 1);
    assert_says (words, path);
    assert_says (words, "its output '");
    g_assert_true (g_file_get_contents (report, &lines, NULL, NULL));
    assert_says (lines, drops ? "\"dropped\":5" : "\"dropped\":0");
    g_assert_null (strstr (lines, "nan"));
    g_assert_null (strstr (lines, "inf"));
  }
  scratch_remove (folder);
}

/* --- features --- */

/* The logarithms of a picture: of black -infinity. */
static void
save_embedder (const char *path)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("logarithms");
  g_autoptr (GError) error = NULL;
  GenTensor *x = add_picture (graph, GEN_TYPE_FLOAT32, 1, FALSE), *y;

  y = gen_unary (graph, "Log", gen_unary (graph, "Flatten", x, &error), &error);
  g_assert_no_error (error);
  say_range (graph, "generative.input-range", "0,1");
  save_model (graph, y, path);
}

static void
test_qualitymeter (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "logarithms.onnx", NULL);
  g_autofree char *report = g_build_filename (folder, "report.jsonl", NULL);
  g_autofree char *statistics = g_build_filename (folder, "statistics.npz", NULL);
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=6 pattern=blink ! video/x-raw,format=RGB,width=8,height=8 ! "
      "qualitymeter metrics=frechet embedder=%s report=%s save-statistics=%s ! fakesink",
      path, report, statistics);
  g_autofree char *words = NULL, *lines = NULL;
  gboolean failed;

  save_embedder (path);
  words = play_for_words (launch, &failed);
  g_assert_false (failed);
  g_assert_cmpuint (count_words (words, "features that are not finite"), ==, 1);
  assert_says (words, "logarithms.onnx");
  g_assert_true (g_file_get_contents (report, &lines, NULL, NULL));
  assert_says (lines, "\"samples\":3");
  assert_says (lines, "\"left-out\":3");
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/not-finite/generator", test_generator);
  g_test_add_func ("/not-finite/windows", test_windows);
  g_test_add_func ("/not-finite/loud", test_loud);
  g_test_add_func ("/not-finite/rest-of-batch", test_rest_of_batch);
  g_test_add_func ("/not-finite/reload", test_reload);
  g_test_add_func ("/not-finite/discriminator", test_discriminator);
  g_test_add_func ("/not-finite/qualitymeter", test_qualitymeter);
  return g_test_run ();
}
