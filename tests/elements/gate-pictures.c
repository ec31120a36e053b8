/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* contentgate on frames as decoders give them: what a model is shown of them, and how they are
 * changed where they lie, in each format. */
#include <generative/model.h>
#include <generative/picture.h>
#include <gst/gst.h>
#include <gst/video/video.h>

#include <string.h>

#include "../scratch.h"
#include "models.h"

#define WIDTH 66
#define HEIGHT 46

static char *folder;

static const char *const formats[] = { "RGB", "BGR", "RGBx", "BGRx", "I420", "YV12", "NV12", "NV21",
  "Y42B", "Y444" };

/* Of a picture, how red, green and blue it is, from 0 to 1. */
static void
save_bright (void)
{
  g_autofree char *path = g_build_filename (folder, "bright.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("bright");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 16, 16));

  x = gen_unary (graph, "GlobalAveragePool", x, &error);
  x = gen_unary (graph, "Flatten", x, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, x);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* One box, from 5, 5 to 11, 11 of 16, whatever comes. */
static void
save_boxes (void)
{
  static const float box[6] = { 5, 5, 11, 11, 0.9f, 0 };
  static const float nothing[6] = { 0 };
  g_autofree char *path = g_build_filename (folder, "boxes.onnx", NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("boxes");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 3, 16, 16));
  GenTensor *made = gen_graph_add_constant (
      graph, "box", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 6), g_bytes_new_static (box, sizeof box));
  GenTensor *none = gen_graph_add_constant (graph, "nothing", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (1, 1, 6), g_bytes_new_static (nothing, sizeof nothing));

  x = gen_graph_op (graph, "ReduceMean", &x, 1, 1, &error, "keepdims", GEN_INT, 0, NULL);
  g_assert_no_error (error);
  x = gen_binary (graph, "Mul", none, x, &error);
  g_assert_no_error (error);
  gen_graph_add_output (graph, gen_binary (graph, "Add", made, x, &error));
  g_assert_no_error (error);
  g_hash_table_insert (graph->metadata, g_strdup ("generative.input-range"), g_strdup ("0,1"));
  gen_onnx_save (graph, path, &error);
  g_assert_no_error (error);
}

/* The last frame of a film of squares, as `between` leaves it; properties may have %s for the
 * folder. (transfer full) */
static GstSample *
play (const char *caps, const char *between)
{
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=1 pattern=%s ! video/x-raw,%s,width=%d,height=%d ! "
      "%s ! fakesink name=sink enable-last-sample=true",
      "smpte100", caps, WIDTH, HEIGHT, between);
  g_auto (GStrv) parts = g_strsplit (launch, "%s", -1);
  g_autofree char *whole = g_strjoinv (folder, parts);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (whole, &error), sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  GstSample *sample = NULL;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message =
      gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  g_assert_no_error (error);
  g_object_get (sink, "last-sample", &sample, NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_nonnull (sample);
  return sample;
}

static double
get_score (GstSample *sample)
{
  GstCustomMeta *meta =
      gst_buffer_get_custom_meta (gst_sample_get_buffer (sample), "generative-score");
  double score = -1;

  g_assert_nonnull (meta);
  g_assert_true (
      gst_structure_get_double (gst_custom_meta_get_structure (meta), "gate-score", &score));
  return score;
}

static void
map (GstVideoFrame *frame, GstSample *sample)
{
  GstVideoInfo info;

  g_assert_true (gst_video_info_from_caps (&info, gst_sample_get_caps (sample)));
  g_assert_true (gst_video_frame_map (frame, &info, gst_sample_get_buffer (sample), GST_MAP_READ));
}

/* --- what a model is shown --- */

/* The same as behind videoconvert, by each matrix and range. */
static void
test_score (void)
{
  static const char *const colorimetries[] = { "bt601", "bt709", "1:3:5:1" };
  double scores[G_N_ELEMENTS (colorimetries)];

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    for (guint k = 0; k < G_N_ELEMENTS (colorimetries); k++) {
      const gboolean ycbcr = strchr (formats[i], 'Y') != NULL || strchr (formats[i], 'I') != NULL ||
                             strchr (formats[i], 'N') != NULL;
      g_autofree char *caps = g_strdup_printf (
          "format=%s%s%s", formats[i], ycbcr ? ",colorimetry=" : "", ycbcr ? colorimetries[k] : "");
      g_autoptr (GstSample) direct =
          play (caps, "contentgate model=%s/bright.onnx labels=0 scores=none");
      g_autoptr (GstSample) converted =
          play (caps, "videoconvert ! video/x-raw,format=RGB ! contentgate model=%s/bright.onnx "
                      "labels=0 scores=none");

      g_assert_cmpfloat (get_score (direct), ==, get_score (converted));
      if (strcmp (formats[i], "I420") == 0)
        scores[k] = get_score (direct);
    }
  g_assert_cmpfloat (scores[0], >, 0.3);
  /* The source makes the same colours by either matrix, and its numbers are less in full range,
   * which it leaves alone. */
  g_assert_cmpfloat_with_epsilon (scores[0], scores[1], 0.005);
  g_assert_cmpfloat (scores[2], <, scores[1] - 0.005);
}

/* --- how they are changed --- */

