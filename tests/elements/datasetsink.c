/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsink and pictures: what files keep of them, walls in tiles, sizes that change. */
#include <gst/video/video.h>

#include "datasetsink.h"
#include "models.h"

/* Pictures of each format, in rows of any length, come back to the byte. */
static void
test_pictures (void)
{
  static const char *const formats[] = { "RGB", "RGBA", "GRAY8" };
  static const int channels[] = { 3, 4, 1 };

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *properties = g_strdup_printf ("location=%s/data class=a", folder);
    g_autofree char *caps =
        g_strdup_printf ("video/x-raw,format=%s,width=7,height=5,framerate=0/1", formats[i]);
    const int stride = 7 * channels[i] + 9;
    GstBuffer *buffer = make_buffer ((gsize)(5 * stride), 3);
    g_auto (GenPicture) picture = { 0 };
    Sink sink;

    sink_open (&sink, properties);
    gst_harness_set_src_caps_str (sink.harness, caps);
    gst_buffer_add_video_meta_full (buffer, GST_VIDEO_FRAME_FLAG_NONE,
        gst_video_format_from_string (formats[i]), 7, 5, 1, (gsize[4]){ 0 }, (int[4]){ stride });
    push (&sink, buffer);
    finish (&sink);
    sink_close (&sink);
    load_picture (folder, "data/a/00000000.png", &picture);
    g_assert_cmpint (picture.channels, ==, channels[i]);
    for (int y = 0; y < 5; y++)
      for (int x = 0; x < 7 * channels[i]; x++)
        g_assert_cmpuint (
            picture.data[y * picture.stride + x], ==, (guint8)(3 + (y * stride + x) * 7));
    scratch_remove (folder);
  }
}

static gboolean
takes (Sink *sink, const char *caps)
{
  g_autoptr (GstCaps) offered = gst_caps_from_string (caps);

  return gst_pad_peer_query_accept_caps (sink->harness->srcpad, offered);
}

/* What files keep of pictures is what is taken. */
static void
test_caps (void)
{
  static const struct {
    const char *properties;
    gboolean rgba, rgb, sound;
  } cases[] = {
    { "", TRUE, TRUE, TRUE },
    { "picture-format=webp", TRUE, TRUE, TRUE },
    { "picture-format=jpeg", FALSE, TRUE, TRUE },
    { "format=idx", FALSE, FALSE, FALSE },
    { "format=webdataset", TRUE, TRUE, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *properties = g_strdup_printf ("location=%s %s", folder, cases[i].properties);
    Sink sink;

    sink_open (&sink, properties);
    g_assert_true (takes (&sink, GREY));
    g_assert_cmpint (takes (&sink, "video/x-raw,format=RGBA,width=8,height=8,framerate=30/1"), ==,
        cases[i].rgba);
    g_assert_cmpint (
        takes (&sink, "video/x-raw,format=RGB,width=8,height=8,framerate=30/1"), ==, cases[i].rgb);
    g_assert_cmpint (takes (&sink, "audio/x-raw,format=" GST_AUDIO_NE (
                                       S16) ",rate=8000,channels=1,layout=interleaved"),
        ==, cases[i].sound);
    g_assert_false (takes (&sink, "video/x-raw,format=I420,width=8,height=8,framerate=30/1"));
    sink_close (&sink);
    scratch_remove (folder);
  }
}

/* A score for each of three parts: 0, 0.25 and 0.5. */
static void
add_part_scores (GstBuffer *buffer)
{
  GValue scores = G_VALUE_INIT, score = G_VALUE_INIT;

  gst_value_array_init (&scores, 3);
  g_value_init (&score, G_TYPE_DOUBLE);
  for (int i = 0; i < 3; i++) {
    g_value_set_double (&score, 0.25 * i);
    gst_value_array_append_value (&scores, &score);
  }
  gst_structure_take_value (add_meta (buffer, "generative-part-scores"), "scores", &scores);
}

/* A wall in tiles, row by row; with the places that hold a picture alone, and what is known of
 * each. */
static void
test_tiles (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties =
      g_strdup_printf ("location=%s/data tile-width=4 tile-height=2", folder);
  GstBuffer *buffer = make_buffer (32, 0);
  GstStructure *origin;
  GValue classes = G_VALUE_INIT, number = G_VALUE_INIT;
  g_auto (GenPicture) picture = { 0 };
  g_auto (GStrv) lines = NULL;
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, GREY);
  push (&sink, make_buffer (32, 0));
  origin = gst_custom_meta_get_structure (gst_buffer_add_custom_meta (buffer, "generative-origin"));
  gst_value_array_init (&classes, 3);
  g_value_init (&number, G_TYPE_INT);
  for (int i = 0; i < 3; i++) {
    g_value_set_int (&number, 5 + i);
    gst_value_array_append_value (&classes, &number);
  }
  gst_structure_set (origin, "seed", G_TYPE_UINT64, G_MAXUINT64, "frame", G_TYPE_UINT64, (guint64)9,
      "vectors", G_TYPE_UINT, 3, "pictures", G_TYPE_UINT, 3, "digital-source-type", G_TYPE_STRING,
      "trainedAlgorithmicMedia", NULL);
  gst_structure_take_value (origin, "classes", &classes);
  add_part_scores (buffer);
  push (&sink, buffer);
  finish (&sink);
  g_assert_cmpuint (count_items (&sink), ==, 7);
  sink_close (&sink);

  lines = read_lines (folder, "data");
  g_assert_cmpuint (g_strv_length (lines), ==, 7);
  g_assert_cmpstr (
      lines[3], ==, "{\"file_name\":\"00000003.png\",\"item\":3,\"frame\":0,\"part\":3}");
  g_assert_cmpstr (lines[6], ==,
      "{\"file_name\":\"7/00000006.png\",\"item\":6,\"class\":\"7\",\"label\":7,"
      "\"digital_source_type\":\"http://cv.iptc.org/newscodes/digitalsourcetype/"
      "trainedAlgorithmicMedia\",\"frame\":1,\"part\":2,\"seed\":\"18446744073709551615\","
      "\"latent\":9,\"vector\":2,\"scores\":{\"score\":0.5}}");
  /* The one at the right in the second row. */
  load_picture (folder, "data/00000003.png", &picture);
  g_assert_cmpint (picture.width, ==, 4);
  g_assert_cmpint (picture.height, ==, 2);
  g_assert_cmpuint (picture.data[0], ==, (guint8)((2 * 8 + 4) * 7));
  scratch_remove (folder);
}

