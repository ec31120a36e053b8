/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests while things go on: a version takes the place of another, many wait, and clients leave.
 */
#include <glib/gstdio.h>
#include <gst/gst.h>

#include "../../tools/serve/generate.h"
#include "../../tools/serve/publish.h"
#include "../../tools/serve/watch/scale.h"
#include "asking.h"

#define STUDIO "[server]\nport = 0\nrtsp-port = 0\n[limits]\nrequests-per-minute = 0\n"
#define PATIENCE (60 * G_USEC_PER_SEC)
/* Requests that are under way at once. */
#define AT_ONCE 4

/* --- another version --- */

static void
open_versions (Fixture *f)
{
  g_autofree char *folder = NULL;

  serving_open (&f->serving);
  folder = g_build_filename (f->serving.folder, "versions", NULL);
  g_assert_cmpint (g_mkdir (folder, 0777), ==, 0);
  serving_save_classes (folder, "v1.onnx", 1);
  serving_save_classes (f->serving.folder, "second.onnx", 0.5f);
  serving_load (&f->serving,
      STUDIO "[models.classes]\nlocation = \"versions\"\n[publish.classes]\ncanary = 0\n"
             "[models.second]\nlocation = \"second.onnx\"\n");
  begin_asking (f);
}

static ServeModel *
model_of (Fixture *f)
{
  return g_hash_table_lookup (f->serving.server->models, "classes");
}

/* Another version comes, and is played at once. */
static void
promote_another (Fixture *f)
{
  g_autofree char *folder = g_build_filename (f->serving.folder, "versions", NULL);
  g_autoptr (GError) error = NULL;

  serving_save_classes (folder, "v2.onnx", 0.5f);
  serve_publishing_promote (f->serving.server->publishing, model_of (f), "v2", "anna", &error);
  g_assert_no_error (error);
}

/* Ask without a pause until one and then all that are asked behind it are of `after`; until then
 * they are of `before`. */
static void
ask_through (Fixture *f, const char *body, GBytes *before, GBytes *after)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE;
  gboolean turned = FALSE, last = FALSE;

  while (!last) {
    Answer answers[AT_ONCE];
    guint n_after = 0;

    last = turned;
    for (guint i = 0; i < AT_ONCE; i++)
      begin (f, "/v1/generate", body, NULL, NULL, &answers[i]);
    for (guint i = 0; i < AT_ONCE; i++) {
      finish (&answers[i]);
      g_assert_cmpuint (soup_message_get_status (answers[i].message), ==, 200);
      n_after += g_bytes_equal (answers[i].body, after);
      g_assert_true (
          g_bytes_equal (answers[i].body, after) || g_bytes_equal (answers[i].body, before));
      answer_clear (&answers[i]);
    }
    turned = n_after > 0;
    g_assert_true (!last || n_after == AT_ONCE);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  }
}

/* What is promoted makes what is asked for, and what is rolled back does again; no request fails.
 */
static void
test_versions (void)
{
  static const char body[] = "{\"model\":\"classes\",\"seed\":7,\"class\":1,\"format\":\"npy\"}";
  g_auto (Answer) first = { 0 }, second = { 0 };
  g_autoptr (GError) error = NULL;
  Fixture f;

  open_versions (&f);
  ask (&f, "/v1/generate", body, NULL, 200, &first);
  ask (&f, "/v1/generate", "{\"model\":\"second\",\"seed\":7,\"class\":1,\"format\":\"npy\"}", NULL,
      200, &second);
  g_assert_false (g_bytes_equal (first.body, second.body));
  promote_another (&f);
  ask_through (&f, body, first.body, second.body);
  serve_publishing_roll_back (f.serving.server->publishing, model_of (&f), "anna", &error);
  g_assert_no_error (error);
  ask_through (&f, body, second.body, first.body);
  close_fixture (&f);
}

/* --- many --- */

static double
count_status (Fixture *f, const char *route, const char *method, const char *status)
{
  g_autofree char *line =
      g_strdup_printf ("generative_serve_requests_total{route=\"%s\",method=\"%s\",status=\"%s\"} ",
          route, method, status);
  GString *text = g_string_new (NULL);
  g_autofree char *all = NULL;
  const char *found;

  gen_counters_append_text (f->serving.server->counters, text);
  all = g_string_free (text, FALSE);
  found = strstr (all, line);
  return found != NULL ? g_ascii_strtod (found + strlen (line), NULL) : 0;
}

