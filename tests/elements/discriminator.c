/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* discriminator: scores against arithmetic done here, on pictures and on walls, in the meta, on
 * the bus and in the report; what passes and what does not; and what it says when something is
 * wrong. */
#include <generative/device.h>
#include <generative/onnx.h>
#include <glib/gstdio.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <json-glib/json-glib.h>

#include <math.h>
#include <string.h>

#include "../staged.h"

#define SIDE 4

static float
weight (int i)
{
  return (float)(i % 5) / 40;
}

/* x [batch, 1, 4, 4], black 0 and white 1, flattened times weights, plus `bias`. */
static void
save_with_bias (const char *path, gint64 batch, gboolean staged, float bias)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("judge");
  g_autoptr (GError) error = NULL;
  float weights[SIDE * SIDE];
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, SIDE, SIDE));
  GenTensor *flat, *w, *b, *y;

  for (int i = 0; i < SIDE * SIDE; i++)
    weights[i] = weight (i);
  w = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (SIDE * SIDE, 1),
      g_bytes_new (weights, sizeof weights));
  b = gen_graph_add_constant (
      graph, "b", GEN_TYPE_FLOAT32, &GEN_SHAPE (1), g_bytes_new (&bias, sizeof bias));
  flat = gen_unary (graph, "Flatten", x, &error);
  y = gen_graph_op (graph, "Gemm", (GenTensor *[]){ flat, w, b }, 3, 1, &error, NULL);
  if (staged) {
    y->producer->inputs->pdata[0] = staged_same (graph, flat);
    g_ptr_array_add (graph->nodes, g_ptr_array_steal_index (graph->nodes, 1));
  }
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  x->shape.dims[0] = batch;
  flat->shape.dims[0] = batch;
  y->shape.dims[0] = batch;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static void
save_discriminator (const char *path, gint64 batch, gboolean staged)
{
  save_with_bias (path, batch, staged, 0.1f);
}

static char *
make_folder (void)
{
  return g_dir_make_tmp ("discriminator-XXXXXX", NULL);
}

static guint8
pixel (guint frame, int x, int y)
{
  return (guint8)(frame * 31 + (guint)(x * 17 + y * 59));
}

static GstBuffer *
make_frame (guint frame, int width, int height)
{
  gsize stride = GST_ROUND_UP_4 ((gsize)width);
  guint8 *bytes = g_malloc0 (stride * (gsize)height);
  GstBuffer *buffer;

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      bytes[(gsize)y * stride + (gsize)x] = pixel (frame, x, y);
  buffer = gst_buffer_new_wrapped (bytes, stride * (gsize)height);
  GST_BUFFER_PTS (buffer) = frame * GST_MSECOND;
  return buffer;
}

static void
expected (guint frame, int columns, int rows, double *mean, double *least, double *greatest)
{
  double sum = 0;

  *least = INFINITY;
  *greatest = -INFINITY;
  for (int t = 0; t < columns * rows; t++) {
    double score = 0.1;

    for (int i = 0; i < SIDE * SIDE; i++)
      score += weight (i) *
               pixel (frame, t % columns * SIDE + i % SIDE, t / columns * SIDE + i / SIDE) / 255.0;
    sum += score;
    *least = MIN (*least, score);
    *greatest = MAX (*greatest, score);
  }
  *mean = sum / (columns * rows);
}

static double
field (const GstStructure *structure, const char *name)
{
  double value = NAN;

  g_assert_true (gst_structure_get_double (structure, name, &value));
  return value;
}

static void
assert_scores (const GstStructure *structure, guint frame, int columns, int rows)
{
  double mean, least, greatest;

  expected (frame, columns, rows, &mean, &least, &greatest);
  g_assert_cmpfloat_with_epsilon (field (structure, "score"), mean, 1e-5);
  g_assert_true (gst_structure_has_field (structure, "tiles") == (columns * rows > 1));
  if (columns * rows > 1) {
    g_assert_cmpfloat_with_epsilon (field (structure, "score-minimum"), least, 1e-5);
    g_assert_cmpfloat_with_epsilon (field (structure, "score-maximum"), greatest, 1e-5);
  }
}

