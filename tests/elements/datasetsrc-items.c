/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsrc: what is said of items in words, clips of films, and strictness. */
#include <generative/picture.h>
#include <gst/check/gstharness.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../scratch.h"

enum { ITEMS = 12, CLIP = 3 };

/* 00.png … 11.png; the value of picture n is 20 n. */
static void
save_pictures (const char *folder)
{
  for (int i = 0; i < ITEMS; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%02d.png", folder, i);
    g_auto (GenPicture) picture = { 0 };

    gen_picture_init (&picture, 8, 8, 3);
    memset (picture.data, 20 * i, (gsize)picture.stride * 8);
    g_assert_true (gen_picture_save_png (&picture, path, NULL));
  }
}

static guint8
first_byte (GstBuffer *buffer)
{
  guint8 value;

  g_assert_cmpuint (gst_buffer_extract (buffer, 0, &value, 1), ==, 1);
  return value;
}

static void
test_captions (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *text = g_build_filename (folder, "01.txt", NULL);
  g_autofree char *pipe = g_build_filename (folder, "02.txt", NULL);
  g_autofree char *line = g_strdup_printf ("datasetsrc shuffle=false epochs=1 location=%s", folder);
  GstHarness *harness;

  save_pictures (folder);
  g_assert_true (g_file_set_contents (text, " Grau, mit Übergang\n", -1, NULL));
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0); /* nobody will ever write into it */
  harness = gst_harness_new_parse (line);
  gst_harness_set_sink_caps_str (harness, "video/x-raw,format=RGB");
  gst_harness_play (harness);
  for (int i = 0; i < ITEMS; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);
    GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "generative-caption");

    g_assert_cmpint (first_byte (buffer), ==, 20 * i);
    g_assert_true ((meta != NULL) == (i == 1));
    if (meta != NULL)
      g_assert_cmpstr (gst_structure_get_string (gst_custom_meta_get_structure (meta), "text"), ==,
          "Grau, mit Übergang");
  }
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* Play to the end; the error that comes, or NULL. */
static GError *
run (const char *line)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return g_steal_pointer (&error);
}

static void
test_strict (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *cut = g_build_filename (folder, "07.png", NULL);
  g_autofree char *line = g_strdup_printf ("datasetsrc shuffle=false epochs=1 location=%s", folder);
  g_autofree char *strict = g_strconcat (line, " strict=true ! fakesink", NULL);
  g_autofree char *lenient = g_strconcat (line, " ! fakesink", NULL);
  g_autoptr (GError) error = NULL;

  save_pictures (folder);
  g_assert_no_error (run (strict));
  g_assert_cmpint (truncate (cut, 55), ==, 0);
  g_assert_no_error (run (lenient));
  error = run (strict);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ);
  g_assert_nonnull (strstr (error->message, cut));
  scratch_remove (folder);
}

/* After a seek to each of some frames, it and those behind it are the same. */
static void
check_seek (const char *line, const guint8 *values)
{
  GstHarness *harness = gst_harness_new_parse (line);

  gst_harness_set_sink_caps_str (harness, "video/x-raw,format=RGB");
  gst_harness_play (harness);
  for (guint64 to = 19; to > 3; to -= 4) {
    guint64 frame = 0;

    gst_buffer_unref (gst_harness_pull (harness));
    g_assert_true (gst_harness_push_upstream_event (
        harness, gst_event_new_seek (1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
                     gst_util_uint64_scale_ceil (to, GST_SECOND, 30), GST_SEEK_TYPE_NONE, 0)));
    while (frame != to + 2) {
      g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);

      frame = GST_BUFFER_OFFSET (buffer);
      g_assert_cmpint (first_byte (buffer), ==, values[frame]);
    }
  }
  gst_harness_teardown (harness);
}

/* The frames of a clip stay together and in their order, forwards and from wherever it is sought.
 */
