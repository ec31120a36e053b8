/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* gantrainer on sounds: what of a stream is one, checkpoints, validation, the preview and the log,
 * and what it says when something is wrong. */
#include <generative/checkpoint.h>
#include <generative/onnx.h>
#include <gst/check/gstharness.h>
#include <gst/gst.h>

#include <math.h>
#include <string.h>

#include "../scratch.h"

#define LENGTH 4096
#define BATCH 2
#define CAPS "audio/x-raw,format=%s,layout=interleaved,rate=16000,channels=1"

/* A trainer of the smallest nets, which ends with its data. */
static GstHarness *
trainer_new (const char *folder, const char *format, GstBus *bus)
{
  g_autoptr (GstElement) trainer = gst_element_factory_make ("gantrainer", NULL);
  g_autofree char *caps = g_strdup_printf (CAPS, format);
  GstHarness *harness;

  /* Who plays it does not wait for data. */
  gst_object_ref_sink (trainer);
  g_object_set (trainer, "async", FALSE, NULL);
  harness = gst_harness_new_with_element (trainer, "sink", NULL);
  gst_element_set_state (harness->element, GST_STATE_READY);
  gst_util_set_object_arg (G_OBJECT (harness->element), "preset", "wavegan");
  gst_harness_set (harness, "gantrainer", "width", 1, "batch-size", BATCH, "checkpoint", folder,
      "silent", TRUE, "threads", 2, "preview-columns", 2, "preview-rows", 1, NULL);
  gst_util_set_object_arg (G_OBJECT (harness->element), "device", "cpu");
  gst_element_set_bus (harness->element, bus);
  gst_element_set_state (harness->element, GST_STATE_PLAYING);
  gst_harness_set_src_caps_str (harness, caps);
  return harness;
}

/* A tone that swells, from frame `first` on. */
static float
tone (gsize frame)
{
  return 0.9f * (float)(frame % LENGTH) / LENGTH * sinf ((float)frame * 0.11f);
}

static void
push (GstHarness *harness, gsize first, gsize n, gboolean int16)
{
  const gsize size = int16 ? sizeof (gint16) : sizeof (float);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, n * size, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < n; i++) {
    /* What both formats can say. */
    const gint16 sample = (gint16)lrintf (tone (first + i) * 32767);

    if (int16)
      ((gint16 *)map.data)[i] = sample;
    else
      ((float *)map.data)[i] = (float)sample / 32768;
  }
  gst_buffer_unmap (buffer, &map);
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
}

/* To the end of the data; how many steps were made. */
static guint64
finish (GstHarness *harness, GstBus *bus, const char *folder)
{
  g_autofree char *path = g_build_filename (folder, "generator.onnx", NULL);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GenGraph) graph = NULL;
  g_autoptr (GError) error = NULL;

  gst_harness_push_event (harness, gst_event_new_eos ());
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_EOS);
  gst_bus_set_flushing (bus, TRUE);
  gst_harness_teardown (harness);
  graph = gen_onnx_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_hash_table_lookup (graph->metadata, "generative.sample-rate"), ==, "16000");
  return g_ascii_strtoull (g_hash_table_lookup (graph->metadata, "generative.step"), NULL, 10);
}

static GBytes *
read_state (const char *folder)
{
  g_autofree char *path = g_build_filename (folder, GEN_CHECKPOINT_STATE, NULL);
  char *data;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  return g_bytes_new_take (data, size);
}

static void
expect_same_states (const char *a, const char *b)
{
  g_autoptr (GBytes) first = read_state (a), second = read_state (b);

  g_assert_true (g_bytes_equal (first, second));
}

/* A stream is cut into sounds wherever its buffers end, and its formats are the same. */
static void
test_stream (void)
{
  const gsize total = 3 * BATCH * LENGTH;
  g_autofree char *folders[2] = { scratch_new (), scratch_new () };
  static const char *const formats[] = { "F32LE", "S16LE" };

  for (int i = 0; i < 2; i++) {
    g_autoptr (GstBus) bus = gst_bus_new ();
    GstHarness *harness = trainer_new (folders[i], formats[i], bus);
    const gsize chunk = i == 0 ? 1000 : 10000;

    for (gsize at = 0; at < total; at += chunk)
      push (harness, at, MIN (chunk, total - at), i == 1);
    g_assert_cmpuint (finish (harness, bus, folders[i]), ==, 3);
  }
  expect_same_states (folders[0], folders[1]);
  for (int i = 0; i < 2; i++) {
    scratch_remove (folders[i]);
    g_clear_pointer (&folders[i], g_free);
  }
}

