/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsink: what buffers become, what is said of each item, what is acknowledged, and what is
 * left where a stream fails, stops or is flushed. */
#include <generative/dataset.h>
#include <generative/picture.h>
#include <generative/sound.h>
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <json-glib/json-glib.h>
#include <sys/resource.h>

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "matting.h"
#include "models.h"

#define GREY "video/x-raw,format=GRAY8,width=8,height=4,framerate=30/1"

typedef struct {
  GstHarness *harness;
  GstBus *bus;
} Sink;

/* A sink with the properties `text`, which starts. */
static void
sink_open (Sink *sink, const char *text)
{
  g_autofree char *line = g_strdup_printf ("datasetsink %s", text);

  sink->harness = gst_harness_new_parse (line);
  sink->bus = gst_bus_new ();
  gst_element_set_bus (sink->harness->element, sink->bus);
  gst_harness_play (sink->harness);
}

static void
sink_close (Sink *sink)
{
  gst_element_set_bus (sink->harness->element, NULL);
  gst_harness_teardown (sink->harness);
  gst_object_unref (sink->bus);
}

/* The next message of that kind, or NULL. */
static GstMessage *
pop (Sink *sink, GstMessageType type)
{
  return gst_bus_pop_filtered (sink->bus, type);
}

static void
assert_no_error (Sink *sink)
{
  g_autoptr (GstMessage) message = pop (sink, GST_MESSAGE_ERROR);
  g_autoptr (GError) error = NULL;

  if (message == NULL)
    return;
  gst_message_parse_error (message, &error, NULL);
  g_assert_no_error (error);
}

static void
assert_message (GstMessage *message, GQuark domain, int code, const char *part)
{
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, domain, code);
  if (strstr (error->message, part) == NULL)
    g_error ("\"%s\" says nothing of \"%s\"", error->message, part);
}

static void
assert_error (Sink *sink, GQuark domain, int code, const char *part)
{
  g_autoptr (GstMessage) message = pop (sink, GST_MESSAGE_ERROR);

  assert_message (message, domain, code, part);
}

static void
finish (Sink *sink)
{
  g_assert_true (gst_harness_push_event (sink->harness, gst_event_new_eos ()));
  assert_no_error (sink);
}

static guint64
count_items (Sink *sink)
{
  guint64 items;

  gst_harness_get (sink->harness, "datasetsink", "items", &items, NULL);
  return items;
}

/* A buffer of `size` bytes, the first of which is `value`. */
static GstBuffer *
make_buffer (gsize size, guint8 value)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < size; i++)
    map.data[i] = (guint8)(value + i * 7);
  gst_buffer_unmap (buffer, &map);
  return buffer;
}

static void
push (Sink *sink, GstBuffer *buffer)
{
  g_assert_cmpint (gst_harness_push (sink->harness, buffer), ==, GST_FLOW_OK);
}

