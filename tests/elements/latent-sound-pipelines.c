/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* latentsrc that follows a sound, in pipelines: pictures that dance, seeks, states, pads that come
 * and go, and what does not go. */
#include "doubtful.h"
#include "latent-sound.h"
#include "player.h"

static char *folder;

/* Three seconds of a kick drum, of sorts, that is struck at each 15th frame, in a file. */
static char *
save_drum (void)
{
  enum { N = 3 * RATE, HEADER = 44 };
  g_autofree char *bytes = g_malloc (HEADER + N * sizeof (gint16));
  gint16 *samples = (gint16 *)(bytes + HEADER);
  char *path = g_build_filename (folder, "drum.wav", NULL);
  const guint32 rates[] = { RATE, RATE * 2 }, sizes[] = { HEADER - 8 + N * 2, 16, N * 2 };
  const guint16 kinds[] = { 1, 1 }, alignment[] = { 2, 16 };

  memcpy (bytes, "RIFF", 4);
  memcpy (bytes + 4, &sizes[0], 4);
  memcpy (bytes + 8, "WAVEfmt ", 8);
  memcpy (bytes + 16, &sizes[1], 4);
  memcpy (bytes + 20, kinds, 4);
  memcpy (bytes + 24, rates, 8);
  memcpy (bytes + 32, alignment, 4);
  memcpy (bytes + 36, "data", 4);
  memcpy (bytes + 40, &sizes[2], 4);
  for (int i = 0; i < N; i++) {
    const double beat = (double)(i % (RATE / 2)) / RATE;

    samples[i] =
        GINT16_TO_LE ((gint16)lrint (30000 * exp (-30 * beat) * sin (2 * G_PI * 90 * beat)));
  }
  g_assert_true (g_file_set_contents (path, bytes, HEADER + N * (gssize)sizeof (gint16), NULL));
  return path;
}

static void
assert_buffers_same (const GPtrArray *a, const GPtrArray *b, guint from_b)
{
  g_assert_cmpuint (a->len + from_b, ==, b->len);
  for (guint i = 0; i < a->len; i++) {
    GstMapInfo map;

    gst_buffer_map (a->pdata[i], &map, GST_MAP_READ);
    g_assert_cmpint (gst_buffer_memcmp (b->pdata[from_b + i], 0, map.data, map.size), ==, 0);
    g_assert_cmpuint (GST_BUFFER_PTS (a->pdata[i]), ==, GST_BUFFER_PTS (b->pdata[from_b + i]));
    gst_buffer_unmap (a->pdata[i], &map);
  }
}

/* Whoever takes the pad away ends the stream. */
static void
test_release (void)
{
  g_autoptr (GError) error = NULL;
  Player player;
  g_autoptr (GstElement) source = NULL, test = NULL;
  g_autoptr (GstPad) pad = NULL, peer = NULL;

  player_open (&player, "audiotestsrc name=test ! audio/x-raw,format=S16LE,rate=44100 ! " SOURCE
                        "name=l l. ! fakesink name=sink signal-handoffs=true sync=true");
  source = gst_bin_get_by_name (GST_BIN (player.pipeline), "l");
  pad = gst_element_get_static_pad (source, "sound");
  peer = gst_pad_get_peer (pad);
  gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
  gst_pad_unlink (peer, pad);
  gst_element_release_request_pad (source, pad);
  g_assert_null (gst_element_get_static_pad (source, "sound"));
  for (int i = 0; i < 1000; i++) {
    g_autoptr (GstPad) made = gst_element_get_static_pad (source, "src");

    if (GST_PAD_IS_EOS (made))
      break;
    g_assert_cmpint (i, <, 999);
    g_usleep (10 * G_TIME_SPAN_MILLISECOND);
  }
  player_close (&player);
}

/* Latents move where the drum is struck, more than anywhere between. */
static void
test_drum (void)
{
  g_autofree char *path = save_drum ();
  g_autofree char *launch =
      g_strdup_printf ("filesrc location=%s ! wavparse ! " SOURCE
                       "release=0.1 name=l l. ! fakesink name=sink signal-handoffs=true sync=false",
          path);
  double at = G_MAXDOUBLE, between = 0;
  Player player;

  player_open (&player, launch);
  player_play_to_end (&player);
  g_assert_cmpuint (player.buffers->len, ==, 90);
  for (guint i = 1; i < 90; i++) {
    float before[LENGTH], after[LENGTH];
    double moved;

    gst_buffer_extract (player.buffers->pdata[i - 1], 0, before, sizeof before);
    gst_buffer_extract (player.buffers->pdata[i], 0, after, sizeof after);
    moved = distance (before, after);
    if (i % 15 == 0)
      at = MIN (at, moved);
    else if (i % 15 > 3)
      between = MAX (between, moved);
  }
  g_test_message ("a strike moves by %.3f at least, nothing by %.3f at most", at, between);
  g_assert_cmpfloat (at, >, 2 * between);
  player_close (&player);
}

