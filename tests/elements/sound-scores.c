/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* discriminator on sound: which windows are scored, where their scores are told, and what passes
 * when: all of it, to the sample and in its time, or what is good enough. */
#include <generative/model.h>
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>
#include <json-glib/json-glib.h>

#include <math.h>
#include <string.h>

#include "doubtful.h"

enum { LENGTH = 1024, RATE = 8000 };

/* The score of a sound is the mean of its samples, plus `bias`. */
static void
save_mean (const char *path, gint64 length, int channels, const char *rate, float bias)
{
  g_autoptr (GenGraph) graph = gen_graph_new ("judge");
  g_autoptr (GError) error = NULL;
  float weights[GEN_SOUND_MAX_CHANNELS];
  GenTensor *x, *pool, *flat, *w, *b, *y;

  for (int c = 0; c < channels; c++)
    weights[c] = 1.0f / (float)channels;
  x = gen_graph_add_input (
      graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, channels, length > 0 ? length : LENGTH));
  pool = gen_unary (graph, "GlobalAveragePool", x, &error);
  flat = gen_unary (graph, "Flatten", pool, &error);
  w = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (channels, 1),
      g_bytes_new (weights, sizeof (float) * (gsize)channels));
  b = gen_graph_add_constant (
      graph, "b", GEN_TYPE_FLOAT32, &GEN_SHAPE (1), g_bytes_new (&bias, sizeof bias));
  y = gen_graph_op (graph, "Gemm", (GenTensor *[]){ flat, w, b }, 3, 1, &error, NULL);
  g_assert_no_error (error);
  if (rate != NULL)
    say_range (graph, "generative.sample-rate", rate);
  if (length < 0)
    x->shape.dims[2] = -1;
  save_model (graph, y, path);
}

/* Samples, which are multiples of 1 / 256 so that 16 bits hold them, on a level for each 1,024. */
static float
sample (guint64 frame, int channel)
{
  return (float)((int)((frame * 7 + (guint64)channel * 3) % 64) - 32 +
                 (int)(frame / LENGTH * 5 % 8) * 8) /
         256;
}

/* The score of frames `first` to `end`, with silence behind them up to `length`. */
static double
expected (guint64 first, guint64 end, guint64 length, int channels)
{
  double sum = 0;

  for (guint64 i = first; i < end; i++)
    for (int c = 0; c < channels; c++)
      sum += sample (i, c);
  return sum / (double)(length * (guint64)channels);
}

static GstClockTime
time_of (guint64 frame)
{
  return gst_util_uint64_scale (frame, GST_SECOND, RATE);
}

static GstBuffer *
make_buffer (guint64 first, guint64 frames, int channels, gboolean int16)
{
  const gsize size = (gsize)frames * (gsize)channels * (int16 ? 2 : 4);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (guint64 i = 0; i < frames * (guint64)channels; i++) {
    const float value = sample (first + i / (guint64)channels, (int)(i % (guint64)channels));

    if (int16)
      ((gint16 *)map.data)[i] = (gint16)(value * 32768);
    else
      ((float *)map.data)[i] = value;
  }
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = time_of (first);
  GST_BUFFER_DURATION (buffer) = time_of (first + frames) - time_of (first);
  GST_BUFFER_OFFSET (buffer) = first;
  GST_BUFFER_OFFSET_END (buffer) = first + frames;
  return buffer;
}

static void
assert_samples (GstBuffer *buffer, guint64 first, guint64 frames, int channels, gboolean int16)
{
  g_autoptr (GstBuffer) same = make_buffer (first, frames, channels, int16);
  GstMapInfo a, b;

  gst_buffer_map (buffer, &a, GST_MAP_READ);
  gst_buffer_map (same, &b, GST_MAP_READ);
  g_assert_cmpmem (a.data, a.size, b.data, b.size);
  gst_buffer_unmap (buffer, &a);
  gst_buffer_unmap (same, &b);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, time_of (first));
  g_assert_cmpuint (
      GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer), ==, time_of (first + frames));
  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, first);
}

typedef struct {
  GstHarness *harness;
  GstBus *bus;
  char *folder, *model, *report;
} Fixture;

