/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsrc: what it negotiates, its frames against the library's sequence, labels, epochs,
 * seeking, pictures that are left out, and errors. */
#include <generative/dataset.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <unistd.h>

#include "../scratch.h"
#include "player.h"

#define SINK " ! fakesink name=sink signal-handoffs=true sync=false"

/* Where the tests keep their pictures; made by main. */
typedef struct {
  char *folder; /* cats/0.png … dogs/11.png, of 6x4; the value of picture n is 20 n */
  char *broken; /* the same, with pictures 2, 3 and 7 cut short */
  char *sheet;  /* 3 rows of 4 tiles of 6x4, likewise */
} Data;

enum { ITEMS = 12 };

static void
save_grey (const char *path, guint8 value)
{
  g_autofree char *parent = g_path_get_dirname (path);
  g_auto (GenPicture) picture = { 0 };

  g_assert_cmpint (g_mkdir_with_parents (parent, 0777), ==, 0);
  gen_picture_init (&picture, 6, 4, 3);
  memset (picture.data, value, (gsize)picture.stride * 4);
  g_assert_true (gen_picture_save_png (&picture, path, NULL));
}

static gboolean
is_broken (guint32 item)
{
  return item == 2 || item == 3 || item == 7;
}

static void
make_data (Data *data, const char *scratch)
{
  g_auto (GenPicture) sheet = { 0 };

  data->folder = g_build_filename (scratch, "folder", NULL);
  data->broken = g_build_filename (scratch, "broken", NULL);
  data->sheet = g_build_filename (scratch, "sheet.png", NULL);
  gen_picture_init (&sheet, 24, 12, 1);
  for (guint32 i = 0; i < ITEMS; i++) {
    g_autofree char *path =
        g_strdup_printf ("%s/%s/%02u.png", data->folder, i < 5 ? "cats" : "dogs", i);
    g_autofree char *broken =
        g_strdup_printf ("%s/%s/%02u.png", data->broken, i < 5 ? "cats" : "dogs", i);

    save_grey (path, (guint8)(20 * i));
    save_grey (broken, (guint8)(20 * i));
    if (is_broken (i))
      g_assert_cmpint (truncate (broken, 55), ==, 0);
    for (guint32 y = 0; y < 4; y++)
      memset (sheet.data + (i / 4 * 4 + y) * (guint32)sheet.stride + i % 4 * 6, (int)(20 * i), 6);
  }
  g_assert_true (gen_picture_save_png (&sheet, data->sheet, NULL));
}

/* What the buffer must say: frame, time, label and the picture's value. */
static void
assert_frame (GstBuffer *buffer, guint64 frame, guint32 item, gboolean labelled)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "generative-label");
  guint8 value;
  int label;
  guint index;

  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, frame);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, gst_util_uint64_scale (frame, GST_SECOND, 30));
  g_assert_cmpuint (gst_buffer_extract (buffer, 0, &value, 1), ==, 1);
  g_assert_cmpuint (value, ==, 20 * item);
  g_assert_nonnull (meta);
  g_assert_true (gst_structure_get (gst_custom_meta_get_structure (meta), "label", G_TYPE_INT,
      &label, "index", G_TYPE_UINT, &index, NULL));
  g_assert_cmpuint (index, ==, item);
  g_assert_cmpint (label, ==, labelled ? item >= 5 : -1);
  g_assert_cmpstr (gst_structure_get_string (gst_custom_meta_get_structure (meta), "name"), ==,
      !labelled   ? NULL
      : item >= 5 ? "dogs"
                  : "cats");
}

static GenSequence *
reference_for (const char *location, GenSequenceSettings settings)
{
  GenDatasetSettings tiles = { 0 };
  g_autoptr (GenDataset) dataset = gen_dataset_open (location, &tiles, NULL);
  GenSequence *sequence = gen_sequence_new (dataset, &settings, NULL);

  g_assert_nonnull (sequence);
  return sequence;
}

