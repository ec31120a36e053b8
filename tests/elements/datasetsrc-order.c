/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* datasetsrc: workers that share a dataset, classes that are balanced, splits by content, and items
 * that are kept. */
#include <generative/picture.h>
#include <generative/sound.h>
#include <gst/gst.h>

#include <string.h>

#include "../scratch.h"
#include "player.h"

enum { ITEMS = 12, CLIP = 3 };

/* 00.png … 11.png; the value of picture n is 20 n. Every third is of another class. */
static void
save_pictures (const char *folder, gboolean classes)
{
  for (int i = 0; i < ITEMS; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%s%02d.png", folder,
        !classes     ? ""
        : i % 3 == 0 ? "few/"
                     : "many/",
        i);
    g_autofree char *parent = g_path_get_dirname (path);
    g_auto (GenPicture) picture = { 0 };

    g_assert_cmpint (g_mkdir_with_parents (parent, 0777), ==, 0);
    gen_picture_init (&picture, 8, 8, 3);
    memset (picture.data, 20 * i, (gsize)picture.stride * 8);
    g_assert_true (gen_picture_save_png (&picture, path, NULL));
  }
}

/* The first byte of each buffer that a source gives. */
static GArray *
play (const char *source, const char *location)
{
  g_autofree char *line = g_strdup_printf ("datasetsrc location=%s %s ! video/x-raw,format=RGB ! "
                                           "fakesink name=sink signal-handoffs=true",
      location, source);
  GArray *values = g_array_new (FALSE, FALSE, 1);
  Player player;

  player_open (&player, line);
  player_play_to_end (&player);
  for (guint i = 0; i < player.buffers->len; i++) {
    guint8 value;

    g_assert_cmpuint (gst_buffer_extract (player.buffers->pdata[i], 0, &value, 1), ==, 1);
    g_array_append_val (values, value);
  }
  player_close (&player);
  return values;
}

static void
test_workers (void)
{
  g_autofree char *folder = scratch_new ();
  guint seen[ITEMS] = { 0 };

  save_pictures (folder, FALSE);
  for (int worker = 0; worker < 3; worker++) {
    g_autofree char *source =
        g_strdup_printf ("worker-count=3 worker-index=%d epochs=2 seed=4", worker);
    g_autoptr (GArray) values = play (source, folder);

    g_assert_cmpuint (values->len, ==, 2 * ITEMS / 3);
    for (guint i = 0; i < values->len; i++)
      seen[g_array_index (values, guint8, i) / 20]++;
  }
  for (int i = 0; i < ITEMS; i++)
    g_assert_cmpuint (seen[i], ==, 2);
  scratch_remove (folder);
}

static void
test_clips (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *film = g_build_filename (folder, "film.avi", NULL);
  g_autofree char *make = g_strdup_printf ("datasetsrc shuffle=false epochs=1 location=%s ! "
                                           "videoconvert ! video/x-raw,format=BGR ! avimux ! "
                                           "filesink name=sink location=%s",
      folder, film);
  guint seen[ITEMS] = { 0 };
  Player player = { 0 };

  save_pictures (folder, FALSE);
  player.pipeline = gst_parse_launch (make, NULL);
  player.bus = gst_element_get_bus (player.pipeline);
  player.buffers = g_ptr_array_new ();
  player_play_to_end (&player);
  player_close (&player);
  for (int worker = 0; worker < 2; worker++) {
    g_autofree char *source = g_strdup_printf (
        "clip-length=%d worker-count=2 worker-index=%d epochs=1 seed=4", CLIP, worker);
    g_autoptr (GArray) values = play (source, film);

    g_assert_cmpuint (values->len, ==, ITEMS / 2);
    for (guint i = 0; i < values->len; i++) {
      const guint8 value = g_array_index (values, guint8, i);

      seen[value / 20]++;
      if (i % CLIP > 0)
        g_assert_cmpint (value, ==, g_array_index (values, guint8, i - 1) + 20);
    }
  }
  for (int i = 0; i < ITEMS; i++)
    g_assert_cmpuint (seen[i], ==, 1);
  scratch_remove (folder);
}

