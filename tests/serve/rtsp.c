/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* RTSP of generative-serve and clients without manners: too many, silent ones, and such as promise
 * more than anybody could hold. */
#include "process.h"

#define STUDIO "[server]\nport = 0\nrtsp-port = 0\n"
#define CLOCK                                                                                      \
  "[mounts.clock]\npipeline = \"videotestsrc is-live=true\"\nwidth = 64\nheight = 64\n"            \
  "protocols = [\"rtsp\"]\n"

/* What comes next, or "": it is closed. (transfer full) */
static char *
ask (GSocketConnection *connection, const char *request)
{
  GInputStream *stream = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  char bytes[1024];
  gssize n;

  process_send (connection, request, strlen (request));
  n = g_input_stream_read (stream, bytes, sizeof bytes, NULL, NULL);
  return g_strndup (bytes, n > 0 ? (gsize)n : 0);
}

static void
assert_answers (const Process *p)
{
  g_autoptr (GSocketConnection) connection = process_connect_to (p->rtsp_port);
  g_autofree char *answer = ask (connection, "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n");

  g_assert_true (g_str_has_prefix (answer, "RTSP/1.0 200 "));
}

/* Ask until it is closed, as it may be only after an answer. FALSE: it goes on. */
static gboolean
is_closed (GSocketConnection *connection)
{
  for (int i = 0; i < 100; i++) {
    g_autofree char *answer = ask (connection, "OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n");

    if (*answer == '\0')
      return TRUE;
  }
  return FALSE;
}

/* Those beyond what limits allow are closed, and the others are not. */
static void
test_many (void)
{
  GSocketConnection *connections[6];
  Process p = { 0 };

  process_open (&p);
  process_start (&p, STUDIO "[limits]\nconnections-per-client = 4\n" CLOCK);
  for (gsize i = 0; i < G_N_ELEMENTS (connections); i++)
    connections[i] = process_connect_to (p.rtsp_port);
  for (gsize i = 0; i < G_N_ELEMENTS (connections); i++)
    g_assert_cmpint (is_closed (connections[i]), ==, i >= 4);
  for (gsize i = 0; i < G_N_ELEMENTS (connections); i++)
    g_object_unref (connections[i]);
  process_close (&p);
}

/* One that asks for nothing is closed after a while, and one that has set up a stream is not. */
static void
test_silent (void)
{
  Process p = { 0 };
  g_autoptr (GSocketConnection) silent = NULL, watching = NULL;
  g_autofree char *request = NULL, *setup = NULL, *nothing = NULL, *answer = NULL;

  process_open (&p);
  process_start (&p, STUDIO "[limits]\nrequest-seconds = 1\ndrain-seconds = 0\n" CLOCK);
  request = g_strdup_printf ("SETUP rtsp://127.0.0.1:%u/clock/stream=0 RTSP/1.0\r\nCSeq: 1\r\n"
                             "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n",
      p.rtsp_port);
  watching = process_connect_to (p.rtsp_port);
  setup = ask (watching, request);
  g_assert_true (g_str_has_prefix (setup, "RTSP/1.0 200 "));
  silent = process_connect_to (p.rtsp_port);
  nothing = process_receive (silent);
  g_assert_cmpstr (nothing, ==, "");
  answer = ask (watching, "OPTIONS * RTSP/1.0\r\nCSeq: 2\r\n\r\n");
  g_assert_true (g_str_has_prefix (answer, "RTSP/1.0 200 "));
  process_close (&p);
}

/* What is promised is not made room for. */
static void
test_large (void)
{
  Process p = { 0 };
  g_autoptr (GSocketConnection) connection = NULL;
  g_autofree char *request = NULL, *answer = NULL;

  process_open (&p);
  process_start (&p, STUDIO "[limits]\nbody-bytes = 2048\n" CLOCK);
  connection = process_connect_to (p.rtsp_port);
  request = g_strdup_printf ("ANNOUNCE rtsp://127.0.0.1:%u/clock RTSP/1.0\r\nCSeq: 1\r\n"
                             "Content-Type: application/sdp\r\nContent-Length: 2049\r\n\r\n",
      p.rtsp_port);
  answer = ask (connection, request);
  g_assert_true (g_str_has_prefix (answer, "RTSP/1.0 413 "));
  assert_answers (&p);
  process_close (&p);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/rtsp/many", test_many);
  g_test_add_func ("/serve/rtsp/silent", test_silent);
  g_test_add_func ("/serve/rtsp/large", test_large);
  return g_test_run ();
}
