/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text that generator speaks: an utterance of each buffer, or of each line of bytes, as long as the
 * model makes it, one behind the other. */
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>

#include "../speech-net.h"
#include "doubtful.h"

enum { RATE = 8000 };

/* What the net makes of "a", "b" and "ab": 1 + 10 + 2 and 5 ids, and so on. */
enum { OF_A = 18, OF_B = 28, OF_AB = 40 };

static const char *const text_caps = "text/x-raw,format=utf8";

static GstHarness *
open_voice (const char *path, const char *properties, const char *caps)
{
  g_autofree char *launch = g_strdup_printf ("generator model=%s %s", path, properties);
  GstHarness *harness = gst_harness_new_parse (launch);

  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

static GstBuffer *
make_text (const char *text, GstClockTime time)
{
  GstBuffer *buffer = gst_buffer_new_memdup (text, strlen (text));

  GST_BUFFER_PTS (buffer) = time;
  return buffer;
}

/* The next sound, `samples` long from sample `first` on, n times `slope`. */
static void
assert_sound (GstHarness *harness, guint64 first, guint64 samples, float slope, gboolean jumps)
{
  g_autoptr (GstBuffer) buffer = gst_harness_pull (harness);
  GstMapInfo map;

  g_assert_nonnull (buffer);
  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, first);
  g_assert_cmpuint (GST_BUFFER_OFFSET_END (buffer), ==, first + samples);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, gst_util_uint64_scale (first, GST_SECOND, RATE));
  g_assert_cmpuint (GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer), ==,
      gst_util_uint64_scale (first + samples, GST_SECOND, RATE));
  g_assert_cmpint (GST_BUFFER_IS_DISCONT (buffer), ==, jumps);
  g_assert_true (gst_buffer_map (buffer, &map, GST_MAP_READ));
  g_assert_cmpuint (map.size, ==, samples * sizeof (float));
  for (guint64 i = 0; i < samples; i++)
    g_assert_cmpfloat_with_epsilon (((const float *)map.data)[i], (float)i * slope, 1e-6);
  gst_buffer_unmap (buffer, &map);
}

