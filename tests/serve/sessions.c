/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sessions: each walks by itself, is told by itself, and ends by itself. */
#include "playing.h"

#define STUDIO                                                                                     \
  "[server]\nport = 0\n"                                                                           \
  "[limits]\nsessions = 3\nsessions-per-client = 2\nidle-seconds = 1\ndrain-seconds = 1\n"         \
  "[models.classes]\nlocation = \"classes.onnx\"\n"                                                \
  "[models.dimmer]\nlocation = \"dimmer.onnx\"\n"                                                  \
  "[mounts.classes]\nmodel = \"classes\"\nframerate = 50\nclass = 0\nseed = 5\n"                   \
  "[mounts.large]\nmodel = \"classes\"\nwidth = 32\nheight = 16\nframerate = \"30000/1001\"\n"     \
  "[mounts.mirror]\nmodel = \"dimmer\"\nsource = \"videotestsrc is-live=true pattern=white\"\n"    \
  "width = 16\nheight = 16\n"                                                                      \
  "[mounts.empty]\nmodel = \"dimmer\"\n"                                                           \
  "[mounts.both]\npipeline = \"videotestsrc is-live=true name=video audiotestsrc is-live=true "    \
  "name=audio\"\n"

static void
set (ServeSession *session, const char *name, const char *value)
{
  g_autoptr (GError) error = NULL;

  serve_session_set (session, name, value, &error);
  g_assert_no_error (error);
}

/* Frames that are the same are so, whoever plays them; and one that is told otherwise is alone in
 * being so. */
static void
test_own_walks (void)
{
  Serving s = { 0 };
  Playing a = { 0 }, b = { 0 };
  g_autoptr (GBytes) first = NULL, second = NULL, third = NULL;

  serving_open (&s);
  serving_load (&s, STUDIO);
  playing_new (&s, &a, "classes", "anna");
  playing_new (&s, &b, "classes", "ben");
  set (a.session, "walk", "none");
  set (a.session, "speed", "0");
  set (b.session, "walk", "loop");
  set (b.session, "speed", "0");
  set (a.session, "walk", "loop");
  playing_begin (&a);
  playing_begin (&b);
  first = playing_next (&a);
  second = playing_next (&b);
  g_assert_true (g_bytes_equal (first, second));
  set (b.session, "class", "cat");
  do {
    g_clear_pointer (&third, g_bytes_unref);
    third = playing_next (&b);
  } while (g_bytes_equal (third, second));
  for (int i = 0; i < 20; i++) {
    g_autoptr (GBytes) frame = playing_next (&a);

    g_assert_true (g_bytes_equal (frame, first));
  }
  playing_end (&a);
  playing_end (&b);
  serving_close (&s);
}

/* A parameter of the model counts from one of the next frames on: of strength 0 all is grey. */
static void
test_parameters (void)
{
  Serving s = { 0 };
  Playing a = { 0 };
  g_autoptr (JsonObject) told = NULL;
  gboolean grey = FALSE;

  serving_open (&s);
  serving_load (&s, STUDIO);
  playing_new (&s, &a, "classes", "anna");
  playing_begin (&a);
  g_bytes_unref (playing_next (&a));
  set (a.session, "strength", "0");
  while (!grey) {
    g_autoptr (GBytes) frame = playing_next (&a);
    const guint8 *data = g_bytes_get_data (frame, NULL);

    grey = TRUE;
    /* Some formats have bytes of nothing between. */
    for (int i = 4; i < 64 && grey; i += 4)
      grey = data[i] == data[0];
  }
  told = serve_session_describe (a.session);
  g_assert_cmpfloat (json_array_get_double_element (
                         json_object_get_array_member (
                             json_object_get_object_member (told, "parameters"), "strength"),
                         0),
      ==, 0);
  playing_end (&a);
  serving_close (&s);
}