static guint
look_at_scale (Fixture *f)
{
  ServeScale scale;

  serve_scale_init (&scale, f->serving.server);
  serve_scale_look (&scale, f->serving.server, g_get_monotonic_time ());
  return scale.policy.wanted;
}

/* Requests that wait are told, and want another replica; those whose clients leave are no failures,
 * and wait no longer. */
static void
test_waiting (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Answer) metrics = { 0 }, still = { 0 };
  g_autofree char *text = NULL;
  Answer answers[12];
  const char *found;
  Fixture f;

  serving_open (&f.serving);
  serving_load (&f.serving, STUDIO "[models.classes]\nlocation = \"classes.onnx\"\n");
  begin_asking (&f);
  g_assert_cmpuint (look_at_scale (&f), ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    begin (&f, "/v1/generate", "{\"count\":16,\"size\":\"512x512\",\"seed\":1}", "application/json",
        cancellable, &answers[i]);
  while (serve_generate_count_waiting (f.serving.server->generate) < 10)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (look_at_scale (&f), ==, 2);
  ask (&f, "/metrics", NULL, NULL, 200, &metrics);
  text = g_strndup (g_bytes_get_data (metrics.body, NULL), g_bytes_get_size (metrics.body));
  found = strstr (text, "\ngenerative_serve_requests_waiting ");
  g_assert_nonnull (found);
  g_assert_cmpfloat (g_ascii_strtod (strchr (found, ' '), NULL), >, 4);
  g_cancellable_cancel (cancellable);
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++) {
    finish (&answers[i]);
    answer_clear (&answers[i]);
  }
  while (serve_generate_count (f.serving.server->generate) > 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (serve_generate_count_waiting (f.serving.server->generate), ==, 0);
  g_assert_cmpfloat (count_status (&f, "/v1/generate", "POST", "499"), ==, 12);
  g_assert_cmpfloat (count_status (&f, "/v1/generate", "POST", "500"), ==, 0);
  close_fixture (&f);
}

/* --- leaving --- */

static void
on_sent (GObject *session, GAsyncResult *result, gpointer data)
{
  GInputStream **stream = data;
  g_autoptr (GError) error = NULL;

  *stream = soup_session_send_finish (SOUP_SESSION (session), result, &error);
  g_assert_no_error (error);
}

/* Who leaves a stream has left, and the server has not failed; who has a whole answer has it. */
static void
test_streams (void)
{
  static const char path[] = "/mounts/{name}/stream.mjpeg";
  g_autofree char *url = NULL;
  g_autoptr (SoupMessage) message = NULL;
  g_auto (Answer) head = { 0 };
  GInputStream *stream = NULL;
  Fixture f;

  serving_open (&f.serving);
  serving_load (&f.serving,
      STUDIO "[mounts.clock]\npipeline = \"videotestsrc is-live=true\"\nprotocols = [\"mjpeg\"]\n");
  begin_asking (&f);
  url = g_strconcat (f.url, "/mounts/clock/stream.mjpeg", NULL);
  message = soup_message_new ("GET", url);
  soup_session_send_async (f.session, message, G_PRIORITY_DEFAULT, NULL, on_sent, &stream);
  while (stream == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (soup_message_get_status (message), ==, 200);
  g_object_unref (stream);
  soup_session_abort (f.session);
  while (count_status (&f, path, "GET", "499") == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpfloat (count_status (&f, path, "GET", "500"), ==, 0);
  ask (&f, "/v1/mounts", NULL, NULL, 200, &head);
  while (count_status (&f, "/v1/mounts", "GET", "200") == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpfloat (count_status (&f, "/v1/mounts", "GET", "499"), ==, 0);
  close_fixture (&f);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/going-on/versions", test_versions);
  g_test_add_func ("/serve/going-on/waiting", test_waiting);
  g_test_add_func ("/serve/going-on/streams", test_streams);
  return g_test_run ();
}