/* Pictures that dance, twice the same; the sound goes to somebody else as well. */
static void
test_pictures (void)
{
  g_autofree char *path = save_drum (), *model = g_build_filename (folder, "g.onnx", NULL);
  g_autofree char *launch = g_strdup_printf (
      "filesrc location=%s ! wavparse ! tee name=t  t. ! queue ! " SOURCE
      "name=l l. ! generator model=%s ! fakesink name=sink signal-handoffs=true sync=false  "
      "t. ! queue ! fakesink sync=false",
      path, model);
  Player players[2];

  {
    g_autoptr (GenGraph) graph = gen_graph_new ("generator");
    g_autoptr (GError) error = NULL;
    GenTensor *z = gen_graph_add_input (graph, "z", GEN_TYPE_FLOAT32, &GEN_SHAPE (1, LENGTH));
    float weights[LENGTH][64];
    GenTensor *w, *y;
    const gint64 dims[] = { -1, 1, 8, 8 };

    for (int i = 0; i < LENGTH; i++)
      for (int j = 0; j < 64; j++)
        weights[i][j] = (float)((i * 7 + j * 3) % 11) / 11 - 0.5f;
    w = gen_graph_add_constant (graph, "w", GEN_TYPE_FLOAT32, &GEN_SHAPE (LENGTH, 64),
        g_bytes_new (weights, sizeof weights));
    y = gen_binary (graph, "MatMul", z, w, &error);
    y = gen_binary (graph, "Reshape", y, gen_graph_ints (graph, dims, 4), &error);
    g_assert_no_error (error);
    say_range (graph, "generative.output-range", "-2,2");
    save_model (graph, y, model);
  }
  for (int i = 0; i < 2; i++) {
    player_open (&players[i], launch);
    player_play_to_end (&players[i]);
    g_assert_cmpuint (players[i].buffers->len, ==, 90);
  }
  assert_buffers_same (players[0].buffers, players[1].buffers, 0);
  g_assert_cmpint (gst_buffer_get_size (players[0].buffers->pdata[0]), ==, 64);
  player_close (&players[0]);
  player_close (&players[1]);
}

/* Seeks go to where the sound comes from. To the beginning: everything again. Elsewhere: frames of
 * that place, the same each time. */
static void
test_seek (void)
{
  static const struct {
    GstFormat format;
    gint64 start;
    GstSeekFlags flags;
    guint64 first;
  } cases[] = {
    { GST_FORMAT_TIME, 0, GST_SEEK_FLAG_FLUSH, 0 },
    { GST_FORMAT_TIME, GST_SECOND, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, 30 },
    { GST_FORMAT_DEFAULT, 45, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE, 45 },
  };
  g_autofree char *path = save_drum ();
  g_autofree char *launch = g_strdup_printf (
      "filesrc location=%s ! wavparse ! tee name=t  t. ! queue ! " SOURCE
      "name=l l. ! fakesink name=sink signal-handoffs=true sync=false  t. ! queue ! fakesink "
      "sync=false",
      path);

  for (gsize c = 0; c < G_N_ELEMENTS (cases); c++) {
    g_autoptr (GPtrArray) first_time = NULL;
    Player player;
    gint64 duration;

    player_open (&player, launch);
    g_assert_true (gst_element_query_duration (player.pipeline, GST_FORMAT_TIME, &duration));
    g_assert_cmpint (duration, ==, 3 * GST_SECOND);
    for (int again = 0; again < 3; again++) {
      gst_element_set_state (player.pipeline, GST_STATE_PAUSED);
      gst_element_get_state (player.pipeline, NULL, NULL, 20 * GST_SECOND);
      g_assert_true (gst_element_seek_simple (
          player.pipeline, cases[c].format, cases[c].flags, cases[c].start));
      g_assert_cmpint (gst_element_get_state (player.pipeline, NULL, NULL, 20 * GST_SECOND), ==,
          GST_STATE_CHANGE_SUCCESS);
      g_assert_cmpuint (player.buffers->len, ==, 0);
      player_play_to_end (&player);
      g_assert_cmpuint (player.buffers->len, ==, 90 - cases[c].first);
      g_assert_cmpuint (GST_BUFFER_OFFSET (player.buffers->pdata[0]), ==, cases[c].first);
      if (first_time == NULL)
        first_time = g_steal_pointer (&player.buffers);
      else
        assert_buffers_same (first_time, player.buffers, 0);
      g_clear_pointer (&player.buffers, g_ptr_array_unref);
      player.buffers = g_ptr_array_new_with_free_func ((GDestroyNotify)gst_buffer_unref);
    }
    /* What cannot be followed leaves everything as it is. */
    g_assert_false (gst_element_seek (player.pipeline, -1, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH,
        GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_SET, GST_SECOND));
    player_close (&player);
  }
}

