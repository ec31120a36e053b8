/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* generative-serve as a process of its own, and clients that do not care for manners. */
#pragma once

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>

#include <gio/gio.h>
#include <json-glib/json-glib.h>

#include "../launch.h"
#include "../scratch.h"

#define PROCESS_PATIENCE 60 /* seconds */

/* A mount that plays, and a server of nothing else. */
#define PROCESS_CLOCK "[mounts.clock]\npipeline = \"videotestsrc is-live=true\"\nprotocols = []\n"
#define PROCESS_PLAIN "[server]\nport = 0\nrtsp-port = 0\n" PROCESS_CLOCK

typedef struct {
  char *folder;
  GSubprocess *process;
  GDataInputStream *said;
  guint16 port, rtsp_port;
} Process;

/* A test that fails leaves no server behind. */
static inline void
die_with_parent (gpointer data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

static inline void
process_write (Process *p, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (p->folder, name, NULL);

  g_assert_true (
      g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
}

static inline void
process_open (Process *p)
{
  p->folder = scratch_new ();
}

/* Read the line that it prints once it is ready. */
static inline void
process_wait (Process *p)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object;

  p->said = g_data_input_stream_new (g_subprocess_get_stdout_pipe (p->process));
  line = g_data_input_stream_read_line (p->said, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (line);
  node = json_from_string (line, &error);
  g_assert_no_error (error);
  object = json_node_get_object (node);
  p->port = (guint16)json_object_get_int_member (object, "port");
  p->rtsp_port = (guint16)json_object_get_int_member_with_default (object, "rtsp-port", 0);
}

/* Start it with a studio file of `text`. */
static inline void
process_start (Process *p, const char *text)
{
  g_autoptr (GPtrArray) argv = launch_line (g_getenv ("GENERATIVE_SERVE"));
  g_autoptr (GSubprocessLauncher) launcher =
      g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autoptr (GError) error = NULL;

  g_autofree char *log = g_build_filename (p->folder, "log", NULL);

  process_write (p, "studio.toml", text);
  g_subprocess_launcher_set_stderr_file_path (launcher, log);
  g_ptr_array_add (argv, g_strdup_printf ("--config=%s/studio.toml", p->folder));
  g_ptr_array_add (argv, NULL);
  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  p->process = g_subprocess_launcher_spawnv (launcher, (const char *const *)argv->pdata, &error);
  g_assert_no_error (error);
  process_wait (p);
}

/* Wait until its log says `words`. */
static inline void
process_wait_for (const Process *p, const char *words)
{
  g_autofree char *path = g_build_filename (p->folder, "log", NULL);

  for (;;) {
    g_autofree char *text = NULL;

    g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
    if (strstr (text, words) != NULL)
      return;
    g_usleep (10000);
  }
}

/* End it by SIGTERM: it ends well. */
static inline void
process_stop (Process *p)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_send_signal (p->process, SIGTERM);
  g_subprocess_wait_check (p->process, NULL, &error);
  g_assert_no_error (error);
  g_clear_object (&p->said);
  g_clear_object (&p->process);
}

static inline void
process_close (Process *p)
{
  if (p->process != NULL)
    process_stop (p);
  scratch_remove (p->folder);
  g_clear_pointer (&p->folder, g_free);
}

/* --- clients --- */

static inline GSocketConnection *
process_connect_to (guint16 port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GError) error = NULL;
  GSocketConnection *connection;

  g_socket_client_set_timeout (client, PROCESS_PATIENCE);
  connection = g_socket_client_connect_to_host (client, "127.0.0.1", port, NULL, &error);
  g_assert_no_error (error);
  return connection;
}

static inline GSocketConnection *
process_connect (const Process *p)
{
  return process_connect_to (p->port);
}

/* Whether all of it was taken. */
static inline gboolean
process_send (GSocketConnection *connection, const char *text, gsize size)
{
  return g_output_stream_write_all (
      g_io_stream_get_output_stream (G_IO_STREAM (connection)), text, size, NULL, NULL, NULL);
}

/* All that comes until the other side closes; NULL: it does not. (transfer full) */
static inline char *
process_receive (GSocketConnection *connection)
{
  GInputStream *stream = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  char bytes[4096];
  gssize n;

  while ((n = g_input_stream_read (stream, bytes, sizeof bytes, NULL, &error)) > 0)
    g_string_append_len (text, bytes, n);
  /* What was not read before it closed resets the connection. */
  if (n < 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
    return NULL;
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* A connection by which `request` has gone, whose "$HOST" is where it goes. (transfer full) */
static inline GSocketConnection *
process_begin (const Process *p, const char *request)
{
  GSocketConnection *connection = process_connect (p);
  g_auto (GStrv) parts = g_strsplit (request, "$HOST", -1);
  g_autofree char *host = g_strdup_printf ("127.0.0.1:%u", p->port);
  g_autofree char *text = g_strjoinv (host, parts);

  process_send (connection, text, strlen (text));
  return connection;
}

/* What is answered to `request`; the connection is closed then. (transfer full) */
static inline char *
process_ask (const Process *p, const char *request)
{
  g_autoptr (GSocketConnection) connection = process_begin (p, request);
  char *answer = process_receive (connection);

  g_assert_nonnull (answer);
  return answer;
}

static inline guint
process_status (const char *answer)
{
  return g_str_has_prefix (answer, "HTTP/1.1 ")
             ? (guint)g_ascii_strtoull (answer + strlen ("HTTP/1.1 "), NULL, 10)
             : 0;
}

static inline guint
process_ask_status (const Process *p, const char *request)
{
  g_autofree char *answer = process_ask (p, request);

  return process_status (answer);
}

/* The status of a plain request with further `headers`, lines that end on \r\n. */
static inline guint
process_get (const Process *p, const char *method, const char *path, const char *headers)
{
  g_autofree char *request = g_strdup_printf (
      "%s %s HTTP/1.1\r\nHost: $HOST\r\nConnection: close\r\n%s\r\n", method, path, headers);
  g_autofree char *answer = process_ask (p, request);

  return process_status (answer);
}