/* A buffer of a data set is a sound, cut or padded; the event says where one is. */
static void
test_items (void)
{
  static const gsize lengths[] = { 100, 3 * LENGTH, LENGTH, 1 };
  g_autofree char *folder = scratch_new ();
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *harness = trainer_new (folder, "F32LE", bus);

  gst_harness_push_event (
      harness, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM_STICKY,
                   gst_structure_new ("generative-dataset", "length", G_TYPE_UINT, 4, NULL)));
  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    push (harness, 0, lengths[i], FALSE);
  g_assert_cmpuint (finish (harness, bus, folder), ==, 2);
  scratch_remove (folder);
}

/* A gap, or a flush, throws half a sound away. */
static void
test_jumps (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstHarness *harness = trainer_new (folder, "F32LE", bus);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, LENGTH * sizeof (float), NULL);
  GstSegment segment;

  push (harness, 0, LENGTH / 2, FALSE);
  gst_buffer_memset (buffer, 0, 0, LENGTH * sizeof (float));
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  push (harness, 0, LENGTH + LENGTH / 2, FALSE);
  gst_harness_push_event (harness, gst_event_new_flush_start ());
  gst_harness_push_event (harness, gst_event_new_flush_stop (TRUE));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
  push (harness, 0, BATCH * LENGTH, FALSE);
  push (harness, 0, LENGTH / 2, FALSE);
  /* The flush may have come before the first batch was taken. */
  g_assert_cmpuint (finish (harness, bus, folder), >=, 1);
  scratch_remove (folder);
}

/* --- whole pipelines --- */

#define SOURCE                                                                                     \
  "audiotestsrc wave=%s num-buffers=%d samplesperbuffer=1024 ! "                                   \
  "audio/x-raw,format=S16LE,rate=8000,channels=%d ! "
#define TRAINER                                                                                    \
  "gantrainer name=t preset=wavegan width=1 batch-size=2 silent=true threads=2 device=cpu "        \
  "preview-columns=2 preview-rows=1 "

/* What tells of samples that are not trained on. */
enum { VALIDATION, TEST, N_HELD };
static const char *const held_names[] = {
  [VALIDATION] = "gantrainer-validation",
  [TEST] = "gantrainer-test",
};

/* Run it to its end; the error's text, or NULL after EOS. `held` are the last of each kind. */
static char *
play (const char *description, GstStructure *held[N_HELD])
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (description, &error);
  g_autoptr (GstBus) bus = NULL;
  char *text = NULL;
  gboolean ended = FALSE;

  if (error != NULL)
    return g_strdup (error->message);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (!ended) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (
        bus, 60 * GST_SECOND, GST_MESSAGE_ERROR | GST_MESSAGE_EOS | GST_MESSAGE_ELEMENT);

    g_assert_nonnull (message);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      gst_message_parse_error (message, &error, NULL);
      text = g_strdup (error->message);
    }
    for (guint i = 0; held != NULL && i < N_HELD; i++) {
      if (!gst_message_has_name (message, held_names[i]))
        continue;
      g_clear_pointer (&held[i], gst_structure_free);
      held[i] = gst_structure_copy (gst_message_get_structure (message));
    }
    ended = GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT;
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return text;
}

/* The whole data, in one go and in two: the same bits, phases that are shuffled included. */
static void
test_resume (void)
{
  const char *format = SOURCE TRAINER "ema=0.9 r1=0.1 checkpoint=%s %s";
  g_autofree char *whole = scratch_new (), *parts = scratch_new ();
  g_autofree char *first = g_strdup_printf (format, "saw", 40, 1, whole, "");
  g_autofree char *second = g_strdup_printf (format, "saw", 40, 1, parts, "max-steps=2");
  g_autofree char *third = g_strdup_printf (format, "saw", 40, 1, parts, "resume=true");

  g_assert_cmpstr (play (first, NULL), ==, NULL);
  g_assert_cmpstr (play (second, NULL), ==, NULL);
  g_assert_cmpstr (play (third, NULL), ==, NULL);
  expect_same_states (whole, parts);
  scratch_remove (whole);
  scratch_remove (parts);
}

static gboolean
has_bytes (const char *path, const char *text)
{
  g_autofree char *data = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &data, &size, NULL));
  return memmem (data, size, text, strlen (text)) != NULL;
}

