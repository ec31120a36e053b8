/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generator plays models of one channel on the luma of video in colour: against pictures whose
 * colours are a slope, which is known at any place, and so at any size. */
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <math.h>

#include "doubtful.h"

static char *folder;

/* Each pixel `factor` x `factor` times, or, for -2, one of each two by two. */
static char *
save_scaler (int factor)
{
  g_autofree char *name = g_strdup_printf ("scaler%d.onnx", factor);
  char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GenGraph) graph = gen_graph_new ("scaler");
  g_autoptr (GError) error = NULL;
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 12, 12)), *y;
  const gint64 strides[] = { ABS (factor), ABS (factor) };
  const int taps = factor > 0 ? factor * factor : 1;
  g_autofree float *ones = g_new (float, taps);
  GenTensor *w;

  for (int i = 0; i < taps; i++)
    ones[i] = 1;
  w = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32,
      &GEN_SHAPE (1, 1, factor > 0 ? factor : 1, factor > 0 ? factor : 1),
      g_bytes_new (ones, (gsize)taps * sizeof *ones));
  y = gen_graph_op (graph, factor > 0 ? "ConvTranspose" : "Conv", (GenTensor *[]){ x, w }, 2, 1,
      &error, "strides", GEN_INTS, 2, strides, NULL);
  g_assert_no_error (error);
  for (int d = 0; d < 4; d++)
    if (d != 1)
      x->shape.dims[d] = y->shape.dims[d] = -1;
  say_range (graph, "generative.input-range", "0,1");
  say_range (graph, "generative.output-range", "0,1");
  save_model (graph, y, path);
  return path;
}

/* --- frames whose numbers are known --- */

/* The byte of luma of a pixel. */
static int
luma_at (int x, int y)
{
  return 16 + (x * 31 + y * 17) % 220;
}

/* Cb and Cr at a place of the picture that goes in, in its pixels. */
static double
chroma_at (int plane, double x, double y)
{
  return plane == 1 ? 30 + 1.75 * x + y : 220 - 2 * x - 0.75 * y;
}

/* Where pair `k` lies along an axis. */
static double
place_of (int k, gboolean sited)
{
  return 2 * k + (sited ? 0.5 : 1);
}

static gboolean
is_sited (const GstVideoInfo *info, GstVideoChromaSite along)
{
  return (info->chroma_site & along) != 0;
}

static guint8 *
byte_of (GstVideoFrame *frame, int component, int x, int y)
{
  return (guint8 *)GST_VIDEO_FRAME_COMP_DATA (frame, component) +
         y * GST_VIDEO_FRAME_COMP_STRIDE (frame, component) +
         x * GST_VIDEO_FRAME_COMP_PSTRIDE (frame, component);
}

/* A frame whose rows are `gap` bytes further apart than usual. */
static GstBuffer *
make_frame (const GstVideoInfo *info, int gap)
{
  const gboolean x_sited = is_sited (info, GST_VIDEO_CHROMA_SITE_H_COSITED);
  const gboolean y_sited = is_sited (info, GST_VIDEO_CHROMA_SITE_V_COSITED);
  const int rows = GST_VIDEO_INFO_HEIGHT (info), pairs = (rows + 1) / 2;
  gsize offsets[GST_VIDEO_MAX_PLANES] = { 0 }, size = 0;
  int strides[GST_VIDEO_MAX_PLANES] = { 0 };
  GstVideoFrame frame;
  GstBuffer *buffer;

  for (guint p = 0; p < GST_VIDEO_INFO_N_PLANES (info); p++) {
    strides[p] = GST_VIDEO_INFO_PLANE_STRIDE (info, p) + gap;
    offsets[p] = size;
    size += (gsize)strides[p] * (gsize)(p == 0 ? rows : pairs);
  }
  buffer = gst_buffer_new_allocate (NULL, size, NULL);
  gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE, GST_VIDEO_INFO_FORMAT (info),
      (guint)GST_VIDEO_INFO_WIDTH (info), (guint)rows, GST_VIDEO_INFO_N_PLANES (info), offsets,
      strides);
  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE));
  for (int c = 0; c < 3; c++)
    for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, c); y++)
      for (int x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (&frame, c); x++)
        *byte_of (&frame, c, x, y) =
            (guint8)(c == 0 ? luma_at (x, y)
                            : lround (chroma_at (c, place_of (x, x_sited), place_of (y, y_sited))));
  gst_video_frame_unmap (&frame);
  GST_BUFFER_PTS (buffer) = 0;
  return buffer;
}

