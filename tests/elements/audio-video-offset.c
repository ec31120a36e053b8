/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* qualitycompare of a video and its sound: a picture that goes white or black each second, and
 * ticks, apart by a known time; from a file, too. */
#include "pair.h"

#include <glib/gstdio.h>

/* The picture changes 40 ms after each whole second: a frame after half of the time between those
 * that there were before, as videorate has it. */
#define FLASHES                                                                                    \
  "videotestsrc pattern=blink num-buffers=13 timestamp-offset=500000000 ! "                        \
  "video/x-raw,width=64,height=48,framerate=1/1 ! videorate ! video/x-raw,framerate=25/1 "
#define TICKS                                                                                      \
  "audiotestsrc wave=ticks samplesperbuffer=160 num-buffers=1300 timestamp-offset=%d ! "           \
  "audio/x-raw,rate=16000 "
#define CHANGED 40

static const GstStructure *
tally_of (const GstStructure *summary, const char *name)
{
  const GValue *value = gst_structure_get_value (summary, name);

  g_assert_true (value != NULL && GST_VALUE_HOLDS_STRUCTURE (value));
  return gst_value_get_structure (value);
}

/* Within a frame, whichever comes first: live, on the buffers, and of all. */
static void
test_known (void)
{
  static const int late[] = { 0, 120, 300 };

  for (gsize i = 0; i < G_N_ELEMENTS (late); i++)
    for (int automatic = 0; automatic < 2; automatic++) {
      g_autoptr (GstElement) pipeline =
          launch (FLASHES " ! c.sink " TICKS " ! c.reference qualitycompare name=c metrics=%s "
                          "interval=50 ! fakesink",
              late[i] * 1000000, automatic ? "auto" : "audio-video-offset");
      g_autoptr (GstStructure) summary = NULL;

      gst_element_set_state (pipeline, GST_STATE_PLAYING);
      summary = wait_for_end (pipeline);
      g_assert_nonnull (summary);
      g_assert_cmpfloat_with_epsilon (
          number (summary, "audio-video-offset-overall"), CHANGED - late[i], 15);
      g_assert_cmpfloat_with_epsilon (
          number (tally_of (summary, "audio-video-offset"), "mean"), CHANGED - late[i], 40);
      g_assert_cmpfloat (number (summary, "audio-video-likeness-overall"), >, 0.8);
      g_assert_cmpint (count (summary, "without-reference"), ==, (late[i] + 39) / 40);
      g_assert_false (gst_structure_has_field (summary, "reference-unused"));
      gst_element_set_state (pipeline, GST_STATE_NULL);
    }
}

/* What a frame begins with, of which nothing has been heard yet, says that it lies two samples
 * later than where the buffer before it ends. */
static GstPadProbeReturn
delay (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  guint *n = data;

  if (*n == 800)
    GST_BUFFER_PTS (buffer) += 2 * GST_SECOND / 16000;
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  ++*n;
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
count_told (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  if (gst_structure_has_field_typed (
          score_of (GST_PAD_PROBE_INFO_BUFFER (info)), "audio-video-offset", G_TYPE_DOUBLE))
    ++*(guint *)data;
  return GST_PAD_PROBE_OK;
}

/* A time of a sound that is not exact does not interrupt it: what is told live, which takes 5 s
 * that are whole, is told on. */
static void
test_jitter (void)
{
  g_autoptr (GstElement) pipeline =
      launch (FLASHES " ! c.sink " TICKS " ! identity name=late ! c.reference "
                      "qualitycompare name=c metrics=audio-video-offset ! fakesink",
          120 * 1000000);
  g_autoptr (GstElement) late = gst_bin_get_by_name (GST_BIN (pipeline), "late");
  g_autoptr (GstElement) meter = gst_bin_get_by_name (GST_BIN (pipeline), "c");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (late, "src");
  g_autoptr (GstPad) judged = gst_element_get_static_pad (meter, "src");
  g_autoptr (GstStructure) summary = NULL;
  guint n = 0, told = 0;

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, delay, &n, NULL);
  gst_pad_add_probe (judged, GST_PAD_PROBE_TYPE_BUFFER, count_told, &told, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  summary = wait_for_end (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpuint (n, >, 1000);
  g_assert_nonnull (summary);
  /* Of 12 s with 25 frames each, all but the first five. */
  g_assert_cmpuint (told, >, 150);
  g_assert_cmpfloat_with_epsilon (
      number (summary, "audio-video-offset-overall"), CHANGED - 120, 15);
}

/* What `offset` says is taken off. */
static void
test_offset (void)
{
  g_autoptr (GstElement) pipeline =
      launch (FLASHES " ! c.sink " TICKS " ! c.reference qualitycompare name=c "
                      "metrics=audio-video-offset offset=-200000000 search=100000000 ! fakesink",
          300 * 1000000);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) warning = NULL;
  g_autoptr (GstStructure) summary = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  warning = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_WARNING);
  g_assert_nonnull (warning);
  gst_message_parse_warning (warning, &error, NULL);
  g_assert_nonnull (strstr (error->message, "Property search"));
  summary = wait_for_end (pipeline);
  g_assert_nonnull (summary);
  g_assert_cmpfloat_with_epsilon (
      number (summary, "audio-video-offset-overall"), CHANGED - 100, 15);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

static gboolean
there_is (const char *name)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (name);

  return factory != NULL;
}