static GstHarness *
open_harness (const char *model, const char *properties, int width, int height, GstBus **bus)
{
  g_autofree char *launch = g_strdup_printf ("discriminator model=%s %s", model, properties);
  g_autofree char *caps =
      g_strdup_printf ("video/x-raw,format=GRAY8,width=%d,height=%d,framerate=30/1", width, height);
  GstHarness *harness = gst_harness_new_parse (launch);

  *bus = gst_bus_new ();
  gst_element_set_bus (harness->element, *bus);
  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

static void
close_harness (GstHarness *harness, GstBus *bus)
{
  gst_element_set_bus (harness->element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (harness);
}

/* A model that makes no number: its score is missing, which is told, and does not pass. */
static void
test_no_number (void)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *report = g_build_filename (folder, "report.jsonl", NULL);
  g_autofree char *properties = g_strdup_printf ("report=%s", report);
  g_autofree char *text = NULL;
  GstHarness *harness;
  GstBuffer *buffer;
  GstBus *bus;

  save_with_bias (model, -1, FALSE, NAN);
  harness = open_harness (model, properties, SIDE, SIDE, &bus);
  buffer = gst_harness_push_and_pull (harness, make_frame (0, SIDE, SIDE));
  g_assert_true (gst_structure_has_field_typed (
      gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer, "generative-score")),
      "score-missing", G_TYPE_STRING));
  gst_buffer_unref (buffer);
  g_assert_true (gst_harness_push_event (harness, gst_event_new_eos ()));
  close_harness (harness, bus);
  g_assert_true (g_file_get_contents (report, &text, NULL, NULL));
  g_assert_nonnull (
      strstr (text, "\"score\":null,\"score-missing\":\"the model's score is no finite number\""));
  g_assert_nonnull (strstr (text, "\"passed\":0"));
  g_assert_nonnull (strstr (text, "{\"summary\":{\"frames\":1,\"dropped\":0,\"score\":null"));
  g_unlink (model);
  g_unlink (report);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* The same scores in all three places, for single pictures and walls. */
static void
test_scores (void)
{
  static const struct {
    gint64 batch;
    int columns, rows;
    gboolean staged; /* its shapes hang on what it computes */
  } cases[] = { { -1, 1, 1, FALSE }, { 1, 1, 1, FALSE }, { -1, 3, 2, FALSE }, { 1, 3, 2, FALSE },
    { 6, 3, 2, FALSE }, { -1, 3, 2, TRUE }, { 1, 3, 2, TRUE } };
  g_autofree char *folder = make_folder ();
  g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *report = g_build_filename (folder, "report.jsonl", NULL);
  g_autofree char *properties = g_strdup_printf ("post-messages=true report=%s", report);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const int columns = cases[i].columns, rows = cases[i].rows;
    g_autofree char *text = NULL;
    g_auto (GStrv) lines = NULL;
    GstHarness *harness;
    GstBus *bus;

    save_discriminator (model, cases[i].batch, cases[i].staged);
    harness = open_harness (model, properties, columns * SIDE, rows * SIDE, &bus);
    for (guint frame = 0; frame < 5; frame++) {
      GstBuffer *before = make_frame (frame, columns * SIDE, rows * SIDE), *after, *same;
      GstMessage *message;
      GstMapInfo a, b;

      after = gst_harness_push_and_pull (harness, before);
      same = make_frame (frame, columns * SIDE, rows * SIDE);
      gst_buffer_map (after, &a, GST_MAP_READ);
      gst_buffer_map (same, &b, GST_MAP_READ);
      g_assert_cmpmem (a.data, a.size, b.data, b.size);
      gst_buffer_unmap (after, &a);
      gst_buffer_unmap (same, &b);
      assert_scores (
          gst_custom_meta_get_structure (gst_buffer_get_custom_meta (after, "generative-score")),
          frame, columns, rows);
      message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
      g_assert_nonnull (message);
      assert_scores (gst_message_get_structure (message), frame, columns, rows);
      gst_message_unref (message);
      gst_buffer_unref (after);
      gst_buffer_unref (same);
    }
    gst_harness_push_event (harness, gst_event_new_eos ());
    close_harness (harness, bus);

    g_assert_true (g_file_get_contents (report, &text, NULL, NULL));
    lines = g_strsplit (text, "\n", -1);
    g_assert_cmpuint (g_strv_length (lines), ==, 5 + 1 + 1);
    for (guint frame = 0; frame < 5; frame++) {
      g_autoptr (JsonNode) node = json_from_string (lines[frame], NULL);
      double mean, least, greatest;

      expected (frame, columns, rows, &mean, &least, &greatest);
      g_assert_cmpfloat_with_epsilon (
          json_object_get_double_member (json_node_get_object (node), "score"), mean, 1e-5);
    }
    g_assert_nonnull (strstr (lines[5], "\"summary\""));
  }
  g_unlink (report);
  g_unlink (model);
  g_rmdir (folder);
}

