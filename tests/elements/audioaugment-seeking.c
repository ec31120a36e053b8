/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* audioaugment wherever one seeks to: jumps, gaps, other rates and playing backwards. */
#include "audioaugment.h"
#include "player.h"

/* To windows, forwards and back, in the middle of what is being filled: the same samples. */
static void
test_seek (void)
{
  static const guint windows[] = { 7, 2, 50, 0, 50, 49, 3 };
  const GenAugmentSettings settings = settings_of (SETTINGS);

  for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++) {
    GstHarness *harness = harness_new ("length=1000 " SETTINGS, &kinds[k]);

    push_frames (harness, &kinds[k], 0, 2 * LENGTH + 77, 100);
    for (gsize w = 0; w < G_N_ELEMENTS (windows); w++) {
      const guint64 first = windows[w] * LENGTH;
      GstBuffer *buffer;
      g_autoptr (GByteArray) bytes = NULL;

      while ((buffer = gst_harness_try_pull (harness)) != NULL)
        gst_buffer_unref (buffer);
      seek_to (harness, first);
      push_frames (harness, &kinds[k], first, first + 3 * LENGTH + 123, 10 + 99 * w);
      bytes = pull_all (harness, &kinds[k], first);
      assert_expected (bytes, &kinds[k], &settings, first, first + 3 * LENGTH, LENGTH);
    }
    gst_harness_teardown (harness);
  }
}

/* Into a window: what does not hang on the rest of it is the same, and all is from the next one
 * on. */
static void
test_seek_into (void)
{
  static const char *const texts[] = { OF_PARTS, SETTINGS };

  for (gsize t = 0; t < G_N_ELEMENTS (texts); t++) {
    const GenAugmentSettings settings = settings_of (texts[t]);
    g_autofree char *launch = g_strdup_printf ("length=1000 %s", texts[t]);
    GstHarness *harness = harness_new (launch, &kinds[2]);
    g_autoptr (GByteArray) bytes = NULL, whole = NULL;
    const gsize same = t == 0 ? 0 : 679 * frame_of (&kinds[2]);

    seek_to (harness, 5321);
    push_frames (harness, &kinds[2], 5321, 9000, 480);
    bytes = pull_all (harness, &kinds[2], 5321);
    assert_expected (bytes, &kinds[2], &settings, 5321, 9000, LENGTH);
    whole = expected (&kinds[2], &settings, 5000, 9000, LENGTH);
    g_byte_array_remove_range (whole, 0, (guint)(321 * frame_of (&kinds[2])));
    g_assert_cmpmem (bytes->data + same, bytes->len - same, whole->data + same, whole->len - same);
    gst_harness_teardown (harness);
  }
}

/* A jump ends the window and begins another one; what only says that it is one does not, nor do
 * times that a container has rounded. */
static void
test_jumps (void)
{
  const GenAugmentSettings settings = settings_of (SETTINGS);
  GstHarness *harness = harness_new ("length=1000 " SETTINGS, &kinds[0]);
  g_autoptr (GByteArray) before = NULL, behind = NULL;
  GstBuffer *buffer;

  push_frames (harness, &kinds[0], 0, 300, 100);
  buffer = new_buffer (&kinds[0], 300, 100);
  GST_BUFFER_PTS (buffer) = time_of (300);
  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  buffer = new_buffer (&kinds[0], 400, 800);
  GST_BUFFER_PTS (buffer) = time_of (400) / GST_MSECOND * GST_MSECOND + GST_MSECOND;
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  push_frames (harness, &kinds[0], 5321, 6000, 1000);
  /* Those from 0 to 1200, of which the last 200 are a part, and then the part of window 5. */
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 3);
  before = g_byte_array_new ();
  for (int i = 0; i < 2; i++) {
    GstMapInfo map;

    buffer = gst_harness_pull (harness);
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    g_byte_array_append (before, map.data, (guint)map.size);
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
  assert_expected (before, &kinds[0], &settings, 0, 1200, LENGTH);
  behind = pull_all (harness, &kinds[0], 5321);
  assert_expected (behind, &kinds[0], &settings, 5321, 6000, LENGTH);
  gst_harness_teardown (harness);
}

