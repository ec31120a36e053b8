/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* videoaugment with frames in a GPU's memory, between GStreamer's own cudaupload and cudadownload:
 * what comes out is what comes out of the system's memory, and the frames stay there. The driver
 * and the device are emulated. */
#include <generative/device.h>
#include <gst/video/video.h>

#include "player.h"

#define CUDA "video/x-raw(memory:CUDAMemory)"
/* It passes frames on as they are where nobody wants them there. */
#define UPLOAD "cudaupload ! " CUDA
#define SOURCE(format)                                                                             \
  "videotestsrc num-buffers=6 pattern=smpte ! video/x-raw,framerate=25/1,width=52,height=38,"      \
  "format=" format

/* How many frames have been changed where they lie on the device, as the element tells. */
static guint changed_there;

/* GstLogFunction */
static void
count_changed (GstDebugCategory *category, GstDebugLevel level, const gchar *file,
    const gchar *function, gint line, GObject *object, GstDebugMessage *message, gpointer data)
{
  if (g_str_equal (gst_debug_category_get_name (category), "videoaugment") &&
      strstr (gst_debug_message_get (message), "where it lies") != NULL)
    g_atomic_int_inc (&changed_there);
}

static gboolean
is_on_device (Player *player, const char *element, const char *name)
{
  g_autoptr (GstElement) found = gst_bin_get_by_name (GST_BIN (player->pipeline), element);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (found, name);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  return gst_caps_features_contains (gst_caps_get_features (caps, 0), "memory:CUDAMemory");
}

static void
play (Player *player, const char *format, const char *in_front, const char *properties,
    const char *behind)
{
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=6 pattern=smpte ! "
      "video/x-raw,framerate=25/1,width=52,height=38,format=%s ! %s ! videoaugment name=a seed=4 "
      "%s ! %s ! video/x-raw,format=%s ! fakesink name=sink signal-handoffs=true sync=false",
      format, in_front, properties, behind, format);

  player_open (player, launch);
}

/* No visible sample is farther off than `most`. */
static void
assert_same (Player *a, Player *b, const char *format, int most, const char *what)
{
  GstVideoInfo info;

  gst_video_info_set_format (&info, gst_video_format_from_string (format), 52, 38);
  g_assert_cmpuint (a->buffers->len, ==, 6);
  g_assert_cmpuint (b->buffers->len, ==, 6);
  for (guint i = 0; i < 6; i++) {
    GstVideoFrame x, y;

    g_assert_true (
        gst_video_frame_map (&x, &info, g_ptr_array_index (a->buffers, i), GST_MAP_READ));
    g_assert_true (
        gst_video_frame_map (&y, &info, g_ptr_array_index (b->buffers, i), GST_MAP_READ));
    for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&x); c++)
      for (int row = 0; row < GST_VIDEO_FRAME_COMP_HEIGHT (&x, c); row++)
        for (int column = 0; column < GST_VIDEO_FRAME_COMP_WIDTH (&x, c); column++) {
          const guint8 *p = GST_VIDEO_FRAME_COMP_DATA (&x, c);
          const guint8 *q = GST_VIDEO_FRAME_COMP_DATA (&y, c);
          const int step = GST_VIDEO_FRAME_COMP_PSTRIDE (&x, c);
          const int difference = p[row * GST_VIDEO_FRAME_COMP_STRIDE (&x, c) + column * step] -
                                 q[row * GST_VIDEO_FRAME_COMP_STRIDE (&y, c) + column * step];

          if (ABS (difference) > most)
            g_error (
                "%s of %s, frame %u: component %u is off by %d", what, format, i, c, difference);
        }
    gst_video_frame_unmap (&x);
    gst_video_frame_unmap (&y);
  }
}

/* In both memories alike, and in the device's all the way. */
static void
compare (const char *format, const char *in_front, const char *properties, int most)
{
  Player system, cuda;

  play (&system, format, "identity", properties, "identity");
  g_assert_false (is_on_device (&system, "a", "src"));
  player_play_to_end (&system);
  g_atomic_int_set (&changed_there, 0);
  play (&cuda, format, in_front, properties, "cudadownload");
  g_assert_true (is_on_device (&cuda, "a", "sink"));
  g_assert_true (is_on_device (&cuda, "a", "src"));
  player_play_to_end (&cuda);
  g_assert_cmpint (g_atomic_int_get (&changed_there), ==, 6);
  assert_same (&cuda, &system, format, most, properties);
  player_close (&system);
  player_close (&cuda);
}

