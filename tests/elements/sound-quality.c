/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* qualitymeter on sound: the figures of windows, wherever buffers begin and end, and over all; what
 * a reference is made of; and what it says of sounds of which there is nothing to say. The figures
 * themselves are tested against others' in tests/unit/sound-metric.c. */
#include <generative/metric.h>
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>
#include <json-glib/json-glib.h>

#include <math.h>
#include <string.h>

#include "doubtful.h"

enum { RATE = 48000 };

static float
draw (guint32 *seed)
{
  *seed = *seed * 1664525 + 1013904223;
  return (float)(*seed >> 8) / 8388608 - 1;
}

/* A tone and noise, in numbers that 16 bits hold, of a loudness that goes with time. */
static gint16 *
make_samples (gsize frames, int channels)
{
  gint16 *samples = g_new (gint16, frames * (gsize)channels);
  guint32 seed = 3;

  for (gsize i = 0; i < frames; i++)
    for (int c = 0; c < channels; c++) {
      const double t = (double)i / RATE;

      samples[i * (gsize)channels + (gsize)c] =
          (gint16)((0.1 + 0.08 * sin (2 * t)) * 32768 *
                   (sin (2 * G_PI * (300 + 100 * c) * t) + 0.3 * (double)draw (&seed)));
    }
  return samples;
}

static GstBuffer *
make_buffer (const gint16 *samples, gsize first, gsize frames, int channels, gboolean int16)
{
  const gsize n = frames * (gsize)channels;
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, n * (int16 ? 2 : 4), NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (gsize i = 0; i < n; i++)
    if (int16)
      ((gint16 *)map.data)[i] = samples[first * (gsize)channels + i];
    else
      ((float *)map.data)[i] = (float)samples[first * (gsize)channels + i] / 32768;
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = gst_util_uint64_scale (first, GST_SECOND, RATE);
  return buffer;
}

typedef struct {
  GstHarness *harness;
  GstBus *bus;
  char *folder, *report;
} Fixture;

static void
set_caps (Fixture *f, const char *format, int rate, int channels)
{
  g_autofree char *caps =
      g_strdup_printf ("audio/x-raw,format=%s,layout=interleaved,rate=%d,channels=%d%s", format,
          rate, channels, channels > 2 ? ",channel-mask=(bitmask)0xc3f" : "");

  gst_harness_set_src_caps_str (f->harness, caps);
}

static void
open_fixture (Fixture *f, const char *properties)
{
  g_autofree char *launch = NULL;

  f->folder = scratch_new ();
  f->report = g_build_filename (f->folder, "report.jsonl", NULL);
  launch = g_strdup_printf ("qualitymeter report=%s %s", f->report, properties);
  f->harness = gst_harness_new_parse (launch);
  f->bus = gst_bus_new ();
  gst_element_set_bus (f->harness->element, f->bus);
}

static void
close_fixture (Fixture *f)
{
  gst_bus_set_flushing (f->bus, TRUE);
  gst_element_set_bus (f->harness->element, NULL);
  gst_object_unref (f->bus);
  gst_harness_teardown (f->harness);
  scratch_remove (f->folder);
  g_free (f->folder);
  g_free (f->report);
}

static void
push (Fixture *f, const gint16 *samples, gsize first, gsize frames, int channels, gboolean int16)
{
  g_autoptr (GstBuffer) buffer =
      gst_harness_push_and_pull (f->harness, make_buffer (samples, first, frames, channels, int16));

  g_assert_nonnull (buffer);
}

/* The lines of the report: the last is the summary. (element-type JsonNode) */
static GPtrArray *
read_report (Fixture *f)
{
  GPtrArray *nodes = g_ptr_array_new_with_free_func ((GDestroyNotify)json_node_unref);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_get_contents (f->report, &text, NULL, NULL));
  g_assert_null (strstr (text, "nan"));
  lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; **line != '\0'; line++) {
    g_autoptr (GError) error = NULL;

    g_ptr_array_add (nodes, json_from_string (*line, &error));
    g_assert_no_error (error);
  }
  return nodes;
}

