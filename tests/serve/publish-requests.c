/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests have their part in the trial of a version: a share of them is made by it, always the
 * same ones, and what they see decides. */
#include <glib/gstdio.h>

#include "asking.h"
#include "looking.h"

#define STUDIO                                                                                     \
  "[server]\nport = 0\nrtsp-port = 0\naudit = \"audit.log\"\n"                                     \
  "[limits]\nrequests-per-minute = 0\n"                                                            \
  "[models.classes]\nlocation = \"versions\"\n"                                                    \
  "[publish.classes]\ncanary = 0.5\nlatency = 1000\n"

#define MOST 2000

static void
add_version (Fixture *f, const char *name, float factor)
{
  g_autofree char *folder = g_build_filename (f->serving.folder, "versions", NULL);

  serving_save_classes (folder, name, factor);
}

static void
open_fixture (Fixture *f, const char *more)
{
  g_autofree char *text = g_strconcat (STUDIO, more, NULL), *folder = NULL;

  serving_open (&f->serving);
  folder = g_build_filename (f->serving.folder, "versions", NULL);
  g_assert_cmpint (g_mkdir (folder, 0777), ==, 0);
  add_version (f, "v1.onnx", 1);
  serving_load (&f->serving, text);
  begin_asking (f);
}

static ServeModel *
model_of (Fixture *f)
{
  return serve_server_find_model (f->serving.server, "classes", NULL);
}

static JsonObject *
describe (Fixture *f)
{
  return serve_publishing_describe (f->serving.server->publishing, model_of (f));
}

static gboolean
stands (Fixture *f, const char *member, const char *value)
{
  g_autoptr (JsonObject) told = describe (f);

  return g_strcmp0 (json_object_get_string_member_with_default (told, member, NULL), value) == 0;
}

static void
wait_for (Fixture *f, const char *member, const char *value)
{
  while (!stands (f, member, value))
    turn (f->serving.server->publishing);
}

/* The picture of `seed`, and by which version. */
static GBytes *
make (Fixture *f, guint seed, char **version)
{
  g_autofree char *body = g_strdup_printf ("{\"seed\":%u,\"class\":0,\"format\":\"npy\"}", seed);
  g_auto (Answer) answer = { 0 };

  ask (f, "/v1/generate", body, NULL, 200, &answer);
  *version = g_strdup (soup_message_headers_get_one (
      soup_message_get_response_headers (answer.message), "Generative-Version"));
  return g_bytes_ref (answer.body);
}

static const char *
expected (guint seed)
{
  g_autofree char *request = g_strdup_printf ("127.0.0.1 %u", seed);

  return gen_rollout_choose (0.5, request, "v2") == GEN_ROLLOUT_CANDIDATE ? "v2" : "v1";
}

/* Until requests are made by the version that is tried, which is loaded beside the other one. */
static void
wait_for_trial (Fixture *f)
{
  guint seed = 0;

  wait_for (f, "phase", "canary");
  while (g_str_equal (expected (seed), "v1"))
    seed++;
  for (guint i = 0; i < MOST; i++) {
    g_autofree char *version = NULL;

    g_bytes_unref (make (f, seed, &version));
    if (g_str_equal (version, "v2"))
      return;
    g_usleep (1000);
  }
  g_error ("no request is made by the version that is tried");
}

/* How many values there are of `figure` of the version `side`. */
static gint64
count (Fixture *f, const char *figure, const char *side)
{
  g_autoptr (JsonObject) told = describe (f);
  JsonObject *of = json_object_get_object_member (
      json_object_get_object_member (json_object_get_object_member (told, "figures"), figure),
      side);

  return json_object_get_int_member (of, "values");
}

static void
test_share (void)
{
  Fixture f = { 0 };
  gint64 before[2], made[2] = { 0 };

  open_fixture (&f, "least = 1000\nminutes = 0\nundecided = \"keep\"\n");
  add_version (&f, "v2.onnx", 0.5f);
  wait_for_trial (&f);
  before[0] = count (&f, "errors", "stable");
  before[1] = count (&f, "errors", "candidate");
  for (guint seed = 0; seed < 40; seed++) {
    g_autofree char *version = NULL, *again = NULL;
    g_autoptr (GBytes) picture = make (&f, seed, &version), same = make (&f, seed, &again);

    g_assert_cmpstr (version, ==, expected (seed));
    g_assert_cmpstr (again, ==, version);
    g_assert_true (g_bytes_equal (picture, same));
    made[g_str_equal (version, "v2")] += 2;
  }
  g_assert_cmpint (made[1], >, 0);
  g_assert_cmpint (made[0], >, 0);
  /* The last one is noted when its answer has gone. */
  while (count (&f, "errors", "stable") + count (&f, "errors", "candidate") <
         before[0] + before[1] + made[0] + made[1])
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpint (count (&f, "errors", "stable"), ==, before[0] + made[0]);
  g_assert_cmpint (count (&f, "errors", "candidate"), ==, before[1] + made[1]);
  g_assert_cmpint (count (&f, "latency", "candidate"), ==, before[1] + made[1]);
  close_fixture (&f);
}

/* Without any session. */
static void
test_promoted (void)
{
  Fixture f = { 0 };
  g_autofree char *version = NULL;

  open_fixture (&f, "least = 3\nconfidence = 0.5\nerrors = 1\nlate = 1\nminutes = 600\n");
  add_version (&f, "v2.onnx", 0.5f);
  wait_for (&f, "phase", "canary");
  for (guint seed = 0; seed < MOST && !stands (&f, "stable", "v2"); seed++) {
    g_autofree char *made_by = NULL;

    g_bytes_unref (make (&f, seed, &made_by));
  }
  g_assert_true (stands (&f, "stable", "v2"));
  while (g_strcmp0 (version, "v2") != 0) {
    g_free (version);
    g_bytes_unref (make (&f, 1, &version));
  }
  close_fixture (&f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/publish-requests/share", test_share);
  g_test_add_func ("/serve/publish-requests/promoted", test_promoted);
  return g_test_run ();
}