static char *
in (const char *folder, const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static char *
read_text (const char *folder, const char *name)
{
  g_autofree char *path = in (folder, name);
  char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static gboolean
exists (const char *folder, const char *name)
{
  g_autofree char *path = in (folder, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

/* The lines of the manifest of the dataset `name`. */
static GStrv
read_lines (const char *folder, const char *name)
{
  g_autofree char *location = in (folder, name);
  g_autofree char *text = read_text (location, "metadata.jsonl");

  return g_strsplit (g_strchomp (text), "\n", -1);
}

static void
load_picture (const char *folder, const char *name, GenPicture *picture)
{
  g_autofree char *path = in (folder, name);
  g_autoptr (GError) error = NULL;

  gen_picture_load (picture, path, 0, &error);
  g_assert_no_error (error);
}

/* --- pictures --- */

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

static GstStructure *
add_meta (GstBuffer *buffer, const char *name)
{
  static const char *tags[] = { NULL };

  if (gst_meta_get_info (name) == NULL)
    gst_meta_register_custom (name, tags, NULL, NULL, NULL);
  return gst_custom_meta_get_structure (gst_buffer_add_custom_meta (buffer, name));
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

/* --- what is known --- */

/* What was said of an item is said of it where it is read again, in a shard and by a manifest. */
static void
test_captions (void)
{
  static const struct {
    const char *format, *read_from;
  } cases[] = { { "folder", "data/metadata.jsonl" }, { "webdataset", "data/shard-000000.tar" } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *properties =
        g_strdup_printf ("location=%s/data format=%s", folder, cases[i].format);
    g_autofree char *written = g_build_filename (folder, cases[i].read_from, NULL);
    g_autofree char *caption = NULL, *none = NULL;
    g_autoptr (GenDataset) dataset = NULL;
    g_autoptr (GError) error = NULL;
    GenDatasetSettings settings = { 0 };
    GstBuffer *buffer = make_buffer (32, 0);
    Sink sink;

    sink_open (&sink, properties);
    gst_harness_set_src_caps_str (sink.harness, GREY);
    gst_structure_set (
        add_meta (buffer, "generative-caption"), "text", G_TYPE_STRING, "a \"dog\", running", NULL);
    push (&sink, buffer);
    push (&sink, make_buffer (32, 9));
    finish (&sink);
    sink_close (&sink);
    dataset = gen_dataset_open (written, &settings, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (gen_dataset_get_count (dataset), ==, 2);
    caption = gen_dataset_get_caption (dataset, 0);
    none = gen_dataset_get_caption (dataset, 1);
    g_assert_cmpstr (caption, ==, "a \"dog\", running");
    g_assert_null (none);
    scratch_remove (folder);
  }
}

static void
test_facts (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties =
      g_strdup_printf ("location=%s/data digital-source-type=\"\"", folder);
  GstBuffer *buffer = make_buffer (32, 0);
  g_auto (GStrv) lines = NULL;
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, GREY);
  gst_structure_set (add_meta (buffer, "generative-label"), "label", G_TYPE_INT, 3, "name",
      G_TYPE_STRING, "a dog", "index", G_TYPE_UINT, 17, "item", G_TYPE_UINT64, (guint64)2, NULL);
  gst_structure_set (add_meta (buffer, "generative-score"), "score", G_TYPE_DOUBLE, 0.5, "passed",
      G_TYPE_INT64, (gint64)1, "features", G_TYPE_STRING, "mine", NULL);
  GST_BUFFER_PTS (buffer) = GST_SECOND;
  push (&sink, buffer);
  buffer = make_buffer (32, 0);
  for (int i = 0; i < 2; i++)
    gst_structure_set (
        add_meta (buffer, "generative-score"), "loudness", G_TYPE_DOUBLE, -20.0 - i, NULL);
  push (&sink, buffer);
  finish (&sink);
  sink_close (&sink);
  lines = read_lines (folder, "data");
  g_assert_cmpstr (lines[0], ==,
      "{\"file_name\":\"a dog/00000000.png\",\"item\":0,\"class\":\"a dog\",\"label\":3,"
      "\"frame\":0,\"pts\":1000000000,\"of_item\":17,"
      "\"scores\":{\"score\":0.5,\"passed\":1,\"features\":\"mine\"}}");
  g_assert_cmpstr (lines[1], ==,
      "{\"file_name\":\"00000001.png\",\"item\":1,\"frame\":1,"
      "\"scores\":[{\"loudness\":-20.0},{\"loudness\":-21.0}]}");
  scratch_remove (folder);
}

static void
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
  g_assert_no_error (error);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* What is generated says of what, by what, and that it is; and so does what is made of it. */
static void
test_generated (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = in (folder, "made.onnx");
  g_autofree char *filter = in (folder, "filter.onnx");
  g_autofree char *judge = in (folder, "judge.onnx");
  g_autofree char *first = g_strdup_printf (
      "latentsrc seed=5 dimensions=10:3 num-buffers=4 ! generator model=%s columns=2 device=cpu ! "
      "generator model=%s device=cpu ! discriminator model=%s device=cpu ! "
      "datasetsink location=%s/wall tile-width=6 tile-height=6",
      model, filter, judge, folder);
  g_autofree char *second =
      g_strdup_printf ("videotestsrc num-buffers=2 ! video/x-raw,format=GRAY8,width=12,height=12 ! "
                       "generator model=%s device=cpu ! datasetsink location=%s/film",
          filter, folder);
  g_autofree char *bytes = NULL, *hash = NULL, *wanted = NULL;
  g_auto (GStrv) lines = NULL, film = NULL;
  gsize size;

  save_generator (model, -1, 10, 6, 100);
  save_filter (filter, -1, 0.5f, 1);
  save_discriminator (judge, 6, 0.75f);
  run (first);
  run (second);
  g_assert_true (g_file_get_contents (model, &bytes, &size, NULL));
  hash = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guint8 *)bytes, size);
  wanted = g_strdup_printf ("\"part\":2,\"pts\":100000000,\"seed\":5,\"latent\":3,\"vector\":2,"
                            "\"models\":[{\"file\":\"made.onnx\",\"sha256\":\"%s\"},"
                            "{\"file\":\"filter.onnx\",",
      hash);
  lines = read_lines (folder, "wall");
  g_assert_nonnull (strstr (lines[0], "digitalsourcetype/trainedAlgorithmicMedia\""));
  /* The fourth place of the wall is empty, and stays so whatever is made of the wall. */
  g_assert_cmpuint (g_strv_length (lines), ==, 12);
  g_assert_nonnull (strstr (lines[11], wanted));
  /* Nor is it judged. */
  g_assert_nonnull (strstr (lines[11], "\"scores\":{\"score\":0.75},"
                                       "\"frame_scores\":{\"score\":0.75,"));
  g_assert_nonnull (strstr (lines[11], "\"tiles\":3,"));
  film = read_lines (folder, "film");
  g_assert_cmpuint (g_strv_length (film), ==, 2);
  g_assert_nonnull (strstr (film[0], "digitalsourcetype/compositeWithTrainedAlgorithmicMedia\""));
  g_assert_null (strstr (film[0], "seed"));
  scratch_remove (folder);
}

/* What a model makes on a pad of its own says the same of itself as what it makes beside it. */
static void
test_branches (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = in (folder, "matting.onnx");
  g_autofree char *line =
      g_strdup_printf ("videotestsrc num-buffers=3 ! video/x-raw," CAPS " ! generator name=g "
                       "model=%s outputs=fgr device=cpu ! queue ! datasetsink location=%s/colours "
                       "g.src_pha ! queue ! datasetsink location=%s/masks",
          model, folder, folder);
  g_auto (GStrv) colours = NULL, masks = NULL;

  save_matting (model, 1, 0.5f);
  run (line);
  colours = read_lines (folder, "colours");
  masks = read_lines (folder, "masks");
  g_assert_cmpuint (g_strv_length (masks), ==, 3);
  for (guint i = 0; i < 3; i++) {
    g_assert_nonnull (strstr (masks[i], "compositeWithTrainedAlgorithmicMedia"));
    g_assert_nonnull (strstr (masks[i], "\"models\":[{\"file\":\"matting.onnx\",\"sha256\":"));
    g_assert_cmpstr (masks[i], ==, colours[i]);
  }
  scratch_remove (folder);
}

/* --- clips --- */

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

static void
assert_fails (const char *line, GQuark domain, int code, const char *part)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_ERROR);
  assert_message (message, domain, code, part);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* What is taken is said, and the try leaves nothing that would be in the way of the next one. */
static void
test_misfits (void)
{
  g_autofree char *folder = scratch_new ();
  static const struct {
    const char *source, *properties;
    GQuark (*domain) (void);
    int code;
    const char *part;
  } cases[] = {
    { "videotestsrc ! video/x-raw,format=RGB,width=8,height=8", "format=idx", gst_core_error_quark,
        GST_CORE_ERROR_NEGOTIATION, "videoconvert ! video/x-raw,format=GRAY8" },
    { "audiotestsrc", "format=idx", gst_core_error_quark, GST_CORE_ERROR_NEGOTIATION,
        "grey pictures alone" },
    { "videotestsrc ! video/x-raw,format=RGBA", "picture-format=jpeg", gst_core_error_quark,
        GST_CORE_ERROR_NEGOTIATION, "put videoconvert in front" },
    { "videotestsrc", "format=idx clip-length=3", gst_resource_error_quark,
        GST_RESOURCE_ERROR_SETTINGS, "no room for films" },
    { "videotestsrc", "tile-width=3 clip-length=3", gst_resource_error_quark,
        GST_RESOURCE_ERROR_SETTINGS, "tile-width" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GStrv) parts = g_strsplit (cases[i].source, " ! ", 2);
    g_autofree char *line =
        g_strdup_printf ("%s num-buffers=3 %s%s ! datasetsink location=%s/data %s", parts[0],
            parts[1] != NULL ? "! " : "", parts[1] != NULL ? parts[1] : "", folder,
            cases[i].properties);

    assert_fails (line, cases[i].domain (), cases[i].code, cases[i].part);
    g_assert_false (exists (folder, "data"));
  }
  scratch_remove (folder);
}

/* --- sounds --- */

#define SOUND "audio/x-raw,rate=8000,channels=1,layout=interleaved,format="

static void
assert_sound (const char *folder, const char *name, gsize frames, gsize first)
{
  g_autofree char *path = in (folder, name);
  g_auto (GenSound) sound = { 0 };
  g_autoptr (GError) error = NULL;

  gen_sound_load (&sound, path, 0, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpint (sound.rate, ==, 8000);
  g_assert_cmpuint (sound.frames, ==, frames);
  for (gsize i = 0; i < frames; i++)
    g_assert_cmpfloat (sound.data[i], ==, (float)(gint16)((first + i) * 311) / 32768);
}

/* Samples from number `first` on. */
static GstBuffer *
make_sound (gsize first, gsize frames, guint64 item)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 2 * frames, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < frames; i++)
    ((gint16 *)(void *)map.data)[i] = (gint16)((first + i) * 311);
  gst_buffer_unmap (buffer, &map);
  if (item != G_MAXUINT64)
    gst_structure_set (add_meta (buffer, "generative-label"), "label", G_TYPE_INT, -1, "index",
        G_TYPE_UINT, (guint)item, "item", G_TYPE_UINT64, item, NULL);
  return buffer;
}

static void
test_sounds (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties = g_strdup_printf ("location=%s/data", folder);
  g_auto (GStrv) lines = NULL;
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, SOUND GST_AUDIO_NE (S16));
  push (&sink, make_sound (0, 100, G_MAXUINT64)); /* by itself */
  push (&sink, make_sound (100, 50, 0));          /* an item in two buffers */
  push (&sink, make_sound (150, 70, 0));
  push (&sink, make_sound (220, 30, 1)); /* and one in one, which nothing follows */
  finish (&sink);
  g_assert_cmpuint (count_items (&sink), ==, 3);
  sink_close (&sink);
  assert_sound (folder, "data/00000000.flac", 100, 0);
  assert_sound (folder, "data/00000001.flac", 120, 100);
  assert_sound (folder, "data/00000002.flac", 30, 220);
  lines = read_lines (folder, "data");
  g_assert_cmpstr (
      lines[1], ==, "{\"file_name\":\"00000001.flac\",\"item\":1,\"frame\":1,\"of_item\":0}");
  scratch_remove (folder);
}

