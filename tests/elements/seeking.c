/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Seeking in the sources of numbered frames, datasetsrc and latentsrc: which frames come after
 * which seek, backwards and forwards, paused and playing, at the end and past it; what is refused
 * leaves the stream as it is; and what they answer when they are asked. */
#include <generative/picture.h>
#include <gst/video/video.h>

#include "../scratch.h"
#include "player.h"

#define SINK " ! fakesink name=sink signal-handoffs=true sync=false"

/* An epoch of datasetsrc, of which there are three; frames of both sources. */
enum { ITEMS = 12, FRAMES = 36 };

static char *sheet; /* of ITEMS tiles, made by main */

static char *
describe_source (gboolean dataset, gboolean endless)
{
  if (dataset)
    return g_strdup_printf ("datasetsrc name=source location=%s tile-width=6 tile-height=4 "
                            "epochs=%d seed=9" SINK,
        sheet, endless ? 0 : FRAMES / ITEMS);
  return g_strdup_printf (
      "latentsrc name=source seed=9 num-buffers=%d" SINK, endless ? -1 : 4 * FRAMES);
}

static GstClockTime
time_of (guint64 frame)
{
  return gst_util_uint64_scale (frame, GST_SECOND, 30);
}

typedef struct {
  double rate;
  GstSeekFlags flags;
  GstFormat format;
  GstSeekType start_type;
  gint64 start;
  GstSeekType stop_type;
  gint64 stop;
  guint64 first; /* what comes, in the direction of `rate` */
  guint count;
} Seek;

#define AT GST_SEEK_TYPE_SET
#define KEPT GST_SEEK_TYPE_NONE
#define FRAME GST_FORMAT_DEFAULT
#define TIME GST_FORMAT_TIME

static const Seek seeks[] = {
  { 1, GST_SEEK_FLAG_ACCURATE, FRAME, AT, 20, AT, 23, 20, 3 },
  { 1, GST_SEEK_FLAG_KEY_UNIT, TIME, AT, GST_SECOND / 2, AT, GST_SECOND, 15, 15 },
  { 2, GST_SEEK_FLAG_TRICKMODE, FRAME, AT, 20, AT, 30, 20, 10 },
  { 0.5, 0, FRAME, AT, 20, AT, 22, 20, 2 },
  /* Within a frame, and at the very time that it carries. */
  { 1, 0, TIME, AT, 250000000, AT, 266666666, 7, 1 },
  { 1, 0, TIME, AT, 233333333, AT, 266666666, 7, 1 },
  { -1, GST_SEEK_FLAG_ACCURATE, FRAME, AT, 5, AT, 9, 8, 4 },
  { -1, 0, TIME, AT, 0, AT, GST_SECOND / 2, 14, 15 },
  { -2, GST_SEEK_FLAG_TRICKMODE | GST_SEEK_FLAG_KEY_UNIT, FRAME, AT, 0, AT, 30, 29, 30 },
  { -1, 0, FRAME, AT, 12, AT, 25, 24, 13 },
};

static gboolean
send (Player *player, const Seek *seek, GstSeekFlags flags)
{
  return gst_element_seek (player->pipeline, seek->rate, seek->format, seek->flags | flags,
      seek->start_type, seek->start, seek->stop_type, seek->stop);
}

static void
wait_for (Player *player, GstMessageType type)
{
  g_autoptr (GstMessage) message =
      gst_bus_timed_pop_filtered (player->bus, 20 * GST_SECOND, type | GST_MESSAGE_ERROR);

  g_assert_nonnull (message);
  g_assert_cmpstr (GST_MESSAGE_TYPE_NAME (message), ==, gst_message_type_get_name (type));
}

/* Numbers and times of the last buffers, which are all that `seek` asked for. */
static void
assert_came (Player *player, const Seek *seek)
{
  guint first;

  g_mutex_lock (&player->lock);
  g_assert_cmpuint (player->buffers->len, >=, seek->count);
  first = player->buffers->len - seek->count;
  for (guint i = 0; i < seek->count; i++) {
    GstBuffer *buffer = player->buffers->pdata[first + i];
    guint64 frame = seek->rate > 0 ? seek->first + i : seek->first - i;

    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, frame);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, time_of (frame));
    g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, time_of (frame + 1) - time_of (frame));
    g_assert_true (i > 0 || GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT));
  }
  /* Nothing of what was not asked for. */
  if (first > 0 && seek->rate > 0)
    g_assert_cmpuint (GST_BUFFER_OFFSET (player->buffers->pdata[first - 1]) + 1, !=, seek->first);
  g_mutex_unlock (&player->lock);
}

