/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsink: what is acknowledged, and what is left where a stream fails, stops, is flushed or
 * comes again. */
#include <sys/resource.h>

#include <signal.h>

#include "datasetsink.h"
#include "models.h"

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
  g_test_add_func ("/datasetsink-stream/misfits", test_misfits);
  g_test_add_func ("/datasetsink-stream/acknowledged", test_acknowledged);
  g_test_add_func ("/datasetsink-stream/flush-and-stop", test_flush_and_stop);
  g_test_add_func ("/datasetsink-stream/resume", test_resume);
  g_test_add_func ("/datasetsink-stream/refused", test_refused);
  g_test_add_func ("/datasetsink-stream/full", test_full);
  g_test_add_func ("/datasetsink-stream/there-and-back", test_there_and_back);
  return g_test_run ();
}
