/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A message is paused while there is nothing to send, and goes on with each piece; what has been
 * written frees room for results to come. Until the first piece an error has a status of its own;
 * later, the connection ends in the middle, which every client takes for one. */
#include "generate-answer.h"

#include <poll.h>

#include <glib-unix.h>

#include "../http/connections.h"
#include "publish.h"

/* Until somebody who was told to come back later does, in seconds. */
#define RETRY_AFTER 2
/* Bytes that are gathered before they are sent. */
#define SENT_MOST (64 * 1024)

/* --- errors --- */

static guint
status_of (const GError *error)
{
  if (error->domain != GEN_SERVE_ERROR)
    return SOUP_STATUS_INTERNAL_SERVER_ERROR;
  switch (error->code) {
  case GEN_SERVE_INVALID:
    return SOUP_STATUS_BAD_REQUEST;
  case GEN_SERVE_UNKNOWN:
    return SOUP_STATUS_NOT_FOUND;
  case GEN_SERVE_NOT_ACCEPTABLE:
    return SOUP_STATUS_NOT_ACCEPTABLE;
  case GEN_SERVE_TOO_MANY:
  case GEN_SERVE_UNAVAILABLE:
    return SOUP_STATUS_SERVICE_UNAVAILABLE;
  default:
    return SOUP_STATUS_INTERNAL_SERVER_ERROR;
  }
}

void
serve_answer_refuse (ServeRequest *request, const GError *error)
{
  const guint status = status_of (error);

  if (status == SOUP_STATUS_SERVICE_UNAVAILABLE)
    http_answer_retry_after (request->message, RETRY_AFTER);
  serve_request_fail (request, status, gen_serve_error_field (error), "%s", error->message);
}

/* --- headers --- */

char *
serve_answer_boundary (const ServeAnswer *answer)
{
  return g_strdup_printf (
      "gst-generative-%016" G_GINT64_MODIFIER "x", serve_work_request (answer->work)->seed);
}

static char *
content_type (const ServeAnswer *answer)
{
  g_autofree char *boundary = NULL;

  if (answer->kind->media_type == NULL)
    return g_strdup (serve_work_format (answer->work)->media_type);
  if (answer->kind != &serve_answer_multipart)
    return g_strdup (answer->kind->media_type);
  boundary = serve_answer_boundary (answer);
  return g_strdup_printf ("%s; boundary=\"%s\"", answer->kind->media_type, boundary);
}

static void
begin (ServeAnswer *answer, gboolean done)
{
  const GenServeRequest *made = serve_work_request (answer->work);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (answer->message);
  g_autofree char *type = content_type (answer), *seed = NULL;

  answer->begun = TRUE;
  soup_server_message_set_status (answer->message, SOUP_STATUS_OK, NULL);
  soup_message_headers_replace (headers, "Content-Type", type);
  if (made->facts->takes == GEN_SERVE_TAKES_LATENT) {
    seed = g_strdup_printf ("%" G_GUINT64_FORMAT, made->seed);
    soup_message_headers_replace (headers, "Generative-Seed", seed);
  }
  if (answer->version != NULL)
    soup_message_headers_replace (headers, "Generative-Version", answer->version);
  if (answer->kind->whole || done)
    return;
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
  soup_message_body_set_accumulate (soup_server_message_get_response_body (answer->message), FALSE);
}

/* --- the stream --- */

static void
end (ServeAnswer *answer)
{
  answer->ended = TRUE;
  g_clear_handle_id (&answer->gone, g_source_remove);
}

static void
fail (ServeAnswer *answer, const GError *error)
{
  GSocket *socket = http_connections_get_socket (answer->message);

  end (answer);
  if (!answer->begun) {
    serve_answer_refuse (answer->request, error);
  } else if (socket != NULL) {
    g_warning ("an answer ends in its middle: %s", error->message);
    answer->request->broken = TRUE;
    g_socket_shutdown (socket, TRUE, TRUE, NULL);
  }
  soup_server_message_unpause (answer->message);
}

/* What has been written, in front of it what has not gone yet. */
static gboolean
flush (ServeAnswer *answer)
{
  SoupMessageBody *body = soup_server_message_get_response_body (answer->message);
  g_autoptr (GBytes) bytes = NULL;

  if (answer->out->len == 0)
    return FALSE;
  bytes = g_byte_array_free_to_bytes (answer->out);
  answer->out = g_byte_array_new ();
  soup_message_body_append_bytes (body, bytes);
  return TRUE;
}

static void
take_piece (ServeAnswer *answer, const ServePiece *piece)
{
  if (!answer->file_begun && answer->kind->begin_file != NULL)
    answer->kind->begin_file (answer, piece->number);
  answer->file_begun = piece->bytes != NULL;
  if (piece->bytes != NULL)
    answer->kind->add (answer, piece->bytes);
  else if (answer->kind->end_file != NULL)
    answer->kind->end_file (answer, piece->number);
}

