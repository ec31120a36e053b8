/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Requests for what is not there yet wait for it: players of low latency ask for the list that has
 * the next part, and for that part itself, before it is made (RFC 8216bis, 6.2.5.2). */
#include "hls.h"

#include <string.h>

#define LIST_TYPE "application/vnd.apple.mpegurl"
#define MASTER "index.m3u8"
/* What does not change may be kept for as long as it is listed, and a while. */
#define KEEP "max-age=60"
/* Requests of a mount that may wait, and the seconds for what starts. */
#define MOST_WAITING 1000
#define START_PATIENCE 30

typedef struct {
  HlsStream *stream;
  SoupServerMessage *message;
  ServeRequest *request; /* which is kept with the message */
  char *file;
  GenHlsRequest asked;   /* of a list */
  guint timer, patience; /* seconds */
  gulong disconnected;
} Waiter;

/* --- answers --- */

static void
answer_text (ServeRequest *request, char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (text, strlen (text));

  /* Lists say by themselves when they are to be read again. */
  http_answer_bytes (request->message, SOUP_STATUS_OK, LIST_TYPE, bytes);
}

static void
answer_pieces (ServeRequest *request, const char *file, const GPtrArray *pieces)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request->message);
  const gboolean is_audio = g_str_has_prefix (file, "audio");

  soup_message_headers_replace (headers, "Cache-Control", KEEP);
  for (guint i = 0; i < pieces->len; i++)
    http_answer_bytes (
        request->message, SOUP_STATUS_OK, is_audio ? "audio/mp4" : "video/mp4", pieces->pdata[i]);
}

/* Whether the request has been answered: it need not wait (any longer). */
static gboolean
answer_master (HlsStream *stream, ServeRequest *request)
{
  if (!hls_stream_is_ready (stream))
    return FALSE;
  answer_text (request, hls_stream_write (stream));
  return TRUE;
}

static gboolean
answer_list (
    HlsStream *stream, ServeRequest *request, const HlsTrack *track, const GenHlsRequest *asked)
{
  if (!hls_stream_is_ready (stream))
    return FALSE;
  switch (gen_hls_playlist_judge (track->playlist, asked)) {
  case GEN_HLS_COMING:
    return FALSE;
  case GEN_HLS_TOO_FAR:
    serve_request_fail (request, SOUP_STATUS_BAD_REQUEST, "_HLS_msn",
        "_HLS_msn is too far ahead: it may be two beyond the last segment");
    return TRUE;
  default:
    answer_text (request, hls_track_write (track, asked->skip));
    return TRUE;
  }
}

static gboolean
answer_file (HlsStream *stream, ServeRequest *request, const char *file)
{
  g_autoptr (GPtrArray) pieces = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);

  for (guint i = 0; i < stream->n_tracks; i++) {
    switch (gen_hls_playlist_find (stream->tracks[i].playlist, file, pieces)) {
    case GEN_HLS_READY:
      answer_pieces (request, file, pieces);
      return TRUE;
    case GEN_HLS_COMING:
      /* Of a stream that does not play nothing comes. */
      if (stream->player != NULL)
        return FALSE;
      break;
    default:
      break;
    }
  }
  serve_request_fail (request, SOUP_STATUS_NOT_FOUND, NULL,
      "%s is not there, or no more: the lists say what is", file);
  return TRUE;
}

static gboolean
answer (HlsStream *stream, ServeRequest *request, const char *file, const GenHlsRequest *asked)
{
  const HlsTrack *track = hls_stream_find_list (stream, file);

  if (strcmp (file, MASTER) == 0)
    return answer_master (stream, request);
  if (track != NULL)
    return answer_list (stream, request, track, asked);
  return answer_file (stream, request, file);
}

/* --- waiting --- */

static void
free_waiter (Waiter *waiter)
{
  g_clear_handle_id (&waiter->timer, g_source_remove);
  g_signal_handler_disconnect (waiter->message, waiter->disconnected);
  g_object_unref (waiter->message);
  g_free (waiter->file);
  g_free (waiter);
}

/* It has got its answer. */
static void
end_waiting (Waiter *waiter)
{
  soup_server_message_unpause (waiter->message);
  free_waiter (waiter);
}