static void
test_drop (void)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);
  guint passed = 0, dropped = 0;
  GstHarness *harness;
  GstBus *bus;

  save_discriminator (model, -1, FALSE);
  harness = open_harness (model, "action=drop threshold=0.5", SIDE, SIDE, &bus);
  for (guint frame = 0; frame < 40; frame++) {
    double mean, least, greatest;

    expected (frame, 1, 1, &mean, &least, &greatest);
    g_assert_cmpint (gst_harness_push (harness, make_frame (frame, SIDE, SIDE)), ==, GST_FLOW_OK);
    passed += mean >= 0.5;
    dropped += mean < 0.5;
    g_assert_cmpuint (gst_harness_buffers_received (harness), ==, passed);
  }
  /* The test is none unless there are both. */
  g_assert_cmpuint (passed, >, 3);
  g_assert_cmpuint (dropped, >, 3);
  close_harness (harness, bus);
  g_unlink (model);
  g_rmdir (folder);
}

/* What the first error says. */
static char *
find_error (const char *launch)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  char *text;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, NULL);
  text = g_strdup (error->message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return text;
}

/* A batch of 0 has no picture. */
static void
test_empty (void)
{
  g_autofree char *folder = make_folder ();
  g_autofree char *path = g_build_filename (folder, "empty.onnx", NULL);
  g_autofree char *launch =
      g_strdup_printf ("videotestsrc ! discriminator model=%s ! fakesink", path);
  g_autofree char *text = NULL;

  save_discriminator (path, 0, FALSE);
  text = find_error (launch);
  g_assert_nonnull (strstr (text, "float32 [0, 1, 4, 4], which has an extent of 0"));
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_errors (void)
{
  static const struct {
    const char *launch, *text;
  } cases[] = {
    { "videotestsrc ! discriminator ! fakesink", "Property model is not set" },
    { "videotestsrc ! discriminator model=/no/such/file ! fakesink", "no file \"/no/such/file\"" },
    { "videotestsrc ! video/x-raw,width=6,height=6 ! discriminator model=%s ! fakesink",
        "takes 4 x 4 pixels of 1 channels" },
    { "videotestsrc ! discriminator model=%s report=/no/such/folder/report ! fakesink",
        "Property report" },
    { "videotestsrc ! discriminator model=%s tile-width=5 ! fakesink", "tile-width" },
    { "videotestsrc ! discriminator model=%s device=cuda ! fakesink",
        "device=auto or device=cpu runs the model" },
  };
  /* The last one is of machines without a GPU. */
  const gsize n = G_N_ELEMENTS (cases) - (gen_device_cuda.available (NULL) ? 1 : 0);
  g_autofree char *folder = make_folder ();
  g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);

  save_discriminator (model, -1, FALSE);
  for (gsize i = 0; i < n; i++) {
    g_auto (GStrv) parts = g_strsplit (cases[i].launch, "%s", 2);
    g_autofree char *launch = g_strjoinv (model, parts);
    g_autofree char *text = find_error (launch);

    if (strstr (text, cases[i].text) == NULL)
      g_error ("\"%s\" lacks \"%s\"", text, cases[i].text);
  }
  g_unlink (model);
  g_rmdir (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/discriminator/no-number", test_no_number);
  g_test_add_func ("/discriminator/scores", test_scores);
  g_test_add_func ("/discriminator/drop", test_drop);
  g_test_add_func ("/discriminator/errors", test_errors);
  g_test_add_func ("/discriminator/empty", test_empty);
  return g_test_run ();
}