static void
open_fixture (Fixture *f, gint64 length, int channels, const char *properties, const char *format)
{
  g_autofree char *launch = NULL, *caps = NULL;

  f->folder = scratch_new ();
  f->model = g_build_filename (f->folder, "model.onnx", NULL);
  f->report = g_build_filename (f->folder, "report.jsonl", NULL);
  save_mean (f->model, length, channels, "8000", 0);
  launch = g_strdup_printf (
      "discriminator model=%s report=%s post-messages=true %s", f->model, f->report, properties);
  caps = g_strdup_printf ("audio/x-raw,format=%s,layout=interleaved,rate=%d,channels=%d%s", format,
      RATE, channels, channels > 2 ? ",channel-mask=(bitmask)0xff" : "");
  f->harness = gst_harness_new_parse (launch);
  f->bus = gst_bus_new ();
  gst_element_set_bus (f->harness->element, f->bus);
  gst_harness_set_src_caps_str (f->harness, caps);
}

static void
set_action (Fixture *f, int action)
{
  g_autoptr (GstElement) judge = gst_harness_find_element (f->harness, "discriminator");

  g_object_set (judge, "action", action, NULL);
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
  g_free (f->model);
  g_free (f->report);
}

static double
number (const GstStructure *structure, const char *name)
{
  double value = NAN;

  g_assert_true (gst_structure_get_double (structure, name, &value));
  return value;
}

/* The next score that the bus tells is of window `number` from `first` on. */
static double
pop_score (GstBus *bus, guint64 window, guint64 first)
{
  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ELEMENT);
  const GstStructure *structure;
  guint64 frame, pts;

  g_assert_nonnull (message);
  structure = gst_message_get_structure (message);
  g_assert_true (gst_structure_has_name (structure, "generative-score"));
  g_assert_true (gst_structure_get_uint64 (structure, "frame", &frame));
  g_assert_true (gst_structure_get_uint64 (structure, "pts", &pts));
  g_assert_cmpuint (frame, ==, window);
  g_assert_cmpuint (pts, ==, time_of (first));
  return number (structure, "score");
}

static guint
count_scores (GstBuffer *buffer)
{
  gpointer state = NULL;
  guint n = 0;

  while (gst_buffer_iterate_meta (buffer, &state) != NULL)
    n++;
  return n;
}

static const GstStructure *
nth_score (GstBuffer *buffer, guint nth)
{
  gpointer state = NULL;
  GstMeta *meta;

  while ((meta = gst_buffer_iterate_meta (buffer, &state)) != NULL)
    if (nth-- == 0)
      return gst_custom_meta_get_structure ((GstCustomMeta *)meta);
  g_assert_not_reached ();
}

static guint
count_lines (const char *path)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  return g_strv_length (lines) - 1;
}

/* Buffers of any size pass as they came; a window is told on the buffer in which it ends, on the
 * bus and in the report; a rest of half a window and more is scored too. */