static void
expect_log_has (const char *folder, const char *text)
{
  g_autofree char *run = g_build_filename (folder, "logs", "run-1", NULL), *path = NULL;
  g_autoptr (GDir) dir = g_dir_open (run, 0, NULL);

  g_assert_nonnull (dir);
  path = g_build_filename (run, g_dir_read_name (dir), NULL);
  g_assert_true (has_bytes (path, text));
}

/* Measured by the default features of sounds; the log has sounds to listen to, and a wall of them.
 * What comes of it goes on from its models alone. */
static void
test_validation (void)
{
  g_autofree char *folder = scratch_new (), *other = scratch_new ();
  g_autofree char *description = g_strdup_printf (SOURCE TRAINER
      "checkpoint=%s validation-samples=12 validation-interval=2 max-steps=3 log-interval=3 "
      "audiotestsrc wave=blue-noise num-buffers=48 samplesperbuffer=1024 ! "
      "audio/x-raw,format=F32LE,rate=8000,channels=2 ! t.validation "
      "audiotestsrc wave=white-noise num-buffers=36 samplesperbuffer=1024 ! "
      "audio/x-raw,format=S16LE,rate=8000,channels=2 ! t.test",
      "saw", 60, 2, folder);
  g_autofree char *again = g_strdup_printf (SOURCE
      "gantrainer batch-size=2 silent=true generator-model=%s/generator.onnx "
      "discriminator-model=%s/discriminator.onnx checkpoint=%s max-steps=1",
      "saw", 8, 2, folder, folder, other);
  g_autofree char *best = g_build_filename (folder, "best", "generator.onnx", NULL);
  static const guint64 n[] = { [VALIDATION] = 12, [TEST] = 9 };
  GstStructure *held[N_HELD] = { NULL };

  g_assert_cmpstr (play (description, held), ==, NULL);
  for (guint i = 0; i < N_HELD; i++) {
    guint64 samples = 0;
    double frechet = -1;

    g_assert_nonnull (held[i]);
    g_assert_true (gst_structure_get (
        held[i], "samples", G_TYPE_UINT64, &samples, "frechet", G_TYPE_DOUBLE, &frechet, NULL));
    g_assert_cmpuint (samples, ==, n[i]);
    g_assert_cmpfloat (frechet, >, 0);
    gst_structure_free (held[i]);
  }
  g_assert_true (g_file_test (best, G_FILE_TEST_EXISTS));
  expect_log_has (folder, "generated/2");
  expect_log_has (folder, "test/frechet");
  expect_log_has (folder, "audio/wav");
  g_assert_cmpstr (play (again, NULL), ==, NULL);
  scratch_remove (folder);
  scratch_remove (other);
}

/* A wall of sounds as the medium draws them. */
static void
test_preview (void)
{
  const GenFormat format = { &gen_medium_sound, .channels = 1, .rate = 8000, .length = LENGTH };
  g_autofree char *folder = scratch_new ();
  g_autofree char *description =
      g_strdup_printf (SOURCE TRAINER "checkpoint=%s max-steps=2 ! appsink name=wall sync=false",
          "saw", 20, 1, folder);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (description, &error), wall = NULL;
  GstSample *sample = NULL;
  const GstStructure *structure;
  int width, height, channels, has[2];

  g_assert_no_error (error);
  g_assert_true (gen_format_measure_wall (&format, 2, 1, &width, &height, &channels));
  wall = gst_bin_get_by_name (GST_BIN (pipeline), "wall");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_signal_emit_by_name (wall, "pull-sample", &sample);
  g_assert_nonnull (sample);
  structure = gst_caps_get_structure (gst_sample_get_caps (sample), 0);
  g_assert_cmpstr (
      gst_structure_get_string (structure, "format"), ==, channels == 1 ? "GRAY8" : "RGB");
  g_assert_true (gst_structure_get (
      structure, "width", G_TYPE_INT, &has[0], "height", G_TYPE_INT, &has[1], NULL));
  g_assert_cmpint (has[0], ==, width);
  g_assert_cmpint (has[1], ==, height);
  gst_sample_unref (sample);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  scratch_remove (folder);
}

static void
expect_error (const char *part, const char *source, const char *settings)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *description =
      g_strdup_printf ("%s ! " TRAINER "checkpoint=%s %s", source, folder, settings);
  g_autofree char *text = play (description, NULL);

  g_test_message ("%s", text);
  g_assert_nonnull (text);
  g_assert_nonnull (strstr (text, part));
  scratch_remove (folder);
}

