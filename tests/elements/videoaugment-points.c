/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Key points and boxes in metas: they land on what they are of, wherever that is brought, and what
 * is hostile in them does no harm. */
#include <generative/augment.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <math.h>

#include "player.h"

enum { WIDTH = 320, HEIGHT = 240, FRAMES = 40, SIDE = 20 };

static const char *const formats[] = { "GRAY8", "RGB", "xBGR", "I420", "NV12" };

/* The place of a spot. */
typedef struct {
  double x, y;
} Place;

static Place
place_of (guint64 number)
{
  g_autoptr (GRand) random = g_rand_new_with_seed ((guint32)number + 9);
  const double x = g_rand_double_range (random, 40, WIDTH - 40);

  return (Place){ x, g_rand_double_range (random, 40, HEIGHT - 40) };
}

static void
add_points (GstBuffer *buffer, const double *numbers, guint n)
{
  GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, "generative-keypoints");
  GValue array = G_VALUE_INIT;

  g_value_init (&array, GST_TYPE_ARRAY);
  for (guint i = 0; i < n; i++) {
    GValue value = G_VALUE_INIT;

    g_value_init (&value, G_TYPE_DOUBLE);
    g_value_set_double (&value, numbers[i]);
    gst_value_array_append_and_take_value (&array, &value);
  }
  gst_structure_take_value (gst_custom_meta_get_structure (meta), "points", &array);
  gst_structure_set (gst_custom_meta_get_structure (meta), "names", G_TYPE_STRING, "nose", NULL);
}

static double
number_of (GstBuffer *buffer, guint i)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "generative-keypoints");
  const GValue *points;

  g_assert_nonnull (meta);
  points = gst_structure_get_value (gst_custom_meta_get_structure (meta), "points");
  return g_value_get_double (gst_value_array_get_value (points, i));
}

/* White on black, in samples that are bright in all formats alike: luma, or all colours. */
static GstBuffer *
new_frame (const GstVideoInfo *info, guint64 number)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, info->size, NULL);
  const Place place = place_of (number);
  GstVideoFrame frame;

  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE));
  for (guint plane = 0; plane < GST_VIDEO_FRAME_N_PLANES (&frame); plane++)
    memset (GST_VIDEO_FRAME_PLANE_DATA (&frame, plane),
        GST_VIDEO_INFO_IS_YUV (info) ? (plane > 0 ? 128 : 16) : 0,
        (gsize)GST_VIDEO_FRAME_PLANE_STRIDE (&frame, plane) *
            (gsize)GST_VIDEO_FRAME_COMP_HEIGHT (&frame, plane));
  for (int y = 0; y < HEIGHT; y++)
    for (int x = 0; x < WIDTH; x++) {
      const double away = hypot (x + 0.5 - place.x, y + 0.5 - place.y);
      const int bytes = GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, 0);

      for (int k = 0; away < 8 && k < bytes; k++)
        ((guint8 *)GST_VIDEO_FRAME_PLANE_DATA (
            &frame, 0))[y * GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0) + x * bytes + k] =
            (guint8)(235 * exp (-away * away / 8));
    }
  gst_video_frame_unmap (&frame);
  GST_BUFFER_OFFSET (buffer) = number;
  return buffer;
}

/* The middle of what is bright near a place; FALSE when nothing is. */
static gboolean
find_spot (const GstVideoInfo *info, GstBuffer *buffer, Place near, Place *spot)
{
  double sum = 0;
  GstVideoFrame frame;

  *spot = (Place){ 0, 0 };
  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_READ));
  for (int y = MAX ((int)near.y - 10, 0); y < MIN ((int)near.y + 10, HEIGHT); y++)
    for (int x = MAX ((int)near.x - 10, 0); x < MIN ((int)near.x + 10, WIDTH); x++) {
      const guint8 *sample = GST_VIDEO_FRAME_COMP_DATA (&frame, 0);
      const int value = sample[y * GST_VIDEO_FRAME_COMP_STRIDE (&frame, 0) +
                               x * GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, 0)];

      if (value < 70)
        continue;
      sum += value;
      spot->x += value * (x + 0.5);
      spot->y += value * (y + 0.5);
    }
  gst_video_frame_unmap (&frame);
  spot->x /= MAX (sum, 1);
  spot->y /= MAX (sum, 1);
  return sum > 0;
}

