/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator with models whose pictures have no fixed size: one that takes any size, and one that
 * makes what it finds, so that caps change with what is seen. */
#include <generative/onnx.h>
#include <glib/gstdio.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <string.h>

#include "../staged.h"

static GenTensor *
ints (GenGraph *graph, gint64 a, gint64 b)
{
  return gen_graph_ints (graph, (gint64[]){ a, b }, 2);
}

static GenTensor *
reduce (GenGraph *graph, const char *op, GenTensor *x, int n, const gint64 *axes)
{
  GenTensor *output = staged_node (graph, op, &x, 1);

  gen_node_set_ints (output->producer, "axes", axes, n);
  gen_node_set_int (output->producer, "keepdims", 0);
  return output;
}

static char *
save (GenGraph *graph, GenTensor *output)
{
  g_autofree char *folder = g_dir_make_tmp ("sizes-XXXXXX", NULL);
  char *path = g_build_filename (folder, "model.onnx", NULL);
  g_autoptr (GError) error = NULL;

  output->type = GEN_TYPE_FLOAT32;
  output->shape = GEN_SHAPE (-1, 1, -1, -1);
  gen_graph_add_output (graph, output);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,1"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
  return path;
}

/* Twice the size, each pixel four times: of any size, and any number at once. */
static char *
save_doubler (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("doubler");
  const float ones[] = { 1, 1, 1, 1 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1, 1, -1, -1)), *y;
  GenTensor *w = gen_graph_add_constant (
      graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 2, 2), g_bytes_new (ones, sizeof ones));

  y = staged_node (graph, "ConvTranspose", (GenTensor *[]){ x, w }, 2);
  gen_node_set_ints (y->producer, "strides", (gint64[]){ 2, 2 }, 2);
  return save (graph, y);
}

/* As it is, and the last of each two by two pixels added to them; in the end each pixel `factor`
 * times along both axes. What is odd does not fit. */
static char *
save_halver (int factor)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("halver");
  const float last[] = { 0, 0, 0, 1 }, ones[] = { 1, 1, 1, 1 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1, 1, -1, -1)), *y;
  GenTensor *w = gen_graph_add_constant (
      graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 2, 2), g_bytes_new (last, sizeof last));
  GenTensor *v = gen_graph_add_constant (
      graph, "v", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 2, 2), g_bytes_new (ones, sizeof ones));

  y = staged_node (graph, "Conv", (GenTensor *[]){ x, w }, 2);
  gen_node_set_ints (y->producer, "strides", (gint64[]){ 2, 2 }, 2);
  y = staged_node (graph, "ConvTranspose", (GenTensor *[]){ y, v }, 2);
  gen_node_set_ints (y->producer, "strides", (gint64[]){ 2, 2 }, 2);
  y = staged_node (graph, "Add", (GenTensor *[]){ x, y }, 2);
  for (; factor > 1; factor /= 2) {
    y = staged_node (graph, "ConvTranspose", (GenTensor *[]){ y, v }, 2);
    gen_node_set_ints (y->producer, "strides", (gint64[]){ 2, 2 }, 2);
  }
  return save (graph, y);
}

/* What takes any size by its declaration, but has numbers for 64 x 64 alone. */
static char *
save_picky (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("picky");
  const gsize size = 64 * 64 * sizeof (float);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1, 1, -1, -1));
  GenTensor *w = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 64, 64),
      g_bytes_new_take (g_malloc0 (size), size));

  return save (graph, staged_node (graph, "Add", (GenTensor *[]){ x, w }, 2));
}

/* The part of the picture that is brighter than a half, from its first to its last row and
 * column. */
