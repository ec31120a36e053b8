/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HTTP of generative-serve: who may ask what, from where, how often and how much; and clients that
 * send garbage, halves, floods and nothing. */
#include <sys/stat.h>

#include <glib/gstdio.h>

#include "process.h"

#define CLOCK "[mounts.clock]\npipeline = \"videotestsrc is-live=true\"\nprotocols = []\n"
#define PLAIN "[server]\nport = 0\nrtsp-port = 0\n" CLOCK

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
test_routes (void)
{
  static const struct {
    const char *method, *path;
    guint status;
  } cases[] = {
    { "GET", "/healthz", 200 },
    { "HEAD", "/healthz", 200 },
    { "GET", "/readyz", 200 },
    { "GET", "/v1/models", 200 },
    { "GET", "/v1/mounts/clock", 200 },
    { "GET", "/v1/mounts/clo%63k", 200 },
    { "GET", "/v1/mounts/clock?x=%ff", 200 },
    { "GET", "/v1/mounts/cloc", 404 },
    { "GET", "/v1/mounts/", 404 },
    { "GET", "/v1/mounts/%00", 404 },
    { "GET", "/v1/mounts/..%2f..%2fetc%2fpasswd", 404 },
    { "GET", "/v1/mounts/%ff%fe", 404 },
    { "GET", "/../../etc/passwd", 404 },
    { "GET", "//healthz", 404 },
    { "GET", "/healthz/", 404 },
    { "POST", "/healthz", 405 },
    { "DELETE", "/v1/models", 405 },
    { "BREW", "/v1/models", 405 },
    { "OPTIONS", "/v1/models", 204 },
    { "GET", "/v1/sessions/00000000000000000000000000000000", 404 },
    { "DELETE", "/v1/sessions/x", 404 },
  };
  Process p = { 0 };

  process_open (&p);
  process_start (&p, PLAIN);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_test_message ("%s %s", cases[i].method, cases[i].path);
    g_assert_cmpuint (process_get (&p, cases[i].method, cases[i].path, ""), ==, cases[i].status);
  }
  process_close (&p);
}

/* A part of an answer is what lies within it; whoever asks for more than that gets all. The list of
 * models is {"object":"list","data":[]}. */