static JsonObject *
line_at (GPtrArray *lines, guint i)
{
  return json_node_get_object (lines->pdata[i]);
}

static JsonObject *
summary_of (GPtrArray *lines)
{
  return json_object_get_object_member (line_at (lines, lines->len - 1), "summary");
}

static void
assert_same (JsonObject *a, JsonObject *b)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *node;

  g_assert_cmpuint (json_object_get_size (a), ==, json_object_get_size (b));
  json_object_iter_init (&iter, a);
  while (json_object_iter_next (&iter, &name, &node)) {
    JsonNode *other = json_object_get_member (b, name);

    g_assert_nonnull (other);
    if (JSON_NODE_HOLDS_OBJECT (node))
      assert_same (json_node_get_object (node), json_node_get_object (other));
    else if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_DOUBLE)
      g_assert_cmpfloat_with_epsilon (
          json_node_get_double (node), json_node_get_double (other), 1e-6);
    else
      g_assert_true (json_node_equal (node, other));
  }
}

/* Wherever buffers begin and end, and whichever numbers they are of. */
static void
test_buffers (void)
{
  static const struct {
    gsize buffer;
    gboolean int16;
  } cases[] = { { 4800, FALSE }, { 1, FALSE }, { 333, TRUE }, { 19200, TRUE }, { 100000, FALSE } };
  const gsize total = 60000;
  g_autofree gint16 *samples = make_samples (total, 2);
  g_autoptr (GPtrArray) first = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GPtrArray) lines = NULL;
    Fixture f;

    open_fixture (&f, "hop=0.1 metrics=auto");
    set_caps (&f, cases[i].int16 ? GST_AUDIO_NE (S16) : GST_AUDIO_NE (F32), RATE, 2);
    for (gsize k = 0; k < total; k += cases[i].buffer)
      push (&f, samples, k, MIN (cases[i].buffer, total - k), 2, cases[i].int16);
    gst_harness_push_event (f.harness, gst_event_new_eos ());
    lines = read_report (&f);
    /* Windows of 19200 every 4800 frames; what is left behind them is less than half a one. */
    g_assert_cmpuint (lines->len, ==, 9 + 1);
    for (guint w = 0; w < 9; w++)
      g_assert_cmpint (
          json_object_get_int_member (line_at (lines, w), "pts"), ==, w * 100 * GST_MSECOND);
    if (first == NULL)
      first = g_steal_pointer (&lines);
    else
      for (guint k = 0; k < first->len; k++)
        assert_same (line_at (first, k), line_at (lines, k));
    close_fixture (&f);
  }
}

/* Sound of another rate is another measurement; the summary of the first comes before it. */
static void
test_rate_changes (void)
{
  g_autofree gint16 *samples = make_samples (40000, 8);
  g_autoptr (GPtrArray) lines = NULL;
  guint summaries = 0;
  Fixture f;

  open_fixture (&f, "metrics=loudness,silence,diversity");
  set_caps (&f, GST_AUDIO_NE (S16), RATE, 8);
  push (&f, samples, 0, 40000, 8, TRUE);
  set_caps (&f, GST_AUDIO_NE (F32), 8000, 1);
  push (&f, samples, 0, 6400, 1, FALSE);
  set_caps (&f, GST_AUDIO_NE (S16), 8000, 1);
  push (&f, samples, 6400, 3200, 1, TRUE);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  lines = read_report (&f);
  for (guint i = 0; i < lines->len; i++)
    summaries += json_object_has_member (line_at (lines, i), "summary");
  /* Another format of samples is the same sound. */
  g_assert_cmpuint (summaries, ==, 2);
  g_assert_cmpint (json_object_get_int_member (summary_of (lines), "frames"), ==, 3);
  close_fixture (&f);
}