/* From PAUSED, from PLAYING, at EOS; with and without a flush. */
static void
test_frames (gconstpointer data)
{
  gboolean dataset = GPOINTER_TO_INT (data);

  for (gsize i = 0; i < G_N_ELEMENTS (seeks); i++) {
    g_autofree char *launch = describe_source (dataset, FALSE);
    Player player;

    player_open (&player, launch);
    g_ptr_array_set_size (player.buffers, 0);
    g_assert_true (send (&player, &seeks[i], GST_SEEK_FLAG_FLUSH));
    player_play_to_end (&player);
    g_assert_cmpuint (player.buffers->len, ==, seeks[i].count);
    assert_came (&player, &seeks[i]);

    /* At EOS, and then without a flush. */
    g_assert_true (send (&player, &seeks[i], GST_SEEK_FLAG_FLUSH));
    wait_for (&player, GST_MESSAGE_EOS);
    g_assert_cmpuint (player.buffers->len, ==, 2 * seeks[i].count);
    assert_came (&player, &seeks[i]);
    player_close (&player);
  }
}

/* An endless stream under way, and segments that follow each other without a flush. */
static void
test_playing (gconstpointer data)
{
  g_autofree char *launch = describe_source (GPOINTER_TO_INT (data), TRUE);

  for (gsize i = 0; i < G_N_ELEMENTS (seeks); i++) {
    Player player;

    player_open (&player, launch);
    gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
    g_assert_true (send (&player, &seeks[i], GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_SEGMENT));
    wait_for (&player, GST_MESSAGE_SEGMENT_DONE);
    assert_came (&player, &seeks[i]);
    g_assert_true (send (&player, &seeks[i], GST_SEEK_FLAG_SEGMENT));
    wait_for (&player, GST_MESSAGE_SEGMENT_DONE);
    assert_came (&player, &seeks[i]);
    player_close (&player);
  }
}

/* Backwards from the end, which is known or not; and past it. */
static void
test_ends (gconstpointer data)
{
  static const Seek from_end[] = {
    { -1, 0, FRAME, AT, 20, KEPT, -1, FRAMES - 1, FRAMES - 20 },
    { -1, 0, TIME, AT, 0, AT, -1, FRAMES - 1, FRAMES },
    { -1, 0, FRAME, AT, 30, AT, 1000, FRAMES - 1, 6 },
    { 1, 0, FRAME, AT, 1000, AT, -1, 0, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (from_end); i++) {
    g_autofree char *launch = describe_source (TRUE, FALSE);
    Player player;

    player_open (&player, launch);
    g_ptr_array_set_size (player.buffers, 0);
    g_assert_true (send (&player, &from_end[i], GST_SEEK_FLAG_FLUSH));
    player_play_to_end (&player);
    g_assert_cmpuint (player.buffers->len, ==, from_end[i].count);
    assert_came (&player, &from_end[i]);
    player_close (&player);
  }
}

static GstPadProbeReturn
count_flush (GstPad *pad, GstPadProbeInfo *info, gpointer flushes)
{
  if (GST_EVENT_TYPE (info->data) == GST_EVENT_FLUSH_START)
    g_atomic_int_inc ((int *)flushes);
  return GST_PAD_PROBE_OK;
}

/* What cannot be followed is refused, and nothing has been flushed for it. */
static void
test_refused (gconstpointer data)
{
  static const Seek refused[] = {
    { -1, 0, TIME, AT, 0, KEPT, -1, 0, 0 },
    { -1, 0, TIME, AT, 0, AT, -1, 0, 0 },
    { 1, 0, GST_FORMAT_PERCENT, AT, 0, KEPT, -1, 0, 0 },
  };
  static const Seek after = { 1, 0, FRAME, AT, 100, AT, 110, 100, 10 };
  g_autofree char *launch = describe_source (GPOINTER_TO_INT (data), TRUE);
  Player player;
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstPad) pad = NULL;
  int flushes = 0;

  player_open (&player, launch);
  source = gst_bin_get_by_name (GST_BIN (player.pipeline), "source");
  pad = gst_element_get_static_pad (source, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_FLUSH | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      count_flush, &flushes, NULL);
  gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++) {
    guint before, now;

    g_assert_false (send (&player, &refused[i], GST_SEEK_FLAG_FLUSH));
    g_assert_cmpint (g_atomic_int_get (&flushes), ==, 0);
    g_mutex_lock (&player.lock);
    before = player.buffers->len;
    g_mutex_unlock (&player.lock);
    do {
      g_usleep (1000);
      g_mutex_lock (&player.lock);
      now = player.buffers->len;
      g_mutex_unlock (&player.lock);
    } while (now < before + 3);
  }
  g_assert_true (send (&player, &after, GST_SEEK_FLAG_FLUSH));
  g_assert_cmpint (g_atomic_int_get (&flushes), ==, 1);
  wait_for (&player, GST_MESSAGE_EOS);
  assert_came (&player, &after);
  player_close (&player);
}

