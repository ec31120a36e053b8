/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may ask generative-serve what, and how often. */
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "process.h"

/* The SHA-256 of the token "watcher", and of "master". */
static char *
make_tokens (void)
{
  g_autofree char *watcher = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "watcher", -1);
  g_autofree char *master = g_compute_checksum_for_string (G_CHECKSUM_SHA256, "master", -1);

  return g_strdup_printf (
      "wanda watch %s\nmax watch,generate,publish,administrate %s\n", watcher, master);
}

static void
test_tokens (void)
{
  static const struct {
    const char *path, *method, *headers;
    guint status;
  } cases[] = {
    { "/healthz", "GET", "", 200 },
    { "/v1/models", "GET", "", 401 },
    { "/v1/models", "GET", "Authorization: Bearer watcher\r\n", 200 },
    { "/v1/models", "GET", "Authorization: bearer  watcher \r\n", 200 },
    { "/v1/models", "GET", "Authorization: Basic d2FuZGE6d2F0Y2hlcg==\r\n", 200 },
    { "/v1/models", "GET", "Authorization: Basic ====\r\n", 401 },
    { "/v1/models", "GET", "Authorization: Digest watcher\r\n", 401 },
    { "/v1/models?access_token=watcher", "GET", "", 200 },
    { "/v1/sessions/x?access_token=watcher", "DELETE", "", 401 },
    { "/v1/sessions/x", "DELETE", "Authorization: Bearer watcher\r\n", 404 },
    { "/v1/models", "GET", "Authorization: Bearer wacther\r\n", 401 },
  };
  Process p = { 0 };
  g_autofree char *tokens = make_tokens ();

  process_open (&p);
  process_write (&p, "tokens", tokens);
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\ntokens = \"tokens\"\n" PROCESS_CLOCK);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_test_message ("%s %s %s", cases[i].method, cases[i].path, cases[i].headers);
    g_assert_cmpuint (
        process_get (&p, cases[i].method, cases[i].path, cases[i].headers), ==, cases[i].status);
  }
  process_close (&p);
}

/* Whoever guesses has to wait, and whoever knows does not. */
static void
test_guesses (void)
{
  Process p = { 0 };
  g_autofree char *tokens = make_tokens (), *answer = NULL;
  int refused = 0;

  process_open (&p);
  process_write (&p, "tokens", tokens);
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\ntokens = \"tokens\"\n" PROCESS_CLOCK);
  for (int i = 0; i < 20; i++)
    refused += process_get (&p, "GET", "/v1/models", "Authorization: Bearer guess\r\n") == 429;
  g_assert_cmpint (refused, >=, 10);
  answer = process_ask (&p, "GET /v1/models HTTP/1.1\r\nHost: $HOST\r\nConnection: close\r\n"
                            "Authorization: Bearer guess\r\n\r\n");
  g_assert_nonnull (strstr (answer, "\r\nRetry-After: "));
  g_assert_cmpuint (
      process_get (&p, "GET", "/v1/models", "Authorization: Bearer watcher\r\n"), ==, 200);
  process_close (&p);
}

/* What a proxy in front may read otherwise than the server does. */
static void
test_twice (void)
{
  static const char *const pairs[][2] = { { "Host: $HOST", "Host: example.org" },
    { "host: example.org", "HOST: $HOST" }, { "Host: $HOST\r\nOrigin: http://$HOST", "Origin: x" },
    { "Host: $HOST\r\nAuthorization: Bearer watcher", "Authorization: Bearer master" },
    { "Host: $HOST\r\nContent-Type: application/json", "Content-Type: text/plain" } };
  Process p = { 0 };
  g_autofree char *tokens = make_tokens ();

  process_open (&p);
  process_write (&p, "tokens", tokens);
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\ntokens = \"tokens\"\n" PROCESS_CLOCK);
  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++) {
    g_autofree char *request = g_strdup_printf (
        "GET /healthz HTTP/1.1\r\n%s\r\n%s\r\nConnection: close\r\n\r\n", pairs[i][0], pairs[i][1]);

    g_assert_cmpuint (process_ask_status (&p, request), ==, 400);
  }
  process_close (&p);
}

/* Tokens that are taken away, or are new, count from SIGHUP on; a file that is wrong changes
 * nothing. */