/* From pictures to sound and back: other fields in the same report. */
static void
test_media_change (void)
{
  g_autofree gint16 *samples = make_samples (40000, 1);
  g_autoptr (GPtrArray) lines = NULL;
  const gsize size = 16 * 16;
  Fixture f;

  open_fixture (&f, "");
  for (int times = 0; times < 2; times++) {
    GstBuffer *buffer;

    gst_harness_set_src_caps_str (
        f.harness, "video/x-raw,format=GRAY8,width=16,height=16,framerate=25/1");
    gst_buffer_unref (
        gst_harness_push_and_pull (f.harness, gst_buffer_new_wrapped (g_malloc0 (size), size)));
    set_caps (&f, GST_AUDIO_NE (S16), RATE, 1);
    buffer = make_buffer (samples, 0, 40000, 1, TRUE);
    gst_buffer_unref (gst_harness_push_and_pull (f.harness, buffer));
  }
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  lines = read_report (&f);
  g_assert_cmpuint (lines->len, ==, 2 * (1 + 1 + 2 + 1));
  g_assert_true (json_object_has_member (line_at (lines, 0), "sharpness"));
  g_assert_false (json_object_has_member (line_at (lines, 2), "sharpness"));
  g_assert_true (json_object_has_member (line_at (lines, 2), "loudness"));
  close_fixture (&f);
}

/* No line has a figure that is NaN: each is there, or missing with a reason. */
static void
test_nothing_to_say (void)
{
  static const struct {
    float value;
    const char *warning;
  } cases[] = { { 0, NULL }, { NAN, "samples that are not finite" },
    { INFINITY, "samples that are not finite" } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GPtrArray) lines = NULL;
    g_autoptr (GstMessage) message = NULL;
    Fixture f;

    open_fixture (&f, "");
    set_caps (&f, GST_AUDIO_NE (F32), 8000, 1);
    for (int k = 0; k < 20; k++) {
      float *samples = g_new (float, 800);

      for (int n = 0; n < 800; n++)
        samples[n] = cases[i].value;
      gst_buffer_unref (gst_harness_push_and_pull (
          f.harness, gst_buffer_new_wrapped (samples, 800 * sizeof (float))));
    }
    gst_harness_push_event (f.harness, gst_event_new_eos ());
    lines = read_report (&f);
    g_assert_cmpuint (lines->len, ==, 5 + 1);
    for (guint k = 0; k < lines->len - 1; k++) {
      g_assert_true (json_object_get_null_member (line_at (lines, k), "loudness"));
      g_assert_nonnull (
          json_object_get_string_member (line_at (lines, k), "spectral-centroid-missing"));
    }
    g_assert_true (json_object_get_null_member (summary_of (lines), "loudness-integrated"));
    message = gst_bus_pop_filtered (f.bus, GST_MESSAGE_WARNING);
    g_assert_true ((message != NULL) == (cases[i].warning != NULL));
    if (message != NULL) {
      g_autoptr (GError) error = NULL;

      gst_message_parse_warning (message, &error, NULL);
      g_assert_nonnull (strstr (error->message, cases[i].warning));
      g_assert_null (gst_bus_pop_filtered (f.bus, GST_MESSAGE_WARNING));
    }
    close_fixture (&f);
  }
}

/* What is left of a sound shorter than a window is all there is, and measured. */
static void
test_short (void)
{
  g_autofree gint16 *samples = make_samples (1000, 1);
  g_autoptr (GPtrArray) lines = NULL;
  Fixture f;

  open_fixture (&f, "metrics=dc-offset,spectral-centroid,true-peak");
  set_caps (&f, GST_AUDIO_NE (S16), RATE, 1);
  for (gsize k = 0; k < 1000; k++)
    push (&f, samples, k, 1, 1, TRUE);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  lines = read_report (&f);
  g_assert_cmpuint (lines->len, ==, 2);
  g_assert_cmpfloat (
      json_object_get_double_member (line_at (lines, 0), "spectral-centroid"), >, 100);
  close_fixture (&f);
}