static void
test_windows (void)
{
  static const struct {
    gint64 length; /* of the model; -1: any */
    const char *properties;
    guint64 window, hop, buffer, total;
    int channels;
    gboolean int16;
  } cases[] = {
    { LENGTH, "", 1024, 1024, 1000, 5120, 1, FALSE },
    { LENGTH, "", 1024, 1024, 1024, 5000, 2, TRUE },
    { LENGTH, "hop=0.032", 1024, 256, 1, 2000, 1, TRUE },
    { LENGTH, "hop=0.032", 1024, 256, 5000, 5000, 1, FALSE },
    { LENGTH, "hop=9", 1024, 1024, 700, 1400, 8, FALSE },
    { -1, "window=0.0625 hop=0.03125", 500, 250, 333, 3000, 1, FALSE },
    { -1, "", 8000, 8000, 4000, 16000, 1, TRUE },
    { -1, "window=1", 8000, 8000, 10, 200, 1, FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    const int channels = cases[i].channels;
    guint64 window = 0, rest;
    Fixture f;

    open_fixture (&f, cases[i].length, channels, cases[i].properties,
        cases[i].int16 ? GST_AUDIO_NE (S16) : GST_AUDIO_NE (F32));
    for (guint64 first = 0; first < cases[i].total; first += cases[i].buffer) {
      const guint64 frames = MIN (cases[i].buffer, cases[i].total - first);
      g_autoptr (GstBuffer) buffer = NULL;
      guint nth = 0;

      buffer = gst_harness_push_and_pull (
          f.harness, make_buffer (first, frames, channels, cases[i].int16));
      assert_samples (buffer, first, frames, channels, cases[i].int16);
      for (; window * cases[i].hop + cases[i].window <= first + frames; window++, nth++) {
        const guint64 begin = window * cases[i].hop;
        const double wanted = expected (begin, begin + cases[i].window, cases[i].window, channels);

        g_assert_cmpfloat_with_epsilon (pop_score (f.bus, window, begin), wanted, 1e-5);
        g_assert_cmpfloat_with_epsilon (number (nth_score (buffer, nth), "score"), wanted, 1e-5);
      }
      g_assert_cmpuint (count_scores (buffer), ==, nth);
    }
    gst_harness_push_event (f.harness, gst_event_new_eos ());
    rest = window == 0 ? cases[i].total
                       : cases[i].total - ((window - 1) * cases[i].hop + cases[i].window);
    if (rest > 0 && (window == 0 || 2 * rest >= cases[i].window)) {
      const guint64 begin = window * cases[i].hop;

      g_assert_cmpfloat_with_epsilon (pop_score (f.bus, window, begin),
          expected (begin, cases[i].total, cases[i].window, channels), 1e-5);
      window++;
    }
    g_assert_cmpuint (count_lines (f.report), ==, window + 1);
    close_fixture (&f);
  }
}

/* What comes out: pieces, with what lies between them. */
static GstBuffer *
pull (Fixture *f, guint64 first, guint64 frames, gboolean discont)
{
  GstBuffer *buffer = gst_harness_pull (f->harness);

  g_assert_nonnull (buffer);
  assert_samples (buffer, first, frames, 1, FALSE);
  g_assert_true (GST_BUFFER_IS_DISCONT (buffer) == discont);
  return buffer;
}

/* The gap that the next gap event tells of. */
static void
pull_gap (Fixture *f, guint64 first, guint64 end)
{
  for (;;) {
    g_autoptr (GstEvent) event = gst_harness_try_pull_event (f->harness);
    GstClockTime pts, duration;

    g_assert_nonnull (event);
    if (GST_EVENT_TYPE (event) != GST_EVENT_GAP)
      continue;
    gst_event_parse_gap (event, &pts, &duration);
    g_assert_cmpuint (pts, ==, time_of (first));
    g_assert_cmpuint (pts + duration, ==, time_of (end));
    return;
  }
}

/* Each piece of a hop goes by the window that begins with it. */
static void
test_drop (void)
{
  static const struct {
    const char *properties;
    guint64 hop, buffer, total;
  } cases[] = { { "", 1024, 1000, 10240 }, { "", 1024, 1, 4500 }, { "", 1024, 7000, 10500 },
    { "hop=0.032", 256, 333, 8192 }, { "hop=0.05", 400, 10000, 10000 }, { "", 1024, 100, 700 } };
  const double threshold = 0.1;

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *properties =
        g_strdup_printf ("action=drop threshold=%g %s", threshold, cases[i].properties);
    const guint64 total = cases[i].total, hop = cases[i].hop;
    gboolean gap = TRUE, passes = TRUE;
    guint64 begin = 0, passed = 0, dropped = 0, scores = 0;
    Fixture f;

    open_fixture (&f, LENGTH, 1, properties, GST_AUDIO_NE (F32));
    for (guint64 first = 0; first < total; first += cases[i].buffer)
      g_assert_cmpint (gst_harness_push (f.harness,
                           make_buffer (first, MIN (cases[i].buffer, total - first), 1, FALSE)),
          ==, GST_FLOW_OK);
    gst_harness_push_event (f.harness, gst_event_new_eos ());
    for (guint64 end; begin < total; begin = end) {
      const gboolean whole = begin + LENGTH <= total;
      const guint64 covered = begin == 0 ? 0 : begin - hop + LENGTH;
      const gboolean scored =
          whole || covered == 0 || (total > covered && 2 * (total - covered) >= LENGTH);

      end = whole ? begin + hop : total;
      if (scored)
        passes = expected (begin, MIN (begin + LENGTH, total), LENGTH, 1) >= threshold;
      scores += scored;
      passed += passes;
      dropped += !passes;
      if (passes) {
        g_autoptr (GstBuffer) buffer = pull (&f, begin, end - begin, gap);

        g_assert_cmpuint (count_scores (buffer), ==, scored);
      } else {
        pull_gap (&f, begin, end);
      }
      gap = !passes;
    }
    g_assert_null (gst_harness_try_pull (f.harness));
    g_assert_cmpuint (count_lines (f.report), ==, scores + 1);
    /* The test is none unless there are both. */
    if (total > 8000) {
      g_assert_cmpuint (passed, >, 2);
      g_assert_cmpuint (dropped, >, 2);
    }
    close_fixture (&f);
  }
}

