/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A viewer gets a frame when it has taken the one before it: who is slow sees fewer, and nobody
 * else does. Behind each frame comes the boundary, since there are browsers that show a part when
 * it has ended. */
#include <string.h>

#include "../http/connections.h"
#include "mjpeg.h"
#include "watch/families.h"

#define BOUNDARY "frame"
/* Bytes around a frame, at most. */
#define HEADS 128
#define TYPE "multipart/x-mixed-replace; boundary=" BOUNDARY
typedef struct {
  MjpegStream *stream;
  SoupServerMessage *message;
  guint64 sent;     /* the number of the last frame */
  gboolean writing; /* it, or what is in front of the first, has not been written */
  gulong wrote, finished;
} Viewer;

/* --- viewers --- */

/* The last frame, between what is in front of it and behind: one piece, as each is sent by a call
 * of its own, and the same for all viewers. NULL: there is none. (transfer none) */
static GBytes *
get_part (MjpegStream *stream)
{
  const guint64 number = mjpeg_frames_count (stream->frames);
  GBytes *jpeg = mjpeg_frames_get (stream->frames);
  GString *part;

  if (jpeg == NULL || (stream->part != NULL && stream->part_number == number))
    return jpeg != NULL ? stream->part : NULL;
  part = g_string_sized_new (g_bytes_get_size (jpeg) + HEADS);
  g_string_append_printf (part,
      "Content-Type: image/jpeg\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n",
      g_bytes_get_size (jpeg));
  g_string_append_len (part, g_bytes_get_data (jpeg, NULL), (gssize)g_bytes_get_size (jpeg));
  g_string_append (part, "\r\n--" BOUNDARY "\r\n");
  g_clear_pointer (&stream->part, g_bytes_unref);
  stream->part = g_string_free_to_bytes (part);
  stream->part_number = number;
  return stream->part;
}

static void
send_frame (Viewer *viewer)
{
  const guint64 number = mjpeg_frames_count (viewer->stream->frames);
  GBytes *part = !viewer->writing && viewer->sent != number ? get_part (viewer->stream) : NULL;

  if (part == NULL)
    return;
  soup_message_body_append_bytes (soup_server_message_get_response_body (viewer->message), part);
  viewer->writing = TRUE;
  viewer->sent = number;
  soup_server_message_unpause (viewer->message);
}

static void
has_written (SoupServerMessage *message, gpointer data)
{
  Viewer *viewer = data;

  viewer->writing = FALSE;
  if (viewer->stream->frames == NULL)
    return;
  serve_session_touch (mjpeg_frames_get_session (viewer->stream->frames));
  send_frame (viewer);
}

static void
free_viewer (gpointer data)
{
  Viewer *viewer = data;

  g_signal_handler_disconnect (viewer->message, viewer->wrote);
  g_signal_handler_disconnect (viewer->message, viewer->finished);
  g_object_unref (viewer->message);
  g_free (viewer);
}

/* It has left, or its answer has ended. */
static void
has_finished (SoupServerMessage *message, gpointer data)
{
  Viewer *viewer = data;
  MjpegStream *stream = viewer->stream;

  g_ptr_array_remove_fast (stream->viewers, viewer);
  if (stream->alone && stream->viewers->len == 0)
    mjpeg_stream_free (stream);
}

static void
end_answer (Viewer *viewer)
{
  SoupServerMessage *message = g_object_ref (viewer->message);

  free_viewer (viewer);
  soup_message_body_complete (soup_server_message_get_response_body (message));
  soup_server_message_unpause (message);
  g_object_unref (message);
}

void
mjpeg_stream_add_viewer (MjpegStream *stream, ServeRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request->message);
  SoupMessageBody *body = soup_server_message_get_response_body (request->message);
  g_autofree char *session = g_strconcat (
      "/v1/sessions/", serve_session_get_id (mjpeg_frames_get_session (stream->frames)), NULL);
  Viewer *viewer = g_new0 (Viewer, 1);

  viewer->stream = stream;
  viewer->message = g_object_ref (request->message);
  soup_server_message_set_status (request->message, SOUP_STATUS_OK, NULL);
  soup_message_headers_replace (headers, "Content-Type", TYPE);
  soup_message_headers_replace (headers, "Content-Location", session);
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (body, FALSE);
  /* Frames may be small, and seldom. Who takes none at all is noticed by the socket. */
  http_connections_hold (request->message);
  soup_message_body_append (
      body, SOUP_MEMORY_STATIC, "--" BOUNDARY "\r\n", strlen ("--" BOUNDARY "\r\n"));
  viewer->writing = TRUE;
  viewer->wrote =
      g_signal_connect (request->message, "wrote-chunk", G_CALLBACK (has_written), viewer);
  viewer->finished =
      g_signal_connect (request->message, "finished", G_CALLBACK (has_finished), viewer);
  g_ptr_array_add (stream->viewers, viewer);
}

/* --- the stream --- */

/* A frame takes the place of one that a viewer has not got to. */
static void
count_lost (MjpegStream *stream, const Viewer *viewer)
{
  if (viewer->sent > 0 && mjpeg_frames_count (stream->frames) - viewer->sent > 1)
    gen_counter_add (stream->lost, 1);
}

static void
came (gpointer data)
{
  MjpegStream *stream = data;

  mjpeg_snapshot_waiting (stream);
  for (guint i = 0; i < stream->viewers->len; i++) {
    count_lost (stream, stream->viewers->pdata[i]);
    send_frame (stream->viewers->pdata[i]);
  }
}

/* Nobody sees it any more. */
static void
stop (MjpegStream *stream)
{
  g_clear_pointer (&stream->frames, mjpeg_frames_free);
  g_clear_pointer (&stream->part, g_bytes_unref);
  mjpeg_snapshot_none (stream);
  while (stream->viewers->len > 0)
    end_answer (g_ptr_array_steal_index_fast (stream->viewers, stream->viewers->len - 1));
}

static void
ended (gpointer data)
{
  MjpegStream *stream = data;

  stop (stream);
  if (stream->alone)
    mjpeg_stream_free (stream);
}

static const MjpegEvents events = { came, ended };

MjpegStream *
mjpeg_stream_new (ServeServer *server, ServeMount *mount)
{
  MjpegStream *stream = g_new0 (MjpegStream, 1);

  stream->server = server;
  stream->mount = serve_mount_ref (mount);
  stream->viewers = g_ptr_array_new_with_free_func (free_viewer);
  stream->snapshots = g_ptr_array_new ();
  stream->lost = gen_counters_take (
      server->counters, &serve_count_dropped, (const char *[]){ mount->name, "mjpeg" });
  return stream;
}

void
mjpeg_stream_free (MjpegStream *stream)
{
  stop (stream);
  g_ptr_array_unref (stream->viewers);
  g_ptr_array_unref (stream->snapshots);
  serve_mount_unref (stream->mount);
  g_free (stream);
}

gboolean
mjpeg_stream_play (MjpegStream *stream, const char *owner, GError **error)
{
  if (stream->frames == NULL)
    stream->frames = mjpeg_frames_new (
        stream->server, stream->mount, owner, &events, stream, stream->lost, error);
  else
    serve_session_touch (mjpeg_frames_get_session (stream->frames));
  return stream->frames != NULL;
}