static void
test_ranges (void)
{
  static const struct {
    const char *range;
    guint status;
    const char *body;
  } cases[] = {
    { "bytes=0-0", 206, "{" },
    { "bytes=25-", 206, "]}" },
    { "bytes=25-26", 206, "]}" },
    { "bytes=25-27", 200, "{\"object\":\"list\",\"data\":[]}" },
    { "bytes=5-9999999999", 200, "{\"object\":\"list\",\"data\":[]}" },
    { "bytes=18446744073709551615-5", 200, "{\"object\":\"list\",\"data\":[]}" },
    { "bytes=-18446744073709551615", 200, "{\"object\":\"list\",\"data\":[]}" },
    { "bytes=0-0,5-9999999999", 200, "{\"object\":\"list\",\"data\":[]}" },
    { "bytes=0-,0-,0-", 200, "{\"object\":\"list\",\"data\":[]}" },
    { "bytes=5-1", 200, "{\"object\":\"list\",\"data\":[]}" },
    { "lines=0-1", 200, "{\"object\":\"list\",\"data\":[]}" },
  };
  Process p = { 0 };

  process_open (&p);
  process_start (&p, PLAIN);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *request = g_strdup_printf ("GET /v1/models HTTP/1.1\r\nHost: $HOST\r\n"
                                                "Connection: close\r\nRange: %s\r\n\r\n",
        cases[i].range);
    g_autofree char *answer = process_ask (&p, request);

    g_test_message ("%s", cases[i].range);
    g_assert_cmpuint (process_status (answer), ==, cases[i].status);
    g_assert_cmpstr (strstr (answer, "\r\n\r\n") + strlen ("\r\n\r\n"), ==, cases[i].body);
  }
  process_close (&p);
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
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\ntokens = \"tokens\"\n" CLOCK);
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
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\ntokens = \"tokens\"\n" CLOCK);
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
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\ntokens = \"tokens\"\n" CLOCK);
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
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\ntokens = \"tokens\"\n" CLOCK);
  g_assert_cmpuint (process_get (&p, "GET", "/v1/models", authorization), ==, 200);
  process_write (&p, "studio.toml",
      "[server]\nport = 0\nrtsp-port = 0\ntokens = \"tokens\"\n" CLOCK
      "[mounts.more]\npipeline = \"videotestsrc\"\nprotocols = []\n");
  g_subprocess_send_signal (p.process, SIGHUP);
  while (process_get (&p, "GET", "/v1/mounts/more", authorization) != 200)
    g_usleep (10000);
  process_write (&p, "studio.toml", "[server]\nport = nonsense\n");
  g_subprocess_send_signal (p.process, SIGHUP);
  process_wait_for (&p, "all stays as it was");
  process_write (&p, "tokens", strchr (tokens, '\n') + 1);
  process_write (
      &p, "studio.toml", "[server]\nport = 0\nrtsp-port = 0\ntokens = \"tokens\"\n" CLOCK);
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
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\ntokens = \"tokens\"\n" CLOCK);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (mkfifo (path, 0600), ==, 0);
  g_subprocess_send_signal (p.process, SIGHUP);
  process_wait_for (&p, "it is a device or pipe");
  g_assert_cmpint (g_unlink (path), ==, 0);
  process_write (&p, "studio.toml",
      "[server]\nport = 0\nrtsp-port = 0\n" CLOCK
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

/* A mount whose pipeline does not begin says in the log which of its elements it was. */
static void
test_mount_that_fails (void)
{
  Process p = { 0 };

  process_open (&p);
  process_start (&p,
      "[server]\nport = 0\nrtsp-port = 0\n[mounts.film]\npipeline = \"filesrc location=/gone ! "
      "rawvideoparse width=16 height=16 ! videoconvert\"\nprotocols = [\"mjpeg\"]\n");
  g_assert_cmpuint (process_get (&p, "GET", "/mounts/film/snapshot.png", ""), ==, 500);
  process_wait_for (&p, "mounts.film cannot be played for mjpeg: filesrc");
  process_wait_for (&p, "\"/gone\"");
  g_assert_cmpuint (process_get (&p, "GET", "/healthz", ""), ==, 200);
  process_close (&p);
}

static void
test_origins (void)
{
  static const struct {
    const char *method, *headers;
    guint status;
    const char *has; /* in the answer; NULL: no leave for pages of others */
  } cases[] = {
    { "GET", "Host: $HOST\r\nOrigin: http://$HOST\r\n", 200, NULL },
    { "GET", "Host: $HOST\r\nOrigin: http://evil.example\r\n", 403, NULL },
    { "GET", "Host: $HOST\r\nOrigin: null\r\n", 403, NULL },
    { "GET", "Host: $HOST\r\nOrigin: http://$HOST.evil.example\r\n", 403, NULL },
    { "GET", "Host: $HOST\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n", 403,
        NULL },
    { "GET", "Host: $HOST\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\n", 200, NULL },
    { "GET", "Host: $HOST\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n", 200,
        NULL },
    { "GET", "Host: $HOST\r\nOrigin: https://page.example\r\n", 200,
        "\r\nAccess-Control-Allow-Origin: https://page.example\r\n" },
    { "OPTIONS", "Host: $HOST\r\nOrigin: https://page.example\r\n", 204,
        "\r\nAccess-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n" },
    { "OPTIONS", "Host: $HOST\r\nOrigin: https://evil.example\r\n", 403, NULL },
    { "GET", "Host: evil.example\r\n", 403, NULL },
    { "GET", "Host: studio.example:8080\r\n", 200, NULL },
    { "GET", "Host: localhost\r\n", 403, NULL },
    { "GET", "", 403, NULL },
  };
  Process p = { 0 };

  process_open (&p);
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\ncors = [\"https://page.example\"]\n"
                     "hosts = [\"studio.example:8080\"]\n" CLOCK);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *request = g_strdup_printf ("%s /v1/models HTTP/1.%c\r\nConnection: close\r\n"
                                                "%s\r\n",
        cases[i].method, *cases[i].headers == '\0' ? '0' : '1', cases[i].headers);
    g_autofree char *answer = process_ask (&p, request);

    g_test_message ("%s", request);
    if (*cases[i].headers != '\0')
      g_assert_cmpuint (process_status (answer), ==, cases[i].status);
    else
      g_assert_nonnull (strstr (answer, " 403 "));
    if (cases[i].has != NULL)
      g_assert_nonnull (strstr (answer, cases[i].has));
    else
      g_assert_null (strstr (answer, "Access-Control-Allow-Origin"));
  }
  /* Probes ask by whatever name. */
  g_assert_cmpuint (process_ask_status (&p, "GET /healthz HTTP/1.1\r\nHost: 10.1.2.3\r\n"
                                            "Connection: close\r\n\r\n"),
      ==, 200);
  process_close (&p);
}

