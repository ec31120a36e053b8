/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* videoaugment: frames against the library for each format, which number a frame goes by, what
 * passes untouched, and changes while it plays. */
#include <generative/augment-policy.h>
#include <gst/check/gstharness.h>
#include <gst/controller/gstdirectcontrolbinding.h>
#include <gst/controller/gstinterpolationcontrolsource.h>
#include <gst/video/video.h>

#include <string.h>

#include "player.h"

/* Odd, so that rows are padded. */
enum { WIDTH = 29, HEIGHT = 17 };

static GstHarness *
harness_new (const char *settings, const char *format)
{
  g_autofree char *launch = g_strdup_printf ("videoaugment %s", settings);
  g_autofree char *caps = g_strdup_printf (
      "video/x-raw,format=%s,width=%d,height=%d,framerate=25/1", format, WIDTH, HEIGHT);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

static void
harness_info (GstHarness *harness, GstVideoInfo *info)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (harness->srcpad);

  g_assert_true (gst_video_info_from_caps (info, caps));
}

static GstBuffer *
new_frame (GstHarness *harness)
{
  GstVideoInfo info;
  GstBuffer *buffer;
  GstMapInfo map;

  harness_info (harness, &info);
  buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&info), NULL);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_WRITE));
  for (gsize i = 0; i < map.size; i++)
    map.data[i] = (guint8)(i * 31 + i / 97);
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

static GenPicture
picture_of (const GstVideoFrame *frame)
{
  return (GenPicture){
    .data = GST_VIDEO_FRAME_PLANE_DATA (frame, 0),
    .width = GST_VIDEO_FRAME_WIDTH (frame),
    .height = GST_VIDEO_FRAME_HEIGHT (frame),
    .channels = GST_VIDEO_FRAME_COMP_PSTRIDE (frame, 0),
    .stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0),
  };
}

/* `buffer` must be what the library makes of frame number `number`. */
static void
assert_augmented (
    GstHarness *harness, GstBuffer *buffer, const GenAugmentSettings *settings, guint64 number)
{
  GstBuffer *plain = new_frame (harness);
  g_auto (GenPicture) expected = { 0 };
  GstVideoFrame in, out;
  GstVideoInfo info;
  g_autoptr (GenAugmentWorkspace) workspace = gen_augment_workspace_new ();
  GenPicture source, result;
  GenAugmentPictureDraw draw;

  harness_info (harness, &info);
  g_assert_true (gst_video_frame_map (&in, &info, plain, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&out, &info, buffer, GST_MAP_READ));
  source = picture_of (&in);
  result = picture_of (&out);
  gen_picture_init (&expected, WIDTH, HEIGHT, source.channels);
  gen_augment_draw_picture (settings, number, WIDTH, HEIGHT, &draw);
  gen_augment_render_picture (&draw, workspace, &source, &expected);
  for (int y = 0; y < HEIGHT; y++)
    g_assert_cmpmem (result.data + y * result.stride, WIDTH * result.channels,
        expected.data + y * expected.stride, WIDTH * result.channels);
  gst_video_frame_unmap (&in);
  gst_video_frame_unmap (&out);
  gst_buffer_unref (plain);
}

static GenAugmentSettings
settings_for (guint64 seed)
{
  GenAugmentSettings settings = { .medium = &gen_medium_picture, .probability = 1, .seed = seed };

  for (int i = 0; gen_augmentation_list (&gen_medium_picture)[i] != NULL; i++) {
    const char *name = gen_augmentation_list (&gen_medium_picture)[i]->name;

    if (g_str_equal (name, "flip"))
      settings.amounts[i] = 1;
    else if (g_str_equal (name, "rotate"))
      settings.amounts[i] = 20;
    else if (g_str_equal (name, "brightness"))
      settings.amounts[i] = 0.25;
    else if (g_str_equal (name, "noise"))
      settings.amounts[i] = 0.125;
  }
  return settings;
}
#define SETTINGS "flip=horizontal rotate=20 brightness=0.25 noise=0.125 seed=6"

