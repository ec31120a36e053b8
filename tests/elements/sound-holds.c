/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* discriminator action=hold-last on sound: the last window that was selected goes on in the place
 * of those that were not, without a click, a gap, or anything of what was refused. */
#include "sound-scores.h"

#define FADE (RATE / 100)

/* A tone on a level for each window, by which windows are judged. */
static float
sample_on (double level, guint64 frame, int channel)
{
  return (float)(level + 0.05 * sin (0.11 * (double)frame + channel));
}

static void
push_window (Fixture *f, guint64 number, double level, int channels, gboolean int16)
{
  const gsize size = (gsize)LENGTH * (gsize)channels * (int16 ? 2 : 4);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  for (guint64 i = 0; i < LENGTH; i++)
    for (int c = 0; c < channels; c++) {
      const guint64 place = i * (guint64)channels + (guint64)c;
      const float value = sample_on (level, number * LENGTH + i, c);

      if (int16)
        ((gint16 *)map.data)[place] = (gint16)lrintf (value * 32768);
      else
        ((float *)map.data)[place] = value;
    }
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = time_of (number * LENGTH);
  GST_BUFFER_DURATION (buffer) = time_of ((number + 1) * LENGTH) - GST_BUFFER_PTS (buffer);
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
}

/* What came out from frame `first` on, of all buffers, as floats; they follow each other. */
static GArray *
pull_all (Fixture *f, guint64 first, int channels, gboolean int16, guint *repeated)
{
  GArray *all = g_array_new (FALSE, FALSE, sizeof (float));
  GstBuffer *next;

  *repeated = 0;
  while ((next = gst_harness_try_pull (f->harness)) != NULL) {
    g_autoptr (GstBuffer) buffer = next;
    GstMapInfo map;

    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, time_of (first + all->len / (guint)channels));
    g_assert_true (GST_BUFFER_IS_DISCONT (buffer) == (all->len == 0));
    if (count_scores (buffer) > 0)
      *repeated += gst_structure_has_field (nth_score (buffer, 0), "repeated");
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    for (gsize i = 0; i < map.size / (int16 ? 2 : 4); i++) {
      const float value = int16 ? (float)((gint16 *)map.data)[i] / 32768 : ((float *)map.data)[i];

      g_array_append_val (all, value);
    }
    gst_buffer_unmap (buffer, &map);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer), ==,
        time_of (first + all->len / (guint)channels));
  }
  return all;
}

/* Levels of windows: those below 0.2 are refused. */
static const double levels[] = { 0, 0.1, 0.4, 0.3, -0.6, -0.7, -0.6, 0.5, -0.8, 0.35, 0.4 };

/* Of both formats and of several channels: what is selected is as it came but where it follows a
 * loop, and the loop is what was selected last but where it begins. */
static void
test_goes_on (void)
{
  for (int kind = 0; kind < 3; kind++) {
    const gboolean int16 = kind == 1;
    const int channels = kind == 2 ? 2 : 1;
    const float near = int16 ? 1.0f / 32768 : 1e-6f;
    g_autoptr (GArray) all = NULL;
    guint repeated;
    Fixture f;

    open_fixture (&f, LENGTH, channels, "action=hold-last threshold=0.2",
        int16 ? GST_AUDIO_NE (S16) : GST_AUDIO_NE (F32));
    for (guint64 i = 0; i < G_N_ELEMENTS (levels); i++)
      push_window (&f, i, levels[i], channels, int16);
    gst_harness_push_event (f.harness, gst_event_new_eos ());
    pull_gap (&f, 0, LENGTH);
    all = pull_all (&f, 2 * LENGTH, channels, int16, &repeated);
    g_assert_cmpuint (all->len, ==, 9u * LENGTH * (guint)channels);
    g_assert_cmpuint (repeated, ==, 4);
    for (guint64 i = 2; i < G_N_ELEMENTS (levels); i++)
      for (guint64 k = 0; k < LENGTH; k++)
        for (int c = 0; c < channels; c++) {
          const guint64 place = ((i - 2) * LENGTH + k) * (guint64)channels + (guint64)c;
          const float found = g_array_index (all, float, place);
          guint64 source = i;

          while (levels[source] < 0.2)
            source--;
          if (k >= FADE || (source == i && levels[i - 1] >= 0.2)) {
            /* Of two windows that passed behind each other the last one is what is kept. */
            g_assert_cmpfloat_with_epsilon (
                found, sample_on (levels[source], source * LENGTH + k, c), near);
          }
          /* Nothing of what was refused, which is below 0, and no click. */
          g_assert_cmpfloat (found, >, 0.2);
          if (place >= (guint64)channels && !(k == 0 && source == i && levels[i - 1] >= 0.2))
            g_assert_cmpfloat (
                fabsf (found - g_array_index (all, float, place - (guint64)channels)), <, 0.02);
        }
    close_fixture (&f);
  }
}

/* The summary that the element has posted at the end. */
static GstStructure *
find_summary (Fixture *f)
{
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_ELEMENT);

    g_assert_nonnull (message);
    if (gst_message_has_name (message, "generative-summary"))
      return gst_structure_copy (gst_message_get_structure (message));
  }
}