/* Four and eight of a class. */
static void
test_balance (void)
{
  g_autofree char *folder = scratch_new ();
  g_autoptr (GArray) over = NULL, under = NULL;
  guint few = 0;

  save_pictures (folder, TRUE);
  over = play ("balance=oversample epochs=1", folder);
  under = play ("balance=undersample epochs=2 shuffle-buffer=4", folder);
  g_assert_cmpuint (over->len, ==, 16);
  g_assert_cmpuint (under->len, ==, 16);
  for (guint i = 0; i < over->len; i++)
    few += g_array_index (over, guint8, i) / 20 % 3 == 0;
  g_assert_cmpuint (few, ==, 8);
  few = 0;
  for (guint i = 0; i < under->len; i++)
    few += g_array_index (under, guint8, i) / 20 % 3 == 0;
  g_assert_cmpuint (few, ==, 8);
  scratch_remove (folder);
}

static char *
take_text (GstBus *bus, GstMessageType type)
{
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND, type);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (message);
  if (type == GST_MESSAGE_WARNING)
    gst_message_parse_warning (message, &error, NULL);
  else
    gst_message_parse_error (message, &error, NULL);
  return g_strdup (error->message);
}

/* A worker that there is not, and nothing to balance. */
static void
test_faults (void)
{
  static const char *const lines[][2] = {
    { "worker-count=2 worker-index=2", "worker-index is 2" },
    { "balance=oversample", "balance=none" },
    { "split-by=content split=test test-fraction=0", "leave none for split=test" },
    { "validation-fraction=0.9 test-fraction=0.9 split-by=content", "more than 1" },
  };
  g_autofree char *folder = scratch_new ();

  save_pictures (folder, FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autofree char *line =
        g_strdup_printf ("datasetsrc location=%s %s ! fakesink", folder, lines[i][0]);
    g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
    g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
    g_autofree char *text = NULL;

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    text = take_text (bus, GST_MESSAGE_ERROR);
    if (strstr (text, lines[i][1]) == NULL || strstr (text, folder) == NULL)
      g_error ("\"%s\" does not say \"%s\" of %s", text, lines[i][1], folder);
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
  scratch_remove (folder);
}

/* What the index leaves out is told of, and in no split. */
static void
test_left_out (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *index = g_build_filename (folder, ".generative-split.tsv", NULL);
  g_autofree char *line = g_strdup_printf ("datasetsrc location=%s split-by=content epochs=1 ! "
                                           "fakesink",
      folder);
  g_autofree char *text = NULL, *left_out = NULL;
  g_autoptr (GArray) values = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstBus) bus = NULL;
  GString *changed = g_string_new (NULL);
  const char *name;

  save_pictures (folder, FALSE);
  values = play ("split-by=content epochs=1", folder);
  g_assert_cmpuint (values->len, ==, ITEMS);
  g_assert_true (g_file_get_contents (index, &text, NULL, NULL));
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, ITEMS + 3);
  for (int i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++)
    if (i == 5)
      g_string_append_printf (changed, "left-out%s\t00.png\t01.png\n", strchr (lines[i], '\t'));
    else
      g_string_append_printf (changed, "%s\n", lines[i]);
  name = strrchr (lines[5], '\t') + 1;
  g_assert_true (g_file_set_contents (index, changed->str, -1, NULL));
  g_string_free (changed, TRUE);

  pipeline = gst_parse_launch (line, NULL);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  left_out = take_text (bus, GST_MESSAGE_WARNING);
  g_assert_true (g_str_has_prefix (left_out, "Left out of all splits: "));
  g_assert_nonnull (strstr (left_out, name));
  g_assert_nonnull (strstr (left_out, "nearly the same as 00.png, of split "));
  gst_element_set_state (pipeline, GST_STATE_NULL);
  {
    g_autoptr (GArray) fewer = play ("split-by=content epochs=1", folder);

    g_assert_cmpuint (fewer->len, ==, ITEMS - 1);
  }
  scratch_remove (folder);
}

