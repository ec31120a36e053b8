/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* qualityoverlay: figures are seen in each format, where and how the properties say, and nothing
 * else of a frame changes. */
#include "player.h"

#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#define WIDTH 320
#define HEIGHT 120

static const char *const formats[] = { "RGB", "BGR", "RGBx", "BGRx", "xRGB", "xBGR", "RGBA", "BGRA",
  "ARGB", "ABGR", "GRAY8", "I420", "YV12", "NV12", "NV21", "Y42B", "Y444" };

static gboolean
is_luma (const char *format)
{
  const GstVideoFormatInfo *info =
      gst_video_format_get_info (gst_video_format_from_string (format));

  return GST_VIDEO_FORMAT_INFO_IS_YUV (info);
}

/* The last of three frames of a dark grey, as GRAY8, drawn over in `format`. (transfer full) */
static GstBuffer *
play (const char *format, const char *overlay)
{
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=3 pattern=solid-color foreground-color=0xff606060 ! "
      "video/x-raw,format=GRAY8,width=%d,height=%d,framerate=10/1 ! "
      "qualitymeter metrics=brightness,contrast ! videoconvert ! video/x-raw,format=%s ! %s ! "
      "videoconvert ! video/x-raw,format=GRAY8 ! fakesink name=sink signal-handoffs=true "
      "sync=false",
      WIDTH, HEIGHT, format, overlay);
  GstBuffer *last;
  Player player;

  player_open (&player, launch);
  player_play_to_end (&player);
  g_assert_cmpuint (player.buffers->len, ==, 3);
  last = gst_buffer_ref (player.buffers->pdata[2]);
  player_close (&player);
  return last;
}

/* The rectangle of pixels that differ from the frame's grey by more than `tolerance`. */
typedef struct {
  int left, top, right, bottom;
  guint ink; /* that are bright */
} Seen;

static Seen
look (GstBuffer *buffer, int tolerance)
{
  Seen seen = { WIDTH, HEIGHT, 0, 0, 0 };
  GstMapInfo map;
  int grey;

  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_assert_cmpuint (map.size, ==, WIDTH * HEIGHT);
  grey = map.data[WIDTH / 2 + (HEIGHT - 1) * WIDTH];
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++) {
      const int value = map.data[y * WIDTH + x];

      if (ABS (value - grey) <= tolerance)
        continue;
      seen.left = MIN (seen.left, x);
      seen.top = MIN (seen.top, y);
      seen.right = MAX (seen.right, x + 1);
      seen.bottom = MAX (seen.bottom, y + 1);
      seen.ink += value > 185;
    }
  gst_buffer_unmap (buffer, &map);
  return seen;
}

static void
test_formats (void)
{
  g_autoptr (GstBuffer) reference = play ("GRAY8", "qualityoverlay scale=1");
  const Seen grey = look (reference, 3);
  GstMapInfo expected;

  /* Two lines of ten rows, and a margin of four around them. */
  g_assert_cmpint (grey.left, ==, 8);
  g_assert_cmpint (grey.top, ==, 8);
  g_assert_cmpint (grey.bottom, ==, 8 + 28);
  g_assert_cmpuint (grey.ink, >, 200);
  g_assert_true (gst_buffer_map (reference, &expected, GST_MAP_READ));
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autoptr (GstBuffer) buffer = play (formats[i], "qualityoverlay scale=1");
    int furthest = 0;
    GstMapInfo map;

    g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
    for (gsize k = 0; k < map.size; k++)
      furthest = MAX (furthest, ABS (map.data[k] - expected.data[k]));
    gst_buffer_unmap (buffer, &map);
    g_test_message ("%s: %d", formats[i], furthest);
    /* videoconvert takes grey for luma as it is, where black is 16 and white 235. */
    g_assert_cmpint (furthest, <=, is_luma (formats[i]) ? 20 : 0);
    g_assert_cmpuint (look (buffer, 3).ink, ==, grey.ink);
  }
  gst_buffer_unmap (reference, &expected);
}