static void
test_wrong_parameters (void)
{
  static const struct {
    const char *name, *value, *says;
  } cases[] = {
    { "class", "dog", "class: " },
    { "class", "3", "class: " },
    { "class", "-2", "class: " },
    { "seed", "-1", "seed: \"-1\" is no value of it" },
    { "seed", "abc", "seed: \"abc\" is no value of it" },
    { "seed", "18446744073709551615", "from 0 to 9223372036854775807 is wanted" },
    { "speed", "nan", "speed: \"nan\" is no value of it" },
    { "speed", "1e9", "speed: \"1e9\" is no value of it: a number from " },
    { "walk", "run", "walk: \"run\" is no value of it: none, " },
    { "strength", "a", "strength: \"a\" is no number" },
    { "strength", "1:2", "strength: \"1:2\" is no number" },
    { "strength", "inf", "strength: \"inf\" is no number" },
    { "strengt", "1",
        "there is no such parameter of classes (did you mean \"strength\"?); there "
        "are seed, class, walk, speed, truncation, keyframes, strength" },
    { "is-live", "false", "there is no such parameter" },
    { "keyframe-location", "/etc/passwd", "there is no such parameter" },
    { "", "", "there is no such parameter" },
  };
  Serving s = { 0 };
  g_autoptr (ServeSession) session = NULL;
  g_autoptr (JsonObject) before = NULL, after = NULL, values = json_object_new ();
  g_autoptr (GError) error = NULL;

  serving_open (&s);
  serving_load (&s, STUDIO);
  session = serve_session_new (s.server, serving_mount (&s, "classes"), "anna", "test", NULL);
  before = serve_session_describe (session);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) problem = NULL;

    g_assert_false (serve_session_set (session, cases[i].name, cases[i].value, &problem));
    g_assert_error (problem, SERVE_ERROR, SERVE_ERROR_INVALID);
    g_test_message ("%s", problem->message);
    g_assert_nonnull (strstr (problem->message, cases[i].says));
  }
  /* All of it, or nothing. */
  json_object_set_int_member (values, "seed", 99);
  json_object_set_string_member (values, "walk", "run");
  g_assert_false (serve_session_set_all (session, values, &error));
  after = serve_session_describe (session);
  g_assert_true (json_object_equal (json_object_get_object_member (before, "parameters"),
      json_object_get_object_member (after, "parameters")));
  serve_session_close (session);
  serving_close (&s);
}

static void
test_sizes (void)
{
  Serving s = { 0 };
  Playing a = { 0 };
  g_autoptr (GBytes) frame = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstCaps) caps = NULL, wanted = NULL;

  serving_open (&s);
  serving_load (&s, STUDIO);
  playing_new (&s, &a, "large", NULL);
  playing_begin (&a);
  frame = playing_next (&a);
  pad = gst_element_get_static_pad (serve_session_get_bin (a.session), "video");
  caps = gst_pad_get_current_caps (pad);
  wanted = gst_caps_from_string ("video/x-raw,width=32,height=16,framerate=30000/1001,"
                                 "pixel-aspect-ratio=1/1");
  g_assert_true (gst_caps_is_subset (caps, wanted));
  playing_end (&a);
  serving_close (&s);
}

/* A model that plays pictures dims what its source makes. */
static void
test_source (void)
{
  Serving s = { 0 };
  Playing a = { 0 };
  g_autoptr (GBytes) frame = NULL;
  g_autoptr (GError) error = NULL;
  const guint8 *data;

  serving_open (&s);
  serving_load (&s, STUDIO);
  playing_new (&s, &a, "mirror", NULL);
  playing_begin (&a);
  frame = playing_next (&a);
  data = g_bytes_get_data (frame, NULL);
  /* In the middle, whatever the format. */
  g_assert_cmpint (data[16 * 8 + 8], >, 100);
  g_assert_cmpint (data[16 * 8 + 8], <, 160);
  playing_end (&a);
  g_assert_null (serve_session_new (s.server, serving_mount (&s, "empty"), NULL, "test", &error));
  g_assert_error (error, SERVE_ERROR, SERVE_ERROR_CONFLICT);
  g_assert_cmpuint (g_hash_table_size (s.server->sessions), ==, 0);
  serving_close (&s);
}

