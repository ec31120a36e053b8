/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A connection that has brought one request: it takes another one, or its answer said that it would
 * not. */
#include "process.h"

#define CLOCK "[mounts.clock]\npipeline = \"videotestsrc is-live=true\"\nprotocols = []\n"

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
  process_start (&p, "[server]\nport = 0\nrtsp-port = 0\n" CLOCK);
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

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/serve/connections/next", test_next);
  return g_test_run ();
}