/* A jump, by DISCONT or by time alone, ends what came before it: less than half a window goes with
 * the window before, and what follows has its own time. */
static void
test_jump (void)
{
  static const gboolean flagged[] = { TRUE, FALSE };

  for (gsize i = 0; i < G_N_ELEMENTS (flagged); i++) {
    GstBuffer *buffer;
    Fixture f;

    open_fixture (&f, LENGTH, 1, "action=drop threshold=-9", GST_AUDIO_NE (F32));
    gst_harness_push (f.harness, make_buffer (0, 1300, 1, FALSE));
    buffer = make_buffer (16000, 1100, 1, FALSE);
    if (flagged[i])
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    gst_harness_push (f.harness, buffer);
    gst_harness_push_event (f.harness, gst_event_new_eos ());
    gst_buffer_unref (pull (&f, 0, 1024, TRUE));
    gst_buffer_unref (pull (&f, 1024, 276, FALSE));
    gst_buffer_unref (pull (&f, 16000, 1024, TRUE));
    gst_buffer_unref (pull (&f, 17024, 76, FALSE));
    g_assert_cmpuint (count_lines (f.report), ==, 2 + 1);
    close_fixture (&f);
  }
}

/* Frames `first` to `end` of item `item` of a dataset. */
static void
push_of_item (Fixture *f, guint64 first, guint64 end, guint64 item)
{
  GstBuffer *buffer = make_buffer (first, end - first, 1, FALSE);
  GstCustomMeta *meta = gst_buffer_add_custom_meta (buffer, "generative-label");

  gst_structure_set (gst_custom_meta_get_structure (meta), "label", G_TYPE_INT, -1, "index",
      G_TYPE_UINT, 0, "item", G_TYPE_UINT64, item, NULL);
  gst_harness_push (f->harness, buffer);
}

static guint64
item_of (GstBuffer *buffer)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "generative-label");
  guint64 item = G_MAXUINT64;

  g_assert_nonnull (meta);
  gst_structure_get_uint64 (gst_custom_meta_get_structure (meta), "item", &item);
  return item;
}

/* Items of a dataset follow each other to the sample, and have windows of their own: also where one
 * is shown again. What is left of one is treated as at the end of all. */
static void
test_items (void)
{
  static const struct {
    guint64 first, end, item;
    gboolean told; /* in a window of its own */
  } pieces[] = {
    { 0, 1024, 0, TRUE },
    { 1024, 1500, 0, FALSE },
    { 1500, 2524, 1, TRUE },
    { 2524, 3100, 1, TRUE },
    { 3100, 3400, 2, TRUE },
  };

  for (int drops = 0; drops <= 1; drops++) {
    guint64 window = 0;
    Fixture f;

    open_fixture (
        &f, LENGTH, 1, drops ? "action=drop threshold=-9" : "threshold=-9", GST_AUDIO_NE (F32));
    push_of_item (&f, 0, 700, 0);
    push_of_item (&f, 700, 1500, 0);
    push_of_item (&f, 1500, 3100, 1);
    push_of_item (&f, 3100, 3400, 2);
    gst_harness_push_event (f.harness, gst_event_new_eos ());
    for (gsize i = 0; i < G_N_ELEMENTS (pieces); i++) {
      const guint64 first = pieces[i].first, end = pieces[i].end;

      if (pieces[i].told)
        g_assert_cmpfloat_with_epsilon (
            pop_score (f.bus, window++, first), expected (first, end, LENGTH, 1), 1e-5);
      if (drops) {
        g_autoptr (GstBuffer) piece = pull (&f, first, end - first, i == 0);

        g_assert_cmpuint (item_of (piece), ==, pieces[i].item);
      }
    }
    g_assert_cmpuint (count_lines (f.report), ==, window + 1);
    close_fixture (&f);
  }
}

