/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What qualitymeter tells besides measurements: alerts, examples, and the file for monitoring. */
#include "reports.h"

#include <generative/picture.h>
#include <generative/sound.h>
#include <glib/gstdio.h>
#include <gst/check/gstharness.h>

/* Lines of the report that have a member of that name. */
static GPtrArray *
lines_with (GPtrArray *lines, const char *name)
{
  GPtrArray *found = g_ptr_array_new ();

  for (guint i = 0; i < lines->len; i++)
    if (json_object_has_member (object_at (lines, i), name))
      g_ptr_array_add (found, json_object_get_object_member (object_at (lines, i), name));
  return found;
}

/* A grey frame of 8 by 8 at `ms`. */
static void
push_grey (GstHarness *harness, guint8 level, guint ms)
{
  GstBuffer *buffer = gst_harness_create_buffer (harness, 64);

  gst_buffer_memset (buffer, 0, level, 64);
  GST_BUFFER_PTS (buffer) = ms * GST_MSECOND;
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
}

static GstHarness *
grey_harness (const char *launch, GstBus *bus)
{
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_element_set_bus (harness->element, bus);
  gst_harness_set_src_caps_str (
      harness, "video/x-raw,format=GRAY8,width=8,height=8,framerate=10/1");
  return harness;
}

/* The next message of alerts, or NULL. (transfer full) */
static GstStructure *
pop_alert (GstBus *bus)
{
  GstMessage *message;

  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT)) != NULL) {
    GstStructure *structure = gst_structure_copy (gst_message_get_structure (message));

    gst_message_unref (message);
    if (gst_structure_has_name (structure, "quality-alert"))
      return structure;
    gst_structure_free (structure);
  }
  return NULL;
}

static void
assert_alert (GstBus *bus, JsonObject *line, const char *state, guint64 since, guint64 pts)
{
  g_autoptr (GstStructure) alert = pop_alert (bus);

  g_assert_nonnull (alert);
  g_assert_cmpstr (gst_structure_get_string (alert, "state"), ==, state);
  g_assert_cmpint (json_object_get_int_member (line, "since"), ==, since * GST_MSECOND);
  g_assert_cmpint (json_object_get_int_member (line, "pts"), ==, pts * GST_MSECOND);
  assert_agree (alert, line, 0);
}

/* The bus and the report tell the same, and the summary how long it was. */
static void
test_alert (void)
{
  g_autofree char *path = temporary_path ("meter-XXXXXX.jsonl");
  g_autofree char *launch = g_strdup_printf (
      "qualitymeter metrics=brightness alert=\"brightness > 0.5 for 200ms\" report=%s", path);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GPtrArray) lines = NULL, alerts = NULL;
  const guint8 levels[] = { 0, 255, 0, 255, 255, 255, 255, 0, 255, 0, 0, 0 };
  GstHarness *harness = grey_harness (launch, bus);
  JsonObject *total;

  for (guint i = 0; i < G_N_ELEMENTS (levels); i++)
    push_grey (harness, levels[i], i * 100);
  gst_harness_push_event (harness, gst_event_new_eos ());
  gst_harness_teardown (harness);
  lines = read_report (path);
  alerts = lines_with (lines, "alert");
  g_assert_cmpuint (alerts->len, ==, 2);
  assert_alert (bus, alerts->pdata[0], "begin", 300, 500);
  assert_alert (bus, alerts->pdata[1], "end", 900, 1100);
  g_assert_null (pop_alert (bus));
  /* The line follows that of the frame that tells. */
  g_assert_true (json_object_has_member (object_at (lines, 6), "alert"));
  total = json_array_get_object_element (
      json_object_get_array_member (
          json_object_get_object_member (object_at (lines, lines->len - 1), "summary"), "alerts"),
      0);
  g_assert_cmpint (json_object_get_int_member (total, "times"), ==, 1);
  g_assert_cmpfloat_with_epsilon (json_object_get_double_member (total, "seconds"), 0.6, 1e-9);
  gst_bus_set_flushing (bus, TRUE);
  g_unlink (path);
}