static void
assert_answers (GstElement *pipeline, GstFormat format, gboolean seekable, gint64 end)
{
  g_autoptr (GstQuery) query = gst_query_new_seeking (format);
  gint64 from, to, duration = -1;
  gboolean answer;

  g_assert_true (gst_element_query (pipeline, query));
  gst_query_parse_seeking (query, NULL, &answer, &from, &to);
  g_assert_cmpint (answer, ==, seekable);
  g_assert_cmpint (from, ==, 0);
  g_assert_cmpint (to, ==, end);
  gst_element_query_duration (pipeline, format, &duration);
  g_assert_cmpint (duration, ==, end);
}

/* Length, seekability and place, in frames and in time. */
static void
test_answers (gconstpointer data)
{
  gboolean dataset = GPOINTER_TO_INT (data);
  gint64 frames = dataset ? FRAMES : 4 * FRAMES;

  for (int endless = 0; endless < 2; endless++) {
    g_autofree char *launch = describe_source (dataset, endless);
    static const Seek seek = { -1, 0, FRAME, AT, 20, AT, 30, 29, 10 };
    gint64 position;
    Player player;

    player_open (&player, launch);
    assert_answers (player.pipeline, FRAME, TRUE, endless ? -1 : frames);
    assert_answers (player.pipeline, TIME, TRUE, endless ? -1 : (gint64)time_of (frames));
    g_assert_true (send (&player, &seek, GST_SEEK_FLAG_FLUSH));
    gst_element_get_state (player.pipeline, NULL, NULL, 20 * GST_SECOND);
    g_assert_true (gst_element_query_position (player.pipeline, TIME, &position));
    g_assert_cmpint (position, >=, time_of (20));
    g_assert_cmpint (position, <=, time_of (30));
    player_play_to_end (&player);
    player_close (&player);
  }
}

/* Frames without times come one after the other, have a number and no place. */
static void
test_without_rate (gconstpointer data)
{
  static const char *const caps[] = { "other/tensors,framerate=0/1", "video/x-raw,framerate=0/1" };
  gboolean dataset = GPOINTER_TO_INT (data);
  g_autofree char *source = describe_source (dataset, FALSE);
  g_auto (GStrv) parts = g_strsplit (source, " ! ", 2);
  g_autofree char *launch = g_strdup_printf ("%s ! %s ! %s", parts[0], caps[dataset], parts[1]);
  static const Seek seek = { 1, 0, TIME, AT, 0, KEPT, -1, 0, 0 };
  guint frames = dataset ? FRAMES : 4 * FRAMES;
  Player player;

  player_open (&player, launch);
  assert_answers (player.pipeline, FRAME, FALSE, frames);
  assert_answers (player.pipeline, TIME, FALSE, -1);
  g_assert_false (send (&player, &seek, GST_SEEK_FLAG_FLUSH));
  player_play_to_end (&player);
  g_assert_cmpuint (player.buffers->len, >=, frames);
  for (guint i = 0; i < frames; i++) {
    GstBuffer *buffer = player.buffers->pdata[player.buffers->len - frames + i];

    g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, i);
    g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, GST_CLOCK_TIME_NONE);
    g_assert_cmpuint (GST_BUFFER_DURATION (buffer), ==, GST_CLOCK_TIME_NONE);
  }
  player_close (&player);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *name;
    GTestDataFunc function;
  } tests[] = {
    { "frames", test_frames },
    { "playing", test_playing },
    { "refused", test_refused },
    { "answers", test_answers },
    { "without-rate", test_without_rate },
  };
  g_autofree char *scratch = NULL;
  g_auto (GenPicture) picture = { 0 };
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  scratch = scratch_new ();
  sheet = g_build_filename (scratch, "sheet.png", NULL);
  gen_picture_init (&picture, 24, 12, 1);
  g_assert_true (gen_picture_save_png (&picture, sheet, NULL));
  for (gsize i = 0; i < G_N_ELEMENTS (tests); i++)
    for (int dataset = 0; dataset < 2; dataset++) {
      g_autofree char *name =
          g_strdup_printf ("/%s/%s", dataset ? "datasetsrc" : "latentsrc", tests[i].name);

      g_test_add_data_func (name, GINT_TO_POINTER (dataset), tests[i].function);
    }
  g_test_add_data_func ("/datasetsrc/ends", NULL, test_ends);
  result = g_test_run ();
  scratch_remove (scratch);
  g_free (sheet);
  return result;
}