/* After a flush nothing is left of what came before. */
static void
test_flush (void)
{
  GstSegment segment;
  Fixture f;

  open_fixture (&f, LENGTH, 1, "action=drop threshold=-9", GST_AUDIO_NE (F32));
  for (int times = 0; times < 100; times++) {
    const guint64 first = (guint64)times * 37 * 80;

    gst_harness_push (f.harness, make_buffer (first, 1500, 1, FALSE));
    gst_buffer_unref (pull (&f, first, 1024, TRUE));
    gst_harness_push_event (f.harness, gst_event_new_flush_start ());
    gst_harness_push_event (f.harness, gst_event_new_flush_stop (TRUE));
    gst_segment_init (&segment, GST_FORMAT_TIME);
    gst_harness_push_event (f.harness, gst_event_new_segment (&segment));
  }
  g_assert_null (gst_harness_try_pull (f.harness));
  close_fixture (&f);
}

/* What is held comes before an event that tells of another time. */
static void
test_gap_event (void)
{
  Fixture f;

  open_fixture (&f, LENGTH, 1, "action=drop threshold=-9", GST_AUDIO_NE (F32));
  gst_harness_push (f.harness, make_buffer (0, 300, 1, FALSE));
  g_assert_null (gst_harness_try_pull (f.harness));
  gst_harness_push_event (f.harness, gst_event_new_gap (time_of (300), GST_SECOND));
  gst_buffer_unref (pull (&f, 0, 300, TRUE));
  pull_gap (&f, 300, 300 + RATE);
  close_fixture (&f);
}

/* Dropping may begin and end while sound passes: each sample comes out once. */
static void
test_action_changes (void)
{
  guint64 come = 0;
  Fixture f;

  open_fixture (&f, LENGTH, 1, "threshold=-9", GST_AUDIO_NE (F32));
  for (int i = 0; i < 60; i++) {
    if (i % 20 == 7)
      set_action (&f, 1);
    if (i % 20 == 14)
      set_action (&f, 0);
    gst_harness_push (f.harness, make_buffer ((guint64)i * 300, 300, 1, FALSE));
  }
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  for (;;) {
    g_autoptr (GstBuffer) buffer = gst_harness_try_pull (f.harness);
    guint64 frames;

    if (buffer == NULL)
      break;
    frames = gst_buffer_get_size (buffer) / sizeof (float);
    assert_samples (buffer, come, frames, 1, FALSE);
    come += frames;
  }
  g_assert_cmpuint (come, ==, 60 * 300);
  close_fixture (&f);
}

/* A window longer, where it is held; nothing to speak of where it is not. */
static void
test_latency (void)
{
  Fixture f;

  open_fixture (&f, LENGTH, 1, "action=drop", GST_AUDIO_NE (F32));
  g_assert_cmpuint (gst_harness_query_latency (f.harness), >=, time_of (LENGTH));
  g_assert_cmpuint (gst_harness_query_latency (f.harness), <, time_of (LENGTH) + 50 * GST_MSECOND);
  close_fixture (&f);
  open_fixture (&f, LENGTH, 1, "action=tag", GST_AUDIO_NE (F32));
  g_assert_cmpuint (gst_harness_query_latency (f.harness), ==, 0);
  close_fixture (&f);
}

