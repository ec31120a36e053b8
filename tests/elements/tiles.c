/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator tile by tile: frames come out as they do of the whole, in every format and size, also
 * of models that take one size alone; what hangs on the whole fades; and what cannot be is said. */
#include <generative/onnx.h>
#include <generative/random.h>
#include <glib/gstdio.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <math.h>
#include <string.h>

#include "../scratch.h"
#include "../staged.h"

static char *folder;

/* --- nets --- */

static GenTensor *
convolve (GenGraph *graph, GenTensor *x, int from, int to, int kernel, int stride)
{
  const gint64 pads[] = { kernel / 2, kernel / 2, kernel / 2, kernel / 2 };
  const gint64 strides[] = { stride, stride };
  const gsize n = (gsize)(from * to * kernel * kernel);
  GenRandom random = gen_random_new (5, "weights", n);
  float *weights = g_new (float, n), *bias = g_new (float, to);
  GenTensor *y;

  gen_random_normal (&random, 0, 0, weights, n);
  for (gsize i = 0; i < n; i++)
    weights[i] *= 1.0f / sqrtf ((float)(from * kernel * kernel));
  for (int i = 0; i < to; i++)
    bias[i] = 0.4f;
  y = staged_node (graph, "Conv",
      (GenTensor *[]){ x,
          gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32,
              &GEN_SHAPE (to, from, kernel, kernel),
              g_bytes_new_take (weights, n * sizeof (float))),
          gen_graph_add_constant (graph, NULL, GEN_TYPE_FLOAT32, &GEN_SHAPE (to),
              g_bytes_new_take (bias, (gsize)to * sizeof (float))) },
      3);
  gen_node_set_ints (y->producer, "pads", pads, 4);
  gen_node_set_ints (y->producer, "strides", strides, 2);
  return y;
}

static void
save (GenGraph *graph, GenTensor *y, int channels, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;

  y->type = GEN_TYPE_FLOAT32;
  y->shape = GEN_SHAPE (-1, channels, -1, -1);
  gen_graph_add_output (graph, y);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  g_hash_table_insert (graph->metadata, g_strdup ("generative.output-range"), g_strdup ("0,1"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* Twice the size, by way of half of it; of pictures of `side` x `side`, or any (-1), `batch` at
 * once. */
static void
save_doubler (const char *name, int channels, gint64 batch, gint64 side)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("net");
  GenTensor *x =
      gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (batch, channels, side, side));
  GenTensor *y =
      staged_node (graph, "Relu", (GenTensor *[]){ convolve (graph, x, channels, 8, 5, 1) }, 1);

  y = staged_node (graph, "Relu", (GenTensor *[]){ convolve (graph, y, 8, 8, 3, 2) }, 1);
  y = convolve (graph, y, 8, 16 * channels, 3, 1);
  y = staged_node (graph, "DepthToSpace", &y, 1);
  gen_node_set_int (y->producer, "blocksize", 4);
  save (graph, y, channels, name);
}

/* What goes in, in a way that hangs on all of it. */
static void
save_endless (const char *name)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("net");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (-1, 3, -1, -1));
  GenTensor *mean = staged_node (graph, "GlobalAveragePool", &x, 1);
  GenTensor *little =
      staged_node (graph, "Mul", (GenTensor *[]){ mean, gen_graph_float (graph, 1e-6f) }, 2);

  save (graph, staged_node (graph, "Add", (GenTensor *[]){ x, little }, 2), 3, name);
}

/* The mean of what goes in, everywhere. */
static void
save_mean (const char *name)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("net");
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, -1, -1));
  GenTensor *mean = staged_node (graph, "GlobalAveragePool", &x, 1);
  GenTensor *none =
      staged_node (graph, "Mul", (GenTensor *[]){ x, gen_graph_float (graph, 1e-6f) }, 2);

  save (graph, staged_node (graph, "Add", (GenTensor *[]){ none, mean }, 2), 1, name);
}

/* The sum of all that has come, which is a state. */
static void
save_states (const char *name)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("net");
  const GenShape shape = GEN_SHAPE (1, 3, 64, 64);
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &shape);
  GenTensor *before = gen_graph_add_input (graph, "sum_in", GEN_TYPE_FLOAT32, &shape);
  GenTensor *sum = gen_graph_add_value (graph, "sum_out");

  gen_graph_add_node (
      graph, NULL, NULL, "Add", GEN_OPSET, (GenTensor *[]){ x, before }, 2, &sum, 1, NULL);
  sum->type = GEN_TYPE_FLOAT32;
  sum->shape = shape;
  gen_graph_add_output (graph, sum);
  save (graph, staged_node (graph, "Tanh", &sum, 1), 3, name);
}

