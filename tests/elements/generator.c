/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator: pictures against arithmetic done here, walls, batches, flushing, draining, hot
 * reload, skipping late frames, and what it says when something is wrong. */
#include <generative/file-bytes.h>
#include <generative/onnx.h>
#include <generative/plan.h>
#include <glib/gstdio.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <math.h>
#include <string.h>

#define LENGTH 3
#define SIDE 4
#define PIXELS (SIDE * SIDE)

static float
weight (int k, int pixel)
{
  return (float)((k * PIXELS + pixel) % 7) / 7 - 0.5f;
}

/* z [batch, 3] times a matrix, times `gain`: grey pictures of 4 x 4, black at 0, white at 2. */
static void
save_generator (const char *path, gint64 batch, float gain)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("small");
  g_autoptr (GError) error = NULL;
  float weights[LENGTH * PIXELS];
  GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH)), *w, *y;

  for (int k = 0; k < LENGTH; k++)
    for (int i = 0; i < PIXELS; i++)
      weights[k * PIXELS + i] = weight (k, i) * gain;
  w = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (LENGTH, PIXELS),
      g_bytes_new (weights, sizeof weights));
  y = gen_graph_op (graph, "Gemm", (GenTensor *[]){ z, w }, 2, 1, &error, NULL);
  g_assert_no_error (error);
  gen_graph_add_output (graph, y);
  z->shape.dims[0] = batch;
  y->shape.dims[0] = batch;
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,2"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

static char *
make_path (void)
{
  g_autofree char *folder = g_dir_make_tmp ("generator-XXXXXX", NULL);

  return g_build_filename (folder, "model.onnx", NULL);
}

static void
remove_path (char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  g_unlink (path);
  g_rmdir (folder);
  g_free (path);
}

static float
latent (guint frame, int i)
{
  return (float)((frame * 5 + (guint)i * 3) % 11) / 5;
}

static GstHarness *
open_harness (const char *path, const char *properties, int pictures, const char *sink_caps)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s %s", path, properties);
  g_autofree char *caps =
      g_strdup_printf ("other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"
                       "dimensions=(string)3:%d:1:1,framerate=(fraction)30/1",
          pictures);
  GstHarness *harness = gst_harness_new_parse (launch);

  if (sink_caps != NULL)
    gst_harness_set_sink_caps_str (harness, sink_caps);
  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

static GstBuffer *
make_latents (guint frame, int pictures)
{
  gsize n = (gsize)pictures * LENGTH;
  float *values = g_new (float, n);
  GstBuffer *buffer;

  for (gsize i = 0; i < n; i++)
    values[i] = latent (frame, (int)i);
  buffer = gst_buffer_new_wrapped (values, n * sizeof (float));
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (frame, GST_SECOND, 30);
  GST_BUFFER_DURATION (buffer) = GST_SECOND / 30;
  GST_BUFFER_OFFSET (buffer) = frame;
  return buffer;
}

/* Picture `p` of frame `frame` stands at tile (row, column) of the frame's memory. */
static void
assert_tile (const guint8 *data, gsize stride, int bytes, guint frame, int p, float gain)
{
  for (int i = 0; i < PIXELS; i++) {
    float sum = 0;
    int want;

    for (int k = 0; k < LENGTH; k++)
      sum += latent (frame, p * LENGTH + k) * weight (k, i) * gain;
    want = (int)lrintf (CLAMP (sum * 127.5f, 0, 255));
    for (int b = 0; b < bytes; b++)
      g_assert_cmpint (
          ABS (data[(gsize)(i / SIDE) * stride + (gsize)(i % SIDE * bytes + b)] - want), <=, 1);
  }
}

static void
assert_buffer (GstBuffer *buffer, guint frame, int pictures, int columns, int bytes, float gain)
{
  gsize stride = GST_ROUND_UP_4 ((gsize)columns * SIDE * (gsize)bytes);
  GstMapInfo map;

  g_assert_nonnull (buffer);
  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, frame);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, gst_util_uint64_scale (frame, GST_SECOND, 30));
  g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, GST_SECOND / 30);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  for (int p = 0; p < pictures; p++)
    assert_tile (
        map.data + (gsize)(p / columns * SIDE) * stride + (gsize)(p % columns * SIDE * bytes),
        stride, bytes, frame, p, gain);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
}

