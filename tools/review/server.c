/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the page asks for. A request is looked at before its body is read: whom it is for, where it
 * comes from, how long it is. No part of it names a file: pages are resources of the program, and
 * items have numbers. */
#include "server.h"

#include <string.h>

#include "../../lib/base/json-members.h"
#include "../../lib/serve/tokens.h"

static const struct {
  const char *path, *resource, *type;
} pages[] = {
  { "/", "/review/page.html", "text/html; charset=utf-8" },
  { "/page.js", "/review/page.js", "text/javascript; charset=utf-8" },
  { "/page.css", "/review/page.css", "text/css; charset=utf-8" },
};

gboolean
review_server_audit (
    ReviewServer *server, const char *event, const char *by, JsonObject *details, GError **error)
{
  g_autoptr (JsonObject) taken = details;

  return server->audit == NULL || (gen_audit_log_add (server->audit, event, by, taken, error) &&
                                      gen_audit_log_sign (server->audit, error));
}

gboolean
review_server_audit_or_answer (ReviewServer *server, SoupServerMessage *message, const char *event,
    const char *by, JsonObject *details)
{
  g_autoptr (GError) error = NULL;

  if (review_server_audit (server, event, by, details, &error))
    return TRUE;
  g_printerr ("%s: %s\n", g_get_prgname (), error->message);
  http_answer_error (message, SOUP_STATUS_SERVICE_UNAVAILABLE,
      "The audit log cannot be written, and so nothing is done");
  return FALSE;
}

/* --- what is asked --- */

JsonObject *
review_answer_read (SoupServerMessage *message)
{
  JsonObject *object = http_request_object (message);

  if (object == NULL)
    http_answer_error (message, SOUP_STATUS_BAD_REQUEST, "an object of JSON is wanted");
  return object;
}

const char *
review_answer_get_text (JsonObject *object, const char *name)
{
  const char *text = gen_json_text_in (object, name);

  return text != NULL ? text : "";
}

/* --- before the body --- */

static gboolean
is_host (const ReviewServer *server, const char *host)
{
  for (guint i = 0; i < server->hosts->len; i++)
    if (g_ascii_strcasecmp (server->hosts->pdata[i], host) == 0)
      return TRUE;
  return FALSE;
}

/* A page of somebody else's that a browser has open may send requests here, and by a name that
 * leads here even read the answers: what is told of both has to be ours. */
static gboolean
is_origin (const ReviewServer *server, const char *origin)
{
  if (g_str_has_prefix (origin, "https://"))
    return is_host (server, origin + strlen ("https://"));
  return !server->secure && g_str_has_prefix (origin, "http://") &&
         is_host (server, origin + strlen ("http://"));
}

/* What is wrong with a request that can be told by its headers; FALSE after it was answered. */
static gboolean
check_headers (ReviewServer *server, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const SoupEncoding encoding = soup_message_headers_get_encoding (headers);
  const goffset length = soup_message_headers_get_content_length (headers);
  const char *method = soup_server_message_get_method (message);
  const char *origin = http_request_header (message, "Origin");
  const gboolean posts = strcmp (method, "POST") == 0;

  if (!is_host (server, http_request_header (message, "Host")))
    http_answer_error (message, SOUP_STATUS_FORBIDDEN,
        "This page is not known by that name; --host says under which it is");
  else if (!posts && strcmp (method, "GET") != 0)
    http_answer_error (message, SOUP_STATUS_METHOD_NOT_ALLOWED, "GET and POST are understood");
  else if ((posts || *origin != '\0') && !is_origin (server, origin))
    http_answer_error (message, SOUP_STATUS_FORBIDDEN, "The request comes from another page");
  /* What is more than 63 bits hold is negative here, and would be read to its end. */
  else if (encoding == SOUP_ENCODING_CHUNKED ||
           (posts && (encoding != SOUP_ENCODING_CONTENT_LENGTH || length < 0)))
    http_answer_error (message, SOUP_STATUS_LENGTH_REQUIRED, "The length has to be told");
  else if (length > (posts ? REVIEW_BODY_MOST : 0))
    http_answer_error (message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "At most %d bytes are read",
        REVIEW_BODY_MOST);
  else if (posts && g_strcmp0 (soup_message_headers_get_content_type (headers, NULL),
                        "application/json") != 0)
    http_answer_error (message, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, "JSON is wanted");
  else
    return TRUE;
  return FALSE;
}

static void
look_early (SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query,
    gpointer data)
{
  http_answer_begin (message);
  if (!check_headers (data, message))
    http_answer_refused (message);
}

/* --- sessions --- */

static char *
get_secret (const ReviewServer *server, SoupServerMessage *message)
{
  const gsize length = strlen (server->cookie);
  g_auto (GStrv) cookies = g_strsplit (http_request_header (message, "Cookie"), ";", 0);

  for (int i = 0; cookies[i] != NULL; i++) {
    const char *cookie = g_strstrip (cookies[i]);

    if (g_str_has_prefix (cookie, server->cookie) && cookie[length] == '=')
      return g_strdup (cookie + length + 1);
  }
  return NULL;
}