/* One behind the other, or when their time has come; white space alone is nothing. */
static void
test_text (void)
{
  g_autofree char *folder = scratch_new (), *path = speech_save (folder, SPEECH_JSON);
  GstHarness *harness = open_voice (path, "", text_caps);
  g_autoptr (GstCaps) caps = NULL;
  GstAudioInfo info;

  gst_harness_push (harness, make_text ("a\n", 0));
  assert_sound (harness, 0, OF_A, 0.001f, TRUE);
  caps = gst_pad_get_current_caps (harness->sinkpad);
  g_assert_true (gst_audio_info_from_caps (&info, caps));
  g_assert_cmpint (GST_AUDIO_INFO_RATE (&info), ==, RATE);
  g_assert_cmpint (GST_AUDIO_INFO_CHANNELS (&info), ==, 1);
  gst_harness_push (harness, make_text ("b", GST_CLOCK_TIME_NONE));
  assert_sound (harness, OF_A, OF_B, 0.001f, FALSE);
  gst_harness_push (harness, make_text (" \n", GST_SECOND));
  gst_harness_push (harness, make_text ("ab", GST_MSECOND));
  assert_sound (harness, OF_A + OF_B, OF_AB, 0.001f, FALSE);
  gst_harness_push (harness, make_text ("a", GST_SECOND));
  assert_sound (harness, RATE, OF_A, 0.001f, TRUE);
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 0);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* Numbers that the file beside it says, the user, and the user while it plays. */
static void
test_parameters (void)
{
  g_autofree char *folder = scratch_new (), *path = speech_save (folder, SPEECH_JSON);
  GstHarness *harness = open_voice (path, "name=g parameters=scales=0.002:2:0", text_caps);
  g_autoptr (GstElement) element = gst_bin_get_by_name (GST_BIN (harness->element), "g");

  gst_harness_push (harness, make_text ("a", 0));
  assert_sound (harness, 0, 13 * 2 + 5, 0.002f, TRUE);
  g_object_set (element, "parameters", "scales=0.003:1:0", NULL);
  gst_harness_push (harness, make_text ("a", 0));
  assert_sound (harness, 13 * 2 + 5, OF_A, 0.003f, FALSE);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

static void
test_ids (void)
{
  static const gint64 ids[] = { 4, 0, 7 };
  static const char *const caps =
      "other/tensors,format=static,num_tensors=1,types=int64,framerate=0/1";
  g_autofree char *folder = scratch_new (), *path = speech_save (folder, NULL);
  g_autofree char *fixed = g_strconcat (caps, ",dimensions=3:1:1:1", NULL);
  GstHarness *harness = open_voice (path, "sample-rate=8000 parameters=scales=0.001:1:0", caps);

  gst_harness_push (harness, gst_buffer_new_memdup (ids, sizeof ids));
  assert_sound (harness, 0, 11 + 3, 0.001f, TRUE);
  gst_harness_push (harness, gst_buffer_new_memdup (ids, sizeof ids[0]));
  assert_sound (harness, 14, 4 + 1, 0.001f, FALSE);
  gst_harness_set_src_caps_str (harness, fixed);
  gst_harness_push (harness, gst_buffer_new_memdup (ids, sizeof ids));
  /* With a segment of its own. */
  assert_sound (harness, 0, 11 + 3, 0.001f, TRUE);
  g_assert_cmpint (
      gst_harness_push (harness, gst_buffer_new_memdup (ids, sizeof ids[0])), ==, GST_FLOW_ERROR);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* A text that is longer than a run is spoken sentence by sentence, from its time on. */
static void
test_pieces (void)
{
  g_autofree char *folder = scratch_new (), *path = speech_save (folder, SPEECH_JSON);
  g_autofree char *as = g_strnfill (300, 'a'), *bs = g_strnfill (300, 'b');
  g_autofree char *text = g_strconcat (as, ". ", bs, ". a", NULL);
  GstHarness *harness = open_voice (path, "", text_caps);
  const guint first = 12 * 300 + 6, second = 22 * 300 + 12 + 5 + 6;

  gst_harness_push (harness, make_text (text, GST_SECOND));
  assert_sound (harness, RATE, first, 0.001f, TRUE);
  assert_sound (harness, RATE + first, second, 0.001f, FALSE);
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 0);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

static GstPadProbeReturn
flush (GstPad *pad, GstPadProbeInfo *info, gpointer source)
{
  gst_pad_push_event (source, gst_event_new_flush_start ());
  return GST_PAD_PROBE_OK;
}

/* A flush ends what is under way, and what was not spoken is forgotten. */
static void
test_flush (void)
{
  g_autofree char *folder = scratch_new (), *path = speech_save (folder, SPEECH_JSON);
  g_autofree char *text = g_strnfill (5000, 'a');
  GstHarness *harness = open_voice (path, "", text_caps);
  GstSegment segment;
  gulong probe =
      gst_pad_add_probe (harness->sinkpad, GST_PAD_PROBE_TYPE_BUFFER, flush, harness->srcpad, NULL);

  gst_segment_init (&segment, GST_FORMAT_TIME);
  g_assert_cmpint (gst_harness_push (harness, make_text (text, 0)), ==, GST_FLOW_FLUSHING);
  g_assert_cmpuint (gst_harness_buffers_received (harness), <=, 1);
  gst_pad_remove_probe (harness->sinkpad, probe);
  gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
  while (gst_harness_buffers_in_queue (harness) > 0)
    gst_buffer_unref (gst_harness_pull (harness));
  g_assert_cmpint (gst_harness_push (harness, make_text ("a", 0)), ==, GST_FLOW_OK);
  assert_sound (harness, 0, OF_A, 0.001f, TRUE);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* Ids that no model has, and more than a run takes. */
static void
test_wrong_ids (void)
{
  static const gint64 below[] = { 4, -1 };
  static const char *const caps =
      "other/tensors,format=static,num_tensors=1,types=int64,framerate=0/1";
  g_autofree char *folder = scratch_new (), *path = speech_save (folder, NULL);
  g_autofree gint64 *many = g_new0 (gint64, 2049);
  GstHarness *harness = open_voice (path, "sample-rate=8000 parameters=scales=0.001:1:0", caps);

  g_assert_cmpint (
      gst_harness_push (harness, gst_buffer_new_memdup (below, sizeof below)), ==, GST_FLOW_ERROR);
  g_assert_cmpint (
      gst_harness_push (harness, gst_buffer_new_memdup (many, 2049 * 8)), ==, GST_FLOW_ERROR);
  g_assert_cmpint (
      gst_harness_push (harness, gst_buffer_new_memdup (many, 2048 * 8)), ==, GST_FLOW_OK);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

/* A stream of bytes is cut anywhere, within characters as well. */
static void
test_lines (void)
{
  g_autofree char *folder = scratch_new (), *path = speech_save (folder, SPEECH_JSON);
  g_autofree char *text = g_build_filename (folder, "text", NULL), *sound = NULL;
  g_autofree char *samples = g_build_filename (folder, "samples", NULL);
  g_autofree char *launch = g_strdup_printf (
      "filesrc location=%s blocksize=3 ! %s ! generator model=%s ! audio/x-raw,format=S16LE ! "
      "filesink location=%s",
      text, text_caps, path, samples);
  g_autofree char *words = NULL;
  g_autoptr (GError) error = NULL;
  gboolean failed;
  gsize size;

  g_file_set_contents (text,
      "a\r\n\n  b \n\xff"
      "a\xcb\x90\nab",
      -1, &error);
  g_assert_no_error (error);
  words = play_for_words (launch, &failed);
  g_assert_cmpuint (count_words (words, "no UTF-8"), ==, 1);
  g_assert_false (failed);
  g_file_get_contents (samples, &sound, &size, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (size, ==, (OF_A + OF_B + (OF_A + 5 + 2) + OF_AB) * sizeof (gint16));
  for (int i = 0; i < OF_B; i++)
    g_assert_cmpint (
        ((const gint16 *)(void *)sound)[OF_A + i], ==, (int)(i * 0.001f * 32768 + 0.5f));
  scratch_remove (folder);
}

/* What is said, and whether it plays on. */
static void
assert_words (
    const char *json, const char *caps, const char *text, gboolean fails, const char *const *wanted)
{
  g_autofree char *folder = scratch_new (), *path = speech_save (folder, json), *words = NULL;
  g_autofree char *file = g_build_filename (folder, "text", NULL);
  g_autofree char *launch = g_strdup_printf (
      "filesrc location=%s ! %s ! generator model=%s ! fakesink", file, caps, path);
  g_autoptr (GError) error = NULL;
  gboolean failed;

  g_file_set_contents (file, text, -1, &error);
  g_assert_no_error (error);
  words = play_for_words (launch, &failed);
  g_test_message ("%s", words);
  g_assert_cmpint (failed, ==, fails);
  for (; *wanted != NULL; wanted++)
    assert_says (words, *wanted);
  scratch_remove (folder);
}

#define WANTED(...)                                                                                \
  (const char *const[])                                                                            \
  {                                                                                                \
    __VA_ARGS__, NULL                                                                              \
  }

/* A line of 600 letters without a blank. */
static void
test_long_sentence (void)
{
  g_autofree char *letters = g_strnfill (600, 'a');

  assert_words (SPEECH_JSON, text_caps, letters, FALSE, WANTED ("500 characters"));
}

static void
test_words (void)
{
  assert_words (SPEECH_JSON, text_caps, "a\xe8\xaa\x9e\nZb\n", FALSE,
      WANTED ("voice.onnx.json", "'\xe8\xaa\x9e' (U+8A9E)", "'Z' (U+005A)"));
  assert_words (SPEECH_JSON, text_caps, "a\nb\xff\xfe\nb\n", FALSE,
      WANTED ("Byte 2 of line 2 of the text is no UTF-8"));
  assert_words (NULL, text_caps, "a\n", TRUE,
      WANTED ("'scales'", "parameters=scales=1", "voice.onnx.json, which is missing"));
  assert_words ("{\"phoneme_id_map\": 1", text_caps, "a\n", TRUE, WANTED ("voice.onnx.json"));
  assert_words (SPEECH_JSON, "other/tensors,format=static,num_tensors=1,types=int32,framerate=0/1",
      "abcd", TRUE, WANTED ("int64"));
}

/* Nothing to be heard is told of, once. */
static void
test_silence (void)
{
  g_autofree char *folder = scratch_new (), *path = speech_save (folder, SPEECH_JSON), *words;
  g_autofree char *file = g_build_filename (folder, "text", NULL);
  g_autofree char *launch = g_strdup_printf ("filesrc location=%s ! %s ! generator model=%s "
                                             "parameters=scales=0.001:-1:0 ! fakesink",
      file, text_caps, path);
  g_autoptr (GError) error = NULL;
  gboolean failed;

  g_file_set_contents (file, "a\nb\n", -1, &error);
  g_assert_no_error (error);
  words = play_for_words (launch, &failed);
  g_assert_false (failed);
  g_assert_cmpuint (count_words (words, "makes no samples of output 'output'"), ==, 1);
  scratch_remove (folder);
}

/* What never ends is no line. */
static void
test_endless (void)
{
  g_autofree char *letters = g_strnfill (70000, 'a');

  assert_words (SPEECH_JSON, text_caps, letters, TRUE, WANTED ("65536 bytes"));
}

static void
test_no_symbols (void)
{
  g_autofree char *folder = scratch_new (), *path = speech_save (folder, NULL), *words = NULL;
  g_autofree char *launch =
      g_strdup_printf ("filesrc location=%s ! %s ! generator model=%s sample-rate=8000 "
                       "parameters=scales=0.001:1:0 ! fakesink",
          path, text_caps, path);
  gboolean failed;

  words = play_for_words (launch, &failed);
  g_assert_true (failed);
  assert_says (words, "phoneme_id_map");
  assert_says (words, "voice.onnx.json");
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/speech/text", test_text);
  g_test_add_func ("/speech/parameters", test_parameters);
  g_test_add_func ("/speech/pieces", test_pieces);
  g_test_add_func ("/speech/flush", test_flush);
  g_test_add_func ("/speech/ids", test_ids);
  g_test_add_func ("/speech/wrong-ids", test_wrong_ids);
  g_test_add_func ("/speech/lines", test_lines);
  g_test_add_func ("/speech/words", test_words);
  g_test_add_func ("/speech/long-sentence", test_long_sentence);
  g_test_add_func ("/speech/endless", test_endless);
  g_test_add_func ("/speech/no-symbols", test_no_symbols);
  g_test_add_func ("/speech/silence", test_silence);
  return g_test_run ();
}
