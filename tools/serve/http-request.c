/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a handler has of a request, and how it says no. */
#include "http-private.h"

#include <string.h>

#include "../../lib/base/json-members.h"

/* Until somebody who was told to come back later does. */
#define LATER 5

/* The address of whoever asks, behind whichever proxies. (transfer full) */
static char *
find_client (const ServeHttp *http, SoupServerMessage *message)
{
  g_autofree char *address = http_request_address (message);
  const char *forwarded = soup_message_headers_get_list (
      soup_server_message_get_request_headers (message), "X-Forwarded-For");

  if (http->proxies == NULL || forwarded == NULL)
    return g_steal_pointer (&address);
  return http_proxies_find_client (http->proxies, address, forwarded);
}

ServeRequest *
serve_request_new (ServeServer *server, SoupServerMessage *message, GHashTable *query)
{
  ServeRequest *request = g_new0 (ServeRequest, 1);
  GHashTableIter iter;
  gpointer name, value;

  request->server = server;
  request->message = message;
  request->method = soup_server_message_get_method (message);
  request->client = find_client (server->http, message);
  request->parameters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  request->query = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (query == NULL)
    return request;
  g_hash_table_iter_init (&iter, query);
  while (g_hash_table_iter_next (&iter, &name, &value))
    if (g_utf8_validate (name, -1, NULL) && g_utf8_validate (value, -1, NULL))
      g_hash_table_insert (request->query, g_strdup (name), g_strdup (value));
  return request;
}

void
serve_request_free (gpointer data)
{
  ServeRequest *request = data;

  g_free ((char *)request->client);
  g_hash_table_unref (request->parameters);
  g_hash_table_unref (request->query);
  g_free (request);
}

const char *
serve_request_get (const ServeRequest *request, const char *name)
{
  return g_hash_table_lookup (request->parameters, name);
}

const char *
serve_request_get_query (const ServeRequest *request, const char *name)
{
  return g_hash_table_lookup (request->query, name);
}

/* Of "studio.example:8080", "[::1]:8080" and the like; NULL: it is none. (transfer full) */
static char *
read_host (const char *authority)
{
  g_autofree char *text = g_strconcat ("http://", authority, "/", NULL);
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
  const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;

  /* What has more than a host and a port in it means something else. */
  return host != NULL && *host != '\0' && g_uri_get_userinfo (uri) == NULL &&
                 strcmp (g_uri_get_path (uri), "/") == 0 && g_uri_get_query (uri) == NULL &&
                 g_uri_get_fragment (uri) == NULL
             ? g_strdup (host)
             : NULL;
}

/* What a proxy says that it was asked for, or NULL; of several, each in front of the next one, the
 * first. (transfer full) */
static char *
read_forwarded_host (const ServeRequest *request)
{
  const ServeHttp *http = request->server->http;
  g_autofree char *address = http_request_address (request->message);
  const char *told = http_request_header (request->message, "X-Forwarded-Host");
  g_auto (GStrv) hops = NULL;

  if (*told == '\0' || http->proxies == NULL || !http_proxies_has_text (http->proxies, address))
    return NULL;
  hops = g_strsplit (told, ",", 2);
  return read_host (g_strstrip (hops[0]));
}

static char *
read_local_address (const ServeRequest *request)
{
  GSocketAddress *address = soup_server_message_get_local_address (request->message);

  return G_IS_INET_SOCKET_ADDRESS (address)
             ? g_inet_address_to_string (
                   g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)))
             : g_strdup (request->server->configuration->server->address);
}

char *
serve_request_find_host (const ServeRequest *request)
{
  char *host = read_forwarded_host (request);

  if (host == NULL)
    host = read_host (http_request_header (request->message, "Host"));
  return host != NULL ? host : read_local_address (request);
}

JsonObject *
serve_request_read (ServeRequest *request)
{
  JsonObject *object;

  if (g_strcmp0 (soup_message_headers_get_content_type (
                     soup_server_message_get_request_headers (request->message), NULL),
          "application/json") != 0) {
    serve_request_fail (
        request, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, NULL, "application/json is wanted");
    return NULL;
  }
  object = http_request_object (request->message);
  if (object == NULL)
    serve_request_fail (request, SOUP_STATUS_BAD_REQUEST, NULL, "an object of JSON is wanted");
  return object;
}

/* --- no --- */

static const char *
get_type (guint status)
{
  switch (status) {
  case SOUP_STATUS_UNAUTHORIZED:
    return "authentication_error";
  case SOUP_STATUS_FORBIDDEN:
    return "permission_error";
  case SOUP_STATUS_NOT_FOUND:
    return "not_found_error";
  case HTTP_STATUS_TOO_MANY_REQUESTS:
    return "rate_limit_error";
  default:
    return status < SOUP_STATUS_INTERNAL_SERVER_ERROR ? "invalid_request_error" : "server_error";
  }
}

static void
fail_with (ServeRequest *request, guint status, const char *parameter, const char *text)
{
  JsonObject *whole = json_object_new (), *object = json_object_new ();

  json_object_set_string_member (object, "message", text);
  json_object_set_string_member (object, "type", get_type (status));
  if (parameter != NULL)
    json_object_set_string_member (object, "param", parameter);
  else
    json_object_set_null_member (object, "param");
  json_object_set_null_member (object, "code");
  json_object_set_object_member (whole, "error", object);
  http_answer_json (request->message, status, whole);
}

void
serve_request_fail (
    ServeRequest *request, guint status, const char *parameter, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list arguments;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  fail_with (request, status, parameter, text);
}

static const guint statuses[] = {
  [SERVE_ERROR_INVALID] = SOUP_STATUS_BAD_REQUEST,
  [SERVE_ERROR_FORBIDDEN] = SOUP_STATUS_FORBIDDEN,
  [SERVE_ERROR_NOT_FOUND] = SOUP_STATUS_NOT_FOUND,
  [SERVE_ERROR_CONFLICT] = SOUP_STATUS_CONFLICT,
  [SERVE_ERROR_TOO_MANY] = HTTP_STATUS_TOO_MANY_REQUESTS,
  [SERVE_ERROR_BUSY] = SOUP_STATUS_SERVICE_UNAVAILABLE,
  [SERVE_ERROR_DRAINING] = SOUP_STATUS_SERVICE_UNAVAILABLE,
  [SERVE_ERROR_FAILED] = SOUP_STATUS_INTERNAL_SERVER_ERROR,
};

void
serve_request_fail_by (ServeRequest *request, const GError *error)
{
  const guint status =
      error->domain == SERVE_ERROR && error->code >= 0 && error->code < (int)G_N_ELEMENTS (statuses)
          ? statuses[error->code]
          : SOUP_STATUS_INTERNAL_SERVER_ERROR;

  if (status == SOUP_STATUS_INTERNAL_SERVER_ERROR) {
    g_warning ("%s", error->message);
    fail_with (request, status, NULL, "the server cannot do this; its log says why");
    return;
  }
  if (status == HTTP_STATUS_TOO_MANY_REQUESTS || status == SOUP_STATUS_SERVICE_UNAVAILABLE)
    http_answer_retry_after (request->message, LATER);
  fail_with (request, status, NULL, error->message);
}