/* A gap begins new windows, and momentary loudness waits for its 400 ms. */
static void
test_jump (void)
{
  g_autofree gint16 *samples = make_samples (96000, 1);
  g_autoptr (GPtrArray) lines = NULL;
  Fixture f;

  open_fixture (&f, "metrics=loudness window=0.2");
  set_caps (&f, GST_AUDIO_NE (S16), RATE, 1);
  push (&f, samples, 0, 20000, 1, TRUE);
  push (&f, samples, 48000, 20000, 1, TRUE);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  lines = read_report (&f);
  g_assert_cmpuint (lines->len, ==, 2 + 2 + 1);
  for (guint i = 0; i < 4; i++)
    g_assert_true (json_object_get_null_member (line_at (lines, i), "loudness") == (i % 2 == 0));
  g_assert_cmpint (json_object_get_int_member (line_at (lines, 2), "pts"), ==, GST_SECOND);
  close_fixture (&f);
}

static void
save_sounds (const char *folder, int n)
{
  for (int i = 0; i < n; i++) {
    g_autofree char *name = g_strdup_printf ("%d.wav", i);
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_autofree char *launch =
        g_strdup_printf ("audiotestsrc num-buffers=4 samplesperbuffer=3200 freq=%d ! "
                         "audio/x-raw,rate=16000,channels=1,format=S16LE ! wavenc ! filesink "
                         "location=%s",
            490 + 4 * i, path);
    gboolean failed;
    g_autofree char *words = play_for_words (launch, &failed);

    g_assert_false (failed);
    g_assert_cmpstr (words, ==, "");
  }
}

/* A folder of sounds, and the statistics that were kept of a stream: what is like them is near. */
static void
test_reference (void)
{
  static const int frequencies[] = { 500, 5000 };
  g_autofree char *folder = scratch_new ();
  g_autofree char *sounds = g_build_filename (folder, "sounds", NULL);
  g_autofree char *statistics = g_build_filename (folder, "sounds.npz", NULL);
  g_autofree char *broken = NULL;
  double distances[2][2];

  g_mkdir (sounds, 0700);
  save_sounds (sounds, 6);
  broken = g_build_filename (sounds, "broken.wav", NULL);
  g_assert_true (g_file_set_contents (broken, "none", -1, NULL));
  for (int kind = 0; kind < 2; kind++)
    for (int i = 0; i < 2; i++) {
      g_autofree char *report = g_build_filename (folder, "report.jsonl", NULL);
      g_autofree char *launch = g_strdup_printf (
          "audiotestsrc num-buffers=40 samplesperbuffer=1600 freq=%d ! "
          "audio/x-raw,rate=16000,channels=1 ! qualitymeter metrics=frechet reference=%s "
          "report=%s ! fakesink",
          frequencies[i], kind == 0 ? sounds : statistics, report);
      g_autofree char *kept = g_strdup_printf (
          "audiotestsrc num-buffers=40 samplesperbuffer=1600 freq=500 ! "
          "audio/x-raw,rate=16000,channels=1 ! qualitymeter metrics=frechet,silence "
          "save-statistics=%s ! fakesink",
          statistics);
      g_autofree char *before = NULL, *words = NULL, *text = NULL;
      const char *figure;
      gboolean failed;

      before = play_for_words (kept, &failed);
      g_assert_false (failed);
      words = play_for_words (launch, &failed);
      g_assert_true (kind != 0 || strstr (words, "Property reference: left out: ") != NULL);
      g_assert_true (kind != 0 || strstr (words, broken) != NULL);
      g_assert_nonnull (strstr (words, "Metric frechet: the covariance of 10 samples is singular"));
      g_assert_false (failed);
      g_assert_true (g_file_get_contents (report, &text, NULL, NULL));
      figure = strstr (text, "\"frechet\":");
      g_assert_nonnull (figure);
      distances[kind][i] = g_ascii_strtod (figure + strlen ("\"frechet\":"), NULL);
      g_assert_nonnull (strstr (text, "\"frechet-doubt\":\"the covariance of 10 samples"));
      g_assert_nonnull (strstr (text, "\"frechet-features\":\"log-mel-64x2\""));
      g_assert_nonnull (strstr (text,
          kind == 0 ? "\"frechet-reference-samples\":12" : "\"frechet-reference-samples\":10"));
    }
  g_assert_cmpfloat (distances[0][0] * 1.5, <, distances[0][1]);
  g_assert_cmpfloat (distances[1][0], <, 1e-3);
  g_assert_cmpfloat (distances[1][1], >, 100);
  scratch_remove (folder);
}

