/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Alerts reach whom they are for. */
#include <gst/gst.h>

#include "hook.h"
#include "watching.h"

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

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  /* Alerts are warnings. */
  g_log_set_always_fatal (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL);
  g_test_add_func ("/serve/alerts/webhook", test_webhook);
  g_test_add_func ("/serve/alerts/webhook-without-secret", test_webhook_without_secret);
  g_test_add_func ("/serve/alerts/command", test_command);
  g_test_add_func ("/serve/alerts/failing-commands", test_failing_commands);
  g_test_add_func ("/serve/alerts/end", test_end);
  g_test_add_func ("/serve/alerts/unknown", test_unknown);
  return g_test_run ();
}