/* Seeks while it plays, and to the element itself. */
static void
test_seeks_under_way (void)
{
  g_autofree char *path = save_drum ();
  g_autofree char *launch = g_strdup_printf (
      "filesrc location=%s ! wavparse ! tee name=t  t. ! queue ! " SOURCE
      "name=l l. ! queue ! fakesink name=sink signal-handoffs=true sync=true  t. ! queue ! "
      "fakesink sync=true",
      path);
  g_autoptr (GstElement) source = NULL;
  Player player;

  player_open (&player, launch);
  source = gst_bin_get_by_name (GST_BIN (player.pipeline), "l");
  gst_element_set_state (player.pipeline, GST_STATE_PLAYING);
  for (int i = 0; i < 100; i++) {
    g_assert_true (gst_element_seek_simple (i % 2 == 0 ? player.pipeline : source, GST_FORMAT_TIME,
        GST_SEEK_FLAG_FLUSH, (i * 7 % 29) * 100 * GST_MSECOND));
    if (i % 3 == 0)
      g_usleep (2 * G_TIME_SPAN_MILLISECOND);
  }
  g_assert_true (gst_element_seek_simple (
      player.pipeline, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, 2900 * GST_MSECOND));
  player_play_to_end (&player);
  player_close (&player);
}

/* Up and down, wherever the sound's thread and the source's stand. */
static void
test_states (void)
{
  static const GstState states[] = { GST_STATE_PLAYING, GST_STATE_PAUSED, GST_STATE_READY,
    GST_STATE_PLAYING, GST_STATE_NULL, GST_STATE_PAUSED, GST_STATE_NULL };
  static const char *const launches[] = {
    "audiotestsrc ! tee name=t  t. ! queue ! " SOURCE
    "name=l l. ! fakesink sync=true  t. ! queue ! fakesink sync=true",
    "audiotestsrc is-live=true ! " SOURCE "name=l l. ! fakesink sync=true",
    "audiotestsrc num-buffers=2 ! " SOURCE "name=l l. ! queue ! fakesink sync=false",
    "audiotestsrc samplesperbuffer=200000 ! queue ! " SOURCE
    "name=l num-buffers=3 l. ! fakesink sync=false",
  };

  for (gsize l = 0; l < G_N_ELEMENTS (launches); l++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GstElement) pipeline = gst_parse_launch (launches[l], &error);

    g_assert_no_error (error);
    for (guint i = 0; i < 50; i++)
      for (gsize s = 0; s < G_N_ELEMENTS (states); s++) {
        g_assert_cmpint (gst_element_set_state (pipeline, states[s]), !=, GST_STATE_CHANGE_FAILURE);
        if ((i + s) % 3 == 0)
          g_usleep (i % 7 * 300);
        /* From the beginning: one that is changed before it was reached GStreamer 1.22 forgets now
         * and then, whatever the elements are. */
        if (s == 5)
          g_assert_cmpint (gst_element_get_state (pipeline, NULL, NULL, 20 * GST_SECOND), !=,
              GST_STATE_CHANGE_ASYNC);
      }
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
}

static void
test_errors (void)
{
  static const struct {
    const char *launch;
    const char *words;
    gboolean of_settings;
  } cases[] = {
    { "audiotestsrc ! latentsrc.sound latentsrc is-live=true name=latentsrc ! fakesink",
        "is-live is true", TRUE },
    { "audiotestsrc ! latentsrc.sound latentsrc name=latentsrc ! "
      "other/tensors,framerate=(fraction)0/1 ! fakesink",
        "follow a sound, which has times", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    player_assert_error (cases[i].launch, cases[i].of_settings ? GST_LIBRARY_ERROR : GST_CORE_ERROR,
        cases[i].of_settings ? (int)GST_LIBRARY_ERROR_SETTINGS : (int)GST_CORE_ERROR_NEGOTIATION,
        cases[i].words);
}

/* One sound, and before the source starts. */
static void
test_requests (void)
{
  g_autoptr (GstElement) source = gst_element_factory_make ("latentsrc", NULL);
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstMessage) warning = NULL;
  GstPadTemplate *template = gst_element_get_pad_template (source, "sound");
  GstPad *pad;

  gst_object_ref_sink (source);
  gst_element_set_bus (source, bus);
  pad = gst_element_request_pad_simple (source, "sound");
  g_assert_nonnull (pad);
  g_assert_null (gst_element_request_pad (source, template, NULL, NULL));
  gst_element_release_request_pad (source, pad);
  gst_object_unref (pad);
  gst_element_set_state (source, GST_STATE_PAUSED);
  g_assert_null (gst_element_request_pad_simple (source, "sound"));
  warning = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING);
  g_assert_nonnull (warning);
  gst_bus_set_flushing (bus, TRUE);
  gst_element_set_state (source, GST_STATE_NULL);
  gst_element_set_bus (source, NULL);
}

int
main (int argc, char **argv)
{
  int result;

  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = scratch_new ();
  g_test_add_func ("/latent-sound/release", test_release);
  g_test_add_func ("/latent-sound/drum", test_drum);
  g_test_add_func ("/latent-sound/pictures", test_pictures);
  g_test_add_func ("/latent-sound/seek", test_seek);
  g_test_add_func ("/latent-sound/seeks-under-way", test_seeks_under_way);
  g_test_add_func ("/latent-sound/states", test_states);
  g_test_add_func ("/latent-sound/errors", test_errors);
  g_test_add_func ("/latent-sound/requests", test_requests);
  result = g_test_run ();
  scratch_remove (folder);
  g_free (folder);
  return result;
}