/* What each pair of source and next element's caps negotiates. */
static void
test_caps (gconstpointer user_data)
{
  const Data *data = user_data;
  static const struct {
    const char *sink, *format, *sheet_format;
    int width, height, rate;
  } cases[] = {
    { "video/x-raw", "RGB", "GRAY8", 6, 4, 30 },
    { "video/x-raw,format=RGBA,width=16,height=8,framerate=25/1", "RGBA", "RGBA", 16, 8, 25 },
    { "video/x-raw,format={RGBA,GRAY8},width=[8,16]", "RGBA", "GRAY8", 8, 4, 30 },
    { "video/x-raw,format=GRAY8,height=4", "GRAY8", "GRAY8", 6, 4, 30 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (int sheet = 0; sheet < 2; sheet++) {
      GstHarness *harness = gst_harness_new ("datasetsrc");
      g_autoptr (GstCaps) caps = NULL;
      GstBuffer *buffer;
      GstVideoInfo info;

      g_object_set (harness->element, "location", sheet ? data->sheet : data->folder, "tile-width",
          6, "tile-height", 4, "num-buffers", 2, NULL);
      gst_harness_set_sink_caps_str (harness, cases[i].sink);
      gst_harness_play (harness);
      buffer = gst_harness_pull (harness);
      g_assert_nonnull (buffer);
      caps = gst_pad_get_current_caps (harness->sinkpad);
      g_assert_true (gst_video_info_from_caps (&info, caps));
      g_assert_cmpstr (gst_video_format_to_string (GST_VIDEO_INFO_FORMAT (&info)), ==,
          sheet ? cases[i].sheet_format : cases[i].format);
      g_assert_cmpint (GST_VIDEO_INFO_WIDTH (&info), ==, cases[i].width);
      g_assert_cmpint (GST_VIDEO_INFO_HEIGHT (&info), ==, cases[i].height);
      g_assert_cmpint (GST_VIDEO_INFO_FPS_N (&info), ==, cases[i].rate);
      g_assert_cmpuint (gst_buffer_get_size (buffer), ==, GST_VIDEO_INFO_SIZE (&info));
      gst_buffer_unref (buffer);
      gst_harness_teardown (harness);
    }
}

/* Three epochs of a folder, to the end, with a message after each. */
static void
test_epochs (gconstpointer user_data)
{
  const Data *data = user_data;
  g_autoptr (GenSequence) reference = reference_for (data->folder, GEN_SEQUENCE_DEFAULTS);
  g_autofree char *launch =
      g_strdup_printf ("datasetsrc name=source location=%s epochs=3 threads=2" SINK, data->folder);
  GstMessage *message;
  guint epochs = 0;
  Player player;

  player_open (&player, launch);
  player_play_to_end (&player);
  g_assert_cmpuint (player.buffers->len, ==, 3 * ITEMS);
  for (guint i = 0; i < 3 * ITEMS; i++)
    assert_frame (player.buffers->pdata[i], i, gen_sequence_get_item (reference, i), TRUE);
  player_close (&player);

  /* The messages, of another run: the first popped them along with the rest. */
  player_open (&player, launch);
  gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
  while ((message = gst_bus_timed_pop_filtered (player.bus, 20 * GST_SECOND,
              GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS | GST_MESSAGE_ERROR)) != NULL) {
    const GstStructure *structure = gst_message_get_structure (message);
    gboolean told = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT;

    if (told) {
      guint64 epoch;
      guint frames, skipped;

      g_assert_true (gst_structure_has_name (structure, "generative-epoch"));
      g_assert_true (gst_structure_get (structure, "epoch", G_TYPE_UINT64, &epoch, "frames",
          G_TYPE_UINT, &frames, "skipped", G_TYPE_UINT, &skipped, NULL));
      g_assert_cmpuint (epoch, ==, epochs++);
      g_assert_cmpuint (frames, ==, ITEMS);
      g_assert_cmpuint (skipped, ==, 0);
    }
    gst_message_unref (message);
    if (!told)
      break;
  }
  g_assert_cmpuint (epochs, ==, 3);
  player_close (&player);
}

static void
test_sheet (gconstpointer user_data)
{
  const Data *data = user_data;
  g_autofree char *launch =
      g_strdup_printf ("datasetsrc location=%s tile-width=6 tile-height=4 epochs=2 "
                       "shuffle=false" SINK,
          data->sheet);
  Player player;

  player_open (&player, launch);
  player_play_to_end (&player);
  g_assert_cmpuint (player.buffers->len, ==, 2 * ITEMS);
  for (guint i = 0; i < 2 * ITEMS; i++)
    assert_frame (player.buffers->pdata[i], i, i % ITEMS, FALSE);
  player_close (&player);
}

/* The splits share out what there is. */
static void
test_split (gconstpointer user_data)
{
  static const char *const names[] = { "train", "validation", "test" };
  const Data *data = user_data;
  guint total = 0;
  int seen[ITEMS] = { 0 };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autofree char *launch = g_strdup_printf ("datasetsrc location=%s split=%s epochs=1 "
                                               "validation-fraction=0.3 test-fraction=0.2" SINK,
        data->folder, names[i]);
    Player player;

    player_open (&player, launch);
    player_play_to_end (&player);
    total += player.buffers->len;
    for (guint b = 0; b < player.buffers->len; b++) {
      guint8 value;

      gst_buffer_extract (player.buffers->pdata[b], 0, &value, 1);
      g_assert_cmpint (seen[value / 20]++, ==, 0);
    }
    player_close (&player);
  }
  g_assert_cmpuint (total, ==, ITEMS);
}

static void
test_seek (gconstpointer user_data)
{
  const Data *data = user_data;
  static const struct {
    double rate;
    GstFormat format;
    gint64 start, stop;
    guint64 first;
    guint count;
  } cases[] = {
    { 1, GST_FORMAT_DEFAULT, 1000007, 1000030, 1000007, 23 },
    { 1, GST_FORMAT_DEFAULT, 5, 6, 5, 1 },
    { 1, GST_FORMAT_TIME, 10 * GST_SECOND, 11 * GST_SECOND, 300, 30 },
    /* The very time that frame 7 carries, which is rounded down; and a time within it. */
    { 1, GST_FORMAT_TIME, 233333333, 266666666, 7, 1 },
    { 1, GST_FORMAT_TIME, 250000000, 266666666, 7, 1 },
    /* Backwards, through the ends of epochs, and to the beginning. */
    { -1, GST_FORMAT_DEFAULT, 1000007, 1000047, 1000046, 40 },
    { -1, GST_FORMAT_TIME, 0, GST_SECOND, 29, 30 },
  };
  g_autoptr (GenSequence) reference = NULL;
  GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;

  settings.seed = 9;
  reference = reference_for (data->folder, settings);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    for (int sheet = 0; sheet < 2; sheet++) {
      g_autofree char *launch =
          g_strdup_printf ("datasetsrc location=%s tile-width=6 tile-height=4 seed=9" SINK,
              sheet ? data->sheet : data->folder);
      Player player;

      player_open (&player, launch);
      g_ptr_array_set_size (player.buffers, 0);
      g_assert_true (gst_element_seek (player.pipeline, cases[i].rate, cases[i].format,
          GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_SET, cases[i].start,
          GST_SEEK_TYPE_SET, cases[i].stop));
      player_play_to_end (&player);
      g_assert_cmpuint (player.buffers->len, ==, cases[i].count);
      for (guint b = 0; b < cases[i].count; b++) {
        guint64 frame = cases[i].rate > 0 ? cases[i].first + b : cases[i].first - b;

        assert_frame (
            player.buffers->pdata[b], frame, gen_sequence_get_item (reference, frame), !sheet);
      }
      player_close (&player);
    }
}

/* Broken pictures leave a gap, are counted once each and named in a warning. */
static void
test_broken (gconstpointer user_data)
{
  const Data *data = user_data;
  g_autoptr (GenSequence) reference = reference_for (data->broken, GEN_SEQUENCE_DEFAULTS);
  g_autofree char *launch =
      g_strdup_printf ("datasetsrc name=source location=%s epochs=4" SINK, data->broken);
  g_autoptr (GstElement) source = NULL;
  guint next = 0, skipped, warnings = 0;
  GstMessage *message;
  Player player;

  player_open (&player, launch);
  source = gst_bin_get_by_name (GST_BIN (player.pipeline), "source");
  gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
  while ((message = gst_bus_timed_pop_filtered (player.bus, 20 * GST_SECOND,
              GST_MESSAGE_WARNING | GST_MESSAGE_EOS | GST_MESSAGE_ERROR)) != NULL) {
    gboolean warning = GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING;

    if (warning) {
      g_autoptr (GError) error = NULL;

      gst_message_parse_warning (message, &error, NULL);
      g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ);
      g_assert_nonnull (strstr (error->message, data->broken));
      warnings++;
    } else {
      g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (message), ==, "eos");
    }
    gst_message_unref (message);
    if (!warning)
      break;
  }
  g_assert_cmpuint (warnings, ==, 3);
  g_object_get (source, "skipped", &skipped, NULL);
  g_assert_cmpuint (skipped, ==, 3);
  g_assert_cmpuint (player.buffers->len, ==, 4 * (ITEMS - 3));
  for (guint64 frame = 0; frame < 4 * ITEMS; frame++) {
    guint32 item = gen_sequence_get_item (reference, frame);

    if (!is_broken (item))
      assert_frame (player.buffers->pdata[next++], frame, item, TRUE);
  }

  /* And backwards, to the first frame, whether that is a gap or not. */
  g_assert_true (gst_element_seek (player.pipeline, -1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
      GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_NONE, -1));
  message = gst_bus_timed_pop_filtered (
      player.bus, 20 * GST_SECOND, GST_MESSAGE_WARNING | GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (message), ==, "eos");
  gst_message_unref (message);
  g_assert_cmpuint (player.buffers->len, ==, 2 * next);
  for (guint64 frame = 4 * ITEMS; frame-- > 0;) {
    guint32 item = gen_sequence_get_item (reference, frame);

    if (!is_broken (item))
      assert_frame (player.buffers->pdata[next++], frame, item, TRUE);
  }
  player_close (&player);
}

