/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Routes. A request is looked at before its body is read, and kept with its message, so that what
 * was found then is there when the body has come. No part of a path names a file. */
#include "http-private.h"
#include "watch/watch.h"

#include <string.h>

#include "systemd.h"

#define REQUEST "serve-request"
/* No route has it as its method. */
#define PREFLIGHT ""
#define CLIENTS_MOST 4096

/* --- routes --- */

static void
free_route (gpointer data)
{
  ServeRoute *route = data;

  g_free (route->method);
  g_free (route->path);
  g_strfreev (route->segments);
  g_free (route);
}

ServeRoute *
serve_http_add (ServeHttp *http, const char *method, const char *path, ServeScope scope,
    ServeHandler handler, gpointer data, const char *openapi)
{
  ServeRoute *route = g_new0 (ServeRoute, 1);

  route->method = g_strdup (method);
  route->path = g_strdup (path);
  route->segments = g_strsplit (path, "/", -1);
  route->scope = scope;
  route->handler = handler;
  route->data = data;
  route->openapi = openapi;
  g_ptr_array_add (http->routes, route);
  return route;
}

void
serve_http_remove (ServeHttp *http, ServeRoute *route)
{
  g_ptr_array_remove (http->routes, route);
}

const GPtrArray *
serve_http_get_routes (const ServeHttp *http)
{
  return http->routes;
}

/* Whether `segment` is what the pattern's `wanted` stands for. */
static gboolean
match_segment (const char *wanted, const char *segment, GHashTable *parameters)
{
  const gsize size = strlen (wanted);
  char *value;

  if (*wanted != '{')
    return strcmp (wanted, segment) == 0;
  value = g_uri_unescape_string (segment, "/");
  if (value == NULL || *value == '\0' || !g_utf8_validate (value, -1, NULL)) {
    g_free (value);
    return FALSE;
  }
  g_hash_table_replace (parameters, g_strndup (wanted + 1, size - 2), value);
  return TRUE;
}

static gboolean
match_path (char **wanted, char **segments, GHashTable *parameters)
{
  g_hash_table_remove_all (parameters);
  for (int i = 0;; i++) {
    if (wanted[i] == NULL || segments[i] == NULL)
      return wanted[i] == segments[i];
    if (!match_segment (wanted[i], segments[i], parameters))
      return FALSE;
  }
}

static gboolean
match_method (const char *wanted, const char *method)
{
  return strcmp (wanted, method) == 0 ||
         (strcmp (wanted, "GET") == 0 && strcmp (method, "HEAD") == 0);
}

const ServeRoute *
serve_http_match (const ServeHttp *http, const char *method, const char *path,
    GHashTable *parameters, char **allowed)
{
  g_auto (GStrv) segments = g_strsplit (path, "/", -1);
  g_autoptr (GString) methods = g_string_new (NULL);

  for (guint i = 0; i < http->routes->len; i++) {
    const ServeRoute *route = http->routes->pdata[i];

    if (!match_path (route->segments, segments, parameters))
      continue;
    if (match_method (route->method, method))
      return route;
    if (strcmp (route->method, "OPTIONS") != 0)
      g_string_append_printf (methods, "%s, ", route->method);
    if (strcmp (route->method, "GET") == 0)
      g_string_append (methods, "HEAD, ");
  }
  g_hash_table_remove_all (parameters);
  if (methods->len > 0)
    g_string_append (methods, "OPTIONS");
  *allowed = methods->len > 0 ? g_strdup (methods->str) : NULL;
  return NULL;
}

/* --- requests --- */

/* What a browser asks before a page's request, without a token: no route is meant. */
static gboolean
is_preflight (const ServeRequest *request)
{
  return strcmp (request->method, "OPTIONS") == 0 &&
         *http_request_header (request->message, "Access-Control-Request-Method") != '\0';
}

static void
look_early (SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query,
    gpointer data)
{
  ServeHttp *http = data;
  ServeRequest *request = serve_request_new (http->server, message, query);
  g_autofree char *allowed = NULL;
  const ServeRoute *route = serve_http_match (http,
      is_preflight (request) ? PREFLIGHT : request->method, path, request->parameters, &allowed);

  g_object_set_data_full (G_OBJECT (message), REQUEST, request, serve_request_free);
  http_answer_begin (message);
  serve_watch_request (http->server->watch, request, route);
  if (allowed != NULL)
    soup_message_headers_replace (
        soup_server_message_get_response_headers (message), "Allow", allowed);
  if (!serve_http_check (http, request, path, route))
    http_answer_refused (message);
}

static void
answer (SoupServer *soup, SoupServerMessage *message, const char *path, GHashTable *query,
    gpointer data)
{
  ServeHttp *http = data;
  ServeRequest *request = g_object_get_data (G_OBJECT (message), REQUEST);
  g_autofree char *allowed = NULL;
  const ServeRoute *route =
      serve_http_match (http, request->method, path, request->parameters, &allowed);

  /* It may have been taken away while the body came. */
  if (route == NULL)
    serve_request_fail (request, SOUP_STATUS_NOT_FOUND, NULL, "there is nothing here");
  else
    route->handler (request, route->data);
}

/* --- the server --- */

ServeHttp *
serve_http_new (ServeServer *server)
{
  ServeHttp *http = g_new0 (ServeHttp, 1);

  http->server = server;
  http->soup = soup_server_new ("raw-paths", TRUE, NULL);
  http->routes = g_ptr_array_new_with_free_func (free_route);
  http->attempts = gen_attempts_new ();
  http->rates = gen_rate_limit_new (0, CLIENTS_MOST);
  soup_server_add_early_handler (http->soup, NULL, look_early, http, NULL);
  soup_server_add_handler (http->soup, NULL, answer, http, NULL);
  return http;
}