static void
test_frames (void)
{
  static const char *const formats[] = { "GRAY8", "RGB", "RGBA" };
  GenAugmentSettings settings = settings_for (6);

  for (gsize f = 0; f < G_N_ELEMENTS (formats); f++) {
    GstHarness *harness = harness_new (SETTINGS, formats[f]);

    /* In any order, by number. */
    for (guint i = 0; i < 20; i++) {
      guint64 number = i * 7 % 20;
      GstBuffer *buffer = new_frame (harness);

      GST_BUFFER_OFFSET (buffer) = number;
      buffer = gst_harness_push_and_pull (harness, buffer);
      assert_augmented (harness, buffer, &settings, number);
      gst_buffer_unref (buffer);
    }
    gst_harness_teardown (harness);
  }
}

/* --- formats --- */

/* Sample (x, y) of a component; `frame` is mapped. */
static guint8 *
sample_of (const GstVideoFrame *frame, guint component, int x, int y)
{
  return (guint8 *)GST_VIDEO_FRAME_COMP_DATA (frame, component) +
         y * GST_VIDEO_FRAME_COMP_STRIDE (frame, component) +
         x * GST_VIDEO_FRAME_COMP_PSTRIDE (frame, component);
}

/* What becomes of a frame whose components are the same in each format. */
static GstBuffer *
augment_components (GstHarness *harness, GstVideoInfo *info)
{
  GstBuffer *buffer;
  GstVideoFrame frame;

  harness_info (harness, info);
  buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info), NULL);
  gst_buffer_memset (buffer, 0, 7, GST_VIDEO_INFO_SIZE (info));
  GST_BUFFER_OFFSET (buffer) = 3;
  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE));
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&frame); c++)
    for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, c); y++)
      for (int x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (&frame, c); x++)
        *sample_of (&frame, c, x, y) = (guint8)(90 + (x * 5 + y * 3 + (int)c * 17) % 60);
  gst_video_frame_unmap (&frame);
  return gst_harness_push_and_pull (harness, buffer);
}

static void
assert_same_components (const char *format, const char *other)
{
  static const char *const settings =
      "flip=horizontal rotate=20 brightness=0.1 hue=40 gamma=0.4 iso-noise=0.2 jpeg=60 "
      "cutout=0.3 seed=6";
  GstHarness *harness = harness_new (settings, format), *second = harness_new (settings, other);
  GstVideoInfo info, second_info;
  GstBuffer *buffer = augment_components (harness, &info);
  GstBuffer *second_buffer = augment_components (second, &second_info);
  GstVideoFrame frame, second_frame;

  g_assert_true (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  g_assert_true (gst_video_frame_map (&second_frame, &second_info, second_buffer, GST_MAP_READ));
  for (guint c = 0; c < MIN (info.finfo->n_components, second_info.finfo->n_components); c++)
    for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, c); y++)
      for (int x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (&frame, c); x++)
        g_assert_cmpint (*sample_of (&frame, c, x, y), ==, *sample_of (&second_frame, c, x, y));
  gst_video_frame_unmap (&frame);
  gst_video_frame_unmap (&second_frame);
  gst_buffer_unref (buffer);
  gst_buffer_unref (second_buffer);
  gst_harness_teardown (harness);
  gst_harness_teardown (second);
}