/* An epoch has the pictures that can be decoded: the length is told anew with each that cannot, and
 * the message after the first epoch has it right. */
static void
test_broken_epochs (gconstpointer user_data)
{
  const Data *data = user_data;
  g_autofree char *launch =
      g_strdup_printf ("datasetsrc name=source location=%s epochs=2" SINK, data->broken);
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstEvent) event = NULL;
  GstMessage *message;
  guint length, epochs = 0;
  Player player;

  player_open (&player, launch);
  gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
  while ((message = gst_bus_timed_pop_filtered (player.bus, 20 * GST_SECOND,
              GST_MESSAGE_ELEMENT | GST_MESSAGE_EOS | GST_MESSAGE_ERROR)) != NULL) {
    gboolean told = GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT;

    if (told) {
      guint frames;

      g_assert_true (
          gst_structure_get_uint (gst_message_get_structure (message), "frames", &frames));
      g_assert_cmpuint (frames, ==, ITEMS - 3);
      epochs++;
    }
    gst_message_unref (message);
    if (!told)
      break;
  }
  g_assert_cmpuint (epochs, ==, 2);
  sink = gst_bin_get_by_name (GST_BIN (player.pipeline), "sink");
  pad = gst_element_get_static_pad (sink, "sink");
  event = gst_pad_get_sticky_event (pad, GST_EVENT_CUSTOM_DOWNSTREAM_STICKY, 0);
  g_assert_nonnull (event);
  g_assert_true (gst_structure_get_uint (gst_event_get_structure (event), "length", &length));
  g_assert_cmpuint (length, ==, ITEMS - 3);
  player_close (&player);
}

