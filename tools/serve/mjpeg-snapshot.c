/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A frame as it is when it is asked for. JPEG is there already; PNG is made of the frame before it
 * became JPEG, in a thread of GStreamer's. */
#include <gst/video/video.h>
#include <string.h>

#include "mjpeg.h"

/* Seconds for the first frame, and for encoding one. */
#define PATIENCE 30
#define ENCODING_PATIENCE (10 * GST_SECOND)
#define MOST_WAITING 1000

typedef struct {
  MjpegStream *stream; /* NULL: it waits no more for a frame */
  SoupServerMessage *message;
  ServeRequest *request; /* which is kept with the message */
  const char *type;
  gboolean gone;         /* the client is */
  guint timer, patience; /* seconds */
  gulong finished;
} Snapshot;

static void
free_snapshot (Snapshot *snapshot)
{
  g_clear_handle_id (&snapshot->timer, g_source_remove);
  g_signal_handler_disconnect (snapshot->message, snapshot->finished);
  g_object_unref (snapshot->message);
  g_free (snapshot);
}

/* It has got its answer. */
static void
end (Snapshot *snapshot)
{
  if (!snapshot->gone)
    soup_server_message_unpause (snapshot->message);
  free_snapshot (snapshot);
}

static void
refuse (Snapshot *snapshot, const char *why)
{
  http_answer_retry_after (snapshot->message, 1);
  serve_request_fail (snapshot->request, SOUP_STATUS_SERVICE_UNAVAILABLE, NULL, "%s", why);
  end (snapshot);
}

static void
has_encoded (GstSample *sample, GError *error, gpointer data)
{
  Snapshot *snapshot = data;
  GstBuffer *buffer = sample != NULL ? gst_sample_get_buffer (sample) : NULL;
  g_autoptr (GBytes) bytes = NULL;
  gpointer copy;
  gsize size;

  if (snapshot->gone) {
    free_snapshot (snapshot);
  } else if (buffer == NULL) {
    g_warning ("a snapshot cannot be encoded: %s", error != NULL ? error->message : "no frame");
    refuse (snapshot, "the frame cannot be encoded; the server's log says why");
  } else {
    gst_buffer_extract_dup (buffer, 0, gst_buffer_get_size (buffer), &copy, &size);
    bytes = g_bytes_new_take (copy, size);
    http_answer_bytes (snapshot->message, SOUP_STATUS_OK, snapshot->type, bytes);
    end (snapshot);
  }
  if (sample != NULL)
    gst_sample_unref (sample);
  g_clear_error (&error);
}

/* There is a frame. */
static void
encode (MjpegStream *stream, Snapshot *snapshot)
{
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GstSample) sample = NULL;

  snapshot->stream = NULL;
  if (strcmp (snapshot->type, "image/jpeg") == 0) {
    http_answer_bytes (
        snapshot->message, SOUP_STATUS_OK, snapshot->type, mjpeg_frames_get (stream->frames));
    end (snapshot);
    return;
  }
  caps = gst_caps_new_empty_simple (snapshot->type);
  sample = mjpeg_frames_get_raw (stream->frames);
  gst_video_convert_sample_async (sample, caps, ENCODING_PATIENCE, has_encoded, snapshot, NULL);
}

static void
has_finished (SoupServerMessage *message, gpointer data)
{
  Snapshot *snapshot = data;

  snapshot->gone = TRUE;
  /* Else it is being encoded. */
  if (snapshot->stream == NULL)
    return;
  g_ptr_array_remove_fast (snapshot->stream->snapshots, snapshot);
  free_snapshot (snapshot);
}

/* Who waits watches, however long the first frame takes. */
static gboolean
keep_waiting (gpointer data)
{
  Snapshot *snapshot = data;

  serve_session_touch (mjpeg_frames_get_session (snapshot->stream->frames));
  if (--snapshot->patience > 0)
    return G_SOURCE_CONTINUE;
  snapshot->timer = 0;
  g_ptr_array_remove_fast (snapshot->stream->snapshots, snapshot);
  refuse (snapshot, "no frame has come in time");
  return G_SOURCE_REMOVE;
}

void
mjpeg_snapshot (MjpegStream *stream, ServeRequest *request, const char *type)
{
  Snapshot *snapshot;

  if (stream->snapshots->len >= MOST_WAITING) {
    http_answer_retry_after (request->message, 1);
    serve_request_fail (
        request, SOUP_STATUS_SERVICE_UNAVAILABLE, NULL, "too many wait for a frame of this mount");
    return;
  }
  snapshot = g_new0 (Snapshot, 1);
  snapshot->stream = stream;
  snapshot->message = g_object_ref (request->message);
  snapshot->request = request;
  snapshot->type = type;
  snapshot->finished =
      g_signal_connect (request->message, "finished", G_CALLBACK (has_finished), snapshot);
  soup_server_message_pause (request->message);
  if (mjpeg_frames_get (stream->frames) != NULL) {
    encode (stream, snapshot);
    return;
  }
  snapshot->patience = PATIENCE;
  snapshot->timer = g_timeout_add_seconds (1, keep_waiting, snapshot);
  g_ptr_array_add (stream->snapshots, snapshot);
}

void
mjpeg_snapshot_waiting (MjpegStream *stream)
{
  while (stream->snapshots->len > 0) {
    Snapshot *snapshot =
        g_ptr_array_steal_index_fast (stream->snapshots, stream->snapshots->len - 1);

    g_clear_handle_id (&snapshot->timer, g_source_remove);
    encode (stream, snapshot);
  }
}

void
mjpeg_snapshot_none (MjpegStream *stream)
{
  while (stream->snapshots->len > 0) {
    Snapshot *snapshot =
        g_ptr_array_steal_index_fast (stream->snapshots, stream->snapshots->len - 1);

    snapshot->stream = NULL;
    refuse (snapshot, "the stream has ended");
  }
}