static void
test_places (void)
{
  static const struct {
    const char *overlay;
    gboolean right, bottom;
  } cases[] = { { "qualityoverlay scale=1 margin=20 position=top-right", TRUE, FALSE },
    { "qualityoverlay scale=1 margin=20 position=bottom-left", FALSE, TRUE },
    { "qualityoverlay scale=1 margin=20 position=bottom-right", TRUE, TRUE } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstBuffer) buffer = play ("I420", cases[i].overlay);
    const Seen seen = look (buffer, 3);

    g_test_message (
        "%s: %d %d %d %d", cases[i].overlay, seen.left, seen.top, seen.right, seen.bottom);
    if (cases[i].right)
      g_assert_cmpint (ABS (seen.right - (WIDTH - 20)), <=, 1);
    else
      g_assert_cmpint (seen.left, ==, 20);
    if (cases[i].bottom)
      g_assert_cmpint (ABS (seen.bottom - (HEIGHT - 20)), <=, 1);
    else
      g_assert_cmpint (seen.top, ==, 20);
  }
}

/* One figure, no ground, no curve. */
static void
test_properties (void)
{
  g_autoptr (GstBuffer) one = play ("GRAY8", "qualityoverlay scale=1 figures=contrast");
  g_autoptr (GstBuffer) bare =
      play ("GRAY8", "qualityoverlay scale=1 figures=contrast opacity=0 history=0");
  g_autoptr (GstBuffer) none = play ("GRAY8", "qualityoverlay scale=1 figures=sharpness");
  g_autoptr (GstBuffer) large = play ("GRAY8", "qualityoverlay scale=2 figures=contrast history=0");
  const Seen of_one = look (one, 3), of_bare = look (bare, 3), of_none = look (none, 3);
  const Seen of_large = look (large, 3);

  g_assert_cmpint (of_one.bottom - of_one.top, ==, 18);
  g_assert_cmpint (of_bare.bottom - of_bare.top, <, 10);
  g_assert_cmpuint (of_bare.ink, <, of_one.ink);
  g_assert_cmpint (of_none.right, ==, 0);
  g_assert_cmpint (of_large.bottom - of_large.top, ==, 36);
  /* Each pixel of a letter is four. */
  g_assert_cmpuint (of_large.ink, ==, 4 * of_bare.ink);
}

/* What is transparent is seen where there are figures. */
static void
test_alpha (void)
{
  GstHarness *harness =
      gst_harness_new_parse ("qualitymeter metrics=brightness ! videoconvert ! alpha alpha=0 ! "
                             "capsfilter caps=video/x-raw,format=RGBA ! qualityoverlay scale=1");
  GstBuffer *buffer, *out;
  GstMapInfo map;

  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=GRAY8,width=320,height=120,framerate=30/1");
  buffer = gst_harness_create_buffer (harness, WIDTH * HEIGHT);
  gst_buffer_memset (buffer, 0, 9, WIDTH * HEIGHT);
  out = gst_harness_push_and_pull (harness, buffer);
  g_assert_nonnull (out);
  g_assert_true (gst_buffer_map (out, &map, GST_MAP_READ));
  g_assert_cmpint (map.data[3], ==, 0);
  g_assert_cmpint (map.data[(10 * WIDTH + 10) * 4 + 3], ==, 153);
  gst_buffer_unmap (out, &map);
  gst_buffer_unref (out);
  gst_harness_teardown (harness);
}

static char *
pop_warning (GstBus *bus)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  g_autoptr (GError) error = NULL;

  if (message == NULL)
    return NULL;
  gst_message_parse_warning (message, &error, NULL);
  return g_strdup (error->message);
}