/* Single pictures and walls, in grey and in other formats, of models with a free batch and of
 * models that take one at a time. */
static void
test_pictures (void)
{
  static const struct {
    const char *properties, *caps;
    int pictures, columns, bytes;
  } cases[] = {
    { "", NULL, 1, 1, 1 },
    { "threads=1", "video/x-raw,format=RGB", 1, 1, 3 },
    { "", NULL, 6, 3, 1 },
    { "columns=4", NULL, 6, 4, 1 },
    { "columns=5", "video/x-raw,format=BGR", 7, 5, 3 },
    { "", "video/x-raw,format=RGBP", 6, 3, 1 },
  };
  char *path = make_path ();

  for (int single = 0; single < 2; single++) {
    save_generator (path, single ? 1 : -1, 1);
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
      GstHarness *harness =
          open_harness (path, cases[i].properties, cases[i].pictures, cases[i].caps);

      for (guint frame = 0; frame < 5; frame++)
        assert_buffer (gst_harness_push_and_pull (harness, make_latents (frame, cases[i].pictures)),
            frame, cases[i].pictures, cases[i].columns, cases[i].bytes, 1);
      gst_harness_teardown (harness);
    }
  }
  remove_path (path);
}

/* A neighbour that takes any pixels, as videoscale in front of square ones does, gets square ones.
 */
static void
test_square (void)
{
  char *path = make_path ();
  g_autoptr (GstCaps) caps = NULL;
  GstHarness *harness;
  GstVideoInfo info;

  save_generator (path, 1, 1);
  harness = open_harness (
      path, "", 1, "video/x-raw,pixel-aspect-ratio=(fraction)[1/2147483647,2147483647/1]");
  gst_buffer_unref (gst_harness_push_and_pull (harness, make_latents (0, 1)));
  caps = gst_pad_get_current_caps (harness->sinkpad);
  g_assert_true (gst_video_info_from_caps (&info, caps));
  g_assert_cmpint (info.par_n, ==, 1);
  g_assert_cmpint (info.par_d, ==, 1);
  gst_harness_teardown (harness);
  remove_path (path);
}

/* A batch comes when it is full; the rest of one at the end; none of one after a flush. */
static void
test_batch (void)
{
  char *path = make_path ();
  GstHarness *harness;
  GstSegment segment;

  save_generator (path, -1, 1);
  harness = open_harness (path, "batch-size=4", 2, NULL);
  for (guint frame = 0; frame < 10; frame++) {
    g_assert_cmpint (gst_harness_push (harness, make_latents (frame, 2)), ==, GST_FLOW_OK);
    g_assert_cmpuint (gst_harness_buffers_received (harness), ==, (frame + 1) / 4 * 4);
  }
  gst_harness_push_event (harness, gst_event_new_eos ());
  g_assert_cmpuint (gst_harness_buffers_received (harness), ==, 10);
  for (guint frame = 0; frame < 10; frame++)
    assert_buffer (gst_harness_pull (harness), frame, 2, 2, 1, 1);
  gst_harness_teardown (harness);

  harness = open_harness (path, "batch-size=4", 2, NULL);
  for (guint frame = 0; frame < 3; frame++)
    gst_harness_push (harness, make_latents (frame, 2));
  gst_harness_push_event (harness, gst_event_new_flush_start ());
  gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
  for (guint frame = 20; frame < 24; frame++)
    gst_harness_push (harness, make_latents (frame, 2));
  for (guint frame = 20; frame < 24; frame++)
    assert_buffer (gst_harness_pull (harness), frame, 2, 2, 1, 1);
  g_assert_cmpuint (gst_harness_buffers_received (harness), ==, 4);
  gst_harness_teardown (harness);
  remove_path (path);
}

