/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection that has brought one request: it takes another one, or its answer said that it would
 * not. */
#include "process.h"

/* An answer, up to its end by Content-Length. (transfer full) */
static char *
read_answer (GSocketConnection *connection)
{
  GInputStream *stream = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_autoptr (GString) text = g_string_new (NULL);
  const char *end = NULL, *length = NULL;
  char byte;

  while (end == NULL && g_input_stream_read (stream, &byte, 1, NULL, NULL) == 1) {
    g_string_append_c (text, byte);
    end = strstr (text->str, "\r\n\r\n");
  }
  length = strstr (text->str, "Content-Length: ");
  g_assert_nonnull (length);
  for (guint64 left = g_ascii_strtoull (length + strlen ("Content-Length: "), NULL, 10); left > 0;
       left--) {
    g_assert_cmpint (g_input_stream_read (stream, &byte, 1, NULL, NULL), ==, 1);
    g_string_append_c (text, byte);
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
test_next (void)
{
  Process p = { 0 };
  GSocketConnection *connection;
  g_autofree char *request = NULL;

  process_open (&p);
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\n" PROCESS_CLOCK);
  connection = process_connect (&p);
  request = g_strdup_printf ("GET /v1/mounts/clock HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n", p.port);
  for (int i = 0; i < 3; i++) {
    g_autofree char *answer = NULL;

    g_assert_true (process_send (connection, request, strlen (request)));
    answer = read_answer (connection);
    g_assert_cmpuint (process_status (answer), ==, 200);
    if (strstr (answer, "\r\nConnection: close\r\n") != NULL) {
      g_autofree char *rest = process_receive (connection);

      g_assert_cmpstr (rest, ==, "");
      break;
    }
  }
  g_object_unref (connection);
  process_close (&p);
}

static guint
count_answers (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "HTTP/1.1 200", -1);

  return *text != '\0' ? g_strv_length (parts) - 1 : 0;
}

/* Until there are so many, with the one that asks. */
static void
wait_for_connections (const Process *p, guint n)
{
  g_autofree char *line = g_strdup_printf ("\ngenerative_serve_connections %u\n", n);

  for (;;) {
    g_autofree char *answer =
        process_ask (p, "GET /metrics HTTP/1.1\r\nHost: $HOST\r\nConnection: close\r\n\r\n");

    if (strstr (answer, line) != NULL)
      return;
    g_usleep (10000);
  }
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
  process_start (&p, PROCESS_PLAIN);
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
  /* Of one that its client leaves between two requests nothing stays. */
  g_clear_object (&connection);
  wait_for_connections (&p, 1);
  process_close (&p);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/connections/next", test_next);
  g_test_add_func ("/serve/connections/kept", test_kept);
  return g_test_run ();
}