static void
assert_lands (GstHarness *harness, const GstVideoInfo *info, const char *what, guint *seen)
{
  for (guint64 number = 0; number < FRAMES; number++) {
    GstBuffer *buffer = new_frame (info, number);
    const Place place = place_of (number);
    GstVideoRegionOfInterestMeta *region;
    Place said, spot;

    add_points (buffer, (double[]){ place.x, place.y, 0, 0 }, 4);
    gst_buffer_add_video_region_of_interest_meta (
        buffer, "spot", (guint)place.x - SIDE / 2, (guint)place.y - SIDE / 2, SIDE, SIDE);
    buffer = gst_harness_push_and_pull (harness, buffer);
    said = (Place){ number_of (buffer, 0), number_of (buffer, 1) };
    region = gst_buffer_get_video_region_of_interest_meta (buffer);
    if (said.x > 12 && said.y > 12 && said.x < WIDTH - 12 && said.y < HEIGHT - 12) {
      if (!find_spot (info, buffer, said, &spot))
        g_error ("%s: there is no spot at %g, %g", what, said.x, said.y);
      if (hypot (spot.x - said.x, spot.y - said.y) > 0.5)
        g_error ("%s: the spot is at %g, %g, but said to be at %g, %g", what, spot.x, spot.y,
            said.x, said.y);
      g_assert_nonnull (region);
      g_assert_cmpfloat (region->x, <=, spot.x);
      g_assert_cmpfloat (region->y, <=, spot.y);
      g_assert_cmpfloat (region->x + region->w, >=, spot.x);
      g_assert_cmpfloat (region->y + region->h, >=, spot.y);
      (*seen)++;
    }
    if (region != NULL) {
      g_assert_cmpuint (region->x + region->w, <=, WIDTH);
      g_assert_cmpuint (region->y + region->h, <=, HEIGHT);
    }
    gst_buffer_unref (buffer);
  }
}

/* Each transform that moves pixels, in each kind of frame. */
static void
test_land (void)
{
  static const char *const transforms[] = { "flip=both", "crop=0.3", "resized-crop=0.5",
    "scale=0.3", "rotate=180", "shear=20", "translate=0.2", "perspective=0.4",
    "grid-distortion=0.3", "elastic=0.1",
    "flip=both crop=0.2 rotate=20 shear=5 perspective=0.1 grid-distortion=0.2 elastic=0.05" };

  for (gsize i = 0; i < G_N_ELEMENTS (transforms); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (formats); k++) {
      g_autofree char *launch = g_strdup_printf ("videoaugment seed=5 %s", transforms[i]);
      g_autofree char *caps = g_strdup_printf (
          "video/x-raw,format=%s,width=%d,height=%d,framerate=25/1", formats[k], WIDTH, HEIGHT);
      g_autofree char *what = g_strdup_printf ("%s of %s", transforms[i], formats[k]);
      GstHarness *harness = gst_harness_new_parse (launch);
      guint seen = 0;
      GstVideoInfo info;

      gst_video_info_set_format (&info, gst_video_format_from_string (formats[k]), WIDTH, HEIGHT);
      gst_harness_set_src_caps_str (harness, caps);
      assert_lands (harness, &info, what, &seen);
      g_assert_cmpuint (seen, >=, FRAMES / 4);
      gst_harness_teardown (harness);
    }
}

/* How much of a box is left in a frame that is moved by pixels, both being whole. */
static double
share_left (const GenAugmentPictureDraw *draw, double left, double top, double side)
{
  double right = left + side, bottom = top + side, across, down;

  gen_augment_picture_follow (draw, &left, &top);
  gen_augment_picture_follow (draw, &right, &bottom);
  across = MIN (right, draw->width) - MAX (left, 0);
  down = MIN (bottom, draw->height) - MAX (top, 0);
  return MAX (across, 0) * MAX (down, 0) / ((right - left) * (bottom - top));
}

