/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How a server is watched: what it counts is what its clients count, figures are those of what came
 * in, and alerts reach whom they are for. */
#include <math.h>

#include <gst/gst.h>
#include <libsoup/soup.h>

#include "../../tools/http/connections.h"
#include "../../tools/serve/watch/figures.h"
#include "../../tools/serve/watch/families.h"
#include "../../tools/serve/watch/spans.h"
#include "serving.h"

#define PATIENCE (30 * G_USEC_PER_SEC)
#define SECOND G_GINT64_CONSTANT (1000000)

#define STUDIO "[server]\nport = 0\nrtsp-port = 0\n"
#define CLASSES                                                                                    \
  "[models.classes]\nlocation = \"classes.onnx\"\n"                                                \
  "[mounts.classes]\nmodel = \"classes\"\nframerate = 50\nprotocols = []\n"

/* --- what happens meanwhile --- */

/* Iterate until `done` says so. */
static void
wait_for (gboolean (*done) (gpointer data), gpointer data)
{
  const gint64 end = g_get_monotonic_time () + PATIENCE;

  while (!done (data)) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_main_context_iteration (NULL, TRUE);
  }
}

static gboolean
is_true (gpointer flag)
{
  return *(gboolean *)flag;
}

static void
start (Serving *s, const char *text)
{
  g_autoptr (GError) error = NULL;

  serving_open (s);
  serving_load (s, text);
  serve_server_start (s->server, &error);
  g_assert_no_error (error);
}

/* --- a client --- */

typedef struct {
  GBytes *body;
  guint status;
  gboolean done;
} Answer;

static void
on_answer (GObject *object, GAsyncResult *result, gpointer data)
{
  Answer *answer = data;
  g_autoptr (GError) error = NULL;

  answer->body = soup_session_send_and_read_finish (SOUP_SESSION (object), result, &error);
  g_assert_no_error (error);
  answer->status = soup_message_get_status (
      soup_session_get_async_result_message (SOUP_SESSION (object), result));
  answer->done = TRUE;
}

/* (transfer full) */
static GBytes *
get (Serving *s, const char *path, guint status, const char *header, const char *value)
{
  g_autofree char *url =
      g_strdup_printf ("http://127.0.0.1:%u%s", serve_http_get_port (s->server->http), path);
  g_autoptr (SoupSession) session = soup_session_new ();
  g_autoptr (SoupMessage) message = soup_message_new (SOUP_METHOD_GET, url);
  Answer answer = { 0 };

  if (header != NULL)
    soup_message_headers_append (soup_message_get_request_headers (message), header, value);
  soup_session_send_and_read_async (session, message, 0, NULL, on_answer, &answer);
  wait_for (is_true, &answer.done);
  g_assert_cmpuint (answer.status, ==, status);
  return answer.body;
}

/* --- figures --- */

static double
figure (const ServeFigures *figures, const char *name)
{
  guint n;
  const GenField *fields = serve_figures_fields (figures, &n);

  for (guint i = 0; i < n; i++)
    if (g_str_equal (fields[i].name, name))
      return serve_figures_values (figures)[i];
  g_assert_not_reached ();
}

static const GenCounterFamily frames = { "generative_stage_frames_total", "Frames",
  GEN_COUNTER_TOTAL, { "element", "factory" } };
static const GenCounterFamily dropped = { "generative_stage_dropped_total", "Dropped",
  GEN_COUNTER_TOTAL, { "element", "factory", "reason" } };
static const GenCounterFamily quality = { "generative_quality", "Quality", GEN_COUNTER_GAUGE,
  { "element", "factory", "figure" } };

static GenCounter *
requests_of (GenCounters *counters, const char *status)
{
  return gen_counters_take (
      counters, &serve_count_requests, (const char *[]){ "/v1/models", "GET", status });
}