/* Windows whatever buffers there are; what is left is an item where a stretch ends. */
static void
test_windows (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties =
      g_strdup_printf ("location=%s/data window=64 sound-format=wav", folder);
  GstBuffer *jump = make_sound (200, 10, G_MAXUINT64);
  g_auto (GStrv) lines = NULL;
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, SOUND GST_AUDIO_NE (S16));
  for (gsize i = 0; i < 4; i++)
    push (&sink, make_sound (50 * i, 50, G_MAXUINT64));
  GST_BUFFER_FLAG_SET (jump, GST_BUFFER_FLAG_DISCONT);
  push (&sink, jump);
  push (&sink, make_sound (210, 54 + 64, G_MAXUINT64));
  finish (&sink);
  sink_close (&sink);
  lines = read_lines (folder, "data");
  g_assert_cmpuint (g_strv_length (lines), ==, 6);
  for (int i = 0; i < 3; i++) {
    g_autofree char *name = g_strdup_printf ("data/%08d.wav", i);

    assert_sound (folder, name, 64, 64u * (gsize)i);
  }
  assert_sound (folder, "data/00000003.wav", 8, 192);
  assert_sound (folder, "data/00000004.wav", 64, 200);
  assert_sound (folder, "data/00000005.wav", 64, 264);
  scratch_remove (folder);
}