static void
test_clips (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *film = g_build_filename (folder, "film.avi", NULL);
  g_autofree char *make = g_strdup_printf ("datasetsrc shuffle=false epochs=1 location=%s ! "
                                           "videoconvert ! video/x-raw,format=BGR ! avimux ! "
                                           "filesink location=%s",
      folder, film);
  g_autofree char *line =
      g_strdup_printf ("datasetsrc epochs=2 seed=5 clip-length=%d location=%s", CLIP, film);
  guint8 values[2 * ITEMS];
  gboolean in_order = TRUE;
  GstHarness *harness;

  save_pictures (folder);
  g_assert_no_error (run (make));
  harness = gst_harness_new_parse (line);
  gst_harness_set_sink_caps_str (harness, "video/x-raw,format=RGB");
  gst_harness_play (harness);
  for (int epoch = 0; epoch < 2; epoch++) {
    guint seen = 0;

    for (int i = 0; i < ITEMS; i++) {
      g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);
      guint8 *value = &values[epoch * ITEMS + i];

      *value = first_byte (buffer);
      g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT) == (i % CLIP == 0));
      if (i % CLIP == 0)
        g_assert_cmpint (*value % (20 * CLIP), ==, 0);
      else
        g_assert_cmpint (*value, ==, value[-1] + 20);
      seen |= 1u << *value / 20;
      in_order &= *value == 20 * i;
    }
    g_assert_cmpuint (seen, ==, (1u << ITEMS) - 1);
  }
  g_assert_false (in_order);
  gst_harness_teardown (harness);
  check_seek (line, values);
  scratch_remove (folder);
}

/* A crop hangs on the item and the epoch: not on threads, on what was played before, or on the
 * order. */
static void
test_crops (void)
{
  enum { EPOCHS = 3 };
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "a.png", NULL);
  g_autofree char *other = g_build_filename (folder, "b.png", NULL);
  g_auto (GenPicture) picture = { 0 };
  guint32 seen[EPOCHS][2] = { { 0 } };

  gen_picture_init (&picture, 64, 48, 3);
  for (int i = 0; i < 64 * 48; i++) {
    guint8 *pixel = picture.data + i / 64 * picture.stride + i % 64 * 3;

    pixel[0] = (guint8)(i % 64 * 4);
    pixel[1] = (guint8)(i / 64 * 5);
  }
  g_assert_true (gen_picture_save_png (&picture, path, NULL));
  g_assert_true (gen_picture_save_png (&picture, other, NULL));
  for (int turn = 0; turn < 4; turn++) {
    g_autofree char *line = g_strdup_printf ("datasetsrc fit=random-crop seed=3 epochs=%d "
                                             "threads=%d shuffle=%s location=%s",
        EPOCHS, 1 + turn, turn < 2 ? "false" : "true", folder);
    GstHarness *harness = gst_harness_new_parse (line);

    gst_harness_set_sink_caps_str (harness, "video/x-raw,format=RGB,width=24,height=24");
    gst_harness_play (harness);
    if (turn % 2 == 1) {
      gst_buffer_unref (gst_harness_pull (harness));
      g_assert_true (gst_harness_push_upstream_event (
          harness, gst_event_new_seek (1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET,
                       gst_util_uint64_scale_ceil (2, GST_SECOND, 30), GST_SEEK_TYPE_NONE, 0)));
    }
    for (guint64 frame = 0; frame != 2 * EPOCHS - 1;) {
      g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);
      GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "generative-label");
      guint32 bytes, *known;
      guint item;

      frame = GST_BUFFER_OFFSET (buffer);
      gst_structure_get_uint (gst_custom_meta_get_structure (meta), "index", &item);
      gst_buffer_extract (buffer, 24 * 12 * 3, &bytes, sizeof bytes);
      known = &seen[frame / 2][item];
      g_assert_true (*known == 0 || *known == bytes);
      *known = bytes;
    }
    gst_harness_teardown (harness);
  }
  for (int epoch = 0; epoch < EPOCHS; epoch++) {
    g_assert_cmpuint (seen[epoch][0], !=, 0);
    g_assert_cmpuint (seen[epoch][0], !=, seen[epoch][1]);
    g_assert_cmpuint (seen[epoch][0], !=, seen[(epoch + 1) % EPOCHS][0]);
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/datasetsrc/captions", test_captions);
  g_test_add_func ("/datasetsrc/strict", test_strict);
  g_test_add_func ("/datasetsrc/clips", test_clips);
  g_test_add_func ("/datasetsrc/crops", test_crops);
  return g_test_run ();
}