/* --- what is made of them --- */

/* How far from an edge slopes are slopes. */
#define EDGE 4

static gboolean
is_near_edge (GstVideoFrame *frame, int x, int y, double factor)
{
  const int edge = (int)ceil (EDGE * MAX (factor, 1));

  return x < edge || y < edge || x >= GST_VIDEO_FRAME_COMP_WIDTH (frame, 1) - edge ||
         y >= GST_VIDEO_FRAME_COMP_HEIGHT (frame, 1) - edge;
}

/* Of what is `factor` times as large, from one range of bytes to the other. */
static void
check_frame (GstBuffer *buffer, const GstVideoInfo *from, const GstVideoInfo *to, double factor)
{
  const gboolean full_from = from->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  const gboolean full_to = to->colorimetry.range == GST_VIDEO_COLOR_RANGE_0_255;
  const gboolean x_sited = is_sited (to, GST_VIDEO_CHROMA_SITE_H_COSITED);
  const gboolean y_sited = is_sited (to, GST_VIDEO_CHROMA_SITE_V_COSITED);
  GstVideoFrame frame;
  int checked = 0;

  g_assert_true (gst_video_frame_map (&frame, to, buffer, GST_MAP_READ));
  for (int y = 0; y < GST_VIDEO_FRAME_HEIGHT (&frame); y++)
    for (int x = 0; x < GST_VIDEO_FRAME_WIDTH (&frame); x++) {
      double level = luma_at ((int)(x / factor), (int)(y / factor));

      level = full_from ? level / 255 : (level - 16) / 219;
      level = full_to ? level * 255 : level * 219 + 16;
      g_assert_cmpint (
          abs (*byte_of (&frame, 0, x, y) - (int)lround (CLAMP (level, 0, 255))), <=, 0);
    }
  for (int c = 1; c < 3; c++)
    for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, c); y++)
      for (int x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (&frame, c); x++) {
        double wanted =
            chroma_at (c, place_of (x, x_sited) / factor, place_of (y, y_sited) / factor);

        if (is_near_edge (&frame, x, y, factor))
          continue;
        wanted = (wanted - 128) * (full_to ? 255 : 224) / (full_from ? 255 : 224) + 128;
        if (fabs (*byte_of (&frame, c, x, y) - wanted) > 1.2)
          g_error ("plane %d, pair %d,%d: %d for %g", c, x, y, *byte_of (&frame, c, x, y), wanted);
        checked++;
      }
  g_assert_cmpint (checked, >, 0);
  gst_video_frame_unmap (&frame);
}

static GstCaps *
caps_of (GstHarness *harness)
{
  return gst_pad_get_current_caps (harness->sinkpad);
}

static void
play (int factor, const char *properties, const char *from, const char *to, int gap)
{
  g_autofree char *path = save_scaler (factor);
  g_autofree char *launch = g_strdup_printf ("generator model=%s %s", path, properties);
  const double by = factor > 0 ? factor : 1.0 / -factor;
  GstHarness *harness = gst_harness_new_parse (launch);
  g_autoptr (GstCaps) in = gst_caps_from_string (from), out = NULL;
  g_autoptr (GstBuffer) made = NULL;
  GstVideoInfo from_info, to_info;

  gst_harness_set_sink_caps_str (harness, to);
  gst_harness_set_src_caps (harness, gst_caps_ref (in));
  g_assert_true (gst_video_info_from_caps (&from_info, in));
  made = gst_harness_push_and_pull (harness, make_frame (&from_info, gap));
  g_assert_nonnull (made);
  out = caps_of (harness);
  g_assert_true (gst_video_info_from_caps (&to_info, out));
  check_frame (made, &from_info, &to_info, by);
  gst_harness_teardown (harness);
}

