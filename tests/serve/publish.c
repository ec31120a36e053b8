/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* New versions: found, played by themselves, tried, and promoted or rolled back, while sessions
 * play on without losing a frame. */
#include <glib/gstdio.h>

#include "looking.h"
#include "playing.h"

#define STUDIO                                                                                     \
  "[server]\nport = 0\naudit = \"audit.log\"\n"                                                    \
  "[models.classes]\nlocation = \"versions\"\n"                                                    \
  "[mounts.classes]\nmodel = \"classes\"\nframerate = 100\nclass = 0\nseed = 5\n"                  \
  "[publish.classes]\nstate = \"state.json\"\nwindow-seconds = 0.1\nleast = 3\nconfidence = 0.5\n"

static void
open_versions (Serving *s, const char *more)
{
  g_autofree char *folder = NULL, *text = g_strconcat (STUDIO, more, NULL);

  serving_open (s);
  folder = g_build_filename (s->folder, "versions", NULL);
  g_assert_cmpint (g_mkdir (folder, 0777), ==, 0);
  serving_save_classes (folder, "v1.onnx", 1);
  serving_load (s, text);
}

static void
add_version (Serving *s, const char *name, float factor)
{
  g_autofree char *folder = g_build_filename (s->folder, "versions", NULL);

  serving_save_classes (folder, name, factor);
}

static ServeModel *
model_of (Serving *s)
{
  return serving_mount (s, "classes")->model;
}

static char *
text_of (Serving *s, const char *member)
{
  g_autoptr (JsonObject) told = serve_publishing_describe (s->server->publishing, model_of (s));

  return json_object_has_member (told, member)
             ? g_strdup (json_object_get_string_member (told, member))
             : NULL;
}

/* Until `member` of what is told is `value`. */
static void
wait_for (Serving *s, const char *member, const char *value)
{
  const gint64 end = g_get_monotonic_time () + 3 * PATIENCE;
  g_autofree char *text = NULL;

  do {
    turn (s->server->publishing);
    g_free (text);
    text = text_of (s, member);
    if (g_get_monotonic_time () > end) {
      g_autofree char *reason = text_of (s, "reason");

      g_error ("%s stays %s: %s", member, text, reason);
    }
  } while (g_strcmp0 (text, value) != 0);
}

/* The next frame that differs from `before`, of those that do not move. (transfer full) */
static GBytes *
next_other (Playing *playing, GBytes *before)
{
  for (int i = 0; i < 500; i++) {
    GBytes *frame = playing_next (playing);

    if (!g_bytes_equal (frame, before))
      return frame;
    g_bytes_unref (frame);
  }
  g_error ("all frames stay the same");
}

static void
begin (Serving *s, Playing *playing)
{
  playing_new (s, playing, "classes", "anna");
  g_assert_true (serve_session_set (playing->session, "speed", "0", NULL));
  g_assert_true (serve_session_set (playing->session, "walk", "loop", NULL));
  playing_begin (playing);
}

static gboolean
is_audited (Serving *s, const char *event)
{
  g_autofree char *path = g_build_filename (s->folder, "audit.log", NULL), *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return strstr (text, event) != NULL;
}

/* Tried on all sessions there are, a version that does as well is promoted; what sessions see
 * changes; and a server that begins anew plays it. */
static void
test_promoted (void)
{
  Serving s = { 0 };
  Playing playing = { 0 }, other = { 0 };
  g_autoptr (GBytes) before = NULL, after = NULL;
  g_autofree char *previous = NULL;

  open_versions (
      &s, "canary = 0.5\nlatency = 1000\nlate = 1\nminutes = 0.03\nundecided = \"promote\"\n");
  begin (&s, &playing);
  begin (&s, &other);
  before = playing_next (&playing);
  add_version (&s, "v2.onnx", 0.5f);
  wait_for (&s, "candidate", "v2");
  wait_for (&s, "stable", "v2");
  previous = text_of (&s, "previous");
  g_assert_cmpstr (previous, ==, "v1");
  after = next_other (&playing, before);
  g_assert_true (is_audited (&s, "version-tried"));
  g_assert_true (is_audited (&s, "version-promoted"));
  playing_end (&playing);
  playing_end (&other);
  g_clear_pointer (&s.server, serve_server_free);

  /* A version that comes while nobody serves is looked at once somebody does. */
  add_version (&s, "v3.onnx", 0.25f);
  serving_load (&s, STUDIO);
  g_assert_cmpstr (model_of (&s)->current.name, ==, "v2");
  wait_for (&s, "candidate", "v3");
  serving_close (&s);
}