static char *
save_cropper (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("cropper");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, -1, -1));
  GenTensor *grey = reduce (graph, "ReduceMax", x, 2, (gint64[]){ 0, 1 });
  GenTensor *bright =
      staged_node (graph, "Greater", (GenTensor *[]){ grey, gen_graph_float (graph, 0.5f) }, 2);
  GenTensor *places = staged_node (graph, "NonZero", &bright, 1);
  GenTensor *first = reduce (graph, "ReduceMin", places, 1, (gint64[]){ 1 });
  GenTensor *last = reduce (graph, "ReduceMax", places, 1, (gint64[]){ 1 });
  GenTensor *end = staged_node (graph, "Add", (GenTensor *[]){ last, ints (graph, 1, 1) }, 2);

  return save (
      graph, staged_node (graph, "Slice", (GenTensor *[]){ x, first, end, ints (graph, 2, 3) }, 4));
}

static GstHarness *
open_model (const char *path)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s", path);

  return gst_harness_new_parse (launch);
}

static void
set_size (GstHarness *harness, int width, int height)
{
  g_autofree char *caps =
      g_strdup_printf ("video/x-raw,format=GRAY8,width=%d,height=%d,framerate=30/1", width, height);

  gst_harness_set_src_caps_str (harness, caps);
}

static void
close_model (GstHarness *harness, char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  gst_harness_teardown (harness);
  g_unlink (path);
  g_rmdir (folder);
  g_free (path);
}

typedef guint8 (*Pixel) (int x, int y);

static GstBuffer *
make_frame (int width, int height, Pixel pixel)
{
  gsize stride = GST_ROUND_UP_4 ((gsize)width);
  guint8 *bytes = g_malloc0 (stride * (gsize)height);

  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      bytes[(gsize)y * stride + (gsize)x] = pixel (x, y);
  return gst_buffer_new_wrapped (bytes, stride * (gsize)height);
}

/* Push a frame, and expect one of `width` x `height` whose pixels are `of (x, y)`. */
static void
assert_frame (GstHarness *harness, GstBuffer *frame, int width, int height, Pixel of)
{
  g_autoptr (GstBuffer) buffer = gst_harness_push_and_pull (harness, frame);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (harness->sinkpad);
  GstVideoFrame video;
  GstVideoInfo info;

  g_assert_nonnull (buffer);
  g_assert_true (gst_video_info_from_caps (&info, caps));
  g_assert_cmpint (info.width, ==, width);
  g_assert_cmpint (info.height, ==, height);
  g_assert_true (gst_video_frame_map (&video, &info, buffer, GST_MAP_READ));
  for (int y = 0; y < height; y++)
    for (int x = 0; x < width; x++)
      g_assert_cmpint (((guint8 *)video.data[0])[y * video.info.stride[0] +
                                                 x * GST_VIDEO_FRAME_COMP_PSTRIDE (&video, 0)],
          ==, of (x, y));
  gst_video_frame_unmap (&video);
}

static guint8
slope (int x, int y)
{
  return (guint8)(x * 3 + y * 5);
}

static guint8
doubled_slope (int x, int y)
{
  return slope (x / 2, y / 2);
}

static void
test_any_size (void)
{
  static const int sizes[][2] = { { 12, 6 }, { 7, 9 }, { 12, 6 }, { 16, 16 }, { 7, 9 }, { 5, 3 } };
  char *path = save_doubler ();
  GstHarness *harness = open_model (path);

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    int width = sizes[i][0], height = sizes[i][1];

    set_size (harness, width, height);
    for (int k = 0; k < 2; k++)
      assert_frame (
          harness, make_frame (width, height, slope), 2 * width, 2 * height, doubled_slope);
  }
  close_model (harness, path);
}

/* A bright box in the dark. */
static int box[4]; /* left, top, right, bottom */

static guint8
boxed (int x, int y)
{
  return x >= box[0] && x < box[2] && y >= box[1] && y < box[3] ? 200 + x : 10;
}

static guint8
in_box (int x, int y)
{
  return boxed (x + box[0], y + box[1]);
}

static void
set_box (int left, int top, int right, int bottom)
{
  box[0] = left;
  box[1] = top;
  box[2] = right;
  box[3] = bottom;
}