/* To whichever places a format puts what it has, the same becomes of it. */
static void
test_formats (void)
{
  static const char *const of_colours[] = { "BGR", "RGBA", "BGRA", "ARGB", "ABGR", "RGBx", "BGRx",
    "xRGB", "xBGR" };
  static const char *const of_planes[] = { "YV12", "NV12", "NV21" };

  for (gsize i = 0; i < G_N_ELEMENTS (of_colours); i++)
    assert_same_components ("RGB", of_colours[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (of_planes); i++)
    assert_same_components ("I420", of_planes[i]);
}

/* Without an offset the time tells the number, and without a time the order. */
static void
test_numbers (void)
{
  GenAugmentSettings settings = settings_for (6);
  GstHarness *harness = harness_new (SETTINGS, "RGB");

  for (guint64 i = 0; i < 6; i++) {
    guint64 number = 1000 - 3 * i;
    GstBuffer *buffer = new_frame (harness);

    GST_BUFFER_PTS (buffer) = number * GST_SECOND / 25;
    buffer = gst_harness_push_and_pull (harness, buffer);
    assert_augmented (harness, buffer, &settings, number);
    gst_buffer_unref (buffer);
  }
  for (guint64 i = 0; i < 6; i++) {
    GstBuffer *buffer = gst_harness_push_and_pull (harness, new_frame (harness));

    assert_augmented (harness, buffer, &settings, i);
    gst_buffer_unref (buffer);
  }
  gst_harness_teardown (harness);
}

/* With nothing to do, the very buffer goes on, though others hold it, too. */
static void
test_idle (void)
{
  static const char *const settings[] = { "", "seed=4 probability=0.5", "rotate=10 probability=0" };

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++) {
    GstHarness *harness = harness_new (settings[i], "GRAY8");
    GstBuffer *in = new_frame (harness);
    GstBuffer *out = gst_harness_push_and_pull (harness, gst_buffer_ref (in));

    g_assert_true (in == out);
    gst_buffer_unref (in);
    gst_buffer_unref (out);
    gst_harness_teardown (harness);
  }
}

/* A buffer that others hold is left alone. */
static void
test_shared (void)
{
  GstHarness *harness = harness_new (SETTINGS, "GRAY8");
  GstBuffer *in = new_frame (harness), *plain = new_frame (harness), *out;
  GstMapInfo map;

  GST_BUFFER_OFFSET (in) = 3;
  out = gst_harness_push_and_pull (harness, gst_buffer_ref (in));
  g_assert_true (in != out);
  g_assert_true (gst_buffer_map (plain, &map, GST_MAP_READ));
  g_assert_cmpint (gst_buffer_memcmp (in, 0, map.data, map.size), ==, 0);
  g_assert_cmpint (gst_buffer_memcmp (out, 0, map.data, map.size), !=, 0);
  gst_buffer_unmap (plain, &map);
  gst_buffer_unref (in);
  gst_buffer_unref (out);
  gst_buffer_unref (plain);
  gst_harness_teardown (harness);
}

/* From idle to work and back while it plays. */
static void
test_live_change (void)
{
  GstHarness *harness = harness_new ("seed=6", "RGB");
  g_autoptr (GstElement) element = gst_harness_find_element (harness, "videoaugment");
  GenAugmentSettings settings = { .medium = &gen_medium_picture, .probability = 1, .seed = 6 };
  int rotate = 0;

  while (!g_str_equal (gen_augmentation_list (&gen_medium_picture)[rotate]->name, "rotate"))
    rotate++;
  for (guint64 number = 0; number < 12; number++) {
    GstBuffer *buffer = new_frame (harness);

    settings.amounts[rotate] = number / 3 % 2 * 15.0;
    g_object_set (element, "rotate", settings.amounts[rotate], NULL);
    GST_BUFFER_OFFSET (buffer) = number;
    buffer = gst_harness_push_and_pull (harness, buffer);
    assert_augmented (harness, buffer, &settings, number);
    gst_buffer_unref (buffer);
  }
  gst_harness_teardown (harness);
}

/* A controlled property is followed from an idle start. */
static void
test_controlled (void)
{
  GstHarness *harness = harness_new ("seed=6", "GRAY8");
  g_autoptr (GstElement) element = gst_harness_find_element (harness, "videoaugment");
  GstControlSource *source = gst_interpolation_control_source_new ();
  GenAugmentSettings settings = { .medium = &gen_medium_picture, .probability = 1, .seed = 6 };
  int brightness = 0;

  while (!g_str_equal (gen_augmentation_list (&gen_medium_picture)[brightness]->name, "brightness"))
    brightness++;
  g_object_set (source, "mode", GST_INTERPOLATION_MODE_LINEAR, NULL);
  gst_timed_value_control_source_set (GST_TIMED_VALUE_CONTROL_SOURCE (source), 0, 0);
  gst_timed_value_control_source_set (GST_TIMED_VALUE_CONTROL_SOURCE (source), GST_SECOND, 0.5);
  g_assert_true (gst_object_add_control_binding (GST_OBJECT (element),
      gst_direct_control_binding_new (GST_OBJECT (element), "brightness", source)));
  for (guint64 number = 0; number <= 25; number += 5) {
    GstBuffer *buffer = new_frame (harness);
    double amount;

    GST_BUFFER_PTS (buffer) = number * GST_SECOND / 25;
    buffer = gst_harness_push_and_pull (harness, buffer);
    g_object_get (element, "brightness", &amount, NULL);
    g_assert_cmpfloat_with_epsilon (amount, number / 50.0, 1e-6);
    settings.amounts[brightness] = amount;
    assert_augmented (harness, buffer, &settings, number);
    gst_buffer_unref (buffer);
  }
  gst_object_unref (source);
  gst_harness_teardown (harness);
}