static void
test_latency (void)
{
  char *path = make_path ();
  GstHarness *harness;
  GstClockTime latency;

  save_generator (path, -1, 1);
  harness = open_harness (path, "batch-size=4", 1, NULL);
  gst_harness_push (harness, make_latents (0, 1));
  latency = gst_harness_query_latency (harness);
  g_assert_cmpuint (latency, >=, 100 * GST_MSECOND);
  gst_harness_teardown (harness);
  remove_path (path);
}

/* Frames that come too late are not made. */
static void
test_qos (void)
{
  char *path = make_path ();
  GstHarness *harness;

  save_generator (path, -1, 1);
  harness = open_harness (path, "", 1, NULL);
  assert_buffer (gst_harness_push_and_pull (harness, make_latents (0, 1)), 0, 1, 1, 1, 1);
  gst_harness_push_upstream_event (
      harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 1.0, GST_SECOND / 10, 0));
  for (guint frame = 1; frame < 6; frame++)
    g_assert_cmpint (gst_harness_push (harness, make_latents (frame, 1)), ==, GST_FLOW_OK);
  g_assert_cmpuint (gst_harness_buffers_received (harness), ==, 3);
  assert_buffer (gst_harness_pull (harness), 4, 1, 1, 1, 1);
  assert_buffer (gst_harness_pull (harness), 5, 1, 1, 1, 1);
  gst_harness_teardown (harness);
  remove_path (path);
}

static GstBus *
add_bus (GstHarness *harness)
{
  GstBus *bus = gst_bus_new ();

  gst_element_set_bus (harness->element, bus);
  return bus;
}

/* A new file plays when it has been noticed, a broken one is told and left. */
static void
test_reload (void)
{
  char *path = make_path ();
  GstHarness *harness;
  GstBus *bus;
  GstMessage *message;

  save_generator (path, -1, 1);
  harness = open_harness (path, "", 1, NULL);
  bus = add_bus (harness);
  assert_buffer (gst_harness_push_and_pull (harness, make_latents (1, 1)), 1, 1, 1, 1, 1);

  save_generator (path, -1, 0.5);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ELEMENT);
  g_assert_nonnull (message);
  g_assert_true (gst_message_has_name (message, "generator-reload"));
  gst_message_unref (message);
  assert_buffer (gst_harness_push_and_pull (harness, make_latents (2, 1)), 2, 1, 1, 1, 0.5);

  g_assert_true (g_file_set_contents (path, "no model", -1, NULL));
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  gst_message_unref (message);
  assert_buffer (gst_harness_push_and_pull (harness, make_latents (3, 1)), 3, 1, 1, 1, 0.5);

  gst_element_set_bus (harness->element, NULL);
  gst_object_unref (bus);
  gst_harness_teardown (harness);
  remove_path (path);
}

#define WIDE 2048

/* z [batch, 3] to 2048 numbers and on to a picture of 64 x 64: some megabytes of weights. */
static void
save_large (const char *path)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("large");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH));
  GenTensor *z = x;
  const gint64 extents[] = { LENGTH, WIDE, 4096 };

  for (int i = 0; i < 2; i++) {
    gsize n = (gsize)(extents[i] * extents[i + 1]);
    float *weights = g_new (float, n);
    GenTensor *w;

    for (gsize k = 0; k < n; k++)
      weights[k] = (float)(k * 7 % 97) / 4096;
    w = gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32,
        &GEN_SHAPE (extents[i], extents[i + 1]), g_bytes_new_take (weights, n * sizeof (float)));
    x = gen_graph_op (graph, "Gemm", (GenTensor *[]){ x, w }, 2, 1, &error, NULL);
    g_assert_no_error (error);
  }
  gen_graph_add_output (graph, x);
  z->shape.dims[0] = x->shape.dims[0] = -1;
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* Files are in memory once as soon as their stamps are old enough to tell them from others. */
static void
wait_until_settled (const char *path)
{
  gboolean same = FALSE;

  while (!same) {
    g_autoptr (GBytes) first = gen_file_bytes (path, NULL);
    g_autoptr (GBytes) second = gen_file_bytes (path, NULL);

    same = g_bytes_get_data (first, NULL) == g_bytes_get_data (second, NULL);
    if (!same)
      g_usleep (10000);
  }
}