/* A colour is that colour, and a slate is that slate, as near as videoconvert comes to them: its
 * quick ways from I420 stray by as much as 4 levels. */
static void
check_colour (const char *caps, const char *properties, const int wanted[3])
{
  g_autofree char *between = g_strdup_printf (
      "contentgate model=%%s/bright.onnx labels=0=0.01 scores=none action=replace %s ! "
      "videoconvert ! video/x-raw,format=RGB",
      properties);
  g_autoptr (GstSample) sample = play (caps, between);
  GstVideoFrame frame;

  map (&frame, sample);
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH * 3; x++) {
      const guint8 *row = (guint8 *)GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) +
                          y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0);

      g_assert_cmpint (ABS (row[x] - wanted[x % 3]), <=, 4);
    }
  gst_video_frame_unmap (&frame);
}

static void
test_replace (void)
{
  static const int blue[3] = { 0x20, 0x40, 0xc0 }, grey[3] = { 90, 120, 60 };
  g_autofree char *path = g_build_filename (folder, "slate.png", NULL);
  g_auto (GenPicture) slate = { 0 };

  gen_picture_init (&slate, WIDTH, HEIGHT, 3);
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH * 3; x++)
      slate.data[y * slate.stride + x] = (guint8)grey[x % 3];
  g_assert_true (gen_picture_save_png (&slate, path, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *caps = g_strdup_printf ("format=%s", formats[i]);

    check_colour (caps, "colour=0x2040c0", blue);
    check_colour (caps, "slate=%s/slate.png", grey);
  }
  check_colour ("format=I420,colorimetry=bt709", "colour=0x2040c0", blue);
  check_colour ("format=NV12,colorimetry=1:3:5:1", "colour=0x2040c0", blue);
}

/* Of the box, in whole samples of the chroma, and of nothing around it, is anything changed; and
 * all planes are. */
static void
check_box (const char *format, const char *action)
{
  g_autofree char *caps = g_strdup_printf ("format=%s", format);
  g_autofree char *between = g_strdup_printf (
      "contentgate model=%%s/boxes.onnx boxes=end-to-end margin=0 strength=0.3 action=%s", action);
  g_autoptr (GstSample) before = play (caps, "identity"), after = play (caps, between);
  /* 66 * 5 / 16 = 20.6, 66 * 11 / 16 = 45.4; 46 * 5 / 16 = 14.4, 46 * 11 / 16 = 31.6 */
  const int left = 20, right = 46, top = 14, bottom = 32;
  GstVideoFrame a, b;

  map (&a, before);
  map (&b, after);
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&a); c++) {
    const int across = 1 << GST_VIDEO_FORMAT_INFO_W_SUB (a.info.finfo, c);
    const int down = 1 << GST_VIDEO_FORMAT_INFO_H_SUB (a.info.finfo, c);
    int changed = 0;

    for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&a, c); y++)
      for (int x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (&a, c); x++) {
        const int at =
            y * GST_VIDEO_FRAME_COMP_STRIDE (&a, c) + x * GST_VIDEO_FRAME_COMP_PSTRIDE (&a, c);
        const gboolean same = ((guint8 *)GST_VIDEO_FRAME_COMP_DATA (&a, c))[at] ==
                              ((guint8 *)GST_VIDEO_FRAME_COMP_DATA (&b, c))[at];

        changed += !same;
        if (x * across < left || x * across >= right || y * down < top || y * down >= bottom)
          g_assert_true (same);
      }
    g_assert_cmpint (changed * across * down, >, (right - left) * (bottom - top) / 4);
  }
  gst_video_frame_unmap (&a);
  gst_video_frame_unmap (&b);
}

static void
test_box (void)
{
  static const char *const actions[] = { "blur", "pixelate", "replace colour=0x123456" };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    for (guint k = 0; k < G_N_ELEMENTS (actions); k++)
      check_box (formats[i], actions[k]);
}

/* What is held is the picture that a person sees. */
static void
test_held (void)
{
  g_autofree char *path = g_build_filename (folder, "held", "000001.png", NULL);
  g_autoptr (GstSample) shown = play ("format=I420", "videoconvert ! video/x-raw,format=RGB");
  g_autoptr (GstSample) passed = play ("format=I420",
      "contentgate model=%s/bright.onnx labels=0=0.01 scores=none action=hold hold-timeout=0.01 "
      "hold-policy=approve hold-location=%s/held hold-mode=wait");
  g_autoptr (GError) error = NULL;
  g_auto (GenPicture) held = { 0 };
  GstVideoFrame frame;

  g_assert_nonnull (passed);
  g_assert_true (gen_picture_load (&held, path, 3, &error));
  g_assert_no_error (error);
  map (&frame, shown);
  for (int y = 0; y < HEIGHT; y++)
    g_assert_cmpmem ((guint8 *)GST_VIDEO_FRAME_PLANE_DATA (&frame, 0) +
                         y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0),
        WIDTH * 3, held.data + y * held.stride, WIDTH * 3);
  gst_video_frame_unmap (&frame);
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  save_bright ();
  save_boxes ();
  g_test_add_func ("/gate-pictures/score", test_score);
  g_test_add_func ("/gate-pictures/replace", test_replace);
  g_test_add_func ("/gate-pictures/box", test_box);
  g_test_add_func ("/gate-pictures/held", test_held);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