/* A part of a window does not come behind the end of its segment. */
static void
test_segment_done (void)
{
  const GenAugmentSettings settings = settings_of (OF_PARTS);
  GstHarness *harness = harness_new ("length=1000 " OF_PARTS, &kinds[0]);
  g_autoptr (GByteArray) bytes = NULL;

  push_frames (harness, &kinds[0], 0, 2300, 100);
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 2);
  g_assert_true (gst_harness_push_event (
      harness, gst_event_new_segment_done (GST_FORMAT_TIME, (gint64)time_of (2300))));
  bytes = pull_all (harness, &kinds[0], 0);
  assert_expected (bytes, &kinds[0], &settings, 0, 2300, LENGTH);
  gst_harness_teardown (harness);
}

/* Backwards, each buffer is a part of its window. */
static void
test_backwards (void)
{
  const GenAugmentSettings settings = settings_of (OF_PARTS);
  GstHarness *harness = harness_new ("length=1000 " OF_PARTS, &kinds[0]);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  GstSegment segment;
  guint n;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.rate = -1;
  segment.stop = time_of (3000);
  gst_harness_push_event (harness, gst_event_new_segment (&segment));
  for (int first = 2700; first >= 0; first -= 300) {
    GstBuffer *buffer = new_buffer (&kinds[0], (guint64)first, 300);

    GST_BUFFER_PTS (buffer) = time_of ((guint64)first);
    GST_BUFFER_DURATION (buffer) = time_of (300);
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  }
  gst_harness_push_event (harness, gst_event_new_eos ());
  g_byte_array_set_size (bytes, 3000 * sizeof (float));
  n = gst_harness_buffers_in_queue (harness);
  g_assert_cmpuint (n, ==, 12);
  for (guint i = 0; i < n; i++) {
    GstBuffer *buffer = gst_harness_pull (harness);

    gst_buffer_extract (buffer, 0, bytes->data + GST_BUFFER_OFFSET (buffer) * sizeof (float),
        gst_buffer_get_size (buffer));
    gst_buffer_unref (buffer);
  }
  assert_expected (bytes, &kinds[0], &settings, 0, 3000, LENGTH);
  gst_harness_teardown (harness);
}

/* Buffers of a gap are silence, whatever is in them; a window of nothing else is a gap, too. A GAP
 * event ends the window before it. */
static void
test_gaps (void)
{
  GstHarness *harness = harness_new ("length=1000 gain=6 noise=1", &kinds[0]);
  GstBuffer *buffer;
  GstEvent *event;
  float samples[LENGTH];

  for (int i = 0; i < 4; i++) {
    buffer = new_buffer (&kinds[0], (guint64)i * 500, 500);
    GST_BUFFER_PTS (buffer) = time_of ((guint64)i * 500);
    if (i != 3)
      GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  }
  push_frames (harness, &kinds[0], 2000, 2100, 100);
  while ((event = gst_harness_try_pull_event (harness)) != NULL)
    gst_event_unref (event);
  gst_harness_push_event (harness, gst_event_new_gap (time_of (2100), time_of (50)));
  event = gst_harness_pull_event (harness);
  g_assert_cmpint (GST_EVENT_TYPE (event), ==, GST_EVENT_GAP);
  gst_event_unref (event);
  push_frames (harness, &kinds[0], 2150, 3000, 1000);
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 4);

  buffer = gst_harness_pull (harness);
  g_assert_true (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP));
  gst_buffer_extract (buffer, 0, samples, sizeof samples);
  for (int i = 0; i < LENGTH; i++)
    g_assert_cmpfloat (samples[i], ==, 0);
  gst_buffer_unref (buffer);
  buffer = gst_harness_pull (harness);
  g_assert_false (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_GAP));
  gst_buffer_extract (buffer, 0, samples, sizeof samples);
  g_assert_cmpfloat (samples[900], !=, 0);
  gst_buffer_unref (buffer);
  buffer = gst_harness_pull (harness);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, 100 * sizeof (float));
  gst_buffer_unref (buffer);
  buffer = gst_harness_pull (harness);
  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, 2150);
  g_assert_true (GST_BUFFER_IS_DISCONT (buffer));
  gst_buffer_unref (buffer);
  gst_harness_teardown (harness);
}