/* Floats are as they were in WAV. Several sounds in a buffer, which a model has made, are several
 * items. */
static void
test_float_sounds (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties = g_strdup_printf ("location=%s/data sound-format=wav", folder);
  const float samples[] = { 0.1f, -0.2f, 1.5f, 1e-20f, 0.7f, -1 };
  GstBuffer *buffer = gst_buffer_new_memdup (samples, sizeof samples);
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, SOUND GST_AUDIO_NE (F32));
  gst_structure_set (add_meta (buffer, "generative-origin"), "pictures", G_TYPE_UINT, 2, NULL);
  push (&sink, buffer);
  finish (&sink);
  g_assert_cmpuint (count_items (&sink), ==, 2);
  sink_close (&sink);
  for (gsize i = 0; i < 2; i++) {
    g_autofree char *path = g_strdup_printf ("%s/data/%08" G_GSIZE_FORMAT ".wav", folder, i);
    g_auto (GenSound) sound = { 0 };

    g_assert_true (gen_sound_load (&sound, path, 0, 0, NULL));
    g_assert_cmpmem (
        sound.data, sound.frames * sizeof (float), samples + 3 * i, 3 * sizeof (float));
  }
  scratch_remove (folder);
}

/* --- texts --- */

static void
test_texts (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties = g_strdup_printf ("location=%s/data", folder);
  g_autofree char *text = NULL;
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, "text/x-raw,format=utf8");
  push (&sink, gst_buffer_new_memdup ("Gr\xc3\xbc\xc3\x9f dich\n", 12));
  push (&sink, gst_buffer_new_memdup ("two", 3));
  g_assert_cmpint (
      gst_harness_push (sink.harness, gst_buffer_new_memdup ("\xc3", 1)), ==, GST_FLOW_ERROR);
  assert_error (&sink, GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE, "number 2");
  sink_close (&sink);
  text = read_text (folder, "data/00000000.txt");
  g_assert_cmpstr (text, ==, "Gr\xc3\xbc\xc3\x9f dich\n");
  g_assert_true (exists (folder, "data/00000001.txt"));
  g_assert_false (exists (folder, "data/00000002.txt"));
  scratch_remove (folder);
}