/* --- playing --- */

typedef struct {
  GstHarness *harness;
  GstBus *bus;
  GstVideoInfo in, out;
} Player;

static Player
open_player (const char *model, const char *properties, const char *format, int width, int height)
{
  g_autofree char *launch = g_strdup_printf (
      "generator name=played model=%s/%s %s ! capsfilter caps=video/x-raw,format=%s", folder, model,
      properties, format);
  g_autofree char *caps = g_strdup_printf (
      "video/x-raw,format=%s,width=%d,height=%d,framerate=30/1", format, width, height);
  g_autoptr (GstCaps) in = gst_caps_from_string (caps);
  Player player = { .harness = gst_harness_new_parse (launch), .bus = gst_bus_new () };

  g_assert_true (gst_video_info_from_caps (&player.in, in));
  gst_element_set_bus (player.harness->element, player.bus);
  gst_harness_set_src_caps_str (player.harness, caps);
  return player;
}

static void
close_player (Player *player)
{
  gst_element_set_bus (player->harness->element, NULL);
  gst_object_unref (player->bus);
  gst_harness_teardown (player->harness);
}

static GstBuffer *
make_frame (const GstVideoInfo *info, guint64 number)
{
  const gsize n = GST_VIDEO_INFO_SIZE (info);
  GenRandom random = gen_random_new (9, "frame", number);
  guint8 *bytes = g_malloc (n);

  for (gsize i = 0; i < n; i++)
    bytes[i] = (guint8)gen_random_below (&random, 0, i, 256);
  return gst_buffer_new_wrapped (bytes, n);
}

static GstBuffer *
play_frame (Player *player, GstBuffer *frame)
{
  GstBuffer *made = gst_harness_push_and_pull (player->harness, frame);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (player->harness->sinkpad);

  g_assert_nonnull (made);
  g_assert_true (gst_video_info_from_caps (&player->out, caps));
  return made;
}

static GstBuffer *
play (Player *player, guint64 number)
{
  return play_frame (player, make_frame (&player->in, number));
}

/* The largest difference between bytes of pixels. */
static int
compare (const GstVideoInfo *info, GstBuffer *a, GstBuffer *b)
{
  GstVideoFrame one, other;
  int largest = 0;

  g_assert_true (gst_video_frame_map (&one, info, a, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&other, info, b, GST_MAP_READ));
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&one); c++)
    for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&one, c); y++)
      for (int x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (&one, c); x++) {
        const int step = GST_VIDEO_FRAME_COMP_PSTRIDE (&one, c);
        const guint8 *p = (guint8 *)GST_VIDEO_FRAME_COMP_DATA (&one, c) +
                          y * GST_VIDEO_FRAME_COMP_STRIDE (&one, c) + x * step;
        const guint8 *q = (guint8 *)GST_VIDEO_FRAME_COMP_DATA (&other, c) +
                          y * GST_VIDEO_FRAME_COMP_STRIDE (&other, c) + x * step;

        largest = MAX (largest, ABS (*p - *q));
      }
  gst_video_frame_unmap (&one);
  gst_video_frame_unmap (&other);
  return largest;
}

/* Frames by `model` with `properties` against the whole by `whole`, in one format. */
static void
play_both (const char *whole, const char *model, const char *properties, const char *format,
    int width, int height)
{
  Player one = open_player (whole, "", format, width, height);
  Player tiled = open_player (model, properties, format, width, height);

  for (guint64 i = 0; i < 2; i++) {
    g_autoptr (GstBuffer) wanted = play (&one, i), made = play (&tiled, i);

    g_assert_cmpint (tiled.out.width, ==, one.out.width);
    g_assert_cmpint (tiled.out.height, ==, one.out.height);
    /* A half may be rounded either way. */
    g_assert_cmpint (compare (&one.out, wanted, made), <=, 1);
  }
  g_assert_null (gst_bus_pop_filtered (tiled.bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR));
  close_player (&one);
  close_player (&tiled);
}