/* The caps follow what is found, back and forth, and a frame without anything is left out. */
static void
test_found_size (void)
{
  static const int boxes[][4] = { { 2, 1, 7, 4 }, { 3, 2, 8, 5 }, { 0, 0, 20, 10 }, { 2, 1, 7, 4 },
    { 19, 9, 20, 10 } };
  char *path = save_cropper ();
  GstHarness *harness = open_model (path);

  set_size (harness, 20, 10);
  for (guint i = 0; i < G_N_ELEMENTS (boxes); i++) {
    set_box (boxes[i][0], boxes[i][1], boxes[i][2], boxes[i][3]);
    assert_frame (harness, make_frame (20, 10, boxed), boxes[i][2] - boxes[i][0],
        boxes[i][3] - boxes[i][1], in_box);
  }
  set_box (3, 3, 6, 6);
  set_size (harness, 9, 8);
  assert_frame (harness, make_frame (9, 8, boxed), 3, 3, in_box);
  close_model (harness, path);
}

/* One that the next element does not take is an error that says so. */
static void
test_refused_size (void)
{
  char *path = save_cropper ();
  GstHarness *harness = open_model (path);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_sink_caps_str (harness, "video/x-raw,width=4,height=4");
  set_size (harness, 20, 10);
  set_box (1, 1, 5, 5);
  assert_frame (harness, make_frame (20, 10, boxed), 4, 4, in_box);
  set_box (1, 1, 6, 5);
  g_assert_cmpint (
      gst_harness_push (harness, make_frame (20, 10, boxed)), ==, GST_FLOW_NOT_NEGOTIATED);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION);
  g_assert_nonnull (strstr (error->message, "5 x 4 pixels"));
  gst_element_set_bus (harness->element, NULL);
  close_model (harness, path);
}

/* Of the frames that test_padded plays. */
static int width, height, factor;

static int
mirror (int at, int n)
{
  return at < n ? at : MAX (2 * (n - 1) - at, 0);
}

/* What the halver makes of `slope`, of which its mirror image follows the last row and column. */
static guint8
halved_slope (int x, int y)
{
  x /= factor;
  y /= factor;
  return (guint8)(slope (x, y) + slope (mirror (x | 1, width), mirror (y | 1, height)));
}

/* A frame that lacks a row or a column goes in with its mirror image behind, and what comes out is
 * as large as it would be without; one that lacks nothing is played as before. */
static void
test_padded (void)
{
  static const int sizes[][2] = { { 9, 6 }, { 10, 6 }, { 8, 5 }, { 9, 7 }, { 1, 2 }, { 9, 6 } };

  for (factor = 1; factor <= 4; factor *= 2) {
    char *path = save_halver (factor);
    GstHarness *harness = open_model (path);

    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
      width = sizes[i][0];
      height = sizes[i][1];
      set_size (harness, width, height);
      for (int k = 0; k < 2; k++)
        assert_frame (harness, make_frame (width, height, slope), factor * width, factor * height,
            halved_slope);
    }
    close_model (harness, path);
  }
}

/* The next element says which size it wants, which frames that are padded have as well. */
static void
test_padded_caps (void)
{
  char *path = save_halver (2);
  GstHarness *fits = open_model (path), *other = open_model (path);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;

  factor = 2;
  width = 9;
  height = 7;
  gst_harness_set_sink_caps_str (fits, "video/x-raw,width=18,height=14");
  set_size (fits, width, height);
  assert_frame (fits, make_frame (width, height, slope), 18, 14, halved_slope);
  gst_harness_teardown (fits);
  gst_element_set_bus (other->element, bus);
  gst_harness_set_sink_caps_str (other, "video/x-raw,width=20,height=16");
  set_size (other, width, height);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_element_set_bus (other->element, NULL);
  close_model (other, path);
}

