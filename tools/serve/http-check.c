/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is looked at before the body of a request is read: whom it is for, which page it comes from,
 * how long it is, whose it is, and how often he asks. */
#include "http-private.h"

#include <string.h>

#define ALLOWED_HEADERS "Authorization, Content-Type, If-Match, Last-Event-ID"
#define EXPOSED_HEADERS "Location, ETag, Link, Retry-After, Content-Disposition"

/* --- whether it says one thing --- */

/* Where one of these stands twice, whoever is in front may have read the other. */
static const char *const once[] = { "Authorization", "Content-Length", "Content-Type", "Host",
  "Origin", "Sec-Fetch-Mode", "Sec-Fetch-Site", NULL };

static gboolean
check_once (ServeRequest *request)
{
  SoupMessageHeadersIter iter;
  const char *name, *value;
  guint found = 0;

  soup_message_headers_iter_init (
      &iter, soup_server_message_get_request_headers (request->message));
  while (soup_message_headers_iter_next (&iter, &name, &value))
    for (guint i = 0; once[i] != NULL; i++) {
      if (g_ascii_strcasecmp (once[i], name) != 0)
        continue;
      if ((found & (1u << i)) != 0) {
        serve_request_fail (request, SOUP_STATUS_BAD_REQUEST, NULL,
            "there are several headers %s, and one is wanted", once[i]);
        return FALSE;
      }
      found |= 1u << i;
    }
  return TRUE;
}

/* --- where it comes from --- */

static gboolean
is_host (const ServeHttp *http, const char *host)
{
  if (http->hosts == NULL)
    return TRUE;
  for (guint i = 0; i < http->hosts->len; i++)
    if (g_ascii_strcasecmp (http->hosts->pdata[i], host) == 0)
      return TRUE;
  return FALSE;
}

/* A page of the server itself. */
static gboolean
is_own_origin (const ServeHttp *http, const char *origin, const char *host)
{
  const char *scheme = http->certificate != NULL ? "https://" : "http://";
  const char *named;

  /* A proxy in front may have TLS. */
  if (http->certificate == NULL && g_str_has_prefix (origin, "https://"))
    scheme = "https://";
  if (!g_str_has_prefix (origin, scheme))
    return FALSE;
  named = origin + strlen (scheme);
  return g_ascii_strcasecmp (named, host) == 0 && is_host (http, named);
}

static gboolean
is_listed (const ServeHttp *http, const char *origin)
{
  const ServeServerSettings *settings = http->server->configuration->server;

  return g_strv_contains ((const char *const *)settings->cors, origin);
}

static void
allow_origin (SoupServerMessage *message, const char *origin)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, "Access-Control-Allow-Origin", origin);
  soup_message_headers_replace (headers, "Access-Control-Expose-Headers", EXPOSED_HEADERS);
  soup_message_headers_replace (headers, "Cross-Origin-Resource-Policy", "cross-origin");
  soup_message_headers_replace (headers, "Vary", "Origin");
}

/* Browsers say whether a page of somebody else's asks, also where they tell no origin. */
static gboolean
is_foreign_fetch (SoupServerMessage *message)
{
  const char *site = http_request_header (message, "Sec-Fetch-Site");
  const char *mode = http_request_header (message, "Sec-Fetch-Mode");

  return (strcmp (site, "cross-site") == 0 || strcmp (site, "same-site") == 0) &&
         strcmp (mode, "navigate") != 0;
}

/* A page of somebody else's that a browser has open may send requests here, and by a name that
 * leads here even read the answers: what is told of both has to be ours, or known. */