/* Another model, of shorter windows, in the middle of one. */
static void
test_reload (void)
{
  g_autofree char *next = NULL;
  g_autoptr (GstElement) judge = NULL;
  gboolean changed = FALSE;
  Fixture f;

  open_fixture (&f, LENGTH * 2, 1, "action=drop threshold=-9", GST_AUDIO_NE (F32));
  next = g_build_filename (f.folder, "next.onnx", NULL);
  save_mean (next, LENGTH, 1, "8000", 0);
  gst_harness_push (f.harness, make_buffer (0, 2000, 1, FALSE));
  judge = gst_harness_find_element (f.harness, "discriminator");
  g_object_set (judge, "model", next, NULL);
  for (guint64 first = 2000; !changed; first += 10) {
    g_autoptr (GstMessage) message = NULL;

    gst_harness_push (f.harness, make_buffer (first, 10, 1, FALSE));
    while (!changed && (message = gst_bus_pop_filtered (f.bus, GST_MESSAGE_ELEMENT)) != NULL) {
      changed =
          gst_structure_has_name (gst_message_get_structure (message), "discriminator-reload");
      g_clear_pointer (&message, gst_message_unref);
    }
    g_usleep (1000);
    g_assert_cmpuint (first, <, 10000000);
  }
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  for (guint64 come = 0;;) {
    g_autoptr (GstBuffer) buffer = gst_harness_try_pull (f.harness);
    guint64 frames;

    if (buffer == NULL)
      break;
    frames = gst_buffer_get_size (buffer) / sizeof (float);
    assert_samples (buffer, come, frames, 1, FALSE);
    come += frames;
  }
  close_fixture (&f);
}

/* No number is no score: it is told, and does not pass. */
static void
test_no_number (void)
{
  g_autoptr (GstBuffer) first = NULL;
  GstMapInfo map;
  GstBuffer *bad;
  Fixture f;

  open_fixture (&f, LENGTH, 1, "action=drop threshold=-9", GST_AUDIO_NE (F32));
  bad = make_buffer (0, LENGTH, 1, FALSE);
  gst_buffer_map (bad, &map, GST_MAP_WRITE);
  ((float *)map.data)[7] = NAN;
  gst_buffer_unmap (bad, &map);
  gst_harness_push (f.harness, bad);
  pull_gap (&f, 0, LENGTH);
  gst_harness_push (f.harness, make_buffer (LENGTH, LENGTH, 1, FALSE));
  first = pull (&f, LENGTH, LENGTH, TRUE);
  close_fixture (&f);
}

static void
test_words (void)
{
  static const struct {
    const char *rate; /* that the model says */
    const char *launch, *text;
    gboolean fails;
  } cases[] = {
    { "8000",
        "audiotestsrc num-buffers=9 ! audio/x-raw,rate=16000 ! discriminator model=%s ! "
        "fakesink",
        "takes sound of 1 channels at 8000 Hz: put audioconvert", TRUE },
    { "8000", "videotestsrc num-buffers=9 ! discriminator model=%s ! fakesink",
        "takes sound of 1 channels", TRUE },
    { "8000", "audiotestsrc num-buffers=9 ! discriminator window=0.5 model=%s ! fakesink",
        "takes 1024 samples at 8000 Hz, which are 0.128: leave it unset", TRUE },
    { NULL,
        "audiotestsrc num-buffers=9 ! discriminator model=%s ! audio/x-raw,rate=16000 ! "
        "fakesink",
        "16000 are assumed", FALSE },
    { NULL,
        "audiotestsrc num-buffers=9 ! discriminator sample-rate=11025 model=%s ! "
        "audio/x-raw,rate=11025 ! fakesink",
        "", FALSE },
    { "8000",
        "audiotestsrc wave=silence num-buffers=9 ! discriminator action=drop threshold=5 model=%s "
        "! "
        "fakesink",
        "Nothing passed: none of the 9 windows has a score of at least 5, the threshold; the best "
        "one is 0.",
        FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *folder = scratch_new ();
    g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);
    g_auto (GStrv) parts = g_strsplit (cases[i].launch, "%s", 2);
    g_autofree char *launch = g_strjoinv (model, parts), *words = NULL;
    gboolean failed = FALSE;

    save_mean (model, LENGTH, 1, cases[i].rate, 0);
    words = play_for_words (launch, &failed);
    g_assert_true (failed == cases[i].fails);
    g_assert_nonnull (strstr (words, cases[i].text));
    if (*cases[i].text == '\0')
      g_assert_cmpstr (words, ==, "");
    scratch_remove (folder);
  }
}