/* --- the stream --- */

/* With each message as many items are there as it says. */
static void
test_acknowledged (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties =
      g_strdup_printf ("location=%s/data commit-size=4 threads=1", folder);
  guint64 said = 0;
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, GREY);
  for (guint i = 0; i < 10; i++) {
    g_autoptr (GstMessage) message = NULL;

    push (&sink, make_buffer (32, (guint8)i));
    message = pop (&sink, GST_MESSAGE_ELEMENT);
    g_assert_cmpint (message != NULL, ==, i % 4 == 3);
    if (message != NULL) {
      const GstStructure *structure = gst_message_get_structure (message);
      g_auto (GStrv) lines = read_lines (folder, "data");

      g_assert_true (gst_structure_has_name (structure, "datasetsink-progress"));
      g_assert_true (gst_structure_get_uint64 (structure, "items", &said));
      g_assert_cmpuint (said, ==, i + 1);
      g_assert_cmpuint (g_strv_length (lines), ==, said);
      g_assert_true (g_str_has_suffix (gst_structure_get_string (structure, "file"),
          i == 3 ? "/00000003.png" : "/00000007.png"));
      g_assert_true (
          g_file_test (gst_structure_get_string (structure, "file"), G_FILE_TEST_EXISTS));
    }
    g_assert_cmpuint (count_items (&sink), ==, said);
  }
  g_assert_false (exists (folder, "data/00000008.png"));
  finish (&sink);
  g_assert_cmpuint (count_items (&sink), ==, 10);
  sink_close (&sink);
  scratch_remove (folder);
}

