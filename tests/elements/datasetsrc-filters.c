/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsrc: what filters leave out, what is told of it, and that the list of it makes the same
 * stream. */
#include <generative/picture.h>
#include <generative/sound.h>
#include <gst/check/gstharness.h>

#include <string.h>
#include <unistd.h>

#include "../scratch.h"

enum { ITEMS = 24, EPOCHS = 2 };

/* 00.png to 23.png in the classes a and b: grey of 10 n; of each third one the width is 9 instead
 * of 16, and the first is 5 wide. Below 13 they are dark. */
static void
save_pictures (const char *folder)
{
  for (int i = 0; i < ITEMS; i++) {
    g_autofree char *class = g_strdup_printf ("%s/%s", folder, i % 2 == 0 ? "a" : "b");
    g_autofree char *path = g_strdup_printf ("%s/%02d.png", class, i);
    g_auto (GenPicture) picture = { 0 };

    g_mkdir (class, 0700);
    gen_picture_init (&picture, i == 0 ? 5 : i % 3 == 0 ? 9 : 16, 8, 3);
    memset (picture.data, 10 * i, (gsize)picture.stride * 8);
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

/* Take over what has come. */
static void
take_buffers (GstHarness *harness, GArray *values)
{
  GstBuffer *buffer;

  while ((buffer = gst_harness_try_pull (harness)) != NULL) {
    const guint8 value = first_byte (buffer);

    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, values->len);
    g_array_append_val (values, value);
    gst_buffer_unref (buffer);
  }
}

/* The items of a stream in their order: what their first bytes are. (transfer full) */
static GArray *
play (const char *properties, const char *folder)
{
  g_autofree char *line = g_strdup_printf ("datasetsrc location=%s %s", folder, properties);
  GArray *values = g_array_new (FALSE, FALSE, 1);
  GstHarness *harness = gst_harness_new_parse (line);
  gboolean ended = FALSE;

  gst_harness_set_sink_caps_str (harness, "video/x-raw,format=RGB,width=8,height=8");
  gst_harness_play (harness);
  while (!ended) {
    g_autoptr (GstEvent) event = gst_harness_pull_event (harness);

    ended = GST_EVENT_TYPE (event) == GST_EVENT_EOS;
    take_buffers (harness, values);
  }
  gst_harness_teardown (harness);
  return values;
}

static void
assert_same (const GArray *a, const GArray *b)
{
  g_assert_cmpmem (a->data, a->len, b->data, b->len);
}

/* With the list in the place of the filters, by any number of threads, each frame is the same; and
 * no number is unused. */
static void
test_replay (void)
{
  static const char *const others[] = { "", "shuffle=false", "split=train validation-fraction=0.25",
    "balance=oversample", "shuffle-buffer=5 worker-index=1 worker-count=3",
    "split=test split-by=content split-distance=0 test-fraction=0.5" };

  for (gsize i = 0; i < G_N_ELEMENTS (others); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *list = g_strconcat (folder, ".jsonl", NULL);
    g_autofree char *filters = g_strdup_printf ("epochs=2 seed=7 %s threads=1 min-width=10 "
                                                "without=dark,bad max-brightness=0.85 report=%s",
        others[i], list);
    g_autofree char *again = g_strdup_printf ("epochs=2 seed=7 %s threads=3 min-width=10 "
                                              "without=dark,bad max-brightness=0.85",
        others[i]);
    g_autofree char *by_list =
        g_strdup_printf ("epochs=2 seed=7 %s threads=2 leave-out=%s", others[i], list);
    g_autoptr (GArray) first = NULL, second = NULL, third = NULL;

    save_pictures (folder);
    first = play (filters, folder);
    second = play (again, folder);
    third = play (by_list, folder);
    g_assert_cmpuint (first->len, >, 0);
    for (guint k = 0; k < first->len; k++) {
      const int value = g_array_index (first, guint8, k);

      g_assert_cmpint (value, >=, 20);
      g_assert_cmpint (value, <=, 210);
      g_assert_cmpint (value / 10 % 3, !=, 0);
    }
    assert_same (first, second);
    assert_same (first, third);
    scratch_remove (folder);
    g_unlink (list);
  }
}

/* --- what is told --- */

typedef struct {
  guint items, kept, dark, width, epoch_frames, length, left_out, progress;
  GError *error;
} Told;

static GstPadProbeReturn
watch_events (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  const GstStructure *structure = gst_event_get_structure (event);

  if (structure != NULL && gst_structure_has_name (structure, "generative-dataset"))
    gst_structure_get_uint (structure, "length", &((Told *)data)->length);
  return GST_PAD_PROBE_OK;
}

static void
take_message (Told *told, const GstStructure *structure)
{
  const GValue *value;

  if (gst_structure_has_name (structure, "generative-epoch"))
    gst_structure_get_uint (structure, "frames", &told->epoch_frames);
  if (!gst_structure_has_name (structure, "generative-filter"))
    return;
  gst_structure_get_uint (structure, "items", &told->items);
  gst_structure_get_uint (structure, "kept", &told->kept);
  value = gst_structure_get_value (structure, "reasons");
  gst_structure_get_uint (gst_value_get_structure (value), "dark", &told->dark);
  gst_structure_get_uint (gst_value_get_structure (value), "width", &told->width);
}

static Told
run (const char *properties, const char *folder)
{
  g_autofree char *line =
      g_strdup_printf ("datasetsrc name=d epochs=2 location=%s %s ! fakesink", folder, properties);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstElement) element = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstBus) bus = NULL;
  Told told = { 0 };
  gboolean ended = FALSE;

  g_assert_no_error (error);
  element = gst_bin_get_by_name (GST_BIN (pipeline), "d");
  pad = gst_element_get_static_pad (element, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, watch_events, &told, NULL);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!ended) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop (bus, 60 * GST_SECOND);

    g_assert_nonnull (message);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT)
      take_message (&told, gst_message_get_structure (message));
    told.progress += GST_MESSAGE_TYPE (message) == GST_MESSAGE_PROGRESS;
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      gst_message_parse_error (message, &told.error, NULL);
    ended = told.error != NULL || GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
  }
  g_object_get (element, "left-out", &told.left_out, NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return told;
}