static void
test_formats (void)
{
  static const char *const formats[] = { "RGB", "BGRx", "GBR", "NV12", "I420" };
  static const int sizes[][2] = { { 150, 104 }, { 131, 97 } };

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (sizes); k++)
      play_both ("free.onnx", "free.onnx", "tile=48x40", formats[i], sizes[k][0], sizes[k][1]);
  play_both ("grey.onnx", "grey.onnx", "tile=48x40", "GRAY8", 131, 97);
}

/* Of video in colour the luma alone. */
static void
test_luma (void)
{
  static const char *const formats[] = { "NV12", "I420" };

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    play_both ("grey.onnx", "grey.onnx", "tile=48x40", formats[i], 150, 104);
    play_both ("grey.onnx", "grey.onnx", "tile=47x41", formats[i], 131, 97);
    play_both ("grey.onnx", "grey-256.onnx", "tile=auto", formats[i], 512, 362);
  }
}

/* Several tiles in a run, the last one of which is not filled. */
static void
test_batches (void)
{
  play_both ("many.onnx", "many.onnx", "tile=48x48 batch-size=4", "RGB", 150, 104);
  play_both ("many.onnx", "many.onnx", "tile=48x48 batch-size=4", "NV12", 150, 104);
}

/* A model of one size alone, which is one for any size but for that. */
static void
test_fixed (void)
{
  play_both ("free.onnx", "fixed.onnx", "tile=auto", "RGB", 150, 104);
  play_both ("free.onnx", "fixed.onnx", "tile=auto tile-overlap=24", "NV12", 150, 104);
  play_both ("free.onnx", "fixed.onnx", "tile=auto", "RGB", 64, 64);
}

static int
mirror (int at, int n)
{
  return at < n ? at : 2 * (n - 1) - at;
}

/* `frame` of RGB with its mirror image below and to the right, as `large` has it. */
static GstBuffer *
mirror_frame (const GstVideoInfo *info, GstBuffer *frame, const GstVideoInfo *large)
{
  GstBuffer *made = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (large), NULL);
  GstVideoFrame from, to;

  g_assert_true (gst_video_frame_map (&from, info, frame, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&to, large, made, GST_MAP_WRITE));
  for (int y = 0; y < large->height; y++)
    for (int x = 0; x < large->width; x++)
      memcpy ((guint8 *)to.data[0] + y * large->stride[0] + 3 * x,
          (guint8 *)from.data[0] + mirror (y, info->height) * info->stride[0] +
              3 * mirror (x, info->width),
          3);
  gst_video_frame_unmap (&to);
  gst_video_frame_unmap (&from);
  return made;
}

/* That `made` is the upper left part of `whole`. */
static void
assert_part (const GstVideoInfo *info, GstBuffer *made, const GstVideoInfo *large, GstBuffer *whole)
{
  GstVideoFrame part, all;

  g_assert_true (gst_video_frame_map (&part, info, made, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&all, large, whole, GST_MAP_READ));
  for (int y = 0; y < info->height; y++)
    for (int x = 0; x < 3 * info->width; x++)
      g_assert_cmpint (ABS (((guint8 *)part.data[0])[y * info->stride[0] + x] -
                            ((guint8 *)all.data[0])[y * large->stride[0] + x]),
          <=, 1);
  gst_video_frame_unmap (&all);
  gst_video_frame_unmap (&part);
}

/* A frame smaller than the only tile that the model takes, along one axis or both, is played with
 * its mirror image behind. */
static void
test_smaller (void)
{
  static const int sizes[][2] = { { 40, 50 }, { 63, 64 }, { 150, 48 }, { 47, 104 } };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++) {
    const int width = sizes[i][0], height = sizes[i][1];
    Player tiled = open_player ("fixed.onnx", "tile=auto", "RGB", width, height);
    Player whole = open_player ("free.onnx", "", "RGB", MAX (width, 64), MAX (height, 64));

    for (guint64 k = 0; k < 2; k++) {
      g_autoptr (GstBuffer) frame = make_frame (&tiled.in, k);
      GstBuffer *large = mirror_frame (&tiled.in, frame, &whole.in);
      g_autoptr (GstBuffer) wanted = play_frame (&whole, large);
      g_autoptr (GstBuffer) made = play (&tiled, k);

      g_assert_cmpint (tiled.out.width, ==, 2 * width);
      g_assert_cmpint (tiled.out.height, ==, 2 * height);
      assert_part (&tiled.out, made, &whole.out, wanted);
    }
    close_player (&whole);
    close_player (&tiled);
  }
}