/* A split without a sound picture ends with an error after one round, though the set has others. */
static void
test_hopeless_split (gconstpointer user_data)
{
  GenSequenceSettings settings = GEN_SEQUENCE_DEFAULTS;
  g_autofree char *folder = scratch_new (), *launch = NULL;
  g_autoptr (GenSequence) sequence = NULL;

  for (guint32 i = 0; i < ITEMS; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%02u.png", folder, i);

    save_grey (path, (guint8)i);
  }
  settings.split = GEN_SPLIT_VALIDATION;
  settings.validation_fraction = 0.3;
  sequence = reference_for (folder, settings);
  g_assert_cmpuint (gen_sequence_get_length (sequence), >, 1);
  for (guint32 i = 0; i < gen_sequence_get_length (sequence); i++) {
    g_autofree char *path =
        g_strdup_printf ("%s/%02u.png", folder, gen_sequence_get_item (sequence, i));

    g_assert_cmpint (truncate (path, 55), ==, 0);
  }

  launch = g_strdup_printf (
      "datasetsrc location=%s split=validation validation-fraction=0.3 ! fakesink", folder);
  player_assert_error (launch, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ, "can be decoded");
  scratch_remove (folder);
}

/* Started, stopped and started again, it begins anew; stopping does not wait for the sink. */
static void
test_restart (gconstpointer user_data)
{
  const Data *data = user_data;
  GstHarness *harness = gst_harness_new ("datasetsrc");

  g_object_set (harness->element, "location", data->folder, "shuffle", FALSE, NULL);
  for (int round = 0; round < 3; round++) {
    gst_harness_play (harness);
    for (guint i = 0; i < 5; i++) {
      GstBuffer *buffer = gst_harness_pull (harness);

      assert_frame (buffer, i, i, TRUE);
      gst_buffer_unref (buffer);
    }
    gst_element_set_state (harness->element, GST_STATE_NULL);
    while (gst_harness_buffers_in_queue (harness) > 0)
      gst_buffer_unref (gst_harness_pull (harness));
  }
  gst_harness_teardown (harness);
}