static gboolean
check_source (ServeHttp *http, ServeRequest *request, const ServeRoute *route)
{
  const char *host = http_request_header (request->message, "Host");
  const char *origin = http_request_header (request->message, "Origin");

  /* Probes ask by any name, and are told nothing. */
  if ((route == NULL || route->scope != SERVE_SCOPE_NONE) && !is_host (http, host)) {
    serve_request_fail (request, SOUP_STATUS_FORBIDDEN, NULL,
        "the server is not known as \"%s\"; server.hosts says by which names it is", host);
    return FALSE;
  }
  if (*origin != '\0' && is_listed (http, origin)) {
    allow_origin (request->message, origin);
    return TRUE;
  }
  if ((*origin != '\0' && !is_own_origin (http, origin, host)) ||
      (*origin == '\0' && is_foreign_fetch (request->message))) {
    serve_request_fail (request, SOUP_STATUS_FORBIDDEN, NULL,
        "the request comes from another page; server.cors says which may ask");
    return FALSE;
  }
  return TRUE;
}

/* --- who it is --- */

const char *
serve_http_find_token (
    ServeHttp *http, const char *address, const char *token, guint *scopes, int *wait)
{
  const char *name = http->tokens != NULL ? gen_tokens_find (http->tokens, token, scopes) : NULL;
  const gint64 now = g_get_monotonic_time ();

  *wait = name == NULL ? gen_attempts_wait (http->attempts, address, now) : 0;
  if (name != NULL)
    gen_attempts_clear (http->attempts, address);
  else if (*wait == 0)
    gen_attempts_fail (http->attempts, address, now);
  return name;
}

guint
serve_http_get_anonymous (const ServeHttp *http)
{
  const ServeServerSettings *settings = http->server->configuration->server;

  return http->tokens == NULL && settings->anonymous[0] == NULL
             ? SERVE_SCOPE_ALL
             : serve_scopes_of ((const char *const *)settings->anonymous);
}

/* The token that a request brings, or NULL: by the header, whose password it is where a client
 * knows passwords alone, or for what a page embeds by ?access_token=. (transfer full) */
static char *
get_token (const ServeRequest *request)
{
  const char *header = http_request_header (request->message, "Authorization");
  const char *query = serve_request_get_query (request, "access_token");
  const gboolean reads =
      strcmp (request->method, "GET") == 0 || strcmp (request->method, "HEAD") == 0;
  g_autofree char *pair = NULL;
  const char *colon;
  gsize size;

  if (g_ascii_strncasecmp (header, "Bearer ", 7) == 0)
    return g_strstrip (g_strdup (header + 7));
  if (g_ascii_strncasecmp (header, "Basic ", 6) == 0) {
    guchar *bytes = g_base64_decode (header + 6, &size);

    pair = g_strndup ((const char *)bytes, size);
    g_free (bytes);
    colon = strchr (pair, ':');
    return g_strdup (colon != NULL ? colon + 1 : "");
  }
  return reads && query != NULL ? g_strdup (query) : NULL;
}

static gboolean
refuse_guess (ServeRequest *request, int wait)
{
  if (wait > 0) {
    http_answer_retry_after (request->message, wait);
    serve_request_fail (request, HTTP_STATUS_TOO_MANY_REQUESTS, NULL,
        "this is no token of the server, nor were those before: the next one counts in %d seconds",
        wait);
    return FALSE;
  }
  soup_message_headers_replace (soup_server_message_get_response_headers (request->message),
      "WWW-Authenticate", "Bearer realm=\"generative-serve\", error=\"invalid_token\"");
  serve_request_fail (request, SOUP_STATUS_UNAUTHORIZED, NULL, "this is no token of the server");
  return FALSE;
}

/* Whose request it is, and what he may do. */
static gboolean
check_token (ServeHttp *http, ServeRequest *request)
{
  g_autofree char *token = get_token (request);
  const char *name;
  guint scopes;
  int wait;

  request->scopes = serve_http_get_anonymous (http);
  if (token == NULL || http->tokens == NULL)
    return TRUE;
  name = serve_http_find_token (http, request->client, token, &scopes, &wait);
  if (name == NULL)
    return refuse_guess (request, wait);
  g_free ((char *)request->client);
  request->client = g_strdup (name);
  request->has_token = TRUE;
  request->scopes |= scopes;
  return TRUE;
}

