/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* videomark with frames in a GPU's memory, between GStreamer's own cudaupload and cudadownload:
 * what comes out is what comes out of the system's memory, the frames stay there, and their mark is
 * read. The driver and the device are emulated. */
#include <generative/device.h>
#include <gst/video/video.h>

#include <sys/stat.h>

#include "../scratch.h"
#include "player.h"

#define CUDA "video/x-raw(memory:CUDAMemory)"
/* It passes frames on as they are where nobody wants them there. */
#define UPLOAD "cudaupload ! " CUDA
#define PAYLOAD "1007babcde0003e8"
#define FRAMES 6

static char *folder, *key;
/* How many frames have been marked where they lie on the device, as the element tells. */
static guint marked_there;

/* GstLogFunction */
static void
count_marked (GstDebugCategory *category, GstDebugLevel level, const gchar *file,
    const gchar *function, gint line, GObject *object, GstDebugMessage *message, gpointer data)
{
  if (g_str_equal (gst_debug_category_get_name (category), "videomark") &&
      strstr (gst_debug_message_get (message), "where it lies") != NULL)
    g_atomic_int_inc (&marked_there);
}

static gboolean
is_on_device (Player *player, const char *name)
{
  g_autoptr (GstElement) found = gst_bin_get_by_name (GST_BIN (player->pipeline), "m");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (found, name);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  return gst_caps_features_contains (gst_caps_get_features (caps, 0), "memory:CUDAMemory");
}

/* Frames of a size that fills no block. */
static char *
source (const char *format)
{
  return g_strdup_printf ("videotestsrc num-buffers=%d pattern=smpte ! "
                          "video/x-raw,framerate=25/1,width=206,height=118,format=%s",
      FRAMES, format);
}

static void
play (Player *player, const char *format, const char *in_front, const char *properties,
    const char *behind)
{
  g_autofree char *from = source (format);
  g_autofree char *launch = g_strdup_printf ("%s ! %s ! videomark name=m key=%s payload=" PAYLOAD
                                             " %s ! %s ! video/x-raw,format=%s ! "
                                             "fakesink name=sink signal-handoffs=true sync=false",
      from, in_front, key, properties, behind, format);

  player_open (player, launch);
}

/* Visible samples are the same, from frame `first` on. */
static void
assert_same (Player *a, Player *b, const char *format, guint first)
{
  GstVideoInfo info;

  gst_video_info_set_format (&info, gst_video_format_from_string (format), 206, 118);
  g_assert_cmpuint (a->buffers->len, ==, FRAMES);
  g_assert_cmpuint (b->buffers->len, ==, FRAMES);
  for (guint i = first; i < FRAMES; i++) {
    GstVideoFrame x, y;

    g_assert_true (
        gst_video_frame_map (&x, &info, g_ptr_array_index (a->buffers, i), GST_MAP_READ));
    g_assert_true (
        gst_video_frame_map (&y, &info, g_ptr_array_index (b->buffers, i), GST_MAP_READ));
    for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&x); c++)
      for (int row = 0; row < GST_VIDEO_FRAME_COMP_HEIGHT (&x, c); row++)
        for (int column = 0; column < GST_VIDEO_FRAME_COMP_WIDTH (&x, c); column++) {
          const int step = column * GST_VIDEO_FRAME_COMP_PSTRIDE (&x, c);
          const guint8 *p = GST_VIDEO_FRAME_COMP_DATA (&x, c);
          const guint8 *q = GST_VIDEO_FRAME_COMP_DATA (&y, c);

          p += row * GST_VIDEO_FRAME_COMP_STRIDE (&x, c) + step;
          q += row * GST_VIDEO_FRAME_COMP_STRIDE (&y, c) + step;
          if (*p != *q)
            g_error ("%s, frame %u, component %u at %d, %d: %d and %d", format, i, c, column, row,
                *p, *q);
        }
    gst_video_frame_unmap (&x);
    gst_video_frame_unmap (&y);
  }
}

/* In both memories alike, and in the device's all the way. */
static void
compare (const char *format, const char *in_front, const char *properties, int marked)
{
  Player system, cuda;

  play (&system, format, "identity", properties, "identity");
  g_assert_false (is_on_device (&system, "src"));
  player_play_to_end (&system);
  g_atomic_int_set (&marked_there, 0);
  play (&cuda, format, in_front, properties, "cudadownload");
  g_assert_true (is_on_device (&cuda, "sink"));
  g_assert_true (is_on_device (&cuda, "src"));
  player_play_to_end (&cuda);
  g_assert_cmpint (g_atomic_int_get (&marked_there), ==, marked);
  assert_same (&cuda, &system, format, 0);
  player_close (&system);
  player_close (&cuda);
}

