/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "generate.h"

#include <string.h>

#include "generate-accept.h"
#include "generate-answer.h"
#include "generate-pools.h"
#include "openapi.h"
#include "signing.h"

struct _ServeGenerate {
  ServeServer *server;
  ServePools *pools;
  ServeSigning *signing;
  GenServeLimits limits;
  GPtrArray *routes; /* Route */
  ServeRoute *document;
};

typedef struct {
  ServeGenerate *generate;
  const ServeGenerateRoute *route;
  ServeRoute *added;
} Route;

#define RESPONSE(description, content)                                                             \
  "\"responses\":{\"200\":{\"description\":\"" description "\",\"content\":{" content              \
  "}},\"404\":{\"$ref\":\"#/components/responses/Error\"},"                                        \
  "\"406\":{\"$ref\":\"#/components/responses/Error\"}}"
#define BYTES(type) "\"" type "\":{\"schema\":{\"type\":\"string\",\"format\":\"binary\"}}"
#define TEXT(type) "\"" type "\":{\"schema\":{}}"
#define FILES                                                                                      \
  "\"application/json\":{\"schema\":{\"type\":\"object\",\"required\":[\"created\",\"data\"],"     \
  "\"properties\":{\"created\":{\"type\":\"integer\"},\"model\":{\"type\":\"string\"},"            \
  "\"output_format\":{\"type\":\"string\"},\"seed\":{\"type\":\"integer\"},\"data\":{"             \
  "\"type\":\"array\",\"items\":{\"type\":\"object\",\"required\":[\"b64_json\"],\"properties\":{" \
  "\"b64_json\":{\"type\":\"string\",\"contentEncoding\":\"base64\"}}}}}}}"
#define PICTURES BYTES ("image/png") "," BYTES ("image/jpeg") "," BYTES ("image/webp")
#define SOUNDS                                                                                     \
  BYTES ("audio/wav")                                                                              \
  "," BYTES ("audio/flac") "," BYTES ("audio/mpeg") "," BYTES ("audio/ogg") "," BYTES ("audio/"    \
                                                                                       "pcm")

static const ServeGenerateRoute routes[] = {
  { "/v1/generate", "Generate", gen_serve_generate_fields,
      "{\"summary\":\"Have a model make something\"," RESPONSE (
          "What was made: a file, several as parts, in JSON or as lines of it", PICTURES
          "," SOUNDS "," BYTES ("video/mp4") "," BYTES ("application/x-npy") "," FILES "," BYTES (
              "multipart/mixed") "," TEXT ("application/x-ndjson")) "}" },
  { "/v1/images/generations", "ImagesGenerations", gen_serve_image_fields,
      "{\"summary\":\"Have pictures made, as clients of OpenAI's API ask for them\"," RESPONSE (
          "The pictures", FILES "," TEXT ("text/event-stream")) "}" },
  { "/v1/audio/speech", "AudioSpeech", gen_serve_speech_fields,
      "{\"summary\":\"Have a text spoken, as clients of OpenAI's API ask for it\"," RESPONSE (
          "The sound", SOUNDS "," TEXT ("text/event-stream")) "}" },
  { NULL },
};

const ServeGenerateRoute *
serve_generate_find_route (const char *path)
{
  for (const ServeGenerateRoute *route = routes; route->path != NULL; route++)
    if (strcmp (route->path, path) == 0)
      return route;
  return NULL;
}

/* --- a request --- */

/* That of the model that the body names. */
static ServePool *
find_pool (const ServeGenerate *generate, const ServeGenerateRoute *route, JsonObject *body,
    GError **error)
{
  g_autoptr (GError) failure = NULL;
  const char *name = gen_serve_request_model (body, &failure);

  if (failure == NULL)
    return serve_pools_find (generate->pools, route->fields, name, error);
  g_propagate_error (error, g_steal_pointer (&failure));
  return NULL;
}

static JsonObject *
read_body (ServeRequest *request, GError **error)
{
  g_autoptr (GBytes) body =
      soup_message_body_flatten (soup_server_message_get_request_body (request->message));

  return gen_serve_request_parse (body, error);
}

/* Limits may have been read anew. */
static const GenServeLimits *
get_limits (ServeGenerate *generate)
{
  generate->limits.pictures = (guint)generate->server->configuration->limits->pictures;
  generate->limits.frames = (guint)generate->server->configuration->limits->frames;
  return &generate->limits;
}