static void
test_queries (gconstpointer user_data)
{
  const Data *data = user_data;
  g_autofree char *launch = g_strdup_printf ("datasetsrc location=%s epochs=5" SINK, data->folder);
  Player player;
  gint64 value;

  player_open (&player, launch);
  g_assert_true (gst_element_query_duration (player.pipeline, GST_FORMAT_TIME, &value));
  g_assert_cmpint (value, ==, 2 * GST_SECOND);
  g_assert_true (gst_element_query_duration (player.pipeline, GST_FORMAT_DEFAULT, &value));
  g_assert_cmpint (value, ==, 5 * ITEMS);
  g_assert_true (
      gst_element_query_convert (player.pipeline, GST_FORMAT_DEFAULT, 90, GST_FORMAT_TIME, &value));
  g_assert_cmpint (value, ==, 3 * GST_SECOND);
  player_close (&player);

  g_free (launch);
  launch = g_strdup_printf ("datasetsrc location=%s epochs=5 num-buffers=45" SINK, data->folder);
  player_open (&player, launch);
  g_assert_true (gst_element_query_duration (player.pipeline, GST_FORMAT_DEFAULT, &value));
  g_assert_cmpint (value, ==, 45);
  player_close (&player);
}

static void
test_errors (gconstpointer user_data)
{
  const Data *data = user_data;
  g_autofree char *empty = g_build_filename (data->folder, "cats", "empty", NULL);
  g_autofree char *hopeless = g_build_filename (data->folder, "..", "hopeless", NULL);
  g_autofree char *idx = g_build_filename (data->folder, "..", "x-images-idx3-ubyte", NULL);
  g_autofree char *first = g_build_filename (hopeless, "1.png", NULL);
  const struct {
    const char *location, *settings;
    int code;
    const char *words;
  } cases[] = {
    { "", "", GST_RESOURCE_ERROR_NOT_FOUND, "Property location is not set" },
    { "/no/such/folder", "", GST_RESOURCE_ERROR_NOT_FOUND,
        "Property location: /no/such/folder: no such file or folder" },
    { empty, "", GST_RESOURCE_ERROR_NOT_FOUND, "no pictures" },
    { hopeless, "", GST_RESOURCE_ERROR_READ, "none of its 1 pictures" },
    { idx, "", GST_RESOURCE_ERROR_READ, "cut short" },
    { data->sheet, "tile-width=7", GST_RESOURCE_ERROR_SETTINGS, "tiles of 7x7" },
    { data->sheet, "tile-width=6 tile-height=4 rows-per-label=2", GST_RESOURCE_ERROR_SETTINGS,
        "3 rows" },
    { data->sheet, "split=test", GST_RESOURCE_ERROR_SETTINGS, "split=test" },
    { data->folder, "validation-fraction=0.7 test-fraction=0.7", GST_RESOURCE_ERROR_SETTINGS,
        "more than 1" },
  };

  g_assert_cmpint (g_mkdir_with_parents (empty, 0777), ==, 0);
  save_grey (first, 1);
  g_assert_cmpint (truncate (first, 55), ==, 0);
  g_assert_true (g_file_set_contents (idx, "\0\0\10\3\0\0\0\1\0\0\0\1\0\0\0\1", 16, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *launch = g_strdup_printf (
        "datasetsrc location=\"%s\" %s ! fakesink", cases[i].location, cases[i].settings);

    player_assert_error (launch, GST_RESOURCE_ERROR, cases[i].code, cases[i].words);
  }
}

/* One that can be decoded is enough, however many in a row cannot, at the end of an epoch and the
 * beginning of the next. */
static void
test_almost_hopeless (gconstpointer user_data)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *launch = g_strdup_printf ("datasetsrc location=%s epochs=40" SINK, folder);
  Player player;

  for (int i = 0; i < 4; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%d.png", folder, i);

    save_grey (path, 100);
    if (i < 3)
      g_assert_cmpint (truncate (path, 55), ==, 0);
  }
  player_open (&player, launch);
  player_play_to_end (&player);
  g_assert_cmpuint (player.buffers->len, ==, 40);
  player_close (&player);
  scratch_remove (folder);
}