/* Sounds of lengths of their own, shared: no gap, and the same place for each after a seek. */
static void
test_sounds (void)
{
  g_autofree char *folder = scratch_new ();
  guint64 total = 0;

  for (int i = 0; i < 7; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%d.wav", folder, i);
    g_auto (GenSound) sound = { 0 };

    gen_sound_init (&sound, 8000, 1, (gsize)(400 + 10 * i));
    for (gsize s = 0; s < sound.frames; s++)
      sound.data[s] = (float)i / 16;
    g_assert_true (gen_sound_save_wav (&sound, path, GEN_SOUND_WAV_S16, NULL));
  }
  for (int worker = 0; worker < 2; worker++) {
    g_autofree char *line = g_strdup_printf ("datasetsrc location=%s worker-count=2 "
                                             "worker-index=%d epochs=3 ! audio/x-raw,format=%s ! "
                                             "fakesink name=sink signal-handoffs=true",
        folder, worker, G_BYTE_ORDER == G_LITTLE_ENDIAN ? "F32LE" : "F32BE");
    guint64 place = 0;
    gint64 duration;
    Player player;

    player_open (&player, line);
    g_assert_true (gst_element_query_duration (player.pipeline, GST_FORMAT_TIME, &duration));
    player_play_to_end (&player);
    for (guint i = 0; i < player.buffers->len; i++) {
      GstBuffer *buffer = player.buffers->pdata[i];
      float value;

      g_assert_cmpuint (GST_BUFFER_OFFSET (buffer), ==, place);
      gst_buffer_extract (buffer, 0, &value, sizeof value);
      g_assert_cmpuint (
          gst_buffer_get_size (buffer), ==, sizeof value * (400 + 10 * (gsize)(value * 16 + 0.5f)));
      place += gst_buffer_get_size (buffer) / sizeof value;
    }
    g_assert_cmpuint (place, ==, gst_util_uint64_scale_round ((guint64)duration, 8000, GST_SECOND));
    total += place;
    player_close (&player);
  }
  g_assert_cmpuint (total, ==, 3 * (7 * 400 + 10 * 21));
  scratch_remove (folder);
}

/* The second epoch comes from memory: its files are gone by then. */
static void
test_cache (void)
{
  g_autofree char *folder = scratch_new ();
  g_autofree char *line = g_strdup_printf ("datasetsrc location=%s cache-size=%d epochs=2 ! "
                                           "video/x-raw,format=RGB ! fakesink name=sink "
                                           "signal-handoffs=true",
      folder, ITEMS * 8 * 8 * 3 * 2);
  Player player;

  save_pictures (folder, FALSE);
  player_open (&player, line);
  /* To the end of the first epoch, and some of the second. */
  g_assert_true (
      gst_element_seek_simple (player.pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0));
  gst_element_get_state (player.pipeline, NULL, NULL, 20 * GST_SECOND);
  player_play_to_end (&player);
  for (int i = 0; i < ITEMS; i++) {
    g_autofree char *path = g_strdup_printf ("%s/%02d.png", folder, i);

    g_assert_cmpint (g_unlink (path), ==, 0);
  }
  g_ptr_array_set_size (player.buffers, 0);
  g_assert_true (
      gst_element_seek_simple (player.pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 0));
  player_play_to_end (&player);
  g_assert_cmpuint (player.buffers->len, ==, 2 * ITEMS);
  player_close (&player);
  scratch_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/datasetsrc-order/workers", test_workers);
  g_test_add_func ("/datasetsrc-order/clips", test_clips);
  g_test_add_func ("/datasetsrc-order/balance", test_balance);
  g_test_add_func ("/datasetsrc-order/faults", test_faults);
  g_test_add_func ("/datasetsrc-order/left-out", test_left_out);
  g_test_add_func ("/datasetsrc-order/sounds", test_sounds);
  g_test_add_func ("/datasetsrc-order/cache", test_cache);
  return g_test_run ();
}