/* What is set while it plays counts from the next frame on; what makes no sense changes nothing. */
static void
test_alert_live (void)
{
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *harness = grey_harness ("qualitymeter name=meter metrics=brightness", bus);
  GstElement *meter = gst_harness_find_element (harness, "qualitymeter");
  g_autoptr (GstStructure) first = NULL, second = NULL;
  g_autoptr (GstMessage) warning = NULL;
  g_autoptr (GError) error = NULL;

  push_grey (harness, 255, 0);
  g_assert_null (pop_alert (bus));
  g_object_set (meter, "alert", "brightness>0.5", NULL);
  push_grey (harness, 255, 100);
  first = pop_alert (bus);
  g_assert_cmpstr (gst_structure_get_string (first, "state"), ==, "begin");
  g_object_set (meter, "alert", "brightnes>0.9", NULL);
  push_grey (harness, 0, 200);
  warning = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING | GST_MESSAGE_ELEMENT);
  g_assert_cmpint (GST_MESSAGE_TYPE (warning), ==, GST_MESSAGE_WARNING);
  gst_message_parse_warning (warning, &error, NULL);
  g_assert_nonnull (strstr (error->message, "Property alert: character 1, \"brightnes>0.9\""));
  g_assert_nonnull (strstr (error->message, "did you mean \"brightness\"?"));
  second = pop_alert (bus);
  g_assert_cmpstr (gst_structure_get_string (second, "state"), ==, "end");
  /* One that is on ends where it is taken away. */
  push_grey (harness, 255, 300);
  gst_structure_free (pop_alert (bus));
  g_object_set (meter, "alert", NULL, NULL);
  push_grey (harness, 255, 400);
  gst_structure_free (second);
  second = pop_alert (bus);
  g_assert_cmpstr (gst_structure_get_string (second, "state"), ==, "end");
  gst_object_unref (meter);
  gst_harness_teardown (harness);
  gst_bus_set_flushing (bus, TRUE);
}

/* Figures of the whole are watched where they are told: in the summary at the latest. */
static void
test_alert_summary (void)
{
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *harness = grey_harness ("qualitymeter metrics=diversity alert=diversity>0.5", bus);
  g_autoptr (GstStructure) alert = NULL;

  push_grey (harness, 255, 0);
  push_grey (harness, 0, 100);
  g_assert_null (pop_alert (bus));
  gst_harness_push_event (harness, gst_event_new_eos ());
  alert = pop_alert (bus);
  g_assert_nonnull (alert);
  g_assert_cmpstr (gst_structure_get_string (alert, "name"), ==, "diversity");
  gst_harness_teardown (harness);
  gst_bus_set_flushing (bus, TRUE);
}

/* Figures of the last seconds are figures like others: one dark frame of five is no alert. */
static void
test_alert_recent (void)
{
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *harness =
      grey_harness ("qualitymeter metrics=brightness recent=0.45 alert=brightness-recent<0.5", bus);
  g_autoptr (GstStructure) alert = NULL;
  guint64 pts;

  for (guint i = 0; i < 10; i++)
    push_grey (harness, i == 5 || i >= 7 ? 0 : 255, i * 100);
  /* 0, 255, 0, 0 and the last but five. */
  alert = pop_alert (bus);
  g_assert_true (gst_structure_get_uint64 (alert, "pts", &pts));
  g_assert_cmpuint (pts, ==, 800 * GST_MSECOND);
  g_assert_null (pop_alert (bus));
  gst_harness_teardown (harness);
  gst_bus_set_flushing (bus, TRUE);
}

static void
test_alert_refused (void)
{
  player_assert_error ("videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8 ! "
                       "qualitymeter alert=\"sharpness<5 for ever\" ! fakesink name=sink",
      GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "Property alert: character 17");
  player_assert_error ("videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8 ! "
                       "qualitymeter alert=frechet<5 ! fakesink name=sink",
      GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "\"frechet\" is not measured");
}

/* Of each figure the highest and the lowest, and frames of the whole, once each; what is not
 * different does not stand out. */