/* Through codecs, a container and decodebin: within a frame. */
static void
test_file (void)
{
  static const char *const wanted[] = { "vp8enc", "vp8dec", "opusenc", "opusdec", "matroskamux" };
  g_autofree char *folder = g_dir_make_tmp ("offset-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "film.mkv", NULL);
  g_autoptr (GstElement) writer = NULL, reader = NULL;
  g_autoptr (GstStructure) nothing = NULL, summary = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++)
    if (!there_is (wanted[i])) {
      g_test_skip (wanted[i]);
      return;
    }
  writer = launch (FLASHES " ! videoconvert ! vp8enc deadline=1 ! queue ! matroskamux name=m ! "
                           "filesink location=%s " TICKS " ! audioconvert ! opusenc ! queue ! m.",
      path, 80 * 1000000);
  gst_element_set_state (writer, GST_STATE_PLAYING);
  nothing = wait_for_end (writer);
  gst_element_set_state (writer, GST_STATE_NULL);
  reader = launch ("filesrc location=%s ! decodebin name=d d. ! queue ! videoconvert ! c.sink "
                   "d. ! queue ! audioconvert ! c.reference "
                   "qualitycompare name=c metrics=audio-video-offset ! fakesink",
      path);
  gst_element_set_state (reader, GST_STATE_PLAYING);
  summary = wait_for_end (reader);
  g_assert_nonnull (summary);
  g_assert_cmpfloat_with_epsilon (number (summary, "audio-video-offset-overall"), CHANGED - 80, 40);
  gst_element_set_state (reader, GST_STATE_NULL);
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* What cannot be told is told to be so: the wrong way round, and metrics of another kind. */
static void
test_refused (void)
{
  static const char *const lines[][2] = {
    { TICKS " ! c.sink " FLASHES " ! c.reference qualitycompare name=c ! fakesink",
        "the video at sink and its sound at reference" },
    { FLASHES " ! c.sink " TICKS " ! c.reference qualitycompare name=c metrics=psnr ! fakesink",
        "of another medium" },
    { FLASHES " ! c.sink " FLASHES " ! c.reference qualitycompare name=c "
              "metrics=audio-video-offset ! fakesink",
        "compares pictures with their sound" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_auto (GStrv) parts = g_strsplit (lines[i][0], "%d", -1);
    g_autofree char *line = g_strjoinv ("0", parts);
    g_autoptr (GstElement) pipeline = launch ("%s", line);
    g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
    g_autoptr (GstMessage) message = NULL;
    g_autoptr (GError) error = NULL;

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    message =
        gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ERROR);
    gst_message_parse_error (message, &error, NULL);
    if (strstr (error->message, lines[i][1]) == NULL)
      g_error ("\"%s\" does not say \"%s\"", error->message, lines[i][1]);
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
}

/* A sound with a hole, of which the first and last part is missing too, whose rate changes in the
 * middle, and with samples that are no number: frames without sound are alone, and all pass. */
static void
test_holes (void)
{
  GPtrArray *judged = g_ptr_array_new (), *sounds = g_ptr_array_new ();
  g_autoptr (GstStructure) summary = NULL;
  const float nothing = NAN;
  GstSegment segment;
  Pair pair;
  int alone = 0;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  pair_open (&pair, "metrics", "audio-video-offset", NULL);
  set_caps (&pair, GREY, SOUND);
  for (guint64 i = 0; i < 60; i++)
    g_ptr_array_add (judged, make_frame ((int)i, 2, i * INTERVAL));
  /* Buffers of 40 ms: 10 to 19, 30 to 49, the last ten of them of another rate. */
  for (guint64 i = 10; i < 50; i++) {
    const int frames = i < 40 ? 320 : 640;
    GstBuffer *buffer = make_sound (0, frames, i * INTERVAL, 0.5f, 0);

    if (i >= 20 && i < 30) {
      gst_buffer_unref (buffer);
      continue;
    }
    if (i == 40) {
      g_autoptr (GstCaps) caps = gst_caps_from_string (
          "audio/x-raw,format=F32LE,layout=interleaved,rate=16000,channels=2");

      g_ptr_array_add (sounds, gst_event_new_caps (caps));
    }
    if (i == 34)
      gst_buffer_fill (buffer, 80, &nothing, sizeof nothing);
    g_ptr_array_add (sounds, buffer);
  }
  play (&pair, judged, sounds);
  for (int i = 0; i < 60; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (pair.judged);
    const GstStructure *score = score_of (buffer);

    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, (guint64)i * INTERVAL);
    g_assert_false (gst_structure_has_field (score, "audio-video-offset"));
    if (gst_structure_has_field (score, "reference-time-missing"))
      alone++;
    else
      g_assert_cmpint (count (score, "reference-time"), ==, (gint64)i * (gint64)INTERVAL);
  }
  /* Ten at either end, and in the hole, less those on whose very beginning a sound ends. */
  g_assert_cmpint (alone, >=, 27);
  g_assert_cmpint (alone, <=, 31);
  summary = find_message (&pair, GST_MESSAGE_ELEMENT, SUMMARY);
  g_assert_cmpint (count (summary, "without-reference"), ==, alone);
  g_assert_cmpint (count (summary, "frames"), ==, 60 - alone);
  pair_close (&pair);
}

/* Live, with a sound that never comes: all passes, and nothing is told. */
static void
test_live (void)
{
  g_autoptr (GstElement) pipeline =
      launch ("videotestsrc is-live=true num-buffers=6 ! "
              "video/x-raw,format=GRAY8,width=32,height=32,framerate=30/1 ! c.sink "
              "audiotestsrc is-live=true ! audio/x-raw,rate=16000 ! identity drop-probability=1 ! "
              "c.reference qualitycompare name=c metrics=audio-video-offset ! fakesink");
  g_autoptr (GstStructure) summary = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  summary = wait_for_end (pipeline);
  g_assert_nonnull (summary);
  g_assert_cmpint (count (summary, "without-reference"), >=, 5);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* A sound of no length is none: no frame has a partner, the first one as little as the others. */
static void
test_empty_sound (void)
{
  g_autoptr (GstElement) pipeline =
      launch ("videotestsrc num-buffers=10 ! video/x-raw,format=GRAY8,width=32,height=32 ! c.sink "
              "audiotestsrc num-buffers=0 ! audio/x-raw,rate=16000 ! c.reference "
              "qualitycompare name=c ! fakesink");
  g_autoptr (GstStructure) summary = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  summary = wait_for_end (pipeline);
  g_assert_nonnull (summary);
  g_assert_cmpint (count (summary, "without-reference"), ==, 10);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

/* Nothing to judge: the report says so. */
static void
test_nothing_judged (void)
{
  g_autofree char *folder = g_dir_make_tmp ("offset-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "r.jsonl", NULL);
  g_autoptr (GstElement) pipeline =
      launch ("videotestsrc num-buffers=0 ! c.sink videotestsrc num-buffers=10 ! c.reference "
              "qualitycompare name=c report=%s ! fakesink",
          path);
  g_autoptr (GstStructure) summary = NULL;
  g_autofree char *text = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  summary = wait_for_end (pipeline);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "\"frames\":0"));
  g_assert_null (strchr (strchr (text, '\n') + 1, '\n'));
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* What auto measures is known when the reference is, and an alert may be on it; on what it does not
 * measure there, none. */
static void
test_alert_of_auto (void)
{
  static const char *const alerts[] = { "audio-video-offset > 500", "psnr < 20" };

  for (gsize i = 0; i < G_N_ELEMENTS (alerts); i++) {
    g_autoptr (GstElement) pipeline =
        launch (FLASHES " ! c.sink " TICKS " ! c.reference "
                        "qualitycompare name=c alert=\"%s\" ! fakesink",
            0, alerts[i]);
    g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
    g_autoptr (GstMessage) message = NULL;

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    message =
        gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, i == 0 ? GST_MESSAGE_EOS : GST_MESSAGE_ERROR);
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/audio-video-offset/known", test_known);
  g_test_add_func ("/audio-video-offset/jitter", test_jitter);
  g_test_add_func ("/audio-video-offset/offset", test_offset);
  g_test_add_func ("/audio-video-offset/file", test_file);
  g_test_add_func ("/audio-video-offset/refused", test_refused);
  g_test_add_func ("/audio-video-offset/holes", test_holes);
  g_test_add_func ("/audio-video-offset/live", test_live);
  g_test_add_func ("/audio-video-offset/empty-sound", test_empty_sound);
  g_test_add_func ("/audio-video-offset/nothing-judged", test_nothing_judged);
  g_test_add_func ("/audio-video-offset/alert-of-auto", test_alert_of_auto);
  return g_test_run ();
}