static void
test_formats (void)
{
  static const char *const formats[] = { "RGB", "BGR", "RGBA", "BGRx", "I420", "NV12" };

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    compare (formats[i], UPLOAD, "flip=both", 0);
    compare (formats[i], UPLOAD, "rotate=30 crop=0.2 shear=10", 0);
    compare (formats[i], UPLOAD, "perspective=0.3", 2);
    compare (formats[i], UPLOAD, "rotate=30 brightness=0.3 contrast=0.3 hue=40", 2);
  }
  compare ("RGB", UPLOAD, "gamma=1 posterise=3 invert=1", 0);
}

/* A frame that somebody else has, too, stays as it is. */
static void
test_shared (void)
{
  Player system, cuda;

  play (&system, "RGB", "identity", "", "identity");
  player_play_to_end (&system);
  player_open (&cuda,
      SOURCE ("RGB") " ! " UPLOAD " ! tee name=t ! queue ! videoaugment invert=1 flip=both ! "
                     "fakesink sync=false t. ! queue ! cudadownload ! video/x-raw,format=RGB ! "
                     "fakesink name=sink signal-handoffs=true sync=false");
  player_play_to_end (&cuda);
  assert_same (&cuda, &system, "RGB", 0, "shared");
  player_close (&system);
  player_close (&cuda);
  compare ("RGB", UPLOAD " ! tee ! queue", "invert=1 flip=both", 0);
}

/* What has no kernel goes by the system's memory, where neighbours let it, and is named else. */
static void
test_lacking (void)
{
  Player player, system;

  play (&player, "RGB", "cudaupload", "blur=3", "identity");
  g_assert_false (is_on_device (&player, "a", "sink"));
  player_play_to_end (&player);
  play (&system, "RGB", "identity", "blur=3", "identity");
  player_play_to_end (&system);
  assert_same (&player, &system, "RGB", 0, "blur");
  player_close (&player);
  player_close (&system);
  play (&player, "NV12", "cudaupload", "gamma=2", "identity");
  g_assert_false (is_on_device (&player, "a", "sink"));
  player_play_to_end (&player);
  player_close (&player);
  player_assert_error (SOURCE ("RGB") " ! cudaupload ! " CUDA " ! videoaugment blur=3 ! fakesink",
      GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "blur has no kernel for frames in CUDA memory");
  player_assert_error (SOURCE ("RGB") " ! cudaupload ! " CUDA
                                      " ! videoaugment policy=augmix ! fakesink",
      GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION, "policy has no kernel");
}

/* What is asked for later, and has none, is done all the same, and said once. */
static void
test_later (void)
{
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GstElement) element = NULL;
  Player player, system;

  play (&player, "RGB", UPLOAD, "flip=both", "cudadownload");
  g_assert_true (is_on_device (&player, "a", "sink"));
  element = gst_bin_get_by_name (GST_BIN (player.pipeline), "a");
  /* The first frame has been played when it is paused. */
  g_object_set (element, "blur", 3.0, NULL);
  gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      player.bus, 20 * GST_SECOND, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (message), ==, "warning");
  player_play_to_end (&player);
  play (&system, "RGB", "identity", "flip=both", "identity");
  g_clear_object (&element);
  element = gst_bin_get_by_name (GST_BIN (system.pipeline), "a");
  g_object_set (element, "blur", 3.0, NULL);
  player_play_to_end (&system);
  g_assert_cmpuint (player.buffers->len, ==, 6);
  g_assert_cmpuint (system.buffers->len, ==, 6);
  player_close (&player);
  player_close (&system);
}

int
main (int argc, char **argv)
{
  g_autoptr (GstElementFactory) factory = NULL;
  g_autoptr (GError) error = NULL;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  factory = gst_element_factory_find ("cudaupload");
  if (factory == NULL || !gen_device_cuda.available (&error)) {
    g_print ("1..0 # SKIP %s\n",
        error != NULL ? error->message : "GStreamer's bad set, with cudaupload, is not installed");
    return 0;
  }
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (count_changed, NULL, NULL);
  gst_debug_set_active (TRUE);
  gst_debug_set_threshold_for_name ("videoaugment", GST_LEVEL_LOG);
  g_test_add_func ("/cuda-augment/formats", test_formats);
  g_test_add_func ("/cuda-augment/shared", test_shared);
  g_test_add_func ("/cuda-augment/lacking", test_lacking);
  g_test_add_func ("/cuda-augment/later", test_later);
  return g_test_run ();
}