/* 20 requests a second, of which a fifth fails from the fifth second on. */
static void
test_figures (void)
{
  g_autoptr (GenCounters) counters = gen_counters_new ();
  ServeFigures *figures = serve_figures_new (counters);
  GenCounter *good = requests_of (counters, "200"), *bad = requests_of (counters, "500");
  GenCounter *busy = requests_of (counters, "503");
  GenCounter *made = gen_counters_take (counters, &frames, (const char *[]){ "a", "generator" });
  GenCounter *passed = gen_counters_take (counters, &frames, (const char *[]){ "a", "queue" });
  GenCounter *lost =
      gen_counters_take (counters, &dropped, (const char *[]){ "a", "queue", "leaky" });
  GenCounter *took =
      gen_counters_take (counters, &serve_count_request_seconds, (const char *[]){ "/v1/models" });

  g_assert_true (isnan (figure (figures, "requests")));
  serve_figures_look (figures, SECOND);
  g_assert_true (isnan (figure (figures, "requests")));
  g_assert_true (isnan (figure (figures, "latency-50")));
  for (guint second = 2; second <= 30; second++) {
    gen_counter_add (good, second < 6 ? 20 : 16);
    gen_counter_add (bad, second < 6 ? 0 : 3);
    gen_counter_add (busy, second < 6 ? 0 : 1);
    gen_counter_add (made, 25);
    gen_counter_add (passed, 100);
    gen_counter_add (lost, 5);
    for (guint i = 0; i < 20; i++)
      gen_counter_observe (took, second < 15 ? 20 : 0.0015);
    serve_figures_look (figures, second * SECOND);
    g_assert_cmpfloat_with_epsilon (figure (figures, "requests"), 20, 1e-9);
    if (second == 5)
      g_assert_cmpfloat (figure (figures, "failed-share"), ==, 0);
    if (second == 7)
      g_assert_cmpfloat_with_epsilon (figure (figures, "failed-share"), 6.0 / 120, 1e-9);
  }
  /* The window is full, and what came before is forgotten. */
  g_assert_cmpfloat_with_epsilon (figure (figures, "failed-share"), 0.15, 1e-9);
  g_assert_cmpfloat_with_epsilon (figure (figures, "refused-share"), 0.05, 1e-9);
  g_assert_cmpfloat_with_epsilon (figure (figures, "frames"), 25, 1e-9);
  g_assert_cmpfloat_with_epsilon (figure (figures, "dropped"), 5, 1e-9);
  g_assert_cmpfloat_with_epsilon (figure (figures, "dropped-share"), 5.0 / 30, 1e-9);
  g_assert_cmpfloat (figure (figures, "latency-99"), >, 0.001);
  g_assert_cmpfloat (figure (figures, "latency-99"), <, 0.0025);
  serve_figures_free (figures);
}

/* A mean of those who measure it, and nothing where nobody does. */
static void
test_quality (void)
{
  g_autoptr (GenCounters) counters = gen_counters_new ();
  ServeFigures *figures = serve_figures_new (counters);
  GenCounter *one =
      gen_counters_take (counters, &quality, (const char *[]){ "a", "qualitymeter", "brightness" });
  GenCounter *other =
      gen_counters_take (counters, &quality, (const char *[]){ "b", "qualitymeter", "brightness" });

  gen_counter_set (one, 0.25);
  gen_counter_set (other, NAN);
  serve_figures_look (figures, SECOND);
  g_assert_cmpfloat (figure (figures, "quality-brightness"), ==, 0.25);
  g_assert_true (isnan (figure (figures, "quality-contrast")));
  gen_counter_set (other, 0.75);
  serve_figures_look (figures, 2 * SECOND);
  g_assert_cmpfloat (figure (figures, "quality-brightness"), ==, 0.5);
  gen_counter_set (one, NAN);
  gen_counter_set (other, NAN);
  serve_figures_look (figures, 3 * SECOND);
  g_assert_true (isnan (figure (figures, "quality-brightness")));
  serve_figures_free (figures);
}