static void
test_reload (void)
{
  static const char authorization[] = "Authorization: Bearer watcher\r\n";
  Process p = { 0 };
  g_autofree char *tokens = make_tokens ();

  process_open (&p);
  process_write (&p, "tokens", tokens);
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\ntokens = \"tokens\"\n" PROCESS_CLOCK);
  g_assert_cmpuint (process_get (&p, "GET", "/v1/models", authorization), ==, 200);
  process_write (&p, "studio.toml",
      "[server]\nport = 0\nrtsp-port = 0\ntokens = \"tokens\"\n" PROCESS_CLOCK
      "[mounts.more]\npipeline = \"videotestsrc\"\nprotocols = []\n");
  g_subprocess_send_signal (p.process, SIGHUP);
  while (process_get (&p, "GET", "/v1/mounts/more", authorization) != 200)
    g_usleep (10000);
  process_write (&p, "studio.toml", "[server]\nport = nonsense\n");
  g_subprocess_send_signal (p.process, SIGHUP);
  process_wait_for (&p, "all stays as it was");
  process_write (&p, "tokens", strchr (tokens, '\n') + 1);
  process_write (
      &p, "studio.toml", "[server]\nport = 0\nrtsp-port = 0\ntokens = \"tokens\"\n" PROCESS_CLOCK);
  g_assert_cmpuint (process_get (&p, "GET", "/v1/mounts/clock", authorization), ==, 200);
  g_subprocess_send_signal (p.process, SIGHUP);
  while (process_get (&p, "GET", "/v1/models", authorization) == 200)
    g_usleep (10000);
  g_assert_cmpuint (
      process_get (&p, "GET", "/v1/mounts/more", "Authorization: Bearer master\r\n"), ==, 404);
  process_close (&p);
}

/* A pipe in the place of the studio file is refused, and not waited for; and so is what says of an
 * alert what cannot be, with all else that the file says; and one in which there is nothing yet. */
static void
test_wrong_reload (void)
{
  Process p = { 0 };
  g_autofree char *path = NULL, *tokens = make_tokens ();

  process_open (&p);
  path = g_build_filename (p.folder, "studio.toml", NULL);
  process_write (&p, "tokens", tokens);
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\ntokens = \"tokens\"\n" PROCESS_CLOCK);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  g_subprocess_send_signal (p.process, SIGHUP);
  process_wait_for (&p, "it is a device or pipe");
  g_assert_cmpint (g_unlink (path), ==, 0);
  process_write (&p, "studio.toml",
      "[server]\nport = 0\nrtsp-port = 0\n" PROCESS_CLOCK
      "[alerts.wrong]\nwhen = \"nonsense > 1\"\ncommand = [\"true\"]\n");
  g_subprocess_send_signal (p.process, SIGHUP);
  process_wait_for (&p, "alerts.wrong");
  process_write (&p, "studio.toml", "");
  g_subprocess_send_signal (p.process, SIGHUP);
  process_wait_for (&p, "nothing would be served");
  /* Tokens are wanted as before. */
  g_assert_cmpuint (process_get (&p, "GET", "/v1/models", ""), ==, 401);
  g_assert_cmpuint (
      process_get (&p, "GET", "/v1/models", "Authorization: Bearer watcher\r\n"), ==, 200);
  process_close (&p);
}

static void
test_rate (void)
{
  Process p = { 0 };
  int refused = 0;

  process_open (&p);
  process_start (
      &p, "[server]\nport = 0\nrtsp-port = 0\n[limits]\nrequests-per-minute = 60\n" PROCESS_CLOCK);
  for (int i = 0; i < 12; i++)
    refused += process_get (&p, "GET", "/v1/models", "") == 429;
  g_assert_cmpint (refused, >=, 1);
  /* Probes are no clients. */
  for (int i = 0; i < 30; i++)
    g_assert_cmpuint (process_get (&p, "GET", "/readyz", ""), ==, 200);
  process_close (&p);
}

int
main (int argc, char **argv)
{
  /* What is sent to those who have closed is an error. */
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/access/tokens", test_tokens);
  g_test_add_func ("/serve/access/guesses", test_guesses);
  g_test_add_func ("/serve/access/twice", test_twice);
  g_test_add_func ("/serve/access/reload", test_reload);
  g_test_add_func ("/serve/access/wrong-reload", test_wrong_reload);
  g_test_add_func ("/serve/access/rate", test_rate);
  return g_test_run ();
}