/* Reasons and counts are told of once, and epochs have what is left from the first one on. */
static void
test_told (void)
{
  g_autofree char *folder = scratch_new ();
  Told told;

  save_pictures (folder);
  told = run ("without=dark min-width=10", folder);
  g_assert_no_error (told.error);
  g_assert_cmpuint (told.items, ==, ITEMS);
  g_assert_cmpuint (told.dark, ==, 2);  /* 0 and 10; the first reason counts */
  g_assert_cmpuint (told.width, ==, 7); /* 3, 6 … 21 */
  g_assert_cmpuint (told.kept, ==, ITEMS - 9);
  g_assert_cmpuint (told.left_out, ==, 9);
  g_assert_cmpuint (told.epoch_frames, ==, ITEMS - 9);
  g_assert_cmpuint (told.length, ==, ITEMS - 9);
  g_assert_cmpuint (told.progress, >=, 2);
  told = run ("", folder);
  g_assert_cmpuint (told.left_out, ==, 0);
  g_assert_cmpuint (told.progress, ==, 0);
  scratch_remove (folder);
}

/* Where caps leave it open, pictures are as large as the first that is kept. */
static void
test_format (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *line =
      g_strdup_printf ("datasetsrc location=%s shuffle=false epochs=1 min-width=10", folder);
  g_autoptr (GstCaps) caps = NULL;
  GstHarness *harness;
  int width;

  save_pictures (folder);
  harness = gst_harness_new_parse (line);
  gst_harness_play (harness);
  gst_buffer_unref (gst_harness_pull (harness));
  caps = gst_pad_get_current_caps (harness->sinkpad);
  gst_structure_get_int (gst_caps_get_structure (caps, 0), "width", &width);
  g_assert_cmpint (width, ==, 16);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* What is kept with the data is heeded though nobody asks for it. */
static void
test_opt_outs (void)
{
  g_autofree char *folder = scratch_new (), *path = g_build_filename (folder, "ai.txt", NULL);
  g_autofree char *further = g_strconcat (folder, ".opt-outs", NULL);
  g_autofree char *property = g_strdup_printf ("opt-outs=%s", further);
  Told told;

  save_pictures (folder);
  g_assert_true (g_file_set_contents (path, "User-agent: *\nDisallow: /a/\n", -1, NULL));
  told = run ("", folder);
  g_assert_no_error (told.error);
  g_assert_cmpuint (told.left_out, ==, ITEMS / 2);
  g_assert_cmpuint (told.epoch_frames, ==, ITEMS / 2);
  g_assert_true (g_file_set_contents (further, "Disallow: /b/01\n", -1, NULL));
  told = run (property, folder);
  g_assert_no_error (told.error);
  g_assert_cmpuint (told.left_out, ==, ITEMS / 2 + 1);
  g_assert_true (g_file_set_contents (path, "Disallow: /", -1, NULL));
  told = run ("", folder);
  g_assert_error (told.error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
  g_assert_nonnull (strstr (told.error->message, "24 opted-out-path"));
  g_error_free (told.error);
  g_unlink (further);
  scratch_remove (folder);
}

/* What changes nothing, or cannot be, is an error that names the property. */
static void
test_refused (void)
{
  static const char *const wrong[][2] = {
    { "min-seconds=3", "min-seconds: no measure 'seconds' of pictures" },
    { "without=silent", "without: 'silent' is nothing that pictures are" },
    { "without=dull", "without: no finding 'dull'; there are bad" },
    { "min-width=12 max-width=11", "min-width is 12, and max-width 11" },
    { "min-gate=1", "min-gate: there is no gate" },
    { "gate=none.onnx", "gate: min-gate or max-gate says" },
    { "gate=none.onnx min-gate=0", "gate: there are no features \"none.onnx\"" },
    { "deny=/nowhere/at-all", "deny: " },
    { "deny=/dev/zero", "deny: /dev/zero: it is no regular file" },
    { "report=list.jsonl", "report: no filter" },
    { "min-width=17", "the filters leave nothing; they leave out 24 of 24 items: 24 width" },
    { "min-width=10 report=/nowhere/at-all", "report: " },
  };
  g_autofree char *folder = scratch_new ();

  save_pictures (folder);
  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++) {
    Told told = run (wrong[i][0], folder);

    g_assert_error (told.error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
    g_test_message ("%s: %s", wrong[i][0], told.error->message);
    g_assert_nonnull (strstr (told.error->message, wrong[i][1]));
    g_error_free (told.error);
  }
  scratch_remove (folder);
}

/* A list that would take the place of an item, by a link, too. */
static void
test_report_of_item (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *item = g_build_filename (folder, "a", "02.png", NULL);
  g_autofree char *link = g_build_filename (folder, "list.jsonl", NULL);
  const char *const paths[] = { item, link };

  save_pictures (folder);
  g_assert_cmpint (symlink (item, link), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autofree char *properties = g_strdup_printf ("min-width=10 report=%s", paths[i]);
    Told told = run (properties, folder);

    g_assert_error (told.error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
    g_assert_nonnull (strstr (told.error->message, "report: "));
    g_error_free (told.error);
  }
  g_assert_no_error (run ("", folder).error);
  scratch_remove (folder);
}

/* --- other media --- */

/* Windows are of those sounds that are kept. */
static void
test_sounds (void)
{
  g_autofree char *folder = scratch_new ();
  Told told;

  for (int i = 1; i <= 4; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%d.wav", folder, i);
    g_auto (GenSound) sound = { 0 };

    gen_sound_init (&sound, 8000, 1, (gsize)i * 800);
    for (gsize k = 0; k < sound.frames; k++)
      sound.data[k] = (float)(i == 3 ? 0.0001 : 0.5);
    g_assert_true (gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_F32, NULL));
  }
  told = run ("window=800", folder);
  g_assert_cmpuint (told.length, ==, 1 + 2 + 3 + 4);
  told = run ("window=800 min-seconds=0.2", folder);
  g_assert_no_error (told.error);
  g_assert_cmpuint (told.length, ==, 2 + 3 + 4);
  told = run ("window=800 min-seconds=0.2 without=silent", folder);
  g_assert_cmpuint (told.length, ==, 2 + 4);
  g_assert_cmpuint (told.left_out, ==, 2);
  scratch_remove (folder);
}

static void
test_texts (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *path = g_build_filename (folder, "lines.txt", NULL);
  Told told;

  g_assert_true (g_file_set_contents (path, "ein\nÜber\nlänger als das\nein\n", -1, NULL));
  told = run ("lines=true medium=text", folder);
  g_assert_cmpuint (told.length, ==, 4);
  /* As many as are read, not as many as there are bytes. */
  told = run ("lines=true medium=text max-characters=4", folder);
  g_assert_no_error (told.error);
  g_assert_cmpuint (told.length, ==, 3);
  told = run ("lines=true medium=text max-characters=4 without=duplicate split-by=content", folder);
  g_assert_no_error (told.error);
  g_assert_cmpuint (told.length, ==, 2);
  told = run ("lines=true medium=text without=near-duplicate", folder);
  g_assert_error (told.error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
  g_error_free (told.error);
  scratch_remove (folder);
}

/* A film that is too short goes with all its frames, and a clip with the one that is. */
static void
test_films (void)
{
  g_autofree char *folder = scratch_new ();
  Told told;

  for (int i = 0; i < 2; i++) {
    g_autofree char *line = g_strdup_printf (
        "videotestsrc pattern=%s num-buffers=%d ! "
        "video/x-raw,width=32,height=32,framerate=5/1 ! avimux ! filesink location=%s/%d.avi",
        i == 0 ? "black" : "smpte", i == 0 ? 4 : 10, folder, i);
    g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
    g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    gst_message_unref (gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_EOS));
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
  told = run ("", folder);
  g_assert_cmpuint (told.length, ==, 14);
  told = run ("min-frames=5", folder);
  g_assert_no_error (told.error);
  g_assert_cmpuint (told.length, ==, 10);
  told = run ("clip-length=2 without=dark", folder);
  g_assert_no_error (told.error);
  g_assert_cmpuint (told.length, ==, 10);
  scratch_remove (folder);
}

/* Judging is interrupted by whoever stops the pipeline. */
static void
test_interrupted (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *line =
      g_strdup_printf ("datasetsrc location=%s without=near-duplicate ! fakesink", folder);

  save_pictures (folder);
  for (int i = 0; i < 20; i++) {
    g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
    g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
    g_autoptr (GstMessage) message = NULL;

    gst_element_set_state (pipeline, GST_STATE_PAUSED);
    g_usleep ((gulong)i * 200);
    gst_element_set_state (pipeline, GST_STATE_NULL);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    g_assert_null (message);
  }
  scratch_remove (folder);
}

/* --- what comes while items are judged --- */

typedef struct {
  GMutex lock;
  GCond changed;
  guint begun; /* how often judging was told to have begun */
  GstElement *pipeline;
} Judged;

/* On the thread that judges: with the message held back, judging has begun and has not ended. */
static GstBusSyncReply
hold_progress (GstBus *bus, GstMessage *message, gpointer data)
{
  Judged *judged = data;
  GstProgressType type;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_PROGRESS)
    return GST_BUS_PASS;
  gst_message_parse_progress (message, &type, NULL, NULL);
  if (type != GST_PROGRESS_TYPE_START)
    return GST_BUS_PASS;
  g_mutex_lock (&judged->lock);
  judged->begun++;
  g_cond_broadcast (&judged->changed);
  g_mutex_unlock (&judged->lock);
  g_usleep (20000);
  return GST_BUS_PASS;
}

static void
wait_until_begun (Judged *judged, guint times)
{
  g_mutex_lock (&judged->lock);
  while (judged->begun < times)
    g_cond_wait (&judged->changed, &judged->lock);
  g_mutex_unlock (&judged->lock);
}

static void
judge_begin (Judged *judged, const char *line)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstBus) bus = NULL;

  *judged = (Judged){ .pipeline = gst_parse_launch (line, &error) };
  g_assert_no_error (error);
  g_mutex_init (&judged->lock);
  g_cond_init (&judged->changed);
  bus = gst_element_get_bus (judged->pipeline);
  gst_bus_set_sync_handler (bus, hold_progress, judged, NULL);
  gst_element_set_state (judged->pipeline, GST_STATE_PLAYING);
  wait_until_begun (judged, 1);
}