/* By a figure that is worse it is rolled back: pictures of less contrast are less sharp. */
static void
test_rolled_back (void)
{
  Serving s = { 0 };
  Playing playing[4] = { 0 };
  g_autofree char *reason = NULL;
  g_autoptr (JsonObject) told = NULL;

  open_versions (&s, "canary = 0.5\nlatency = 1000\nlate = 1\nerrors = 1\nminutes = 10\n"
                     "figures = { sharpness = 0.1 }\n");
  for (int i = 0; i < 4; i++)
    begin (&s, &playing[i]);
  add_version (&s, "v2.onnx", 0.1f);
  wait_for (&s, "candidate", "v2");
  /* By chance all sessions may see one version: others are begun until both are seen. */
  for (int i = 0; i < 4; i++) {
    while (gen_rollout_choose (0.5, serve_session_get_id (playing[i].session), "v2") !=
           (GenRolloutSide)(i % 2)) {
      playing_end (&playing[i]);
      begin (&s, &playing[i]);
    }
  }
  wait_for (&s, "phase", "canary");
  wait_for (&s, "phase", "idle");
  g_assert_cmpstr (model_of (&s)->current.name, ==, "v1");
  reason = text_of (&s, "reason");
  g_assert_nonnull (strstr (reason, "sharpness"));
  told = serve_publishing_describe (s.server->publishing, model_of (&s));
  g_assert_true (
      json_object_has_member (json_object_get_object_member (told, "figures"), "sharpness"));
  g_assert_true (is_audited (&s, "version-rolled-back"));
  for (int i = 0; i < 4; i++)
    playing_end (&playing[i]);
  serving_close (&s);
}

/* Rubbish, half a file and another kind of model are refused, and the old version plays on; a file
 * that is written anew is looked at anew. */
static void
test_refused (void)
{
  Serving s = { 0 };
  Playing playing = { 0 };
  g_autoptr (GBytes) before = NULL, still = NULL;
  g_autofree char *folder = NULL, *path = NULL, *text = NULL;
  gsize size;

  open_versions (&s, "canary = 1\nminutes = 0.001\nundecided = \"promote\"\n");
  folder = g_build_filename (s.folder, "versions", NULL);
  path = g_build_filename (folder, "v2.onnx", NULL);
  begin (&s, &playing);
  before = playing_next (&playing);
  g_assert_true (g_file_set_contents (path, "rubbish", -1, NULL));
  while (!is_audited (&s, "version-refused"))
    turn (s.server->publishing);

  serving_save_dimmer (folder, "v3.onnx");
  while (!is_audited (&s, "v3"))
    turn (s.server->publishing);
  g_assert_cmpstr (model_of (&s)->current.name, ==, "v1");
  still = playing_next (&playing);
  g_assert_true (g_bytes_equal (before, still));

  add_version (&s, "v2.onnx", 0.5f);
  g_assert_true (g_file_get_contents (path, &text, &size, NULL));
  wait_for (&s, "stable", "v2");
  playing_end (&playing);
  serving_close (&s);
}

/* By hand: at once, and back. */
static void
test_by_hand (void)
{
  Serving s = { 0 };
  g_autoptr (GError) error = NULL;
  ServePublishing *publishing;

  open_versions (&s, "canary = 0\n");
  publishing = s.server->publishing;
  g_assert_false (serve_publishing_roll_back (publishing, model_of (&s), "anna", &error));
  g_assert_error (error, SERVE_ERROR, SERVE_ERROR_CONFLICT);
  g_clear_error (&error);
  g_assert_false (serve_publishing_promote (publishing, model_of (&s), NULL, "anna", &error));
  g_assert_error (error, SERVE_ERROR, SERVE_ERROR_CONFLICT);
  g_clear_error (&error);
  g_assert_false (serve_publishing_promote (publishing, model_of (&s), "v9", "anna", &error));
  g_assert_error (error, SERVE_ERROR, SERVE_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (error->message, "there are v1"));
  g_clear_error (&error);

  add_version (&s, "v2.onnx", 0.5f);
  g_assert_true (serve_publishing_promote (publishing, model_of (&s), "v2", "anna", &error));
  g_assert_cmpstr (model_of (&s)->current.name, ==, "v2");
  g_assert_true (serve_publishing_roll_back (publishing, model_of (&s), "anna", &error));
  g_assert_cmpstr (model_of (&s)->current.name, ==, "v1");
  g_assert_true (is_audited (&s, "anna"));
  /* What was rolled back does not come again by itself, but by hand. */
  for (int i = 0; i < 3; i++)
    turn (s.server->publishing);
  g_assert_cmpstr (model_of (&s)->current.name, ==, "v1");
  g_assert_true (serve_publishing_promote (publishing, model_of (&s), "v2", "anna", &error));
  g_assert_no_error (error);
  serving_close (&s);
}

