/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a server counts is what its clients count. */
#include <gst/gst.h>

#include "watching.h"

#define CLASSES                                                                                    \
  "[models.classes]\nlocation = \"classes.onnx\"\n"                                                \
  "[mounts.classes]\nmodel = \"classes\"\nframerate = 50\nprotocols = []\n"

static double
number_behind (const char *text, const char *line)
{
  const char *found = strstr (text, line);

  g_assert_nonnull (found);
  return g_ascii_strtod (found + strlen (line), NULL);
}

static void
test_requests (void)
{
  g_autofree char *text = NULL;
  g_autoptr (GBytes) metrics = NULL, missing = NULL;
  gsize bytes = 0;
  Serving s;

  start (&s, STUDIO CLASSES "[mounts.clock]\npipeline = \"videotestsrc\"\nprotocols = []\n");
  for (guint i = 0; i < 7; i++) {
    g_autoptr (GBytes) body =
        get (&s, i % 2 ? "/v1/mounts/clock" : "/v1/mounts/classes", 200, NULL, NULL);

    bytes += g_bytes_get_size (body);
  }
  missing = get (&s, "/v1/mounts/none", 404, NULL, NULL);
  metrics = get (&s, "/metrics", 200, NULL, NULL);
  text = g_strndup (g_bytes_get_data (metrics, NULL), g_bytes_get_size (metrics));
  g_assert_cmpfloat (
      number_behind (text, "generative_serve_requests_total{route=\"/v1/mounts/{name}\",method="
                           "\"GET\",status=\"200\"} "),
      ==, 7);
  g_assert_cmpfloat (
      number_behind (text, "generative_serve_requests_total{route=\"/v1/mounts/{name}\",method="
                           "\"GET\",status=\"404\"} "),
      ==, 1);
  g_assert_cmpfloat (number_behind (text, "generative_serve_response_bytes_total{route=\"/v1/"
                                          "mounts/{name}\"} "),
      ==, (double)(bytes + g_bytes_get_size (missing)));
  g_assert_cmpfloat (
      number_behind (text, "generative_serve_request_seconds_count{route=\"/v1/mounts/{name}\"} "),
      ==, 8);
  g_assert_cmpfloat (number_behind (text, "\ngenerative_serve_requests_active "), ==, 1);
  g_assert_cmpfloat (
      number_behind (text, "generative_serve_model_info{model=\"classes\",version=\"classes\"} "),
      ==, 1);
  serving_close (&s);
}

static void
on_handoff (GstElement *sink, GstBuffer *buffer, GstPad *pad, gpointer data)
{
  g_atomic_int_inc ((gint *)data);
  g_main_context_wakeup (NULL);
}

static gboolean
has_twenty (gpointer count)
{
  return g_atomic_int_get ((gint *)count) >= 20;
}

typedef struct {
  const char *element, *factory;
  double frames;
} Stage;

static void
find_stage (const GenCounterFamily *family, const char *const *values, const GenCounter *counter,
    gpointer data)
{
  Stage *stage = data;

  if (g_str_equal (family->name, "generative_stage_frames_total") &&
      g_str_equal (values[0], stage->element) && g_str_equal (values[1], stage->factory))
    stage->frames = gen_counter_get (counter);
}

static double
frames_of (Serving *s, const char *element, const char *factory)
{
  Stage stage = { element, factory, 0 };

  gen_counters_foreach (s->server->counters, find_stage, &stage);
  return stage.frames;
}

/* What a client gets is told as what its sink took, and what was made for it under the mount's
 * name.
 */
static void
test_session (void)
{
  GstElement *pipeline = gst_pipeline_new (NULL);
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GError) error = NULL;
  ServeSession *session;
  gint count = 0;
  Serving s;

  start (&s, STUDIO CLASSES);
  session = serve_session_new (s.server, serving_mount (&s, "classes"), "me", "test", &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (gen_counters_sum (s.server->counters, "generative_serve_sessions"), ==, 1);
  g_object_set (sink, "sync", FALSE, "signal-handoffs", TRUE, NULL);
  g_signal_connect (sink, "handoff", G_CALLBACK (on_handoff), &count);
  gst_bin_add_many (GST_BIN (pipeline), serve_session_get_bin (session), sink, NULL);
  g_assert_true (gst_element_link_pads (serve_session_get_bin (session), "video", sink, "sink"));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  wait_for (has_twenty, &count);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpfloat (frames_of (&s, "", "fakesink"), ==, count);
  g_assert_cmpfloat (frames_of (&s, "classes", "generator"), >=, count);
  serve_session_close (session);
  g_assert_cmpfloat (gen_counters_sum (s.server->counters, "generative_serve_sessions"), ==, 0);
  g_assert_cmpfloat (
      gen_counters_sum (s.server->counters, "generative_serve_sessions_total"), ==, 1);
  gst_object_unref (pipeline);
  serve_session_unref (session);
  serving_close (&s);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/watch/requests", test_requests);
  g_test_add_func ("/serve/watch/session", test_session);
  return g_test_run ();
}
