/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Clients that send garbage, halves, floods and nothing. */
#include "process.h"

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
  process_start (&p, PROCESS_PLAIN);
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
  process_start (&p, PROCESS_PLAIN);
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
  process_start (
      &p, "[server]\nport = 0\nrtsp-port = 0\n[limits]\nrequest-seconds = 1\n" PROCESS_CLOCK);
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
                     "connections-per-client = 10\n" PROCESS_CLOCK);
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
                     "connections-per-client = 10\n" PROCESS_CLOCK);
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

/* Thousands that come and go in the middle of a request leave nothing behind. */
static void
test_flood (void)
{
  Process p = { 0 };

  process_open (&p);
  process_start (&p, PROCESS_PLAIN);
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
  g_test_add_func ("/serve/manners/garbage", test_garbage);
  g_test_add_func ("/serve/manners/long-headers", test_long_headers);
  g_test_add_func ("/serve/manners/slow", test_slow);
  g_test_add_func ("/serve/manners/many", test_many);
  g_test_add_func ("/serve/manners/leaving", test_leaving);
  g_test_add_func ("/serve/manners/flood", test_flood);
  return g_test_run ();
}
