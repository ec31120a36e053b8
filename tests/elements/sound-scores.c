/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* discriminator on sound: which windows are scored, where their scores are told, and what passes
 * when: all of it, to the sample and in its time, or what is good enough. */
#include "sound-scores.h"

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
  return g_test_run ();
}