/* Two elements that play one model have its weights in memory once, where both choose the same
 * kernels: what is measured may be another one with another number of threads. */
static void
test_shared (void)
{
  char *path = make_path ();
  const gsize weights = sizeof (float) * WIDE * 4096;
  gsize before = gen_plan_shared_size (), one;
  GstHarness *first, *second;
  GstBuffer *made[2];
  GstMapInfo maps[2];

  save_large (path);
  wait_until_settled (path);
  first = open_harness (path, "kernels=rules", 1, NULL);
  made[0] = gst_harness_push_and_pull (first, make_latents (1, 1));
  one = gen_plan_shared_size () - before;
  g_assert_cmpuint (one, >=, weights);
  second = open_harness (path, "kernels=rules threads=1", 1, NULL);
  gst_buffer_unref (gst_harness_push_and_pull (second, make_latents (0, 1)));
  g_assert_cmpuint (gen_plan_shared_size () - before, ==, one);
  gst_harness_teardown (first);

  made[1] = gst_harness_push_and_pull (second, make_latents (1, 1));
  for (int i = 0; i < 2; i++)
    g_assert_true (gst_buffer_map (made[i], &maps[i], GST_MAP_READ));
  g_assert_cmpmem (maps[0].data, maps[0].size, maps[1].data, maps[1].size);
  for (int i = 0; i < 2; i++) {
    gst_buffer_unmap (made[i], &maps[i]);
    gst_buffer_unref (made[i]);
  }
  gst_harness_teardown (second);
  g_assert_cmpuint (gen_plan_shared_size (), ==, before);
  remove_path (path);
}

/* Plays `launch` until there is an error; its text, and GError's code by `code`. */
static char *
find_error (const char *launch, GQuark domain, int code)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (launch, &error);
  g_autoptr (GstBus) bus = NULL;
  GstMessage *message;
  GString *text = g_string_new (NULL);

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (gboolean ended = FALSE; !ended;) {
    message = gst_bus_timed_pop_filtered (
        bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_WARNING | GST_MESSAGE_EOS);
    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), !=, GST_MESSAGE_EOS);
    ended = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR;
    if (ended)
      gst_message_parse_error (message, &error, NULL);
    else
      gst_message_parse_warning (message, &error, NULL);
    g_string_append_printf (text, "%s\n", error->message);
    if (ended && domain != 0)
      g_assert_error (error, domain, code);
    g_clear_error (&error);
    gst_message_unref (message);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return g_string_free (text, FALSE);
}