/* All figures that are named are measured. */
static void
test_meters (void)
{
  Serving s = { 0 };
  g_autofree char *line = NULL;

  open_versions (&s, "figures = { \"warping-error\" = 0.1, flicker = 0.1, sharpness = 0.1, "
                     "blockiness = 0.1 }\n");
  line = serve_publish_describe_meters (model_of (&s));
  for (int i = 0; i < 4; i++)
    g_assert_nonnull (strstr (
        line, (const char *const[]){ "warping-error", "flicker", "sharpness", "blockiness" }[i]));
  serving_close (&s);
}

/* A frame a frame, though versions change all the time. */
static void
test_no_frame_lost (void)
{
  Serving s = { 0 };
  Playing playing = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) queue = NULL;

  open_versions (&s, "canary = 0\n");
  add_version (&s, "v2.onnx", 0.5f);
  playing_new (&s, &playing, "classes", "anna");
  /* The sink takes all there is, however busy the machine is. */
  queue = gst_bin_get_by_name (GST_BIN (serve_session_get_bin (playing.session)), "video-queue");
  gst_util_set_object_arg (G_OBJECT (queue), "leaky", "no");
  playing_begin (&playing);
  for (int i = 0; i < 10; i++) {
    g_assert_true (serve_publishing_promote (
        s.server->publishing, model_of (&s), i % 2 == 0 ? "v2" : "v1", "anna", &error));
    for (int n = 0; n < 10; n++)
      g_bytes_unref (playing_next (&playing));
  }
  g_assert_cmpint (g_atomic_int_get (&playing.lost), ==, 0);
  playing_end (&playing);
  serving_close (&s);
}

/* Without the file of the version that is played nothing begins, and that is told; the next version
 * takes its place without being tried. What is decided while its file cannot be written is there
 * once it can. */
static void
test_removed (void)
{
  Serving s = { 0 };
  g_autofree char *path = NULL, *state = NULL;
  g_autoptr (GError) error = NULL;
  ServeMount *mount;

  open_versions (&s, "canary = 0\n");
  mount = serving_mount (&s, "classes");
  path = g_build_filename (s.folder, "versions", "v1.onnx", NULL);
  state = g_build_filename (s.folder, "state.json", NULL);
  g_assert_cmpint (g_mkdir (state, 0777), ==, 0);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*v1.onnx any more");
  g_assert_null (serve_session_new (s.server, mount, "anna", "mjpeg", &error));
  g_assert_error (error, SERVE_ERROR, SERVE_ERROR_BUSY);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, "*version-promoted: there is no file*");
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*is not remembered*");
  add_version (&s, "v2.onnx", 0.5f);
  wait_for (&s, "stable", "v2");
  g_test_assert_expected_messages ();
  g_assert_cmpfloat (
      gen_counters_sum (s.server->counters, "generative_serve_write_failures_total"), >=, 1);
  g_assert_cmpint (g_rmdir (state), ==, 0);
  while (!g_file_test (state, G_FILE_TEST_IS_REGULAR))
    turn (s.server->publishing);
  serving_close (&s);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/publish/promoted", test_promoted);
  g_test_add_func ("/serve/publish/rolled-back", test_rolled_back);
  g_test_add_func ("/serve/publish/refused", test_refused);
  g_test_add_func ("/serve/publish/by-hand", test_by_hand);
  g_test_add_func ("/serve/publish/meters", test_meters);
  g_test_add_func ("/serve/publish/no-frame-lost", test_no_frame_lost);
  g_test_add_func ("/serve/publish/removed", test_removed);
  return g_test_run ();
}
