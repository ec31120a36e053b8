/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsink and films: frames become clips, of so many each, that end where the stream does. */
#include <generative/dataset.h>

#include "datasetsink.h"
#include "models.h"

/* A frame of one colour, number `n`. */
static GstBuffer *
make_colour (guint n, int channels)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, (gsize)(8 * 4 * channels), NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < map.size; i++)
    map.data[i] = (guint8)(n * 50 + i % (gsize)channels * 20);
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

/* The clips at `location`, frame after frame: how many there are, and that they are as they were.
 */
static void
assert_clips (const char *location, guint first, guint frames, int channels)
{
  const GenDatasetSettings settings = { .medium = &gen_medium_picture };
  const GenFitting fitting = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GenDataset) dataset = gen_dataset_open (location, &settings, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (gen_dataset_get_count (dataset), ==, frames);
  for (guint i = 0; i < frames; i++) {
    g_auto (GenSample) sample = { 0 };

    gen_sample_init (&sample,
        &(GenFormat){
            .medium = &gen_medium_picture, .width = 8, .height = 4, .channels = channels });
    g_assert_true (gen_dataset_load (dataset, i, &fitting, &sample, NULL));
    for (int c = 0; c < channels; c++)
      g_assert_cmpuint (sample.picture.data[c], ==, (guint8)((first + i) * 50 + (guint)c * 20));
  }
}

/* Frames of every kind become films that come back to the byte, in runs of so many, the last of
 * which is shorter; in folders and in shards. */
static void
test_clips (void)
{
  static const char *const formats[] = { "GRAY8", "RGB", "RGBA" };
  static const int channels[] = { 1, 3, 4 };

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *location = in (folder, "data");
    g_autofree char *last = in (folder, "data/runs/00000001.avi");
    g_autofree char *properties =
        g_strdup_printf ("location=%s class=runs clip-length=3", location);
    g_autofree char *caps =
        g_strdup_printf ("video/x-raw,format=%s,width=8,height=4,framerate=30/1", formats[i]);
    g_auto (GStrv) lines = NULL;
    Sink sink;

    sink_open (&sink, properties);
    gst_harness_set_src_caps_str (sink.harness, caps);
    for (guint n = 0; n < 5; n++)
      push (&sink, make_colour (n, channels[i]));
    finish (&sink);
    g_assert_cmpuint (count_items (&sink), ==, 2);
    sink_close (&sink);
    assert_clips (location, 0, 5, channels[i]);
    assert_clips (last, 3, 2, channels[i]);
    lines = read_lines (folder, "data");
    g_assert_cmpstr (lines[1], ==,
        "{\"file_name\":\"runs/00000001.avi\",\"item\":1,\"class\":\"runs\",\"frame\":3,"
        "\"frames\":2}");
    scratch_remove (folder);
  }
}

/* One ends where the stream is broken, where the class changes, and where the size does; a flush
 * forgets it. */
static void
test_clips_end (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties =
      g_strdup_printf ("location=%s/data clip-length=10 format=webdataset", folder);
  static const char *const wanted[] = { "\"frame\":0,\"frames\":2", "\"frame\":2,\"frames\":1",
    "\"frame\":3,\"frames\":1", "\"frame\":5,\"frames\":1" };
  g_auto (GStrv) lines = NULL;
  GstSegment segment;
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, GREY);
  for (guint n = 0; n < 6; n++) {
    GstBuffer *buffer = make_colour (n, 1);

    if (n == 2)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    if (n >= 3)
      gst_structure_set (add_meta (buffer, "generative-label"), "label", G_TYPE_INT, 3, "name",
          G_TYPE_STRING, "dogs", NULL);
    if (n == 4) {
      gst_harness_set_src_caps_str (
          sink.harness, "video/x-raw,format=GRAY8,width=4,height=8,framerate=30/1");
      push (&sink, buffer);
      gst_harness_push_event (sink.harness, gst_event_new_flush_start ());
      gst_harness_push_event (sink.harness, gst_event_new_flush_stop (TRUE));
      gst_segment_init (&segment, GST_FORMAT_TIME);
      gst_harness_push_event (sink.harness, gst_event_new_segment (&segment));
      continue;
    }
    push (&sink, buffer);
  }
  finish (&sink);
  sink_close (&sink);
  lines = read_lines (folder, "data");
  g_assert_cmpuint (g_strv_length (lines), ==, G_N_ELEMENTS (wanted));
  for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++)
    if (strstr (lines[i], wanted[i]) == NULL)
      g_error ("%s says nothing of %s", lines[i], wanted[i]);
  g_assert_true (exists (folder, "data/classes.txt"));
  scratch_remove (folder);
}

/* From clips to clips: datasetsrc marks where one begins. */
static void
test_clips_there_and_back (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *first = g_strdup_printf (
      "videotestsrc num-buffers=12 ! video/x-raw,format=RGB,width=64,height=64,framerate=10/1 ! "
      "datasetsink location=%s/one class=balls clip-length=4 clip-format=mjpeg",
      folder);
  g_autofree char *second = g_strdup_printf (
      "datasetsrc location=%s/one epochs=1 clip-length=2 ! datasetsink location=%s/two "
      "clip-length=100",
      folder, folder);
  g_auto (GStrv) lines = NULL;

  run (first);
  run (second);
  lines = read_lines (folder, "two");
  g_assert_cmpuint (g_strv_length (lines), ==, 6);
  for (guint i = 0; i < 6; i++) {
    g_assert_nonnull (strstr (lines[i], "\"file_name\":\"balls/"));
    g_assert_nonnull (strstr (lines[i], "\"frames\":2,"));
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/datasetsink-clips/clips", test_clips);
  g_test_add_func ("/datasetsink-clips/clips-end", test_clips_end);
  g_test_add_func ("/datasetsink-clips/clips-there-and-back", test_clips_there_and_back);
  return g_test_run ();
}