static void
test_errors (void)
{
  char *path = make_path ();
  g_autofree char *whole = NULL;
  gsize size;
  const struct {
    const char *launch;
    GQuark domain;
    int code;
    const char *text;
  } cases[] = {
    { "latentsrc ! generator ! fakesink", GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        "Property model is not set" },
    { "latentsrc ! generator model=/no/such/file ! fakesink", GST_RESOURCE_ERROR,
        GST_RESOURCE_ERROR_NOT_FOUND, "no file \"/no/such/file\"" },
    { "latentsrc dimensions=5 ! generator model=%s ! fakesink", GST_CORE_ERROR,
        GST_CORE_ERROR_NEGOTIATION, "latents of 3 numbers" },
    { "videotestsrc ! generator model=%s ! fakesink", GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "do not fit the model, which makes vectors of 16 numbers" },
    { "latentsrc ! generator model=%s ! video/x-raw,width=101 ! fakesink", GST_CORE_ERROR,
        GST_CORE_ERROR_NEGOTIATION, "do not fit the model, which makes vectors of 16 numbers" },
    /* As wide as a wall, which a single latent does not make. */
    { "latentsrc ! generator model=%s ! video/x-raw,width=8 ! fakesink", GST_CORE_ERROR,
        GST_CORE_ERROR_NEGOTIATION, "do not fit the model, which makes vectors of 16 numbers" },
    { "latentsrc ! generator model=%s width=5 ! fakesink", 0, 0,
        "set properties width and height" },
    { "latentsrc ! generator model=%s output-range=1,1 ! fakesink", 0, 0,
        "Property output-range is \"1,1\"" },
    { "latentsrc ! generator model=%s device=cuda ! fakesink", GST_RESOURCE_ERROR,
        GST_RESOURCE_ERROR_SETTINGS, "device=auto or device=cpu runs the model" },
  };
  /* The last one is of machines without a GPU. */
  const gsize n = G_N_ELEMENTS (cases) - (gen_device_cuda.available (NULL) ? 1 : 0);

  save_generator (path, -1, 1);
  for (gsize i = 0; i < n; i++) {
    g_auto (GStrv) parts = g_strsplit (cases[i].launch, "%s", 2);
    g_autofree char *launch = g_strjoinv (path, parts);
    g_autofree char *text = find_error (launch, cases[i].domain, cases[i].code);

    if (strstr (text, cases[i].text) == NULL)
      g_error ("\"%s\" lacks \"%s\"", text, cases[i].text);
  }

  /* Cut anywhere, the file is an error and no crash. */
  g_assert_true (g_file_get_contents (path, &whole, &size, NULL));
  for (gsize length = 0; length < size; length += 1 + size / 16) {
    g_autofree char *launch = g_strdup_printf ("latentsrc ! generator model=%s ! fakesink", path);
    g_autofree char *text = NULL;

    g_assert_true (g_file_set_contents (path, whole, (gssize)length, NULL));
    text = find_error (launch, 0, 0);
    g_assert_nonnull (strstr (text, path));
  }
  remove_path (path);
}

/* Starting and stopping over and over leaves nothing behind. */
static void
test_states (void)
{
  char *path = make_path ();
  g_autofree char *launch =
      g_strdup_printf ("latentsrc num-buffers=3 ! generator model=%s ! fakesink", path);
  GstElement *pipeline;

  save_generator (path, -1, 1);
  pipeline = gst_parse_launch (launch, NULL);
  for (int i = 0; i < 200; i++) {
    GstStateChangeReturn result;

    gst_element_set_state (pipeline, GST_STATE_PAUSED);
    result = gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND);
    g_assert_cmpint (result, ==, GST_STATE_CHANGE_SUCCESS);
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
  gst_object_unref (pipeline);
  remove_path (path);
}

/* Pages that the process holds. */
static gsize
resident_pages (void)
{
  g_autofree char *text = NULL;
  gsize total = 0, resident = 0;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  /* A sanitizer keeps what has been freed: its growth says nothing. */
  return 0;
#endif
  if (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL))
    sscanf (text, "%" G_GSIZE_FORMAT " %" G_GSIZE_FORMAT, &total, &resident);
  return resident;
}

static void
test_memory (void)
{
  char *path = make_path ();
  GstHarness *harness;
  gsize before = 0;

  save_generator (path, -1, 1);
  harness = open_harness (path, "batch-size=3", 4, NULL);
  for (guint frame = 0; frame < 30000; frame++) {
    GstBuffer *buffer;

    if (frame == 10000)
      before = resident_pages ();
    gst_harness_push (harness, make_latents (frame, 4));
    while ((buffer = gst_harness_try_pull (harness)) != NULL)
      gst_buffer_unref (buffer);
  }
  g_assert_cmpuint (resident_pages (), <=, before + 64);
  gst_harness_teardown (harness);
  remove_path (path);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/generator/pictures", test_pictures);
  g_test_add_func ("/generator/square", test_square);
  g_test_add_func ("/generator/batch", test_batch);
  g_test_add_func ("/generator/latency", test_latency);
  g_test_add_func ("/generator/qos", test_qos);
  g_test_add_func ("/generator/reload", test_reload);
  g_test_add_func ("/generator/shared", test_shared);
  g_test_add_func ("/generator/errors", test_errors);
  g_test_add_func ("/generator/states", test_states);
  g_test_add_func ("/generator/memory", test_memory);
  return g_test_run ();
}