/* Chroma is neither padded nor lost. */
static void
test_padded_luma (void)
{
  char *path = save_halver (1);
  GstHarness *harness = open_model (path);
  GstBuffer *frame = make_frame (9, 6 + 3, slope);
  g_autoptr (GstBuffer) made = NULL;
  const gsize stride = GST_ROUND_UP_4 (9);
  GstMapInfo in, out;

  factor = 1;
  width = 9;
  height = 6;
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=NV12,width=9,height=6,framerate=30/1,colorimetry=1:4:16:4");
  gst_harness_set_sink_caps_str (harness, "video/x-raw,format=NV12");
  made = gst_harness_push_and_pull (harness, gst_buffer_ref (frame));
  g_assert_nonnull (made);
  gst_buffer_map (frame, &in, GST_MAP_READ);
  gst_buffer_map (made, &out, GST_MAP_READ);
  g_assert_cmpuint (out.size, ==, stride * 9);
  for (int y = 0; y < 6; y++)
    for (int x = 0; x < 9; x++)
      g_assert_cmpint (out.data[(gsize)y * stride + (gsize)x], ==, halved_slope (x, y));
  for (gsize y = 6; y < 9; y++)
    for (gsize x = 0; x < 9; x++)
      g_assert_cmpint (out.data[y * stride + x], ==, in.data[y * stride + x]);
  gst_buffer_unmap (made, &out);
  gst_buffer_unmap (frame, &in);
  gst_buffer_unref (frame);
  close_model (harness, path);
}

/* One that no padding helps is an error, which names the operator. */
static void
test_refused_by_all (void)
{
  char *path = save_picky ();
  GstHarness *harness = open_model (path);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_bus (harness->element, bus);
  set_size (harness, 70, 66);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, "Add"));
  gst_element_set_bus (harness->element, NULL);
  close_model (harness, path);
}

/* Of each latent whose first number is positive a picture of 2 x 2, all of its second number. */
static char *
save_chooser (void)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("chooser");
  GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1, 2));
  const float spread[] = { 0, 0, 0, 0, 1, 1, 1, 1 };
  GenTensor *w = gen_graph_add_constant (
      graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (2, 4), g_bytes_new (spread, sizeof spread));
  GenTensor *first, *chosen, *picture;
  gint64 which = 0;

  first = staged_node (graph, "Gather",
      (GenTensor *[]){ z, gen_graph_add_constant (graph, NULL, GEN_TYPE_INT64, &GEN_SHAPE_SCALAR,
                              g_bytes_new (&which, sizeof which)) },
      2);
  gen_node_set_int (first->producer, "axis", 1);
  chosen = staged_node (graph, "Compress",
      (GenTensor *[]){ z,
          staged_node (graph, "Greater", (GenTensor *[]){ first, gen_graph_float (graph, 0) }, 2) },
      2);
  gen_node_set_int (chosen->producer, "axis", 0);
  picture = staged_node (graph, "MatMul", (GenTensor *[]){ chosen, w }, 2);
  return save (graph,
      staged_node (graph, "Reshape",
          (GenTensor *[]){ picture, gen_graph_ints (graph, (gint64[]){ -1, 1, 2, 2 }, 4) }, 2));
}