/* All that there is, up to what is sent in one go, where not all of it is. */
static gboolean
gather (ServeAnswer *answer)
{
  gboolean any = FALSE;
  ServePiece piece;

  while ((answer->kind->whole || answer->out->len < SENT_MOST) &&
         serve_work_take (answer->work, &piece)) {
    any = TRUE;
    take_piece (answer, &piece);
    g_clear_pointer (&piece.bytes, g_bytes_unref);
  }
  return any;
}

static void
go_on (ServeAnswer *answer)
{
  const GError *error = serve_work_get_error (answer->work);
  SoupMessageBody *body = soup_server_message_get_response_body (answer->message);
  gboolean any, done;

  if (answer->ended)
    return;
  if (error != NULL) {
    fail (answer, error);
    return;
  }
  any = gather (answer);
  done = serve_work_is_done (answer->work);
  if (done && answer->kind->finish != NULL)
    answer->kind->finish (answer);
  if (!answer->begun && (done || answer->out->len > 0))
    begin (answer, done);
  if ((flush (answer) || done) && (done || !answer->kind->whole)) {
    if (done) {
      end (answer);
      soup_message_body_complete (body);
    }
    soup_server_message_unpause (answer->message);
  }
  if (any && !done)
    serve_pool_kick (answer->pool);
}

static void
on_ready (ServeWork *work, gpointer data)
{
  go_on (data);
}

static void
on_wrote (SoupServerMessage *message, gpointer data)
{
  ServeAnswer *answer = data;

  if (answer->ended)
    return;
  soup_server_message_pause (message);
  go_on (answer);
}

/* --- going away --- */

static gboolean
on_gone (int fd, GIOCondition condition, gpointer data)
{
  ServeAnswer *answer = data;
  answer->gone = 0;
  answer->ended = TRUE;
  answer->request->left = TRUE;
  serve_work_cancel (answer->work);
  serve_pool_kick (answer->pool);
  /* Writing tells libsoup. */
  soup_server_message_unpause (answer->message);
  return G_SOURCE_REMOVE;
}

/* A message that is paused is not told when its client closes. */
static void
watch (ServeAnswer *answer)
{
  GSocket *socket = http_connections_get_socket (answer->message);

  if (socket != NULL)
    answer->gone = g_unix_fd_add (
        g_socket_get_fd (socket), (GIOCondition)POLLRDHUP | G_IO_HUP | G_IO_ERR, on_gone, answer);
}

/* Whether it failed as the version's own fault; what a client gave up tells nothing. */
static void
note_version (const ServeAnswer *answer)
{
  const char *name = serve_pool_facts (answer->pool)->name;
  const GError *error = serve_work_get_error (answer->work);
  const gboolean failed = error != NULL && status_of (error) == SOUP_STATUS_INTERNAL_SERVER_ERROR;
  ServeModel *model = serve_server_find_model (answer->server, name, NULL);

  if (answer->version == NULL || model == NULL || answer->server->publishing == NULL ||
      (!failed && !serve_work_is_done (answer->work)))
    return;
  serve_publishing_note (answer->server->publishing, model, answer->version, failed,
      serve_work_latency (answer->work));
}

static void
on_finished (SoupServerMessage *message, gpointer data)
{
  ServeAnswer *answer = data;

  end (answer);
  note_version (answer);
  serve_work_cancel (answer->work);
  serve_pool_kick (answer->pool);
  g_signal_handlers_disconnect_by_data (message, answer);
  serve_work_unref (answer->work);
  serve_pool_unref (answer->pool);
  g_byte_array_unref (answer->out);
  g_object_unref (answer->message);
  g_free (answer->version);
  g_free (answer);
}

void
serve_answer (ServeRequest *request, const ServeAnswerKind *kind, ServePool *pool,
    const char *version, GenServeRequest *made, ServeSigning *signing)
{
  ServeAnswer *answer = g_new0 (ServeAnswer, 1);
  g_autoptr (GError) error = NULL;

  *answer = (ServeAnswer){ .kind = kind,
    .request = request,
    .message = g_object_ref (request->message),
    .server = request->server,
    .version = g_strdup (version),
    .pool = serve_pool_ref (pool),
    .work = serve_work_new (
        made, serve_pool_file_name (pool), serve_pool_hash (pool), signing, on_ready, answer),
    .out = g_byte_array_new () };
  g_signal_connect (answer->message, "finished", G_CALLBACK (on_finished), answer);
  if (!serve_pool_push (pool, answer->work, &error)) {
    answer->ended = TRUE;
    serve_answer_refuse (request, error);
    return;
  }
  g_signal_connect (answer->message, "wrote-chunk", G_CALLBACK (on_wrote), answer);
  watch (answer);
  soup_server_message_pause (answer->message);
}
