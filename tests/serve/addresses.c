/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where a mount is said to be: by RTSP as whoever asks reaches the server, which may be by another
 * name than its own, behind a proxy, or where the studio file says. */
#include "process.h"

#define CLOCK "[mounts.clock]\npipeline = \"videotestsrc is-live=true\"\nprotocols = [\"rtsp\"]\n"

/* The address of the mount as one is told who sends these headers. (transfer full) */
static char *
find_address (const Process *p, const char *headers)
{
  g_autofree char *request =
      g_strconcat ("GET /v1/mounts/clock HTTP/1.1\r\nConnection: close\r\n", headers, "\r\n", NULL);
  g_autofree char *answer = process_ask (p, request);
  const char *begin = strstr (answer, "\"rtsp\":\"");

  g_test_message ("%s", answer);
  g_assert_nonnull (begin);
  begin += strlen ("\"rtsp\":\"");
  return g_strndup (begin, strcspn (begin, "\""));
}

/* `wanted` with the port of RTSP behind it. */
static void
check_address (const Process *p, const char *headers, const char *wanted)
{
  g_autofree char *address = find_address (p, headers);
  g_autofree char *whole = g_strdup_printf ("%s:%u/clock", wanted, p->rtsp_port);

  g_assert_cmpstr (address, ==, whole);
}

/* Where it listens on all addresses, none of them is the one. */
static void
test_hosts (void)
{
  Process p = { 0 };

  process_open (&p);
  process_start (&p,
      "[server]\naddress = \"0.0.0.0\"\nport = 0\nrtsp-port = 0\n"
      "without-tls = true\nanonymous = [\"watch\"]\n"
      "hosts = [\"studio.example\", \"studio.example:80\", \"[2001:db8::1]:80\"]\n" CLOCK);
  check_address (&p, "Host: studio.example\r\n", "rtsp://studio.example");
  check_address (&p, "Host: studio.example:80\r\n", "rtsp://studio.example");
  check_address (&p, "Host: [2001:db8::1]:80\r\n", "rtsp://[2001:db8::1]");
  /* Whoever is no proxy tells of no other. */
  check_address (
      &p, "Host: studio.example\r\nX-Forwarded-Host: evil.example\r\n", "rtsp://studio.example");
  process_close (&p);
}

static void
test_proxies (void)
{
  Process p = { 0 };

  process_open (&p);
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\nproxies = [\"127.0.0.1\"]\n" CLOCK);
  check_address (
      &p, "Host: $HOST\r\nX-Forwarded-Host: studio.example\r\n", "rtsp://studio.example");
  check_address (&p, "Host: $HOST\r\nX-Forwarded-Host: studio.example:443, inner:8080\r\n",
      "rtsp://studio.example");
  check_address (&p, "Host: $HOST\r\nX-Forwarded-Host: a@b\r\n", "rtsp://127.0.0.1");
  check_address (&p, "Host: $HOST\r\n", "rtsp://127.0.0.1");
  process_close (&p);
}

static void
test_told (void)
{
  Process p = { 0 };
  g_autofree char *address = NULL;

  process_open (&p);
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\n"
                     "rtsp-url = \"rtsps://studio.example:322\"\n" CLOCK);
  address = find_address (&p, "Host: $HOST\r\n");
  g_assert_cmpstr (address, ==, "rtsps://studio.example:322/clock");
  process_close (&p);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/addresses/hosts", test_hosts);
  g_test_add_func ("/serve/addresses/proxies", test_proxies);
  g_test_add_func ("/serve/addresses/told", test_told);
  return g_test_run ();
}