#define CAPS(format, width, height, rest)                                                          \
  "video/x-raw,format=" format ",width=" width ",height=" height ",framerate=(fraction)10/1" rest

static void
test_formats (void)
{
  static const char *const from[] = { CAPS ("NV12", "32", "24", ""),
    CAPS ("I420", "32", "24", "") };
  static const char *const to[] = { "video/x-raw,format=NV12", "video/x-raw,format=I420" };
  static const int factors[] = { 1, 2, 3 };

  for (int i = 0; i < 2; i++)
    for (int k = 0; k < 2; k++)
      for (gsize f = 0; f < G_N_ELEMENTS (factors); f++) {
        play (factors[f], "", from[i], to[k], 0);
        play (factors[f], "", from[i], to[k], 24);
      }
  play (-2, "", CAPS ("NV12", "64", "52", ""), to[0], 0);
}

static void
test_odd_sizes (void)
{
  static const int factors[] = { 1, 2, 3 };

  for (gsize f = 0; f < G_N_ELEMENTS (factors); f++) {
    play (factors[f], "", CAPS ("NV12", "31", "25", ""), "video/x-raw,format=I420", 0);
    play (factors[f], "", CAPS ("I420", "33", "23", ""), "video/x-raw,format=NV12", 5);
  }
}

/* Pairs at the first of two pixels or midway, and black at 16 or 0, to any of these. */
static void
test_colours (void)
{
  static const char *const sites[] = { "jpeg", "mpeg2", "dv" };
  static const char *const ranges[] = { "2:4:5:4", "1:4:5:4" };

  for (int from = 0; from < 6; from++)
    for (int to = 0; to < 6; to++) {
      g_autofree char *in =
          g_strdup_printf (CAPS ("NV12", "32", "26", ",colorimetry=(string)%s,chroma-site=%s"),
              ranges[from / 3], sites[from % 3]);
      g_autofree char *out =
          g_strdup_printf ("video/x-raw,format=NV12,colorimetry=(string)%s,chroma-site=%s",
              ranges[to / 3], sites[to % 3]);

      play (1, "", in, out, 0);
      play (2, "", in, out, 0);
    }
}

/* What comes out of a launch line, by its format. */
static char *
format_of (const char *before, const char *properties, const char *behind)
{
  g_autofree char *path = save_scaler (2);
  g_autofree char *launch = g_strdup_printf ("videotestsrc num-buffers=1 ! %s generator name=g "
                                             "model=%s %s ! %s fakesink name=sink",
      before, path, properties, behind);
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, NULL);
  g_autoptr (GstElement) generator = gst_bin_get_by_name (GST_BIN (pipeline), "g");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (generator, "src");
  g_autoptr (GstCaps) caps = NULL;
  char *format;

  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  if (gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND) != GST_STATE_CHANGE_SUCCESS)
    g_error ("%s does not play", launch);
  caps = gst_pad_get_current_caps (pad);
  format = g_strdup (gst_structure_get_string (gst_caps_get_structure (caps, 0), "format"));
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return format;
}

/* Video in colour stays that where those before and behind can have it so; the property, or a next
 * element that takes grey alone, makes it grey. */