/* What is not larger than a tile is played as a whole. */
static void
test_small (void)
{
  play_both ("free.onnx", "free.onnx", "tile=auto", "RGB", 33, 20);
  play_both ("free.onnx", "free.onnx", "tile=64x64", "NV12", 64, 150);
}

static void
test_4k (void)
{
  play_both ("grey.onnx", "grey-256.onnx", "tile=auto", "GRAY8", 3840, 2160);
}

static char *
take_text (GstBus *bus, GstMessageType type)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, type);
  g_autoptr (GError) error = NULL;

  if (message == NULL)
    return NULL;
  if (type == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  else
    gst_message_parse_warning (message, &error, NULL);
  return g_strdup (error->message);
}

/* Tiles that fade into each other, of a model that makes what it gets: nothing is seen of it. A
 * warning says once that it is so. */
static void
test_endless (void)
{
  static const char *const formats[] = { "RGB", "NV12", "I420", "GBR" };

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    Player player = open_player ("endless.onnx", "tile=64x64 batch-size=2", formats[i], 150, 104);
    g_autofree char *text = NULL, *more = NULL;

    for (guint64 k = 0; k < 2; k++) {
      g_autoptr (GstBuffer) frame = make_frame (&player.in, k), made = NULL;

      if (formats[i][0] == 'N' || formats[i][0] == 'I')
        gst_buffer_memset (frame, 0, 90, GST_VIDEO_INFO_SIZE (&player.in));
      made = gst_harness_push_and_pull (player.harness, gst_buffer_ref (frame));
      g_assert_nonnull (made);
      g_assert_cmpint (compare (&player.in, frame, made), <=, 2);
    }
    text = take_text (player.bus, GST_MESSAGE_WARNING);
    g_assert_nonnull (text);
    g_assert_nonnull (strstr (text, "GlobalAveragePool"));
    g_assert_nonnull (strstr (text, "tile-overlap"));
    more = take_text (player.bus, GST_MESSAGE_WARNING);
    g_assert_null (more);
    close_player (&player);
  }
}

/* Of what differs from tile to tile, neighbours are never far apart: there is no seam. What else
 * there is of a frame, its chroma, stays as it is. */
static void
check_fading (const char *format)
{
  Player player = open_player ("mean.onnx", "tile=64x64 tile-overlap=32", format, 256, 192);
  GstBuffer *slope = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&player.in), NULL);
  g_autoptr (GstBuffer) made = NULL;
  GstMapInfo map;

  gst_buffer_map (slope, &map, GST_MAP_WRITE);
  for (gsize i = 256 * 192; i < map.size; i++)
    map.data[i] = (guint8)(i * 7);
  for (int y = 0; y < 192; y++)
    for (int x = 0; x < 256; x++)
      map.data[y * 256 + x] = (guint8)((x + y) / 2);
  gst_buffer_unmap (slope, &map);
  made = gst_harness_push_and_pull (player.harness, slope);
  g_assert_nonnull (made);
  gst_buffer_map (made, &map, GST_MAP_READ);
  for (int y = 1; y < 192; y++)
    for (int x = 1; x < 256; x++) {
      const guint8 *at = map.data + y * 256 + x;

      g_assert_cmpint (ABS (at[0] - at[-1]), <=, 2);
      g_assert_cmpint (ABS (at[0] - at[-256]), <=, 2);
    }
  g_assert_cmpint (map.data[255 + 191 * 256] - map.data[0], >, 100);
  for (gsize i = 256 * 192; i < map.size; i++)
    g_assert_cmpint (map.data[i], ==, (guint8)(i * 7));
  gst_buffer_unmap (made, &map);
  close_player (&player);
}

static void
test_fading (void)
{
  check_fading ("GRAY8");
  check_fading ("NV12");
  check_fading ("I420");
}

static void
assert_refused (const char *model, const char *properties, int width, int height, const char *why)
{
  Player player = open_player (model, properties, "RGB", width, height);
  g_autofree char *text = NULL;

  gst_harness_push (player.harness, make_frame (&player.in, 0));
  text = take_text (player.bus, GST_MESSAGE_ERROR);
  g_assert_nonnull (text);
  if (strstr (text, why) == NULL)
    g_error ("'%s' does not say '%s'", text, why);
  close_player (&player);
}

