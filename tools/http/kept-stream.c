/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Before 3.4, libsoup lets go of a connection that ends when some of a request has come, and of one
 * that ends between two of them never. So the end is a line there, and then an error, as if a
 * client had broken off behind its first line: some of one libsoup keeps to itself. */
#include "kept-stream.h"

#include <string.h>

/* --- what is read --- */

#define LINE "G\n"

#define HTTP_TYPE_KEPT_INPUT (http_kept_input_get_type ())
G_DECLARE_FINAL_TYPE (HttpKeptInput, http_kept_input, HTTP, KEPT_INPUT, GFilterInputStream)

struct _HttpKeptInput {
  GFilterInputStream parent;
  gboolean between, ended;
};

static void input_init_pollable (GPollableInputStreamInterface *iface);

G_DEFINE_TYPE_WITH_CODE (HttpKeptInput, http_kept_input, G_TYPE_FILTER_INPUT_STREAM,
    G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, input_init_pollable))

static GPollableInputStream *
get_base (gpointer input)
{
  return G_POLLABLE_INPUT_STREAM (
      g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (input)));
}

static gssize
read_now (GPollableInputStream *pollable, void *buffer, gsize count, GError **error)
{
  HttpKeptInput *self = HTTP_KEPT_INPUT (pollable);
  g_autoptr (GError) failure = NULL;
  gssize size;

  if (self->ended) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "the client has left");
    return -1;
  }
  size = g_pollable_input_stream_read_nonblocking (get_base (self), buffer, count, NULL, &failure);
  if (size > 0 || !self->between || g_error_matches (failure, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)) {
    if (failure != NULL)
      g_propagate_error (error, g_steal_pointer (&failure));
    return size;
  }
  self->ended = TRUE;
  size = (gssize)MIN (count, strlen (LINE));
  memcpy (buffer, LINE, (gsize)size);
  return size;
}

static gboolean
is_readable (GPollableInputStream *pollable)
{
  return HTTP_KEPT_INPUT (pollable)->ended ||
         g_pollable_input_stream_is_readable (get_base (pollable));
}

static GSource *
create_source (GPollableInputStream *pollable, GCancellable *cancellable)
{
  g_autoptr (GSource) base = g_pollable_input_stream_create_source (get_base (pollable), NULL);

  return g_pollable_source_new_full (pollable, base, cancellable);
}

static void
input_init_pollable (GPollableInputStreamInterface *iface)
{
  iface->is_readable = is_readable;
  iface->create_source = create_source;
  iface->read_nonblocking = read_now;
}

static void
http_kept_input_class_init (HttpKeptInputClass *klass)
{
}

static void
http_kept_input_init (HttpKeptInput *self)
{
}

/* --- the stream --- */

struct _HttpKeptStream {
  GIOStream parent;
  GIOStream *connection;
  HttpKeptInput *input;
};

G_DEFINE_TYPE (HttpKeptStream, http_kept_stream, G_TYPE_IO_STREAM)

static GInputStream *
get_input (GIOStream *stream)
{
  return G_INPUT_STREAM (HTTP_KEPT_STREAM (stream)->input);
}

static GOutputStream *
get_output (GIOStream *stream)
{
  return g_io_stream_get_output_stream (HTTP_KEPT_STREAM (stream)->connection);
}

static gboolean
close_connection (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  return g_io_stream_close (HTTP_KEPT_STREAM (stream)->connection, cancellable, error);
}

static void
dispose (GObject *object)
{
  HttpKeptStream *self = HTTP_KEPT_STREAM (object);

  /* It closes what is open, which takes the streams. */
  G_OBJECT_CLASS (http_kept_stream_parent_class)->dispose (object);
  g_clear_object (&self->input);
  g_clear_object (&self->connection);
}

static void
http_kept_stream_class_init (HttpKeptStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = dispose;
  G_IO_STREAM_CLASS (klass)->get_input_stream = get_input;
  G_IO_STREAM_CLASS (klass)->get_output_stream = get_output;
  G_IO_STREAM_CLASS (klass)->close_fn = close_connection;
}

static void
http_kept_stream_init (HttpKeptStream *self)
{
}

GIOStream *
http_kept_stream_new (GSocketConnection *connection)
{
  HttpKeptStream *self = g_object_new (http_kept_stream_get_type (), NULL);

  self->connection = g_object_ref (G_IO_STREAM (connection));
  self->input = g_object_new (HTTP_TYPE_KEPT_INPUT, "base-stream",
      g_io_stream_get_input_stream (self->connection), "close-base-stream", FALSE, NULL);
  return G_IO_STREAM (self);
}

void
http_kept_stream_set_between (HttpKeptStream *self, gboolean between)
{
  self->input->between = between;
}