/* --- what clients count --- */

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

/* --- alerts --- */

typedef struct {
  SoupServer *soup;
  HttpConnections *connections;
  guint refuse; /* how many to refuse yet */
  guint posts;
  char *body, *time, *signature;
  gboolean done;
} Hook;

static void
take_post (SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query,
    gpointer data)
{
  Hook *hook = data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const SoupMessageBody *body = soup_server_message_get_request_body (message);

  hook->posts++;
  if (hook->refuse > 0) {
    hook->refuse--;
    soup_server_message_set_status (message, 500, NULL);
    return;
  }
  if (!hook->done) {
    hook->body = g_strndup (body->data, (gsize)body->length);
    hook->time = g_strdup (soup_message_headers_get_one (headers, "Generative-Time"));
    hook->signature = g_strdup (soup_message_headers_get_one (headers, "Generative-Signature"));
  }
  soup_server_message_set_status (message, 200, NULL);
  hook->done = TRUE;
}

/* (transfer full) */
static char *
hook_open (Hook *hook, guint refuse)
{
  const HttpConnectionsLimits limits = { .most = 16, .most_per_address = 16 };
  g_autoptr (GError) error = NULL;

  *hook = (Hook){ .soup = soup_server_new (NULL, NULL), .refuse = refuse };
  soup_server_add_handler (hook->soup, "/hook", take_post, hook, NULL);
  hook->connections = http_connections_new (hook->soup, NULL, &limits);
  http_connections_listen (hook->connections, "127.0.0.1", 0, &error);
  g_assert_no_error (error);
  return g_strdup_printf (
      "http://127.0.0.1:%u/hook", http_connections_get_port (hook->connections));
}

static void
hook_close (Hook *hook)
{
  http_connections_free (hook->connections);
  soup_server_disconnect (hook->soup);
  g_object_unref (hook->soup);
  g_free (hook->body);
  g_free (hook->time);
  g_free (hook->signature);
}

