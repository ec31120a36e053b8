/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* HTTP of generative-serve: what is asked, from where, and how much. */
#include "process.h"

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
  process_start (&p, PROCESS_PLAIN);
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
  process_start (&p, PROCESS_PLAIN);
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
                     "hosts = [\"studio.example:8080\"]\n" PROCESS_CLOCK);
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
                     "request-seconds = 1\n" PROCESS_CLOCK);
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
                     "request-seconds = 1\n" PROCESS_CLOCK);
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

int
main (int argc, char **argv)
{
  /* What is sent to those who have closed is an error. */
  signal (SIGPIPE, SIG_IGN);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/http/routes", test_routes);
  g_test_add_func ("/serve/http/ranges", test_ranges);
  g_test_add_func ("/serve/http/origins", test_origins);
  g_test_add_func ("/serve/http/mount-that-fails", test_mount_that_fails);
  g_test_add_func ("/serve/http/lengths", test_lengths);
  g_test_add_func ("/serve/http/promises", test_promises);
  return g_test_run ();
}