/* A stream that does not count in time. */
static void
test_no_time (void)
{
  Player player;

  player_open (&player,
      "fakesrc num-buffers=5 sizetype=fixed sizemax=16 filltype=zero ! "
      "video/x-raw,format=GRAY8,width=4,height=4,framerate=0/1 ! "
      "videoaugment seed=6 brightness=1 ! fakesink name=sink signal-handoffs=true");
  player_play_to_end (&player);
  g_assert_cmpuint (player.buffers->len, ==, 5);
  player_close (&player);
}

/* A policy's steps come after those of properties, and a wrong one is told as it starts. */
static void
test_policy (void)
{
  GenAugmentSettings settings = settings_for (6);
  GstHarness *harness = harness_new (SETTINGS " policy=randaugment", "RGB");
  g_autoptr (GenAugmentPolicy) policy = gen_augment_policy_load ("randaugment", NULL);
  g_autoptr (GstElement) wrong = gst_element_factory_make ("videoaugment", NULL);

  settings.policy = policy;
  for (guint64 number = 0; number < 20; number++) {
    GstBuffer *buffer = new_frame (harness);

    GST_BUFFER_OFFSET (buffer) = number;
    buffer = gst_harness_push_and_pull (harness, buffer);
    assert_augmented (harness, buffer, &settings, number);
    gst_buffer_unref (buffer);
  }
  gst_harness_teardown (harness);
  gst_object_ref_sink (wrong);
  g_object_set (wrong, "policy", "no-such-policy", NULL);
  g_assert_cmpint (gst_element_set_state (wrong, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
  gst_element_set_state (wrong, GST_STATE_NULL);
}

/* What the meta of a frame says, against the library. (transfer full) */
static char *
assert_meta (GstBuffer *buffer, const GenAugmentSettings *settings, guint64 number)
{
  const GstStructure *structure =
      gst_custom_meta_get_structure (gst_buffer_get_custom_meta (buffer, "generative-augment"));
  const GValue *array = gst_structure_get_value (structure, "matrix");
  GenAugmentPictureDraw draw;
  char *steps;
  guint64 told;
  double matrix[9];

  gen_augment_draw_picture (settings, number, WIDTH, HEIGHT, &draw);
  steps = gen_augment_picture_describe (&draw);
  g_assert_true (gst_structure_get_uint64 (structure, "frame", &told));
  g_assert_cmpuint (told, ==, number);
  g_assert_cmpstr (gst_structure_get_string (structure, "steps"), ==, steps);
  g_assert_true (gen_augment_picture_matrix (&draw, matrix));
  for (guint i = 0; i < 9; i++)
    g_assert_cmpfloat (g_value_get_double (gst_value_array_get_value (array, i)), ==, matrix[i]);
  return steps;
}

/* Frames of a clip have one draw, and the meta tells it. */
static void
test_clips (void)
{
  GstHarness *harness = harness_new (SETTINGS " clip-frames=4 add-meta=true", "GRAY8");
  GenAugmentSettings settings = settings_for (6);
  g_autofree char *last = NULL;
  int changes = 0;

  settings.clip_frames = 4;
  for (guint64 number = 0; number < 16; number++) {
    GstBuffer *buffer = new_frame (harness);
    g_autofree char *steps = NULL;

    GST_BUFFER_OFFSET (buffer) = number;
    buffer = gst_harness_push_and_pull (harness, buffer);
    assert_augmented (harness, buffer, &settings, number);
    steps = assert_meta (buffer, &settings, number);
    changes += g_strcmp0 (last, steps) != 0;
    g_free (last);
    last = g_steal_pointer (&steps);
    gst_buffer_unref (buffer);
  }
  g_assert_cmpint (changes, ==, 4);
  gst_harness_teardown (harness);
}

enum { BOARD = 200, LEFT = 70, TOP = 60, BOX = 50 };

/* A black board with a white box on it, which a region is around. */
static GstBuffer *
new_board (void)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, BOARD * BOARD, NULL);

  gst_buffer_memset (buffer, 0, 0, BOARD * BOARD);
  for (int y = TOP; y < TOP + BOX; y++)
    gst_buffer_memset (buffer, (gsize)(y * BOARD + LEFT), 255, BOX);
  gst_buffer_add_video_region_of_interest_meta (buffer, "box", LEFT, TOP, BOX, BOX);
  return buffer;
}