/* Start a server whose alert is told to `url`, and signed by what `secret` says. */
static void
start_webhook (Serving *s, const char *url, const char *secret)
{
  g_autofree char *path = NULL, *text = NULL;

  serving_open (s);
  path = g_build_filename (s->folder, "secret", NULL);
  g_assert_true (g_file_set_contents_full (path, secret, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  text = g_strdup_printf (STUDIO "[alerts.any]\nwhen = \"sessions >= 0\"\nwebhook = "
                                 "\"%s\"\nwebhook-secret = \"secret\"\n",
      url);
  serving_load (s, text);
  g_assert_true (serve_server_start (s->server, NULL));
}

/* The first post is refused: it comes again. */
static void
test_webhook (void)
{
  g_autofree char *url = NULL, *signed_text = NULL, *digest = NULL, *expected = NULL;
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonObject *object;
  Serving s;
  Hook hook;

  url = hook_open (&hook, 1);
  start_webhook (&s, url, "open sesame\n");
  wait_for (is_true, &hook.done);
  g_assert_cmpuint (hook.posts, ==, 2);
  g_assert_true (json_parser_load_from_data (parser, hook.body, -1, NULL));
  object = json_node_get_object (json_parser_get_root (parser));
  g_assert_cmpstr (json_object_get_string_member (object, "alert"), ==, "any");
  g_assert_cmpstr (json_object_get_string_member (object, "state"), ==, "begin");
  g_assert_cmpstr (json_object_get_string_member (object, "figure"), ==, "sessions");
  g_assert_cmpstr (json_object_get_string_member (object, "time"), ==, hook.time);
  signed_text = g_strconcat (hook.time, ".", hook.body, NULL);
  digest = g_compute_hmac_for_string (
      G_CHECKSUM_SHA256, (const guchar *)"open sesame", 11, signed_text, -1);
  expected = g_strconcat ("sha256=", digest, NULL);
  g_assert_cmpstr (hook.signature, ==, expected);
  serving_close (&s);
  hook_close (&hook);
}

typedef struct {
  Serving *s;
  const char *outcome;
} Outcome;

static void
find_outcome (const GenCounterFamily *family, const char *const *values, const GenCounter *counter,
    gpointer data)
{
  Outcome *outcome = data;

  if (g_str_equal (family->name, "generative_serve_notices_total") &&
      g_str_equal (values[1], outcome->outcome) && gen_counter_get (counter) > 0)
    outcome->s = NULL;
}

static gboolean
has_come_out (gpointer data)
{
  Outcome outcome = *(Outcome *)data;

  gen_counters_foreach (outcome.s->server->counters, find_outcome, &outcome);
  return outcome.s == NULL;
}

/* By a secret of nothing anybody could sign: it is not sent. */
static void
test_webhook_without_secret (void)
{
  g_autofree char *url = NULL;
  Serving s;
  Hook hook;

  url = hook_open (&hook, 0);
  start_webhook (&s, url, " \n");
  wait_for (has_come_out, &(Outcome){ &s, "failed" });
  serving_close (&s);
  g_assert_cmpuint (hook.posts, ==, 0);
  hook_close (&hook);
}

static void
test_command (void)
{
  g_autofree char *path = NULL, *written = NULL;
  Serving s;

  serving_open (&s);
  path = g_build_filename (s.folder, "notice", NULL);
  written = g_strdup_printf (STUDIO
      "[alerts.any]\nwhen = \"sessions >= 0\"\ncommand = [\"sh\", \"-c\", \"{ echo "
      "$ALERT $ALERT_STATE $ALERT_FIGURE $0; cat; } >$1\", \"a;b\", \"%s\"]\n",
      path);
  serving_load (&s, written);
  g_assert_true (serve_server_start (s.server, NULL));
  wait_for (has_come_out, &(Outcome){ &s, "delivered" });
  g_clear_pointer (&written, g_free);
  g_assert_true (g_file_get_contents (path, &written, NULL, NULL));
  g_assert_true (g_str_has_prefix (written, "any begin sessions a;b\nalert any begins: "));
  g_assert_nonnull (strstr (written, "{\"alert\":\"any\",\"state\":\"begin\""));
  serving_close (&s);
}

/* What does not end is ended; what is not there, or fails, is told. */
static void
test_failing_commands (void)
{
  static const char *const commands[] = { "\"sleep\", \"1000\"", "\"/nowhere/program\"",
    "\"false\"" };

  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++) {
    g_autofree char *text = g_strdup_printf (STUDIO "[alerts.any]\nwhen = \"sessions >= 0\"\n"
                                                    "command = [%s]\ncommand-seconds = 1\n",
        commands[i]);
    Serving s;

    start (&s, text);
    wait_for (has_come_out, &(Outcome){ &s, "failed" });
    serving_close (&s);
  }
}

static void
test_end (void)
{
  Serving s;

  start (&s, STUDIO "[alerts.any]\nwhen = \"sessions >= 0\"\nend = true\n");
  g_assert_true (s.server->failed);
  g_assert_true (s.server->draining);
  serving_close (&s);
}

/* An alert on what there is not is told by file, line and key. */
static void
test_unknown (void)
{
  g_autofree char *path = NULL;
  g_autoptr (GError) error = NULL;
  ServeConfiguration *configuration;
  Serving s;

  serving_open (&s);
  path = g_build_filename (s.folder, "studio.toml", NULL);
  g_assert_true (
      g_file_set_contents (path, STUDIO "[alerts.slow]\nwhen = \"latncy-99 > 1\"\n", -1, NULL));
  configuration = serve_configuration_load (path, &error);
  g_assert_no_error (error);
  s.server = serve_server_new (configuration, &error);
  g_assert_no_error (error);
  g_assert_false (serve_server_load (s.server, &error));
  g_assert_nonnull (strstr (error->message, "studio.toml:5: alerts.slow.when: "));
  g_assert_nonnull (strstr (error->message, "did you mean \"latency-99\"?"));
  g_assert_nonnull (strstr (error->message, "there are sessions, "));
  /* Figures of metrics are too many to be read. */
  g_assert_nonnull (strstr (error->message, " more; quality-NAME is "));
  serving_close (&s);
}

/* --- traces --- */

static void
test_parents (void)
{
#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define PARENT "b7ad6b7169203331"
  static const struct {
    const char *text;
    gboolean taken, sampled;
  } cases[] = {
    { "00-" TRACE "-" PARENT "-01", TRUE, TRUE },
    { "00-" TRACE "-" PARENT "-00", TRUE, FALSE },
    { "01-" TRACE "-" PARENT "-01-more", TRUE, TRUE },
    { "00-" TRACE "-" PARENT "-01-more", FALSE },
    { "ff-" TRACE "-" PARENT "-01", FALSE },
    { "00-" TRACE "-" PARENT "-0", FALSE },
    { "00-" TRACE "-" PARENT "-0x", FALSE },
    { "00-0AF7651916CD43DD8448EB211C80319C-" PARENT "-01", FALSE },
    { "00-00000000000000000000000000000000-" PARENT "-01", FALSE },
    { "00-" TRACE "-0000000000000000-01", FALSE },
    { "", FALSE },
    { "-----------------------------------------------------------", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    ServeSpan span;

    serve_span_begin (&span, cases[i].text);
    g_assert_cmpuint (strlen (span.trace), ==, 32);
    g_assert_cmpuint (strlen (span.id), ==, 16);
    g_assert_cmpint (g_str_equal (span.trace, TRACE), ==, cases[i].taken);
    g_assert_cmpstr (span.parent, ==, cases[i].taken ? PARENT : "");
    g_assert_cmpint (span.sampled, ==, !cases[i].taken || cases[i].sampled);
  }
}

/* A request that is part of a trace becomes a span of it. */
static void
test_traces (void)
{
  g_autofree char *url = NULL, *text = NULL;
  g_autoptr (GBytes) body = NULL;
  Serving s;
  Hook hook;

  url = hook_open (&hook, 0);
  text = g_strdup_printf (STUDIO "traces = \"%s\"\n", url);
  start (&s, text);
  body = get (&s, "/v1/mounts", 200, "traceparent", "00-" TRACE "-" PARENT "-01");
  wait_for (is_true, &hook.done);
  g_assert_nonnull (strstr (hook.body, "\"traceId\":\"" TRACE "\""));
  g_assert_nonnull (strstr (hook.body, "\"parentSpanId\":\"" PARENT "\""));
  g_assert_nonnull (strstr (hook.body, "\"name\":\"GET /v1/mounts\""));
  g_assert_nonnull (strstr (
      hook.body, "{\"key\":\"http.response.status_code\",\"value\":{\"intValue\":\"200\"}}"));
  serving_close (&s);
  hook_close (&hook);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  /* Alerts are warnings. */
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  g_test_add_func ("/serve/watch/figures", test_figures);
  g_test_add_func ("/serve/watch/quality", test_quality);
  g_test_add_func ("/serve/watch/requests", test_requests);
  g_test_add_func ("/serve/watch/session", test_session);
  g_test_add_func ("/serve/watch/webhook", test_webhook);
  g_test_add_func ("/serve-watch/webhook-without-secret", test_webhook_without_secret);
  g_test_add_func ("/serve/watch/command", test_command);
  g_test_add_func ("/serve/watch/failing-commands", test_failing_commands);
  g_test_add_func ("/serve/watch/end", test_end);
  g_test_add_func ("/serve/watch/unknown", test_unknown);
  g_test_add_func ("/serve/watch/parents", test_parents);
  g_test_add_func ("/serve/watch/traces", test_traces);
  return g_test_run ();
}