void
serve_http_free (ServeHttp *http)
{
  g_clear_pointer (&http->connections, http_connections_free);
  soup_server_disconnect (http->soup);
  g_object_unref (http->soup);
  g_ptr_array_unref (http->routes);
  g_clear_pointer (&http->tokens, gen_tokens_free);
  gen_attempts_free (http->attempts);
  gen_rate_limit_free (http->rates);
  g_clear_pointer (&http->hosts, g_ptr_array_unref);
  g_clear_pointer (&http->proxies, http_proxies_free);
  g_clear_object (&http->certificate);
  g_free (http);
}

static void
add_host (GPtrArray *hosts, const char *name, guint port, gboolean is_default)
{
  g_ptr_array_add (hosts, g_strdup_printf ("%s:%u", name, port));
  if (is_default)
    g_ptr_array_add (hosts, g_strdup (name));
}

/* By which names it is known. Where others reach it and nothing goes without a token, which no page
 * of somebody else's has, by any. */
static GPtrArray *
list_hosts (const ServeHttp *http)
{
  const ServeServerSettings *settings = http->server->configuration->server;
  const guint port = serve_http_get_port (http);
  const gboolean is_default = port == (http->certificate != NULL ? 443 : 80);
  const gboolean is_loopback = http_address_is_loopback (settings->address);
  g_autofree char *literal =
      g_strdup_printf (strchr (settings->address, ':') != NULL ? "[%s]" : "%s", settings->address);
  GPtrArray *hosts;

  if (!is_loopback && settings->hosts[0] == NULL)
    return NULL;
  hosts = g_ptr_array_new_with_free_func (g_free);
  add_host (hosts, literal, port, is_default);
  if (is_loopback)
    add_host (hosts, "localhost", port, is_default);
  for (int i = 0; settings->hosts[i] != NULL; i++)
    g_ptr_array_add (hosts, g_strdup (settings->hosts[i]));
  return hosts;
}

static HttpConnectionsLimits
get_limits (const ServeHttp *http)
{
  const ServeLimits *limits = http->server->configuration->limits;

  return (HttpConnectionsLimits){
    .most = (guint)limits->connections,
    .most_per_address = (guint)limits->connections_per_client,
    .patience = (guint)limits->request_seconds,
    .proxies = http->proxies,
  };
}

gboolean
serve_http_reload (ServeHttp *http, GError **error)
{
  const ServeServerSettings *settings = http->server->configuration->server;
  HttpConnectionsLimits limits;
  g_autoptr (HttpProxies) proxies = NULL, before = NULL;
  g_autoptr (GTlsCertificate) certificate = NULL;
  g_autoptr (GenTokens) tokens = NULL;
  g_autoptr (GError) problem = NULL;

  if (settings->certificate != NULL) {
    certificate = http_certificate_load (settings->certificate, settings->key, &problem);
    if (certificate == NULL)
      return serve_record_fail (settings, "certificate", error, "%s", problem->message);
  }
  if (settings->tokens != NULL) {
    tokens = gen_tokens_new (&serve_tokens_kind);
    if (!gen_tokens_load (tokens, settings->tokens, &problem))
      return serve_record_fail (settings, "tokens", error,
          "%s; \"generative-serve token NAME\" makes such a file", problem->message);
  }
  proxies = http_proxies_new ((const char *const *)settings->proxies, &problem);
  if (proxies == NULL)
    return serve_record_fail (settings, "proxies", error, "%s", problem->message);
  g_clear_pointer (&http->tokens, gen_tokens_free);
  http->tokens = g_steal_pointer (&tokens);
  g_set_object (&http->certificate, certificate);
  gen_rate_limit_set (http->rates, http->server->configuration->limits->requests_per_minute);
  before = http->proxies;
  http->proxies = g_steal_pointer (&proxies);
  limits = get_limits (http);
  if (http->connections == NULL)
    return TRUE;
  http_connections_set_certificate (http->connections, certificate);
  http_connections_set_limits (http->connections, &limits);
  g_clear_pointer (&http->hosts, g_ptr_array_unref);
  http->hosts = list_hosts (http);
  return TRUE;
}

gboolean
serve_http_listen (ServeHttp *http, GError **error)
{
  const ServeServerSettings *settings = http->server->configuration->server;
  HttpConnectionsLimits limits;
  g_autoptr (GError) problem = NULL;
  int fd;

  if (!serve_http_reload (http, error))
    return FALSE;
  limits = get_limits (http);
  http->connections = http_connections_new (http->soup, http->certificate, &limits);
  fd = serve_systemd_take_socket ("http");
  if (fd >= 0 && !http_connections_adopt (http->connections, fd, error))
    return FALSE;
  if (fd < 0 && !http_connections_listen (
                    http->connections, settings->address, (guint)settings->port, &problem))
    return serve_record_fail (settings, "port", error,
        "%s; --port=N has another one, and 0 one that is free", problem->message);
  http->hosts = list_hosts (http);
  return TRUE;
}

void
serve_http_close (ServeHttp *http)
{
  if (http->connections != NULL)
    http_connections_close (http->connections);
}

guint
serve_http_get_port (const ServeHttp *http)
{
  return http->connections != NULL ? http_connections_get_port (http->connections) : 0;
}

guint
serve_http_count_connections (const ServeHttp *http)
{
  return http->connections != NULL ? http_connections_count (http->connections) : 0;
}

GTlsCertificate *
serve_http_get_certificate (const ServeHttp *http)
{
  return http->certificate;
}