/* The region is around what is white: whole pixels, while those are white that are half so. */
static void
assert_around (GstBuffer *buffer)
{
  const GstVideoRegionOfInterestMeta *region =
      gst_buffer_get_video_region_of_interest_meta (buffer);
  int left = BOARD, top = BOARD, right = 0, bottom = 0;
  GstMapInfo map;

  g_assert_nonnull (region);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  for (int i = 0; i < BOARD * BOARD; i++)
    if (map.data[i] >= 128) {
      left = MIN (left, i % BOARD);
      top = MIN (top, i / BOARD);
      right = MAX (right, i % BOARD + 1);
      bottom = MAX (bottom, i / BOARD + 1);
    }
  gst_buffer_unmap (buffer, &map);
  g_assert_cmpint (ABS ((int)region->x - left), <=, 2);
  g_assert_cmpint (ABS ((int)region->y - top), <=, 2);
  g_assert_cmpint (ABS ((int)(region->x + region->w) - right), <=, 2);
  g_assert_cmpint (ABS ((int)(region->y + region->h) - bottom), <=, 2);
}

/* What is white is found where its region says, wherever it is bent to. */
static void
test_bent_regions (void)
{
  GstHarness *harness = gst_harness_new_parse (
      "videoaugment perspective=0.3 rotate=20 elastic=0.06 grid-distortion=0.5");

  gst_harness_set_src_caps_str (harness, "video/x-raw,format=GRAY8,width=200,height=200");
  for (guint64 number = 0; number < 20; number++) {
    GstBuffer *buffer = new_board ();

    GST_BUFFER_OFFSET (buffer) = number;
    buffer = gst_harness_push_and_pull (harness, buffer);
    assert_around (buffer);
    gst_buffer_unref (buffer);
  }
  gst_harness_teardown (harness);
}

/* Each augmentation of the library is a property that can be controlled. */
static void
test_properties (void)
{
  g_autoptr (GstElement) element = gst_element_factory_make ("videoaugment", NULL);

  g_assert_nonnull (element);
  gst_object_ref_sink (element);
  for (int i = 0; gen_augmentation_list (&gen_medium_picture)[i] != NULL; i++) {
    GParamSpec *spec = g_object_class_find_property (
        G_OBJECT_GET_CLASS (element), gen_augmentation_list (&gen_medium_picture)[i]->name);

    g_assert_nonnull (spec);
    g_assert_cmpuint (spec->flags & GST_PARAM_CONTROLLABLE, !=, 0);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/videoaugment/frames", test_frames);
  g_test_add_func ("/videoaugment/numbers", test_numbers);
  g_test_add_func ("/videoaugment/formats", test_formats);
  g_test_add_func ("/videoaugment/idle", test_idle);
  g_test_add_func ("/videoaugment/shared", test_shared);
  g_test_add_func ("/videoaugment/live-change", test_live_change);
  g_test_add_func ("/videoaugment/controlled", test_controlled);
  g_test_add_func ("/videoaugment/no-time", test_no_time);
  g_test_add_func ("/videoaugment/policy", test_policy);
  g_test_add_func ("/videoaugment/clips", test_clips);
  g_test_add_func ("/videoaugment/bent-regions", test_bent_regions);
  g_test_add_func ("/videoaugment/properties", test_properties);
  return g_test_run ();
}