/* Boxes are dropped by how much of them is left, as the draw tells. */
static void
test_visibility (void)
{
  GstHarness *harness =
      gst_harness_new_parse ("videoaugment name=a seed=5 translate=0.5 min-visibility=0.4");
  guint kept = 0, dropped = 0, cut = 0;
  GenAugmentSettings settings;
  GstVideoInfo info;

  gen_augment_settings_init (&settings, &gen_medium_picture);
  settings.seed = 5;
  for (int i = 0; gen_augmentation_list (&gen_medium_picture)[i] != NULL; i++)
    if (g_str_equal (gen_augmentation_list (&gen_medium_picture)[i]->name, "translate"))
      settings.amounts[i] = 0.5;
  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_GRAY8, WIDTH, HEIGHT);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=GRAY8,width=320,height=240,framerate=25/1");
  for (guint64 number = 0; number < 200; number++) {
    GstBuffer *buffer = new_frame (&info, number);
    GenAugmentPictureDraw draw;
    double share;

    gst_buffer_add_video_region_of_interest_meta (buffer, "box", 10, 10, 80, 80);
    buffer = gst_harness_push_and_pull (harness, buffer);
    gen_augment_draw_picture (&settings, number, WIDTH, HEIGHT, &draw);
    share = share_left (&draw, 10, 10, 80);
    if (fabs (share - 0.4) > 0.001)
      g_assert_cmpint (
          gst_buffer_get_video_region_of_interest_meta (buffer) != NULL, ==, share > 0.4);
    kept += share > 0.4;
    cut += share > 0.4 && share < 0.99;
    dropped += share > 0.01 && share < 0.4;
    gst_buffer_unref (buffer);
  }
  g_assert_cmpuint (kept, >, 20);
  g_assert_cmpuint (cut, >, 5);
  g_assert_cmpuint (dropped, >, 5);
  gst_harness_teardown (harness);
}

/* Whoever scales pictures scales points, and what else is said of them stays. */
static void
test_scaled (void)
{
  GstHarness *harness = gst_harness_new_parse (
      "videoaugment add-meta=true ! videoscale ! capsfilter caps=video/x-raw,width=640,height=120");
  GstVideoInfo info;
  GstBuffer *buffer;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_RGB, WIDTH, HEIGHT);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=RGB,width=320,height=240,framerate=25/1");
  buffer = new_frame (&info, 0);
  add_points (buffer, (double[]){ 10, 20, -5, 300 }, 4);
  buffer = gst_harness_push_and_pull (harness, buffer);
  g_assert_cmpfloat (number_of (buffer, 0), ==, 20);
  g_assert_cmpfloat (number_of (buffer, 1), ==, 10);
  g_assert_cmpfloat (number_of (buffer, 2), ==, -10);
  g_assert_cmpfloat (number_of (buffer, 3), ==, 150);
  g_assert_cmpstr (
      gst_structure_get_string (gst_custom_meta_get_structure (
                                    gst_buffer_get_custom_meta (buffer, "generative-keypoints")),
          "names"),
      ==, "nose");
  gst_buffer_unref (buffer);
  gst_harness_teardown (harness);
}

/* Metas that say nothing of use, or too much. */
static void
test_hostile (void)
{
  GstHarness *harness =
      gst_harness_new_parse ("videoaugment rotate=40 perspective=0.6 elastic=0.1 min-visibility=1");
  GstVideoInfo info;

  gst_video_info_set_format (&info, GST_VIDEO_FORMAT_GRAY8, WIDTH, HEIGHT);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=GRAY8,width=320,height=240,framerate=25/1");
  for (guint64 number = 0; number < 8; number++) {
    GstBuffer *buffer = new_frame (&info, number);
    GstStructure *structure;

    gst_buffer_add_video_region_of_interest_meta (buffer, "none", 10, 10, 0, 0);
    gst_buffer_add_video_region_of_interest_meta (
        buffer, "beyond", G_MAXUINT - 3, G_MAXUINT - 3, G_MAXUINT, G_MAXUINT);
    add_points (buffer, (double[]){ 10, NAN, INFINITY, -INFINITY, 1e300 }, (guint)number % 5);
    structure =
        gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer, "generative-keypoints"));
    if (number == 5)
      gst_structure_set (structure, "points", G_TYPE_STRING, "10, 20", NULL);
    else if (number == 6)
      gst_structure_remove_field (structure, "points");
    else if (number == 7)
      gst_structure_set (structure, "points", G_TYPE_INT, 3, NULL);
    buffer = gst_harness_push_and_pull (harness, buffer);
    g_assert_null (gst_buffer_get_video_region_of_interest_meta (buffer));
    g_assert_nonnull (gst_buffer_get_custom_meta (buffer, "generative-keypoints"));
    gst_buffer_unref (buffer);
  }
  gst_harness_teardown (harness);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  /* The metas are made known by it. */
  gst_object_unref (gst_object_ref_sink (gst_element_factory_make ("videoaugment", NULL)));
  g_test_add_func ("/videoaugment/points/land", test_land);
  g_test_add_func ("/videoaugment/points/visibility", test_visibility);
  g_test_add_func ("/videoaugment/points/scaled", test_scaled);
  g_test_add_func ("/videoaugment/points/hostile", test_hostile);
  return g_test_run ();
}