static void
test_tile_too_large (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties = g_strdup_printf ("location=%s/data tile-width=9", folder);
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, GREY);
  gst_harness_push (sink.harness, make_buffer (32, 0));
  assert_error (&sink, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "9x4 does not fit");
  sink_close (&sink);
  scratch_remove (folder);
}

static void
test_interlaced (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties = g_strdup_printf ("location=%s/data", folder);
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, GREY ",interlace-mode=interleaved");
  gst_harness_push (sink.harness, make_buffer (32, 0));
  assert_error (&sink, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "deinterlace");
  sink_close (&sink);
  scratch_remove (folder);
}

/* Frames of another size go on; an IDX file takes one size. */
static void
test_renegotiation (void)
{
  static const char *const formats[] = { "folder", "webdataset", "idx" };

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *properties =
        g_strdup_printf ("location=%s/data format=%s", folder, formats[i]);
    g_auto (GenPicture) picture = { 0 };
    GstFlowReturn flow;
    Sink sink;

    sink_open (&sink, properties);
    gst_harness_set_src_caps_str (sink.harness, GREY);
    push (&sink, make_buffer (32, 0));
    gst_harness_set_src_caps_str (
        sink.harness, "video/x-raw,format=GRAY8,width=4,height=20,framerate=30/1");
    flow = gst_harness_push (sink.harness, make_buffer (80, 0));
    if (i == 2) {
      g_assert_cmpint (flow, ==, GST_FLOW_ERROR);
      assert_error (
          &sink, GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT, "8x4, and the next one is 4x20");
      sink_close (&sink);
      g_assert_true (exists (folder, "data/images-idx3-ubyte"));
    } else {
      g_assert_cmpint (flow, ==, GST_FLOW_OK);
      finish (&sink);
      g_assert_cmpuint (count_items (&sink), ==, 2);
      sink_close (&sink);
    }
    if (i == 0) {
      load_picture (folder, "data/00000001.png", &picture);
      g_assert_cmpint (picture.height, ==, 20);
    }
    scratch_remove (folder);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/datasetsink/pictures", test_pictures);
  g_test_add_func ("/datasetsink/caps", test_caps);
  g_test_add_func ("/datasetsink/tiles", test_tiles);
  g_test_add_func ("/datasetsink/tile-too-large", test_tile_too_large);
  g_test_add_func ("/datasetsink/interlaced", test_interlaced);
  g_test_add_func ("/datasetsink/renegotiation", test_renegotiation);
  return g_test_run ();
}