/* A flush keeps what is whole; so does an end that nobody has announced. */
static void
test_flush_and_stop (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties = g_strdup_printf ("location=%s/data window=100", folder);
  g_auto (GStrv) lines = NULL;
  GstSegment segment;
  Sink sink;

  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, SOUND GST_AUDIO_NE (S16));
  push (&sink, make_sound (0, 150, G_MAXUINT64));
  gst_harness_push_event (sink.harness, gst_event_new_flush_start ());
  gst_harness_push_event (sink.harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (sink.harness, gst_event_new_segment (&segment));
  push (&sink, make_sound (1000, 130, G_MAXUINT64));
  assert_no_error (&sink);
  sink_close (&sink);
  lines = read_lines (folder, "data");
  g_assert_cmpuint (g_strv_length (lines), ==, 2);
  assert_sound (folder, "data/00000000.flac", 100, 0);
  assert_sound (folder, "data/00000001.flac", 100, 1000);
  scratch_remove (folder);
}

/* The same stream again, from its beginning: what is there is passed over. */
static void
test_resume (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *first = g_strdup_printf ("location=%s/data", folder);
  g_autofree char *again = g_strdup_printf ("%s resume=true", first);
  g_autofree char *more = g_strdup_printf ("%s append=true", first);
  const char *const lines[] = { first, again, more };
  const guint ends[] = { 5, 12, 3 }, wanted[] = { 5, 12, 15 };
  g_auto (GenPicture) picture = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
    Sink sink;

    sink_open (&sink, lines[i]);
    g_assert_cmpuint (count_items (&sink), ==, i == 0 ? 0 : wanted[i - 1]);
    gst_harness_set_src_caps_str (sink.harness, GREY);
    for (guint n = 0; n < ends[i]; n++)
      push (&sink, make_buffer (32, (guint8)n));
    finish (&sink);
    g_assert_cmpuint (count_items (&sink), ==, wanted[i]);
    sink_close (&sink);
  }
  load_picture (folder, "data/00000011.png", &picture);
  g_assert_cmpuint (picture.data[0], ==, 11);
  scratch_remove (folder);
}

/* --- failures --- */

static void
test_refused (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *file = in (folder, "mine");
  static const struct {
    const char *properties;
    int code;
    const char *part;
  } cases[] = {
    { "", GST_RESOURCE_ERROR_SETTINGS, "Property location is not set" },
    { "location=%s", GST_RESOURCE_ERROR_OPEN_WRITE, "overwrite=true" },
    { "location=%s overwrite=true", GST_RESOURCE_ERROR_OPEN_WRITE, "no manifest" },
    { "location=%s/mine", GST_RESOURCE_ERROR_OPEN_WRITE, "mine" },
    { "location=%s overwrite=true resume=true", GST_RESOURCE_ERROR_SETTINGS, "exclude" },
    { "location=%s class=a/b", GST_RESOURCE_ERROR_OPEN_WRITE, "not empty" },
  };

  g_assert_true (g_file_set_contents (file, "mine", -1, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstElement *element = gst_element_factory_make ("datasetsink", NULL);
    g_auto (GStrv) parts = g_strsplit (cases[i].properties, "%s", -1);
    g_autofree char *properties = g_strjoinv (folder, parts);
    g_autofree char *line = g_strdup_printf ("fakesrc ! datasetsink name=sink %s", properties);
    g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
    Sink sink = { .bus = gst_element_get_bus (pipeline) };

    g_assert_cmpint (
        gst_element_set_state (pipeline, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
    assert_error (&sink, GST_RESOURCE_ERROR, cases[i].code, cases[i].part);
    gst_element_set_state (pipeline, GST_STATE_NULL);
    gst_object_unref (sink.bus);
    gst_object_unref (gst_object_ref_sink (element));
  }
  scratch_remove (folder);
}

/* A disk that is full is told, and what is whole stays and is told of. */
static void
test_full (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *properties =
      g_strdup_printf ("location=%s/data format=webdataset shard-items=3 threads=1", folder);
  struct rlimit limit, small;
  g_auto (GStrv) lines = NULL;
  Sink sink;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  small = (struct rlimit){ 10000, limit.rlim_max };
  sink_open (&sink, properties);
  gst_harness_set_src_caps_str (sink.harness, GREY);
  for (guint i = 0; i < 4; i++)
    push (&sink, make_buffer (32, (guint8)i));
  gst_harness_set_src_caps_str (
      sink.harness, "video/x-raw,format=GRAY8,width=400,height=100,framerate=30/1");
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &small), ==, 0);
  for (guint i = 0; i < 3; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 40000, NULL);
    GRand *random = g_rand_new_with_seed (i);
    GstMapInfo map;

    gst_buffer_map (buffer, &map, GST_MAP_WRITE);
    for (gsize n = 0; n < map.size; n++)
      map.data[n] = (guint8)g_rand_int (random);
    gst_buffer_unmap (buffer, &map);
    g_rand_free (random);
    if (gst_harness_push (sink.harness, buffer) != GST_FLOW_OK)
      break;
  }
  assert_error (&sink, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE, "shard-000001.tar");
  sink_close (&sink);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  lines = read_lines (folder, "data");
  g_assert_cmpuint (g_strv_length (lines), ==, 3);
  g_assert_true (exists (folder, "data/shard-000000.tar"));
  g_assert_false (exists (folder, "data/shard-000001.tar"));
  scratch_remove (folder);
}