static void
test_formats (void)
{
  static const char *const formats[] = { "RGB", "BGR", "RGBA", "BGRA", "RGBx", "BGRx", "I420",
    "NV12" };

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    compare (formats[i], UPLOAD, "", FRAMES);
    compare (formats[i], UPLOAD, "strength=3.5", FRAMES);
  }
  compare ("NV12", UPLOAD, "enabled=false", 0);
}

/* A frame that somebody else has, too, stays as it is. */
static void
test_shared (void)
{
  g_autofree char *from = source ("NV12");
  g_autofree char *launch = g_strdup_printf (
      "%s ! " UPLOAD " ! tee name=t ! queue ! videomark key=%s ! fakesink sync=false t. ! queue ! "
      "cudadownload ! video/x-raw,format=NV12 ! fakesink name=sink signal-handoffs=true sync=false",
      from, key);
  Player plain, cuda;

  play (&plain, "NV12", "identity", "enabled=false", "identity");
  player_play_to_end (&plain);
  player_open (&cuda, launch);
  player_play_to_end (&cuda);
  assert_same (&cuda, &plain, "NV12", 0);
  player_close (&plain);
  player_close (&cuda);
  compare ("NV12", UPLOAD " ! tee ! queue", "", FRAMES);
}

/* What is changed while it plays, in both. The first frame has been played when it is paused. */
static void
play_changed (Player *player, const char *in_front, const char *behind)
{
  g_autoptr (GstElement) element = NULL;

  play (player, "I420", in_front, "", behind);
  element = gst_bin_get_by_name (GST_BIN (player->pipeline), "m");
  g_object_set (element, "strength", 2.5, NULL);
  player_play_to_end (player);
}

static void
test_later (void)
{
  Player system, cuda, plain;

  play_changed (&system, "identity", "identity");
  play_changed (&cuda, UPLOAD, "cudadownload");
  play (&plain, "I420", UPLOAD, "strength=2.5", "cudadownload");
  player_play_to_end (&plain);
  /* How many frames were on their way is not known, but that the last one was not. */
  assert_same (&system, &plain, "I420", FRAMES - 1);
  assert_same (&cuda, &plain, "I420", FRAMES - 1);
  player_close (&system);
  player_close (&cuda);
  player_close (&plain);
}

/* Marked there, and read here. */
static void
test_read (void)
{
  g_autofree char *launch = g_strdup_printf (
      "videotestsrc num-buffers=30 pattern=ball ! video/x-raw,framerate=10/1,width=640,height=360,"
      "format=NV12 ! " UPLOAD " ! videomark key=%s payload=" PAYLOAD " ! cudadownload ! "
      "video/x-raw,format=NV12 ! videomarkdetect key=%s ! "
      "fakesink name=sink signal-handoffs=true sync=false",
      key, key);
  GstCustomMeta *meta;
  Player player;

  player_open (&player, launch);
  player_play_to_end (&player);
  g_assert_cmpuint (player.buffers->len, ==, 30);
  meta = gst_buffer_get_custom_meta (g_ptr_array_index (player.buffers, 29), "generative-mark");
  g_assert_nonnull (meta);
  g_assert_cmpstr (
      gst_structure_get_string (gst_custom_meta_get_structure (meta), "payload"), ==, PAYLOAD);
  player_close (&player);
}

int
main (int argc, char **argv)
{
  g_autoptr (GstElementFactory) factory = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  g_unsetenv ("GENERATIVE_MARK");
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  factory = gst_element_factory_find ("cudaupload");
  if (factory == NULL || !gen_device_cuda.available (&error)) {
    g_print ("1..0 # SKIP %s\n",
        error != NULL ? error->message : "GStreamer's bad set, with cudaupload, is not installed");
    return 0;
  }
  folder = scratch_new ();
  key = g_build_filename (folder, "mark.key", NULL);
  g_file_set_contents (key, "a key of thirty-two bytes, no more", 32, &error);
  g_assert_no_error (error);
  g_assert_cmpint (chmod (key, 0600), ==, 0);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (count_marked, NULL, NULL);
  gst_debug_set_active (TRUE);
  gst_debug_set_threshold_for_name ("videomark", GST_LEVEL_LOG);
  g_test_add_func ("/cuda-mark/formats", test_formats);
  g_test_add_func ("/cuda-mark/shared", test_shared);
  g_test_add_func ("/cuda-mark/later", test_later);
  g_test_add_func ("/cuda-mark/read", test_read);
  status = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  g_free (key);
  return status;
}