/* What is transparent shows the background, which is black where nobody says another. */
static void
test_background (gconstpointer user_data)
{
  const Data *data = user_data;
  g_autofree char *path = g_strconcat (data->sheet, ".clear.png", NULL);
  static const char *const properties[] = { "", "background=0x1080ff" };
  static const guint8 wanted[][3] = { { 0, 0, 0 }, { 16, 128, 255 } };
  g_auto (GenPicture) clear = { 0 };

  gen_picture_init (&clear, 4, 4, 4);
  g_assert_true (gen_picture_save_png (&clear, path, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (properties); i++) {
    g_autofree char *launch =
        g_strdup_printf ("datasetsrc location=%s num-buffers=1 %s ! video/x-raw,format=RGB" SINK,
            path, properties[i]);
    guint8 made[3];
    Player player;

    player_open (&player, launch);
    player_play_to_end (&player);
    g_assert_cmpuint (player.buffers->len, ==, 1);
    g_assert_cmpuint (gst_buffer_extract (player.buffers->pdata[0], 0, made, 3), ==, 3);
    g_assert_cmpmem (made, 3, wanted[i], 3);
    player_close (&player);
  }
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    GTestDataFunc run;
  } tests[] = {
    { "/datasetsrc/caps", test_caps },
    { "/datasetsrc/epochs", test_epochs },
    { "/datasetsrc/sheet", test_sheet },
    { "/datasetsrc/split", test_split },
    { "/datasetsrc/seek", test_seek },
    { "/datasetsrc/broken", test_broken },
    { "/datasetsrc/broken-epochs", test_broken_epochs },
    { "/datasetsrc/hopeless-split", test_hopeless_split },
    { "/datasetsrc/almost-hopeless", test_almost_hopeless },
    { "/datasetsrc/restart", test_restart },
    { "/datasetsrc/queries", test_queries },
    { "/datasetsrc/errors", test_errors },
    { "/datasetsrc/background", test_background },
  };
  g_autofree char *scratch = NULL;
  Data data;
  int status;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  scratch = scratch_new ();
  make_data (&data, scratch);
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add_data_func (tests[i].name, &data, tests[i].run);
  status = g_test_run ();
  g_free (data.folder);
  g_free (data.broken);
  g_free (data.sheet);
  scratch_remove (scratch);
  return status;
}