/* The status of a PATCH with `headers`, behind which `size` bytes come. */
static guint
patch (const Process *p, const char *headers, gsize size)
{
  g_autofree char *body = g_strnfill (size, ' ');
  g_autofree char *request = g_strdup_printf (
      "PATCH /v1/sessions/x HTTP/1.1\r\nHost: $HOST\r\nConnection: close\r\n%s\r\n%s", headers,
      body);
  g_autofree char *answer = process_ask (p, request);

  g_test_message ("%s", headers);
  return process_status (answer);
}

static void
test_lengths (void)
{
  Process p = { 0 };

  process_open (&p);
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\n[limits]\nbody-bytes = 2048\n"
                     "request-seconds = 1\n" CLOCK);
  g_assert_cmpuint (patch (&p, "Content-Length: 0\r\n", 0), ==, 404);
  g_assert_cmpuint (patch (&p, "Content-Length: 2048\r\n", 2048), ==, 404);
  g_assert_cmpuint (patch (&p, "Content-Length: 2049\r\n", 2049), ==, 413);
  g_assert_cmpuint (patch (&p, "Content-Length: 9000000\r\n", 9000000), ==, 413);
  g_assert_cmpuint (patch (&p, "Content-Length: 2049\r\nExpect: 100-continue\r\n", 0), ==, 413);
  g_assert_cmpuint (process_ask_status (&p,
                        "PATCH /v1/sessions/x HTTP/1.1\r\nHost: $HOST\r\nConnection: close\r\n"
                        "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
      ==, 411);
  process_close (&p);
}

/* What is promised, and does not come, is not waited for. */
static void
test_promises (void)
{
  static const char *const lengths[] = { "99999999999999999999", "18446744073709551615",
    "1000000000000" };
  GSocketConnection *asked[G_N_ELEMENTS (lengths)];
  Process p = { 0 };

  process_open (&p);
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\n[limits]\nbody-bytes = 2048\n"
                     "request-seconds = 1\n" CLOCK);
  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++) {
    g_autofree char *request = g_strdup_printf ("PATCH /v1/sessions/x HTTP/1.1\r\nHost: $HOST\r\n"
                                                "Connection: close\r\nContent-Length: %s\r\n\r\n"
                                                "          ",
        lengths[i]);

    asked[i] = process_begin (&p, request);
  }
  for (gsize i = 0; i < G_N_ELEMENTS (lengths); i++) {
    g_autofree char *answer = process_receive (asked[i]);

    g_assert_nonnull (answer);
    g_assert_cmpuint (process_status (answer), !=, 404);
    g_object_unref (asked[i]);
  }
  process_close (&p);
}

static void
test_rate (void)
{
  Process p = { 0 };
  int refused = 0;

  process_open (&p);
  process_start (
      &p, "[server]\nport = 0\nrtsp-port = 0\n[limits]\nrequests-per-minute = 60\n" CLOCK);
  for (int i = 0; i < 12; i++)
    refused += process_get (&p, "GET", "/v1/models", "") == 429;
  g_assert_cmpint (refused, >=, 1);
  /* Probes are no clients. */
  for (int i = 0; i < 30; i++)
    g_assert_cmpuint (process_get (&p, "GET", "/readyz", ""), ==, 200);
  process_close (&p);
}

/* --- without manners --- */