static void
is_disconnected (SoupServerMessage *message, gpointer data)
{
  Waiter *waiter = data;

  g_ptr_array_remove_fast (waiter->stream->waiting, waiter);
  free_waiter (waiter);
}

static void
answer_later (Waiter *waiter, const char *why)
{
  http_answer_retry_after (waiter->message, 1);
  serve_request_fail (waiter->request, SOUP_STATUS_SERVICE_UNAVAILABLE, NULL, "%s", why);
  end_waiting (waiter);
}

/* Who waits watches, however long the first frame takes. */
static gboolean
keep_waiting (gpointer data)
{
  Waiter *waiter = data;
  HlsStream *stream = waiter->stream;

  if (stream->player != NULL)
    serve_session_touch (serve_stream_player_get_session (stream->player));
  if (--waiter->patience > 0)
    return G_SOURCE_CONTINUE;
  waiter->timer = 0;
  g_ptr_array_remove_fast (stream->waiting, waiter);
  answer_later (waiter, "what is asked for has not come in time");
  return G_SOURCE_REMOVE;
}

static void
wait_for (HlsStream *stream, ServeRequest *request, const char *file, const GenHlsRequest *asked)
{
  const guint patience = gen_hls_playlist_get_patience (stream->tracks[0].playlist);
  Waiter *waiter;

  if (stream->waiting->len >= MOST_WAITING) {
    http_answer_retry_after (request->message, 1);
    serve_request_fail (
        request, SOUP_STATUS_SERVICE_UNAVAILABLE, NULL, "too many wait for this stream");
    return;
  }
  waiter = g_new0 (Waiter, 1);
  waiter->stream = stream;
  waiter->message = g_object_ref (request->message);
  waiter->request = request;
  waiter->file = g_strdup (file);
  waiter->asked = *asked;
  waiter->patience = hls_stream_is_ready (stream) ? patience : START_PATIENCE;
  waiter->timer = g_timeout_add_seconds (1, keep_waiting, waiter);
  waiter->disconnected =
      g_signal_connect (waiter->message, "disconnected", G_CALLBACK (is_disconnected), waiter);
  g_ptr_array_add (stream->waiting, waiter);
  soup_server_message_pause (waiter->message);
}

void
hls_answer_waiting (HlsStream *stream)
{
  for (guint i = stream->waiting->len; i-- > 0;) {
    Waiter *waiter = stream->waiting->pdata[i];

    if (!answer (stream, waiter->request, waiter->file, &waiter->asked))
      continue;
    g_ptr_array_remove_index_fast (stream->waiting, i);
    end_waiting (waiter);
  }
}

void
hls_answer_none (HlsStream *stream)
{
  while (stream->waiting->len > 0)
    answer_later (g_ptr_array_steal_index_fast (stream->waiting, stream->waiting->len - 1),
        "the stream has ended");
}

/* --- requests --- */

void
hls_answer (HlsStream *stream, ServeRequest *request, const char *file)
{
  const gboolean is_list = g_str_has_suffix (file, ".m3u8");
  g_autoptr (GError) error = NULL;
  GenHlsRequest asked = { .segment = -1, .part = -1 };

  if (is_list && strcmp (file, MASTER) != 0 && hls_stream_find_list (stream, file) == NULL) {
    serve_request_fail (request, SOUP_STATUS_NOT_FOUND, NULL,
        "there is no %s: " MASTER " says which there are", file);
    return;
  }
  if (is_list && !gen_hls_request_parse (&asked, serve_request_get_query (request, "_HLS_msn"),
                     serve_request_get_query (request, "_HLS_part"),
                     serve_request_get_query (request, "_HLS_skip"), &error)) {
    serve_request_fail (request, SOUP_STATUS_BAD_REQUEST, NULL, "%s", error->message);
    return;
  }
  /* A file keeps a stream up, and does not start one. */
  if (is_list ? !hls_stream_play (stream, &error)
              : stream->player != NULL && !hls_stream_play (stream, &error)) {
    serve_request_fail_by (request, error);
    return;
  }
  if (!answer (stream, request, file, &asked))
    wait_for (stream, request, file, &asked);
}