static void
test_errors (void)
{
  const char *mono = "audiotestsrc num-buffers=9 ! audio/x-raw,format=S16LE,rate=8000,channels=1";

  expect_error ("5000 frames", mono, "length=5000");
  expect_error (
      "can't handle caps", "audiotestsrc num-buffers=9 ! audio/x-raw,format=F32LE,channels=3", "");
  expect_error ("can't handle caps",
      "videotestsrc num-buffers=9 ! video/x-raw,format=GRAY8,width=28,height=28", "");
  expect_error ("can't handle caps", mono, "preset=dcgan");
  expect_error (
      "fewer", "audiotestsrc num-buffers=1 ! audio/x-raw,format=S16LE,rate=8000,channels=1", "");
}

/* --- other recipes --- */

static const char *
taken (const GenGraph *net, guint axis)
{
  return ((const GenTensor *)net->inputs->pdata[0])->dim_names[axis];
}

/* Nets that take any length are trained on sounds of the preset's, or of what is said. */
static void
test_any_length (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = g_build_filename (folder, "first", "restorer.onnx", NULL);
  g_autofree char *first = g_strdup_printf (
      "audiotestsrc wave=saw num-buffers=40 ! audio/x-raw,format=S16LE,rate=16000,channels=1 ! "
      "modeltrainer recipe=restoration width=2 batch-size=2 threads=2 max-steps=1 silent=true "
      "checkpoint=%s/first",
      folder);
  g_autofree char *second = g_strdup_printf (
      "audiotestsrc wave=saw num-buffers=4 ! audio/x-raw,format=S16LE,rate=16000,channels=1 ! "
      "modeltrainer recipe=restoration restorer-model=%s length=2048 batch-size=2 threads=2 "
      "degradation=noise silent=true checkpoint=%s/second",
      model, folder);
  g_autofree char *third = g_strdup_printf (
      "audiotestsrc wave=saw num-buffers=4 ! audio/x-raw,format=S16LE,rate=16000,channels=1 ! "
      "modeltrainer preset=bandwidth-extender length=1000 silent=true checkpoint=%s/third",
      folder);
  g_autofree char *text = NULL;
  g_autofree char *again = g_build_filename (folder, "second", "restorer.onnx", NULL);
  g_autoptr (GenGraph) net = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (play (first, NULL));
  net = gen_onnx_load (model, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (taken (net, 2), ==, "length");
  g_assert_cmpstr (g_hash_table_lookup (net->metadata, "generative.degradation"), ==, "bandwidth");
  g_assert_cmpstr (g_hash_table_lookup (net->metadata, "generative.sample-rate"), ==, "16000");
  g_assert_cmpstr (g_hash_table_lookup (net->metadata, "generative.step"), ==, "1");
  g_clear_pointer (&net, gen_graph_unref);
  /* Four buffers are 4,096 frames: one step of two. */
  g_assert_null (play (second, NULL));
  net = gen_onnx_load (again, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (g_hash_table_lookup (net->metadata, "generative.step"), ==, "1");
  text = play (third, NULL);
  g_assert_nonnull (text);
  g_assert_nonnull (strstr (text, "a multiple of 16 frames (length)"));
  scratch_remove (folder);
}

/* A number that is none is the data's, and where it is is told. */
static void
test_no_number (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  GstHarness *harness = trainer_new (folder, "F32LE", bus);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 2 * LENGTH * sizeof (float), NULL);
  const float none = NAN;

  gst_buffer_memset (buffer, 0, 0, gst_buffer_get_size (buffer));
  gst_buffer_fill (buffer, (LENGTH + 7) * sizeof none, &none, sizeof none);
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_ERROR);
  message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  g_assert_nonnull (strstr (error->message, "data: sound 1 has nan in frame 7 of its 4096"));
  gst_bus_set_flushing (bus, TRUE);
  gst_harness_teardown (harness);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/gantrainer/sound/stream", test_stream);
  g_test_add_func ("/gantrainer/sound/items", test_items);
  g_test_add_func ("/gantrainer/sound/jumps", test_jumps);
  g_test_add_func ("/gantrainer/sound/resume", test_resume);
  g_test_add_func ("/gantrainer/sound/validation", test_validation);
  g_test_add_func ("/gantrainer/sound/preview", test_preview);
  g_test_add_func ("/gantrainer/sound/no-number", test_no_number);
  g_test_add_func ("/gantrainer/sound/errors", test_errors);
  g_test_add_func ("/gantrainer/sound/any-length", test_any_length);
  return g_test_run ();
}