/* Who forgot the meter is told so, once; and who mistyped a name. Frames pass as they are. */
static void
test_warnings (void)
{
  GstHarness *harness = gst_harness_new ("qualityoverlay");
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autofree char *slip = NULL, *none = NULL;

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=GRAY8,width=320,height=120,framerate=30/1");
  for (guint i = 0; i < 100; i++) {
    GstBuffer *buffer = gst_harness_create_buffer (harness, WIDTH * HEIGHT), *out;

    gst_buffer_memset (buffer, 0, 77, WIDTH * HEIGHT);
    out = gst_harness_push_and_pull (harness, buffer);
    g_assert_cmpint (look (out, 0).right, ==, 0);
    gst_buffer_unref (out);
    if (i == 0)
      g_object_set (harness->element, "figures", "tenengrat", NULL);
  }
  gst_harness_teardown (harness);
  slip = pop_warning (bus);
  g_assert_nonnull (strstr (slip, "did you mean \"tenengrad\"?"));
  none = pop_warning (bus);
  g_assert_nonnull (
      strstr (none, "put qualitymeter, qualitycompare, discriminator or classifier in front"));
  g_assert_null (pop_warning (bus));
  gst_bus_set_flushing (bus, TRUE);
}

/* A figure of the last seconds that nobody measures, though its own is, by the meter in front or by
 * the element itself. */
static void
test_no_recent (void)
{
  static const char *const launches[] = {
    "qualitymeter metrics=sharpness ! qualityoverlay figures=sharpness,sharpness-recent",
    "qualityoverlay metrics=sharpness figures=sharpness,sharpness-recent",
    "qualitymeter metrics=sharpness recent=1 ! qualityoverlay figures=sharpness,sharpness-recent",
  };

  for (gsize l = 0; l < G_N_ELEMENTS (launches); l++) {
    GstHarness *harness = gst_harness_new_parse (launches[l]);
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autofree char *told = NULL;

    gst_element_set_bus (harness->element, bus);
    gst_element_set_state (harness->element, GST_STATE_READY);
    gst_element_set_state (harness->element, GST_STATE_PLAYING);
    gst_harness_set_src_caps_str (
        harness, "video/x-raw,format=GRAY8,width=320,height=120,framerate=30/1");
    for (guint i = 0; i < 3; i++) {
      GstBuffer *buffer = gst_harness_create_buffer (harness, WIDTH * HEIGHT);

      gst_buffer_memset (buffer, 0, 77, WIDTH * HEIGHT);
      gst_buffer_unref (gst_harness_push_and_pull (harness, buffer));
    }
    gst_harness_teardown (harness);
    told = pop_warning (bus);
    g_assert_true ((told != NULL) == (l < 2));
    g_assert_true (told == NULL || strstr (told, "no \"sharpness-recent\"") != NULL);
    g_assert_null (pop_warning (bus));
    gst_bus_set_flushing (bus, TRUE);
  }
}

/* --- by itself --- */

/* The last of `n` frames. (transfer full) */
static GstBuffer *
push_frames (const char *launch, const char *format, guint n, const char *class)
{
  g_autofree char *caps = g_strdup_printf (
      "video/x-raw,format=%s,width=%d,height=%d,framerate=10/1", format, WIDTH, HEIGHT);
  GstHarness *harness = gst_harness_new_parse (launch);
  GstBuffer *last = NULL;

  gst_harness_set_src_caps_str (harness, caps);
  for (guint i = 0; i < n; i++) {
    GstBuffer *buffer = gst_harness_create_buffer (
        harness, g_str_equal (format, "GRAY8") ? WIDTH * HEIGHT : 4 * WIDTH * HEIGHT);

    gst_buffer_memset (buffer, 0, 0x60, gst_buffer_get_size (buffer));
    GST_BUFFER_PTS (buffer) = i * 100 * GST_MSECOND;
    if (class != NULL)
      gst_structure_set (
          gst_custom_meta_get_structure (gst_buffer_add_custom_meta (buffer, "generative-label")),
          "label", G_TYPE_INT, 0, "name", G_TYPE_STRING, class, NULL);
    g_clear_pointer (&last, gst_buffer_unref);
    last = gst_harness_push_and_pull (harness, buffer);
  }
  gst_harness_teardown (harness);
  return last;
}