static void
test_examples (void)
{
  g_autofree char *path = temporary_path ("meter-XXXXXX.jsonl");
  g_autofree char *launch =
      g_strdup_printf ("qualitymeter metrics=brightness,colourfulness examples=2 report=%s", path);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GPtrArray) lines = NULL, examples = NULL;
  GstHarness *harness = grey_harness (launch, bus);
  g_autoptr (GString) ends = g_string_new (NULL);
  guint spread = 0;

  for (guint i = 0; i < 100; i++)
    push_grey (harness, (guint8)(i == 3 ? 250 : i == 70 ? 2 : i), i * 100);
  gst_harness_push_event (harness, gst_event_new_eos ());
  gst_harness_teardown (harness);
  lines = read_report (path);
  examples = lines_with (lines, "example");
  for (guint i = 0; i < examples->len; i++) {
    JsonObject *example = examples->pdata[i];
    JsonObject *of = json_object_get_object_member (example, "of");
    g_auto (GenPicture) picture = { 0 };
    g_autoptr (GBytes) file = NULL;
    gsize size;
    guchar *bytes;

    bytes = g_base64_decode (json_object_get_string_member (example, "data"), &size);
    file = g_bytes_new_take (bytes, size);
    g_assert_true (gen_picture_load_bytes (&picture, file, "example", 0, NULL));
    g_assert_cmpint (picture.width, ==, 8);
    spread += json_object_get_boolean_member (example, "spread");
    if (json_object_has_member (of, "brightness"))
      g_string_append_printf (
          ends, "%s %d, ", json_object_get_string_member (of, "brightness"), picture.data[0]);
    g_assert_false (json_object_has_member (of, "colourfulness"));
  }
  g_assert_cmpstr (ends->str, ==, "lowest 0, lowest 1, highest 250, highest 99, ");
  g_assert_cmpuint (spread, >=, 8);
  g_assert_cmpuint (spread, <=, 12);
  gst_bus_set_flushing (bus, TRUE);
  g_unlink (path);
}

/* The last seconds up to the window, as a file of sound. */
static void
test_examples_of_sound (void)
{
  g_autofree char *path = temporary_path ("meter-XXXXXX.jsonl");
  g_autofree char *launch = g_strdup_printf (
      "audiotestsrc num-buffers=100 samplesperbuffer=800 wave=ticks ! "
      "audio/x-raw,format=F32LE,rate=8000,channels=2 ! qualitymeter metrics=true-peak window=0.5 "
      "examples=1 report=%s ! fakesink name=sink",
      path);
  g_autoptr (GPtrArray) lines = NULL, examples = NULL, messages = NULL;
  Player player;

  player_open (&player, launch);
  gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
  messages = collect (player.pipeline, SUMMARY);
  player_close (&player);
  lines = read_report (path);
  examples = lines_with (lines, "example");
  g_assert_cmpuint (examples->len, >=, 8);
  for (guint i = 0; i < examples->len; i++) {
    JsonObject *example = examples->pdata[i];
    const gint64 frame = json_object_get_int_member (example, "frame");
    g_auto (GenSound) sound = { 0 };
    g_autoptr (GBytes) file = NULL;
    gsize size;
    guchar *bytes = g_base64_decode (json_object_get_string_member (example, "data"), &size);

    file = g_bytes_new_take (bytes, size);
    g_assert_true (gen_sound_load_bytes (&sound, file, "example.flac", 0, 0, 0, 80000, NULL));
    g_assert_cmpint (sound.channels, ==, 2);
    g_assert_cmpuint (sound.frames, ==, MIN (4000 * (frame + 1), 16000));
  }
  g_unlink (path);
}

/* Of what FLAC does not take no example is kept, as is told before the first one is measured; the
 * figures are as ever. */
static void
test_examples_of_fast_sound (void)
{
  g_autofree char *path = temporary_path ("meter-XXXXXX.jsonl");
  g_autofree char *launch = g_strdup_printf (
      "audiotestsrc num-buffers=10 samplesperbuffer=307200 ! "
      "audio/x-raw,format=F32LE,rate=3072000,channels=1 ! qualitymeter metrics=dc-offset "
      "window=0.5 examples=1 report=%s ! fakesink name=sink",
      path);
  g_autoptr (GPtrArray) lines = NULL, examples = NULL, summaries = NULL;
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GstBus) bus = NULL;
  Player player;

  player_open (&player, launch);
  bus = gst_element_get_bus (player.pipeline);
  gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (
      bus, 20 * GST_SECOND, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_WARNING);
  gst_clear_message (&message);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  player_close (&player);
  lines = read_report (path);
  examples = lines_with (lines, "example");
  summaries = lines_with (lines, "summary");
  g_assert_cmpuint (examples->len, ==, 0);
  g_assert_cmpuint (summaries->len, ==, 1);
  g_unlink (path);
}