/* The end comes, and no error before it. */
static void
judge_end (Judged *judged)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (judged->pipeline);
  g_autoptr (GstMessage) message =
      gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);

  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_element_set_state (judged->pipeline, GST_STATE_NULL);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  gst_object_unref (judged->pipeline);
  g_mutex_clear (&judged->lock);
  g_cond_clear (&judged->changed);
}

/* An end that the application asks for is no error, and nothing is judged again for it. */
static void
test_ended (void)
{
  static const char *const tails[] = { "! fakesink", "! videoconvert ! queue ! fakesink",
    "! fakesink d.label ! fakesink" };
  g_autofree char *folder = scratch_new ();

  save_pictures (folder);
  for (gsize i = 0; i < G_N_ELEMENTS (tails); i++) {
    g_autofree char *line =
        g_strdup_printf ("datasetsrc name=d location=%s without=near-duplicate threads=1 d.src %s",
            folder, tails[i]);
    Judged judged;

    judge_begin (&judged, line);
    g_assert_true (gst_element_send_event (judged.pipeline, gst_event_new_eos ()));
    g_assert_cmpuint (judged.begun, ==, 1);
    judge_end (&judged);
  }
  scratch_remove (folder);
}

/* Judging begins anew behind a seek that flushes, and is waited for by one that does not; what is
 * left is played. */