static void
test_chosen (void)
{
  static const struct {
    const char *before, *properties, *behind, *format;
  } cases[] = {
    { "", "", "", "NV12" },
    { "video/x-raw,format=I420 !", "", "", "I420" },
    { "video/x-raw,format=NV12 !", "", "", "NV12" },
    { "video/x-raw,format=NV12 !", "", "video/x-raw,format=I420 !", "I420" },
    { "video/x-raw,format=RGB ! videoconvert !", "", "videoconvert ! video/x-raw,format=RGB !",
        "I420" },
    { "video/x-raw,format=RGB ! videoconvert !", "", "video/x-raw,format=RGB !", "RGB" },
    { "video/x-raw,format=GRAY8 !", "", "", "GRAY8" },
    { "video/x-raw,format=GRAY8 !", "", "video/x-raw,format=I420 !", "I420" },
    { "video/x-raw,format=RGB ! videoconvert !", "", "video/x-raw,format=GRAY8 !", "GRAY8" },
    { "video/x-raw,format=I420 ! videoconvert !", "luma=false", "", "GRAY8" },
    { "", "luma=false", "", "GRAY8" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *format = format_of (cases[i].before, cases[i].properties, cases[i].behind);

    if (g_strcmp0 (format, cases[i].format) != 0)
      g_error ("%s generator %s ! %s: %s, not %s", cases[i].before, cases[i].properties,
          cases[i].behind, format, cases[i].format);
  }
}

/* Luma tile by tile, and the chroma of the whole frame beside it. */
static void
test_tiles (void)
{
  static const int factors[] = { 1, 2, 3 };

  for (gsize f = 0; f < G_N_ELEMENTS (factors); f++) {
    play (factors[f], "tile=16x12", CAPS ("NV12", "40", "36", ""), "video/x-raw,format=NV12", 0);
    play (factors[f], "tile=16x12", CAPS ("I420", "33", "25", ""), "video/x-raw,format=NV12", 24);
    play (factors[f], "tile=64x64", CAPS ("NV12", "31", "25", ""), "video/x-raw,format=I420", 0);
  }
  play (-2, "tile=16x16", CAPS ("NV12", "64", "52", ""), "video/x-raw,format=NV12", 0);
  play (2, "tile=16x12", CAPS ("NV12", "40", "36", ",colorimetry=(string)1:4:5:4,chroma-site=jpeg"),
      "video/x-raw,format=I420,colorimetry=(string)2:4:5:4,chroma-site=dv", 0);
}

/* Several frames in a run, and of another size after these. */
static void
test_batch (void)
{
  g_autofree char *path = save_scaler (2);
  g_autofree char *launch = g_strdup_printf ("generator model=%s batch-size=3", path);
  static const char *const sizes[] = { CAPS ("NV12", "32", "24", ""),
    CAPS ("NV12", "36", "28", "") };
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_sink_caps_str (harness, "video/x-raw,format=NV12");
  for (int s = 0; s < 2; s++) {
    g_autoptr (GstCaps) in = gst_caps_from_string (sizes[s]);
    GstVideoInfo info, to;

    gst_video_info_from_caps (&info, in);
    gst_harness_set_src_caps (harness, gst_caps_ref (in));
    for (guint i = 0; i < 3; i++) {
      GstBuffer *frame = make_frame (&info, 0);

      GST_BUFFER_PTS (frame) = (3 * (guint)s + i) * GST_SECOND / 10;
      g_assert_cmpint (gst_harness_push (harness, frame), ==, GST_FLOW_OK);
    }
    for (int i = 0; i < 3; i++) {
      g_autoptr (GstBuffer) made = gst_harness_pull (harness);
      g_autoptr (GstCaps) out = caps_of (harness);

      gst_video_info_from_caps (&to, out);
      check_frame (made, &info, &to, 2);
    }
  }
  gst_harness_teardown (harness);
}

/* Colours are not converted, and it is said what would. */
static void
test_refused (void)
{
  g_autofree char *path = save_scaler (2);
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=1 ! video/x-raw,format=NV12,width=32,height=24,colorimetry=bt601 ! "
      "generator model=%s ! video/x-raw,format=NV12,colorimetry=bt709 ! fakesink",
      path);
  gboolean failed;
  g_autofree char *words = play_for_words (launch, &failed);

  g_assert_true (failed);
  assert_says (words, "luma of frames of colorimetry bt601");
  assert_says (words, "put videoconvert in front or behind");
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  g_test_add_func ("/luma/formats", test_formats);
  g_test_add_func ("/luma/odd-sizes", test_odd_sizes);
  g_test_add_func ("/luma/colours", test_colours);
  g_test_add_func ("/luma/chosen", test_chosen);
  g_test_add_func ("/luma/tiles", test_tiles);
  g_test_add_func ("/luma/batch", test_batch);
  g_test_add_func ("/luma/refused", test_refused);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