static gboolean
is_json (const ServeRequest *request)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (request->message);

  return g_strcmp0 (soup_message_headers_get_content_type (headers, NULL), "application/json") == 0;
}

static void
respond (
    ServeRequest *request, ServeGenerate *generate, const ServeGenerateRoute *route, GError **error)
{
  g_autoptr (JsonObject) body = read_body (request, error);
  ServePool *pool = body != NULL ? find_pool (generate, route, body, error) : NULL;
  g_autoptr (GenServeRequest) made =
      pool != NULL ? gen_serve_request_new (
                         body, route->fields, serve_pool_facts (pool), get_limits (generate), error)
                   : NULL;
  const char *accept = soup_message_headers_get_list (
      soup_server_message_get_request_headers (request->message), "Accept");
  const ServeAnswerKind *kind =
      made != NULL ? serve_accept_choose (made, route->fields, accept, error) : NULL;

  if (kind != NULL)
    serve_answer (request, kind, pool, g_steal_pointer (&made), generate->signing);
}

static void
handle (ServeRequest *request, gpointer data)
{
  const Route *route = data;
  g_autoptr (GError) error = NULL;

  if (!is_json (request))
    serve_request_fail (request, SOUP_STATUS_UNSUPPORTED_MEDIA_TYPE, NULL,
        "the header Content-Type should be application/json");
  else if (request->server->draining)
    gen_serve_refuse (&error, GEN_SERVE_UNAVAILABLE, NULL, "the server is about to end");
  else
    respond (request, route->generate, route->route, &error);
  if (error != NULL)
    serve_answer_refuse (request, error);
}

/* --- all of it --- */

static void
tell (ServeRequest *request, gpointer data)
{
  http_answer_json (request->message, SOUP_STATUS_OK, serve_openapi_make (request->server, data));
}

static void
add_route (ServeGenerate *generate, const ServeGenerateRoute *what)
{
  Route *route = g_new0 (Route, 1);

  route->generate = generate;
  route->route = what;
  route->added = serve_http_add (generate->server->http, "POST", what->path, SERVE_SCOPE_GENERATE,
      handle, route, what->openapi);
  g_ptr_array_add (generate->routes, route);
}

ServeGenerate *
serve_generate_new (ServeServer *server, GError **error)
{
  g_autoptr (ServeGenerate) generate = g_new0 (ServeGenerate, 1);

  generate->server = server;
  generate->routes = g_ptr_array_new_with_free_func (g_free);
  generate->signing = serve_signing_new (server->configuration, error);
  generate->pools = generate->signing != NULL ? serve_pools_new (server, error) : NULL;
  if (generate->pools == NULL)
    return NULL;
  for (const ServeGenerateRoute *route = routes; route->path != NULL; route++)
    add_route (generate, route);
  generate->document = serve_http_add (server->http, "GET", "/openapi.json", SERVE_SCOPE_WATCH,
      tell, generate, "{\"summary\":\"This document\"}");
  return g_steal_pointer (&generate);
}

void
serve_generate_free (ServeGenerate *generate)
{
  for (guint i = 0; i < generate->routes->len; i++)
    serve_http_remove (generate->server->http, ((Route *)generate->routes->pdata[i])->added);
  if (generate->document != NULL)
    serve_http_remove (generate->server->http, generate->document);
  g_ptr_array_unref (generate->routes);
  g_clear_pointer (&generate->pools, serve_pools_free);
  g_clear_pointer (&generate->signing, serve_signing_unref);
  g_free (generate);
}

gboolean
serve_generate_suits (ServeGenerate *generate, const ServeGenerateRoute *route)
{
  g_autoptr (GPtrArray) pools = serve_pools_list (generate->pools, route->fields);

  return pools->len > 0;
}

JsonObject *
serve_generate_schema (ServeGenerate *generate, const ServeGenerateRoute *route)
{
  g_autoptr (GPtrArray) pools = serve_pools_list (generate->pools, route->fields);
  JsonObject *schema = json_object_new ();
  JsonArray *models = json_array_new ();

  for (guint i = 0; i < pools->len; i++)
    json_array_add_object_element (
        models, gen_serve_request_schema (route->fields, serve_pool_facts (pools->pdata[i]),
                    get_limits (generate), pools->len > 1));
  json_object_set_array_member (schema, "anyOf", models);
  return schema;
}

guint
serve_generate_count (ServeGenerate *generate)
{
  return serve_pools_count (generate->pools);
}

guint
serve_generate_count_waiting (ServeGenerate *generate)
{
  return serve_pools_count_waiting (generate->pools);
}