/* What the summary says of `n` windows, of which the first passes. */
static void
check_counts (Fixture *f, gint64 n)
{
  g_autoptr (GstStructure) summary = find_summary (f);
  gint64 frames = 0, passed = 0, repeated = 0, dropped = -1;

  g_assert_true (
      gst_structure_get (summary, "frames", G_TYPE_INT64, &frames, "passed", G_TYPE_INT64, &passed,
          "repeated", G_TYPE_INT64, &repeated, "dropped", G_TYPE_INT64, &dropped, NULL));
  g_assert_cmpint (frames, ==, n);
  g_assert_cmpint (dropped, ==, 0);
  g_assert_cmpint (passed, >, 0);
  g_assert_cmpint (repeated, ==, n - passed);
}

/* Windows that overlap go by hops, and what goes on is as long as a window. Of the end of the last
 * one, which is behind its hop, nothing is counted again. */
static void
test_hops (void)
{
  g_autoptr (GArray) all = NULL;
  guint repeated;
  Fixture f;

  open_fixture (&f, LENGTH, 1, "action=hold-last threshold=0.2 hop=0.032", GST_AUDIO_NE (F32));
  for (guint64 i = 0; i < 8; i++)
    push_window (&f, i, i < 3 ? 0.4 : -0.5, 1, FALSE);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  all = pull_all (&f, 0, 1, FALSE, &repeated);
  g_assert_cmpuint (all->len, ==, 8 * LENGTH);
  g_assert_cmpuint (repeated, >, 15);
  /* The last hop that passes is that of a window of which a quarter or less is bad; from there on
   * it has a period of a window. */
  for (guint i = 4 * LENGTH; i < 7 * LENGTH; i++) {
    g_assert_cmpfloat_with_epsilon (
        g_array_index (all, float, i), g_array_index (all, float, i + LENGTH), 1e-6f);
    g_assert_cmpfloat (g_array_index (all, float, i), >, 0.2);
    g_assert_cmpfloat (
        fabsf (g_array_index (all, float, i) - g_array_index (all, float, i - 1)), <, 0.02);
  }
  check_counts (&f, 29);
  close_fixture (&f);
}

/* After a flush nothing is kept: what is refused leaves a gap. */
static void
test_flush (void)
{
  g_autoptr (GstBuffer) buffer = NULL;
  GstSegment segment;
  guint repeated;
  Fixture f;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  open_fixture (&f, LENGTH, 1, "action=hold-last threshold=0.2", GST_AUDIO_NE (F32));
  push_window (&f, 0, 0.4, 1, FALSE);
  push_window (&f, 1, -0.4, 1, FALSE);
  g_array_unref (pull_all (&f, 0, 1, FALSE, &repeated));
  g_assert_cmpuint (repeated, ==, 1);
  gst_harness_push_event (f.harness, gst_event_new_flush_start ());
  gst_harness_push_event (f.harness, gst_event_new_flush_stop (TRUE));
  gst_harness_push_event (f.harness, gst_event_new_segment (&segment));
  push_window (&f, 0, -0.4, 1, FALSE);
  g_assert_null (gst_harness_try_pull (f.harness));
  push_window (&f, 1, 0.4, 1, FALSE);
  buffer = gst_harness_try_pull (f.harness);
  g_assert_nonnull (buffer);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, time_of (LENGTH));
  close_fixture (&f);
}

/* The action may change at any time: what passed in between is not taken for what follows what was
 * kept, and is as it came. */
static void
test_action_changes (void)
{
  g_autoptr (GArray) all = NULL;
  guint repeated;
  Fixture f;

  open_fixture (&f, LENGTH, 1, "action=hold-last threshold=0.2", GST_AUDIO_NE (F32));
  push_window (&f, 0, 0.4, 1, FALSE);
  push_window (&f, 1, -0.4, 1, FALSE);
  set_action (&f, 0);
  push_window (&f, 2, -0.4, 1, FALSE);
  set_action (&f, 2);
  push_window (&f, 3, 0.3, 1, FALSE);
  push_window (&f, 4, -0.4, 1, FALSE);
  gst_harness_push_event (f.harness, gst_event_new_eos ());
  all = pull_all (&f, 0, 1, FALSE, &repeated);
  g_assert_cmpuint (all->len, ==, 5 * LENGTH);
  g_assert_cmpuint (repeated, ==, 2);
  for (guint64 i = 2 * LENGTH; i < 4 * LENGTH; i++)
    g_assert_cmpfloat_with_epsilon (
        g_array_index (all, float, i), sample_on (i < 3 * LENGTH ? -0.4 : 0.3, i, 0), 1e-6f);
  for (guint64 i = 4 * LENGTH + FADE; i < 5 * LENGTH; i++)
    g_assert_cmpfloat_with_epsilon (
        g_array_index (all, float, i), sample_on (0.3, i - LENGTH, 0), 1e-6f);
  close_fixture (&f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sound-holds/goes-on", test_goes_on);
  g_test_add_func ("/sound-holds/hops", test_hops);
  g_test_add_func ("/sound-holds/flush", test_flush);
  g_test_add_func ("/sound-holds/action-changes", test_action_changes);
  return g_test_run ();
}