static GstElement *
make_black (gpointer data, GError **error)
{
  GstElement *bin = gst_parse_bin_from_description (
      "videotestsrc is-live=true pattern=black name=end", FALSE, error);
  g_autoptr (GstElement) end_element = gst_bin_get_by_name (GST_BIN (bin), "end");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (end_element, "src");

  gst_element_add_pad (bin, gst_ghost_pad_new ("video", pad));
  return bin;
}

/* Whoever publishes takes the place of the source. */
static void
test_publisher (void)
{
  Serving s = { 0 };
  Playing a = { 0 };
  g_autoptr (GBytes) frame = NULL;

  serving_open (&s);
  serving_load (&s, STUDIO);
  serve_mount_set_source (serving_mount (&s, "mirror"), make_black, NULL);
  playing_new (&s, &a, "mirror", NULL);
  playing_begin (&a);
  frame = playing_next (&a);
  g_assert_cmpint (((const guint8 *)g_bytes_get_data (frame, NULL))[16 * 8 + 8], <, 30);
  playing_end (&a);
  serving_close (&s);
}

static void
test_pipeline (void)
{
  Serving s = { 0 };
  Playing a = { 0 };

  serving_open (&s);
  serving_load (&s, STUDIO);
  g_assert_true (serving_mount (&s, "both")->has_video);
  g_assert_true (serving_mount (&s, "both")->has_audio);
  playing_new (&s, &a, "both", NULL);
  link_sink (&a, "audio", G_CALLBACK (on_sound));
  playing_begin (&a);
  for (int i = 0; i < 5; i++) {
    GstBuffer *sound = g_async_queue_timeout_pop (a.sounds, PATIENCE);

    g_assert_nonnull (sound);
    gst_buffer_unref (sound);
    g_bytes_unref (playing_next (&a));
  }
  playing_end (&a);
  serving_close (&s);
}

/* --- how many --- */

static ServeSession *
try_new (Serving *s, const char *owner, int code)
{
  g_autoptr (GError) error = NULL;
  ServeSession *session =
      serve_session_new (s->server, serving_mount (s, "classes"), owner, "test", &error);

  if (code < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, SERVE_ERROR, code);
  return session;
}

static void
note_closed (ServeSession *session, gpointer data)
{
  ++*(int *)data;
  /* A second time is none. */
  serve_session_close (session);
}

static void
test_limits (void)
{
  Serving s = { 0 };
  g_autoptr (ServeSession) first = NULL, second = NULL, third = NULL, fourth = NULL;
  int closed = 0;

  serving_open (&s);
  serving_load (&s, STUDIO);
  first = try_new (&s, "anna", -1);
  second = try_new (&s, "anna", -1);
  g_assert_null (try_new (&s, "anna", SERVE_ERROR_TOO_MANY));
  third = try_new (&s, "ben", -1);
  g_assert_null (try_new (&s, "cleo", SERVE_ERROR_BUSY));
  serve_session_set_closed (first, note_closed, &closed);
  serve_session_close (first);
  serve_session_close (first);
  g_assert_true (serve_session_is_closed (first));
  g_assert_cmpint (closed, ==, 1);
  g_assert_null (serve_server_find_session (s.server, serve_session_get_id (first), NULL));
  fourth = try_new (&s, "anna", -1);
  s.server->draining = TRUE;
  serve_session_close (third);
  g_assert_null (try_new (&s, "ben", SERVE_ERROR_DRAINING));
  serve_session_close (second);
  serve_session_close (fourth);
  g_assert_cmpuint (g_hash_table_size (s.server->clients), ==, 0);
  serving_close (&s);
}

static gboolean
watch (gpointer session)
{
  serve_session_touch (session);
  return G_SOURCE_CONTINUE;
}

/* What nobody watches is closed, what somebody does is not; and the server ends once there are
 * none. */