static void
test_sought (void)
{
  static const GstSeekFlags flags[] = { GST_SEEK_FLAG_FLUSH, GST_SEEK_FLAG_NONE };
  g_autofree char *folder = scratch_new ();
  g_autofree char *line =
      g_strdup_printf ("datasetsrc name=d location=%s without=near-duplicate threads=1 epochs=1 ! "
                       "video/x-raw,framerate=1000/1 ! fakesink async=false",
          folder);

  save_pictures (folder);
  for (gsize i = 0; i < G_N_ELEMENTS (flags); i++) {
    g_autoptr (GstElement) source = NULL;
    Judged judged;

    judge_begin (&judged, line);
    source = gst_bin_get_by_name (GST_BIN (judged.pipeline), "d");
    g_assert_true (gst_element_send_event (
        source, gst_event_new_seek (1, GST_FORMAT_TIME, flags[i], GST_SEEK_TYPE_SET,
                    3 * GST_MSECOND, GST_SEEK_TYPE_NONE, 0)));
    if (flags[i] == GST_SEEK_FLAG_FLUSH)
      wait_until_begun (&judged, 2);
    judge_end (&judged);
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/datasetsrc/filters/replay", test_replay);
  g_test_add_func ("/datasetsrc/filters/told", test_told);
  g_test_add_func ("/datasetsrc/filters/format", test_format);
  g_test_add_func ("/datasetsrc/filters/refused", test_refused);
  g_test_add_func ("/datasetsrc/filters/opt-outs", test_opt_outs);
  g_test_add_func ("/datasetsrc/filters/report-of-item", test_report_of_item);
  g_test_add_func ("/datasetsrc/filters/sounds", test_sounds);
  g_test_add_func ("/datasetsrc/filters/texts", test_texts);
  g_test_add_func ("/datasetsrc/filters/films", test_films);
  g_test_add_func ("/datasetsrc/filters/interrupted", test_interrupted);
  g_test_add_func ("/datasetsrc/filters/ended", test_ended);
  g_test_add_func ("/datasetsrc/filters/sought", test_sought);
  return g_test_run ();
}