static gboolean
are_equal (GstBuffer *a, GstBuffer *b)
{
  GstMapInfo x, y;
  gboolean equal;

  g_assert_true (gst_buffer_map (a, &x, GST_MAP_READ) && gst_buffer_map (b, &y, GST_MAP_READ));
  equal = x.size == y.size && memcmp (x.data, y.data, x.size) == 0;
  gst_buffer_unmap (a, &x);
  gst_buffer_unmap (b, &y);
  return equal;
}

/* What it measures by itself is what qualitymeter in front would have: the same pixels are drawn.
 */
static void
test_measures (void)
{
  static const char alone[] = "qualityoverlay scale=1 metrics=brightness,contrast,temporal-ssim";
  static const char behind[] =
      "qualitymeter metrics=brightness,contrast,temporal-ssim ! qualityoverlay scale=1";
  g_autoptr (GstBuffer) own = push_frames (alone, "GRAY8", 3, NULL);
  g_autoptr (GstBuffer) other = push_frames (behind, "GRAY8", 3, NULL);
  g_autoptr (GstBuffer) none = push_frames ("qualityoverlay scale=1", "GRAY8", 3, NULL);
  g_autoptr (GstBuffer) bgrx = push_frames (alone, "BGRx", 3, NULL);

  g_assert_true (are_equal (own, other));
  g_assert_false (are_equal (own, none));
  g_assert_cmpuint (gst_buffer_get_size (bgrx), ==, 4 * WIDTH * HEIGHT);
}

/* A class is told by its name, whatever its letters are, and how many. */
static void
test_class (void)
{
  static const char launch[] = "qualityoverlay scale=1 figures=class";
  g_autoptr (GstBuffer) cat = push_frames (launch, "GRAY8", 1, "cat");
  g_autoptr (GstBuffer) dog = push_frames (launch, "GRAY8", 1, "dog");
  g_autoptr (GstBuffer) plain = push_frames (launch, "GRAY8", 1, "groesse");
  g_autoptr (GstBuffer) none = push_frames (launch, "GRAY8", 1, NULL);
  g_autoptr (GstBuffer) lengthy = push_frames (launch, "GRAY8", 1,
      "a name that is longer than all that a line has room for, and goes on and on and on");

  g_assert_false (are_equal (cat, dog));
  g_assert_false (are_equal (cat, none));
  g_assert_false (are_equal (plain, none));
  g_assert_false (are_equal (lengthy, none));
}

/* What cannot be measured is an error that names the property. */
static void
test_refused_metrics (void)
{
  static const char *const cases[][2] = { { "frechet", "Property metrics: metric frechet" },
    { "sharpnes", "Property metrics: " }, { "psnr", "Property metrics: metric psnr" },
    { "loudness", "Property metrics: metric loudness" } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstElement) overlay = gst_element_factory_make ("qualityoverlay", NULL);
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autoptr (GstMessage) message = NULL;
    g_autoptr (GError) error = NULL;

    gst_object_ref_sink (overlay);
    gst_element_set_bus (overlay, bus);
    g_object_set (overlay, "metrics", cases[i][0], NULL);
    g_assert_cmpint (
        gst_element_set_state (overlay, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    g_assert_nonnull (message);
    gst_message_parse_error (message, &error, NULL);
    g_assert_true (g_str_has_prefix (error->message, cases[i][1]));
    gst_element_set_state (overlay, GST_STATE_NULL);
    gst_element_set_bus (overlay, NULL);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/qualityoverlay/formats", test_formats);
  g_test_add_func ("/qualityoverlay/places", test_places);
  g_test_add_func ("/qualityoverlay/properties", test_properties);
  g_test_add_func ("/qualityoverlay/alpha", test_alpha);
  g_test_add_func ("/qualityoverlay/warnings", test_warnings);
  g_test_add_func ("/qualityoverlay/no-recent", test_no_recent);
  g_test_add_func ("/qualityoverlay/measures", test_measures);
  g_test_add_func ("/qualityoverlay/class", test_class);
  g_test_add_func ("/qualityoverlay/refused-metrics", test_refused_metrics);
  return g_test_run ();
}