static void
test_idle (void)
{
  Serving s = { 0 };
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (ServeSession) idle = NULL, watched = NULL;
  g_autoptr (GError) error = NULL;
  guint watching;
  int closed = 0;

  serving_open (&s);
  serving_load (&s, STUDIO);
  g_assert_true (serve_server_start (s.server, &error));
  s.server->loop = loop;
  idle = try_new (&s, "anna", -1);
  watched = try_new (&s, "anna", -1);
  serve_session_set_closed (idle, note_closed, &closed);
  /* Before anybody looks, however long the loop has stood. */
  watching = g_timeout_add_full (G_PRIORITY_HIGH, 50, watch, watched, NULL);
  while (closed == 0)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (watching);
  g_assert_false (serve_session_is_closed (watched));
  serve_server_drain (s.server);
  g_main_loop_run (loop);
  g_assert_true (s.server->draining);
  serve_server_stop (s.server);
  g_assert_true (serve_session_is_closed (watched));
  serving_close (&s);
}

/* --- versions --- */

static void
test_versions (void)
{
  Serving s = { 0 };
  Playing a = { 0 };
  ServeModel *model;
  g_autofree char *folder = NULL, *path = NULL;
  g_autoptr (GPtrArray) versions = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) first = NULL;
  const ServeVersion *last;
  ServeVersion wrong;

  serving_open (&s);
  folder = g_build_filename (s.folder, "versions", NULL);
  g_mkdir (folder, 0700);
  serving_save_classes (folder, "v9.onnx", 1);
  serving_save_classes (folder, ".v99.onnx", 3);
  path = g_build_filename (folder, "v10", NULL);
  g_mkdir (path, 0700);
  serving_load (&s, "[models.a]\nlocation = \"versions\"\n"
                    "[mounts.classes]\nmodel = \"a\"\nwalk = \"loop\"\nspeed = 0\nclass = 0\n");
  model = serve_server_find_model (s.server, "a", NULL);
  g_assert_cmpstr (model->current.name, ==, "v9");
  playing_new (&s, &a, "classes", NULL);
  playing_begin (&a);
  first = playing_next (&a);
  /* A new one, in a folder as trainings write it. */
  serving_save_classes (path, "ema.onnx", 2);
  serving_save_classes (path, "generator.onnx", 3);
  versions = serve_model_list_versions (model->settings, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (versions->len, ==, 2);
  last = versions->pdata[1];
  g_assert_cmpstr (last->name, ==, "v10");
  g_assert_true (g_str_has_suffix (last->path, "v10/ema.onnx"));
  g_assert_true (serve_model_turn_to (model, last, &error));
  g_assert_cmpstr (model->current.name, ==, "v10");
  serve_server_turn_sessions (s.server, model);
  for (gboolean same = TRUE; same;) {
    g_autoptr (GBytes) frame = playing_next (&a);

    same = g_bytes_equal (frame, first);
  }
  /* What is another kind of model is none of its versions. */
  wrong = (ServeVersion){ (char *)"dimmer", g_build_filename (s.folder, "dimmer.onnx", NULL) };
  g_assert_false (serve_model_turn_to (model, &wrong, &error));
  g_assert_error (error, SERVE_ERROR, SERVE_ERROR_CONFLICT);
  g_assert_cmpstr (model->current.name, ==, "v10");
  g_free (wrong.path);
  playing_end (&a);
  serving_close (&s);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/sessions/own-walks", test_own_walks);
  g_test_add_func ("/serve/sessions/parameters", test_parameters);
  g_test_add_func ("/serve/sessions/wrong-parameters", test_wrong_parameters);
  g_test_add_func ("/serve/sessions/sizes", test_sizes);
  g_test_add_func ("/serve/sessions/source", test_source);
  g_test_add_func ("/serve/sessions/publisher", test_publisher);
  g_test_add_func ("/serve/sessions/pipeline", test_pipeline);
  g_test_add_func ("/serve/sessions/limits", test_limits);
  g_test_add_func ("/serve/sessions/idle", test_idle);
  g_test_add_func ("/serve/sessions/versions", test_versions);
  return g_test_run ();
}