static void
test_words (void)
{
  static const struct {
    const char *launch, *text;
  } cases[] = {
    { "audiotestsrc num-buffers=3 ! qualitymeter metrics=sharpness ! fakesink",
        "Property metrics: metric sharpness is of pictures, and these are sounds" },
    { "videotestsrc num-buffers=3 ! qualitymeter metrics=loudness ! fakesink",
        "Property metrics: metric loudness is of sounds, and these are pictures" },
    { "audiotestsrc num-buffers=3 ! qualitymeter metrics=loudness,nonsense ! fakesink",
        "there is no metric \"nonsense\"" },
    { "audiotestsrc num-buffers=3 ! qualitymeter embedder=hog-4x4x8 ! fakesink",
        "there are no features \"hog-4x4x8\" of a sound" },
    { "audiotestsrc num-buffers=3 ! qualitymeter metrics=frechet ! fakesink",
        "compares with a reference, and there is none" },
    { "audiotestsrc num-buffers=3 ! audio/x-raw,format=S32LE ! qualitymeter ! fakesink", "" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    gboolean failed = FALSE;
    g_autoptr (GError) error = NULL;
    g_autoptr (GstElement) link = NULL;
    g_autofree char *words = NULL;

    if (*cases[i].text == '\0') {
      /* What cannot be measured cannot be linked. */
      link = gst_parse_launch (cases[i].launch, &error);
      g_assert_nonnull (error);
      continue;
    }
    words = play_for_words (cases[i].launch, &failed);
    g_assert_true (failed);
    g_assert_nonnull (strstr (words, cases[i].text));
  }
}

/* Features of two numbers, of a mono sound of 1,600 frames at 16 kHz. */
static void
save_embedder (const char *path)
{
  static const float weights[] = { 1, -1 };
  g_autoptr (GenGraph) graph = gen_graph_new ("embedder");
  g_autoptr (GError) error = NULL;
  GenTensor *x, *w, *y;

  x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 1, 1600));
  w = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, 2),
      g_bytes_new_static (weights, sizeof weights));
  y = gen_unary (graph, "GlobalAveragePool", gen_unary (graph, "Abs", x, &error), &error);
  y = gen_binary (graph, "Gemm", gen_unary (graph, "Flatten", y, &error), w, &error);
  g_assert_no_error (error);
  say_range (graph, "generative.sample-rate", "16000");
  save_model (graph, y, path);
}

static void
test_embedder (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = g_build_filename (folder, "embedder.onnx", NULL);
  g_autofree char *statistics = g_build_filename (folder, "some.npz", NULL);
  const int rates[] = { 16000, 44100 };

  save_embedder (model);
  for (gsize i = 0; i < G_N_ELEMENTS (rates); i++) {
    g_autofree char *launch = g_strdup_printf (
        "audiotestsrc num-buffers=40 wave=white-noise ! audio/x-raw,rate=%d,channels=2 ! "
        "qualitymeter window=0.1 embedder=%s metrics=frechet save-statistics=%s ! fakesink",
        rates[i], model, statistics);
    gboolean failed = FALSE;
    g_autofree char *words = play_for_words (launch, &failed);

    g_assert_true (failed == (rates[i] != 16000));
    if (failed)
      g_assert_nonnull (strstr (words, "takes sound at 16000 Hz, and this is at 44100: resample"));
    else
      g_assert_true (g_file_test (statistics, G_FILE_TEST_EXISTS));
  }
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sound-quality/buffers", test_buffers);
  g_test_add_func ("/sound-quality/rate-changes", test_rate_changes);
  g_test_add_func ("/sound-quality/media-change", test_media_change);
  g_test_add_func ("/sound-quality/nothing-to-say", test_nothing_to_say);
  g_test_add_func ("/sound-quality/short", test_short);
  g_test_add_func ("/sound-quality/jump", test_jump);
  g_test_add_func ("/sound-quality/reference", test_reference);
  g_test_add_func ("/sound-quality/embedder", test_embedder);
  g_test_add_func ("/sound-quality/words", test_words);
  return g_test_run ();
}