/* Samples in a row of any length, [1, T], are sound where the property says their rate. */
static void
test_rows (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *launch = g_strdup_printf (
      "audiotestsrc wave=silence num-buffers=9 ! discriminator sample-rate=8000 window=0.25 "
      "action=drop threshold=9 model=%s ! fakesink",
      model);
  g_autoptr (GenGraph) graph = gen_graph_new ("judge");
  g_autoptr (GError) error = NULL;
  const gint64 channel[] = { 1, 1, -1 };
  GenTensor *x = gen_graph_add_input (graph, "x", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH)), *y;
  g_autofree char *words = NULL;
  gboolean failed;

  y = gen_binary (graph, "Reshape", x, gen_graph_ints (graph, channel, 3), &error);
  y = gen_unary (graph, "GlobalAveragePool", y, &error);
  y = gen_unary (graph, "Flatten", y, &error);
  g_assert_no_error (error);
  x->shape.dims[1] = -1;
  save_model (graph, y, model);
  words = play_for_words (launch, &failed);
  g_assert_false (failed);
  /* 9 buffers of 1,024 samples, by windows of 2,000 */
  assert_says (words, "none of the 5 windows has a score of at least 9");
  scratch_remove (folder);
}

/* What is dropped is silence to a player, and what follows comes in its time: audiorate, which puts
 * in what is missing, has as many samples as there were. The half waves below zero are dropped. */
static void
test_players_stay_in_time (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *file = g_build_filename (folder, "sound.raw", NULL);
  g_autofree char *launch = g_strdup_printf (
      "audiotestsrc num-buffers=400 samplesperbuffer=160 freq=0.9 ! "
      "audio/x-raw,rate=8000,channels=1,format=" GST_AUDIO_NE (
          S16) " ! discriminator action=drop threshold=0 model=%s ! audiorate ! filesink "
               "location=%s",
      model, file);
  g_autofree char *words = NULL, *bytes = NULL;
  gboolean failed = FALSE;
  gsize size;

  save_mean (model, LENGTH, 1, "8000", 0);
  words = play_for_words (launch, &failed);
  g_assert_false (failed);
  g_assert_true (g_file_get_contents (file, &bytes, &size, NULL));
  g_assert_cmpuint (size, ==, 400 * 160 * 2);
  scratch_remove (folder);
}

static void
test_state_cycles (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *model = g_build_filename (folder, "model.onnx", NULL);
  g_autofree char *launch = g_strdup_printf (
      "audiotestsrc ! audio/x-raw,rate=8000,channels=1 ! discriminator name=d model=%s ! fakesink",
      model);
  g_autoptr (GstElement) pipeline = NULL, judge = NULL;

  save_mean (model, LENGTH, 1, "8000", 0);
  pipeline = gst_parse_launch (launch, NULL);
  judge = gst_bin_get_by_name (GST_BIN (pipeline), "d");
  for (int i = 0; i < 60; i++) {
    g_object_set (judge, "action", i % 2, "threshold", i % 3 == 0 ? -9.0 : 0.0, NULL);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    if (i % 4 != 0)
      gst_element_get_state (pipeline, NULL, NULL, i % 4 * GST_MSECOND);
    gst_element_set_state (pipeline, i % 5 == 0 ? GST_STATE_READY : GST_STATE_NULL);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sound-scores/windows", test_windows);
  g_test_add_func ("/sound-scores/drop", test_drop);
  g_test_add_func ("/sound-scores/jump", test_jump);
  g_test_add_func ("/sound-scores/items", test_items);
  g_test_add_func ("/sound-scores/flush", test_flush);
  g_test_add_func ("/sound-scores/gap-event", test_gap_event);
  g_test_add_func ("/sound-scores/action-changes", test_action_changes);
  g_test_add_func ("/sound-scores/latency", test_latency);
  g_test_add_func ("/sound-scores/reload", test_reload);
  g_test_add_func ("/sound-scores/no-number", test_no_number);
  g_test_add_func ("/sound-scores/words", test_words);
  g_test_add_func ("/sound-scores/rows", test_rows);
  g_test_add_func ("/sound-scores/players-stay-in-time", test_players_stay_in_time);
  g_test_add_func ("/sound-scores/state-cycles", test_state_cycles);
  return g_test_run ();
}