/* How many pictures there are hangs on the latents; they are a wall, or no frame at all. */
static void
test_found_number (void)
{
  static const float latents[][8] = {
    { 1, 0.2f, -1, 0.4f, 1, 0.6f, 1, 0.8f }, /* three */
    { -1, 0.2f, -1, 0.4f, -1, 0.6f, -1, 0.8f },
    { -1, 0.2f, 1, 0.4f, -1, 0.6f, -1, 0.8f },
    { 1, 0.2f, 1, 0.4f, 1, 0.6f, 1, 0.8f },
  };
  static const guint8 tiles[][4] = { { 51, 153, 204 }, { 0 }, { 102 }, { 51, 102, 153, 204 } };
  static const int columns[] = { 3, 0, 1, 2 }, rows[] = { 1, 0, 1, 2 };
  char *path = save_chooser ();
  GstHarness *harness = open_model (path);

  gst_harness_set_src_caps_str (harness,
      "other/tensors,format=(string)static,num_tensors=1,types=(string)float32,"
      "dimensions=(string)2:4:1:1,framerate=(fraction)30/1");
  for (guint i = 0; i < G_N_ELEMENTS (latents); i++) {
    GstBuffer *made;
    g_autoptr (GstCaps) caps = NULL;
    GstVideoFrame video;
    GstVideoInfo info;

    g_assert_cmpint (
        gst_harness_push (harness, gst_buffer_new_memdup (latents[i], sizeof latents[i])), ==,
        GST_FLOW_OK);
    made = gst_harness_try_pull (harness);
    g_assert_true ((made != NULL) == (columns[i] > 0));
    if (made == NULL)
      continue;
    caps = gst_pad_get_current_caps (harness->sinkpad);
    g_assert_true (gst_video_info_from_caps (&info, caps));
    g_assert_cmpint (info.width, ==, 2 * columns[i]);
    g_assert_cmpint (info.height, ==, 2 * rows[i]);
    g_assert_true (gst_video_frame_map (&video, &info, made, GST_MAP_READ));
    for (int y = 0; y < info.height; y++)
      for (int x = 0; x < info.width; x++)
        g_assert_cmpint (((guint8 *)video.data[0])[y * video.info.stride[0] +
                                                   x * GST_VIDEO_FRAME_COMP_PSTRIDE (&video, 0)],
            ==, tiles[i][y / 2 * columns[i] + x / 2]);
    gst_video_frame_unmap (&video);
    gst_buffer_unref (made);
  }
  close_model (harness, path);
}

/* A batch of frames of any size; the rest of one comes out before the size changes. */
static void
test_batch (void)
{
  static const int sizes[][3] = { { 12, 6, 5 }, { 7, 9, 2 }, { 12, 6, 3 } };
  char *path = save_doubler ();
  g_autofree char *launch = g_strdup_printf ("generator batch-size=2 model=%s", path);
  GstHarness *harness = gst_harness_new_parse (launch);
  guint made = 0;

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    set_size (harness, sizes[i][0], sizes[i][1]);
    for (int k = 0; k < sizes[i][2]; k++)
      g_assert_cmpint (gst_harness_push (harness, make_frame (sizes[i][0], sizes[i][1], slope)), ==,
          GST_FLOW_OK);
  }
  gst_harness_push_event (harness, gst_event_new_eos ());
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    for (int k = 0; k < sizes[i][2]; k++, made++) {
      gsize size = GST_ROUND_UP_4 (2 * (gsize)sizes[i][0]) * 2 * (gsize)sizes[i][1];
      g_autoptr (GstBuffer) buffer = gst_harness_try_pull (harness);
      GstMapInfo map;

      g_assert_nonnull (buffer);
      g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
      g_assert_cmpuint (map.size, >=, size);
      g_assert_cmpint (map.data[3], ==, doubled_slope (3, 0));
      gst_buffer_unmap (buffer, &map);
    }
  g_assert_cmpuint (made, ==, 10);
  close_model (harness, path);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/sizes/any", test_any_size);
  g_test_add_func ("/sizes/found", test_found_size);
  g_test_add_func ("/sizes/found-number", test_found_number);
  g_test_add_func ("/sizes/batch", test_batch);
  g_test_add_func ("/sizes/refused", test_refused_size);
  g_test_add_func ("/sizes/padded", test_padded);
  g_test_add_func ("/sizes/padded-caps", test_padded_caps);
  g_test_add_func ("/sizes/padded-luma", test_padded_luma);
  g_test_add_func ("/sizes/refused-by-all", test_refused_by_all);
  return g_test_run ();
}