/* Whatever they send, the server answers the next one. */
static void
assert_alive (Process *p)
{
  g_assert_cmpuint (process_get (p, "GET", "/healthz", ""), ==, 200);
}

static void
test_garbage (void)
{
  static const char *const texts[] = { "\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
    "GET /v1/models HTTP/1.1\r\nHost\r\n\r\n", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET * HTTP/1.1\r\nHost: x\r\n\r\n", "CONNECT example.org:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "PATCH /v1/sessions/x HTTP/1.1\r\nHost: $HOST\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\n"
    "abcde" };
  g_autoptr (GRand) random = g_rand_new_with_seed (7);
  Process p = { 0 };

  process_open (&p);
  process_start (&p, PLAIN);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GSocketConnection) connection = process_connect (&p);

    process_send (connection, texts[i], strlen (texts[i]));
    g_socket_shutdown (g_socket_connection_get_socket (connection), FALSE, TRUE, NULL);
    g_free (process_receive (connection));
  }
  for (int i = 0; i < 100; i++) {
    g_autoptr (GSocketConnection) connection = process_connect (&p);
    char bytes[512];

    for (gsize j = 0; j < sizeof bytes; j++)
      bytes[j] = (char)g_rand_int (random);
    process_send (connection, bytes, sizeof bytes);
    g_socket_shutdown (g_socket_connection_get_socket (connection), FALSE, TRUE, NULL);
    g_free (process_receive (connection));
  }
  assert_alive (&p);
  process_close (&p);
}

/* Headers without an end are not read for ever. */
static void
test_long_headers (void)
{
  g_autofree char *line = g_strnfill (1000, 'x');
  g_autofree char *header = g_strdup_printf ("X-Header: %s\r\n", line);
  g_autoptr (GSocketConnection) connection = NULL;
  gboolean taken = TRUE;
  Process p = { 0 };

  process_open (&p);
  process_start (&p, PLAIN);
  connection = process_connect (&p);
  process_send (connection, "GET /healthz HTTP/1.1\r\n", 23);
  for (int i = 0; i < 100000 && taken; i++)
    taken = process_send (connection, header, strlen (header));
  g_assert_false (taken);
  assert_alive (&p);
  process_close (&p);
}

/* A request that never comes to its end, and a connection that says nothing, are closed. */
static void
test_slow (void)
{
  static const char *const texts[] = { "", "GET /heal",
    "PATCH /v1/sessions/x HTTP/1.1\r\nHost: $HOST\r\nContent-Length: 100\r\n\r\nabc" };
  GSocketConnection *asked[G_N_ELEMENTS (texts)];
  Process p = { 0 };

  process_open (&p);
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\n[limits]\nrequest-seconds = 1\n" CLOCK);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    asked[i] = process_begin (&p, texts[i]);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autofree char *answer = process_receive (asked[i]);

    g_assert_nonnull (answer);
    g_assert_cmpuint (process_status (answer), !=, 200);
    g_object_unref (asked[i]);
  }
  assert_alive (&p);
  process_close (&p);
}

/* Until somebody is answered: who goes makes room. */
static void
wait_for_room (const Process *p)
{
  const gint64 end = g_get_monotonic_time () + PROCESS_PATIENCE * G_USEC_PER_SEC;

  while (process_get (p, "GET", "/healthz", "") != 200)
    g_assert_cmpint (g_get_monotonic_time (), <, end);
}

/* Beyond as many as there may be, connections are closed at once, and those before go on. */
static void
test_many (void)
{
  Process p = { 0 };
  g_autoptr (GPtrArray) open = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree char *refused = NULL;
  GSocketConnection *first;
  char byte;

  process_open (&p);
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\n[limits]\nconnections = 20\n"
                     "connections-per-client = 10\n" CLOCK);
  for (int i = 0; i < 10; i++)
    g_ptr_array_add (open, process_connect (&p));
  g_ptr_array_add (open, process_connect (&p));
  refused = process_receive (open->pdata[10]);
  g_assert_cmpstr (refused, ==, "");
  first = open->pdata[0];
  process_send (first, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 35);
  g_assert_cmpint (g_input_stream_read (
                       g_io_stream_get_input_stream (G_IO_STREAM (first)), &byte, 1, NULL, NULL),
      ==, 1);
  g_ptr_array_set_size (open, 0);
  wait_for_room (&p);
  process_close (&p);
}