/* From a dataset to a dataset, and again: classes and pictures are the same. */
static void
test_there_and_back (void)
{
  g_autofree char *folder = scratch_new ();
  static const char *const names[] = { "bees", "ants", "bees", "cows" };
  g_autofree char *first = g_strdup_printf (
      "datasetsrc location=%s/one epochs=1 shuffle=false ! datasetsink location=%s/two", folder,
      folder);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *path = g_strdup_printf ("%s/one/%s/%u.png", folder, names[i], i);
    g_autofree char *parent = g_path_get_dirname (path);
    g_auto (GenPicture) picture = { 0 };

    g_assert_cmpint (g_mkdir_with_parents (parent, 0777), ==, 0);
    gen_picture_init (&picture, 8, 8, 3);
    memset (picture.data, (int)(i * 50 + 1), (gsize)picture.stride * 8);
    g_assert_true (gen_picture_save_png (&picture, path, NULL));
  }
  run (first);
  g_assert_true (exists (folder, "two/ants/00000000.png"));
  g_assert_true (exists (folder, "two/bees/00000001.png"));
  g_assert_true (exists (folder, "two/bees/00000002.png"));
  g_assert_true (exists (folder, "two/cows/00000003.png"));
  for (guint i = 0; i < 4; i++) {
    static const char *const back[] = { "ants/00000000", "bees/00000001", "bees/00000002",
      "cows/00000003" };
    static const guint8 values[] = { 51, 1, 101, 151 };
    g_autofree char *name = g_strdup_printf ("two/%s.png", back[i]);
    g_auto (GenPicture) picture = { 0 };

    load_picture (folder, name, &picture);
    g_assert_cmpuint (picture.data[0], ==, values[i]);
  }
  scratch_remove (folder);
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
  g_test_add_func ("/datasetsink/captions", test_captions);
  g_test_add_func ("/datasetsink/facts", test_facts);
  g_test_add_func ("/datasetsink/generated", test_generated);
  g_test_add_func ("/datasetsink/branches", test_branches);
  g_test_add_func ("/datasetsink/clips", test_clips);
  g_test_add_func ("/datasetsink/clips-end", test_clips_end);
  g_test_add_func ("/datasetsink/clips-there-and-back", test_clips_there_and_back);
  g_test_add_func ("/datasetsink/misfits", test_misfits);
  g_test_add_func ("/datasetsink/sounds", test_sounds);
  g_test_add_func ("/datasetsink/windows", test_windows);
  g_test_add_func ("/datasetsink/float-sounds", test_float_sounds);
  g_test_add_func ("/datasetsink/texts", test_texts);
  g_test_add_func ("/datasetsink/acknowledged", test_acknowledged);
  g_test_add_func ("/datasetsink/flush-and-stop", test_flush_and_stop);
  g_test_add_func ("/datasetsink/resume", test_resume);
  g_test_add_func ("/datasetsink/refused", test_refused);
  g_test_add_func ("/datasetsink/full", test_full);
  g_test_add_func ("/datasetsink/there-and-back", test_there_and_back);
  return g_test_run ();
}
