/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A notice as a POST of JSON. Whoever knows the secret can tell that it comes from this server: the
 * header Generative-Signature has an HMAC of SHA-256 over the time that Generative-Time says, a
 * full stop, and the body. What is not taken (no answer, 429, or 5xx) is tried again after 1, 2, 4,
 * 8 and 16 seconds; a redirection is not followed. */
#include <libsoup/soup.h>

#include "../../../lib/base/secret-file.h"
#include "notice.h"

#define TRIES 6
/* An answer takes that long at most. */
#define PATIENCE 10

typedef struct {
  GenCounters *counters;
  SoupSession *session;
  GBytes *body;
  char *alert, *url, *signature, *time;
  guint tries, timer;
} Delivery;

static void try (Delivery *delivery);

static void
delivery_free (Delivery *delivery)
{
  g_clear_handle_id (&delivery->timer, g_source_remove);
  gen_counters_unref (delivery->counters);
  g_object_unref (delivery->session);
  g_bytes_unref (delivery->body);
  g_free (delivery->alert);
  g_free (delivery->url);
  g_free (delivery->signature);
  g_free (delivery->time);
  g_free (delivery);
}

static gboolean
try_again (gpointer data)
{
  Delivery *delivery = data;

  delivery->timer = 0;
  try (delivery);
  return G_SOURCE_REMOVE;
}

static void
finish (Delivery *delivery, gboolean delivered, const char *problem)
{
  if (!delivered)
    g_warning ("alert %s: webhook %s: %s", delivery->alert, delivery->url, problem);
  serve_notice_count (delivery->counters, &serve_notice_webhook, delivered);
  delivery_free (delivery);
}

static void
on_answer (GObject *object, GAsyncResult *result, gpointer data)
{
  Delivery *delivery = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) answer =
      soup_session_send_and_read_finish (SOUP_SESSION (object), result, &error);
  SoupMessage *message = soup_session_get_async_result_message (SOUP_SESSION (object), result);
  const guint status = answer != NULL ? soup_message_get_status (message) : 0;
  g_autofree char *problem =
      answer != NULL ? g_strdup_printf ("status %u", status) : g_strdup (error->message);
  const gboolean again = answer == NULL || status == 429 || status >= 500;

  if (status >= 200 && status < 300)
    finish (delivery, TRUE, NULL);
  else if (!again || delivery->tries >= TRIES)
    finish (delivery, FALSE, problem);
  else
    delivery->timer = g_timeout_add_seconds (1u << (delivery->tries - 1), try_again, delivery);
}

static void
try (Delivery *delivery)
{
  g_autoptr (SoupMessage) message = soup_message_new (SOUP_METHOD_POST, delivery->url);
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);

  delivery->tries++;
  soup_message_set_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  soup_message_set_request_body_from_bytes (message, "application/json", delivery->body);
  soup_message_headers_append (headers, "Generative-Time", delivery->time);
  if (delivery->signature != NULL)
    soup_message_headers_append (headers, "Generative-Signature", delivery->signature);
  soup_session_send_and_read_async (
      delivery->session, message, G_PRIORITY_DEFAULT, NULL, on_answer, delivery);
}

/* "sha256=…", or NULL where there is no secret that can be read. */
static char *
sign (const ServeNotice *notice, const char *body)
{
  const char *path = notice->settings->webhook_secret;
  g_autoptr (GError) error = NULL;
  g_autofree char *signed_text = g_strconcat (notice->time, ".", body, NULL);
  g_autofree char *digest = NULL;
  char *secret;
  gsize size, length;

  if (path == NULL)
    return NULL;
  secret = gen_secret_file_read (path, "the webhook's secret", &size, &error);
  if (secret == NULL) {
    g_warning ("alert %s: %s", notice->settings->record.name, error->message);
    return NULL;
  }
  for (length = size; length > 0 && g_ascii_isspace (secret[length - 1]);)
    length--;
  /* Anybody could sign by a secret of nothing. */
  if (length > 0)
    digest = g_compute_hmac_for_string (
        G_CHECKSUM_SHA256, (const guchar *)secret, length, signed_text, -1);
  else
    g_warning ("alert %s: %s: there should be a secret in it, and there is nothing",
        notice->settings->record.name, path);
  gen_secret_free (secret, size);
  return digest != NULL ? g_strconcat ("sha256=", digest, NULL) : NULL;
}

static gboolean
is_wanted (const ServeAlertSettings *settings)
{
  return settings->webhook != NULL;
}

static void
send (const ServeNotice *notice, GenCounters *counters)
{
  g_autofree char *body = serve_notice_to_json (notice);
  g_autofree char *signature = sign (notice, body);
  Delivery *delivery;

  /* What nobody can check is not sent. */
  if (signature == NULL && notice->settings->webhook_secret != NULL) {
    serve_notice_count (counters, &serve_notice_webhook, FALSE);
    return;
  }
  delivery = g_new0 (Delivery, 1);
  delivery->counters = gen_counters_ref (counters);
  delivery->session =
      soup_session_new_with_options ("timeout", PATIENCE, "user-agent", "generative-serve", NULL);
  delivery->alert = g_strdup (notice->settings->record.name);
  delivery->url = g_strdup (notice->settings->webhook);
  delivery->signature = g_steal_pointer (&signature);
  delivery->time = g_strdup (notice->time);
  delivery->body = g_bytes_new (body, strlen (body));
  try (delivery);
}

const ServeNoticeWay serve_notice_webhook = { "webhook", is_wanted, send };