static gboolean
check_scope (ServeRequest *request, const ServeRoute *route)
{
  const char *name = "";

  if ((request->scopes & route->scope) == (guint)route->scope)
    return TRUE;
  for (int i = 0; serve_scope_names[i] != NULL; i++)
    if ((route->scope & ~request->scopes & (1u << i)) != 0)
      name = serve_scope_names[i];
  if (request->has_token) {
    serve_request_fail (request, SOUP_STATUS_FORBIDDEN, NULL,
        "the token is not for this: its scopes would have to have %s", name);
    return FALSE;
  }
  soup_message_headers_replace (soup_server_message_get_response_headers (request->message),
      "WWW-Authenticate", "Bearer realm=\"generative-serve\"");
  serve_request_fail (request, SOUP_STATUS_UNAUTHORIZED, NULL,
      "a token with the scope %s is wanted: Authorization: Bearer TOKEN", name);
  return FALSE;
}

static gboolean
check_rate (ServeHttp *http, ServeRequest *request)
{
  g_autofree char *key =
      g_strconcat (request->has_token ? "token " : "address ", request->client, NULL);
  const int wait = gen_rate_limit_take (http->rates, key, g_get_monotonic_time ());

  if (wait == 0)
    return TRUE;
  http_answer_retry_after (request->message, wait);
  serve_request_fail (request, HTTP_STATUS_TOO_MANY_REQUESTS, NULL,
      "that is more than %d requests in a minute: again in %d seconds",
      http->server->configuration->limits->requests_per_minute, wait);
  return FALSE;
}

/* --- how long it is --- */

static gboolean
check_length (ServeHttp *http, ServeRequest *request, const ServeRoute *route)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);
  const goffset length = soup_message_headers_get_content_length (headers);
  const guint64 most = route->body_most > 0
                           ? route->body_most
                           : (guint64)http->server->configuration->limits->body_bytes;

  if (soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CHUNKED) {
    serve_request_fail (
        request, SOUP_STATUS_LENGTH_REQUIRED, NULL, "the length has to be told: Content-Length");
    return FALSE;
  }
  /* What is more than 63 bits hold is negative here, and would be read to its end. */
  if (length < 0 || (guint64)length > most) {
    serve_request_fail (request, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, NULL,
        "at most %" G_GUINT64_FORMAT " bytes are read here", most);
    return FALSE;
  }
  return TRUE;
}

/* --- all of it --- */

/* What a page of a known origin asks before it asks. */
static void
answer_preflight (ServeRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request->message);
  const char *allowed = soup_message_headers_get_one (headers, "Allow");

  soup_message_headers_replace (headers, "Access-Control-Allow-Methods", allowed);
  soup_message_headers_replace (headers, "Access-Control-Allow-Headers", ALLOWED_HEADERS);
  soup_message_headers_replace (headers, "Access-Control-Max-Age", "600");
  soup_server_message_set_status (request->message, SOUP_STATUS_NO_CONTENT, NULL);
}

/* There is no route: why. */
static void
refuse_route (ServeRequest *request, const char *path)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (request->message);
  const char *allowed = soup_message_headers_get_one (headers, "Allow");

  if (allowed == NULL)
    serve_request_fail (request, SOUP_STATUS_NOT_FOUND, NULL, "there is nothing here");
  else if (strcmp (request->method, "OPTIONS") == 0)
    answer_preflight (request);
  else
    serve_request_fail (
        request, SOUP_STATUS_METHOD_NOT_ALLOWED, NULL, "this understands %s", allowed);
}

gboolean
serve_http_check (ServeHttp *http, ServeRequest *request, const char *path, const ServeRoute *route)
{
  if (!check_once (request) || !check_source (http, request, route))
    return FALSE;
  if (route == NULL) {
    if (check_rate (http, request))
      refuse_route (request, path);
    return FALSE;
  }
  /* Probes are never told to come back later. */
  if (route->scope == SERVE_SCOPE_NONE)
    return check_length (http, request, route);
  return check_token (http, request) && check_rate (http, request) &&
         check_scope (request, route) && check_length (http, request, route);
}