/* Those who leave make room: without a word, after an answer, in the middle of a request. */
static void
test_leaving (void)
{
  static const char *const texts[] = { "", "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", "GET /hea" };
  Process p = { 0 };

  process_open (&p);
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\n[limits]\nconnections = 20\n"
                     "connections-per-client = 10\n" CLOCK);
  for (int i = 0; i < 30; i++) {
    const char *text = texts[i % G_N_ELEMENTS (texts)];
    g_autoptr (GSocketConnection) connection = process_connect (&p);
    char bytes[4096];

    process_send (connection, text, strlen (text));
    if (g_str_has_suffix (text, "\r\n\r\n"))
      g_assert_cmpint (g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM (connection)),
                           bytes, sizeof bytes, NULL, NULL),
          >, 0);
    g_io_stream_close (G_IO_STREAM (connection), NULL, NULL);
    wait_for_room (&p);
  }
  process_close (&p);
}

static guint
count_answers (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "HTTP/1.1 200", -1);

  return *text != '\0' ? g_strv_length (parts) - 1 : 0;
}

/* Answers on one connection, of requests one after another and of two at once. */
static void
test_kept (void)
{
  static const char request[] = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
  g_autofree char *two = g_strconcat (request, request, NULL);
  const char *const texts[] = { request, request, two };
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GString) answers = g_string_new (NULL);
  guint wanted = 0;
  Process p = { 0 };

  process_open (&p);
  process_start (&p, PLAIN);
  connection = process_connect (&p);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++) {
    process_send (connection, texts[i], strlen (texts[i]));
    wanted += texts[i] == two ? 2 : 1;
    while (count_answers (answers->str) < wanted) {
      char bytes[4096];
      const gssize size = g_input_stream_read (
          g_io_stream_get_input_stream (G_IO_STREAM (connection)), bytes, sizeof bytes, NULL, NULL);

      g_assert_cmpint (size, >, 0);
      g_string_append_len (answers, bytes, size);
    }
  }
  g_assert_null (strstr (answers->str, "Connection: close"));
  process_close (&p);
}

/* Thousands that come and go in the middle of a request leave nothing behind. */
static void
test_flood (void)
{
  Process p = { 0 };

  process_open (&p);
  process_start (&p, PLAIN);
  for (int i = 0; i < 2000; i++) {
    g_autoptr (GSocketConnection) connection = process_connect (&p);

    process_send (connection, "GET /v1/mou", 11);
  }
  assert_alive (&p);
  process_close (&p);
}

int
main (int argc, char **argv)
{
  /* What is sent to those who have closed is an error. */
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/http/routes", test_routes);
  g_test_add_func ("/serve/http/ranges", test_ranges);
  g_test_add_func ("/serve/http/tokens", test_tokens);
  g_test_add_func ("/serve/http/guesses", test_guesses);
  g_test_add_func ("/serve/http/reload", test_reload);
  g_test_add_func ("/serve/http/wrong-reload", test_wrong_reload);
  g_test_add_func ("/serve/http/mount-that-fails", test_mount_that_fails);
  g_test_add_func ("/serve/http/origins", test_origins);
  g_test_add_func ("/serve/http/lengths", test_lengths);
  g_test_add_func ("/serve/http/promises", test_promises);
  g_test_add_func ("/serve/http/rate", test_rate);
  g_test_add_func ("/serve/http/twice", test_twice);
  g_test_add_func ("/serve/http/garbage", test_garbage);
  g_test_add_func ("/serve/http/long-headers", test_long_headers);
  g_test_add_func ("/serve/http/slow", test_slow);
  g_test_add_func ("/serve/http/many", test_many);
  g_test_add_func ("/serve/http/leaving", test_leaving);
  g_test_add_func ("/serve/http/kept", test_kept);
  g_test_add_func ("/serve/http/flood", test_flood);
  return g_test_run ();
}