static void
set_cookie (ReviewServer *server, SoupServerMessage *message, const char *secret, int seconds)
{
  g_autofree char *cookie =
      g_strdup_printf ("%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s", server->cookie,
          secret, seconds, server->secure ? "; Secure" : "");

  soup_message_headers_append (
      soup_server_message_get_response_headers (message), "Set-Cookie", cookie);
}

/* The session that a request belongs to, or NULL after having answered. */
static const ReviewSession *
check_session (ReviewServer *server, SoupServerMessage *message)
{
  g_autofree char *secret = get_secret (server, message);
  const ReviewSession *session =
      secret != NULL ? review_access_find_session (server->access, secret) : NULL;
  const gboolean posts = strcmp (soup_server_message_get_method (message), "POST") == 0;

  if (session == NULL) {
    http_answer_error (message, SOUP_STATUS_UNAUTHORIZED, "Log in first");
    return NULL;
  }
  if (!posts || gen_secret_equal (session->csrf, http_request_header (message, "X-CSRF-Token")))
    return session;
  http_answer_error (
      message, SOUP_STATUS_FORBIDDEN, "The request has not the CSRF token of its session");
  return NULL;
}

static JsonObject *
describe_address (const char *address)
{
  JsonObject *details = json_object_new ();

  json_object_set_string_member (details, "address", address);
  return details;
}

static void
refuse_token (SoupServerMessage *message, int wait)
{
  http_answer_retry_after (message, wait);
  http_answer_error (message, HTTP_STATUS_TOO_MANY_REQUESTS,
      "That is not a token of this page, nor were those before: the next one counts in %d seconds",
      wait);
}

/* The CSRF token is told here alone: whoever has come to know the cookie else has not got it. */
static void
log_in (ReviewServer *server, SoupServerMessage *message)
{
  g_autofree char *address = http_request_address (message), *secret = NULL;
  g_autoptr (JsonObject) asked = review_answer_read (message);
  JsonObject *object;
  const char *name;
  int wait;

  if (asked == NULL)
    return;
  name =
      review_access_try (server->access, address, review_answer_get_text (asked, "token"), &wait);
  if (wait > 0) {
    refuse_token (message, wait);
    return;
  }
  if (!review_server_audit_or_answer (server, message, name != NULL ? "login" : "login-failed",
          name, describe_address (address)))
    return;
  if (name == NULL) {
    http_answer_error (message, SOUP_STATUS_FORBIDDEN, "That is not a token of this page");
    return;
  }
  secret = review_access_open_session (server->access, name);
  set_cookie (server, message, secret, REVIEW_SESSION_SECONDS);
  object = json_object_new ();
  json_object_set_string_member (
      object, "csrf", review_access_find_session (server->access, secret)->csrf);
  http_answer_json (message, SOUP_STATUS_OK, object);
}

static void
log_out (ReviewServer *server, SoupServerMessage *message)
{
  g_autofree char *secret = get_secret (server, message);

  review_access_close_session (server->access, secret);
  set_cookie (server, message, "", 0);
  http_answer_json (message, SOUP_STATUS_OK, json_object_new ());
}

/* --- which is which --- */

/* The number in /items/NUMBER, written as numbers are; 0: it is none. */
static guint64
parse_number (const char *path)
{
  const char *digits = path + strlen ("/items/");
  guint64 number;
  g_autofree char *made = NULL;

  if (!g_str_has_prefix (path, "/items/"))
    return 0;
  number = g_ascii_strtoull (digits, NULL, 10);
  made = g_strdup_printf ("%" G_GUINT64_FORMAT, number);
  return strcmp (digits, made) == 0 ? number : 0;
}

static gboolean
answer_page (SoupServerMessage *message, const char *path)
{
  for (guint i = 0; i < G_N_ELEMENTS (pages); i++) {
    g_autoptr (GBytes) bytes = NULL;

    if (strcmp (pages[i].path, path) != 0)
      continue;
    bytes = g_resources_lookup_data (pages[i].resource, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
    http_answer_bytes (message, SOUP_STATUS_OK, pages[i].type, bytes);
    return TRUE;
  }
  return FALSE;
}

static void
answer (SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query,
    gpointer data)
{
  ReviewServer *server = data;
  const gboolean posts = strcmp (soup_server_message_get_method (message), "POST") == 0;
  const ReviewSession *session;
  const guint64 number = parse_number (path);

  http_answer_begin (message);
  if (!posts && answer_page (message, path))
    return;
  if (posts && strcmp (path, "/login") == 0) {
    log_in (server, message);
    return;
  }
  session = check_session (server, message);
  if (session == NULL)
    return;
  if (posts && strcmp (path, "/logout") == 0)
    log_out (server, message);
  else if (!posts && strcmp (path, "/items") == 0)
    review_items_answer_list (server, message, session);
  else if (number > 0)
    review_items_answer_one (server, message, session, number);
  else
    http_answer_error (message, SOUP_STATUS_NOT_FOUND, "There is nothing here");
}

void
review_server_attach (ReviewServer *server, SoupServer *soup)
{
  soup_server_add_early_handler (soup, NULL, look_early, server, NULL);
  soup_server_add_handler (soup, NULL, answer, server, NULL);
}