static void
test_prometheus (void)
{
  g_autofree char *path = temporary_path ("meter-XXXXXX.prom");
  g_autofree char *launch = g_strdup_printf (
      "qualitymeter metrics=brightness,diversity alert=brightness>0.5 prometheus=%s", path);
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *harness = grey_harness (launch, bus);
  g_autofree char *text = NULL;

  push_grey (harness, 255, 0);
  push_grey (harness, 0, 100);
  gst_harness_push_event (harness, gst_event_new_eos ());
  gst_harness_teardown (harness);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_test_message ("%s", text);
  g_assert_nonnull (strstr (text, "\ngenerative_frames_total{"));
  g_assert_nonnull (strstr (text, "\ngenerative_brightness{"));
  g_assert_nonnull (strstr (text, "\ngenerative_diversity{"));
  g_assert_nonnull (strstr (text, "condition=\"brightness>0.5\"} 0\n"));
  g_assert_nonnull (strstr (text, "condition=\"brightness>0.5\"} 1\n"));
  gst_bus_set_flushing (bus, TRUE);
  g_unlink (path);
}

static void
test_prometheus_unwritable (void)
{
  player_assert_error ("videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8 ! "
                       "qualitymeter prometheus=/nowhere/a.prom ! fakesink name=sink",
      GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE, "/nowhere/a.prom");
}

/* Of two properties that write into one file neither touches it, be it there or not. */
static void
test_one_file (void)
{
  static const char *const elements[] = { "qualitymeter report=%s prometheus=%s",
    "qualitymeter metrics=frechet report=%s save-statistics=%s",
    "qualitymeter metrics=frechet prometheus=%s save-statistics=%s" };

  for (gsize i = 0; i < 2 * G_N_ELEMENTS (elements); i++) {
    g_autofree char *path = temporary_path ("meter-XXXXXX.npz");
    g_autofree char *folder = g_path_get_dirname (path), *name = g_path_get_basename (path);
    g_autofree char *other = g_strdup_printf ("%s/./%s", folder, name);
    g_autofree char *format =
        g_strconcat ("videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8 ! ", elements[i / 2],
            " ! fakesink name=sink", NULL);
    g_auto (GStrv) parts = g_strsplit (format, "%s", 3);
    g_autofree char *launch = g_strconcat (parts[0], path, parts[1], other, parts[2], NULL);
    g_autofree char *text = NULL;

    if (i % 2 == 0)
      g_assert_true (g_file_set_contents (path, "before", -1, NULL));
    else
      g_unlink (path);
    player_assert_error (
        launch, GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS, "name the same file");
    g_assert_true (g_file_get_contents (path, &text, NULL, NULL) == (i % 2 == 0));
    if (text != NULL)
      g_assert_cmpstr (text, ==, "before");
    g_unlink (path);
  }
}

/* A stream that ends before anything came leaves a report that says so, and a message. */
static void
test_nothing (void)
{
  g_autofree char *path = temporary_path ("meter-XXXXXX.jsonl");
  g_autofree char *launch = g_strdup_printf ("qualitymeter metrics=brightness report=%s", path);
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *harness = grey_harness (launch, bus);
  g_autoptr (GPtrArray) lines = NULL;
  GstMessage *message;
  guint told = 0;

  gst_harness_push_event (harness, gst_event_new_eos ());
  gst_harness_teardown (harness);
  lines = read_report (path);
  g_assert_cmpuint (lines->len, ==, 1);
  g_assert_cmpint (json_object_get_int_member (
                       json_object_get_object_member (object_at (lines, 0), "summary"), "frames"),
      ==, 0);
  while ((message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT)) != NULL) {
    told += gst_structure_has_name (gst_message_get_structure (message), SUMMARY);
    gst_message_unref (message);
  }
  g_assert_cmpuint (told, ==, 1);
  gst_bus_set_flushing (bus, TRUE);
  g_unlink (path);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/reports/alert", test_alert);
  g_test_add_func ("/reports/alert/live", test_alert_live);
  g_test_add_func ("/reports/alert/summary", test_alert_summary);
  g_test_add_func ("/reports/alert/recent", test_alert_recent);
  g_test_add_func ("/reports/alert/refused", test_alert_refused);
  g_test_add_func ("/reports/examples", test_examples);
  g_test_add_func ("/reports/examples/sound", test_examples_of_sound);
  g_test_add_func ("/reports/examples/fast-sound", test_examples_of_fast_sound);
  g_test_add_func ("/reports/prometheus", test_prometheus);
  g_test_add_func ("/reports/prometheus/unwritable", test_prometheus_unwritable);
  g_test_add_func ("/reports/one-file", test_one_file);
  g_test_add_func ("/quality-reports/nothing", test_nothing);
  return g_test_run ();
}