/* What is wrong from the start. */
static void
assert_does_not_start (const char *model, const char *properties, const char *why)
{
  g_autofree char *launch =
      g_strdup_printf ("fakesrc ! generator model=%s/%s %s ! fakesink", folder, model, properties);
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autofree char *text = NULL;

  g_assert_cmpint (
      gst_element_set_state (pipeline, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
  text = take_text (bus, GST_MESSAGE_ERROR);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_nonnull (text);
  if (strstr (text, why) == NULL)
    g_error ("'%s' does not say '%s'", text, why);
}

static void
test_refused (void)
{
  assert_does_not_start ("free.onnx", "tile=256", "256x256");
  assert_does_not_start ("free.onnx", "tile=256x0", "256x256");
  assert_does_not_start ("states.onnx", "tile=auto", "remember");

  assert_refused ("fixed.onnx", "", 150, 104, "tile=auto");
  assert_refused ("fixed.onnx", "", 150, 40, "videoscale");
  assert_refused ("free.onnx", "tile=12x12", 150, 104, "too small");
}

/* Another model in the same place, another batch, another size of frames. */
static void
test_changes (void)
{
  Player one = open_player ("many.onnx", "", "RGB", 150, 104);
  Player tiled = open_player ("many.onnx", "tile=48x48 batch-size=2", "RGB", 150, 104);
  g_autoptr (GstElement) generator =
      gst_bin_get_by_name (GST_BIN (tiled.harness->element), "played");
  g_autoptr (GstBuffer) wanted = play (&one, 0);

  for (guint batch = 2; batch < 6; batch++) {
    g_autoptr (GstBuffer) made = play (&tiled, 0);

    g_assert_cmpint (compare (&one.out, wanted, made), <=, 1);
    g_object_set (generator, "batch-size", batch + 1, NULL);
    g_usleep (100000);
  }
  for (int k = 0; k < 2; k++) {
    g_autofree char *path = g_build_filename (folder, k == 0 ? "fixed.onnx" : "free.onnx", NULL);
    g_autoptr (GstMessage) ready = NULL;
    g_autoptr (GstBuffer) made = NULL;

    g_object_set (generator, "batch-size", 1, "model", path, NULL);
    ready = gst_bus_timed_pop_filtered (
        tiled.bus, 20 * GST_SECOND, GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING);
    g_assert_cmpint (GST_MESSAGE_TYPE (ready), ==, GST_MESSAGE_ELEMENT);
    made = play (&tiled, 0);
    g_assert_cmpint (compare (&one.out, wanted, made), <=, 1);
  }
  for (int k = 0; k < 2; k++) {
    g_autofree char *caps = g_strdup_printf (
        "video/x-raw,format=RGB,width=%d,height=%d,framerate=30/1", 90 + 30 * k, 80);
    g_autoptr (GstCaps) in = gst_caps_from_string (caps);
    g_autoptr (GstBuffer) other = NULL, made = NULL;

    g_assert_true (gst_video_info_from_caps (&one.in, in));
    tiled.in = one.in;
    gst_harness_set_src_caps_str (one.harness, caps);
    gst_harness_set_src_caps_str (tiled.harness, caps);
    other = play (&one, 3);
    made = play (&tiled, 3);
    g_assert_cmpint (compare (&one.out, other, made), <=, 1);
  }
  close_player (&one);
  close_player (&tiled);
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  save_doubler ("free.onnx", 3, 1, -1);
  save_doubler ("many.onnx", 3, -1, -1);
  save_doubler ("fixed.onnx", 3, 1, 64);
  save_doubler ("grey.onnx", 1, 1, -1);
  save_doubler ("grey-256.onnx", 1, 1, 256);
  save_endless ("endless.onnx");
  save_mean ("mean.onnx");
  save_states ("states.onnx");
  g_test_add_func ("/tiles/formats", test_formats);
  g_test_add_func ("/tiles/luma", test_luma);
  g_test_add_func ("/tiles/batches", test_batches);
  g_test_add_func ("/tiles/fixed", test_fixed);
  g_test_add_func ("/tiles/small", test_small);
  g_test_add_func ("/tiles/smaller", test_smaller);
  g_test_add_func ("/tiles/4k", test_4k);
  g_test_add_func ("/tiles/endless", test_endless);
  g_test_add_func ("/tiles/fading", test_fading);
  g_test_add_func ("/tiles/refused", test_refused);
  g_test_add_func ("/tiles/changes", test_changes);
  result = g_test_run ();
  scratch_remove (folder);
  return result;
}