/* Another rate ends the window, and windows of it follow; the same one again does not. */
static void
test_rate_change (void)
{
  GstHarness *harness = harness_new ("length=1000 gain=6", &kinds[0]);
  g_autoptr (GstCaps) caps = NULL;
  GstBuffer *buffer;

  push_frames (harness, &kinds[0], 0, 700, 100);
  caps = gst_pad_get_current_caps (harness->srcpad);
  gst_harness_push_event (harness, gst_event_new_caps (caps));
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 0);
  set_caps (harness, &kinds[1], 2 * RATE);
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 1);
  buffer = gst_harness_pull (harness);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, 700 * sizeof (float));
  gst_buffer_unref (buffer);
  /* Frame 700 of the old rate is frame 1400 of the new one. */
  buffer = new_buffer (&kinds[1], 1400, 1600);
  GST_BUFFER_PTS (buffer) = time_of (700);
  GST_BUFFER_DURATION (buffer) = time_of (800);
  g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  g_assert_cmpuint (gst_harness_buffers_in_queue (harness), ==, 2);
  buffer = gst_harness_pull (harness);
  g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, 1400);
  g_assert_cmpuint (GST_BUFFER_OFFSET_END (buffer), ==, 2000);
  g_assert_cmpuint (gst_buffer_get_size (buffer), ==, 600 * sizeof (gint16));
  gst_buffer_unref (buffer);
  gst_harness_teardown (harness);
}

/* Play windows [first, end) of the pipeline, and see that each is as in `windows`, which learns
 * those that it does not have. */
static void
play_windows (Player *player, guint64 first, guint64 end, guint64 length, GBytes **windows)
{
  g_assert_true (gst_element_seek (player->pipeline, 1, GST_FORMAT_TIME,
      GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, GST_SEEK_TYPE_SET,
      (gint64)gst_util_uint64_scale (first * length, GST_SECOND, 44100), GST_SEEK_TYPE_SET,
      (gint64)gst_util_uint64_scale (end * length, GST_SECOND, 44100)));
  player_play_to_end (player);
  g_assert_cmpuint (player->buffers->len, ==, end - first);
  for (guint i = 0; i < player->buffers->len; i++) {
    GstBuffer *buffer = g_ptr_array_index (player->buffers, i);
    const guint64 window = first + i;
    g_autoptr (GBytes) bytes = NULL;
    GstMapInfo map;

    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, window * length);
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    bytes = g_bytes_new (map.data, map.size);
    gst_buffer_unmap (buffer, &map);
    if (windows[window] == NULL)
      windows[window] = g_steal_pointer (&bytes);
    else
      g_assert_true (g_bytes_equal (windows[window], bytes));
  }
  g_ptr_array_set_size (player->buffers, 0);
}

/* 100 seeks in a pipeline, forwards and back, to where windows begin: all of them are as they were
 * when it played through. */
static void
test_pipeline (void)
{
  const guint64 length = 4410;
  GBytes *windows[20] = { NULL };
  Player player;

  player_open (&player,
      "audiotestsrc wave=saw samplesperbuffer=441 ! audio/x-raw,rate=44100 ! "
      "audioaugment length=4410 " SETTINGS " ! fakesink name=sink signal-handoffs=true");
  g_ptr_array_set_size (player.buffers, 0);
  play_windows (&player, 0, 20, length, windows);
  for (guint64 i = 0; i < 100; i++)
    play_windows (&player, i * 13 % 18, i * 13 % 18 + 1 + i % 2, length, windows);
  player_close (&player);
  for (int i = 0; i < 20; i++)
    g_bytes_unref (windows[i]);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/audioaugment/seek", test_seek);
  g_test_add_func ("/audioaugment/seek-into", test_seek_into);
  g_test_add_func ("/audioaugment/jumps", test_jumps);
  g_test_add_func ("/audioaugment/segment-done", test_segment_done);
  g_test_add_func ("/audioaugment/backwards", test_backwards);
  g_test_add_func ("/audioaugment/gaps", test_gaps);
  g_test_add_func ("/audioaugment/rate-change", test_rate_change);
  g_test_add_func ("/audioaugment/pipeline", test_pipeline);
  return g_test_run ();
}
